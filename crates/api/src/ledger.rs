//! Proof that the books balance.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What all wallets hold, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialBalance {
    /// Whether every asset sums to zero.
    pub is_balanced: bool,
    /// The assets, by code.
    pub assets: Vec<AssetTrialBalance>,
}

/// What all wallets of one asset hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetTrialBalance {
    /// The asset.
    #[schema(example = "USD")]
    pub asset: String,
    /// The sum of the lines: zero, or something is wrong.
    #[schema(example = "0.00")]
    pub sum: String,
    /// Users together, and each of the house's wallets.
    pub lines: Vec<TrialBalanceLine>,
}

/// What one kind of owner holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialBalanceLine {
    /// `users`, or the role of a system wallet.
    #[schema(example = "users")]
    pub owner: String,
    /// How many wallets.
    pub wallets: i64,
    /// The sum of their posted balances.
    #[schema(example = "100.00")]
    pub posted: String,
}

/// The audit that a server made last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastAudit {
    /// When it ended.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub as_of: String,
    /// What it found.
    pub report: AuditReport,
}

/// What an audit found: everything derived from the entries again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditReport {
    /// Whether the books are in order.
    pub is_ok: bool,
    /// How many assets were read.
    pub assets: u64,
    /// How many wallets.
    pub wallets: u64,
    /// How many transactions.
    pub transactions: u64,
    /// How many entries.
    pub entries: u64,
    /// Each fault in a sentence; at most 1,000 of them.
    pub faults: Vec<String>,
}
