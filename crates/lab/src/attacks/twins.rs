//! The same request at the same time, as a client sends it that retries too early.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Caller};
use crate::money::Money;
use std::collections::BTreeSet;

const TWINS: usize = 8;

pub(super) const ATTACK: Attack = Attack {
    id: "twins",
    does: "8 simultaneous transfers under one idempotency key",
    expected: "one effect, and one answer for all who get one",
    fault: "looks for the key, does the work, and only then stores the key",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let amount = round.amount(1..=100);
    let before = amount.times(2 * TWINS);
    let from = target.wallet(&target.people.alice, before).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let transfer = target.asks(Caller::House, Ask::Transfer { from, to, amount: amount.to_string() });
    let answers = target.race(vec![transfer; TWINS]).await;

    let balances = target.balances(&[from, to]).await?;
    let mut evidence = Evidence::default();
    evidence.against_if(done(&answers) == 0, || format!("the transfer was never done: {}", answers[0]));
    let ids: BTreeSet<&str> = answers.iter().filter_map(Answer::id).collect();
    evidence.against_if(ids.len() > 1, || format!("one key stands for {} transactions", ids.len()));
    evidence.must_be("the giver after one transfer", before - amount, balances[0]);
    evidence.must_be("the receiver after one transfer", amount, balances[1]);
    evidence.judge(&answers)
}
