//! Identity: who makes a request, and how they prove it. No secret is kept in a form that signs anybody in,
//! none appears in a log or in `Debug`, and no route decides by itself who may do what.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`access_token`] | short-lived JWTs, signed with [`signing_key`] |
//! | [`password`] | argon2id, on a bounded pool |

pub mod access_token;
mod opaque;
pub mod password;
pub mod signing_key;

pub use access_token::{AccessGrant, AccessTokenError, AccessTokenSettings, AccessTokens};
pub use opaque::OpaqueSecret;
pub use password::{NewPassword, PasswordError, Passwords};
pub use signing_key::{PublicJwk, SigningKey, SigningKeyError};
