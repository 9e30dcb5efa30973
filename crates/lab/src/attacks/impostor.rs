//! Spending from somebody else's wallet.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

pub(super) const ATTACK: Attack = Attack {
    id: "impostor",
    does: "mallory, signed in as herself, sends from alice's wallet: as it is, and claiming alice's id in the body",
    expected: "both are refused, and alice keeps her money",
    fault: "takes from the body who asks",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let people = &target.people;
    let before = round.amount(50..=150);
    let purse = target.wallet(&people.alice, before).await?;
    let loot = target.wallet(&people.mallory, Money::ZERO).await?;
    let amount = round.amount(1..=25).to_string();
    let mallory = Caller::Person(people.mallory.clone());
    // With what is hers, the same request is good.
    let own = target.wallet(&people.mallory, before).await?;
    let honest = Ask::Transfer { from: own, to: purse, amount: amount.clone() };
    target.must(target.asks(mallory.clone(), honest)).await?;
    let before = target.balance(purse).await?;

    let mut answers = Vec::new();
    for ask in [
        Ask::Transfer { from: purse, to: loot, amount: amount.clone() },
        Ask::TransferAsOwner { from: purse, to: loot, amount },
    ] {
        answers.push(target.call(target.asks(mallory.clone(), ask)).await);
    }
    let balances = target.balances(&[purse, loot]).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence
        .against_if(done > 0, || format!("{done} of 2 transfers from alice's wallet were done for mallory"));
    evidence.must_be("alice's wallet", before, balances[0]);
    evidence.must_be("mallory's wallet", Money::ZERO, balances[1]);
    evidence.judge(&answers)
}
