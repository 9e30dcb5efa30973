//! Undoing one transaction many times.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};

const REVERSALS: usize = 64;

pub(super) const ATTACK: Attack = Attack {
    id: "refund-twice",
    does: "64 simultaneous reversals of one transaction, each under a key of its own",
    expected: "exactly one is done; the giver has the money back once",
    fault: "looks whether there is a refund, and then makes one",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let amount = round.amount(10..=50);
    let till = amount.times(REVERSALS);
    let buyer = target.wallet(&target.people.alice, amount).await?;
    let shop = target.wallet(&target.people.bob, till).await?;
    let transaction =
        target.must_do(Ask::Transfer { from: buyer, to: shop, amount: amount.to_string() }).await?;
    let reverse = Ask::Reverse { transaction, part: None };
    let answers =
        target.race((0..REVERSALS).map(|_| target.asks(Caller::House, reverse.clone())).collect()).await;

    let balances = target.balances(&[buyer, shop]).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence
        .against_if(done != 1, || format!("{done} of {REVERSALS} reversals of one transaction were done"));
    evidence.must_be("the buyer, after one refund", amount, balances[0]);
    evidence.must_be("the shop, after one refund", till, balances[1]);
    evidence.judge(&answers)
}
