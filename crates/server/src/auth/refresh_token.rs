//! Refresh tokens: what keeps a person signed in. Each is good for one exchange, which gives its successor;
//! all that descend from one sign-in are a family. Who presents a token a second time, or whose token was
//! copied, ends the whole family (RFC 9700, 4.14.2).

use super::opaque::{OpaqueSecret, random_bytes, stored_hash};
use florin_ledger::{LedgerId, Timestamp, UserId};
use florin_store::{Actor, Origin, RefreshToken, Rotation, Store, StoreError, User};
use secrecy::SecretString;
use std::time::Duration;

const PREFIX: &str = "frt_";

/// Signs people in for longer than an access token lasts.
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    /// How long a refresh token is good.
    pub lifetime: Duration,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { lifetime: Duration::from_hours(30 * 24) }
    }
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
        let next = OpaqueSecret::generate(PREFIX);
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

    fn expiry(&self, now: Timestamp) -> Timestamp {
        let lifetime_us = i64::try_from(self.lifetime.as_micros()).unwrap_or(i64::MAX);
        Timestamp(now.0.saturating_add(lifetime_us))
    }
}
