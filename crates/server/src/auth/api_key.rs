//! API keys: how services sign in. Every request of a service presents its key, so that keys which were found
//! are remembered for a moment.

use super::opaque::{OpaqueSecret, stored_hash};
use florin_ledger::{ApiKeyId, LedgerId, Timestamp};
use florin_store::{ApiKey, Store, StoreError};
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What every API key begins with; no JWT does.
pub const API_KEY_PREFIX: &str = "fk_";

/// Finds API keys by their secrets.
pub struct ApiKeys {
    found: Cache<[u8; 32], Found>,
    /// Counts the revocations of this process; what was found before the last one is forgotten.
    generation: AtomicU64,
}

#[derive(Clone)]
struct Found {
    api_key: Arc<ApiKey>,
    at: Timestamp,
    generation: u64,
}

impl ApiKeys {
    /// How long a key is believed that another process may have revoked.
    const REMEMBERED_US: i64 = 1_000_000;
    const REMEMBERED_MAX: usize = 1024;

    /// Remembers nothing yet.
    pub fn new() -> Self {
        Self { found: Cache::new(Self::REMEMBERED_MAX), generation: AtomicU64::new(0) }
    }

    /// The secret of a key to be.
    pub fn generate_secret() -> OpaqueSecret {
        OpaqueSecret::generate(API_KEY_PREFIX)
    }

    /// The key with this secret, unless it was revoked.
    pub async fn find(
        &self,
        store: &dyn Store,
        ledger: LedgerId,
        presented: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let Some(hash) = stored_hash(API_KEY_PREFIX, presented) else { return Ok(None) };
        // Read before the store is: a revocation meanwhile makes what is found old at once.
        let generation = self.generation.load(Ordering::SeqCst);
        if let Some(found) = self.found.get(&hash).filter(|found| found.is_fresh(now, generation)) {
            return Ok(Some(found.api_key));
        }
        let Some(api_key) = store.api_key_by_secret(ledger, hash).await? else { return Ok(None) };
        if api_key.revoked_at.is_some() {
            return Ok(None);
        }
        let api_key = Arc::new(api_key);
        self.found.insert(hash, Found { api_key: Arc::clone(&api_key), at: now, generation });
        Ok(Some(api_key))
    }

    /// Revokes a key; in this process it is worth nothing from this moment on.
    pub async fn revoke(
        &self,
        store: &dyn Store,
        ledger: LedgerId,
        id: ApiKeyId,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        let revoked = store.revoke_api_key(ledger, id, now).await;
        // Whatever the store said: it may have revoked the key and lost the answer.
        self.generation.fetch_add(1, Ordering::SeqCst);
        revoked
    }
}

impl Default for ApiKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl Found {
    fn is_fresh(&self, now: Timestamp, generation: u64) -> bool {
        let age_us = now.0.saturating_sub(self.at.0);
        self.generation == generation && (0..ApiKeys::REMEMBERED_US).contains(&age_us)
    }
}
