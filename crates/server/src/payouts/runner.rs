//! Takes the leases of payouts that are to be run. Every server does; whoever has a lease runs that payout, and
//! when it dies or freezes the lease ends and another server goes on from the rows that are left.

use super::run;
use crate::clock;
use crate::committer::Committer;
use florin_ledger::{LedgerId, Timestamp};
use florin_store::{Engine, Payout, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How payouts are run.
#[derive(Clone, Copy, Debug)]
pub struct RunnerSettings {
    /// Whose payouts.
    pub ledger: LedgerId,
    /// How long a lease is good without a commit under it.
    pub lease: Duration,
    /// How often to look for payouts that nobody runs.
    pub poll: Duration,
    /// How many payouts are run at once.
    pub payouts_max: usize,
    /// How many rows one group has. It shares its batches with everybody else's commands.
    pub slice_rows: usize,
    /// How many groups of one payout are in the queue at once.
    pub slices_max: usize,
}

impl Default for RunnerSettings {
    fn default() -> Self {
        Self {
            ledger: LedgerId::MAIN,
            lease: Duration::from_secs(10),
            poll: Duration::from_millis(500),
            payouts_max: 4,
            slice_rows: 1_000,
            slices_max: 4,
        }
    }
}

/// What a run works with.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) store: Arc<dyn Engine>,
    pub(super) committer: Committer,
    pub(super) settings: RunnerSettings,
    pub(super) stopping: watch::Receiver<bool>,
}

/// The task that runs payouts.
pub struct Runner {
    stop: watch::Sender<bool>,
    woken: Arc<Notify>,
    task: JoinHandle<()>,
}

/// Tells the runner that there is something to do. Without it, it finds out by itself a little later.
#[derive(Clone, Default)]
pub struct Waker(Arc<Notify>);

impl Waker {
    /// There is something to do.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

impl Runner {
    /// Starts it on the current runtime.
    pub fn start(store: Arc<dyn Engine>, committer: Committer, settings: RunnerSettings) -> Self {
        let (stop, stopping) = watch::channel(false);
        let woken = Arc::new(Notify::new());
        let context = Context { store, committer, settings, stopping };
        let task = tokio::spawn(watch_over(context, Arc::clone(&woken)));
        Self { stop, woken, task }
    }

    /// For whoever makes something to do.
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.woken))
    }

    /// Begins nothing more, waits for what is in the committer's queue, and gives the leases back. The committer
    /// must still run.
    pub async fn stop(self) {
        // Nobody listens any more where the task has panicked.
        let _ = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "payouts were not left as they should be; their leases end by themselves");
        }
    }
}

async fn watch_over(mut context: Context, woken: Arc<Notify>) {
    let mut runs = JoinSet::new();
    let mut stopping = context.stopping.clone();
    while !*context.stopping.borrow_and_update() {
        while runs.len() < context.settings.payouts_max {
            match claim(&context).await {
                Ok(Some(payout)) => drop(runs.spawn(run::run(context.clone(), payout))),
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "payouts cannot be looked for");
                    break;
                }
            }
        }
        tokio::select! {
            Some(ended) = runs.join_next() => if let Err(error) = ended {
                tracing::error!(%error, "a payout's run ended badly; it goes on when its lease has ended");
            },
            () = woken.notified() => {}
            () = tokio::time::sleep(context.settings.poll) => {}
            _ = stopping.changed() => {}
        }
    }
    while let Some(ended) = runs.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a payout's run ended badly");
        }
    }
}

async fn claim(context: &Context) -> Result<Option<Payout>, StoreError> {
    let now = clock::now();
    let until = lease_until(now, context.settings.lease);
    context.store.claim_payout(context.settings.ledger, None, now, until).await
}

/// When a lease ends that is taken or renewed now.
pub(super) fn lease_until(now: Timestamp, lease: Duration) -> Timestamp {
    let lease = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX);
    Timestamp(now.0.saturating_add(lease))
}
