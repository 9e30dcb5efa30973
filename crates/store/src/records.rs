//! What is read and written beside the ledger's own types.

use florin_ledger::{
    Amount, Asset, AssetCode, Direction, Entry, Fingerprint, KeyHash, Owner, PayoutId, Reference, RowNumber,
    Scale, Status, Timestamp, TransactionId, TransactionType, UserId, Wallet, WalletId, WalletStatus,
};

/// Under which key something is created. It commits with what it creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreationKey {
    /// Scope and key.
    pub hash: KeyHash,
    /// What was asked for.
    pub fingerprint: Fingerprint,
}

/// What became of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created<T> {
    /// It is there now.
    New(T),
    /// The same request created it before; as it was created then.
    Replayed(T),
    /// The key was used to create something else.
    KeyReused,
    /// It cannot be, and the key stays free.
    Refused(Refusal),
}

/// Why something cannot be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Another user has the name.
    UsernameTaken,
    /// Another user has the address.
    EmailTaken,
    /// Another user has the external identity.
    ExternalIdentityTaken,
    /// There is an asset with the code.
    AssetExists,
    /// There is no asset with the code.
    AssetNotFound,
    /// There is no such user.
    UserNotFound,
    /// The user has an open wallet of that asset and name.
    WalletExists,
}

/// An asset, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetRecord {
    /// Code and scale.
    pub asset: Asset,
    /// What people call it; 1 to 64 characters.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its system wallets, in the order of [`florin_ledger::SystemRole::ALL`].
    pub system_wallets: [WalletId; 4],
}

/// An asset to be created.
#[derive(Clone, Debug)]
pub struct NewAsset {
    /// Code and scale.
    pub asset: Asset,
    /// What people call it.
    pub name: String,
}

/// What an owner calls a wallet: 1 to 64 characters, none a control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalletName(String);

impl WalletName {
    /// The name of the wallet that top-ups, spends and bonuses use.
    pub const MAIN: &'static str = "main";

    /// Reads a name; `None` unless it has the form that [`WalletName`] states.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        valid.then(|| Self(text.to_owned()))
    }

    /// The main wallet's name.
    pub fn main() -> Self {
        Self(Self::MAIN.to_owned())
    }

    /// Whether it is the main wallet's.
    pub fn is_main(&self) -> bool {
        self.0 == Self::MAIN
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A wallet, as stored. A system wallet's name is its role's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletRecord {
    /// What decisions are made on.
    pub wallet: Wallet,
    /// The asset's scale, to print amounts with.
    pub scale: Scale,
    /// What its owner calls it.
    pub name: WalletName,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A user's wallet to be created.
#[derive(Clone, Debug)]
pub struct NewWallet {
    /// Whose.
    pub user: UserId,
    /// In which asset.
    pub asset: AssetCode,
    /// What its owner calls it; unique among the user's wallets of that asset that are not closed.
    pub name: WalletName,
}

/// Which wallets; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalletFilter {
    /// Whose.
    pub user: Option<UserId>,
    /// In which asset.
    pub asset: Option<AssetCode>,
    /// In which status.
    pub status: Option<WalletStatus>,
}

/// Which of a wallet's entries; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Which way.
    pub direction: Option<Direction>,
    /// Of which type of transaction.
    pub kind: Option<TransactionType>,
    /// Made at this time or later.
    pub from: Option<Timestamp>,
    /// Made before this time.
    pub until: Option<Timestamp>,
}

/// Which transactions; what is `None` does not matter. With both user and wallet: that wallet, if it is the
/// user's. A failed transaction is only on the wallet that it would have debited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// From or to a wallet of this user.
    pub user: Option<UserId>,
    /// From or to this wallet.
    pub wallet: Option<WalletId>,
    /// Of which type.
    pub kind: Option<TransactionType>,
    /// In which status.
    pub status: Option<Status>,
    /// Of which asset.
    pub asset: Option<AssetCode>,
    /// Made at this time or later.
    pub from: Option<Timestamp>,
    /// Made before this time.
    pub until: Option<Timestamp>,
}

/// An entry, with what a statement says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The entry.
    pub entry: Entry,
    /// Its transaction.
    pub transaction: TransactionId,
    /// The transaction's type.
    pub kind: TransactionType,
    /// The wallet on the other side.
    pub counterparty: WalletId,
    /// The asset's scale, to print amounts with.
    pub scale: Scale,
    /// The caller's note.
    pub reference: Option<Reference>,
    /// When.
    pub created_at: Timestamp,
}

/// What the wallets of one owner hold of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialBalanceLine {
    /// The asset.
    pub asset: AssetCode,
    /// Its scale.
    pub scale: Scale,
    /// A system role, or `None` for all users together.
    pub role: Option<florin_ledger::SystemRole>,
    /// How many wallets.
    pub wallets: i64,
    /// The sum of their posted balances.
    pub posted: Amount,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// How many assets it read.
    pub assets: u64,
    /// How many wallets.
    pub wallets: u64,
    /// How many transactions.
    pub transactions: u64,
    /// How many entries.
    pub entries: u64,
    /// The faults, at most [`AuditReport::FAULTS_MAX`] of them.
    pub faults: Vec<AuditFault>,
}

impl AuditReport {
    /// The most faults that a report lists; an audit that reaches it stops.
    pub const FAULTS_MAX: usize = 1000;

    /// Whether the books are in order.
    pub fn is_ok(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Something that must not be in the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// An asset's entries do not sum to zero.
    #[error("the entries of asset {asset} sum to {sum} smallest units instead of 0")]
    AssetUnbalanced {
        /// The asset.
        asset: AssetCode,
        /// The sum, in smallest units, as text.
        sum: String,
    },
    /// A wallet's balance is not the sum of its entries.
    #[error("wallet {wallet} says {posted} smallest units; its entries sum to {sum}")]
    WalletDiffers {
        /// The wallet.
        wallet: WalletId,
        /// What it says.
        posted: String,
        /// What its entries say.
        sum: String,
    },
    /// A wallet's version is not the number of its entries.
    #[error("wallet {wallet} is at version {version}; it has {entries} entries")]
    VersionDiffers {
        /// The wallet.
        wallet: WalletId,
        /// What it says.
        version: i64,
        /// How many entries it has.
        entries: i64,
    },
    /// A wallet's history has a gap, a duplicate, or is out of order.
    #[error("wallet {wallet} has no entry {expected} where version {found} follows")]
    Gap {
        /// The wallet.
        wallet: WalletId,
        /// The version that should be there.
        expected: i64,
        /// The one that is.
        found: i64,
    },
    /// An entry's `balance_after` does not follow from the one before it.
    #[error("entry {version} of wallet {wallet} says a balance of {found} after it; it must be {expected}")]
    ChainBroken {
        /// The wallet.
        wallet: WalletId,
        /// The entry.
        version: i64,
        /// What must be there, in smallest units.
        expected: String,
        /// What is.
        found: String,
    },
    /// An entry without its wallet or transaction, or that its transaction does not name.
    #[error("entry {version} of wallet {wallet} belongs to no transaction or wallet that knows it")]
    OrphanEntry {
        /// The wallet that it names.
        wallet: WalletId,
        /// Its version.
        version: i64,
    },
    /// A completed transaction without its two entries, or whose entries differ from it; or a failed one that
    /// has some.
    #[error("the entries of transaction {transaction} are missing or differ from it")]
    TransactionDiffers {
        /// The transaction.
        transaction: TransactionId,
    },
    /// A wallet below its floor.
    #[error("wallet {wallet} is below its floor")]
    BelowFloor {
        /// The wallet.
        wallet: WalletId,
    },
    /// Reversals that do not add up, are above the original, or lack one of the two.
    #[error("the reversals of transaction {transaction} do not add up")]
    ReversalsDiffer {
        /// The original.
        transaction: TransactionId,
    },
    /// A payout whose counts or totals are not those of its rows in force.
    #[error("the counts of payout {payout} are not those of its rows")]
    PayoutDiffers {
        /// The payout.
        payout: PayoutId,
    },
    /// A payout's row without the transaction that it names, or that says another thing than that; or one of which
    /// more or less was reversed than it says.
    #[error("row {row} of payout {payout} is not as its transactions are")]
    PayoutRowDiffers {
        /// The payout.
        payout: PayoutId,
        /// The row.
        row: RowNumber,
    },
    /// A completed payment of a payout's row that no row names, or more than one.
    #[error("transaction {transaction} pays a payout's row, but it is not one row that names it")]
    PayoutStray {
        /// The transaction.
        transaction: TransactionId,
    },
    /// A wallet whose asset or owner is not there, or an asset without its system wallets.
    #[error("wallet {wallet} has no asset or no owner")]
    OrphanWallet {
        /// The wallet.
        wallet: WalletId,
    },
}

impl WalletRecord {
    /// The wallet as it was when it was created: what the replay of its creation answers.
    #[must_use]
    pub fn as_created(mut self) -> Self {
        self.wallet.status = WalletStatus::Active;
        self.wallet.posted = Amount::ZERO;
        self.wallet.credit_limit = Amount::ZERO;
        self.wallet.version = florin_ledger::Version::NONE;
        self.wallet.last_entry_at = Timestamp::default();
        self
    }

    /// The user who owns it, if one does.
    pub fn user(&self) -> Option<UserId> {
        match self.wallet.owner {
            Owner::User(user) => Some(user),
            Owner::System(_) => None,
        }
    }
}
