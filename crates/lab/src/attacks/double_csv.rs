//! The same file paid twice.

use super::evidence::{Evidence, done};
use super::payroll::{Payroll, wait};
use super::{Attack, Judgement, Needs, Round};
use crate::call::Caller;
use rand::seq::SliceRandom;

const RECEIVERS: usize = 10;

pub(super) const ATTACK: Attack = Attack {
    id: "double-csv",
    does: "one file uploaded as two payouts, both executed at once, and one of them twice",
    expected: "every row is paid exactly once",
    fault: "marks a row as paid after it is, and does not know a file that it has seen",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let payroll = Payroll::prepare(&mut round, RECEIVERS, RECEIVERS).await?;
    let first = payroll.open(target).await?;
    let second = payroll.open(target).await?;
    let mut executes = [first.clone(), first, second];
    executes.shuffle(&mut round.random);
    let calls = executes.iter().map(|execute| target.asks(Caller::House, execute.clone()));
    let answers = target.race(calls.collect()).await;
    for (execute, answer) in executes.iter().zip(&answers) {
        if answer.is_done() {
            wait(target, execute).await?;
        }
    }

    let mut evidence = Evidence::default();
    evidence.against_if(done(&answers) == 0, || format!("nothing was paid: {}", answers[0]));
    payroll.check(target, &mut evidence).await?;
    evidence.judge(&answers)
}
