//! The one thread that writes, with a connection of its own. Writes queue for it, and each is one database
//! transaction: whole, or not there. The queue is short: who finds it full waits for room, and can still go away.

use super::checkpoints::Checkpoints;
use super::error::commit_failed;
use crate::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// How many writes may be handed over that have not begun.
const QUEUE_MAX: usize = 64;

/// The way to the thread. Dropped, it lets the thread finish what was handed to it.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        mut checkpoints: Checkpoints,
    ) -> Result<Self, StoreError> {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE_MAX);
        let thread = thread::Builder::new()
            .name("florin-sqlite".to_owned())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    job(&mut connection);
                    checkpoints.after_write(&connection);
                }
                checkpoints.end(&connection);
            })
            .map_err(|error| StoreError::Unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does `work` in a database transaction, and commits. Once it is handed over, the caller may go away; the
    /// work does not.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody listens any more if the caller went away; what was done stays done.
            let _ = reply.send(write(connection, work));
        });
        let stopped = || StoreError::Unavailable("the writer has stopped".to_owned());
        self.jobs.as_ref().ok_or_else(stopped)?.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the SQLite writer panicked");
        }
    }
}

/// `IMMEDIATE`: a transaction that read first and then asks to write can be refused; one that asked first cannot.
fn write<T, F>(connection: &mut Connection, work: F) -> Result<T, StoreError>
where
    F: FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
{
    if !connection.is_autocommit() {
        // A rollback failed before. Without this, no write would ever begin again.
        connection.execute_batch("ROLLBACK")?;
    }
    let db_tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // A panic must cost its own database transaction and not the thread. What unwinds is dropped.
    match catch_unwind(AssertUnwindSafe(|| work(&db_tx))) {
        Ok(Ok(result)) => db_tx.commit().map(|()| result).map_err(commit_failed),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StoreError::Inconsistent("a write panicked and was rolled back".to_owned())),
    }
}
