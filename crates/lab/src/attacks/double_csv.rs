//! The same file paid twice.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Caller, Wallet};
use crate::money::Money;
use crate::target::Target;
use anyhow::bail;
use rand::seq::SliceRandom;
use std::fmt::Write;
use std::time::{Duration, Instant};

const RECEIVERS: usize = 10;
/// How long a payout of so few rows may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

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
    let before = Money::whole(10_000);
    let source = target.wallet(&target.people.alice, before).await?;
    let (mut receivers, mut owed) = (Vec::new(), Vec::new());
    let mut csv = "recipient_id,amount\n".to_owned();
    for _ in 0..RECEIVERS {
        let (receiver, amount) =
            (target.wallet(&target.people.bob, Money::ZERO).await?, round.amount(1..=50));
        writeln!(csv, "{},{amount}", receiver.id)?;
        receivers.push(receiver);
        owed.push(amount);
    }
    let first = open(target, source, &csv).await?;
    let second = open(target, source, &csv).await?;
    let mut executes = [first.clone(), first, second];
    executes.shuffle(&mut round.random);
    let calls = executes.iter().map(|execute| target.asks(Caller::House, execute.clone()));
    let answers = target.race(calls.collect()).await;
    for (execute, answer) in executes.iter().zip(&answers) {
        if let (Ask::ExecutePayout { payout, .. }, true) = (execute, answer.is_done()) {
            wait(target, payout).await?;
        }
    }

    let paid = target.balances(&receivers).await?;
    let mut evidence = Evidence::default();
    evidence.against_if(done(&answers) == 0, || format!("nothing was paid: {}", answers[0]));
    let wrong = paid.iter().zip(&owed).filter(|(paid, owed)| paid != owed).count();
    evidence
        .against_if(wrong > 0, || format!("{wrong} of {RECEIVERS} receivers did not get what the file says"));
    let total: Money = owed.into_iter().sum();
    evidence.must_be("the source after one file", before - total, target.balance(source).await?);
    evidence.judge(&answers)
}

/// A payout with these rows; how to execute it.
async fn open(target: &Target, source: Wallet, csv: &str) -> anyhow::Result<Ask> {
    let payout = target.must_do(Ask::OpenPayout { source }).await?;
    let rows = target.must_do(Ask::UploadRows { payout: payout.clone(), csv: csv.to_owned() }).await?;
    Ok(Ask::ExecutePayout { payout, rows })
}

/// Until the payout is over.
async fn wait(target: &Target, payout: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match target.house(Ask::WatchPayout { payout: payout.to_owned() }).await {
            Answer::Watched { is_over: true } => return Ok(()),
            Answer::Watched { is_over: false } => tokio::time::sleep(Duration::from_millis(20)).await,
            answer => bail!("a payout could not be watched: {answer}"),
        }
    }
    bail!("a payout was not over after {PATIENCE:?}")
}
