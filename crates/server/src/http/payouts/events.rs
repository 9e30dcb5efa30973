//! A payout as it changes: server-sent events (WHATWG HTML, 9.2). Each has the whole payout, so none needs those
//! before it, and whoever reconnects goes on from the newest.

use super::watch::Watcher;
use super::{view, visible};
use crate::auth::{Action, Identity};
use crate::clock;
use crate::http::caller::Caller;
use crate::http::extract::Path;
use crate::http::openapi::problems;
use crate::http::{ApiError, AppState};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use florin_api as api;
use florin_ledger::{PayoutId, Scale};
use florin_store::Payout;
use florin_store::payouts::PayoutState;
use futures_util::stream;
use std::borrow::Cow;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// How long one stream lasts; clients reconnect, with a token that is good then.
const LONGEST: Duration = Duration::from_mins(15);

/// How often something is sent where nothing changes, so that no proxy takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Asks proxies that gather what they pass on not to.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The newest event that the client has seen. What is no version of a payout is none.
pub(in crate::http) struct LastEventId(Option<i64>);

impl LastEventId {
    const NAME: &'static str = "Last-Event-ID";
}

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(Self::NAME).and_then(|value| value.to_str().ok());
        Ok(Self(value.and_then(|text| text.parse().ok())))
    }
}

impl IntoParams for LastEventId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name(Self::NAME)
            .parameter_in(ParameterIn::Header)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .example(Some("12".into()))
            .description(Some("The `id` of the last event that was seen, which is not sent again."));
        vec![header.build()]
    }
}

/// The form of one event, for the document; OpenAPI 3.2 would call it `itemSchema`.
struct PayoutEvent;

impl PartialSchema for PayoutEvent {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let payout = serde_json::json!({ "$ref": format!("#/components/schemas/{}", api::Payout::name()) });
        let data = text()
            .description(Some("The payout, as JSON."))
            .content_media_type("application/json")
            .extensions(Some(Extensions::from_iter([("contentSchema", payout)])));
        ObjectBuilder::new()
            .description(Some("One event of a payout."))
            .property("event", text().enum_values(Some(["payout"])))
            .property("id", text().pattern(Some("^[0-9]+$")).description(Some("The payout's version.")))
            .property("data", data)
            .required("event")
            .required("id")
            .required("data")
            .into()
    }
}

impl ToSchema for PayoutEvent {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PayoutEvent")
    }
}

problems!(EventsProblems: SIGNED_IN + PathInvalid + PayoutNotFound);

/// A payout as it changes, as server-sent events.
///
/// Each event is called `payout`, has the payout's version as its `id`, and the whole payout as its data. The first
/// comes at once, unless `Last-Event-ID` says that it was seen; others when something has changed, a few a second
/// at most. The stream ends with the payout's end, after 15 minutes, or when the server stops: then reconnect. Who
/// reconnects to a payout whose end they have seen is answered 204, so that browsers stop.
#[utoipa::path(
    get, path = "/v1/payouts/{id}/events", tag = "payouts", operation_id = "watch_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4), LastEventId),
    responses(
        (status = 200, description = "The events, one after the other.", body = PayoutEvent, content_type = "text/event-stream"),
        (status = 204, description = "The payout is at its end, and that was seen."),
        EventsProblems,
    ),
)]
pub(in crate::http) async fn watch(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
    Ok(LastEventId(seen)): Result<LastEventId, Infallible>,
) -> Result<Response, ApiError> {
    caller.permit(Action::Read)?;
    let (payout, source) = visible(&state, &caller, PayoutId(id)).await?;
    if is_at_its_end(&payout) && seen == Some(payout.version) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let watcher = Watcher::begin(&state, caller.ledger, payout)?;
    let until = Instant::now() + LONGEST;
    let watching = Watching { state, caller, scale: source.scale, watcher, seen, until, has_ended: false };
    let events = Sse::new(stream::unfold(watching, Watching::next));
    let mut response = events.keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// One stream of events.
struct Watching {
    state: AppState,
    caller: Identity,
    scale: Scale,
    watcher: Watcher,
    /// The newest version that was sent.
    seen: Option<i64>,
    until: Instant,
    /// Whether the end was sent.
    has_ended: bool,
}

impl Watching {
    /// The next event; `None` where there is none any more.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while !self.has_ended {
            let payout = self.watcher.latest();
            self.has_ended = is_at_its_end(&payout);
            if self.seen != Some(payout.version) {
                self.seen = Some(payout.version);
                return Some((Ok(self.event(&payout)), self));
            }
            if !self.has_ended && !timeout_at(self.until, self.watcher.changed()).await.unwrap_or(false) {
                break;
            }
        }
        None
    }

    fn event(&self, payout: &Payout) -> Event {
        let seen = view::payout(&self.state, &self.caller, payout, self.scale, clock::now());
        let data = serde_json::to_string(&seen).expect("a payout is JSON");
        Event::default().event("payout").id(payout.version.to_string()).data(data)
    }
}

/// Whether nothing changes any more, unless somebody asks for it.
fn is_at_its_end(payout: &Payout) -> bool {
    let is_over = match payout.state {
        PayoutState::Pending | PayoutState::Processing | PayoutState::Paused => false,
        PayoutState::Completed
        | PayoutState::PartiallyFailed
        | PayoutState::Failed
        | PayoutState::Cancelled => true,
    };
    is_over && payout.run().is_none()
}
