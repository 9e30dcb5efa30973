//! Who looks at transactions, and what they may see of them.
//!
//! The house sees everything. A person sees the transactions of their own wallets: of the other side no balance
//! and no version, of another's request no key and no name, and no other's failed attempts, which would say
//! how much they have.

use super::{AppState, view};
use crate::auth::Identity;
use florin_api as api;
use florin_ledger::{Principal, Status, Transaction, UserId, WalletId};
use florin_store::StoreError;
use std::borrow::Borrow;
use std::collections::HashSet;

/// Who looks, and at what they have.
pub(super) enum Viewer {
    /// Whoever acts for the house.
    House,
    /// A person, with those of the transactions' wallets that are theirs.
    Person {
        /// Who.
        principal: Principal,
        /// Their wallets.
        own: HashSet<WalletId>,
    },
}

impl Viewer {
    /// The caller as a viewer of these transactions.
    pub(super) async fn of(
        state: &AppState,
        identity: &Identity,
        transactions: &[impl Borrow<Transaction>],
    ) -> Result<Self, StoreError> {
        let Some(user) = identity.user_id().filter(|_| !identity.is_house()) else { return Ok(Self::House) };
        let wallets = transactions.iter().map(Borrow::borrow).flat_map(|record| [record.from, record.to]);
        let own = own_wallets(state, identity, user, wallets).await?;
        Ok(Self::Person { principal: identity.principal(), own })
    }

    /// What they see of a transaction; `None` where it is not there for them.
    pub(super) fn transaction(&self, record: &Transaction) -> Option<api::Transaction> {
        let mut seen = view::transaction(record);
        let Self::Person { principal, own } = self else { return Some(seen) };
        let asked_for_it = record.principal == *principal;
        let is_theirs = match record.settlement.status() {
            Status::Completed => own.contains(&record.from) || own.contains(&record.to),
            Status::Failed => own.contains(&record.from),
        };
        if !(asked_for_it || is_theirs) {
            return None;
        }
        if !asked_for_it {
            seen.initiator = None;
            seen.idempotency_key = None;
        }
        for entry in seen.entries.iter_mut().filter(|entry| !own.contains(&WalletId(entry.wallet_id))) {
            entry.balance_after = None;
            entry.version = None;
        }
        Some(seen)
    }
}

/// Those of the wallets that are the user's. Owners never change, so they are remembered.
async fn own_wallets(
    state: &AppState,
    identity: &Identity,
    user: UserId,
    wallets: impl Iterator<Item = WalletId>,
) -> Result<HashSet<WalletId>, StoreError> {
    let mut own = HashSet::new();
    let mut unknown = HashSet::new();
    for wallet in wallets {
        match state.wallet_owners.get(&(identity.ledger, wallet)) {
            Some(owner) if owner == Some(user) => drop(own.insert(wallet)),
            Some(_) => {}
            None => drop(unknown.insert(wallet)),
        }
    }
    if unknown.is_empty() {
        return Ok(own);
    }
    for record in state.store.balances(identity.ledger, unknown.into_iter().collect()).await? {
        let (wallet, owner) = (record.wallet.id, record.user());
        state.wallet_owners.insert((identity.ledger, wallet), owner);
        if owner == Some(user) {
            own.insert(wallet);
        }
    }
    Ok(own)
}
