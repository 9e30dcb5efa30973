//! A transfer whose second half cannot be done.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Wallet};
use crate::money::Money;

pub(super) const ATTACK: Attack = Attack {
    id: "half-move",
    does: "transfers to a frozen wallet, and to one that does not exist",
    expected: "they are refused, and the giver keeps the money",
    fault: "debits in one commit and credits in the next: what the second refuses, the first has done",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let before = round.amount(50..=150);
    let from = target.wallet(&target.people.alice, before).await?;
    let frozen = target.wallet(&target.people.bob, Money::ZERO).await?;
    target.must_do(Ask::Freeze { wallet: frozen }).await?;
    let missing = Wallet { id: i64::from(u32::MAX), ..frozen };
    let mut answers = Vec::new();
    for to in [frozen, missing] {
        let transfer = Ask::Transfer { from, to, amount: round.amount(1..=25).to_string() };
        answers.push(target.house(transfer).await);
    }
    let balances = target.balances(&[from, frozen]).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence.against_if(done > 0, || format!("{done} of 2 were done, with nowhere for the money to go"));
    evidence.must_be("the giver, all of whose transfers were refused", before, balances[0]);
    evidence.must_be("the frozen wallet", Money::ZERO, balances[1]);
    evidence.judge(&answers)
}
