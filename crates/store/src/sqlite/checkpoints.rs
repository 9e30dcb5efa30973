//! Carries what the write-ahead log holds over into the file, out of the writer's way.
//!
//! SQLite would do that inside a commit, and those who wait for that commit would wait for all of it. Here a thread
//! copies while the writer goes on. Only the end of it is the writer's: the log starts again from its beginning once
//! all of it was copied and nobody writes, so the writer copies the little that came meanwhile.
//!
//! Rule: after a sync that failed nothing is copied any more, and the log never starts again. The system forgets what
//! it could not write, and SQLite syncs only the last part of what it copies: the next sync would succeed without
//! what was lost. The log still has all of it, and the next start copies it from there.

use crate::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ffi};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

/// Pages in the log and not yet in the file, from which on the thread copies them. More at once means fewer in
/// all, because a page that changed often is copied once; and a longer sync, for which the writer's own may wait.
const COPY_FROM: i64 = 4_000;

/// Pages in the log from which on it should start again: 32 MiB.
const RESTART_FROM: i64 = 16_000;

/// As many left that the writer may copy them in passing.
const FEW: i64 = 1_000;

/// Pages in the log at which the writer waits until all are copied: 128 MiB, if it never pauses before.
const RESTART_AT_LAST: i64 = 64_000;

/// The thread that copies, seen from the writer.
pub(super) struct Checkpoints {
    wake: Option<mpsc::Sender<()>>,
    is_copying: Arc<AtomicBool>,
    /// Whether a sync failed.
    is_over: Arc<AtomicBool>,
    /// How long the log was when copying began last. While a reader keeps its snapshot, what came after cannot be
    /// copied, and trying again would be in vain.
    tried_at: i64,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread, with a connection of its own.
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (wake, woken) = mpsc::channel();
        let is_copying = Arc::new(AtomicBool::new(false));
        let is_over = Arc::new(AtomicBool::new(false));
        let (copying, over) = (Arc::clone(&is_copying), Arc::clone(&is_over));
        let thread = thread::Builder::new()
            .name("florin-sqlite-log".to_owned())
            .spawn(move || {
                for () in woken {
                    copy(&connection, &over);
                    copying.store(false, Ordering::Release);
                }
            })
            .map_err(|error| StoreError::Unavailable(format!("no thread for checkpoints: {error}")))?;
        Ok(Self { wake: Some(wake), is_copying, is_over, tried_at: 0, thread: Some(thread) })
    }

    /// Looks after the log. The writer calls it between two writes.
    pub(super) fn after_write(&mut self, writer: &Connection) {
        if self.is_copying.load(Ordering::Acquire) || self.is_over.load(Ordering::Acquire) {
            return;
        }
        let Some(log) = Log::read(writer, "PRAGMA wal_checkpoint(NOOP)") else { return };
        self.tried_at = if log.pages < self.tried_at { 0 } else { self.tried_at };
        let left = log.pages - log.copied;
        if log.pages >= RESTART_FROM && (1..=FEW).contains(&left) {
            copy(writer, &self.is_over);
        } else if left >= COPY_FROM && log.pages - self.tried_at >= COPY_FROM {
            self.tried_at = log.pages;
            if log.pages >= RESTART_AT_LAST {
                copy(writer, &self.is_over);
            } else {
                self.is_copying.store(true, Ordering::Release);
                // The thread ends only when the sender is dropped.
                let _ = self.wake.as_ref().map(|wake| wake.send(()));
            }
        }
    }

    /// Ends the thread. The writer calls it after its last write, before its connection is closed.
    pub(super) fn end(&mut self, writer: &Connection) {
        self.stop();
        if self.is_over.load(Ordering::Acquire) {
            leave_log(writer);
        }
    }

    fn stop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread for checkpoints panicked");
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The log's length in pages, and how many of them, from its beginning, are in the file.
struct Log {
    pages: i64,
    copied: i64,
}

impl Log {
    fn read(connection: &Connection, pragma: &'static str) -> Option<Self> {
        let log = Self::try_read(connection, pragma);
        log.inspect_err(|error| tracing::warn!(%error, "the write-ahead log cannot be copied")).ok()
    }

    fn try_read(connection: &Connection, pragma: &'static str) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached(pragma)?;
        statement.query_row([], |row| Ok(Self { pages: row.get(1)?, copied: row.get(2)? }))
    }
}

/// Copies all that no reader holds back. Never waits for anybody.
fn copy(connection: &Connection, is_over: &AtomicBool) {
    match Log::try_read(connection, "PRAGMA wal_checkpoint(PASSIVE)") {
        Ok(_) => {}
        Err(error) if is_sync(&error) => {
            is_over.store(true, Ordering::Release);
            leave_log(connection);
            tracing::error!(
                %error,
                "the disk failed to sync the database: the write-ahead log is not copied any more, and grows, until \
                 the server is started again"
            );
        }
        Err(error) => tracing::warn!(%error, "the write-ahead log cannot be copied"),
    }
}

/// Closing the last connection would copy the log and remove it.
fn leave_log(connection: &Connection) {
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::error!(%error, "the write-ahead log cannot be left as it is");
    }
}

fn is_sync(error: &Error) -> bool {
    matches!(error, Error::SqliteFailure(failure, _) if failure.extended_code == ffi::SQLITE_IOERR_FSYNC)
}
