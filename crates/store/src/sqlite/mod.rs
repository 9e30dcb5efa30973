//! Florin in one file: the embedded engine. One process owns the file, and one of its threads writes.
//!
//! It never decides: rows are loaded, [`florin_ledger`] says what becomes of them, and what changed is saved.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `connection`, `writer`, `readers` | opening and checking; the thread that writes; those that read |
//! | `checkpoints` | the write-ahead log, carried over into the file |
//! | `commit`, `load`, `save` | a batch |
//! | `assets`, `wallets`, `people`, `sessions`, `creation` | what is created, and under which keys |
//! | `pins` | transaction PINs and approvals |
//! | `transactions`, `chain`, `history` | records, the way along a wallet's entries, pages of both |
//! | `audit` | everything derived again |
//! | `audit_log`, `external` | who did what, from where; who users are to external issuers |
//! | `codec`, `rows`, `error` | columns and errors as Florin's types |
//!
//! Rules: every condition has the ledger in it; `seq` is a place in the file that only pointers name; a read is
//! one snapshot; a write is one database transaction on the writer's thread.

mod assets;
mod audit;
mod audit_log;
mod chain;
mod checkpoints;
mod codec;
mod commit;
mod connection;
mod creation;
mod error;
mod external;
mod history;
mod load;
mod payouts;
mod people;
mod pins;
mod readers;
mod rows;
mod save;
mod sessions;
mod transactions;
mod wallets;
mod writer;

#[cfg(test)]
mod tests;

use crate::{
    ApiKey, ApprovalUse, AssetRecord, AuditFilter, AuditId, AuditLine, AuditRecord, AuditReport, Created,
    CreationKey, EntryFilter, ExternalIdentity, HistoryEntry, NewApiKey, NewApproval, NewAsset, NewUser,
    NewWallet, Origin, Redemption, RefreshToken, Refusal, Reservation, Rotation, Standing, Store, StoreError,
    StoredPin, TransactionFilter, TrialBalanceLine, User, Username, Verdict, WalletFilter, WalletRecord,
    migrate,
};
use async_trait::async_trait;
use checkpoints::Checkpoints;
use florin_ledger::{
    ApiKeyId, Group, GroupOutcome, LedgerId, Rejection, Timestamp, Transaction, TransactionId, UserId,
    Version, WalletChange, WalletId,
};
use readers::Readers;
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use writer::Writer;

/// How long a read may take, but for the audit: what PostgreSQL is given by default.
const READ_TIME_MAX: Duration = Duration::from_secs(10);

/// A store in one file.
pub struct Sqlite {
    // Dropped in this order: readers, the writer when it has done what it was given, and then the lock.
    readers: Readers,
    writer: Option<Writer>,
    _lock: Option<File>,
}

/// A connection that nobody else's server shares the file with.
pub struct SqliteAlone {
    /// The connection.
    pub connection: Connection,
    _lock: File,
}

impl Sqlite {
    /// Opens the store in a data folder. It must be there and migrated.
    ///
    /// A second one for the same folder is refused, in whatever process: [`StoreError::Unsuitable`].
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = connection::database_path(data_dir);
        let lock = connection::take(data_dir)?;
        let connection = connection::open_writer(&path)?;
        migrate::sqlite::check(&connection, migrate::SQLITE)?;
        let checkpoints = Checkpoints::start(connection::open_writer(&path)?)?;
        let readers = Readers::open(path, READ_TIME_MAX)?;
        Ok(Self { readers, writer: Some(Writer::start(connection, checkpoints)?), _lock: Some(lock) })
    }

    /// Opens the store for reading alone: also while a server uses it. Whatever would write is
    /// [`StoreError::Unavailable`].
    pub fn open_read_only(data_dir: &Path) -> Result<Self, StoreError> {
        let path = connection::database_path(data_dir);
        migrate::sqlite::check(&connection::open_reader(&path)?, migrate::SQLITE)?;
        Ok(Self { readers: Readers::open(path, READ_TIME_MAX)?, writer: None, _lock: None })
    }

    /// A connection for migrations, and the data folder for it alone; makes both where they are missing.
    pub fn connect_alone(data_dir: &Path) -> Result<SqliteAlone, StoreError> {
        connection::make_folder(data_dir)?;
        let lock = connection::take(data_dir)?;
        let connection = connection::create(&connection::database_path(data_dir))?;
        Ok(SqliteAlone { connection, _lock: lock })
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        let read_only = || StoreError::Unavailable("the store is open for reading alone".to_owned());
        self.writer.as_ref().ok_or_else(read_only)
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn commit(
        &self,
        ledger: LedgerId,
        groups: Vec<Arc<Group>>,
        now: Timestamp,
        entropy: u64,
    ) -> Result<Vec<GroupOutcome>, StoreError> {
        self.writer()?.run(move |db_tx| commit::commit(db_tx, ledger, &groups, now, entropy)).await
    }

    fn batches_at_once(&self) -> usize {
        1
    }

    async fn create_asset(
        &self,
        ledger: LedgerId,
        asset: NewAsset,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<AssetRecord>, StoreError> {
        self.writer()?.run(move |db_tx| assets::create(db_tx, ledger, &asset, key, &origin, now)).await
    }

    async fn assets(&self, ledger: LedgerId) -> Result<Vec<AssetRecord>, StoreError> {
        self.readers.run(move |db_tx| assets::all(db_tx, ledger)).await
    }

    async fn create_wallet(
        &self,
        ledger: LedgerId,
        wallet: NewWallet,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<WalletRecord>, StoreError> {
        self.writer()?.run(move |db_tx| wallets::create(db_tx, ledger, &wallet, key, &origin, now)).await
    }

    async fn wallet(&self, ledger: LedgerId, id: WalletId) -> Result<Option<WalletRecord>, StoreError> {
        self.readers.run(move |db_tx| wallets::find(db_tx, ledger, id)).await
    }

    async fn wallets(
        &self,
        ledger: LedgerId,
        filter: WalletFilter,
        before: Option<WalletId>,
        limit: usize,
    ) -> Result<Vec<WalletRecord>, StoreError> {
        self.readers.run(move |db_tx| wallets::page(db_tx, ledger, filter, before, limit)).await
    }

    async fn balances(&self, ledger: LedgerId, ids: Vec<WalletId>) -> Result<Vec<WalletRecord>, StoreError> {
        self.readers.run(move |db_tx| wallets::by_ids(db_tx, ledger, ids)).await
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
        self.writer()?
            .run(move |db_tx| wallets::change(db_tx, ledger, id, change, expected, &origin, now))
            .await
    }

    async fn entries(
        &self,
        ledger: LedgerId,
        wallet: WalletId,
        filter: EntryFilter,
        before: Option<Version>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        self.readers.run(move |db_tx| history::entries(db_tx, ledger, wallet, filter, before, limit)).await
    }

    async fn transaction(
        &self,
        ledger: LedgerId,
        id: TransactionId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.readers.run(move |db_tx| transactions::find(db_tx, ledger, id)).await
    }

    async fn transactions(
        &self,
        ledger: LedgerId,
        filter: TransactionFilter,
        before: Option<TransactionId>,
        limit: usize,
    ) -> Result<Vec<Transaction>, StoreError> {
        self.readers.run(move |db_tx| history::transactions(db_tx, ledger, filter, before, limit)).await
    }

    async fn trial_balance(&self, ledger: LedgerId) -> Result<Vec<TrialBalanceLine>, StoreError> {
        self.readers.run(move |db_tx| audit::trial_balance(db_tx, ledger)).await
    }

    async fn audit(&self, ledger: LedgerId) -> Result<AuditReport, StoreError> {
        self.readers.run_apart(move |db_tx| audit::audit(db_tx, ledger)).await
    }

    async fn create_user(
        &self,
        ledger: LedgerId,
        user: NewUser,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<User>, StoreError> {
        self.writer()?.run(move |db_tx| people::create_user(db_tx, ledger, &user, key, &origin, now)).await
    }

    async fn user(&self, ledger: LedgerId, id: UserId) -> Result<Option<User>, StoreError> {
        self.readers.run(move |db_tx| people::user(db_tx, ledger, id)).await
    }

    async fn user_by_name(&self, ledger: LedgerId, name: Username) -> Result<Option<User>, StoreError> {
        self.readers.run(move |db_tx| people::user_by_name(db_tx, ledger, &name)).await
    }

    async fn users(
        &self,
        ledger: LedgerId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>, StoreError> {
        self.readers.run(move |db_tx| people::users(db_tx, ledger, before, limit)).await
    }

    async fn set_external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
        identity: Option<ExternalIdentity>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let writer = self.writer()?;
        writer.run(move |db_tx| external::set(db_tx, ledger, user, identity.as_ref(), &origin, now)).await
    }

    async fn external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
    ) -> Result<Option<ExternalIdentity>, StoreError> {
        self.readers.run(move |db_tx| external::of_user(db_tx, ledger, user)).await
    }

    async fn user_by_external_identity(
        &self,
        ledger: LedgerId,
        identity: ExternalIdentity,
    ) -> Result<Option<User>, StoreError> {
        self.readers.run(move |db_tx| external::find(db_tx, ledger, &identity)).await
    }

    async fn start_session(
        &self,
        ledger: LedgerId,
        token: RefreshToken,
        origin: Origin,
    ) -> Result<(), StoreError> {
        self.writer()?.run(move |db_tx| sessions::start(db_tx, ledger, &token, &origin)).await
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
        self.writer()?
            .run(move |db_tx| sessions::rotate(db_tx, ledger, old, new, new_expires_at, &origin, now))
            .await
    }

    async fn end_session(
        &self,
        ledger: LedgerId,
        token: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer()?.run(move |db_tx| sessions::end(db_tx, ledger, token, &origin, now)).await
    }

    async fn create_api_key(
        &self,
        ledger: LedgerId,
        api_key: NewApiKey,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<ApiKey>, StoreError> {
        self.writer()?
            .run(move |db_tx| people::create_api_key(db_tx, ledger, &api_key, key, &origin, now))
            .await
    }

    async fn api_key_by_secret(
        &self,
        ledger: LedgerId,
        secret_hash: [u8; 32],
    ) -> Result<Option<ApiKey>, StoreError> {
        self.readers.run(move |db_tx| people::api_key_by_secret(db_tx, ledger, secret_hash)).await
    }

    async fn api_keys(
        &self,
        ledger: LedgerId,
        before: Option<ApiKeyId>,
        limit: usize,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.readers.run(move |db_tx| people::api_keys(db_tx, ledger, before, limit)).await
    }

    async fn revoke_api_key(
        &self,
        ledger: LedgerId,
        id: ApiKeyId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        self.writer()?.run(move |db_tx| people::revoke_api_key(db_tx, ledger, id, &origin, now)).await
    }

    async fn pin(&self, ledger: LedgerId, user: UserId) -> Result<Option<StoredPin>, StoreError> {
        self.readers.run(move |db_tx| pins::pin(db_tx, ledger, user)).await
    }

    async fn set_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        pin: StoredPin,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer()?.run(move |db_tx| pins::set(db_tx, ledger, user, &pin, &origin, now)).await
    }

    async fn reset_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.writer()?.run(move |db_tx| pins::reset(db_tx, ledger, user, &origin, now)).await
    }

    async fn reserve_pin_try(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        // Who is refused costs no write.
        if let Some(refusal) = self.readers.run(move |db_tx| pins::refusal(db_tx, ledger, user, now)).await? {
            return Ok(refusal);
        }
        self.writer()?.run(move |db_tx| pins::reserve(db_tx, ledger, user, &origin, now)).await
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
        let writer = self.writer()?;
        writer.run(move |db_tx| pins::settle(db_tx, ledger, user, epoch, &verdict, &origin, now)).await
    }

    async fn grant_approval(
        &self,
        ledger: LedgerId,
        approval: NewApproval,
        origin: Origin,
    ) -> Result<(), StoreError> {
        self.writer()?.run(move |db_tx| pins::grant(db_tx, ledger, &approval, &origin)).await
    }

    async fn redeem_approval(
        &self,
        ledger: LedgerId,
        asked: ApprovalUse,
        now: Timestamp,
    ) -> Result<Redemption, StoreError> {
        self.writer()?.run(move |db_tx| pins::redeem(db_tx, ledger, &asked, now)).await
    }

    async fn append_audit_line(
        &self,
        ledger: LedgerId,
        line: AuditLine,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer()?.run(move |db_tx| audit_log::append(db_tx, ledger, &origin, &line, now)).await
    }

    async fn audit_log(
        &self,
        ledger: LedgerId,
        filter: AuditFilter,
        before: Option<AuditId>,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.readers.run(move |db_tx| audit_log::page(db_tx, ledger, filter, before, limit)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.readers.run(|db_tx| migrate::sqlite::check(db_tx, migrate::SQLITE)).await
    }
}
