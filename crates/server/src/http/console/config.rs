//! What the console is told of the server before anybody has signed in. Nothing of it is a secret: a demo's users
//! are in its greeting and in its documentation.

use crate::http::AppState;
use crate::http::openapi::problems;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use florin_api::ConsoleConfig;

problems!(ConfigProblems:);

/// What the console's pages depend on.
#[utoipa::path(
    get, path = "/console/config.json", operation_id = "read_console_config", tag = "house", security(()),
    responses((status = 200, description = "What the server is.", body = ConsoleConfig), ConfigProblems),
)]
pub(crate) async fn config(State(state): State<AppState>) -> impl IntoResponse {
    let console = &state.console;
    let config = ConsoleConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        demo: console.is_demo,
        lab: console.specimen.is_some(),
        store: console.store,
    };
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], axum::Json(config))
}
