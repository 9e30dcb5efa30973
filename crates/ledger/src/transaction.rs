//! Transactions and their entries: the ledger's records, immutable once settled.

use crate::{
    Amount, AssetCode, Failure, Fingerprint, IdempotencyKey, KeyHash, Metadata, Principal, Reference, Scale,
    Timestamp, TransactionId, Version, WalletId,
};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionType {
    /// From one wallet to another.
    Transfer,
    /// Into a wallet, from outside.
    Deposit,
    /// Out of a wallet, to outside.
    Withdrawal,
    /// To a user's main wallet, from the treasury.
    TopUp,
    /// From a user's main wallet, to revenue.
    Spend,
    /// To a user's main wallet, from the bonus pool.
    Bonus,
    /// A row of a payout.
    Payout,
    /// Undoes an earlier transaction, in full or in part.
    Reversal,
}

impl TransactionType {
    /// All types.
    pub const ALL: [Self; 8] = [
        Self::Transfer,
        Self::Deposit,
        Self::Withdrawal,
        Self::TopUp,
        Self::Spend,
        Self::Bonus,
        Self::Payout,
        Self::Reversal,
    ];

    /// The type's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
            Self::TopUp => "top_up",
            Self::Spend => "spend",
            Self::Bonus => "bonus",
            Self::Payout => "payout",
            Self::Reversal => "reversal",
        }
    }

    /// The type of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Which way an entry moves its wallet's balance, as a bank statement says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Lowers it.
    Debit,
    /// Raises it.
    Credit,
}

impl Direction {
    /// `DEBIT` or `CREDIT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "DEBIT",
            Self::Credit => "CREDIT",
        }
    }

    /// The amount with the sign that it has on a balance.
    #[must_use]
    pub const fn signed(self, amount: Amount) -> Amount {
        match self {
            Self::Debit => amount.negated(),
            Self::Credit => amount,
        }
    }
}

/// One line of a transaction, on one wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The wallet.
    pub wallet: WalletId,
    /// Which way.
    pub direction: Direction,
    /// How much; above zero.
    pub amount: Amount,
    /// What the wallet's posted balance is after it.
    pub balance_after: Amount,
    /// The wallet's version after it: this entry's number on its wallet.
    pub version: Version,
}

/// A transaction's status on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It moved the money.
    Completed,
    /// The ledger refused it, and remembers that under its key.
    Failed,
}

impl Status {
    /// All statuses.
    pub const ALL: [Self; 2] = [Self::Completed, Self::Failed];

    /// `COMPLETED` or `FAILED`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Money moved: one entry on the debited wallet, one on the credited.
    Completed {
        /// The debited wallet's entry.
        debit: Entry,
        /// The credited wallet's entry.
        credit: Entry,
    },
    /// No money moved, for this reason. A retry with the same key gets the same answer.
    Failed(Failure),
}

impl Settlement {
    /// The status that it gives its transaction.
    pub const fn status(&self) -> Status {
        match self {
            Self::Completed { .. } => Status::Completed,
            Self::Failed(_) => Status::Failed,
        }
    }

    /// The entries: debit first; none where it failed.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let entries = match self {
            Self::Completed { debit, credit } => [Some(debit), Some(credit)],
            Self::Failed(_) => [None, None],
        };
        entries.into_iter().flatten()
    }
}

/// One atomic movement of money, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its id; sorts by time.
    pub id: TransactionId,
    /// What it is for.
    pub kind: TransactionType,
    /// What moves.
    pub asset: AssetCode,
    /// The asset's scale.
    pub scale: Scale,
    /// How much; above zero.
    pub amount: Amount,
    /// The debited wallet.
    pub from: WalletId,
    /// The credited wallet.
    pub to: WalletId,
    /// Who asked for it: the scope of its key.
    pub principal: Principal,
    /// The key that it was asked for under.
    pub key: IdempotencyKey,
    /// The hash of scope and key that the database keeps unique.
    pub key_hash: KeyHash,
    /// What was asked for, so that the same key with another body is noticed.
    pub fingerprint: Fingerprint,
    /// The caller's note.
    pub reference: Option<Reference>,
    /// The caller's JSON object.
    pub metadata: Option<Metadata>,
    /// For a reversal: what it undoes.
    pub reverses: Option<TransactionId>,
    /// When it was decided.
    pub created_at: Timestamp,
    /// How it ended.
    pub settlement: Settlement,
}
