//! Assets: what is counted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An asset to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAsset {
    /// Its code, for ever.
    #[schema(example = "USD", pattern = "^[A-Z][A-Z0-9_]{0,15}$")]
    pub code: String,
    /// What people call it.
    #[schema(example = "US dollar", min_length = 1, max_length = 64)]
    pub name: String,
    /// Its decimal places, for ever.
    #[schema(example = 2, minimum = 0, maximum = 18)]
    pub scale: u8,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Asset {
    /// Its code.
    #[schema(example = "USD")]
    pub code: String,
    /// What people call it.
    #[schema(example = "US dollar")]
    pub name: String,
    /// Its decimal places.
    #[schema(example = 2)]
    pub scale: u8,
    /// When it was created.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub created_at: String,
    /// The house's wallets of it; shown to the house alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub system_wallets: Option<SystemWallets>,
}

/// The house's wallets of an asset, by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SystemWallets {
    /// What top-ups are issued from.
    pub treasury: i64,
    /// What bonuses are paid from.
    pub bonus: i64,
    /// Where spends go.
    pub revenue: i64,
    /// What is outside: deposits come from it, withdrawals go to it.
    pub world: i64,
}

/// All assets, by code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetList {
    /// The assets.
    pub data: Vec<Asset>,
}
