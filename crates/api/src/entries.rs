//! Entries: the lines of transactions on wallets.

use crate::TransactionType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which way an entry moves its wallet's balance, as a bank statement says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// Lowers it.
    Debit,
    /// Raises it.
    Credit,
}

/// One line of a transaction, on one wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// The wallet.
    #[schema(example = 1)]
    pub wallet_id: i64,
    /// Which way.
    pub direction: Direction,
    /// How much.
    #[schema(example = "12.50")]
    pub amount: String,
    /// The wallet's posted balance after it; `null` on a wallet that the caller may not see.
    #[schema(example = "87.50")]
    pub balance_after: Option<String>,
    /// The wallet's version after it; `null` on a wallet that the caller may not see.
    #[schema(example = 4)]
    pub version: Option<i64>,
}

/// One line of a wallet's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    /// The wallet.
    #[schema(example = 1)]
    pub wallet_id: i64,
    /// The wallet's version after it: its number in the history.
    #[schema(example = 4)]
    pub version: i64,
    /// Which way.
    pub direction: Direction,
    /// How much.
    #[schema(example = "12.50")]
    pub amount: String,
    /// The wallet's posted balance after it.
    #[schema(example = "87.50")]
    pub balance_after: String,
    /// Its transaction.
    #[schema(format = "uuid", example = "0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b")]
    pub transaction_id: String,
    /// The transaction's type.
    #[serde(rename = "type")]
    pub kind: TransactionType,
    /// The wallet on the other side.
    #[schema(example = 2)]
    pub counterparty_wallet_id: i64,
    /// The note on the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "lunch")]
    pub reference: Option<String>,
    /// When.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub created_at: String,
}
