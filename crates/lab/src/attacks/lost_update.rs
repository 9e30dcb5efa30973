//! Deposits that overwrite each other.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

const DEPOSITS: usize = 200;

pub(super) const ATTACK: Attack = Attack {
    id: "lost-update",
    does: "200 simultaneous deposits of 1 into one wallet",
    expected: "every deposit that was acknowledged is in the balance",
    fault: "writes a balance that it computed from a stale one",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(round: Round<'_>) -> Judgement {
    let target = round.target;
    let wallet = target.wallet(&target.people.alice, Money::ZERO).await?;
    let deposit = Ask::Deposit { wallet, amount: "1.00".to_owned() };
    let answers =
        target.race((0..DEPOSITS).map(|_| target.asks(Caller::House, deposit.clone())).collect()).await;

    let balance = target.balance(wallet).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence.against_if(done != DEPOSITS, || format!("{done} of {DEPOSITS} deposits were done"));
    evidence.must_be("the wallet", Money::whole(1).times(done), balance);
    evidence.judge(&answers)
}
