//! Connections that only read. Each read is one snapshot, whatever is written meanwhile.

use super::connection::open_reader;
use crate::StoreError;
use rusqlite::{Connection, Transaction};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::{self, JoinError};

/// How many reads run at once: what a few cores can do. Others wait.
const CONNECTIONS: usize = 4;

/// After how many of its instructions SQLite asks whether to go on: far less than a millisecond.
const ASK_EVERY: i32 = 10_000;

/// The connections, and a permit for each of them.
pub(super) struct Readers {
    path: PathBuf,
    connections: Arc<[Mutex<Connection>]>,
    permits: Arc<Semaphore>,
    time_max: Duration,
}

impl Readers {
    /// Opens the connections. A read ends after `time_max`, so that a few cannot hold up all others for long.
    pub(super) fn open(path: PathBuf, time_max: Duration) -> Result<Self, StoreError> {
        let connections =
            (0..CONNECTIONS).map(|_| open_reader(&path).map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Self { path, connections, permits: Arc::new(Semaphore::new(CONNECTIONS)), time_max })
    }

    /// Does `work` on one snapshot, on one of the connections. It ends early if its caller goes away.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| busy())?;
        let connections = Arc::clone(&self.connections);
        let waiting = Waiting::default();
        let is_over = waiting.is_over_at(Some(Instant::now() + self.time_max));
        let reading = task::spawn_blocking(move || {
            let result = idle(&connections).ok_or_else(busy).and_then(|mut connection| {
                connection.progress_handler(ASK_EVERY, Some(is_over))?;
                read(&mut connection, work)
            });
            drop(permit);
            result
        });
        reading.await.map_err(|error| panicked(&error))?
    }

    /// Does `work` on one snapshot, on a connection of its own and for as long as it takes. It ends early if its
    /// caller goes away.
    pub(super) async fn run_apart<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let path = self.path.clone();
        let waiting = Waiting::default();
        let is_over = waiting.is_over_at(None);
        let reading = task::spawn_blocking(move || {
            let mut connection = open_reader(&path)?;
            connection.progress_handler(ASK_EVERY, Some(is_over))?;
            read(&mut connection, work)
        });
        reading.await.map_err(|error| panicked(&error))?
    }
}

/// A caller that waits for a read. Dropped, it has what it wanted, or does not want it any more.
#[derive(Default)]
struct Waiting {
    has_ended: Arc<AtomicBool>,
}

impl Waiting {
    /// Whether a read is to end, asked from within it.
    fn is_over_at(&self, deadline: Option<Instant>) -> impl FnMut() -> bool + Send + 'static {
        let has_ended = Arc::clone(&self.has_ended);
        move || {
            has_ended.load(Ordering::Relaxed) || deadline.is_some_and(|deadline| Instant::now() >= deadline)
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }
}

/// A connection that nobody uses: whoever holds a permit finds one.
fn idle(connections: &[Mutex<Connection>]) -> Option<MutexGuard<'_, Connection>> {
    connections.iter().find_map(|connection| match connection.try_lock() {
        Ok(free) => Some(free),
        // Its last reader panicked. The snapshot ended while that unwound, so the connection is as good as new.
        Err(TryLockError::Poisoned(free)) => Some(free.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    })
}

fn read<T, F>(connection: &mut Connection, work: F) -> Result<T, StoreError>
where
    F: FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
{
    work(&connection.transaction()?)
}

fn busy() -> StoreError {
    StoreError::Unavailable("no connection is free to read".to_owned())
}

fn panicked(error: &JoinError) -> StoreError {
    StoreError::Inconsistent(format!("a read panicked: {error}"))
}
