//! A key again, with another request.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

pub(super) const ATTACK: Attack = Attack {
    id: "changed-twin",
    does: "a transfer's key again: with another amount, another receiver, another giver",
    expected: "each is refused as another request; the first one stays the only one",
    fault: "has no fingerprint of the request: it answers that the other one is done",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let (amount, other_amount) = (round.amount(1..=50), round.amount(51..=100));
    let before = Money::whole(1000);
    let from = target.wallet(&target.people.alice, before).await?;
    let other_from = target.wallet(&target.people.alice, before).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let other_to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let first = target.asks(Caller::House, Ask::Transfer { from, to, amount: amount.to_string() });
    let mut answers = vec![target.call(first.clone()).await];
    let mut evidence = Evidence::default();
    evidence.against_if(!answers[0].is_done(), || format!("the first transfer: {}", answers[0]));

    let (amount, other_amount) = (amount.to_string(), other_amount.to_string());
    for (what, ask) in [
        ("another amount", Ask::Transfer { from, to, amount: other_amount }),
        ("another receiver", Ask::Transfer { from, to: other_to, amount: amount.clone() }),
        ("another giver", Ask::Transfer { from: other_from, to, amount: amount.clone() }),
    ] {
        let mut changed = first.clone();
        changed.ask = ask;
        let answer = target.call(changed).await;
        evidence.against_if(answer.is_done(), || format!("the key with {what}: {answer}"));
        answers.push(answer);
    }
    let balances = target.balances(&[from, other_from, to, other_to]).await?;
    let moved = before - balances[0];
    evidence.against_if(moved.to_string() != amount, || format!("{moved} left the giver, not {amount}"));
    evidence.must_be("the other giver", before, balances[1]);
    evidence.must_be("the other receiver", Money::ZERO, balances[3]);
    evidence.judge(&answers)
}
