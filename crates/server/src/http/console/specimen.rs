//! The fragile specimen beside the server, for the console's lab: what is sent to `/lab/specimen/…` is passed on to it,
//! so that a browser can break it without leaving the page. It is another process, which knows nothing of Florin;
//! whatever proves who somebody is to Florin is not passed on.

use crate::http::caller::Identified;
use crate::http::edge::{AsItIs, RequestContext};
use crate::http::{ApiError, AppState};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use florin_api::ProblemCode;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::timeout_at;

/// Where it is for browsers.
pub(crate) const ROUTE: &str = "/lab/specimen/{*path}";
const PREFIX: &str = "/lab/specimen";

/// How many requests it is passed at once; the next one is refused.
pub(crate) const AT_ONCE_MAX: usize = 128;

/// The most bytes of a body that is passed on.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// What is passed on beside method, address and body.
const PASSED_ON: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::AUTHORIZATION,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("transaction-pin"),
];

/// Passes a request on, and its answer back, whatever it is.
pub(crate) async fn forward(State(state): State<AppState>, request: Request) -> Result<Response, ApiError> {
    let Some(address) = state.console.specimen else {
        return Err(ApiError::invalid(
            ProblemCode::RouteNotFound,
            "There is no specimen beside this server.",
        ));
    };
    let _place = state.specimen_places.try_acquire().map_err(|_| ApiError::Overloaded)?;
    let context = RequestContext::of(request.extensions()).clone();
    let (parts, body) = request.into_parts();
    let body = context.body.read(body, BODY_BYTES_MAX, context.deadline).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let is_known = parts.extensions.get::<Identified>().is_some_and(|found| found.identity().is_some());
    let mut passed_on = axum::http::Request::builder()
        .method(parts.method)
        .uri(path.strip_prefix(PREFIX).unwrap_or(path))
        .body(Full::new(body))
        .map_err(|error| unavailable(&error))?;
    *passed_on.headers_mut() = headers(&parts.headers, address, is_known);
    let answer = timeout_at(context.deadline, ask(address, passed_on)).await;
    answer.map_err(|_| ApiError::Deadline { is_write: false })?.map_err(|error| unavailable(&*error))
}

fn headers(theirs: &HeaderMap, address: SocketAddr, is_known: bool) -> HeaderMap {
    let passed_on = PASSED_ON.into_iter().filter(|name| !(is_known && name == header::AUTHORIZATION));
    let passed_on = passed_on.filter_map(|name| Some((name.clone(), theirs.get(&name)?.clone())));
    let host = HeaderValue::try_from(address.to_string()).expect("an address is a header's value");
    passed_on.chain([(header::HOST, host)]).collect()
}

async fn ask(
    address: SocketAddr,
    request: axum::http::Request<Full<Bytes>>,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let socket = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    // It ends with the sender.
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
    let mut answer = (parts.status, Body::from(body)).into_response();
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    answer.extensions_mut().insert(AsItIs);
    Ok(answer)
}

fn unavailable(error: &dyn Error) -> ApiError {
    tracing::warn!(%error, "the specimen does not answer");
    ApiError::invalid(ProblemCode::Unavailable, "The specimen does not answer. Start the server anew.")
}
