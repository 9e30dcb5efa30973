//! Access tokens: JWTs signed with Ed25519 (RFC 8037) in the profile of RFC 9068 (`typ: at+jwt`).
//!
//! Florin issues every token that it accepts, so verification is narrow: the header must be the very one that
//! Florin writes, every claim must be there in its one type, and nothing is left to defaults of the library.
//! A token is believed until it expires; what may end sooner is its refresh token.

use super::SigningKey;
use super::opaque::{random_bytes, sha256};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use florin_ledger::{LedgerId, Timestamp, UserId};
use florin_store::Role;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who issues tokens, for whom, and for how long.
#[derive(Clone, Debug)]
pub struct AccessTokenSettings {
    /// The `iss` of every token.
    pub issuer: String,
    /// The `aud` of every token.
    pub audience: String,
    /// How long one is good.
    pub lifetime: Duration,
}

impl Default for AccessTokenSettings {
    fn default() -> Self {
        Self { issuer: "florin".to_owned(), audience: "florin".to_owned(), lifetime: Duration::from_mins(15) }
    }
}

/// What a token says that was found to be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessGrant {
    /// Who signed in.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// Where.
    pub ledger: LedgerId,
    not_before_s: i64,
    expires_at_s: i64,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// It is not one of ours, or not yet.
    #[error("the access token is not valid")]
    Invalid,
    /// It was one of ours.
    #[error("the access token has expired")]
    Expired,
}

/// The claims, all of them required. A number is an integer and nothing else; duplicates are refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    role: String,
    ledger: i64,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// Issues and verifies access tokens.
pub struct AccessTokens {
    settings: AccessTokenSettings,
    header: Header,
    validation: Validation,
    signing: EncodingKey,
    verifying: DecodingKey,
    /// Tokens that were verified, by their SHA-256: a signature costs as much as the rest of a request.
    verified: Cache<[u8; 32], AccessGrant>,
}

impl AccessTokens {
    /// By how much the clocks of servers that share a key may differ.
    const LEEWAY_S: i64 = 5;
    /// Ours have under 600 bytes with any sensible issuer.
    const LENGTH_MAX: usize = 2048;
    /// The longest life of a token that a server with another setting issued.
    const FOREIGN_LIFETIME_MAX_S: i64 = 24 * 60 * 60;
    /// How many verified tokens are remembered.
    const VERIFIED_MAX: usize = 16_384;

    /// Issues and verifies with this key. Proves first that a token of ours is accepted and an altered one is
    /// not: the library's cryptography is chosen at run time, and a wrong choice must show at the start.
    ///
    /// # Panics
    ///
    /// When that proof fails.
    pub fn new(key: &SigningKey, settings: AccessTokenSettings) -> Self {
        // Fails where it is installed already, which is as good.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key.kid().to_owned());
        let tokens = Self {
            settings,
            header,
            validation: signature_only(),
            signing: key.encoding_key(),
            verifying: key.decoding_key(),
            verified: Cache::new(Self::VERIFIED_MAX),
        };
        tokens.test_itself();
        tokens
    }

    /// How long a token is good.
    pub fn lifetime(&self) -> Duration {
        self.settings.lifetime
    }

    /// A token for a user who has proved who they are.
    pub fn issue(&self, user: UserId, role: Role, ledger: LedgerId, now: Timestamp) -> SecretString {
        let now_s = seconds(now);
        let lifetime_s = i64::try_from(self.settings.lifetime.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: user.to_string(),
            role: role.as_str().to_owned(),
            ledger: ledger.0,
            iat: now_s,
            nbf: now_s,
            exp: now_s.saturating_add(lifetime_s),
            jti: URL_SAFE_NO_PAD.encode(random_bytes::<16>()),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.signing);
        token.expect("the key signed a token when it was taken into use").into()
    }

    /// What a token says, if it is ours and good at this time.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessGrant, AccessTokenError> {
        if token.len() > Self::LENGTH_MAX {
            return Err(AccessTokenError::Invalid);
        }
        let hash = sha256(token);
        if let Some(grant) = self.verified.get(&hash) {
            return grant.at(now);
        }
        let grant = self.read(token).ok_or(AccessTokenError::Invalid)?.at(now)?;
        self.verified.insert(hash, grant);
        Ok(grant)
    }

    /// All that does not depend on the time.
    fn read(&self, token: &str) -> Option<AccessGrant> {
        // The header is compared whole before the signature is looked at: no other algorithm, key, type or
        // critical extension can come into play.
        if jsonwebtoken::decode_header(token).ok()? != self.header {
            return None;
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation).ok()?.claims;
        if claims.iss != self.settings.issuer || claims.aud != self.settings.audience {
            return None;
        }
        // Ours is good from when it is issued, and never for this long.
        if claims.iat > claims.nbf || claims.exp.checked_sub(claims.iat)? > self.lifetime_max_s() {
            return None;
        }
        Some(AccessGrant {
            user: user_id(&claims.sub)?,
            role: Role::parse(&claims.role)?,
            ledger: LedgerId(claims.ledger),
            not_before_s: claims.nbf,
            expires_at_s: claims.exp,
        })
    }

    /// What is issued now, or what another server with other settings may have issued.
    fn lifetime_max_s(&self) -> i64 {
        let issued_s = i64::try_from(self.settings.lifetime.as_secs()).unwrap_or(i64::MAX);
        issued_s.max(Self::FOREIGN_LIFETIME_MAX_S)
    }

    fn test_itself(&self) {
        let now = Timestamp(0);
        let token = self.issue(UserId(1), Role::User, LedgerId::MAIN, now);
        let token = token.expose_secret();
        let accepted = self.read(token).is_some_and(|grant| grant.at(now).is_ok());
        let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
        let reversed: String = signature.chars().rev().collect();
        let altered_is_refused = self.read(&format!("{signed}.{reversed}")).is_none();
        assert!(
            accepted && altered_is_refused,
            "the signing key does not sign, or signatures are not checked"
        );
    }
}

impl AccessGrant {
    /// Checked at each use, remembered or not.
    fn at(self, now: Timestamp) -> Result<Self, AccessTokenError> {
        let now_s = seconds(now);
        if now_s >= self.expires_at_s.saturating_add(AccessTokens::LEEWAY_S) {
            return Err(AccessTokenError::Expired);
        }
        if now_s < self.not_before_s.saturating_sub(AccessTokens::LEEWAY_S) {
            return Err(AccessTokenError::Invalid);
        }
        Ok(self)
    }
}

/// The library checks the signature; the claims are checked here, against the time that is passed in.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// An id as it is issued: no sign, no leading zeros.
fn user_id(text: &str) -> Option<UserId> {
    let id = UserId(text.parse().ok()?);
    (id.0 > 0 && id.to_string() == text).then_some(id)
}

fn seconds(time: Timestamp) -> i64 {
    time.0.div_euclid(1_000_000)
}

#[cfg(test)]
mod tests;
