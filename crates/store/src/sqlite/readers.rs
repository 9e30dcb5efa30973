//! Connections that only read. Each read is one snapshot, whatever is written meanwhile.

use super::connection::open_reader;
use crate::StoreError;
use rusqlite::{Connection, Transaction};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use tokio::sync::Semaphore;
use tokio::task;

/// How many reads run at once: what a few cores can do. Others wait.
const CONNECTIONS: usize = 4;

/// The connections, and a permit for each of them.
pub(super) struct Readers {
    path: PathBuf,
    connections: Arc<[Mutex<Connection>]>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let connections =
            (0..CONNECTIONS).map(|_| open_reader(&path).map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Self { path, connections, permits: Arc::new(Semaphore::new(CONNECTIONS)) })
    }

    /// Does `work` on one snapshot, on one of the connections.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let busy = || StoreError::Unavailable("no connection is free to read".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| busy())?;
        let connections = Arc::clone(&self.connections);
        blocking(move || {
            let result =
                idle(&connections).ok_or_else(busy).and_then(|mut connection| read(&mut connection, work));
            drop(permit);
            result
        })
        .await
    }

    /// Does `work` on one snapshot, on a connection of its own: for what takes so long that others would wait.
    pub(super) async fn run_apart<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let path = self.path.clone();
        blocking(move || read(&mut open_reader(&path)?, work)).await
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

async fn blocking<T, F>(work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
{
    let failed = |error| StoreError::Inconsistent(format!("a read panicked: {error}"));
    task::spawn_blocking(work).await.map_err(failed)?
}
