//! Tokens of an external issuer (OpenID Connect), where one is configured. They prove who somebody is elsewhere;
//! who that is here, and what they may do, is what an operator wrote and the store says, never the token.

use super::issuer_keys::{IssuerKeys, KeyTimes, KeysUnavailable};
use super::opaque::sha256;
use axum::http::Uri;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use florin_ledger::{LedgerId, Timestamp, UserId};
use florin_store::{ExternalIdentity, Role, Store, StoreError};
use quick_cache::sync::Cache;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicU64, Ordering};

/// Whose tokens are accepted.
#[derive(Clone, Debug)]
pub struct ExternalIssuer {
    /// The `iss` of its tokens, byte by byte.
    pub issuer: String,
    /// What must be among the `aud` of its tokens.
    pub audience: String,
    /// Where its keys are; without it, its discovery document says.
    pub jwks_url: Option<Uri>,
    /// When its keys are fetched.
    pub key_times: KeyTimes,
}

/// Why nobody is identified.
#[derive(Debug)]
pub(super) enum ExternalTokenError {
    /// It is not one of the issuer's, or not for us, or not yet.
    Invalid,
    /// It was good once.
    Expired,
    /// It is good, and its subject is nobody here.
    SubjectUnknown,
    /// The issuer has not given its keys for too long.
    KeysUnavailable,
    /// The subject cannot be looked up.
    Store(StoreError),
}

/// Finds users by the tokens of one issuer.
pub struct ExternalTokens {
    issuer: ExternalIssuer,
    keys: IssuerKeys,
    found: Cache<[u8; 32], Found>,
    /// Counts the changes of this process; what was found before the last one is forgotten.
    generation: AtomicU64,
}

/// Who a token was found to be of, for a moment.
#[derive(Clone, Copy)]
struct Found {
    user: UserId,
    role: Role,
    expires_at_s: i64,
    at: Timestamp,
    generation: u64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What is read of the claims; issuers add many of their own.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl ExternalTokens {
    /// By how much the issuer's clock may differ.
    const LEEWAY_S: i64 = 5;
    const LENGTH_MAX: usize = 8 * 1024;
    /// How long a token is believed whose subject another process may have unlinked.
    const REMEMBERED_US: i64 = 1_000_000;
    const REMEMBERED_MAX: usize = 16_384;
    /// Headers that would change what a signature means, or bring a key along.
    const HEADERS_REFUSED: [&str; 9] = ["crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c"];
    /// JWTs of all kinds, and those of RFC 9068.
    const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

    /// Accepts the tokens of this issuer.
    pub fn new(issuer: ExternalIssuer) -> Self {
        let keys = IssuerKeys::new(&issuer.issuer, issuer.jwks_url.clone(), issuer.key_times);
        Self { issuer, keys, found: Cache::new(Self::REMEMBERED_MAX), generation: AtomicU64::new(0) }
    }

    /// The `iss` of the tokens that are accepted.
    pub fn issuer(&self) -> &str {
        &self.issuer.issuer
    }

    /// Who is linked to whom has changed: in this process it holds from this moment on.
    pub fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Who presents this token, and what they may do.
    pub(super) async fn identify(
        &self,
        store: &dyn Store,
        ledger: LedgerId,
        token: &str,
        now: Timestamp,
    ) -> Result<(UserId, Role), ExternalTokenError> {
        if token.len() > Self::LENGTH_MAX {
            return Err(ExternalTokenError::Invalid);
        }
        let hash = sha256(token);
        // Read before the store is: a change meanwhile makes what is found old at once.
        let generation = self.generation.load(Ordering::SeqCst);
        if let Some(found) = self.found.get(&hash).filter(|found| found.is_fresh(now, generation)) {
            return Ok((found.user, found.role));
        }
        let (identity, expires_at_s) = self.verify(token, now).await?;
        let user = store.user_by_external_identity(ledger, identity).await;
        let user = user.map_err(ExternalTokenError::Store)?.ok_or(ExternalTokenError::SubjectUnknown)?;
        let found = Found { user: user.id, role: user.role, expires_at_s, at: now, generation };
        self.found.insert(hash, found);
        Ok((user.id, user.role))
    }

    /// Whom the issuer's token names, and until when.
    async fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(ExternalIdentity, i64), ExternalTokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(ExternalTokenError::Invalid)?;
        let (header, claims) = signed.split_once('.').ok_or(ExternalTokenError::Invalid)?;
        let header: Header = read(header).ok_or(ExternalTokenError::Invalid)?;
        let claims: Claims = read(claims).ok_or(ExternalTokenError::Invalid)?;
        // What needs no key comes first, so that no key is fetched for what is none of ours.
        let identity = self.meant_for_us(&header, &claims).ok_or(ExternalTokenError::Invalid)?;
        let key = match self.keys.find(&header.kid).await {
            Ok(key) => key.ok_or(ExternalTokenError::Invalid)?,
            Err(KeysUnavailable) => return Err(ExternalTokenError::KeysUnavailable),
        };
        let algorithm = key.algorithm(&header.alg).ok_or(ExternalTokenError::Invalid)?;
        let is_signed = jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key.key, algorithm);
        if !is_signed.unwrap_or(false) {
            return Err(ExternalTokenError::Invalid);
        }
        let now_s = now.0.div_euclid(1_000_000);
        if now_s >= claims.exp.saturating_add(Self::LEEWAY_S) {
            return Err(ExternalTokenError::Expired);
        }
        let latest_s = now_s.saturating_add(Self::LEEWAY_S);
        if claims.nbf.is_some_and(|nbf| nbf > latest_s) || claims.iat.is_some_and(|iat| iat > latest_s) {
            return Err(ExternalTokenError::Invalid);
        }
        Ok((identity, claims.exp))
    }

    /// All that does not depend on the key or the time.
    fn meant_for_us(&self, header: &Header, claims: &Claims) -> Option<ExternalIdentity> {
        let is_plain = !Self::HEADERS_REFUSED.iter().any(|name| header.others.contains_key(*name));
        let is_jwt = header
            .typ
            .as_ref()
            .is_none_or(|typ| Self::TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known)));
        let is_for_us = match &claims.aud {
            Audience::One(audience) => *audience == self.issuer.audience,
            Audience::Many(audiences) => audiences.contains(&self.issuer.audience),
        };
        if !(is_plain && is_jwt && is_for_us && claims.iss == self.issuer.issuer) {
            return None;
        }
        ExternalIdentity::new(&claims.iss, &claims.sub)
    }
}

impl Found {
    fn is_fresh(&self, now: Timestamp, generation: u64) -> bool {
        let age_us = now.0.saturating_sub(self.at.0);
        let is_good = now.0.div_euclid(1_000_000) < self.expires_at_s;
        self.generation == generation && is_good && (0..ExternalTokens::REMEMBERED_US).contains(&age_us)
    }
}

fn read<T: for<'text> Deserialize<'text>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
