//! The callers' side: a bounded queue, and an answer or an error for each.

use super::{CommitterSettings, worker};
use crate::cache::Cache;
use florin_ledger::{Command, Group, GroupOutcome, Outcome};
use florin_store::Store;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

const QUEUE_COMMANDS: &str = "florin_committer_queue_commands";

/// Why a command has no outcome for its caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many commands wait. Nothing happened.
    #[error("the queue of commands is full")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The server is stopping. Nothing happened.
    #[error("the server is stopping")]
    Stopping,
    /// The deadline passed before the command's turn came. Nothing happened.
    #[error("the deadline passed before the command was taken up")]
    Expired,
    /// The deadline passed, or the connection broke, while the commit was under way: it may have happened.
    /// A retry with the same key tells.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// The store cannot be reached. Nothing happened.
    #[error("the store is unavailable")]
    Unavailable,
    /// The store refused what must not be. Nothing happened; an operator must look.
    #[error("the store refused the command")]
    Inconsistent,
}

/// A group on its way.
pub(super) struct Job {
    pub(super) group: Arc<Group>,
    pub(super) deadline: Instant,
    pub(super) turn: Turn,
    pub(super) answer: oneshot::Sender<Result<GroupOutcome, SubmitError>>,
    /// Given back when the job ends, however it ends.
    pub(super) _room: Room,
}

/// Who has the say over a job: its caller as long as it waits, the worker once it is taken up. So a caller whose
/// time is over knows whether its commands can still happen.
#[derive(Clone, Default)]
pub(super) struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Takes the say; `false` where the other side was first.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// A group's place in the queue.
pub(super) struct Room {
    commands: u32,
    _permits: OwnedSemaphorePermit,
}

impl Room {
    pub(super) fn new(permits: OwnedSemaphorePermit, commands: u32) -> Self {
        metrics::gauge!(QUEUE_COMMANDS).increment(commands);
        Self { commands, _permits: permits }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        metrics::gauge!(QUEUE_COMMANDS).decrement(self.commands);
    }
}

/// Takes commands and answers with their outcomes. Cheap to clone: all clones feed one queue.
#[derive(Clone)]
pub struct Committer {
    jobs: Arc<Mutex<Option<mpsc::UnboundedSender<Job>>>>,
    room: Arc<Semaphore>,
    worker: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
    settings: CommitterSettings,
}

impl Committer {
    /// Starts a committer on the current runtime.
    ///
    /// What it changes is forgotten in the cache before it is answered.
    pub fn start(store: Arc<dyn Store>, settings: CommitterSettings, cache: Cache) -> Self {
        // Bounded by the permits of `room`, which count commands; the channel itself counts groups.
        let (jobs, waiting) = mpsc::unbounded_channel();
        let worker = tokio::spawn(worker::run(store, settings, cache, waiting));
        Self {
            jobs: Arc::new(Mutex::new(Some(jobs))),
            room: Arc::new(Semaphore::new(settings.queue_commands_max)),
            worker: Arc::new(tokio::sync::Mutex::new(Some(worker))),
            settings,
        }
    }

    /// Submits one command.
    pub async fn submit(&self, command: Command, deadline: Instant) -> Result<Outcome, SubmitError> {
        let group = Group::independent(vec![command]);
        match self.submit_group(group, deadline).await? {
            GroupOutcome::Done(outcomes) => outcomes.into_iter().next().ok_or(SubmitError::Inconsistent),
            GroupOutcome::Refused { rejection, .. } => Ok(Outcome::Rejected(rejection)),
            GroupOutcome::Superseded => Err(SubmitError::Inconsistent),
        }
    }

    /// Submits commands that belong together. They stay together in one batch, and are in the queue when this
    /// returns: groups keep their order, whoever waits first for what became of them.
    pub fn submit_group(
        &self,
        group: Group,
        deadline: Instant,
    ) -> impl Future<Output = Result<GroupOutcome, SubmitError>> + use<> {
        let turn = Turn::default();
        let answer = self.enqueue(group, deadline, turn.clone());
        async move {
            match tokio::time::timeout_at(deadline, answer?).await {
                Ok(Ok(outcome)) => outcome,
                // It waited in vain, and its turn never comes now.
                Err(_) if turn.take() => Err(SubmitError::Expired),
                // The worker is gone, or the commit is under way.
                Ok(Err(_)) | Err(_) => Err(SubmitError::OutcomeUnknown),
            }
        }
    }

    fn enqueue(
        &self,
        group: Group,
        deadline: Instant,
        turn: Turn,
    ) -> Result<oneshot::Receiver<Result<GroupOutcome, SubmitError>>, SubmitError> {
        let overloaded = SubmitError::Overloaded { retry_after: self.settings.retry_after };
        let commands = u32::try_from(group.commands.len()).map_err(|_| overloaded.clone())?;
        let permits = Arc::clone(&self.room).try_acquire_many_owned(commands).map_err(|_| overloaded)?;
        let (answer, outcome) = oneshot::channel();
        let room = Room::new(permits, commands);
        let job = Job { group: Arc::new(group), deadline, turn, answer, _room: room };
        let jobs = self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let sender = jobs.as_ref().ok_or(SubmitError::Stopping)?;
        sender.send(job).map_err(|_| SubmitError::Stopping)?;
        Ok(outcome)
    }

    /// Takes no more commands, finishes those that were accepted, and returns when they are answered.
    pub async fn stop(&self) {
        drop(self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        if let Some(worker) = self.worker.lock().await.take() {
            // A worker that panicked has dropped its jobs, and their callers know no outcome.
            let _ = worker.await;
        }
    }
}
