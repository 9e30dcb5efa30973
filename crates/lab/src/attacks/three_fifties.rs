//! Spending half a balance three times.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

const SENDS: usize = 3;

pub(super) const ATTACK: Attack = Attack {
    id: "three-fifties",
    does: "100 in the wallet, and three simultaneous sends of 50 to three people",
    expected: "exactly two are done; nobody has money that nobody gave",
    fault: "reads the balance, then writes what is left: two sends leave what one should",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let half = round.amount(20..=80);
    let mut wallets = vec![target.wallet(&target.people.alice, half + half).await?];
    for _ in 0..SENDS {
        wallets.push(target.wallet(&target.people.bob, Money::ZERO).await?);
    }
    let sends = wallets[1..].iter().map(|to| {
        let send = Ask::Transfer { from: wallets[0], to: *to, amount: half.to_string() };
        target.asks(Caller::House, send)
    });
    let answers = target.race(sends.collect()).await;

    let balances = target.balances(&wallets).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence.against_if(done != 2, || format!("{done} of {SENDS} sends of half the balance were done"));
    evidence.must_be("the sender", Money::ZERO, balances[0]);
    evidence.must_be("all four wallets together", half + half, balances.iter().copied().sum());
    evidence.judge(&answers)
}
