//! Amounts below the smallest unit.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::Ask;
use crate::money::Money;

pub(super) const ATTACK: Attack = Attack {
    id: "dust",
    does: "transfers of 0.001, 0.004, 0.005 and 0.00999 of an asset with two decimals",
    expected: "each is refused; what is acknowledged moves exactly what was asked for",
    fault: "rounds to cents: it acknowledges transfers of nothing, or of more than was asked for",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let before = round.amount(50..=150);
    let from = target.wallet(&target.people.alice, before).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let cent = Ask::Transfer { from, to, amount: "0.01".to_owned() };
    target.must_do(cent).await?;
    let mut evidence = Evidence::default();
    let mut answers = Vec::new();
    let mut there = Money::parse("0.01").expect("it is an amount");
    for amount in ["0.001", "0.004", "0.005", "0.00999"] {
        let transfer = Ask::Transfer { from, to, amount: amount.to_owned() };
        let answer = target.house(transfer).await;
        let now = target.balance(to).await?;
        let moved = now - there;
        let acknowledged = if answer.is_done() { amount } else { "0" };
        let acknowledged = Money::parse(acknowledged).expect("it is an amount");
        evidence.must_be(&format!("what a transfer of {amount} moved, {answer}"), acknowledged, moved);
        there = now;
        answers.push(answer);
    }
    evidence.must_be("the giver", before - there, target.balance(from).await?);
    evidence.judge(&answers)
}
