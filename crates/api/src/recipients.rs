//! Whom one can send to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A wallet that can be paid, and whose it is: what a sender must know, and no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recipient {
    /// Whose it is.
    #[schema(example = 3)]
    pub user_id: i64,
    /// Their name.
    #[schema(example = "bob")]
    pub username: String,
    /// The wallet: what a transfer names as `to_wallet_id`.
    #[schema(example = 12)]
    pub wallet_id: i64,
    /// What it holds.
    #[schema(example = "USD")]
    pub asset: String,
}
