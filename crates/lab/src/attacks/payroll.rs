//! A file of payouts, who must get what of it, and the reckoning afterwards.

use super::Round;
use super::evidence::Evidence;
use crate::call::{Answer, Ask, Wallet};
use crate::money::Money;
use crate::target::Target;
use anyhow::bail;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// What the source has in the beginning.
const OPENING: i64 = 100_000;
/// How long a payout of so few rows may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rows of one source, to receivers in turn.
pub(super) struct Payroll {
    source: Wallet,
    receivers: Vec<Wallet>,
    owed: Vec<Money>,
    csv: String,
}

impl Payroll {
    pub(super) async fn prepare(
        round: &mut Round<'_>,
        receivers: usize,
        rows: usize,
    ) -> anyhow::Result<Self> {
        let target = round.target;
        let source = target.wallet(&target.people.alice, Money::whole(OPENING)).await?;
        let (mut wallets, mut owed) = (Vec::new(), vec![Money::ZERO; receivers]);
        for _ in 0..receivers {
            wallets.push(target.wallet(&target.people.bob, Money::ZERO).await?);
        }
        let mut csv = "recipient_id,amount\n".to_owned();
        for row in 0..rows {
            let amount = round.amount(1..=50);
            writeln!(csv, "{},{amount}", wallets[row % receivers].id)?;
            owed[row % receivers] = owed[row % receivers] + amount;
        }
        Ok(Self { source, receivers: wallets, owed, csv })
    }

    /// A payout with these rows; how to execute it.
    pub(super) async fn open(&self, target: &Target) -> anyhow::Result<Ask> {
        let payout = target.must_do(Ask::OpenPayout { source: self.source }).await?;
        let upload = Ask::UploadRows { payout: payout.clone(), csv: self.csv.clone().into_bytes() };
        let rows = target.must_do(upload).await?;
        Ok(Ask::ExecutePayout { payout, rows })
    }

    /// Everybody has what the rows say, once.
    pub(super) async fn check(&self, target: &Target, evidence: &mut Evidence) -> anyhow::Result<()> {
        let paid = target.balances(&self.receivers).await?;
        let wrong = paid.iter().zip(&self.owed).filter(|(paid, owed)| paid != owed).count();
        evidence.against_if(wrong > 0, || {
            format!("{wrong} of {} receivers did not get what the file says", self.receivers.len())
        });
        let left = Money::whole(OPENING) - self.owed.iter().copied().sum();
        evidence.must_be("the source after one file", left, target.balance(self.source).await?);
        Ok(())
    }
}

/// Until what this executes is over.
pub(super) async fn wait(target: &Target, execute: &Ask) -> anyhow::Result<()> {
    let Ask::ExecutePayout { payout, .. } = execute else { return Ok(()) };
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match target.house(Ask::WatchPayout { payout: payout.clone() }).await {
            Answer::Watched { is_over: true } => return Ok(()),
            Answer::Watched { is_over: false } => tokio::time::sleep(Duration::from_millis(20)).await,
            answer => bail!("a payout could not be watched: {answer}"),
        }
    }
    bail!("a payout was not over after {PATIENCE:?}")
}
