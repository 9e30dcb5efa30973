//! The answer to a request that made something: the same, byte for byte, however often it is asked for.

use super::ApiError;
use super::error::IDEMPOTENCY_REPLAYED;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use florin_api::ProblemCode;
use florin_store::Created;
use serde::Serialize;

/// What was made.
pub(super) struct Answer<T> {
    /// What it is.
    pub(super) body: T,
    /// Where it can be read, if it has an address of its own.
    pub(super) location: Option<String>,
    /// Whether it was made by an earlier request with the same key.
    pub(super) is_replay: bool,
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Some(location) = self.location {
            let location = HeaderValue::try_from(location).expect("addresses of ours are visible ASCII");
            headers.insert(header::LOCATION, location);
        }
        if self.is_replay {
            headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// What a creation made, and whether this request did it.
pub(super) fn made<T>(created: Created<T>) -> Result<(T, bool), ApiError> {
    match created {
        Created::New(it) => Ok((it, false)),
        Created::Replayed(it) => Ok((it, true)),
        Created::KeyReused => Err(florin_ledger::Rejection::KeyReused.into()),
        Created::Refused(refusal) => Err(refusal.into()),
    }
}

/// A name of 1 to 64 printable characters.
pub(super) fn name(text: &str) -> Result<&str, ApiError> {
    let is_name = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_name {
        return Ok(text);
    }
    Err(ApiError::invalid_field(ProblemCode::NameInvalid, "name", "A name has 1 to 64 printable characters."))
}
