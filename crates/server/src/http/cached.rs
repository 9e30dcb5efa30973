//! Answers from the cache: they say how old they are, and who wants none gets none.
//!
//! Nothing that decides may come this way: what moves money or changes a setting reads the store.

use super::{ApiError, AppState};
use crate::cache::{Found, Item, Right};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// Whether the client takes an answer from the cache: not with `Cache-Control: no-cache`.
pub(super) struct TakesCached(pub(super) bool);

impl IntoParams for TakesCached {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name("Cache-Control")
            .parameter_in(ParameterIn::Header)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .example(Some("no-cache".into()))
            .description(Some(
                "`no-cache`: the answer is read from the store, however fresh the cached one is. Others are ignored.",
            ));
        vec![header.build()]
    }
}

impl<S: Sync> FromRequestParts<S> for TakesCached {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let lines = parts.headers.get_all(header::CACHE_CONTROL).iter();
        let mut directives = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
        let refuses = directives.any(|directive| {
            let name = directive.split('=').next().unwrap_or_default().trim();
            ["no-cache", "no-store"].iter().any(|refusal| name.eq_ignore_ascii_case(refusal))
        });
        Ok(Self(!refuses))
    }
}

/// What was asked for, and how old it is where it comes from the cache.
pub(super) struct Cached<T> {
    pub(super) body: T,
    age: Option<Duration>,
}

impl<T> Cached<T> {
    /// The same answer with something else in it.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Cached<U> {
        Cached { body: change(self.body), age: self.age }
    }
}

impl<T: IntoResponse> IntoResponse for Cached<T> {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        if let Some(age) = self.age {
            response.headers_mut().insert(header::AGE, HeaderValue::from(age.as_secs()));
        }
        response
    }
}

/// The item as the cache has it; otherwise as `read` finds it, which the cache then keeps. Whether the caller may
/// see it is judged afterwards, the same for both.
pub(super) async fn cached<T: Serialize + DeserializeOwned>(
    state: &AppState,
    TakesCached(takes_cached): TakesCached,
    item: Item,
    read: impl Future<Output = Result<T, ApiError>>,
) -> Result<Cached<T>, ApiError> {
    let mut right = Right::None;
    if takes_cached {
        match state.cache.find(item).await {
            // What another version of Florin kept may have another form.
            Found::Kept { body, age } => {
                if let Ok(body) = serde_json::from_slice(&body) {
                    return Ok(Cached { body, age: Some(age) });
                }
            }
            Found::Nothing(given) => right = given,
        }
    }
    let body = read.await?;
    if !matches!(right, Right::None) {
        state.cache.keep(right, serde_json::to_vec(&body).expect("what is sent as JSON is JSON")).await;
    }
    Ok(Cached { body, age: None })
}
