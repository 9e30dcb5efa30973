//! Wallets: one owner's balance in one asset.

use crate::AmountText;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A wallet to be created, active and empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWallet {
    /// Whose; a person's own if it is not there. The house must say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 7)]
    pub user_id: Option<i64>,
    /// In which asset.
    #[schema(example = "USD")]
    pub asset: String,
    /// What its owner calls it: `main` if it is not there, which is the wallet of top-ups, spends and
    /// bonuses. Unique among the user's open wallets of the asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "savings", min_length = 1, max_length = 64)]
    pub name: Option<String>,
}

/// A wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Wallet {
    /// Its id.
    #[schema(example = 1)]
    pub id: i64,
    /// The user who owns it; not there where the house does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 7)]
    pub user_id: Option<i64>,
    /// What the house uses it for; not there where a user owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub system_role: Option<SystemRole>,
    /// What it counts.
    #[schema(example = "USD")]
    pub asset: String,
    /// What its owner calls it.
    #[schema(example = "main")]
    pub name: String,
    /// Whether it moves money.
    pub status: WalletStatus,
    /// The sum of all its entries.
    #[schema(example = "100.00")]
    pub posted: String,
    /// What of it is reserved.
    #[schema(example = "0.00")]
    pub held: String,
    /// What can be spent: posted less held, plus the credit limit.
    #[schema(example = "100.00")]
    pub available: String,
    /// How far below zero it may go.
    #[schema(example = "0.00")]
    pub credit_limit: String,
    /// How many entries it has: what `ETag` says and `If-Match` is compared with.
    #[schema(example = 4)]
    pub version: i64,
    /// When it was created.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub created_at: String,
}

/// What the house uses a wallet for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SystemRole {
    /// What top-ups are issued from.
    Treasury,
    /// What bonuses are paid from.
    Bonus,
    /// Where spends go.
    Revenue,
    /// What is outside.
    World,
}

/// Whether a wallet moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WalletStatus {
    /// It does.
    Active,
    /// It does not, until it is active again.
    Frozen,
    /// It never will again.
    Closed,
}

/// What to change about a wallet; what is not there stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletPatch {
    /// Freeze (`frozen`), unfreeze (`active`) or close it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<WalletStatus>,
    /// How far below zero it may go; `"0"` for not at all. At most 18 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_limit: Option<AmountText>,
}

/// Which wallets' balances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BalancesRequest {
    /// The wallets: 1 to 1,000 ids.
    #[schema(example = json!([1, 2, 3]), min_items = 1, max_items = 1000)]
    pub wallet_ids: Vec<i64>,
}

/// Many balances, all as they were at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Balances {
    /// A time not after that moment.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub as_of: String,
    /// The balances, in the order in which they were asked for.
    pub balances: Vec<Balance>,
}

/// A wallet's balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Balance {
    /// The wallet.
    #[schema(example = 1)]
    pub wallet_id: i64,
    /// What it counts.
    #[schema(example = "USD")]
    pub asset: String,
    /// The sum of all its entries.
    #[schema(example = "100.00")]
    pub posted: String,
    /// What of it is reserved.
    #[schema(example = "0.00")]
    pub held: String,
    /// What can be spent.
    #[schema(example = "100.00")]
    pub available: String,
    /// How many entries it has.
    #[schema(example = 4)]
    pub version: i64,
}
