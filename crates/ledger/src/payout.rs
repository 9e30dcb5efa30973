//! Payouts in the ledger's eyes: commands that belong to rows of a batch, and what became of each row.
//!
//! A payout's rows are decided by whoever holds its lease, and by nobody else: the fence counts the leases, and a
//! group under an older one is not looked at. What becomes of a row is written where its transaction is.

use crate::{
    Amount, Caller, Command, Fence, Fingerprint, IdempotencyKey, KeyHash, Movement, Outcome, PayoutId,
    Rejection, RowNumber, Settlement, Timestamp, Transaction, TransactionId,
};

/// What is done with a payout's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunKind {
    /// They are paid.
    Pay,
    /// Those that were paid are reversed.
    Compensate,
}

/// One go at a payout's rows. Each row is decided once in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// Of which payout.
    pub payout: PayoutId,
    /// What is done.
    pub kind: RunKind,
    /// Which go of its kind this is, from 1.
    pub number: i64,
}

/// What a group does for a payout: its commands are those of these rows, one each, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutSlice {
    /// In which run.
    pub run: Run,
    /// Under which lease.
    pub fence: Fence,
    /// Until when the lease is good, once this is committed.
    pub lease_until: Timestamp,
    /// Which rows.
    pub rows: Vec<RowNumber>,
}

impl Run {
    /// The command of a row in this run. Its key is the payout's and the row's own, in a scope that no caller has,
    /// so a row is settled once in a run whoever runs it.
    pub fn command(self, caller: Caller, row: RowNumber, movement: Movement) -> Command {
        let kind = match self.kind {
            RunKind::Pay => "pay",
            RunKind::Compensate => "compensate",
        };
        let text = format!("payout-{}-{kind}-{}-row-{row}", self.payout, self.number);
        let key = IdempotencyKey::parse(&text).expect("short and visible");
        let key_hash = KeyHash::of_payout(self.payout, &key);
        let fingerprint = Fingerprint::of("payout row", text.as_bytes());
        Command { key_hash, ..Command::new(caller, key, fingerprint, movement) }
    }
}

/// What became of a row in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowResult {
    /// It was paid, or what it had paid was reversed.
    Done {
        /// By which transaction.
        transaction: TransactionId,
        /// How much.
        amount: Amount,
        /// Whether nothing is left to do. A reversal of a part leaves the rest.
        is_whole: bool,
    },
    /// It could not be.
    Failed {
        /// The failed transaction, where the refusal was recorded as one.
        transaction: Option<TransactionId>,
        /// Why.
        rejection: Rejection,
    },
}

/// A row that was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// Which.
    pub row: RowNumber,
    /// What became of it.
    pub result: RowResult,
    /// When.
    pub at: Timestamp,
}

/// What a batch changed in a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutChange {
    /// In which run.
    pub run: Run,
    /// Under which lease: the writing statement checks that it is still the payout's.
    pub fence: Fence,
    /// Until when the lease is good now.
    pub lease_until: Timestamp,
    /// Its rows.
    pub rows: Vec<RowChange>,
}

impl PayoutChange {
    /// How many rows were done, how much they moved together, and how many failed.
    pub fn counts(&self) -> (i64, Amount, i64) {
        self.rows.iter().fold((0, Amount::ZERO, 0), |(done, total, failed), row| match row.result {
            RowResult::Done { amount, .. } => {
                let total = total.checked_add(amount).unwrap_or(Amount::MAX);
                (i64::saturating_add(done, 1), total, failed)
            }
            RowResult::Failed { .. } => (done, total, i64::saturating_add(failed, 1)),
        })
    }
}

/// What an outcome says of its row; nothing where a batch before has said it, in the same database transaction in
/// which the key was settled.
pub(crate) fn row_result(outcome: &Outcome, left_of_original: Option<Amount>) -> Option<RowResult> {
    match outcome {
        Outcome::Settled(transaction) => Some(settled(transaction, left_of_original)),
        Outcome::Rejected(rejection) => Some(RowResult::Failed { transaction: None, rejection: *rejection }),
        Outcome::Replayed(_) => None,
    }
}

fn settled(transaction: &Transaction, left_of_original: Option<Amount>) -> RowResult {
    match transaction.settlement {
        Settlement::Completed { .. } => RowResult::Done {
            transaction: transaction.id,
            amount: transaction.amount,
            is_whole: left_of_original.is_none_or(|left| left == Amount::ZERO),
        },
        Settlement::Failed(failure) => {
            RowResult::Failed { transaction: Some(transaction.id), rejection: Rejection::Failure(failure) }
        }
    }
}
