//! Signing in, staying signed in, signing out.

use crate::SecretText;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Their name.
    #[schema(example = "alice")]
    pub username: String,
    /// Their password.
    #[schema(value_type = String, format = Password, example = "florin-demo")]
    pub password: SecretText,
}

/// A refresh token, to be exchanged or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshTokenRequest {
    /// The refresh token that came last.
    #[schema(value_type = String, format = Password, example = "frt_8mZb0cG3xk0o2m1v5n7Qw9RtYuIoPaSdFgHjKlZxCvB")]
    pub refresh_token: SecretText,
}

/// Who a user is to the external issuer whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalIdentity {
    /// The issuer, as its tokens name it: their `iss`.
    #[schema(example = "https://issuer.example", min_length = 1, max_length = 255)]
    pub issuer: String,
    /// The user, as the issuer's tokens name them: their `sub`.
    #[schema(example = "248289761001", min_length = 1, max_length = 255)]
    pub subject: String,
}

/// Public keys (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// The keys; a token's header names one by its `kid`.
    pub keys: Vec<Jwk>,
}

/// A public key that verifies access tokens (RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// Its kind.
    #[schema(example = "OKP")]
    pub kty: String,
    /// Its curve.
    #[schema(example = "Ed25519")]
    pub crv: String,
    /// What signs with it.
    #[schema(example = "EdDSA")]
    pub alg: String,
    /// What it is for.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub usage: String,
    /// Its name: its thumbprint (RFC 7638).
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    pub kid: String,
    /// The key.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    pub x: String,
}

/// What a sign-in gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// What to send as `Authorization: Bearer …`.
    #[schema(value_type = String, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6Ii…")]
    pub access_token: SecretText,
    /// How to send it.
    pub token_type: TokenType,
    /// For how many seconds the access token is good.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// What to exchange for the next tokens, once.
    #[schema(value_type = String, example = "frt_8mZb0cG3xk0o2m1v5n7Qw9RtYuIoPaSdFgHjKlZxCvB")]
    pub refresh_token: SecretText,
    /// For how many seconds the refresh token is good.
    #[schema(example = 2_592_000)]
    pub refresh_expires_in: u64,
}

/// What a sign-in gives a browser. What keeps it signed in is in a cookie, which no script can read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrowserSession {
    /// What to send as `Authorization: Bearer …`.
    #[schema(value_type = String, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6Ii…")]
    pub access_token: SecretText,
    /// How to send it.
    pub token_type: TokenType,
    /// For how many seconds the access token is good.
    #[schema(example = 900)]
    pub expires_in: u64,
}

/// How to send an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum TokenType {
    /// In the `Authorization` header (RFC 6750).
    Bearer,
}
