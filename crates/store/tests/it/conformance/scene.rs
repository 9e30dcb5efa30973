//! What a case plays with: people, wallets and commands, on an engine and the model at once.

use super::snapshot::Snapshot;
use super::twins::Twins;
use crate::asks::{Ask, code};
use crate::engines::Engine;
use florin_ledger::{
    Asset, Fingerprint, Group, GroupOutcome, IdempotencyKey, KeyHash, LedgerId, Outcome, Principal,
    Rejection, Scale, Settlement, Timestamp, Transaction, UserId, WalletChange, WalletId, WalletStatus,
};
use florin_store::{
    Created, CreationKey, EmailAddress, NewAsset, NewUser, NewWallet, Origin, Role, Store, Username,
    WalletName, WalletRecord,
};
use std::sync::Arc;

pub(crate) struct Scene {
    pub(crate) twins: Twins,
    /// The ledger that is played in.
    pub(crate) ledger: LedgerId,
    /// The other one.
    pub(crate) second: LedgerId,
    now: Timestamp,
    keys: u32,
}

impl Scene {
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        let now = Timestamp(1_700_000_000_000_000);
        let [ledger, second] = engine.ledgers();
        Self { twins: Twins::new(engine), ledger, second, now, keys: 0 }
    }

    /// The next moment: a little more than a second later.
    pub(crate) fn now(&mut self) -> Timestamp {
        self.now.0 += 1_000_003;
        self.now
    }

    pub(crate) fn set_clock(&mut self, now: Timestamp) {
        self.now = now;
    }

    pub(crate) fn shift_clock(&mut self, seconds: i64) {
        self.now.0 += seconds * 1_000_000;
    }

    fn fresh_key(&mut self) -> String {
        self.keys += 1;
        format!("fresh-{}", self.keys)
    }

    /// A creation's key; fresh where `key` is empty.
    pub(crate) fn creation_key(&mut self, key: &str, body: &str) -> CreationKey {
        let key = if key.is_empty() { self.fresh_key() } else { key.to_owned() };
        creation_key(&key, body)
    }

    pub(crate) async fn asset(&mut self, text: &str, scale: u8) {
        let asset = Asset { code: code(text), scale: Scale::new(scale).unwrap() };
        let key = self.creation_key("", text);
        let new = NewAsset { asset, name: format!("The asset {text}") };
        let now = self.now();
        created(self.twins.create_asset(self.ledger, new, key, Origin::SYSTEM, now).await.unwrap());
    }

    pub(crate) async fn user(&mut self, name: &str) -> UserId {
        let key = self.creation_key("", name);
        let now = self.now();
        created(self.twins.create_user(self.ledger, new_user(name), key, Origin::SYSTEM, now).await.unwrap())
            .id
    }

    /// A user's main wallet.
    pub(crate) async fn wallet(&mut self, user: UserId, asset: &str) -> WalletId {
        self.named_wallet(user, asset, WalletName::MAIN).await
    }

    pub(crate) async fn named_wallet(&mut self, user: UserId, asset: &str, name: &str) -> WalletId {
        let key = self.creation_key("", name);
        let now = self.now();
        let new = NewWallet { user, asset: code(asset), name: WalletName::parse(name).unwrap() };
        created(self.twins.create_wallet(self.ledger, new, key, Origin::SYSTEM, now).await.unwrap()).wallet.id
    }

    pub(crate) async fn record(&self, id: WalletId) -> WalletRecord {
        self.twins.wallet(self.ledger, id).await.unwrap().unwrap()
    }

    /// `125.50`, as people write the wallet's balance.
    pub(crate) async fn balance(&self, id: WalletId) -> String {
        let record = self.record(id).await;
        record.wallet.posted.display(record.scale).to_string()
    }

    pub(crate) async fn changes(
        &mut self,
        id: WalletId,
        change: WalletChange,
    ) -> Result<WalletRecord, Rejection> {
        let now = self.now();
        self.twins.change_wallet(self.ledger, id, change, None, Origin::SYSTEM, now).await.unwrap()
    }

    pub(crate) async fn sets(&mut self, id: WalletId, status: WalletStatus) {
        let change = WalletChange { status: Some(status), credit_limit: None };
        self.changes(id, change).await.unwrap();
    }

    pub(crate) fn group(&mut self, asks: &[Ask], is_atomic: bool) -> Arc<Group> {
        let commands = asks.iter().map(|ask| ask.command(&self.fresh_key())).collect();
        Arc::new(Group { commands, is_atomic, payout: None })
    }

    /// Commits groups as one batch.
    pub(crate) async fn commits(&mut self, groups: Vec<Arc<Group>>) -> Vec<GroupOutcome> {
        self.commits_at_once(vec![groups]).await
    }

    /// Commits batches that are handed over at once, in their order; the outcomes of all.
    pub(crate) async fn commits_at_once(&mut self, batches: Vec<Vec<Arc<Group>>>) -> Vec<GroupOutcome> {
        let mut timed = Vec::with_capacity(batches.len());
        for groups in batches {
            let now = self.now();
            // Any number will do, and another each time.
            timed.push((groups, now, now.0.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        }
        self.twins.commit_at_once(self.ledger, timed).await.unwrap()
    }

    /// Asks that each stand on their own, in one batch.
    pub(crate) async fn runs_all(&mut self, asks: &[Ask]) -> Vec<Outcome> {
        let group = self.group(asks, false);
        match self.commits(vec![group]).await.remove(0) {
            GroupOutcome::Done(outcomes) => outcomes,
            refused => panic!("nothing here is atomic: {refused:?}"),
        }
    }

    pub(crate) async fn runs_atomically(&mut self, asks: &[Ask]) -> GroupOutcome {
        let group = self.group(asks, true);
        self.commits(vec![group]).await.remove(0)
    }

    pub(crate) async fn runs(&mut self, ask: Ask) -> Outcome {
        self.runs_all(&[ask]).await.remove(0)
    }

    /// An ask that must move money.
    pub(crate) async fn completes(&mut self, ask: Ask) -> Arc<Transaction> {
        match self.runs(ask).await {
            Outcome::Settled(transaction)
                if matches!(transaction.settlement, Settlement::Completed { .. }) =>
            {
                transaction
            }
            other => panic!("expected a completed transaction: {other:?}"),
        }
    }

    /// An ask that must be refused; recorded failures count.
    pub(crate) async fn refuses(&mut self, ask: Ask) -> Rejection {
        let outcome = self.runs(ask).await;
        refusal(&outcome).unwrap_or_else(|| panic!("this was not refused: {outcome:?}"))
    }

    /// As if the server had stopped and started again.
    pub(crate) async fn restarts(&mut self) {
        self.twins.engine.reopen().await;
    }

    /// The whole of a ledger, which must be the same on both, with the books in balance.
    pub(crate) async fn snapshot(&self, ledger: LedgerId) -> Snapshot {
        let engine = Snapshot::of(&*self.twins.engine.store(), ledger).await;
        let model = Snapshot::of(&self.twins.model, ledger).await;
        assert_eq!(engine, model, "ledger {ledger}: the engine (left), the model (right)");
        assert!(engine.audit.is_ok(), "ledger {ledger}: {:?}", engine.audit);
        engine
    }

    /// Every case ends here: both ledgers are the model's, also after a restart, and the books balance.
    pub(crate) async fn ends(mut self) {
        let ledgers = self.twins.engine.ledgers();
        let before = [self.snapshot(ledgers[0]).await, self.snapshot(ledgers[1]).await];
        self.restarts().await;
        assert_eq!([self.snapshot(ledgers[0]).await, self.snapshot(ledgers[1]).await], before);
        self.twins.ready().await.unwrap();
        self.twins.engine.close().await;
    }
}

/// A key of the first user's.
pub(crate) fn creation_key(key: &str, body: &str) -> CreationKey {
    CreationKey {
        hash: KeyHash::of(Principal::User(UserId(1)), &IdempotencyKey::parse(key).unwrap()),
        fingerprint: Fingerprint::of("create", body.as_bytes()),
    }
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        username: Username::parse(name).unwrap(),
        email: EmailAddress::parse(&format!("{name}@example.com")).unwrap(),
        password_hash: format!("hash of {name}"),
        role: Role::User,
    }
}

/// What must have been created just now.
pub(crate) fn created<T: std::fmt::Debug>(created: Created<T>) -> T {
    match created {
        Created::New(new) => new,
        other => panic!("expected something new: {other:?}"),
    }
}

/// Why an outcome is a refusal, recorded or not; `None` where money moved.
pub(crate) fn refusal(outcome: &Outcome) -> Option<Rejection> {
    match outcome {
        Outcome::Rejected(rejection) => Some(*rejection),
        Outcome::Settled(transaction) | Outcome::Replayed(transaction) => match transaction.settlement {
            Settlement::Failed(failure) => Some(failure.into()),
            Settlement::Completed { .. } => None,
        },
    }
}
