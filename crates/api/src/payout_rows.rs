//! The rows of a payout: what an upload came to, and what became of each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayoutRowState {
    /// Something is wrong with it, so its upload is not in force.
    Invalid,
    /// It is to be paid.
    Pending,
    /// It was paid.
    Paid,
    /// It could not be paid.
    Failed,
    /// It was not paid before the payout was cancelled.
    Cancelled,
}

impl PayoutRowState {
    /// The state's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "INVALID",
            Self::Pending => "PENDING",
            Self::Paid => "PAID",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What became of a row's reversal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowCompensationState {
    /// All that was left of it was reversed.
    Reversed,
    /// A part was.
    PartiallyReversed,
    /// It could not be reversed.
    Failed,
}

impl RowCompensationState {
    /// The state's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reversed => "REVERSED",
            Self::PartiallyReversed => "PARTIALLY_REVERSED",
            Self::Failed => "FAILED",
        }
    }
}

/// One row of a payout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutRow {
    /// Its number, from 1.
    #[schema(example = 17)]
    pub row: i64,
    /// The line of the file in which it stood.
    #[schema(example = 18)]
    pub line: i64,
    /// Whom it pays, as the file says.
    #[schema(example = "user:bob")]
    pub recipient_id: String,
    /// To which wallet; `null` where something is wrong with the row.
    #[schema(example = 2)]
    pub wallet_id: Option<i64>,
    /// How much; as the file says where something is wrong with the row.
    #[schema(example = "12.50")]
    pub amount: String,
    /// The note on the transaction.
    #[schema(example = "June")]
    pub reference: Option<String>,
    /// The longer text.
    #[schema(example = "For the first week")]
    pub memo: Option<String>,
    /// Where it stands.
    pub state: PayoutRowState,
    /// Why it failed, as a problem's code; or in sentences what is wrong with it.
    #[schema(example = "wallet_frozen")]
    pub error: Option<String>,
    /// The transaction that paid it, or recorded why not.
    #[schema(format = "uuid", example = "0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b")]
    pub transaction_id: Option<String>,
    /// When it was paid, or failed.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub settled_at: Option<String>,
    /// What became of its reversal; `null` where there was no try.
    pub compensation: Option<RowCompensationState>,
    /// How much of it was reversed, over all compensations; `null` without any.
    #[schema(example = "12.50")]
    pub reversed_amount: Option<String>,
    /// Why it could not be reversed, as a problem's code.
    #[schema(example = "insufficient_funds")]
    pub compensation_error: Option<String>,
    /// The transaction that reversed it, or recorded why not.
    #[schema(format = "uuid")]
    pub compensation_transaction_id: Option<String>,
}

/// An upload that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutUpload {
    /// How many rows.
    #[schema(example = 1200)]
    pub rows: i64,
    /// How many of them are good: all.
    #[schema(example = 1200)]
    pub good_rows: i64,
    /// How many have faults: none, or they would not be in force.
    #[schema(example = 0)]
    pub bad_rows: i64,
    /// What they pay together.
    #[schema(example = "84000.00")]
    pub total: String,
    /// SHA-256 over the source and all rows, in hexadecimal: what is executed and approved.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub digest: String,
}

/// What is wrong with one cell of a row that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    /// The row's number, from 1.
    #[schema(example = 17)]
    pub row: i64,
    /// The line of the file in which it begins.
    #[schema(example = 18)]
    pub line: i64,
    /// The column; `row` where it is the row as a whole.
    #[schema(example = "amount")]
    pub column: String,
    /// The stable name of what is wrong.
    #[schema(example = "amount_too_precise")]
    pub code: String,
    /// What is wrong, and what to do about it.
    #[schema(example = "The amount has more decimals than the 2 that the asset has.")]
    pub detail: String,
}
