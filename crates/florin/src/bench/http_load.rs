//! Load over real sockets: closed loops (each connection waits for its answer), and an open loop (requests
//! leave when they are due, whatever the server makes of it).
//!
//! The generator has one thread of its own, and says how much of a core that thread used.

use super::http_wire::{Connection, Head, Target, render_bulk, render_transfer};
use super::measure::{Round, Tally, Window};
use super::mix::{Transfer, Transfers};
use super::plan::Load;
use super::rounds::Length;
use anyhow::{Context, bail};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// How many transfers a bulk request carries.
const BULK_TRANSFERS: usize = 1000;
/// How many bulk requests are under way at once.
const BULK_CONNECTIONS: usize = 8;
/// How many connections carry the open-loop load.
const OPEN_LOOP_CONNECTIONS: usize = 64;

/// Runs a load that goes over HTTP, on a thread of its own.
pub(super) async fn run(
    load: Load,
    target: Target,
    transfers: Transfers,
    length: Length,
) -> anyhow::Result<Round> {
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (began, used) = (Instant::now(), thread_cpu());
        let mut round = runtime.block_on(generate(load, &target, &transfers, length))?;
        let used = thread_cpu().zip(used).map(|(now, then)| now.saturating_sub(then));
        round.generator_cores = used.map(|used| used.as_secs_f64() / began.elapsed().as_secs_f64());
        Ok(round)
    })
    .await?
}

async fn generate(
    load: Load,
    target: &Target,
    transfers: &Transfers,
    length: Length,
) -> anyhow::Result<Round> {
    match load {
        Load::Http { connections, .. } => singles(target, transfers, connections, length).await,
        Load::Bulk { is_atomic } => bulks(target, transfers, is_atomic, length).await,
        Load::OpenLoop { per_second } => open_loop(target, transfers, per_second, length).await,
        Load::Classic { .. } | Load::Committer { .. } | Load::Payout { .. } | Load::Fresh | Load::Full => {
            bail!("it does not go over HTTP")
        }
    }
}

/// The processor time of this thread, where the system tells (Linux does).
fn thread_cpu() -> Option<Duration> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    statistics.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// One transfer a request, over so many connections.
async fn singles(
    target: &Target,
    transfers: &Transfers,
    connections: usize,
    length: Length,
) -> anyhow::Result<Round> {
    let opened = open(target, connections).await?;
    let window = length.begin();
    let mut workers = JoinSet::new();
    for (worker, connection) in (0..).zip(opened) {
        let mut sender = Sender::new(target, connection);
        let transfers = transfers.of_worker(worker);
        workers.spawn(async move {
            let mut tally = Tally::new(window);
            for transfer in transfers {
                if window.is_over() {
                    break;
                }
                let began = Instant::now();
                sender.send(&transfer).await?;
                tally.record(began, 1);
            }
            anyhow::Ok(tally)
        });
    }
    join(window, workers).await
}

/// [`BULK_TRANSFERS`] transfers a request.
async fn bulks(
    target: &Target,
    transfers: &Transfers,
    is_atomic: bool,
    length: Length,
) -> anyhow::Result<Round> {
    let opened = open(target, BULK_CONNECTIONS).await?;
    let window = length.begin();
    let mut workers = JoinSet::new();
    for (worker, connection) in (0..).zip(opened) {
        let mut sender =
            Sender { head: Head::post(target, "/v1/transactions/bulk"), ..Sender::new(target, connection) };
        let mut transfers = transfers.of_worker(worker);
        workers.spawn(async move {
            let mut tally = Tally::new(window);
            while !window.is_over() {
                let bulk: Vec<_> = transfers.by_ref().take(BULK_TRANSFERS).collect();
                let began = Instant::now();
                sender.send_bulk(is_atomic, &bulk).await?;
                tally.record(began, u64::try_from(bulk.len())?);
            }
            anyhow::Ok(tally)
        });
    }
    join(window, workers).await
}

/// One transfer a request, so many a second. A latency counts from when its request was due: one that had
/// to wait for a free connection, or for a late timer, has waited.
async fn open_loop(
    target: &Target,
    transfers: &Transfers,
    per_second: u32,
    length: Length,
) -> anyhow::Result<Round> {
    let opened = open(target, OPEN_LOOP_CONNECTIONS).await?;
    let window = length.begin();
    let (due, waiting) = mpsc::unbounded_channel();
    let mut all = transfers.of_worker(0);
    std::thread::Builder::new().name("pacer".to_owned()).spawn(move || {
        for at in arrivals(per_second, Instant::now()).take_while(|at| *at < window.until()) {
            // The runtime's timer counts in milliseconds, which is as long as an answer takes.
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            let Some(transfer) = all.next() else { break };
            if due.send((at, transfer)).is_err() {
                break;
            }
        }
    })?;
    let waiting = Arc::new(Mutex::new(waiting));
    let mut workers = JoinSet::new();
    for connection in opened {
        let mut sender = Sender::new(target, connection);
        let waiting = Arc::clone(&waiting);
        workers.spawn(async move {
            let mut tally = Tally::new(window);
            loop {
                let next = waiting.lock().await.recv().await;
                let Some((due, transfer)) = next else { break };
                sender.send(&transfer).await?;
                tally.record(due, 1);
            }
            anyhow::Ok(tally)
        });
    }
    join(window, workers).await
}

/// When requests are due: exponential gaps, as callers who know nothing of each other make them.
fn arrivals(per_second: u32, from: Instant) -> impl Iterator<Item = Instant> {
    let mut rng = SmallRng::seed_from_u64(0);
    let mean = 1.0 / f64::from(per_second);
    let mut at = from;
    std::iter::from_fn(move || {
        let draw: f64 = rng.random();
        at += Duration::from_secs_f64(-mean * (1.0 - draw).ln());
        Some(at)
    })
}

async fn open(target: &Target, connections: usize) -> anyhow::Result<Vec<Connection>> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(target).await?);
    }
    Ok(opened)
}

async fn join(window: Window, mut workers: JoinSet<anyhow::Result<Tally>>) -> anyhow::Result<Round> {
    let mut tallies = Vec::with_capacity(workers.len());
    while let Some(tally) = workers.join_next().await {
        tallies.push(tally??);
    }
    Ok(Round::of(window, tallies))
}

/// A connection with its buffers.
struct Sender {
    connection: Connection,
    head: Head,
    body: String,
    request: Vec<u8>,
}

impl Sender {
    fn new(target: &Target, connection: Connection) -> Self {
        let head = Head::post(target, "/v1/transfers");
        Self { connection, head, body: String::new(), request: Vec::new() }
    }

    async fn send(&mut self, transfer: &Transfer) -> anyhow::Result<()> {
        render_transfer(&mut self.body, transfer);
        self.head.render(&mut self.request, transfer.key(), &self.body);
        let (status, answer) = self.connection.exchange(&self.request).await.context("a transfer")?;
        if status != 201 {
            bail!("a transfer was answered with {status}: {}", String::from_utf8_lossy(answer));
        }
        Ok(())
    }

    async fn send_bulk(&mut self, is_atomic: bool, transfers: &[Transfer]) -> anyhow::Result<()> {
        render_bulk(&mut self.body, is_atomic, transfers);
        let key = transfers.first().context("an empty bulk")?.key();
        self.head.render(&mut self.request, key, &self.body);
        let (status, answer) = self.connection.exchange(&self.request).await.context("a bulk request")?;
        let completed = std::str::from_utf8(answer)?.matches(r#""status":"COMPLETED""#).count();
        if !(200..300).contains(&status) || completed != transfers.len() {
            let answer = String::from_utf8_lossy(&answer[..answer.len().min(2000)]);
            bail!("{completed} of {} in a bulk were made, status {status}: {answer}", transfers.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_the_offered_rate() {
        let from = Instant::now();
        let last = arrivals(1000, from).take(10_000).last().unwrap();
        assert!((9..=11).contains(&(last - from).as_secs()));
    }
}
