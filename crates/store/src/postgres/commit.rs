//! One batch: find, read, decide, write, commit. Done again from the start, with locks, when another writer won.

use super::connection::is_conflict;
use super::db_tx::{CommitError, DbTx};
use super::load::{self, Reading};
use super::{Postgres, save};
use crate::StoreError;
use florin_ledger::{
    BatchResult, Changes, Clock, Group, GroupOutcome, LedgerId, State, Timestamp, decide_batch,
};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::error::SqlState;

/// How often a batch starts again before its callers are told that the store is too busy.
const ATTEMPTS_MAX: u32 = 20;

/// Why an attempt failed.
pub(super) enum AttemptError {
    /// Another writer won; the same commands may do better now.
    Conflict(StoreError),
    /// Another writer held a lock for too long.
    LockTimeout(StoreError),
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
        match error.code() {
            Some(&SqlState::LOCK_NOT_AVAILABLE) => Self::LockTimeout(meaning),
            _ if is_conflict(&error) => Self::Conflict(meaning),
            _ => Self::Final(meaning),
        }
    }
}

pub(super) async fn commit(
    store: &Postgres,
    ledger: LedgerId,
    groups: &[Arc<Group>],
    now: Timestamp,
    entropy: u64,
) -> Result<Vec<GroupOutcome>, StoreError> {
    let _room = store.turns.enter().await;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let batch = Batch { store, ledger, groups, clock: Clock::new(now, entropy) };
        let is_first = attempt == 1 && store.turns.is_alone();
        let tried = if is_first { batch.commit_ahead().await } else { batch.commit_locked().await };
        let error = match tried {
            Ok(outcomes) => return Ok(outcomes),
            Err(AttemptError::Conflict(error)) => error,
            Err(AttemptError::LockTimeout(error)) if is_first => error,
            Err(AttemptError::LockTimeout(error) | AttemptError::Final(error)) => return Err(error),
        };
        if attempt == ATTEMPTS_MAX {
            return Err(StoreError::Unavailable(format!("gave up after {attempt} attempts: {error}")));
        }
        tracing::debug!(%error, attempt, "another writer won; starting the batch again");
        store.turns.meet_others();
        tokio::time::sleep(backoff(attempt, entropy)).await;
    }
}

/// Grows from 1 ms to 64 ms, and differs between servers by their batches' entropy.
fn backoff(attempt: u32, entropy: u64) -> Duration {
    let bound = 1000_u64 << attempt.min(6);
    Duration::from_micros(bound / 2 + entropy.rotate_left(attempt) % (bound / 2))
}

/// One attempt.
struct Batch<'call> {
    store: &'call Postgres,
    ledger: LedgerId,
    groups: &'call [Arc<Group>],
    clock: Clock,
}

impl Batch<'_> {
    /// Without locks, and before the batch ahead is committed.
    async fn commit_ahead(mut self) -> Result<Vec<GroupOutcome>, AttemptError> {
        let mut turn = self.store.turns.take().await;
        let db_tx = DbTx::open(&self.store.committers).await?;
        let mut state = self.read(&db_tx, Reading::Unlocked).await?;
        let ahead = turn.ahead();
        if let Some(ahead) = &ahead {
            ahead.lay_over(self.ledger, &mut state);
        }
        let BatchResult { outcomes, changes } = self.decide(&mut state)?;
        let changes = Arc::new(changes);
        let writes = !changes.is_empty();
        let verdict = writes.then(|| turn.decided(self.ledger, Arc::clone(&changes)));
        drop(turn);

        let ahead_committed = async {
            match ahead {
                Some(ahead) => ahead.until_committed().await,
                None => Ok(()),
            }
        };
        let Some(verdict) = verdict else {
            ahead_committed.await?;
            db_tx.rollback().await?;
            return Ok(outcomes);
        };
        self.write(db_tx, &changes, ahead_committed).await?;
        verdict.committed();
        Ok(outcomes)
    }

    /// With locks, after the batch ahead, and with nobody behind: what to do when others write to the same rows.
    async fn commit_locked(mut self) -> Result<Vec<GroupOutcome>, AttemptError> {
        let mut turn = self.store.turns.take().await;
        if let Some(ahead) = turn.take_ahead() {
            // What became of it is read after.
            let _ = ahead.until_committed().await;
        }
        let db_tx = DbTx::open(&self.store.committers).await?;
        let mut state = self.read(&db_tx, Reading::Locked).await?;
        let BatchResult { outcomes, changes } = self.decide(&mut state)?;
        if changes.is_empty() {
            db_tx.rollback().await?;
            return Ok(outcomes);
        }
        self.write(db_tx, &changes, async { Ok(()) }).await?;
        Ok(outcomes)
    }

    async fn read(&self, db_tx: &DbTx, reading: Reading) -> Result<State, AttemptError> {
        let known_assets = &self.store.known_assets;
        let touched = load::find(db_tx, known_assets, self.ledger, self.groups).await?;
        load::read(db_tx, known_assets, self.ledger, touched, reading).await
    }

    fn decide(&mut self, state: &mut State) -> Result<BatchResult, StoreError> {
        decide_batch(state, self.groups.iter().map(AsRef::as_ref), &mut self.clock)
            .map_err(|violation| StoreError::Inconsistent(violation.to_string()))
    }

    /// Writes and commits. What others may write too is written once `ready` is done.
    async fn write(
        &self,
        db_tx: DbTx,
        changes: &Changes,
        ready: impl Future<Output = Result<(), AttemptError>>,
    ) -> Result<(), AttemptError> {
        let update = async {
            ready.await?;
            save::update(&db_tx, self.ledger, changes).await
        };
        if let Err(error) = tokio::try_join!(biased; save::insert(&db_tx, self.ledger, changes), update) {
            db_tx.rollback().await?;
            return Err(error);
        }
        db_tx.commit().await.map_err(|error| match error {
            CommitError::Conflict(error) => AttemptError::Conflict(error),
            CommitError::Final(error) => AttemptError::Final(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_between_half_its_bound_and_all_of_it() {
        for (attempt, bound) in [(1, 2_000), (2, 4_000), (5, 32_000), (6, 64_000), (7, 64_000), (19, 64_000)]
        {
            assert_eq!(backoff(attempt, 0), Duration::from_micros(bound / 2));
            let waits =
                (1..100).map(|server: u64| backoff(attempt, server.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            let waits: std::collections::BTreeSet<_> = waits.collect();
            let bounds = Duration::from_micros(bound / 2)..Duration::from_micros(bound);
            assert!(waits.iter().all(|wait| bounds.contains(wait)), "{attempt}: {waits:?}");
            assert!(waits.len() > 50, "servers that met do not meet again: {waits:?}");
        }
    }
}
