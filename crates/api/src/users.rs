//! Users: people and organisations that own wallets, and the operators of the house.

use crate::{ApiKey, SecretText};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A user to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// A name to sign in with, unique. Upper case is taken as lower case.
    #[schema(example = "carol", pattern = "^[A-Za-z][A-Za-z0-9._-]{2,31}$")]
    pub username: String,
    /// An email address, unique. Upper case is taken as lower case.
    #[schema(example = "carol@example.com", format = Email, max_length = 254)]
    pub email: String,
    /// A password.
    #[schema(value_type = String, format = Password, example = "correct horse", min_length = 8, max_length = 128)]
    pub password: SecretText,
    /// What they may do: `user` if it is not there. Only an operator creates operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "user")]
    pub role: Option<Role>,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Uses wallets of their own.
    User,
    /// Runs the house: assets, all wallets, issuing, API keys.
    Operator,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Their id.
    #[schema(example = 7)]
    pub id: i64,
    /// Their name.
    #[schema(example = "carol")]
    pub username: String,
    /// Their email address.
    #[schema(example = "carol@example.com")]
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// When they signed up.
    #[schema(format = DateTime, example = "2026-01-02T03:04:05.678901Z")]
    pub created_at: String,
}

/// Who the token says that you are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Me {
    /// A person or an operator, signed in.
    User(User),
    /// A service.
    ApiKey(ApiKey),
}
