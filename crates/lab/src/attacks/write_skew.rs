//! Several movements under one limit, none of which breaks it alone.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};

const REFUNDS: usize = 8;

pub(super) const ATTACK: Attack = Attack {
    id: "write-skew",
    does: "eight simultaneous refunds of 60 % of one payment: any one may be, no two of them",
    expected: "exactly one is done: together they would give back more than was paid",
    fault: "adds up what was refunded before, as each sees it, and then writes its own",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let unit = round.amount(5..=20);
    let (paid, part, till) = (unit.times(5), unit.times(3), unit.times(100));
    let buyer = target.wallet(&target.people.alice, paid).await?;
    let shop = target.wallet(&target.people.bob, till).await?;
    let transaction =
        target.must_do(Ask::Transfer { from: buyer, to: shop, amount: paid.to_string() }).await?;
    let refund = Ask::Reverse { transaction, part: Some(part.to_string()) };
    let answers =
        target.race((0..REFUNDS).map(|_| target.asks(Caller::House, refund.clone())).collect()).await;

    let balances = target.balances(&[buyer, shop]).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence.against_if(done != 1, || format!("{done} refunds of {part} were done, of a payment of {paid}"));
    evidence.against_if(balances[0] > paid, || format!("{} were given back of {paid}", balances[0]));
    evidence.must_be("the shop, after one refund", till + paid - part, balances[1]);
    evidence.judge(&answers)
}
