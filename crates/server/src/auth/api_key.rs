//! API keys: how services sign in. Every request of a service presents its key, so that keys which were found
//! are remembered for a moment.

use super::opaque::{OpaqueSecret, stored_hash};
use crate::cache::Link;
use florin_ledger::{ApiKeyId, LedgerId, Timestamp};
use florin_store::{ApiKey, Origin, Store, StoreError};
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
    /// By which the revocations of other processes are heard of.
    link: Option<Link>,
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
        Self { found: Cache::new(Self::REMEMBERED_MAX), generation: AtomicU64::new(0), link: None }
    }

    /// The same, and hears of other processes' revocations within a moment, where Redis answers.
    #[must_use]
    pub fn hearing_by(self, link: Option<Link>) -> Self {
        Self { link, ..self }
    }

    /// Changes with every revocation, here or, a moment later, elsewhere.
    fn generation(&self) -> u64 {
        let elsewhere = self.link.as_ref().map_or(0, Link::revocations);
        self.generation.load(Ordering::SeqCst).wrapping_add(elsewhere)
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
        let generation = self.generation();
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
        origin: Origin,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        let revoked = store.revoke_api_key(ledger, id, origin, now).await;
        // Whatever the store said: it may have revoked the key and lost the answer.
        self.generation.fetch_add(1, Ordering::SeqCst);
        if let Some(link) = &self.link {
            link.announce_revocation().await;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use florin_ledger::{Fingerprint, IdempotencyKey, KeyHash, UserId};
    use florin_store::sqlite::Sqlite;
    use florin_store::{
        Created, CreationKey, EmailAddress, NewApiKey, NewUser, Role, Scope, Username, migrate,
    };
    use secrecy::{ExposeSecret, SecretString};
    use tempfile::TempDir;

    const LEDGER: LedgerId = LedgerId::MAIN;
    const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

    /// A store with one key.
    struct Fixture {
        store: Sqlite,
        id: ApiKeyId,
        secret: SecretString,
        _folder: TempDir,
    }

    impl Fixture {
        async fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let mut alone = Sqlite::connect_alone(folder.path()).unwrap();
            migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, NOW).unwrap();
            drop(alone);
            let store = Sqlite::open(folder.path()).unwrap();
            let operator = NewUser {
                username: Username::parse("house").unwrap(),
                email: EmailAddress::parse("house@example.com").unwrap(),
                password_hash: "hash".to_owned(),
                role: Role::Operator,
            };
            store.create_user(LEDGER, operator, key("operator"), Origin::SYSTEM, NOW).await.unwrap();
            let secret = ApiKeys::generate_secret();
            let new = NewApiKey {
                name: "shop".to_owned(),
                secret_hash: secret.hash,
                scopes: vec![Scope::Read],
                created_by: UserId(1),
            };
            let created =
                store.create_api_key(LEDGER, new, key("api key"), Origin::SYSTEM, NOW).await.unwrap();
            let Created::New(ApiKey { id, .. }) = created else { panic!("{created:?}") };
            Self { store, id, secret: secret.text, _folder: folder }
        }

        async fn find(&self, keys: &ApiKeys, now: Timestamp) -> Option<ApiKeyId> {
            let found = keys.find(&self.store, LEDGER, self.secret.expose_secret(), now).await;
            found.unwrap().map(|api_key| api_key.id)
        }
    }

    fn key(text: &str) -> CreationKey {
        let hash = KeyHash::anonymous(&IdempotencyKey::parse(&text.replace(' ', "-")).unwrap());
        CreationKey { hash, fingerprint: Fingerprint::of("test", b"") }
    }

    fn after_us(us: i64) -> Timestamp {
        Timestamp(NOW.0 + us)
    }

    #[tokio::test]
    async fn a_key_is_found_by_its_secret_and_by_nothing_else() {
        let (fixture, keys) = (Fixture::new().await, ApiKeys::new());
        assert_eq!(fixture.find(&keys, NOW).await, Some(fixture.id));
        let another = ApiKeys::generate_secret().text;
        let secret = fixture.secret.expose_secret();
        for presented in [another.expose_secret(), "", "fk_", &secret[3..], &secret.to_uppercase()] {
            assert!(
                keys.find(&fixture.store, LEDGER, presented, NOW).await.unwrap().is_none(),
                "{presented}"
            );
        }
    }

    #[tokio::test]
    async fn a_key_that_this_process_revokes_is_worth_nothing_at_once() {
        let (fixture, keys) = (Fixture::new().await, ApiKeys::new());
        assert_eq!(fixture.find(&keys, NOW).await, Some(fixture.id));
        keys.revoke(&fixture.store, LEDGER, fixture.id, Origin::SYSTEM, NOW).await.unwrap();
        assert_eq!(fixture.find(&keys, NOW).await, None);
    }

    #[tokio::test]
    async fn a_key_that_another_process_revokes_is_worth_nothing_after_a_second() {
        let (fixture, keys) = (Fixture::new().await, ApiKeys::new());
        assert_eq!(fixture.find(&keys, NOW).await, Some(fixture.id));
        fixture.store.revoke_api_key(LEDGER, fixture.id, Origin::SYSTEM, NOW).await.unwrap();
        assert_eq!(fixture.find(&keys, after_us(999_999)).await, Some(fixture.id), "remembered");
        assert_eq!(fixture.find(&keys, after_us(1_000_000)).await, None);
    }

    #[tokio::test]
    async fn a_clock_that_goes_back_remembers_nothing() {
        let (fixture, keys) = (Fixture::new().await, ApiKeys::new());
        assert_eq!(fixture.find(&keys, NOW).await, Some(fixture.id));
        fixture.store.revoke_api_key(LEDGER, fixture.id, Origin::SYSTEM, NOW).await.unwrap();
        assert_eq!(fixture.find(&keys, after_us(-1)).await, None);
    }
}
