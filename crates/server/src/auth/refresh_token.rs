//! Refresh tokens: what keeps a person signed in. Each is good for one exchange, which gives its successor;
//! all that descend from one sign-in are a family. Who presents a token a second time, or whose token was
//! copied, ends the whole family (RFC 9700, 4.14.2).
//!
//! An exchange whose answer was lost can be repeated for a few seconds
//! ([`REPEATABLE_FOR`](RefreshToken::REPEATABLE_FOR)). It gives the same successor again, though only its hash is
//! kept: a successor is the HMAC of the token before it, under a key that only the server has.

use super::SigningKey;
use super::opaque::{OpaqueSecret, random_bytes, stored_hash};
use florin_ledger::{LedgerId, Timestamp, UserId};
use florin_store::{Actor, Origin, RefreshToken, Rotation, Store, StoreError, User};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use std::time::Duration;

const PREFIX: &str = "frt_";

/// Signs people in for longer than an access token lasts.
#[derive(Debug)]
pub struct Sessions {
    /// How long a refresh token is good.
    pub lifetime: Duration,
    successor_key: SecretBox<[u8; 32]>,
}

/// What became of a refresh token that somebody presented.
#[derive(Debug)]
pub enum Refreshed {
    /// It was good: whose it is, and its successor.
    Good(Box<User>, SecretString),
    /// It was exchanged before; its family is ended.
    Reused,
    /// Unknown, expired, ended, or not even one.
    Invalid,
}

impl Sessions {
    /// How long a refresh token is good where nothing else is set.
    pub const LIFETIME: Duration = Duration::from_hours(30 * 24);

    /// Servers with one signing key repeat each other's exchanges.
    pub fn new(key: &SigningKey, lifetime: Duration) -> Self {
        Self { lifetime, successor_key: key.derived("florin refresh token successor") }
    }

    /// The first refresh token of a sign-in.
    pub async fn start(
        &self,
        store: &dyn Store,
        ledger: LedgerId,
        user: UserId,
        origin: Origin,
        now: Timestamp,
    ) -> Result<SecretString, StoreError> {
        let secret = OpaqueSecret::generate(PREFIX);
        let token = RefreshToken {
            hash: secret.hash,
            family: u128::from_be_bytes(random_bytes()),
            user,
            created_at: now,
            expires_at: self.expiry(now),
        };
        store.start_session(ledger, token, origin.by(Actor::User(user))).await?;
        Ok(secret.text)
    }

    /// Exchanges a refresh token for its successor.
    pub async fn refresh(
        &self,
        store: &dyn Store,
        ledger: LedgerId,
        presented: &str,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Refreshed, StoreError> {
        let Some(old) = stored_hash(PREFIX, presented) else { return Ok(Refreshed::Invalid) };
        let next = self.successor(presented);
        let expires_at = self.expiry(now);
        let rotation = store.rotate_refresh_token(ledger, old, next.hash, expires_at, origin, now).await?;
        Ok(match rotation {
            Rotation::Rotated(user) => Refreshed::Good(Box::new(user), next.text),
            Rotation::Reused => Refreshed::Reused,
            Rotation::Invalid => Refreshed::Invalid,
        })
    }

    /// Ends the family of a refresh token; what is not one ends nothing.
    pub async fn end(
        &self,
        store: &dyn Store,
        ledger: LedgerId,
        presented: &str,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match stored_hash(PREFIX, presented) {
            Some(hash) => store.end_session(ledger, hash, origin, now).await,
            None => Ok(()),
        }
    }

    /// What a token is exchanged for. Without the key nobody can tell it from a random one.
    fn successor(&self, presented: &str) -> OpaqueSecret {
        let key = self.successor_key.expose_secret();
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
        hmac.update(presented.as_bytes());
        OpaqueSecret::of(PREFIX, &hmac.finalize().into_bytes().into())
    }

    fn expiry(&self, now: Timestamp) -> Timestamp {
        let lifetime_us = i64::try_from(self.lifetime.as_micros()).unwrap_or(i64::MAX);
        Timestamp(now.0.saturating_add(lifetime_us))
    }
}
