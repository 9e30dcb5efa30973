//! Who makes a request, from its `Authorization` header. It is found out once, before the request is counted
//! against its limits, and kept for the handler.

use super::deadline::before_any_change;
use super::{ApiError, AppState};
use crate::auth::{IdentifyError, Identity};
use crate::clock;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use florin_api::ProblemCode;
use std::sync::Arc;
use tokio::time::Instant;

/// Whoever presents a good token.
pub struct Caller(pub Identity);

/// Who makes a request, or why that is not known; on its way from the edge to the handler.
#[derive(Clone)]
pub(super) struct Identified(Arc<Result<Identity, ApiError>>);

impl Identified {
    /// Who it is, where that is known.
    pub(super) fn identity(&self) -> Option<&Identity> {
        self.0.as_ref().as_ref().ok()
    }
}

/// Finds out who makes a request.
pub(super) async fn identify(state: &AppState, headers: &HeaderMap, deadline: Instant) -> Identified {
    Identified(Arc::new(find(state, headers, deadline).await))
}

async fn find(state: &AppState, headers: &HeaderMap, deadline: Instant) -> Result<Identity, ApiError> {
    let token = bearer_token(headers)?;
    let identified = state.auth.identify(&*state.store, token, clock::now());
    before_any_change(deadline, identified).await?.map_err(|error| match error {
        IdentifyError::Invalid => ApiError::invalid(
            ProblemCode::TokenInvalid,
            "The token is none of Florin's, or was revoked. Sign in again.",
        ),
        IdentifyError::Expired => ApiError::invalid(
            ProblemCode::TokenExpired,
            "The access token has expired. Refresh it, or sign in again.",
        ),
        IdentifyError::SubjectUnknown => ApiError::invalid(
            ProblemCode::SubjectUnknown,
            "The token is good, but its subject is linked to nobody here. Ask an operator to link it.",
        ),
        IdentifyError::KeysUnavailable => ApiError::invalid(
            ProblemCode::Unavailable,
            "The issuer's keys are not available, so its tokens cannot be checked. Try again later.",
        ),
        IdentifyError::Store(error) => error.into(),
    })
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self, ApiError> {
        let Identified(found) = parts.extensions.remove().expect("every route is behind the edge");
        let found = Arc::into_inner(found).expect("the request is this handler's alone");
        found.map(Self)
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
fn bearer_token(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
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
