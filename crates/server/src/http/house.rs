//! Is it alive, can it work, how is it doing, what can it do. For operators and their tools; no token needed.

use super::openapi::problems;
use super::{ApiError, AppState};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use florin_api::ProblemCode;

problems!(HouseProblems:);

/// Whether the process answers.
#[utoipa::path(
    get, path = "/livez", tag = "house", security(()),
    responses(
        (status = 200, description = "It does.", body = String, content_type = "text/plain"),
        HouseProblems,
    ),
)]
pub(super) async fn livez() -> &'static str {
    "alive\n"
}

problems!(ReadyzProblems: + Unavailable);

/// Whether requests can be sent here: the store answers, its schema is the right one, and nobody stops it.
#[utoipa::path(
    get, path = "/readyz", tag = "house", security(()),
    responses(
        (status = 200, description = "They can.", body = String, content_type = "text/plain"),
        ReadyzProblems,
    ),
)]
pub(super) async fn readyz(State(state): State<AppState>) -> Result<&'static str, ApiError> {
    if state.is_stopping() {
        return Err(ApiError::invalid(ProblemCode::Unavailable, "The server is stopping."));
    }
    state.store.ready().await?;
    Ok("ready\n")
}

/// Metrics in Prometheus's text format.
#[utoipa::path(
    get, path = "/metrics", tag = "house", security(()),
    responses(
        (status = 200, description = "The metrics.", body = String, content_type = "text/plain"),
        HouseProblems,
    ),
)]
pub(super) async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], state.prometheus.render())
}
