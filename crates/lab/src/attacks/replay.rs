//! The same request again, as a client sends it that did not see the answer.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;
use std::time::Duration;

const TIMES: usize = 5;

pub(super) const ATTACK: Attack = Attack {
    id: "replay",
    does: "the same deposit five times, one after the other, and once more a second later",
    expected: "one effect, and the first answer every time",
    fault: "takes no idempotency key with deposits",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let amount = round.amount(1..=100);
    let wallet = target.wallet(&target.people.alice, Money::ZERO).await?;
    let deposit = target.asks(Caller::House, Ask::Deposit { wallet, amount: amount.to_string() });
    let mut answers = Vec::new();
    for _ in 0..TIMES {
        answers.push(target.call(deposit.clone()).await);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    answers.push(target.call(deposit).await);

    let balance = target.balance(wallet).await?;
    let mut evidence = Evidence::default();
    evidence.against_if(done(&answers) == 0, || format!("the deposit was never done: {}", answers[0]));
    evidence.must_be("the wallet after one deposit, sent six times", amount, balance);
    let other = answers.iter().find(|answer| **answer != answers[0]);
    evidence.against_if(other.is_some_and(|other| !other.is_unclear()), || {
        format!("one request had two answers: {}, and {}", answers[0], answers[TIMES])
    });
    evidence.judge(&answers)
}
