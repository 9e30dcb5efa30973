//! What can go wrong in a store. None of it says that the ledger refused: that is a result.

/// A store's failure. Its text is for operators; it never reaches a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is too slow, or is locked. Nothing was written; worth a retry.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The connection broke while a commit was under way: it may have happened. A retry with the same
    /// keys tells.
    #[error("the outcome of a commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// The store holds, or was about to hold, what must not be. Nothing was written.
    #[error("the store is inconsistent: {0}")]
    Inconsistent(String),
    /// A statement touched another number of rows than it must. Nothing was written.
    #[error("{statement} touched {actual} rows instead of {expected}")]
    RowsAffected {
        /// Which statement.
        statement: &'static str,
        /// How many rows it must touch.
        expected: u64,
        /// How many it did.
        actual: u64,
    },
    /// The database is set up in a way in which Florin will not run.
    #[error("the database cannot be used: {0}")]
    Unsuitable(String),
}
