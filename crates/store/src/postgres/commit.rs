//! One batch: find, lock and read, decide, write, commit. Done again from the start when another writer won.

use super::connection::is_conflict;
use super::db_tx::{CommitError, DbTx};
use super::{Postgres, load, save};
use crate::StoreError;
use florin_ledger::{Clock, Group, GroupOutcome, LedgerId, Timestamp, decide_batch};
use std::sync::Arc;
use std::time::Duration;

/// How often a batch starts again before its callers are told that the store is too busy.
const ATTEMPTS_MAX: u32 = 20;

/// Why an attempt failed.
pub(super) enum AttemptError {
    /// Another writer won; the same commands may do better now.
    Conflict(StoreError),
    /// Starting again would not help, or might do the work twice.
    Final(StoreError),
}

impl From<StoreError> for AttemptError {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

impl From<tokio_postgres::Error> for AttemptError {
    fn from(error: tokio_postgres::Error) -> Self {
        let meaning = super::connection::from_driver(&error);
        if is_conflict(&error) { Self::Conflict(meaning) } else { Self::Final(meaning) }
    }
}

pub(super) async fn commit(
    store: &Postgres,
    ledger: LedgerId,
    groups: &[Arc<Group>],
    now: Timestamp,
    entropy: u64,
) -> Result<Vec<GroupOutcome>, StoreError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match try_commit(store, ledger, groups, Clock::new(now, entropy)).await {
            Ok(outcomes) => return Ok(outcomes),
            Err(AttemptError::Final(error)) => return Err(error),
            Err(AttemptError::Conflict(error)) if attempt == ATTEMPTS_MAX => {
                return Err(StoreError::Unavailable(format!("gave up after {attempt} attempts: {error}")));
            }
            Err(AttemptError::Conflict(error)) => {
                tracing::debug!(%error, attempt, "another writer won; starting the batch again");
                tokio::time::sleep(backoff(attempt, entropy)).await;
            }
        }
    }
}

/// Grows from 1 ms to 64 ms, and differs between servers by their batches' entropy.
fn backoff(attempt: u32, entropy: u64) -> Duration {
    let bound = 1000_u64 << attempt.min(6);
    Duration::from_micros(bound / 2 + entropy.rotate_left(attempt) % (bound / 2))
}

async fn try_commit(
    store: &Postgres,
    ledger: LedgerId,
    groups: &[Arc<Group>],
    mut clock: Clock,
) -> Result<Vec<GroupOutcome>, AttemptError> {
    let db_tx = DbTx::open(&store.writers).await?;
    let touched = load::find(&db_tx, &store.known_assets, ledger, groups).await?;
    let mut state = load::lock_and_read(&db_tx, &store.known_assets, ledger, touched).await?;

    let decided = decide_batch(&mut state, groups.iter().map(AsRef::as_ref), &mut clock)
        .map_err(|violation| StoreError::Inconsistent(violation.to_string()))?;

    if decided.changes.transactions.is_empty() {
        db_tx.rollback().await?;
        return Ok(decided.outcomes);
    }
    save::save(&db_tx, ledger, &decided.changes).await?;
    match db_tx.commit().await {
        Ok(()) => Ok(decided.outcomes),
        Err(CommitError::Conflict(error)) => Err(AttemptError::Conflict(error)),
        Err(CommitError::Final(error)) => Err(AttemptError::Final(error)),
    }
}
