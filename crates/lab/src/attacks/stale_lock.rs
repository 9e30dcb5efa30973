//! Spending more than there is where wallets are locked, but looked at before.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

const SENDS: usize = 4;

pub(super) const ATTACK: Attack = Attack {
    id: "stale-lock",
    does: "100 in the wallet, and four simultaneous sends of 60 by its owner, with the wallets locked",
    expected: "exactly one is done; nobody has money that nobody gave",
    fault: "looks first whose the wallet is, and under the lock it is given that row again, from before the lock",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let unit = round.amount(5..=20);
    let (all, sent) = (unit.times(5), unit.times(3));
    let mut wallets = vec![target.wallet(&target.people.alice, all).await?];
    for _ in 0..SENDS {
        wallets.push(target.wallet(&target.people.bob, Money::ZERO).await?);
    }
    let sends = wallets[1..].iter().map(|to| {
        let transfer = Ask::TransferUnderLock { from: wallets[0], to: *to, amount: sent.to_string() };
        target.asks(Caller::Person(target.people.alice.clone()), transfer)
    });
    let answers = target.race(sends.collect()).await;

    let balances = target.balances(&wallets).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence.against_if(done != 1, || format!("{done} of {SENDS} sends of {sent} from {all} were done"));
    evidence.must_be("the sender", all - sent, balances[0]);
    evidence.must_be("all five wallets together", all, balances.iter().copied().sum());
    evidence.judge(&answers)
}
