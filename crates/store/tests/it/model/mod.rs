//! The store in memory: one lock around everything. What the engines are compared with.
//!
//! It does what [`Store`] says in the plainest way there is: decisions on the full state, history by filtering
//! everything. It never writes to disk, and never tries to be fast.

mod book;
mod history;
mod people;
mod pins;
mod proof;

use async_trait::async_trait;
use book::Book;
use florin_ledger::{
    ApiKeyId, Group, GroupOutcome, LedgerId, Rejection, Timestamp, Transaction, TransactionId, UserId,
    Version, WalletChange, WalletId,
};
use florin_store::{
    ApiKey, ApprovalUse, AssetRecord, AuditFilter, AuditId, AuditLine, AuditRecord, AuditReport, Created,
    CreationKey, EntryFilter, ExternalIdentity, HistoryEntry, NewApiKey, NewApproval, NewAsset, NewUser,
    NewWallet, Origin, Redemption, RefreshToken, Refusal, Reservation, Rotation, Standing, Store, StoreError,
    StoredPin, TransactionFilter, TrialBalanceLine, User, Username, Verdict, WalletFilter, WalletRecord,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A store in memory. It forgets everything when it is dropped.
#[derive(Debug)]
pub(crate) struct Model {
    books: Mutex<HashMap<LedgerId, Book>>,
}

impl Model {
    /// An empty store with these ledgers.
    pub(crate) fn new(ledgers: impl IntoIterator<Item = LedgerId>) -> Self {
        Self { books: Mutex::new(ledgers.into_iter().map(|ledger| (ledger, Book::default())).collect()) }
    }

    pub(crate) fn add_ledger(&self, ledger: LedgerId) {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).insert(ledger, Book::default());
    }

    pub(crate) fn remove_ledger(&self, ledger: LedgerId) {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).remove(&ledger);
    }

    fn with<T>(
        &self,
        ledger: LedgerId,
        work: impl FnOnce(&mut Book) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let book = books.get_mut(&ledger);
        work(book.ok_or_else(|| StoreError::Unsuitable(format!("there is no ledger {ledger}")))?)
    }
}

#[async_trait]
impl Store for Model {
    async fn commit(
        &self,
        ledger: LedgerId,
        groups: Vec<Arc<Group>>,
        now: Timestamp,
        entropy: u64,
    ) -> Result<Vec<GroupOutcome>, StoreError> {
        self.with(ledger, |book| book.commit(&groups, now, entropy))
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
        self.with(ledger, |book| book.create_asset(asset, key, &origin, now))
    }

    async fn assets(&self, ledger: LedgerId) -> Result<Vec<AssetRecord>, StoreError> {
        self.with(ledger, |book| Ok(book.assets.values().cloned().collect()))
    }

    async fn create_wallet(
        &self,
        ledger: LedgerId,
        wallet: NewWallet,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<WalletRecord>, StoreError> {
        self.with(ledger, |book| book.create_wallet(&wallet, key, &origin, now))
    }

    async fn wallet(&self, ledger: LedgerId, id: WalletId) -> Result<Option<WalletRecord>, StoreError> {
        self.with(ledger, |book| Ok(book.wallet(id)))
    }

    async fn wallets(
        &self,
        ledger: LedgerId,
        filter: WalletFilter,
        before: Option<WalletId>,
        limit: usize,
    ) -> Result<Vec<WalletRecord>, StoreError> {
        self.with(ledger, |book| Ok(book.wallets(filter, before, limit)))
    }

    async fn balances(&self, ledger: LedgerId, ids: Vec<WalletId>) -> Result<Vec<WalletRecord>, StoreError> {
        self.with(ledger, |book| {
            Ok(book.all_wallets().filter(|record| ids.contains(&record.wallet.id)).collect())
        })
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
        self.with(ledger, |book| Ok(book.change_wallet(id, change, expected, &origin, now)))
    }

    async fn entries(
        &self,
        ledger: LedgerId,
        wallet: WalletId,
        filter: EntryFilter,
        before: Option<Version>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        self.with(ledger, |book| Ok(book.history(wallet, filter, before, limit)))
    }

    async fn transaction(
        &self,
        ledger: LedgerId,
        id: TransactionId,
    ) -> Result<Option<Transaction>, StoreError> {
        self.with(ledger, |book| Ok(book.transactions.get(&id).map(|transaction| (**transaction).clone())))
    }

    async fn transactions(
        &self,
        ledger: LedgerId,
        filter: TransactionFilter,
        before: Option<TransactionId>,
        limit: usize,
    ) -> Result<Vec<Transaction>, StoreError> {
        self.with(ledger, |book| Ok(book.list_transactions(filter, before, limit)))
    }

    async fn trial_balance(&self, ledger: LedgerId) -> Result<Vec<TrialBalanceLine>, StoreError> {
        self.with(ledger, |book| book.trial_balance())
    }

    async fn audit(&self, ledger: LedgerId) -> Result<AuditReport, StoreError> {
        self.with(ledger, |book| Ok(book.audit()))
    }

    async fn create_user(
        &self,
        ledger: LedgerId,
        user: NewUser,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<User>, StoreError> {
        self.with(ledger, |book| book.create_user(user, key, &origin, now))
    }

    async fn user(&self, ledger: LedgerId, id: UserId) -> Result<Option<User>, StoreError> {
        self.with(ledger, |book| Ok(book.people.users.get(&id).cloned()))
    }

    async fn user_by_name(&self, ledger: LedgerId, name: Username) -> Result<Option<User>, StoreError> {
        self.with(ledger, |book| Ok(book.people.users.values().find(|user| user.username == name).cloned()))
    }

    async fn users(
        &self,
        ledger: LedgerId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>, StoreError> {
        self.with(ledger, |book| Ok(book::page(&book.people.users, before.as_ref(), limit)))
    }

    async fn set_external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
        identity: Option<ExternalIdentity>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError> {
        self.with(ledger, |book| Ok(book.set_external_identity(user, identity, &origin, now)))
    }

    async fn external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
    ) -> Result<Option<ExternalIdentity>, StoreError> {
        self.with(ledger, |book| Ok(book.people.external.get(&user).cloned()))
    }

    async fn user_by_external_identity(
        &self,
        ledger: LedgerId,
        identity: ExternalIdentity,
    ) -> Result<Option<User>, StoreError> {
        self.with(ledger, |book| Ok(book.people.user_by_external_identity(&identity)))
    }

    async fn start_session(
        &self,
        ledger: LedgerId,
        token: RefreshToken,
        origin: Origin,
    ) -> Result<(), StoreError> {
        self.with(ledger, |book| book.start_session(token, &origin))
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
        self.with(ledger, |book| book.rotate(old, new, new_expires_at, &origin, now))
    }

    async fn end_session(
        &self,
        ledger: LedgerId,
        token: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.with(ledger, |book| {
            book.end_session(token, &origin, now);
            Ok(())
        })
    }

    async fn create_api_key(
        &self,
        ledger: LedgerId,
        api_key: NewApiKey,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<ApiKey>, StoreError> {
        self.with(ledger, |book| book.create_api_key(api_key, key, &origin, now))
    }

    async fn api_key_by_secret(
        &self,
        ledger: LedgerId,
        secret_hash: [u8; 32],
    ) -> Result<Option<ApiKey>, StoreError> {
        self.with(ledger, |book| Ok(book.people.api_key_by_secret(secret_hash)))
    }

    async fn api_keys(
        &self,
        ledger: LedgerId,
        before: Option<ApiKeyId>,
        limit: usize,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.with(ledger, |book| Ok(book::page(&book.people.api_keys, before.as_ref(), limit)))
    }

    async fn revoke_api_key(
        &self,
        ledger: LedgerId,
        id: ApiKeyId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        self.with(ledger, |book| Ok(book.revoke_api_key(id, &origin, now)))
    }

    async fn pin(&self, ledger: LedgerId, user: UserId) -> Result<Option<StoredPin>, StoreError> {
        self.with(ledger, |book| Ok(book.people.pin(user)))
    }

    async fn set_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        pin: StoredPin,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.with(ledger, |book| book.set_pin(user, pin, &origin, now))
    }

    async fn reset_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.with(ledger, |book| Ok(book.reset_pin(user, &origin, now)))
    }

    async fn reserve_pin_try(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        self.with(ledger, |book| Ok(book.reserve_pin_try(user, &origin, now)))
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
        self.with(ledger, |book| Ok(book.settle_pin_try(user, epoch, &verdict, &origin, now)))
    }

    async fn grant_approval(
        &self,
        ledger: LedgerId,
        approval: NewApproval,
        origin: Origin,
    ) -> Result<(), StoreError> {
        self.with(ledger, |book| book.grant_approval(approval, &origin))
    }

    async fn redeem_approval(
        &self,
        ledger: LedgerId,
        asked: ApprovalUse,
        now: Timestamp,
    ) -> Result<Redemption, StoreError> {
        self.with(ledger, |book| Ok(book.people.redeem_approval(asked, now)))
    }

    async fn append_audit_line(
        &self,
        ledger: LedgerId,
        line: AuditLine,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.with(ledger, |book| {
            book.append(line, &origin, now);
            Ok(())
        })
    }

    async fn audit_log(
        &self,
        ledger: LedgerId,
        filter: AuditFilter,
        before: Option<AuditId>,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.with(ledger, |book| Ok(book.list_audit_log(filter, before, limit)))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
