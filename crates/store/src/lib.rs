//! Makes decisions durable: one trait, two engines.
//!
//! An engine reads what a batch touches, lets [`florin_ledger`] decide, writes what changed, and commits.
//! It never decides by itself; what it adds is durability, and constraints that hold even against faults
//! of ours. Every key of every table begins with the ledger's id, and so does every condition.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`sqlite`], [`postgres`] | the engines, file by file alike |
//! | [`migrate`] | schema steps, embedded, up and down |
//! | [`audit_log`] | who did what, from where |
//! | [`payouts`] | payouts: their rows, their states, their leases |
//! | [`pins`] | transaction PINs: how tries are counted, what approvals are worth |
//! | [`records`], [`people`] | what is read and written beside the ledger's own types |
//!
//! The tests hold the same behaviour in memory, and one suite in which every engine is compared with it.

pub mod audit_log;
pub mod error;
pub mod migrate;
pub mod payouts;
pub mod people;
pub mod pins;
pub mod postgres;
pub mod records;
pub mod sqlite;

pub use audit_log::{
    Actor, AuditAction, AuditFilter, AuditId, AuditLine, AuditOutcome, AuditRecord, Origin, Subject,
};
pub use error::StoreError;
pub use payouts::{Payout, PayoutStore};
pub use people::{
    ApiKey, EmailAddress, ExternalIdentity, NewApiKey, NewUser, RefreshToken, Role, Rotation, Scope, User,
    Username,
};
pub use pins::{
    Approval, ApprovalUse, NewApproval, PinTries, Redemption, Reservation, Standing, StoredPin, Verdict,
};
pub use records::{
    AssetRecord, AuditFault, AuditReport, Created, CreationKey, EntryFilter, HistoryEntry, NewAsset,
    NewWallet, Refusal, TransactionFilter, TrialBalanceLine, WalletFilter, WalletName, WalletRecord,
};

use async_trait::async_trait;
use florin_ledger::{
    ApiKeyId, Group, GroupOutcome, LedgerId, Rejection, Timestamp, Transaction, TransactionId, UserId,
    Version, WalletChange, WalletId,
};
use std::sync::Arc;

/// What a server runs on.
pub trait Engine: Store + PayoutStore {}

impl<T: Store + PayoutStore> Engine for T {}

/// What every store does, durably and for one ledger at a time.
///
/// Everything written by a method is committed, whole, when it returns `Ok`; on `Err` nothing is, except
/// for [`StoreError::OutcomeUnknown`], which says that only a retry can tell. What changes people, keys or
/// wallets takes an [`Origin`] and writes its line of the audit log in the same database transaction; what
/// changes nothing writes none.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Decides and commits a batch in one database transaction: the only way in which money moves.
    ///
    /// One outcome a group, in order. `now` and `entropy` are what the batch's times and ids are made of.
    async fn commit(
        &self,
        ledger: LedgerId,
        groups: Vec<Arc<Group>>,
        now: Timestamp,
        entropy: u64,
    ) -> Result<Vec<GroupOutcome>, StoreError>;

    /// How many batches it works on at once. More only wait for each other.
    fn batches_at_once(&self) -> usize;

    // Assets.

    /// Creates an asset and its four system wallets.
    async fn create_asset(
        &self,
        ledger: LedgerId,
        asset: NewAsset,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<AssetRecord>, StoreError>;

    /// All assets, by code.
    async fn assets(&self, ledger: LedgerId) -> Result<Vec<AssetRecord>, StoreError>;

    // Wallets.

    /// Creates a user's wallet, active and empty.
    async fn create_wallet(
        &self,
        ledger: LedgerId,
        wallet: NewWallet,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<WalletRecord>, StoreError>;

    /// One wallet.
    async fn wallet(&self, ledger: LedgerId, id: WalletId) -> Result<Option<WalletRecord>, StoreError>;

    /// Wallets that match, newest (highest id) first, below `before`.
    async fn wallets(
        &self,
        ledger: LedgerId,
        filter: WalletFilter,
        before: Option<WalletId>,
        limit: usize,
    ) -> Result<Vec<WalletRecord>, StoreError>;

    /// Those of the wallets that exist, as they were at one moment.
    async fn balances(&self, ledger: LedgerId, ids: Vec<WalletId>) -> Result<Vec<WalletRecord>, StoreError>;

    /// Changes a wallet's settings by [`florin_ledger::Wallet::changed`], under its lock.
    async fn change_wallet(
        &self,
        ledger: LedgerId,
        id: WalletId,
        change: WalletChange,
        expected: Option<Version>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Result<WalletRecord, Rejection>, StoreError>;

    // History.

    /// A wallet's entries that match, newest first, with versions below `before`.
    async fn entries(
        &self,
        ledger: LedgerId,
        wallet: WalletId,
        filter: EntryFilter,
        before: Option<Version>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError>;

    /// One transaction, with its entries.
    async fn transaction(
        &self,
        ledger: LedgerId,
        id: TransactionId,
    ) -> Result<Option<Transaction>, StoreError>;

    /// Transactions that match, newest (highest id) first, with ids below `before`.
    async fn transactions(
        &self,
        ledger: LedgerId,
        filter: TransactionFilter,
        before: Option<TransactionId>,
        limit: usize,
    ) -> Result<Vec<Transaction>, StoreError>;

    // Proof.

    /// What all wallets of each asset hold, by owner; each asset sums to zero. One moment.
    async fn trial_balance(&self, ledger: LedgerId) -> Result<Vec<TrialBalanceLine>, StoreError>;

    /// Derives everything from the entries again, at one moment, while work goes on.
    async fn audit(&self, ledger: LedgerId) -> Result<AuditReport, StoreError>;

    // People.

    /// Creates a user.
    async fn create_user(
        &self,
        ledger: LedgerId,
        user: NewUser,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<User>, StoreError>;

    /// One user.
    async fn user(&self, ledger: LedgerId, id: UserId) -> Result<Option<User>, StoreError>;

    /// The user of that name.
    async fn user_by_name(&self, ledger: LedgerId, name: Username) -> Result<Option<User>, StoreError>;

    /// Users, newest (highest id) first, below `before`.
    async fn users(
        &self,
        ledger: LedgerId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>, StoreError>;

    /// Says who a user is to an external issuer, in the place of who they were to any, or that they are nobody.
    async fn set_external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
        identity: Option<ExternalIdentity>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError>;

    /// Who a user is to an external issuer.
    async fn external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
    ) -> Result<Option<ExternalIdentity>, StoreError>;

    /// The user who has that external identity.
    async fn user_by_external_identity(
        &self,
        ledger: LedgerId,
        identity: ExternalIdentity,
    ) -> Result<Option<User>, StoreError>;

    /// Stores the first refresh token of a sign-in.
    async fn start_session(
        &self,
        ledger: LedgerId,
        token: RefreshToken,
        origin: Origin,
    ) -> Result<(), StoreError>;

    /// Exchanges a refresh token for its successor, which takes over family and user. A token that was
    /// exchanged before revokes its whole family, but where [`RefreshToken::REPEATABLE_FOR`] lets it be repeated.
    async fn rotate_refresh_token(
        &self,
        ledger: LedgerId,
        old: [u8; 32],
        new: [u8; 32],
        new_expires_at: Timestamp,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Rotation, StoreError>;

    /// Revokes the family of a refresh token; an unknown one is no error.
    async fn end_session(
        &self,
        ledger: LedgerId,
        token: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Creates an API key.
    async fn create_api_key(
        &self,
        ledger: LedgerId,
        api_key: NewApiKey,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<ApiKey>, StoreError>;

    /// The API key with that secret's SHA-256; revoked ones too.
    async fn api_key_by_secret(
        &self,
        ledger: LedgerId,
        secret_hash: [u8; 32],
    ) -> Result<Option<ApiKey>, StoreError>;

    /// API keys, newest (highest id) first, below `before`; revoked ones too.
    async fn api_keys(
        &self,
        ledger: LedgerId,
        before: Option<ApiKeyId>,
        limit: usize,
    ) -> Result<Vec<ApiKey>, StoreError>;

    /// Revokes an API key; `None` where there is none. Revoking twice changes nothing.
    async fn revoke_api_key(
        &self,
        ledger: LedgerId,
        id: ApiKeyId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError>;

    // Transaction PINs.

    /// A person's PIN, if they have one.
    async fn pin(&self, ledger: LedgerId, user: UserId) -> Result<Option<StoredPin>, StoreError>;

    /// Sets a person's PIN: its tries begin anew, and approvals under the old one are void.
    async fn set_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        pin: StoredPin,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Takes a person's PIN away, and with it their unused approvals; whether there was one.
    async fn reset_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Reserves a try of a person's PIN by [`PinTries::reserve`], before it is looked at.
    async fn reserve_pin_try(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Reservation, StoreError>;

    /// Settles a try that was reserved, by [`PinTries::settle`].
    async fn settle_pin_try(
        &self,
        ledger: LedgerId,
        user: UserId,
        epoch: i64,
        verdict: Verdict,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Standing, StoreError>;

    /// Stores an approval that a right PIN has given.
    async fn grant_approval(
        &self,
        ledger: LedgerId,
        approval: NewApproval,
        origin: Origin,
    ) -> Result<(), StoreError>;

    /// What an approval is worth, by [`Approval::redeem`]; a good one is bound to its key.
    async fn redeem_approval(
        &self,
        ledger: LedgerId,
        asked: ApprovalUse,
        now: Timestamp,
    ) -> Result<Redemption, StoreError>;

    // Audit log.

    /// Appends a line about what has no database transaction of its own.
    async fn append_audit_line(
        &self,
        ledger: LedgerId,
        line: AuditLine,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Lines that match, newest (highest id) first, below `before`.
    async fn audit_log(
        &self,
        ledger: LedgerId,
        filter: AuditFilter,
        before: Option<AuditId>,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError>;

    // House.

    /// Whether the store answers and its schema is the one this binary was built for.
    async fn ready(&self) -> Result<(), StoreError>;
}
