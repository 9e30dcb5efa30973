//! What is kept in this process, where no other process changes anything.

use super::{Found, Item, Right};
use bytes::Bytes;
use quick_cache::sync::Cache;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;

/// How many items are kept, some 400 bytes each.
const ITEMS_MAX: usize = 50_000;
/// Items share counters of changes; one that shares its counter with a busy one is only forgotten more often.
const COUNTERS: usize = 65_536;

/// What is kept in this process.
pub(super) struct LocalCache {
    kept: Cache<Item, Kept>,
    /// Counts what was forgotten. An item is good while its counter is what it was before the item was read: so
    /// a slow reader cannot put an older balance over a newer one.
    changes: Vec<AtomicU64>,
    hasher: RandomState,
}

#[derive(Clone)]
struct Kept {
    body: Bytes,
    read_at: Instant,
    change: u64,
}

impl LocalCache {
    pub(super) fn new() -> Self {
        let changes = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self { kept: Cache::new(ITEMS_MAX), changes, hasher: RandomState::new() }
    }

    pub(super) fn find(&self, item: Item, now: Instant) -> Found {
        let change = self.counter(&item).load(Ordering::SeqCst);
        if let Some(kept) = self.kept.get(&item) {
            let age = now.saturating_duration_since(kept.read_at);
            if kept.change == change && age < item.good_for() {
                return Found::Kept { body: kept.body, age };
            }
        }
        Found::Nothing(Right::Local { item, change, read_at: now })
    }

    pub(super) fn keep(&self, item: Item, change: u64, read_at: Instant, body: Bytes) {
        self.kept.insert(item, Kept { body, read_at, change });
    }

    pub(super) fn forget(&self, items: &[Item]) {
        for item in items {
            self.counter(item).fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(super) fn forget_all(&self) {
        for counter in &self.changes {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counter(&self, item: &Item) -> &AtomicU64 {
        let index = usize::try_from(self.hasher.hash_one(item)).unwrap_or_default() % COUNTERS;
        &self.changes[index]
    }
}
