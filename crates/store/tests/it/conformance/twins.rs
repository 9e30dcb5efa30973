//! An engine and the model, side by side: every call goes to both, and both must answer alike.

use crate::engines::Engine;
use crate::model::Model;
use async_trait::async_trait;
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
use std::fmt::Debug;
use std::mem::discriminant;
use std::sync::Arc;

pub(crate) struct Twins {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) model: Model,
}

impl Twins {
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        let model = Model::new(engine.ledgers());
        Self { engine, model }
    }

    /// Hands batches to the engine at once, and to the model one by one; the outcomes of all.
    pub(crate) async fn commit_at_once(
        &self,
        ledger: LedgerId,
        batches: Vec<(Vec<Arc<Group>>, Timestamp, u64)>,
    ) -> Result<Vec<GroupOutcome>, StoreError> {
        let store = self.engine.store();
        // The first is asked first, and so on: whoever is asked later is also later in the engine's queue.
        let on_engine = futures_util::future::join_all(
            batches.iter().map(|(groups, now, entropy)| store.commit(ledger, groups.clone(), *now, *entropy)),
        );
        let on_engine = on_engine.await;
        let mut outcomes = Vec::new();
        for (engine, (groups, now, entropy)) in on_engine.into_iter().zip(batches) {
            let model = self.model.commit(ledger, groups, now, entropy).await;
            outcomes.extend(agreed("commit", engine, &model)?);
        }
        Ok(outcomes)
    }
}

/// The engine's answer, which must be the model's too. Of errors only the kind must agree: the text is the
/// engine's own.
fn agreed<T: PartialEq + Debug>(
    what: &str,
    engine: Result<T, StoreError>,
    model: &Result<T, StoreError>,
) -> Result<T, StoreError> {
    match (&engine, model) {
        (Ok(engine), Ok(model)) => assert_eq!(engine, model, "{what}: the engine (left), the model (right)"),
        (Err(engine), Err(model)) if discriminant(engine) == discriminant(model) => {}
        (engine, model) => panic!("{what}: the engine says {engine:?}, the model {model:?}"),
    }
    engine
}

macro_rules! both {
    ($twins:ident . $method:ident ( $($argument:ident),* )) => {{
        let engine = $twins.engine.store().$method($(Clone::clone(&$argument)),*).await;
        let model = $twins.model.$method($($argument),*).await;
        agreed(stringify!($method), engine, &model)
    }};
}

#[async_trait]
impl Store for Twins {
    async fn commit(
        &self,
        ledger: LedgerId,
        groups: Vec<Arc<Group>>,
        now: Timestamp,
        entropy: u64,
    ) -> Result<Vec<GroupOutcome>, StoreError> {
        both!(self.commit(ledger, groups, now, entropy))
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
        both!(self.create_asset(ledger, asset, key, origin, now))
    }

    async fn assets(&self, ledger: LedgerId) -> Result<Vec<AssetRecord>, StoreError> {
        both!(self.assets(ledger))
    }

    async fn create_wallet(
        &self,
        ledger: LedgerId,
        wallet: NewWallet,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<WalletRecord>, StoreError> {
        both!(self.create_wallet(ledger, wallet, key, origin, now))
    }

    async fn wallet(&self, ledger: LedgerId, id: WalletId) -> Result<Option<WalletRecord>, StoreError> {
        both!(self.wallet(ledger, id))
    }

    async fn wallets(
        &self,
        ledger: LedgerId,
        filter: WalletFilter,
        before: Option<WalletId>,
        limit: usize,
    ) -> Result<Vec<WalletRecord>, StoreError> {
        both!(self.wallets(ledger, filter, before, limit))
    }

    async fn balances(&self, ledger: LedgerId, ids: Vec<WalletId>) -> Result<Vec<WalletRecord>, StoreError> {
        both!(self.balances(ledger, ids))
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
        both!(self.change_wallet(ledger, id, change, expected, origin, now))
    }

    async fn entries(
        &self,
        ledger: LedgerId,
        wallet: WalletId,
        filter: EntryFilter,
        before: Option<Version>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        both!(self.entries(ledger, wallet, filter, before, limit))
    }

    async fn transaction(
        &self,
        ledger: LedgerId,
        id: TransactionId,
    ) -> Result<Option<Transaction>, StoreError> {
        both!(self.transaction(ledger, id))
    }

    async fn transactions(
        &self,
        ledger: LedgerId,
        filter: TransactionFilter,
        before: Option<TransactionId>,
        limit: usize,
    ) -> Result<Vec<Transaction>, StoreError> {
        both!(self.transactions(ledger, filter, before, limit))
    }

    async fn trial_balance(&self, ledger: LedgerId) -> Result<Vec<TrialBalanceLine>, StoreError> {
        both!(self.trial_balance(ledger))
    }

    async fn audit(&self, ledger: LedgerId) -> Result<AuditReport, StoreError> {
        both!(self.audit(ledger))
    }

    async fn create_user(
        &self,
        ledger: LedgerId,
        user: NewUser,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<User>, StoreError> {
        both!(self.create_user(ledger, user, key, origin, now))
    }

    async fn user(&self, ledger: LedgerId, id: UserId) -> Result<Option<User>, StoreError> {
        both!(self.user(ledger, id))
    }

    async fn user_by_name(&self, ledger: LedgerId, name: Username) -> Result<Option<User>, StoreError> {
        both!(self.user_by_name(ledger, name))
    }

    async fn users(
        &self,
        ledger: LedgerId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>, StoreError> {
        both!(self.users(ledger, before, limit))
    }

    async fn set_external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
        identity: Option<ExternalIdentity>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError> {
        both!(self.set_external_identity(ledger, user, identity, origin, now))
    }

    async fn external_identity(
        &self,
        ledger: LedgerId,
        user: UserId,
    ) -> Result<Option<ExternalIdentity>, StoreError> {
        both!(self.external_identity(ledger, user))
    }

    async fn user_by_external_identity(
        &self,
        ledger: LedgerId,
        identity: ExternalIdentity,
    ) -> Result<Option<User>, StoreError> {
        both!(self.user_by_external_identity(ledger, identity))
    }

    async fn start_session(
        &self,
        ledger: LedgerId,
        token: RefreshToken,
        origin: Origin,
    ) -> Result<(), StoreError> {
        both!(self.start_session(ledger, token, origin))
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
        both!(self.rotate_refresh_token(ledger, old, new, new_expires_at, origin, now))
    }

    async fn end_session(
        &self,
        ledger: LedgerId,
        token: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        both!(self.end_session(ledger, token, origin, now))
    }

    async fn create_api_key(
        &self,
        ledger: LedgerId,
        api_key: NewApiKey,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<ApiKey>, StoreError> {
        both!(self.create_api_key(ledger, api_key, key, origin, now))
    }

    async fn api_key_by_secret(
        &self,
        ledger: LedgerId,
        secret_hash: [u8; 32],
    ) -> Result<Option<ApiKey>, StoreError> {
        both!(self.api_key_by_secret(ledger, secret_hash))
    }

    async fn api_keys(
        &self,
        ledger: LedgerId,
        before: Option<ApiKeyId>,
        limit: usize,
    ) -> Result<Vec<ApiKey>, StoreError> {
        both!(self.api_keys(ledger, before, limit))
    }

    async fn revoke_api_key(
        &self,
        ledger: LedgerId,
        id: ApiKeyId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        both!(self.revoke_api_key(ledger, id, origin, now))
    }

    async fn pin(&self, ledger: LedgerId, user: UserId) -> Result<Option<StoredPin>, StoreError> {
        both!(self.pin(ledger, user))
    }

    async fn set_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        pin: StoredPin,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        both!(self.set_pin(ledger, user, pin, origin, now))
    }

    async fn reset_pin(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        both!(self.reset_pin(ledger, user, origin, now))
    }

    async fn reserve_pin_try(
        &self,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        both!(self.reserve_pin_try(ledger, user, origin, now))
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
        both!(self.settle_pin_try(ledger, user, epoch, verdict, origin, now))
    }

    async fn grant_approval(
        &self,
        ledger: LedgerId,
        approval: NewApproval,
        origin: Origin,
    ) -> Result<(), StoreError> {
        both!(self.grant_approval(ledger, approval, origin))
    }

    async fn redeem_approval(
        &self,
        ledger: LedgerId,
        asked: ApprovalUse,
        now: Timestamp,
    ) -> Result<Redemption, StoreError> {
        both!(self.redeem_approval(ledger, asked, now))
    }

    async fn append_audit_line(
        &self,
        ledger: LedgerId,
        line: AuditLine,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        both!(self.append_audit_line(ledger, line, origin, now))
    }

    async fn audit_log(
        &self,
        ledger: LedgerId,
        filter: AuditFilter,
        before: Option<AuditId>,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        both!(self.audit_log(ledger, filter, before, limit))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        both!(self.ready())
    }
}
