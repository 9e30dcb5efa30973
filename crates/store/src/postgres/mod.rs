//! Florin on PostgreSQL: any number of servers on one database, kept apart by versions and row locks.
//!
//! What a batch costs: three round trips, whatever its size.
//!
//! | round trip | statements |
//! | --- | --- |
//! | read | `BEGIN`, read the wallets and the payouts' leases, look up the keys (and what reversals refer to) |
//! | write | insert transactions and entries, update the wallets `WHERE version =` the one decided from, and the payouts `WHERE fence =` their group's, with their rows |
//! | end | `COMMIT` |
//!
//! `turns` says when the wallets are locked, and how a batch is decided while the one ahead still commits.
//!
//! Movements that name no wallet ids (top-ups, reversals) take one more before, to find them.
//!
//! Rules: isolation is `READ COMMITTED`, set explicitly, and nothing rests on a lock being enough: a stale
//! version or a used key makes the batch start again. A statement that waited for a lock does not see what
//! was committed meanwhile in other tables, so locking and reading keys are two statements.

mod assets;
mod audit;
mod audit_log;
mod codec;
mod commit;
mod connection;
mod creation;
mod db_tx;
mod external;
mod history;
mod load;
mod payouts;
mod people;
mod pins;
mod save;
mod sessions;
mod turns;
mod wallets;

use crate::{
    ApiKey, ApprovalUse, AssetRecord, AuditFilter, AuditId, AuditLine, AuditRecord, AuditReport, Created,
    CreationKey, EntryFilter, ExternalIdentity, HistoryEntry, NewApiKey, NewApproval, NewAsset, NewUser,
    NewWallet, Origin, Redemption, RefreshToken, Refusal, Reservation, Rotation, Standing, Store, StoreError,
    StoredPin, TransactionFilter, TrialBalanceLine, User, Username, Verdict, WalletFilter, WalletRecord,
};
use async_trait::async_trait;
use connection::{Lease, Purpose};
use deadpool_postgres::{ClientWrapper, Pool};
use florin_ledger::{
    ApiKeyId, Group, GroupOutcome, LedgerId, Rejection, Timestamp, Transaction, TransactionId, UserId,
    Version, WalletChange, WalletId,
};
use std::sync::Arc;
use std::time::Duration;

/// How to reach the database, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// `postgres://user:password@host:port/database?sslmode=…`
    pub url: String,
    /// The most connections, those of the committer included.
    pub pool_size: usize,
    /// How long a statement waits for a row lock.
    pub lock_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
    /// How long to wait for a connection, from the pool or new.
    pub connect_timeout: Duration,
}

impl PostgresSettings {
    /// The defaults, for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            pool_size: 50,
            lock_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
        }
    }
}

/// The connections that are kept for batches, so that no flood of anything else can starve them.
const COMMITTERS: usize = turns::BATCHES_MAX;
/// The connections that are kept for other writes, which wait for each other's locks.
const WRITERS: usize = 2;

/// A store on PostgreSQL.
#[derive(Debug)]
pub struct Postgres {
    committers: Pool,
    writers: Pool,
    readers: Pool,
    known_assets: assets::KnownAssets,
    turns: turns::Turns,
}

impl Postgres {
    /// Makes the pools and one connection, which checks the server's settings. Does not migrate.
    pub async fn connect(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let readers = settings.pool_size.saturating_sub(COMMITTERS + WRITERS).max(1);
        let store = Self {
            committers: connection::pool(settings, COMMITTERS, Purpose::Write)?,
            writers: connection::pool(settings, WRITERS, Purpose::Write)?,
            readers: connection::pool(settings, readers, Purpose::Read)?,
            known_assets: assets::KnownAssets::default(),
            turns: turns::Turns::new(),
        };
        Lease::take(&store.readers).await?.give_back();
        Ok(store)
    }

    /// One connection outside the pools, for migrations.
    pub async fn connect_alone(settings: &PostgresSettings) -> Result<tokio_postgres::Client, StoreError> {
        connection::connect_alone(settings).await
    }

    /// Does `work` on a connection for reading. Whoever gives up waiting takes the connection along: its answer
    /// would still come, and the next reader would wait for it.
    async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&mut ClientWrapper) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lease = Lease::take(&self.readers).await?;
        let result = work(&mut lease).await;
        lease.give_back();
        result
    }
}

#[async_trait]
impl Store for Postgres {
    async fn commit(
        &self,
        ledger: LedgerId,
        groups: Vec<Arc<Group>>,
        now: Timestamp,
        entropy: u64,
    ) -> Result<Vec<GroupOutcome>, StoreError> {
        commit::commit(self, ledger, &groups, now, entropy).await
    }

    fn batches_at_once(&self) -> usize {
        turns::BATCHES_MAX
    }

    async fn create_asset(
        &self,
        ledger: LedgerId,
        asset: NewAsset,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<AssetRecord>, StoreError> {
        assets::create(self, ledger, asset, key, &origin, now).await
    }

    async fn assets(&self, ledger: LedgerId) -> Result<Vec<AssetRecord>, StoreError> {
        self.read(async |client| assets::all(client, ledger).await).await
    }

    async fn create_wallet(
        &self,
        ledger: LedgerId,
        wallet: NewWallet,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<WalletRecord>, StoreError> {
        wallets::create(self, ledger, wallet, key, &origin, now).await
    }

    async fn wallet(&self, ledger: LedgerId, id: WalletId) -> Result<Option<WalletRecord>, StoreError> {
        self.read(async |client| Ok(wallets::by_ids(client, ledger, &[id]).await?.pop())).await
    }

    async fn wallets(
        &self,
        ledger: LedgerId,
        filter: WalletFilter,
        before: Option<WalletId>,
        limit: usize,
    ) -> Result<Vec<WalletRecord>, StoreError> {
        self.read(async |client| wallets::page(client, ledger, filter, before, limit).await).await
    }

    async fn balances(&self, ledger: LedgerId, ids: Vec<WalletId>) -> Result<Vec<WalletRecord>, StoreError> {
        self.read(async |client| wallets::by_ids(client, ledger, &ids).await).await
    }

    async fn change_wallet(
        &self,
        ledger: LedgerId,
        id: WalletId,
        change: WalletChange,
        expected: Option<Version>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Result<WalletRecord, Rejection>, StoreError> {
        wallets::change(self, ledger, id, change, expected, &origin, now).await
    }

    async fn entries(
        &self,
        ledger: LedgerId,
        wallet: WalletId,
        filter: EntryFilter,
        before: Option<Version>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        self.read(async |client| history::entries(client, ledger, wallet, filter, before, limit).await).await
    }

    async fn transaction(
        &self,
        ledger: LedgerId,
        id: TransactionId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.read(async |client| history::transaction(client, ledger, id).await).await
    }

    async fn transactions(
        &self,
        ledger: LedgerId,
        filter: TransactionFilter,
        before: Option<TransactionId>,
        limit: usize,
    ) -> Result<Vec<Transaction>, StoreError> {
        self.read(async |client| history::transactions(client, ledger, filter, before, limit).await).await
    }

    async fn trial_balance(&self, ledger: LedgerId) -> Result<Vec<TrialBalanceLine>, StoreError> {
        self.read(async |client| audit::trial_balance(client, ledger).await).await
    }

    async fn audit(&self, ledger: LedgerId) -> Result<AuditReport, StoreError> {
        self.read(async |client| audit::audit(client, ledger).await).await
    }

    async fn create_user(
        &self,
        ledger: LedgerId,
        user: NewUser,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<User>, StoreError> {
        people::create_user(self, ledger, user, key, &origin, now).await
    }

    async fn user(&self, ledger: LedgerId, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(async |client| people::user(client, ledger, id).await).await
    }

    async fn user_by_name(&self, ledger: LedgerId, name: Username) -> Result<Option<User>, StoreError> {
        self.read(async |client| people::user_by_name(client, ledger, &name).await).await
    }

    async fn users(
        &self,
        ledger: LedgerId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>, StoreError> {
        self.read(async |client| people::users(client, ledger, before, limit).await).await
    }

    async fn set_external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
        identity: Option<ExternalIdentity>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError> {
        external::set(self, ledger, user, identity.as_ref(), &origin, now).await
    }

    async fn external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
    ) -> Result<Option<ExternalIdentity>, StoreError> {
        self.read(async |client| external::of_user(client, ledger, user).await).await
    }

    async fn user_by_external_identity(
        &self,
        ledger: LedgerId,
        identity: ExternalIdentity,
    ) -> Result<Option<User>, StoreError> {
        self.read(async |client| external::find(client, ledger, &identity).await).await
    }

    async fn start_session(
        &self,
        ledger: LedgerId,
        token: RefreshToken,
        origin: Origin,
    ) -> Result<(), StoreError> {
        sessions::start(self, ledger, token, &origin).await
    }

    async fn rotate_refresh_token(
        &self,
        ledger: LedgerId,
        old: [u8; 32],
        new: [u8; 32],
        new_expires_at: Timestamp,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        sessions::rotate(self, ledger, old, new, new_expires_at, &origin, now).await
    }

    async fn end_session(
        &self,
        ledger: LedgerId,
        token: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sessions::end(self, ledger, token, &origin, now).await
    }

    async fn create_api_key(
        &self,
        ledger: LedgerId,
        api_key: NewApiKey,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<ApiKey>, StoreError> {
        people::create_api_key(self, ledger, api_key, key, &origin, now).await
    }

    async fn api_key_by_secret(
        &self,
        ledger: LedgerId,
        secret_hash: [u8; 32],
    ) -> Result<Option<ApiKey>, StoreError> {
        self.read(async |client| people::api_key_by_secret(client, ledger, secret_hash).await).await
    }

    async fn api_keys(
        &self,
        ledger: LedgerId,
        before: Option<ApiKeyId>,
        limit: usize,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.read(async |client| people::api_keys(client, ledger, before, limit).await).await
    }

    async fn revoke_api_key(
        &self,
        ledger: LedgerId,
        id: ApiKeyId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        people::revoke_api_key(self, ledger, id, &origin, now).await
    }

    async fn pin(&self, ledger: LedgerId, user: UserId) -> Result<Option<StoredPin>, StoreError> {
        self.read(async |client| pins::pin(client, ledger, user).await).await
    }

    async fn set_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        pin: StoredPin,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        pins::set(self, ledger, user, &pin, &origin, now).await
    }

    async fn reset_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        pins::reset(self, ledger, user, &origin, now).await
    }

    async fn reserve_pin_try(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        pins::reserve(self, ledger, user, &origin, now).await
    }

    async fn settle_pin_try(
        &self,
        ledger: LedgerId,
        user: UserId,
        epoch: i64,
        verdict: Verdict,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Standing, StoreError> {
        pins::settle(self, ledger, user, epoch, &verdict, &origin, now).await
    }

    async fn grant_approval(
        &self,
        ledger: LedgerId,
        approval: NewApproval,
        origin: Origin,
    ) -> Result<(), StoreError> {
        pins::grant(self, ledger, &approval, &origin).await
    }

    async fn redeem_approval(
        &self,
        ledger: LedgerId,
        asked: ApprovalUse,
        now: Timestamp,
    ) -> Result<Redemption, StoreError> {
        pins::redeem(self, ledger, &asked, now).await
    }

    async fn append_audit_line(
        &self,
        ledger: LedgerId,
        line: AuditLine,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.read(async |client| audit_log::append(client, ledger, &origin, &line, now).await).await
    }

    async fn audit_log(
        &self,
        ledger: LedgerId,
        filter: AuditFilter,
        before: Option<AuditId>,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.read(async |client| audit_log::page(client, ledger, filter, before, limit).await).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.read(async |client| crate::migrate::postgres::check(client, crate::migrate::POSTGRES).await)
            .await
    }
}
