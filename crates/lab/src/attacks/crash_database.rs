//! A database server that is killed while the wallet's server writes to it.

use super::evidence::Evidence;
use super::load::Load;
use super::{Attack, Judgement, Needs, Round};
use crate::money::Money;
use crate::target::Target;
use anyhow::bail;
use futures_util::future::join;
use rand::RngExt;
use std::time::{Duration, Instant};

const CLIENTS: usize = 16;
/// How long the load goes on before the kill, in milliseconds.
const UNTIL_THE_KILL: std::ops::Range<u64> = 5..250;
/// How long the wallet's server may take to find its database again.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) const ATTACK: Attack = Attack {
    id: "crash-database",
    does: "kills all processes of a PostgreSQL at a random moment while 16 clients transfer money, starts it again \
           under the same server, and sends every request of the last moments once more",
    expected: "what was acknowledged is there, once; what was not is there whole or not at all, and its retry tells; \
               the server works again by itself",
    fault: "writes a transfer in several commits, and its key in one more: the kill comes between them",
    needs: Needs::Database,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let database = round.grounds()?.database()?;
    let load = Load::prepare(target, CLIENTS).await?;
    let patience = Duration::from_millis(round.random.random_range(UNTIL_THE_KILL));
    let kill = async {
        tokio::time::sleep(patience).await;
        target.mark("database killed");
        database.kill()
    };
    let (sent, killed) = join(load.run_until_it_breaks(target), kill).await;
    killed?;
    database.start().await?;
    target.mark("database started");
    until_it_works(target).await?;

    let mut evidence = Evidence::default();
    load.settle(target, sent, &mut evidence).await?;
    evidence.judge(&[])
}

async fn until_it_works(target: &Target) -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if target.wallet(&target.people.mallory, Money::ZERO).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the server did not work {PATIENCE:?} after its database did")
}
