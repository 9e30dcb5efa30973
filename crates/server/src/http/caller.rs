//! Who makes a request, from its `Authorization` header.

use super::deadline::before_any_change;
use super::edge::RequestContext;
use super::{ApiError, AppState};
use crate::auth::{IdentifyError, Identity};
use crate::clock;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use florin_api::ProblemCode;

/// Whoever presents a good token.
pub struct Caller(pub Identity);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = bearer_token(parts)?;
        let identified = state.auth.identify(&*state.store, token, clock::now());
        match before_any_change(RequestContext::of(&parts.extensions).deadline, identified).await? {
            Ok(identity) => Ok(Self(identity)),
            Err(IdentifyError::Invalid) => Err(ApiError::invalid(
                ProblemCode::TokenInvalid,
                "The token is none of Florin's, or was revoked. Sign in again.",
            )),
            Err(IdentifyError::Expired) => Err(ApiError::invalid(
                ProblemCode::TokenExpired,
                "The access token has expired. Refresh it, or sign in again.",
            )),
            Err(IdentifyError::Store(error)) => Err(error.into()),
        }
    }
}

/// Nobody, where there is no `Authorization` header; a token that is there must be good.
impl OptionalFromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, ApiError> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await.map(Some)
    }
}

/// RFC 6750, 2.1. The scheme's case does not matter (RFC 9110, 11.1).
fn bearer_token(parts: &Parts) -> Result<&str, ApiError> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none());
    let credentials = value.and_then(|value| value.to_str().ok()?.split_once(' '));
    match credentials {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim_start()),
        _ => Err(ApiError::invalid(
            ProblemCode::AuthenticationRequired,
            "Sign in, and send the access token in one header: Authorization: Bearer <token>.",
        )),
    }
}
