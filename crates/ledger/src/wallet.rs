//! Wallets: one owner's balance in one asset.

use crate::{Amount, AssetCode, Rejection, Timestamp, UserId, Version, WalletId};

/// Whose wallet it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A user's.
    User(UserId),
    /// The house's, in one of its roles. Only these may go below zero.
    System(SystemRole),
}

/// The house's wallets: one of each an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemRole {
    /// What top-ups are issued from.
    Treasury,
    /// What bonuses are paid from.
    Bonus,
    /// Where spends go.
    Revenue,
    /// What is outside: banks, cards. Deposits come from it, withdrawals go to it.
    World,
}

impl SystemRole {
    /// All roles, in the order in which an asset's system wallets are created.
    pub const ALL: [Self; 4] = [Self::Treasury, Self::Bonus, Self::Revenue, Self::World];

    /// The role's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Treasury => "treasury",
            Self::Bonus => "bonus",
            Self::Revenue => "revenue",
            Self::World => "world",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Whether a wallet moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WalletStatus {
    /// It does.
    Active,
    /// It does not, until an operator unfreezes it.
    Frozen,
    /// It never will again. Only an empty wallet can be closed.
    Closed,
}

impl WalletStatus {
    /// All statuses.
    pub const ALL: [Self; 3] = [Self::Active, Self::Frozen, Self::Closed];

    /// The status's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What decisions need to know of a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Its id.
    pub id: WalletId,
    /// Whose it is.
    pub owner: Owner,
    /// What it counts.
    pub asset: AssetCode,
    /// Whether it moves money.
    pub status: WalletStatus,
    /// The sum of all its entries: credits less debits.
    pub posted: Amount,
    /// How far below zero a user's wallet may go; zero or above. System wallets have no floor.
    pub credit_limit: Amount,
    /// How many entries it has.
    pub version: Version,
    /// When its newest entry was made; the next one is later, whatever the clocks say.
    pub last_entry_at: Timestamp,
}

impl Wallet {
    /// What may still be debited: `posted + credit_limit`. Saturates, which only matters at 38 digits.
    pub fn available(&self) -> Amount {
        self.posted.checked_add(self.credit_limit).unwrap_or(Amount::MAX)
    }

    /// Whether it is the house's.
    pub const fn is_system(&self) -> bool {
        matches!(self.owner, Owner::System(_))
    }

    /// Whether its balance is one that the ledger allows.
    pub fn is_within_floor(&self) -> bool {
        self.is_system() || !self.available().is_negative()
    }
}

/// A change of a wallet's settings; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalletChange {
    /// Freeze, unfreeze or close.
    pub status: Option<WalletStatus>,
    /// The new credit limit; zero or above.
    pub credit_limit: Option<Amount>,
}

impl Wallet {
    /// The largest credit limit: 18 digits, so that every engine can check the floor in 64 bits.
    pub const CREDIT_LIMIT_MAX: i128 = 999_999_999_999_999_999;

    /// The wallet after `change`, or why not.
    ///
    /// A closed wallet stays closed; only an empty user's wallet can be closed; a credit limit cannot
    /// be taken back while it is used.
    pub fn changed(&self, change: WalletChange, expected: Option<Version>) -> Result<Self, Rejection> {
        let mut changed = *self;
        changed.status = change.status.unwrap_or(self.status);
        changed.credit_limit = change.credit_limit.unwrap_or(self.credit_limit);
        if self.status == WalletStatus::Closed && changed != *self {
            return Err(Rejection::WalletClosed { wallet: self.id });
        }
        if expected.is_some_and(|version| version != self.version) {
            return Err(Rejection::VersionConflict { wallet: self.id, current: self.version });
        }
        if changed.status == WalletStatus::Closed && self.is_system() {
            return Err(Rejection::SystemWallet { wallet: self.id });
        }
        if changed.credit_limit != self.credit_limit && self.is_system() {
            return Err(Rejection::SystemWallet { wallet: self.id });
        }
        if changed.status == WalletStatus::Closed && self.posted != Amount::ZERO {
            return Err(Rejection::WalletNotEmpty { wallet: self.id });
        }
        if !changed.is_within_floor() {
            return Err(Rejection::CreditLimitInUse { wallet: self.id });
        }
        Ok(changed)
    }
}
