//! From the token of a request to who makes it. Both kinds of token come as `Authorization: Bearer`.

use super::external_token::{ExternalTokenError, ExternalTokens};
use super::{
    API_KEY_PREFIX, AccessGrant, AccessTokenError, AccessTokenSettings, AccessTokens, ApiKeys, Approvals,
    Identity, Passwords, PinPepper, Pins, PublicJwk, Sessions, SigningKey,
};
use florin_ledger::{LedgerId, Timestamp};
use florin_store::{Store, StoreError};

/// All that proves who somebody is; one of it serves all requests.
pub struct Auth {
    /// Where people sign in, and where API keys are looked up.
    pub ledger: LedgerId,
    /// What people and operators present.
    pub access_tokens: AccessTokens,
    /// What they may present instead, where an external issuer is configured.
    pub external: Option<ExternalTokens>,
    /// With what others verify our tokens.
    pub public_jwk: PublicJwk,
    /// What keeps them signed in.
    pub sessions: Sessions,
    /// What they sign in with.
    pub passwords: Passwords,
    /// What they move money with.
    pub pins: Pins,
    /// What a right PIN gives for certain movements.
    pub approvals: Approvals,
    /// What services present.
    pub api_keys: ApiKeys,
}

/// Why nobody is identified.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// The token is none of ours, or was revoked.
    #[error("the token is not valid")]
    Invalid,
    /// The access token was good once.
    #[error("the access token has expired")]
    Expired,
    /// The external issuer's token is good, and its subject is nobody here.
    #[error("the subject is nobody here")]
    SubjectUnknown,
    /// The external issuer's keys cannot be had.
    #[error("the issuer's keys are not available")]
    KeysUnavailable,
    /// API keys or subjects cannot be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Signs with this key; PINs are stored under this pepper.
    pub fn new(
        key: &SigningKey,
        access_tokens: AccessTokenSettings,
        sessions: Sessions,
        pepper: PinPepper,
        approvals: Approvals,
    ) -> Self {
        Self {
            ledger: LedgerId::MAIN,
            access_tokens: AccessTokens::new(key, access_tokens),
            external: None,
            public_jwk: key.public_jwk(),
            sessions,
            passwords: Passwords::default(),
            pins: Pins::new(pepper),
            approvals,
            api_keys: ApiKeys::new(),
        }
    }

    /// Who presents this bearer token.
    pub async fn identify(
        &self,
        store: &dyn Store,
        token: &str,
        now: Timestamp,
    ) -> Result<Identity, IdentifyError> {
        if token.starts_with(API_KEY_PREFIX) {
            let api_key = self.api_keys.find(store, self.ledger, token, now).await?;
            return Ok(Identity::service(self.ledger, api_key.ok_or(IdentifyError::Invalid)?));
        }
        match (self.access_tokens.verify(token, now), &self.external) {
            (Ok(AccessGrant { user, role, ledger, .. }), _) if ledger == self.ledger => {
                Ok(Identity::user(ledger, user, role))
            }
            (Err(AccessTokenError::Expired), _) => Err(IdentifyError::Expired),
            // Not one of ours, so it may be the issuer's.
            (Err(AccessTokenError::Invalid), Some(external)) => {
                let (user, role) = external.identify(store, self.ledger, token, now).await?;
                Ok(Identity::user(self.ledger, user, role))
            }
            (Ok(_) | Err(AccessTokenError::Invalid), _) => Err(IdentifyError::Invalid),
        }
    }
}

impl From<ExternalTokenError> for IdentifyError {
    fn from(error: ExternalTokenError) -> Self {
        match error {
            ExternalTokenError::Invalid => Self::Invalid,
            ExternalTokenError::Expired => Self::Expired,
            ExternalTokenError::SubjectUnknown => Self::SubjectUnknown,
            ExternalTokenError::KeysUnavailable => Self::KeysUnavailable,
            ExternalTokenError::Store(error) => Self::Store(error),
        }
    }
}
