//! A refusal that is replayed when there is money.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

/// How many transfers are tried, each under a key of its own.
const TRIES: usize = 10;

pub(super) const ATTACK: Attack = Attack {
    id: "late-funds",
    does: "ten transfers are refused for lack of funds; the wallet is funded; the same requests are sent again",
    expected: "the first answers again: whoever was told no has gone another way since",
    fault: "remembers what it did, and not what it refused",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let amount = round.amount(50..=150);
    let from = target.wallet(&target.people.alice, Money::whole(1)).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let transfer = Ask::Transfer { from, to, amount: amount.to_string() };
    let transfers: Vec<_> = (0..TRIES).map(|_| target.asks(Caller::House, transfer.clone())).collect();
    let first = target.race(transfers.clone()).await;
    let mut evidence = Evidence::default();
    evidence.against_if(done(&first) > 0, || format!("{amount} was sent from a wallet that has 1.00"));
    target.must_do(Ask::Deposit { wallet: from, amount: amount.times(TRIES).to_string() }).await?;
    let second = target.race(transfers).await;

    let changed = first.iter().zip(&second).filter(|(first, second)| second != first && !second.is_unclear());
    let changed: Vec<_> = changed.collect();
    evidence.against_if(!changed.is_empty(), || {
        let (first, second) = changed[0];
        format!("{} of {TRIES} requests had two answers: {first}; and {second}", changed.len())
    });
    evidence.must_be("the receiver", Money::ZERO, target.balance(to).await?);
    evidence.judge(&[first, second].concat())
}
