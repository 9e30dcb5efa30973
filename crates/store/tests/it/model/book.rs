//! One ledger: the full state that decisions are made on, and what stands beside it.

use super::people::People;
use florin_ledger::{
    Amount, AssetCode, Clock, Fingerprint, Group, GroupOutcome, KeyHash, Owner, Rejection, ReversalRecord,
    State, SystemRole, Timestamp, Transaction, TransactionId, Version, Wallet, WalletChange, WalletId,
    WalletStatus, decide_batch,
};
use florin_store::{
    AssetRecord, AuditAction, AuditId, AuditLine, AuditRecord, Created, CreationKey, NewAsset, NewWallet,
    Origin, Refusal, StoreError, Subject, WalletFilter, WalletName, WalletRecord,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Everything that one ledger holds.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) state: State,
    pub(super) assets: BTreeMap<AssetCode, AssetRecord>,
    /// What a wallet is called and when it was created; the rest is in the state.
    pub(super) labels: BTreeMap<WalletId, (WalletName, Timestamp)>,
    pub(super) transactions: BTreeMap<TransactionId, Arc<Transaction>>,
    /// Each wallet's transactions: the one at index 0 made version 1.
    pub(super) entries: HashMap<WalletId, Vec<Arc<Transaction>>>,
    pub(super) reversals: Vec<ReversalRecord>,
    pub(super) people: People,
    pub(super) audit_log: Vec<AuditRecord>,
    created: HashMap<KeyHash, (Fingerprint, Resource)>,
}

/// What was created under a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resource {
    User(florin_ledger::UserId),
    Asset(AssetCode),
    Wallet(WalletId),
    ApiKey(florin_ledger::ApiKeyId),
}

/// Whether a creation may go on.
pub(super) enum Turn {
    Go,
    Used(Resource),
    KeyReused,
}

impl Book {
    pub(super) fn commit(
        &mut self,
        groups: &[Arc<Group>],
        now: Timestamp,
        entropy: u64,
    ) -> Result<Vec<GroupOutcome>, StoreError> {
        let mut clock = Clock::new(now, entropy);
        let result = decide_batch(&mut self.state, groups.iter().map(|group| &**group), &mut clock)
            .map_err(|violation| StoreError::Inconsistent(violation.to_string()))?;
        for transaction in result.changes.transactions {
            for entry in transaction.settlement.entries() {
                self.entries.entry(entry.wallet).or_default().push(Arc::clone(&transaction));
            }
            self.transactions.insert(transaction.id, transaction);
        }
        self.reversals.extend(result.changes.reversals);
        Ok(result.outcomes)
    }

    pub(super) fn append(&mut self, line: AuditLine, origin: &Origin, now: Timestamp) {
        let id = AuditId(self.audit_log.last().map_or(0, |last| last.id.0) + 1);
        self.audit_log.push(AuditRecord { id, at: now, origin: origin.clone(), line });
    }

    pub(super) fn turn(&self, key: CreationKey) -> Turn {
        match self.created.get(&key.hash) {
            None => Turn::Go,
            Some((fingerprint, resource)) if *fingerprint == key.fingerprint => Turn::Used(*resource),
            Some(_) => Turn::KeyReused,
        }
    }

    pub(super) fn bind(&mut self, key: CreationKey, resource: Resource) {
        self.created.insert(key.hash, (key.fingerprint, resource));
    }

    pub(super) fn create_asset(
        &mut self,
        new: NewAsset,
        key: CreationKey,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Created<AssetRecord>, StoreError> {
        let code = new.asset.code;
        match self.turn(key) {
            Turn::Go => {}
            Turn::Used(Resource::Asset(code)) => {
                return self.assets.get(&code).cloned().map(Created::Replayed).ok_or_else(missing);
            }
            Turn::Used(_) | Turn::KeyReused => return Ok(Created::KeyReused),
        }
        if self.assets.contains_key(&code) {
            return Ok(Created::Refused(Refusal::AssetExists));
        }
        self.state.assets.insert(code, new.asset);
        let mut system_wallets = [WalletId(0); 4];
        for (id, role) in system_wallets.iter_mut().zip(SystemRole::ALL) {
            let name = WalletName::parse(role.as_str()).ok_or_else(missing)?;
            *id = self.open(Owner::System(role), code, name, now);
        }
        let record = AssetRecord { asset: new.asset, name: new.name, created_at: now, system_wallets };
        self.assets.insert(code, record.clone());
        self.bind(key, Resource::Asset(code));
        self.append(AuditLine::done(AuditAction::AssetCreated, Subject::Asset(code)), origin, now);
        Ok(Created::New(record))
    }

    pub(super) fn create_wallet(
        &mut self,
        new: &NewWallet,
        key: CreationKey,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Created<WalletRecord>, StoreError> {
        match self.turn(key) {
            Turn::Go => {}
            Turn::Used(Resource::Wallet(id)) => {
                let first = self.wallet(id).ok_or_else(missing)?;
                return Ok(Created::Replayed(first.as_created()));
            }
            Turn::Used(_) | Turn::KeyReused => return Ok(Created::KeyReused),
        }
        if !self.people.users.contains_key(&new.user) {
            return Ok(Created::Refused(Refusal::UserNotFound));
        }
        if !self.assets.contains_key(&new.asset) {
            return Ok(Created::Refused(Refusal::AssetNotFound));
        }
        let is_same = |record: &WalletRecord| {
            record.user() == Some(new.user)
                && record.wallet.asset == new.asset
                && record.name == new.name
                && record.wallet.status != WalletStatus::Closed
        };
        if self.all_wallets().any(|record| is_same(&record)) {
            return Ok(Created::Refused(Refusal::WalletExists));
        }
        let id = self.open(Owner::User(new.user), new.asset, new.name.clone(), now);
        self.bind(key, Resource::Wallet(id));
        let record = self.wallet(id).ok_or_else(missing)?;
        self.append(AuditLine::wallet_created(&record), origin, now);
        Ok(Created::New(record))
    }

    fn open(&mut self, owner: Owner, asset: AssetCode, name: WalletName, now: Timestamp) -> WalletId {
        let id = next(&self.labels, |id| id.0, WalletId);
        let wallet = Wallet {
            id,
            owner,
            asset,
            status: WalletStatus::Active,
            posted: Amount::ZERO,
            credit_limit: Amount::ZERO,
            version: Version::NONE,
            last_entry_at: Timestamp::default(),
        };
        self.state.insert_wallet(wallet, name.is_main());
        self.labels.insert(id, (name, now));
        id
    }

    pub(super) fn wallet(&self, id: WalletId) -> Option<WalletRecord> {
        let wallet = *self.state.wallets.get(&id)?;
        let scale = self.state.assets.get(&wallet.asset)?.scale;
        let (name, created_at) = self.labels.get(&id)?.clone();
        Some(WalletRecord { wallet, scale, name, created_at })
    }

    /// All wallets, by ascending id.
    pub(super) fn all_wallets(&self) -> impl DoubleEndedIterator<Item = WalletRecord> {
        self.labels.keys().filter_map(|id| self.wallet(*id))
    }

    pub(super) fn wallets(
        &self,
        filter: WalletFilter,
        before: Option<WalletId>,
        limit: usize,
    ) -> Vec<WalletRecord> {
        self.all_wallets()
            .rev()
            .filter(|record| before.is_none_or(|before| record.wallet.id < before))
            .filter(|record| filter.user.is_none_or(|user| record.user() == Some(user)))
            .filter(|record| filter.asset.is_none_or(|asset| record.wallet.asset == asset))
            .filter(|record| filter.status.is_none_or(|status| record.wallet.status == status))
            .take(limit)
            .collect()
    }

    pub(super) fn change_wallet(
        &mut self,
        id: WalletId,
        change: WalletChange,
        expected: Option<Version>,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<WalletRecord, Rejection> {
        let not_found = Rejection::WalletNotFound { wallet: Some(id) };
        let record = self.wallet(id).ok_or(not_found)?;
        let wallet = record.wallet.changed(change, expected)?;
        self.state.wallets.insert(id, wallet);
        if wallet.status == WalletStatus::Closed {
            self.state.main_wallets.retain(|_, main| *main != id);
        }
        for line in AuditLine::wallet_changes(&record.wallet, &wallet, record.scale) {
            self.append(line, origin, now);
        }
        self.wallet(id).ok_or(not_found)
    }
}

/// The rows with ids below `before`, highest id first.
pub(super) fn page<Id: Ord, T: Clone>(rows: &BTreeMap<Id, T>, before: Option<&Id>, limit: usize) -> Vec<T> {
    let is_below = |id: &Id| before.is_none_or(|before| id < before);
    rows.iter().rev().filter(|(id, _)| is_below(id)).take(limit).map(|(_, row)| row.clone()).collect()
}

/// The id after the highest.
pub(super) fn next<Id: Ord, T>(rows: &BTreeMap<Id, T>, number: fn(&Id) -> i64, id: fn(i64) -> Id) -> Id {
    id(rows.last_key_value().map_or(0, |(last, _)| number(last)) + 1)
}

/// What a key names must be there.
pub(super) fn missing() -> StoreError {
    StoreError::Inconsistent("what a creation key names is not there".to_owned())
}
