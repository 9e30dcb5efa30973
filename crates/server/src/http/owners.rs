//! Whose wallets these are. A wallet's owner never changes, so what is known stays true; nothing else about
//! a wallet is remembered here.

use super::{ApiError, AppState};
use crate::auth::Identity;
use florin_api::ProblemCode;
use florin_ledger::{LedgerId, UserId, WalletId};
use quick_cache::sync::Cache;

/// How many owners are remembered: some megabytes.
const OWNERS_MAX: usize = 200_000;

/// Owners that were looked up; `None` is the house.
pub(super) struct Owners(Cache<(LedgerId, WalletId), Option<UserId>>);

impl Owners {
    pub(super) fn new() -> Self {
        Self(Cache::new(OWNERS_MAX))
    }
}

/// Which wallets are within a caller's reach, and so what the caller sees of a transaction.
pub(super) struct Sight {
    is_house: bool,
    own: Vec<WalletId>,
}

impl Sight {
    /// What the caller sees of these wallets. Asks the store about those whose owners are not known yet.
    pub(super) async fn of(
        state: &AppState,
        caller: &Identity,
        wallets: impl IntoIterator<Item = WalletId>,
    ) -> Result<Self, ApiError> {
        if caller.is_house() {
            return Ok(Self { is_house: true, own: Vec::new() });
        }
        let (mut own, mut unknown) = (Vec::new(), Vec::new());
        for wallet in wallets {
            match state.owners.0.get(&(caller.ledger, wallet)) {
                Some(owner) if caller.reaches(owner) => own.push(wallet),
                Some(_) => {}
                None => unknown.push(wallet),
            }
        }
        if !unknown.is_empty() {
            for record in state.store.balances(caller.ledger, unknown).await? {
                let (wallet, owner) = (record.wallet.id, record.user());
                state.owners.0.insert((caller.ledger, wallet), owner);
                if caller.reaches(owner) {
                    own.push(wallet);
                }
            }
        }
        Ok(Self { is_house: false, own })
    }

    /// Whether the caller sees what is on the wallet.
    pub(super) fn sees(&self, wallet: WalletId) -> bool {
        self.is_house || self.own.contains(&wallet)
    }
}

/// Refuses a wallet that is not there, or not within the caller's reach.
pub(super) async fn must_reach(
    state: &AppState,
    caller: &Identity,
    wallet: WalletId,
) -> Result<(), ApiError> {
    let is_there = if caller.is_house() {
        state.store.wallet(caller.ledger, wallet).await?.is_some()
    } else {
        Sight::of(state, caller, [wallet]).await?.sees(wallet)
    };
    if is_there {
        return Ok(());
    }
    let detail = format!("There is no wallet {wallet} that you can see. Check the id.");
    Err(ApiError::invalid(ProblemCode::WalletNotFound, detail))
}
