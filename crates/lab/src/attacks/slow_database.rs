//! A database that stands still for a while, and goes on.

use super::evidence::Evidence;
use super::load::{Load, Sent};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Call, Caller};
use crate::grounds::Grounds;
use crate::money::Money;
use crate::proxy::Way;
use crate::target::Target;
use anyhow::Context;
use futures_util::future::{join, join_all};
use rand::RngExt;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: usize = 16;
/// How long clients give each request.
const DEADLINE: Duration = Duration::from_millis(500);
/// By how much an answer may be late, on a busy machine.
const SLACK: Duration = Duration::from_millis(1500);
/// Much longer than both: who waits for the database is late on any machine.
const FREEZE: Duration = Duration::from_secs(4);
/// How long the load goes on before it and after it.
const AROUND: Duration = Duration::from_millis(300);
const PAUSE: Duration = Duration::from_millis(20);

pub(super) const ATTACK: Attack = Attack {
    id: "slow-database",
    does: "stops the database for 4 seconds while 16 clients transfer, each request with a deadline of half a second: on \
           PostgreSQL the network stands still or loses what is sent, on SQLite another process holds the write lock",
    expected: "every request is answered by its deadline; what is said not to have happened never does; retries tell",
    fault: "waits for the database as long as the database likes",
    needs: Needs::Network,
    run: |round| Box::pin(run(round)),
};

/// A request, its answer, and how long that took.
struct Timed {
    sent: Sent,
    took: Duration,
}

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, grounds) = (round.target, round.grounds()?);
    let load = Load::prepare(target, CLIENTS).await?;
    let loses = round.random.random_bool(0.5);
    let is_over = AtomicBool::new(false);
    let freeze = async {
        tokio::time::sleep(AROUND).await;
        let frozen = freeze(target, grounds, loses).await;
        tokio::time::sleep(AROUND).await;
        is_over.store(true, Ordering::SeqCst);
        frozen
    };
    let (timed, frozen) = join(send(target, &load, &is_over), freeze).await;
    frozen?;

    let mut evidence = Evidence::default();
    let late = timed.iter().filter(|timed| timed.took > DEADLINE + SLACK);
    if let Some(worst) = late.clone().max_by_key(|timed| timed.took) {
        let (count, all, took) = (late.count(), timed.len(), worst.took.as_secs_f32());
        evidence.against_if(true, || {
            format!("{count} of {all} requests with a deadline of {DEADLINE:?} were late, one by {took:.1} s")
        });
        // What else a target does that answers nobody would take as long as it likes to find out.
        return evidence.judge(&[]);
    }
    let sent: Vec<Sent> = timed.into_iter().map(|timed| timed.sent).collect();
    believe(target, &load, &sent, &mut evidence).await?;
    load.settle(target, sent, &mut evidence).await?;
    evidence.judge(&[])
}

/// Everybody transfers in one direction, one transfer after the other.
async fn send(target: &Target, load: &Load, is_over: &AtomicBool) -> Vec<Timed> {
    let clients = (0..load.clients()).map(async |client| {
        let mut sent = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            let call = target.asks(Caller::House, load.transfer(client, 0));
            let call = Call { within: Some(DEADLINE), ..call };
            let begun = Instant::now();
            let answer = target.call(call.clone()).await;
            let took = begun.elapsed();
            if answer.is_unclear() {
                // Somebody who was refused at once does not come back at once.
                tokio::time::sleep(PAUSE).await;
            }
            let call = Call { within: None, ..call };
            sent.push(Timed { sent: Sent { client, call, answer }, took });
        }
        sent
    });
    join_all(clients).await.into_iter().flatten().collect()
}

async fn freeze(target: &Target, grounds: &Grounds, loses: bool) -> anyhow::Result<()> {
    let Some(network) = grounds.network() else {
        target.mark("the file is locked");
        let file = grounds.database_file();
        tokio::task::spawn_blocking(|| lock(file)).await??;
        target.mark("and free");
        return Ok(());
    };
    target.mark(if loses { "the network loses all" } else { "the network stands still" });
    network.set(if loses { Way::BlackHole } else { Way::Stall });
    tokio::time::sleep(FREEZE).await;
    network.set(Way::Pass);
    if loses {
        // What TCP itself does to a connection whose bytes are not acknowledged.
        network.reset();
    }
    target.mark("and goes on");
    Ok(())
}

/// Holds the file's one write lock.
fn lock(file: PathBuf) -> anyhow::Result<()> {
    let connection = Connection::open(file).context("opening the target's file")?;
    connection.busy_timeout(FREEZE)?;
    connection.execute_batch("BEGIN IMMEDIATE").context("locking the target's file")?;
    std::thread::sleep(FREEZE);
    Ok(connection.execute_batch("ROLLBACK")?)
}

/// Before anything is asked for again: what was done is there, and what was said not to have happened is not.
async fn believe(target: &Target, load: &Load, sent: &[Sent], evidence: &mut Evidence) -> anyhow::Result<()> {
    for (client, received) in load.received(target).await?.into_iter().enumerate() {
        let of_client = || sent.iter().filter(|sent| sent.client == client);
        let done = of_client().filter(|sent| sent.answer.is_done()).count();
        let may_be = of_client().filter(|sent| is_in_doubt(&sent.answer)).count();
        let (least, most) = (Money::whole(1).times(done), Money::whole(1).times(done + may_be));
        evidence.against_if(received < least || received > most, || {
            format!("{done} transfers of 1.00 were done and {may_be} were in doubt, and {received} has come")
        });
    }
    Ok(())
}

/// Whether it may have happened, by what was said.
fn is_in_doubt(answer: &Answer) -> bool {
    match answer {
        // Both say that nothing has happened, and will not: see docs/reference/errors.md.
        Answer::Unclear { why } => why != "503 unavailable" && why != "503 overloaded",
        _ => false,
    }
}
