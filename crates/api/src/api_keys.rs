//! API keys: how services sign in.

use crate::SecretText;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for.
    #[schema(example = "web shop", min_length = 1, max_length = 64)]
    pub name: String,
    /// What it may do; one scope at least.
    #[schema(example = json!(["read", "transactions:write"]), min_items = 1)]
    pub scopes: Vec<Scope>,
}

/// What an API key may do. It acts for the house: everything in the ledger is within its reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Scope {
    /// Read assets, users, wallets, transactions, entries and proofs.
    #[serde(rename = "read")]
    Read,
    /// Move money.
    #[serde(rename = "transactions:write")]
    TransactionsWrite,
    /// Create and change wallets.
    #[serde(rename = "wallets:write")]
    WalletsWrite,
    /// Create users.
    #[serde(rename = "users:write")]
    UsersWrite,
    /// Create assets.
    #[serde(rename = "assets:write")]
    AssetsWrite,
}

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// Its id.
    #[schema(example = 3)]
    pub id: i64,
    /// What it is for.
    #[schema(example = "web shop")]
    pub name: String,
    /// What it may do.
    #[schema(example = json!(["read", "transactions:write"]))]
    pub scopes: Vec<Scope>,
    /// The operator who created it.
    #[schema(example = 1)]
    pub created_by: i64,
    /// When it was created.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub created_at: String,
    /// Since when it is worth nothing; not there while it is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime, example = "2026-02-03T04:05:06.789012Z")]
    pub revoked_at: Option<String>,
}

/// An API key that was just created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key.
    #[serde(flatten)]
    pub api_key: ApiKey,
    /// What the service sends as `Authorization: Bearer …`. Florin keeps only its hash and shows it this once:
    /// `null` when the creation is replayed. Who lost it revokes the key and creates another.
    #[schema(value_type = Option<String>, example = "fk_8mZb0cG3xk0o2m1v5n7Qw9RtYuIoPaSdFgHjKlZxCvB")]
    pub secret: Option<SecretText>,
}
