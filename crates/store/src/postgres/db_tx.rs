//! A database transaction that cannot leak: one that is not ended closes its connection, which the
//! server answers with a rollback. No pooled connection ever comes back inside a transaction.

use super::connection::{self, Lease, from_driver};
use crate::StoreError;
use deadpool_postgres::{ClientWrapper, Pool};
use std::ops::Deref;

/// A connection on which a database transaction may be open.
pub(super) struct DbTx {
    connection: Lease,
}

/// Why a commit did not succeed.
pub(super) enum CommitError {
    /// The server refused it: nothing was written, and the same work may succeed when done again.
    Conflict(StoreError),
    /// The server refused it, or nobody knows.
    Final(StoreError),
}

/// For work that is not done again when another writer won.
impl From<CommitError> for StoreError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(error) | CommitError::Final(error) => error,
        }
    }
}

impl DbTx {
    /// Takes a connection. The transaction begins when [`DbTx::BEGIN`] is sent on it.
    pub(super) async fn open(pool: &Pool) -> Result<Self, StoreError> {
        Ok(Self { connection: Lease::take(pool).await? })
    }

    /// Begins every writing transaction; never left to the server's default.
    pub(super) const BEGIN: &'static str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

    /// Begins a transaction that holds no lock on the wallets it decides on. It gives up where it would wait
    /// for another server's: that one may be waiting for its entries. Well below `deadlock_timeout`, so that
    /// this never counts as a deadlock.
    pub(super) const BEGIN_IMPATIENT: &'static str =
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '25ms'";

    /// Takes a connection and begins.
    pub(super) async fn begin(pool: &Pool) -> Result<Self, StoreError> {
        let db_tx = Self::open(pool).await?;
        db_tx.batch_execute(Self::BEGIN).await.map_err(|error| from_driver(&error))?;
        Ok(db_tx)
    }

    /// Commits. An answer that does not come, or that says that the server is going down, leaves the
    /// outcome unknown.
    pub(super) async fn commit(self) -> Result<(), CommitError> {
        let result = self.batch_execute("COMMIT").await;
        match result {
            Ok(()) => {
                self.connection.give_back();
                Ok(())
            }
            Err(error) if connection::is_conflict(&error) => Err(CommitError::Conflict(from_driver(&error))),
            Err(error) if is_refusal(&error) => Err(CommitError::Final(from_driver(&error))),
            Err(error) => Err(CommitError::Final(StoreError::OutcomeUnknown(error.to_string()))),
        }
    }

    /// Rolls back and gives the connection back.
    pub(super) async fn rollback(self) -> Result<(), StoreError> {
        self.batch_execute("ROLLBACK").await.map_err(|error| from_driver(&error))?;
        self.connection.give_back();
        Ok(())
    }
}

/// Whether the server said no to a commit, rather than going away in the middle of it.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .and_then(|code| code.code().get(..2))
        .is_some_and(|class| matches!(class, "22" | "23" | "25" | "40"))
}

impl Deref for DbTx {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.connection
    }
}
