//! Who decides next, and on what: two batches may be under way at once, and the second is decided on what the
//! first will leave behind.
//!
//! While one server writes alone, a batch reads without locks, lays the changes of the batch ahead over what it
//! read, decides, and inserts its rows while that one still commits. Only then, when the batch ahead is known
//! to be committed, it updates the wallets `WHERE version =` the one decided from, and commits. So a guess
//! that was wrong writes nothing: it starts again, with locks, and for a while so does everybody.
//!
//! Rules: one batch decides at a time. Nobody is told of an outcome before the batch that it was decided on is
//! committed. Nothing here is needed to be right: versions and unique keys see to that.

use super::commit::AttemptError;
use crate::StoreError;
use florin_ledger::{Changes, LedgerId, State};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{MutexGuard, Semaphore, SemaphorePermit, watch};

/// How many batches are under way at once. One more would be decided on a guess about a guess.
pub(super) const BATCHES_MAX: usize = 2;

/// How long batches take locks after another server was met.
const CARE: Duration = Duration::from_secs(1);

/// The turns of one store.
#[derive(Debug)]
pub(super) struct Turns {
    under_way: Semaphore,
    turn: tokio::sync::Mutex<Turn>,
    others_met_at: Mutex<Option<Instant>>,
}

/// The right to decide, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Turn {
    ahead: Option<Ahead>,
}

/// The batch that was decided last.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    ledger: LedgerId,
    changes: Arc<Changes>,
    fate: watch::Receiver<Fate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Open,
    Committed,
}

/// The promise to say when a batch is committed. Dropped before, it says that the batch is not.
pub(super) struct Verdict(watch::Sender<Fate>);

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            under_way: Semaphore::new(BATCHES_MAX),
            turn: tokio::sync::Mutex::default(),
            others_met_at: Mutex::new(None),
        }
    }

    /// Waits until there is room for one more batch.
    pub(super) async fn enter(&self) -> SemaphorePermit<'_> {
        self.under_way.acquire().await.expect("nobody closes it")
    }

    /// Waits for the right to decide.
    pub(super) async fn take(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().await
    }

    /// Another server writes to the same rows: take locks for a while.
    pub(super) fn meet_others(&self) {
        *self.others_met_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether nobody else was met lately.
    pub(super) fn is_alone(&self) -> bool {
        let met_at = *self.others_met_at.lock().unwrap_or_else(PoisonError::into_inner);
        met_at.is_none_or(|met_at| met_at.elapsed() >= CARE)
    }
}

impl Turn {
    /// The batch that was decided before, if it is still to be reckoned with.
    pub(super) fn ahead(&self) -> Option<Ahead> {
        self.ahead.clone()
    }

    /// What comes next is decided on these changes too.
    pub(super) fn decided(&mut self, ledger: LedgerId, changes: Arc<Changes>) -> Verdict {
        let (verdict, fate) = watch::channel(Fate::Open);
        self.ahead = Some(Ahead { ledger, changes, fate });
        Verdict(verdict)
    }

    /// The batch that was decided before; from now on nobody reckons with it.
    pub(super) fn take_ahead(&mut self) -> Option<Ahead> {
        self.ahead.take()
    }
}

impl Verdict {
    /// The batch is committed.
    pub(super) fn committed(self) {
        self.0.send_replace(Fate::Committed);
    }
}

impl Ahead {
    /// Waits until it is committed. An error when it is not, or nobody knows: what was decided on it is void.
    pub(super) async fn until_committed(mut self) -> Result<(), AttemptError> {
        let fate = self.fate.wait_for(|fate| *fate == Fate::Committed).await;
        fate.map(drop).map_err(|_| {
            AttemptError::Conflict(StoreError::Unavailable("the batch ahead was not committed".to_owned()))
        })
    }

    /// Makes of what was read what will be there when the batch is committed. It may be committed by now: then
    /// this changes nothing, or what another server wrote after it, which the versions will show.
    pub(super) fn lay_over(&self, ledger: LedgerId, state: &mut State) {
        if ledger != self.ledger {
            return;
        }
        for (_, after) in &self.changes.wallets {
            if let Some(wallet) = state.wallets.get_mut(&after.id)
                && wallet.version < after.version
            {
                wallet.posted = after.posted;
                wallet.version = after.version;
                wallet.last_entry_at = after.last_entry_at;
            }
        }
        for transaction in &self.changes.transactions {
            state.settled.entry(transaction.key_hash).or_insert_with(|| Arc::clone(transaction));
        }
        for reversal in &self.changes.reversals {
            if state.originals.contains_key(&reversal.original) {
                let reversed = state.reversed.entry(reversal.original).or_default();
                if reversed.count < reversal.sequence {
                    reversed.count = reversal.sequence;
                    reversed.total = reversal.reversed_total;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
