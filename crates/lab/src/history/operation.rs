//! One history: the wallets at its start, and what every client asked and was answered.

use super::Figure;
use serde::{Deserialize, Serialize};

/// A wallet's id, as the target numbers them.
pub type WalletId = i64;

/// Everything that is known of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Decimal places of the one asset that it is about.
    pub scale: u8,
    /// The wallets whose every movement is in the history, as they were before it.
    pub openings: Vec<Opening>,
    /// What was asked and answered, in the order in which it was begun.
    pub operations: Vec<Operation>,
}

/// A wallet before the first operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Which.
    pub wallet: WalletId,
    /// What was in it.
    pub balance: Figure,
    /// How many entries it had, where the target counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The least it may hold; nothing if it is the house's and may hold any sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Figure>,
}

/// One request, from before its first byte was sent until its answer was whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Who asked; a client asks one thing at a time.
    pub client: u32,
    /// When, in nanoseconds of a monotonic clock since the run began.
    pub invoked: u64,
    /// When the answer was there; nothing if none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<u64>,
    /// The first operation of the transaction that this one is a part of, where several are one: reads that
    /// a movement was decided on, or the movements of an atomic bulk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<usize>,
    /// What was asked.
    pub asked: Question,
    /// What was answered.
    pub answered: Answer,
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Move money.
    Move(Movement),
    /// The balances of these wallets, as of one moment.
    Read(Vec<WalletId>),
    /// All entries of a wallet.
    List(WalletId),
    /// What neither moves money nor shows it.
    Other,
}

/// Money to be moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// By which route.
    pub verb: Verb,
    /// The wallet that pays; nothing if that is none of the wallets that the target shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<WalletId>,
    /// The wallet that is paid; nothing as for `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<WalletId>,
    /// How much.
    pub amount: Figure,
    /// The idempotency key, with the caller before it where callers have the same keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The routes that move money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// From one wallet to another.
    Transfer,
    /// Into a wallet, from outside.
    Deposit,
    /// Out of a wallet, to outside.
    Withdrawal,
    /// Out of a person's wallet, to the house.
    Spend,
    /// Back to where it came from.
    Reversal,
    /// One row of a payout.
    Payout,
}

/// What a client was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The money was moved.
    Done {
        /// The transaction's id, where the target tells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction: Option<String>,
        /// Its entries, as far as they were shown.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<Entry>,
    },
    /// The balances, in the order in which they were asked for.
    Balances(Vec<Balance>),
    /// The entries, oldest first.
    Lines(Vec<Line>),
    /// No, and nothing was moved.
    Refused {
        /// Why: a stable code.
        code: String,
        /// Whether the target stands by that whenever the key comes again; it does not for what it did not decide,
        /// such as a version conflict or an overload.
        stands: bool,
    },
    /// None, or one that says neither yes nor no: it may have happened, and may yet happen.
    Unclear,
}

/// One side of a movement, as its answer shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose balance it moved.
    pub wallet: WalletId,
    /// By how much; negative if it lowered it.
    pub amount: Figure,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_after: Option<Figure>,
    /// Its number among the wallet's entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// One entry, as a wallet's list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its transaction.
    pub transaction: String,
    /// The key that the movement was asked under, where the list shows it: as the transaction's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// By how much it moved the balance; negative if it lowered it.
    pub amount: Figure,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_after: Option<Figure>,
    /// Its number among the wallet's entries, from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A wallet's balance, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Whose.
    pub wallet: WalletId,
    /// The sum of its entries.
    pub balance: Figure,
    /// How many entries it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}
