//! Payouts that somebody watches. However many watch one, the store is asked for it once.

use crate::http::{ApiError, AppState};
use florin_ledger::{LedgerId, PayoutId};
use florin_store::Payout;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How often a payout is looked at that somebody watches.
const LOOK_EVERY: Duration = Duration::from_millis(250);

type Key = (LedgerId, PayoutId);

/// All payouts that are watched, and how many more watchers there can be.
pub(in crate::http) struct Watches {
    places: Arc<Semaphore>,
    watched: Mutex<HashMap<Key, watch::Sender<Payout>>>,
}

/// Somebody who watches a payout.
pub(super) struct Watcher {
    changes: watch::Receiver<Payout>,
    _place: OwnedSemaphorePermit,
}

impl Watches {
    /// None so far, and room for so many watchers.
    pub(in crate::http) fn new(watchers_max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(watchers_max)), watched: Mutex::default() }
    }

    /// Nobody panics while they hold it.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, watch::Sender<Payout>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of a payout that nobody watches any more. While somebody does, whether they go on.
    fn is_watched(&self, key: Key) -> bool {
        let mut watched = self.lock();
        let is_watched = watched.get(&key).is_some_and(|sender| sender.receiver_count() > 0);
        if !is_watched {
            watched.remove(&key);
        }
        is_watched
    }

    /// Shows a payout to its watchers, unless they know a newer one.
    fn show(&self, key: Key, payout: Payout) {
        if let Some(sender) = self.lock().get(&key) {
            show(sender, payout);
        }
    }
}

impl Watcher {
    /// Begins to watch a payout that was just read.
    pub(super) fn begin(state: &AppState, ledger: LedgerId, payout: Payout) -> Result<Self, ApiError> {
        let place =
            Arc::clone(&state.watches.places).try_acquire_owned().map_err(|_| ApiError::Overloaded)?;
        let key = (ledger, payout.id);
        let mut watched = state.watches.lock();
        let changes = if let Some(sender) = watched.get(&key) {
            show(sender, payout);
            sender.subscribe()
        } else {
            let (sender, receiver) = watch::channel(payout);
            watched.insert(key, sender);
            tokio::spawn(look_after(state.clone(), key));
            receiver
        };
        Ok(Self { changes, _place: place })
    }

    /// The payout as it was last seen.
    pub(super) fn latest(&mut self) -> Payout {
        self.changes.borrow_and_update().clone()
    }

    /// Waits until it has changed; `false` where nobody looks at it any more.
    pub(super) async fn changed(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }
}

fn show(sender: &watch::Sender<Payout>, payout: Payout) {
    sender.send_if_modified(|known| {
        let is_newer = payout.version > known.version;
        if is_newer {
            *known = payout;
        }
        is_newer
    });
}

/// Looks at a payout as long as somebody watches it, and the server is not stopping.
async fn look_after(state: AppState, key @ (ledger, id): Key) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if state.is_stopping() {
            drop(state.watches.lock().remove(&key));
            return;
        }
        if !state.watches.is_watched(key) {
            return;
        }
        match state.store.payout(ledger, id).await {
            Ok(Some(payout)) => state.watches.show(key, payout),
            Ok(None) => {}
            Err(error) => tracing::debug!(payout = %id, %error, "a payout that is watched cannot be read"),
        }
    }
}
