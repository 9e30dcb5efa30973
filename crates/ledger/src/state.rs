//! What a batch is decided on: the wallets, keys and originals that it touches, read and locked before.
//! Also, with everything in it, the in-memory model that the engines are compared with.

use crate::{
    Amount, Asset, AssetCode, Fence, KeyHash, Owner, PayoutId, SystemRole, Timestamp, Transaction,
    TransactionId, UserId, Wallet, WalletId,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The part of a ledger that decisions are made on. What is not in it does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Assets by code.
    pub assets: HashMap<AssetCode, Asset>,
    /// Wallets by id.
    pub wallets: HashMap<WalletId, Wallet>,
    /// A user's main wallet in an asset.
    pub main_wallets: HashMap<(UserId, AssetCode), WalletId>,
    /// The house's wallets.
    pub system_wallets: HashMap<(AssetCode, SystemRole), WalletId>,
    /// What was settled under a key.
    pub settled: HashMap<KeyHash, Arc<Transaction>>,
    /// Transactions that reversals refer to.
    pub originals: HashMap<TransactionId, Arc<Transaction>>,
    /// How much of an original was reversed, and by how many reversals.
    pub reversed: HashMap<TransactionId, Reversed>,
    /// The leases of the payouts whose rows are to be decided.
    pub payout_fences: HashMap<PayoutId, Fence>,
}

/// How much of a transaction has been reversed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reversed {
    /// The sum of its reversals.
    pub total: Amount,
    /// How many there are.
    pub count: i64,
}

impl State {
    /// Puts a wallet in, and makes it known as its owner's.
    /// `is_main` says whether it is its user's main wallet of the asset.
    pub fn insert_wallet(&mut self, wallet: Wallet, is_main: bool) {
        match wallet.owner {
            Owner::System(role) => {
                self.system_wallets.insert((wallet.asset, role), wallet.id);
            }
            Owner::User(user) if is_main => {
                self.main_wallets.insert((user, wallet.asset), wallet.id);
            }
            Owner::User(_) => {}
        }
        self.wallets.insert(wallet.id, wallet);
    }
}

/// Time and randomness, passed in. Every transaction of a batch gets a microsecond of its own.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    next: Timestamp,
    entropy: u64,
}

impl Clock {
    /// A clock that starts at `now`; `entropy` seeds the random part of ids.
    pub const fn new(now: Timestamp, entropy: u64) -> Self {
        Self { next: now, entropy }
    }

    /// A time after every one given before, and after `earliest`; and an id for it.
    pub fn tick(&mut self, earliest: Timestamp) -> (Timestamp, TransactionId) {
        let at = self.next.max(earliest);
        self.next = at.next();
        (at, TransactionId::new(at, self.random()))
    }

    /// The time that the next transaction will have at the earliest.
    pub const fn now(&self) -> Timestamp {
        self.next
    }

    /// The next number of `SplitMix64` (Steele, Lea and Flood, 2014): ids need spread, not secrecy.
    fn random(&mut self) -> u64 {
        self.entropy = self.entropy.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.entropy;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
