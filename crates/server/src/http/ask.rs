//! What the head of every request carries that moves money: who asks, under which key, on which version.

use super::caller::Caller;
use super::edge::RequestContext;
use super::extract::{IfMatch, Key};
use super::{ApiError, AppState};
use crate::auth::Identity;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use florin_ledger::{IdempotencyKey, Version};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

/// A request to move money, without its body.
pub(super) struct Ask {
    /// Who asks.
    pub(super) caller: Identity,
    /// Under which key.
    pub(super) key: IdempotencyKey,
    /// Only if the wallet has this version.
    pub(super) expected_version: Option<Version>,
    /// The request's name, deadline and peer.
    pub(super) context: RequestContext,
}

impl FromRequestParts<AppState> for Ask {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(caller) = <Caller as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        let Key(key) = Key::from_request_parts(parts, state).await?;
        let IfMatch(expected_version) = IfMatch::from_request_parts(parts, state).await?;
        let context = RequestContext::of(&parts.extensions).clone();
        Ok(Self { caller, key, expected_version, context })
    }
}

impl IntoParams for Ask {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        [Key::into_params(&place), IfMatch::into_params(&place)].concat()
    }
}
