//! Carries what the write-ahead log holds over into the file, out of the writer's way.
//!
//! SQLite would do that inside a commit, and those who wait for that commit would wait for all of it. Here a thread
//! copies while the writer goes on. Only the end of it is the writer's: the log starts again from its beginning once
//! all of it was copied and nobody writes, so the writer copies the little that came meanwhile.

use crate::StoreError;
use rusqlite::Connection;
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
        let copying = Arc::clone(&is_copying);
        let thread = thread::Builder::new()
            .name("florin-sqlite-log".to_owned())
            .spawn(move || {
                for () in woken {
                    copy(&connection);
                    copying.store(false, Ordering::Release);
                }
            })
            .map_err(|error| StoreError::Unavailable(format!("no thread for checkpoints: {error}")))?;
        Ok(Self { wake: Some(wake), is_copying, tried_at: 0, thread: Some(thread) })
    }

    /// Looks after the log. The writer calls it between two writes.
    pub(super) fn after_write(&mut self, writer: &Connection) {
        if self.is_copying.load(Ordering::Acquire) {
            return;
        }
        let Some(log) = Log::read(writer, "PRAGMA wal_checkpoint(NOOP)") else { return };
        self.tried_at = if log.pages < self.tried_at { 0 } else { self.tried_at };
        let left = log.pages - log.copied;
        if log.pages >= RESTART_FROM && (1..=FEW).contains(&left) {
            copy(writer);
        } else if left >= COPY_FROM && log.pages - self.tried_at >= COPY_FROM {
            self.tried_at = log.pages;
            if log.pages >= RESTART_AT_LAST {
                copy(writer);
            } else {
                self.is_copying.store(true, Ordering::Release);
                // The thread ends only when the sender is dropped.
                let _ = self.wake.as_ref().map(|wake| wake.send(()));
            }
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread for checkpoints panicked");
        }
    }
}

/// The log's length in pages, and how many of them, from its beginning, are in the file.
struct Log {
    pages: i64,
    copied: i64,
}

impl Log {
    fn read(connection: &Connection, pragma: &'static str) -> Option<Self> {
        let log = connection.prepare_cached(pragma).and_then(|mut statement| {
            statement.query_row([], |row| Ok(Self { pages: row.get(1)?, copied: row.get(2)? }))
        });
        log.inspect_err(|error| tracing::warn!(%error, "the write-ahead log cannot be copied")).ok()
    }
}

/// Copies all that no reader holds back. Never waits for anybody.
fn copy(connection: &Connection) {
    Log::read(connection, "PRAGMA wal_checkpoint(PASSIVE)");
}
