//! Somebody else's key.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Call, Caller};
use crate::money::Money;

pub(super) const ATTACK: Attack = Attack {
    id: "borrowed-key",
    does: "alice makes a transfer; mallory makes one of hers, with another amount, under the same key",
    expected: "keys are their owners': mallory's transfer is done as her own, or refused",
    fault: "looks for the key whoever asks: mallory is answered with alice's transaction",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let people = &target.people;
    let before = Money::whole(1000);
    let (amount, other_amount) = (round.amount(1..=50), round.amount(51..=100));
    let alices = target.wallet(&people.alice, before).await?;
    let mallorys = target.wallet(&people.mallory, before).await?;
    let bobs = target.wallet(&people.bob, Money::ZERO).await?;
    let transfer = Ask::Transfer { from: alices, to: bobs, amount: amount.to_string() };
    let first = target.asks(Caller::Person(people.alice.clone()), transfer);
    let borrowed = Call {
        caller: Caller::Person(people.mallory.clone()),
        ask: Ask::Transfer { from: mallorys, to: bobs, amount: other_amount.to_string() },
        ..first.clone()
    };
    let first = target.call(first).await;
    let second = target.call(borrowed).await;

    let mut evidence = Evidence::default();
    evidence.against_if(!first.is_done() && !first.is_unclear(), || format!("alice's transfer: {first}"));
    evidence.against_if(second.is_done() && second == first, || {
        format!("mallory was answered with alice's transaction: {second}")
    });
    let balances = target.balances(&[alices, mallorys, bobs]).await?;
    let mallory_gave = if second.is_done() { other_amount } else { Money::ZERO };
    evidence.must_be("alice's wallet", before - amount, balances[0]);
    evidence.must_be("mallory's wallet", before - mallory_gave, balances[1]);
    evidence.must_be("bob's wallet", amount + mallory_gave, balances[2]);
    evidence.judge(&[first, second])
}
