//! Payouts: many transfers from one wallet, from a file.

use crate::WalletStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A payout to be made, so far without rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayout {
    /// The wallet that pays.
    #[schema(example = 1)]
    pub source_wallet_id: i64,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "salaries of March", min_length = 1, max_length = 64)]
    pub name: Option<String>,
}

/// Where a payout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayoutState {
    /// Its rows can be changed; nothing is paid.
    Pending,
    /// Its rows are being paid.
    Processing,
    /// So they were, and somebody stopped it for a while.
    Paused,
    /// All rows were paid.
    Completed,
    /// Some rows were paid, and all others failed.
    PartiallyFailed,
    /// No row could be paid.
    Failed,
    /// Somebody stopped it for good. What was paid stays paid.
    Cancelled,
}

/// A payout. Its rows, one by one, are at `GET /v1/payouts/{id}/rows`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Payout {
    /// Its id.
    #[schema(example = 4)]
    pub id: i64,
    /// What people call it.
    #[schema(example = "salaries of March")]
    pub name: Option<String>,
    /// The wallet that pays.
    #[schema(example = 1)]
    pub source_wallet_id: i64,
    /// What it pays.
    #[schema(example = "USD")]
    pub asset: String,
    /// Where it stands.
    pub state: PayoutState,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub created_at: String,
    /// Who made it, such as `user:7` or `api_key:3`; `null` to a person where somebody else did.
    #[schema(example = "user:7")]
    pub created_by: Option<String>,
    /// How many rows are in force; 0 before the first good upload.
    #[schema(example = 1200)]
    pub rows: i64,
    /// What they pay together.
    #[schema(example = "84000.00")]
    pub total: String,
    /// SHA-256 over the source and all rows, in hexadecimal: what is executed and approved. `null` without rows.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub digest: Option<String>,
    /// The last upload, while it is under way or has faults; `null` where it is in force.
    pub draft: Option<PayoutDraft>,
    /// Whether somebody else must agree, and has; `null` where nobody must and nobody has.
    pub approval: Option<PayoutApproval>,
    /// How the rows are paid; `null` before it is executed.
    pub payment: Option<PayoutPayment>,
    /// How rows were or are reversed, the last time; `null` where none were.
    pub compensation: Option<PayoutCompensation>,
    /// What has been reversed, over all compensations.
    #[schema(example = "0.00")]
    pub reversed_total: String,
    /// Counts the changes of the payout: what `ETag` says, and the `id` of its events.
    #[schema(example = 12)]
    pub version: i64,
}

/// An upload that is not in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutDraft {
    /// How many rows it has; `null` while it is under way.
    #[schema(example = 1200)]
    pub rows: Option<i64>,
    /// How many of them have faults; `null` while it is under way.
    #[schema(example = 3)]
    pub bad_rows: Option<i64>,
}

/// Whether somebody else must agree with a payout's rows, and has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutApproval {
    /// Whether an operator must agree who neither made nor executes it.
    #[schema(example = true)]
    pub required: bool,
    /// Who has; `null` where nobody has, and to persons.
    #[schema(example = "user:9")]
    pub by: Option<String>,
    /// When; `null` where nobody has.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub at: Option<String>,
}

/// How a payout's rows are paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayoutPayment {
    /// Which go this is: 1 is the execution, and every retry is the next.
    #[schema(example = 1)]
    pub run: i64,
    /// How many rows there are.
    #[schema(example = 1200)]
    pub rows: i64,
    /// How many are paid, over all goes.
    #[schema(example = 700)]
    pub paid_rows: i64,
    /// What they were paid together.
    #[schema(example = "49000.00")]
    pub paid_total: String,
    /// How many failed in this go.
    #[schema(example = 2)]
    pub failed_rows: i64,
    /// How many are not decided in this go.
    #[schema(example = 498)]
    pub pending_rows: i64,
    /// When this go began.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub started_at: String,
    /// When it ended; `null` before.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// How many rows a second were decided since the execution, pauses included; `null` while there is nothing to
    /// tell it from, and for a retry.
    #[schema(example = 2340.5)]
    pub rows_per_second: Option<f64>,
    /// How many seconds the other rows take at this rate; `null` unless they are being paid.
    #[schema(example = 1)]
    pub seconds_left: Option<u64>,
}

/// How rows that were paid are reversed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutCompensation {
    /// Which compensation this is, from 1.
    #[schema(example = 1)]
    pub run: i64,
    /// Of which rows.
    pub selection: CompensationSelection,
    /// Whether a receiver who has spent some gives back the rest.
    pub allow_partial: bool,
    /// How many rows there are to reverse.
    #[schema(example = 20)]
    pub rows: i64,
    /// How many are reversed, in full or in part.
    #[schema(example = 19)]
    pub reversed_rows: i64,
    /// What was taken back.
    #[schema(example = "1330.00")]
    pub reversed_total: String,
    /// How many could not be reversed.
    #[schema(example = 1)]
    pub failed_rows: i64,
    /// When it began.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub started_at: String,
    /// When it ended; `null` before.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// Where it stands.
    pub state: CompensationState,
}

/// Where a compensation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CompensationState {
    /// Its rows are being reversed.
    Processing,
    /// All of them were reversed, some perhaps in part.
    Completed,
    /// Some were, and all others could not be.
    PartiallyFailed,
    /// None could be reversed.
    Failed,
}

/// Which rows a compensation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CompensationSelection {
    /// Whether the rows were named one by one.
    pub named: bool,
    /// From this row on.
    pub first_row: Option<i64>,
    /// Up to this row.
    pub last_row: Option<i64>,
    /// Only what this wallet received.
    pub recipient_wallet_id: Option<i64>,
}

/// What is worth knowing before a payout is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutPreflight {
    /// What to execute or approve: the digest of the rows that this is about.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub digest: String,
    /// How many rows.
    #[schema(example = 1200)]
    pub rows: i64,
    /// What they pay together.
    #[schema(example = "84000.00")]
    pub total: String,
    /// The wallet that pays.
    pub source: PayoutSource,
    /// How much it lacks; `"0.00"` where there is enough.
    #[schema(example = "0.00")]
    pub shortfall: String,
    /// Rows to frozen wallets. They would fail.
    pub frozen: PayoutFinding,
    /// Rows to closed wallets. They would fail.
    pub closed: PayoutFinding,
    /// Rows that pay what an earlier row pays to the same wallet.
    pub duplicates: PayoutFinding,
    /// The rows that pay most, the largest first.
    pub largest: Vec<LargestRow>,
    /// An earlier payout of the same rows from the same wallet; executing this one needs `allow_duplicate`.
    pub likely_duplicate_of: Option<i64>,
    /// Whether somebody else must agree, and has.
    pub approval: PayoutApproval,
    /// Whether it would be executed, and every row paid, as things stand.
    pub ready: bool,
    /// What a person should know first, in sentences.
    pub problems: Vec<String>,
}

/// The wallet that pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutSource {
    /// Which.
    #[schema(example = 1)]
    pub wallet_id: i64,
    /// What it can pay.
    #[schema(example = "90000.00")]
    pub available: String,
    /// Whether it moves money.
    pub status: WalletStatus,
}

/// Rows of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutFinding {
    /// How many.
    #[schema(example = 0)]
    pub count: i64,
    /// The first 100, by their numbers.
    pub rows: Vec<i64>,
}

/// A row that pays much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LargestRow {
    /// Its number.
    #[schema(example = 17)]
    pub row: i64,
    /// Whom it pays, as the file says.
    #[schema(example = "user:bob")]
    pub recipient_id: String,
    /// To which wallet.
    #[schema(example = 2)]
    pub wallet_id: i64,
    /// How much.
    #[schema(example = "5000.00")]
    pub amount: String,
}

/// What is to be executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutePayout {
    /// The digest of the rows that are meant: 64 hexadecimal digits, as the payout and its preflight say it.
    #[schema(
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        pattern = "^[0-9a-f]{64}$"
    )]
    pub digest: String,
    /// Whether it may pay what another payout pays or has paid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(example = false)]
    pub allow_duplicate: bool,
}

/// What an operator agrees with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovePayout {
    /// The digest of the rows that are meant: 64 hexadecimal digits, as the payout and its preflight say it.
    #[schema(
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        pattern = "^[0-9a-f]{64}$"
    )]
    pub digest: String,
}

/// Which rows that were paid are to be reversed: those in `rows`, or those that `filter` matches. One of the two
/// must be there; an empty filter matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompensatePayout {
    /// Rows, by their numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 10_000, example = json!([17, 18]))]
    pub rows: Option<Vec<i64>>,
    /// Rows of a kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<CompensationFilter>,
    /// Whether a receiver who has spent some gives back the rest; otherwise such a row fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(example = false)]
    pub allow_partial: bool,
}

/// Which rows; what is not there does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompensationFilter {
    /// From this row on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 100)]
    pub first_row: Option<i64>,
    /// Up to this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 199)]
    pub last_row: Option<i64>,
    /// Only what this wallet received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 2)]
    pub recipient_wallet_id: Option<i64>,
}

/// The rows of a payout that are to be executed, retried or approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutOperation {
    /// Which payout.
    #[schema(example = 4)]
    pub payout_id: i64,
    /// The digest of its rows.
    #[schema(
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        pattern = "^[0-9a-f]{64}$"
    )]
    pub digest: String,
}

/// The rows of a payout that are to be reversed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompensationOperation {
    /// Which payout.
    #[schema(example = 4)]
    pub payout_id: i64,
    /// Rows, by their numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 10_000, example = json!([17, 18]))]
    pub rows: Option<Vec<i64>>,
    /// Rows of a kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<CompensationFilter>,
    /// Whether a receiver who has spent some gives back the rest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(example = false)]
    pub allow_partial: bool,
}
