//! Transactions: the ledger's records.

use crate::{Entry, Metadata, ProblemCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
    /// One row of a payout.
    Payout,
    /// Undoes an earlier transaction, in full or in part.
    Reversal,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TransactionStatus {
    /// It moved the money.
    Completed,
    /// The ledger refused it, and remembers that under its key.
    Failed,
}

/// One atomic movement of money; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// Its id, a `UUIDv7`; ids sort by time.
    #[schema(format = "uuid", example = "0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b")]
    pub id: String,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: TransactionType,
    /// How it ended.
    pub status: TransactionStatus,
    /// What moved.
    #[schema(example = "USD")]
    pub asset: String,
    /// How much.
    #[schema(example = "12.50")]
    pub amount: String,
    /// The debited wallet.
    #[schema(example = 1)]
    pub from_wallet_id: i64,
    /// The credited wallet.
    #[schema(example = 2)]
    pub to_wallet_id: i64,
    /// The caller's note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "lunch")]
    pub reference: Option<String>,
    /// The caller's JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metadata: Option<Metadata>,
    /// Of a reversal: the transaction that it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uuid")]
    pub reverses: Option<String>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub failure: Option<Failure>,
    /// Who asked for it; shown to them and to the house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub initiator: Option<Initiator>,
    /// The key under which it was asked for; shown to who did and to the house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4c1a0a2e-lunch")]
    pub idempotency_key: Option<String>,
    /// When it was decided.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub created_at: String,
    /// Its entries, the debit first; none where it failed.
    pub entries: Vec<Entry>,
}

/// Why a transaction failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// The code of the problem that was answered.
    #[schema(example = "insufficient_funds")]
    pub code: ProblemCode,
    /// What there was.
    #[schema(example = "3.00")]
    pub available: String,
    /// What was asked for.
    #[schema(example = "12.50")]
    pub needed: String,
}

/// Who asked for a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Initiator {
    /// A person or an operator, signed in.
    User {
        /// Their id.
        id: i64,
    },
    /// A service.
    ApiKey {
        /// Its key's id.
        id: i64,
    },
}
