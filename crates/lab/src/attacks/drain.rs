//! Spending a balance many times before the first spend is written.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;

const SPENDERS: usize = 64;

pub(super) const ATTACK: Attack = Attack {
    id: "drain",
    does: "64 simultaneous spends of a wallet's whole balance, their last bytes released together",
    expected: "exactly one is done, the others are refused; no money appears or vanishes",
    fault: "reads the balance, then writes what is left: all read before any has written",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let all = round.amount(50..=150);
    let purse = target.wallet(&target.people.alice, all).await?;
    let shop = target.wallet(&target.people.bob, Money::ZERO).await?;
    let spend = Ask::Transfer { from: purse, to: shop, amount: all.to_string() };
    let answers =
        target.race((0..SPENDERS).map(|_| target.asks(Caller::House, spend.clone())).collect()).await;

    let balances = target.balances(&[purse, shop]).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence.against_if(done != 1, || format!("{done} of {SPENDERS} spends of the whole balance were done"));
    evidence.must_be("the purse after it was spent", Money::ZERO, balances[0]);
    evidence.must_be("the shop", all, balances[1]);
    evidence.judge(&answers)
}
