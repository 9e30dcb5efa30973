//! A refusal that is replayed when there is money.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

pub(super) const ATTACK: Attack = Attack {
    id: "late-funds",
    does: "a transfer is refused for lack of funds; the wallet is funded; the same request is sent again",
    expected: "the first answer again: whoever was told no has gone another way since",
    fault: "remembers what it did, and not what it refused",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let amount = round.amount(50..=150);
    let from = target.wallet(&target.people.alice, Money::whole(1)).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let transfer = target.asks(Caller::House, Ask::Transfer { from, to, amount: amount.to_string() });
    let first = target.call(transfer.clone()).await;
    let mut evidence = Evidence::default();
    evidence.against_if(first.is_done(), || format!("{amount} was sent from a wallet that has 1.00"));
    target.must_do(Ask::Deposit { wallet: from, amount: amount.to_string() }).await?;
    let second = target.call(transfer).await;

    evidence.against_if(second != first && !second.is_unclear(), || {
        format!("one request had two answers: {first}; and {second}")
    });
    evidence.must_be("the receiver", Money::ZERO, target.balance(to).await?);
    evidence.judge(&[first, second])
}
