//! What every request passes: it gets a name, a deadline and a place, or is refused at once; a panic becomes an
//! answer, a problem becomes a body, and what happened is counted and logged. One layer, because every layer costs
//! every request.

use super::body::BodyTerms;
use super::deadline;
use super::error::{ApiError, PendingProblem};
use super::metrics::HttpMetrics;
use super::peer::{Peer, client_address};
use super::{AppState, limited};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use florin_api::{Problem, ProblemCode};
use florin_store::{Actor, Origin};
use futures_util::FutureExt;
use ipnet::IpNet;
use std::any::Any;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const REQUEST_ID_LENGTH_MAX: usize = 128;

/// The most headers of a request. From 101 on hyper refuses it itself, without a body.
const HEADERS_MAX: usize = 64;

/// How long a handler may go on after the deadline, to give a better answer than this layer could.
const GRACE: Duration = Duration::from_millis(50);

/// What must answer also when nothing else does.
const ALWAYS_ADMITTED: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// What a request is given when it arrives.
#[derive(Clone)]
pub struct RequestContext {
    /// Its name, in logs and problems: the client's own, or a new one.
    pub id: HeaderValue,
    /// When it must be answered.
    pub deadline: Instant,
    /// Where it comes from; `None` where no connection brought it.
    pub peer: Option<IpAddr>,
    /// How its body is taken.
    pub(super) body: BodyTerms,
}

impl RequestContext {
    /// The request's name as text.
    pub fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    /// What this request was given.
    pub(super) fn of(extensions: &Extensions) -> &Self {
        extensions.get().expect("every route is behind the edge")
    }

    /// The request's origin, for the audit log.
    pub(super) fn origin(&self, actor: Actor) -> Origin {
        Origin { actor, peer: self.peer, request_id: Some(self.id().to_owned()) }
    }
}

/// On an answer of somebody else's that goes through unchanged, whatever its status.
#[derive(Clone, Copy)]
pub(super) struct AsItIs;

/// What the layer works with.
#[derive(Clone)]
pub(super) struct Edge {
    pub(super) state: AppState,
    pub(super) request_timeout: Duration,
    pub(super) body_timeout: Duration,
    /// One permit a large body.
    pub(super) large_bodies: Arc<Semaphore>,
    /// One permit a request that may be under way.
    pub(super) places: Arc<Semaphore>,
    /// Deadlines of routes that may take longer, by their methods and paths.
    pub(super) slow_routes: &'static [(Method, &'static str, Duration)],
    pub(super) metrics: Arc<HttpMetrics>,
    /// Whose `X-Forwarded-For` is believed.
    pub(super) trusted_proxies: Arc<[IpNet]>,
}

/// The layer.
pub(super) async fn pass(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let arrived_at = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let mut context = RequestContext {
        id: request_id(&request),
        deadline: arrived_at + edge.time_for(&method, route),
        peer: edge.peer(&request),
        body: BodyTerms::new(edge.body_timeout, Arc::clone(&edge.large_bodies)),
    };
    let answered = match edge.admit(&request, route, arrived_at, &mut context) {
        Ok(_place) => answer(&edge.state, request, route, next, &context).await,
        Err(refusal) => Err(refusal),
    };
    let mut response = answered.unwrap_or_else(ApiError::into_response);

    let is_ours = response.extensions().get::<AsItIs>().is_none();
    if is_ours && (response.status().is_client_error() || response.status().is_server_error()) {
        response = with_problem(response, &context, &method, route);
    }
    response.headers_mut().insert(X_REQUEST_ID, context.id.clone());
    let took = arrived_at.elapsed();
    edge.metrics.record(route, &method, response.status(), took);
    tracing::debug!(request_id = context.id(), %method, route, status = response.status().as_u16(), ?took);
    response
}

/// The route's answer, or why there is none.
async fn answer(
    state: &AppState,
    mut request: Request,
    route: Option<&str>,
    next: Next,
    context: &RequestContext,
) -> Result<Response, ApiError> {
    let is_write = !request.method().is_safe();
    request.extensions_mut().insert(context.clone());
    let kind = limited::kind(request.method(), route);
    let handled = limited::pass(state, kind, context, request, next);
    let handled = AssertUnwindSafe(handled).catch_unwind();
    match timeout_at(context.deadline + GRACE, handled).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(panic)) => Err(ApiError::Panic(panic_text(&*panic))),
        Err(_) => Err(ApiError::Deadline { is_write }),
    }
}

impl Edge {
    /// Lets a request in, with the deadline that it asks for, if that is the earlier one.
    fn admit(
        &self,
        request: &Request,
        route: Option<&str>,
        arrived_at: Instant,
        context: &mut RequestContext,
    ) -> Result<Option<SemaphorePermit<'_>>, ApiError> {
        if request.headers().len() > HEADERS_MAX {
            let detail = format!("A request may have {HEADERS_MAX} headers. Send fewer.");
            return Err(ApiError::invalid(ProblemCode::HeadersTooMany, detail));
        }
        if let Some(time) = deadline::requested(request.headers())? {
            context.deadline = context.deadline.min(arrived_at + time);
        }
        if route.is_some_and(|route| ALWAYS_ADMITTED.contains(&route)) {
            return Ok(None);
        }
        self.places.try_acquire().map(Some).map_err(|_| ApiError::Overloaded)
    }

    fn time_for(&self, method: &Method, route: Option<&str>) -> Duration {
        let slow = self.slow_routes.iter().find(|(taken, path, _)| (taken, Some(*path)) == (method, route));
        slow.map_or(self.request_timeout, |(_, _, time)| *time)
    }

    fn peer(&self, request: &Request) -> Option<IpAddr> {
        let Peer(peer) = request.extensions().get()?;
        Some(client_address(peer.ip(), request.headers(), &self.trusted_proxies))
    }
}

/// The client's name for the request if it is a sane one, so that its logs and ours can be put side by side.
fn request_id(request: &Request) -> HeaderValue {
    let sane = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        let is_sane = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=REQUEST_ID_LENGTH_MAX).contains(&bytes.len()) && bytes.iter().all(is_sane)
    };
    let theirs = request.headers().get(X_REQUEST_ID).filter(sane).cloned();
    theirs.unwrap_or_else(|| {
        let random = format!("{:032x}", rand::random::<u128>());
        HeaderValue::try_from(random).expect("hexadecimal digits are a header's value")
    })
}

/// The problem as a body, with the request's name in it; what operators must know goes to the log.
fn with_problem(
    mut response: Response,
    context: &RequestContext,
    method: &Method,
    route: Option<&str>,
) -> Response {
    let pending = response.extensions_mut().remove::<PendingProblem>();
    let PendingProblem { mut problem, internal_text } = pending
        .unwrap_or_else(|| PendingProblem { problem: foreign(response.status()), internal_text: None });
    context.id().clone_into(&mut problem.request_id);
    // What is shed is counted: a line for each would cost more than the refusal.
    if problem.status >= 500 && problem.code != ProblemCode::Overloaded {
        let code = problem.code.as_str();
        let cause = internal_text.as_deref().unwrap_or_default();
        tracing::error!(request_id = context.id(), %method, route, code, cause, "a request failed");
    }
    let body = serde_json::to_vec(&problem).expect("a problem is JSON");
    *response.body_mut() = Body::from(body);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
    response
}

/// The problem of an answer that is not ours: the framework's and the interactive documentation's.
fn foreign(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => (ProblemCode::RouteNotFound, "There is nothing here."),
        StatusCode::METHOD_NOT_ALLOWED => (ProblemCode::MethodNotAllowed, "Another method is needed here."),
        _ => (ProblemCode::Internal, "Something is wrong with the server."),
    };
    Problem { status: status.as_u16(), ..Problem::new(code, detail) }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
