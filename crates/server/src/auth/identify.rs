//! From the token of a request to who makes it. Both kinds of token come as `Authorization: Bearer`.

use super::{
    API_KEY_PREFIX, AccessTokenError, AccessTokenSettings, AccessTokens, ApiKeys, Approvals, Identity,
    Passwords, PinPepper, Pins, Sessions, SigningKey,
};
use florin_ledger::{LedgerId, Timestamp};
use florin_store::{Store, StoreError};

/// All that proves who somebody is; one of it serves all requests.
pub struct Auth {
    /// Where people sign in, and where API keys are looked up.
    pub ledger: LedgerId,
    /// What people and operators present.
    pub access_tokens: AccessTokens,
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
    /// API keys cannot be looked up.
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
        let grant = self.access_tokens.verify(token, now).map_err(|error| match error {
            AccessTokenError::Invalid => IdentifyError::Invalid,
            AccessTokenError::Expired => IdentifyError::Expired,
        })?;
        if grant.ledger != self.ledger {
            return Err(IdentifyError::Invalid);
        }
        Ok(Identity::user(grant.ledger, grant.user, grant.role))
    }
}
