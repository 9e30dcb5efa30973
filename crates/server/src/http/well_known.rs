//! With what others verify the tokens that Florin issues.

use super::AppState;
use super::openapi::problems;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use florin_api as api;

problems!(JwksProblems:);

/// How long others may keep the keys.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The public keys of access tokens, as a JWK set (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "read_jwks", tag = "house", security(()),
    responses(
        (status = 200, description = "The keys. They may be kept for five minutes.", body = api::JwkSet),
        JwksProblems,
    ),
)]
pub(super) async fn jwks(State(state): State<AppState>) -> impl IntoResponse {
    let jwk = &state.auth.public_jwk;
    let jwk = api::Jwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        alg: "EdDSA".to_owned(),
        usage: "sig".to_owned(),
        kid: jwk.kid.clone(),
        x: jwk.x.clone(),
    };
    ([(header::CACHE_CONTROL, CACHE_CONTROL)], axum::Json(api::JwkSet { keys: vec![jwk] }))
}
