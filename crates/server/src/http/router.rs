//! Every route, in one list. What it does is in its resource's file.

use super::edge::{self, Edge};
use super::metrics::HttpMetrics;
use super::openapi::{Base, describe_edge};
use super::{
    ApiError, AppState, api_keys, assets, audit_log, body, bulk, console, entries, external_identities,
    house, ledger, limited, movements, payouts, pins, recipients, sessions, transactions, users, wallets,
    well_known,
};
use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware;
use axum::routing::{any, get};
use florin_api::ProblemCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Routes that read everything, or are sent much, take as long as that takes.
const SLOW_ROUTES: &[(Method, &str, Duration)] = &[
    (Method::POST, "/v1/ledger/audit", Duration::from_mins(10)),
    (Method::PUT, "/v1/payouts/{id}/rows", Duration::from_mins(30)),
    (Method::PATCH, "/v1/payouts/{id}/rows", Duration::from_mins(30)),
];

fn routes() -> OpenApiRouter<AppState> {
    let mut routes = OpenApiRouter::with_openapi(Base::openapi())
        .routes(routes!(users::create_user, users::list_users))
        .routes(routes!(users::get_user))
        .routes(routes!(external_identities::link, external_identities::read, external_identities::unlink))
        .routes(routes!(users::get_me))
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::refresh_tokens))
        .routes(routes!(sessions::log_out))
        .routes(routes!(console::sessions::open_session, console::sessions::end_session))
        .routes(routes!(console::sessions::refresh_session))
        .routes(routes!(pins::set_pin))
        .routes(routes!(pins::reset_pin))
        .routes(routes!(pins::step_up))
        .routes(routes!(api_keys::create_api_key, api_keys::list_api_keys))
        .routes(routes!(api_keys::revoke_api_key))
        .routes(routes!(assets::list, assets::create))
        .routes(routes!(wallets::list, wallets::create))
        .routes(routes!(wallets::balances))
        .routes(routes!(wallets::read, wallets::change))
        .routes(routes!(recipients::find))
        .routes(routes!(entries::list))
        .routes(routes!(movements::transfer))
        .routes(routes!(movements::deposit))
        .routes(routes!(movements::withdraw))
        .routes(routes!(movements::top_up))
        .routes(routes!(movements::spend))
        .routes(routes!(movements::bonus))
        .routes(routes!(bulk::run))
        .routes(routes!(payouts::rows::list, payouts::upload::replace, payouts::upload::mend))
        .routes(routes!(payouts::downloads::errors))
        .routes(routes!(payouts::downloads::results))
        .routes(routes!(transactions::list))
        .routes(routes!(transactions::read))
        .routes(routes!(movements::reverse))
        .routes(routes!(payouts::records::list, payouts::records::create))
        .routes(routes!(payouts::records::read))
        .routes(routes!(payouts::preflight::preflight))
        .routes(routes!(payouts::runs::execute))
        .routes(routes!(payouts::runs::retry))
        .routes(routes!(payouts::runs::compensate))
        .routes(routes!(payouts::steer::approve))
        .routes(routes!(payouts::steer::pause))
        .routes(routes!(payouts::steer::resume))
        .routes(routes!(payouts::steer::cancel))
        .routes(routes!(payouts::events::watch))
        .routes(routes!(ledger::trial_balance))
        .routes(routes!(ledger::audit, ledger::last_audit))
        .routes(routes!(audit_log::list))
        .routes(routes!(well_known::jwks))
        .routes(routes!(console::config::config))
        .routes(routes!(house::livez))
        .routes(routes!(house::readyz))
        .routes(routes!(house::metrics));
    describe_edge(routes.get_openapi_mut());
    routes
}

/// What the server can do, as OpenAPI 3.1.
pub fn openapi_document() -> Document {
    let mut document = routes().into_openapi();
    limited::document(&mut document);
    document
}

/// All routes, and what every request passes before and after them.
pub fn router(state: AppState) -> Router {
    let (router, mut document) = routes().split_for_parts();
    limited::document(&mut document);
    let edge = Edge {
        state: state.clone(),
        request_timeout: state.settings.request_timeout,
        body_timeout: state.settings.body_timeout,
        places: Arc::new(Semaphore::new(state.settings.requests_max)),
        large_bodies: body::places(),
        slow_routes: SLOW_ROUTES,
        metrics: Arc::new(HttpMetrics::new(document.paths.paths.keys().cloned())),
        trusted_proxies: Arc::clone(&state.settings.trusted_proxies),
    };
    let text = document.to_json().expect("the document is JSON");
    let openapi = get(async || ([("content-type", "application/json")], text));
    router
        .route("/openapi.json", openapi)
        .route(console::specimen::ROUTE, any(console::specimen::forward))
        .merge(interactive_documentation())
        .fallback(console::files::file_or_page)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(edge, edge::pass))
        .with_state(state)
}

/// Everything it needs is in the binary, and it asks nobody else.
fn interactive_documentation() -> SwaggerUi {
    let config = Config::from("/openapi.json").validator_url("none").persist_authorization(true);
    SwaggerUi::new("/docs").config(config)
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    let detail = format!("{} does not take {method}. The Allow header says what it takes.", uri.path());
    ApiError::invalid(ProblemCode::MethodNotAllowed, detail)
}
