//! Rate limits over HTTP: what kind of request a route is for, who is refused before anything is done, and what
//! clients are told of their limits.

use super::caller::identify;
use super::edge::RequestContext;
use super::openapi::response;
use super::{ApiError, AppState};
use crate::limits::{Kind, Standing};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use florin_api::ProblemCode;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi as Document, Ref, RefOr};

const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Routes that are not limited, or whose writes are limited more strictly.
const KINDS: &[(&str, Kind)] = &[
    ("/livez", Kind::House),
    ("/readyz", Kind::House),
    ("/metrics", Kind::House),
    ("/v1/users", Kind::Credentials),
    ("/v1/auth/login", Kind::Credentials),
    ("/v1/auth/refresh", Kind::Credentials),
    ("/v1/auth/logout", Kind::Credentials),
    ("/v1/auth/session", Kind::Credentials),
    ("/v1/auth/session/refresh", Kind::Credentials),
    ("/v1/auth/step-up", Kind::Credentials),
    ("/v1/me/pin", Kind::Credentials),
    ("/v1/recipients", Kind::Names),
    ("/v1/transfers", Kind::Movement),
    ("/v1/deposits", Kind::Movement),
    ("/v1/withdrawals", Kind::Movement),
    ("/v1/top-ups", Kind::Movement),
    ("/v1/spends", Kind::Movement),
    ("/v1/bonuses", Kind::Movement),
    ("/v1/transactions/bulk", Kind::Movement),
    ("/v1/transactions/{id}/reverse", Kind::Movement),
    ("/v1/payouts/{id}/execute", Kind::Movement),
    ("/v1/payouts/{id}/retry", Kind::Movement),
    ("/v1/payouts/{id}/compensate", Kind::Movement),
    ("/v1/payouts/{id}/approve", Kind::Movement),
];

/// What a request is for.
pub(super) fn kind(method: &Method, route: Option<&str>) -> Kind {
    match KINDS.iter().find(|(path, _)| Some(*path) == route) {
        Some((_, kind @ (Kind::House | Kind::Names))) => *kind,
        Some((_, kind)) if !method.is_safe() => *kind,
        _ => Kind::Ordinary,
    }
}

/// Lets a request pass that is not too much. Its caller is found out here, for the handler too.
pub(super) async fn pass(
    state: &AppState,
    kind: Kind,
    context: &RequestContext,
    mut request: Request,
    next: Next,
) -> Response {
    if kind == Kind::House {
        return next.run(request).await;
    }
    if let Err(refused) = state.limits.refuses(kind, context.peer) {
        return ApiError::RateLimited(refused).into_response();
    }
    let identified = identify(state, request.headers(), context.deadline).await;
    match state.limits.admit(kind, identified.identity(), context.peer).await {
        Ok(standing) => {
            request.extensions_mut().insert(identified);
            let mut response = next.run(request).await;
            insert_headers(response.headers_mut(), &standing);
            response
        }
        Err(refused) => ApiError::RateLimited(refused).into_response(),
    }
}

/// Tells a client how it stands, unless it was told before of a limit that it has reached.
pub(super) fn insert_headers(headers: &mut HeaderMap, standing: &Standing) {
    if standing.is_empty() || headers.contains_key(RATELIMIT) {
        return;
    }
    let value = |text: String| HeaderValue::try_from(text).expect("names and numbers are a header's value");
    headers.insert(RATELIMIT_POLICY, value(standing.policy_text()));
    headers.insert(RATELIMIT, value(standing.limit_text()));
}

/// Documents on every limited operation that it can be too much, and the headers that say how it stands.
pub(super) fn document(document: &mut Document) {
    let headers = [
        (
            "RateLimit-Policy",
            "The limits that count this request: how many (`q`) in how many seconds (`w`).",
            POLICY,
        ),
        (
            "RateLimit",
            "How many requests are left (`r`), and in how many seconds there is room again (`t`).",
            LIMIT,
        ),
    ];
    let components = document.components.get_or_insert_default();
    for (name, description, example) in headers {
        let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String));
        header.description = Some(description.to_owned());
        header.example = Some(example.into());
        components.headers.insert(name.to_owned(), header.into());
    }
    for (path, item) in &mut document.paths.paths {
        if kind(&Method::GET, Some(path)) == Kind::House {
            continue;
        }
        for operation in operations(item) {
            let too_many = response(&[ProblemCode::RateLimited]);
            operation.responses.responses.insert("429".to_owned(), too_many.into());
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                if !(status.starts_with('2') || status == "429") {
                    continue;
                }
                for (name, ..) in headers {
                    let header = Ref::new(format!("#/components/headers/{name}"));
                    response.headers.insert(name.to_owned(), RefOr::Ref(header));
                }
            }
        }
    }
}

const POLICY: &str = r#""default";q=6000;w=60"#;
const LIMIT: &str = r#""default";r=5999;t=60"#;

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, patch, delete, .. } = item;
    [get, put, post, patch, delete].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::openapi_document;

    #[test]
    fn every_route_that_is_named_exists() {
        let document = openapi_document();
        for (path, _) in KINDS {
            assert!(document.paths.paths.contains_key(*path), "{path}");
        }
    }

    #[test]
    fn every_write_of_money_is_limited_as_such() {
        for (path, item) in &openapi_document().paths.paths {
            let Some(post) = &item.post else { continue };
            if post.tags.as_ref().is_some_and(|tags| tags.iter().any(|tag| tag == "money")) {
                assert_eq!(kind(&Method::POST, Some(path)), Kind::Movement, "{path}");
            }
        }
    }

    #[test]
    fn whatever_takes_a_pin_is_limited_as_such() {
        for (path, item) in &openapi_document().paths.paths {
            let parameters = item.post.iter().flat_map(|post| post.parameters.iter().flatten());
            let mut names = parameters.filter_map(|parameter| match parameter {
                RefOr::T(parameter) => Some(parameter.name.as_str()),
                RefOr::Ref(_) => None,
            });
            if names.any(|name| name == "Transaction-Pin") {
                assert_eq!(kind(&Method::POST, Some(path)), Kind::Movement, "{path}");
            }
        }
    }

    #[test]
    fn reading_is_never_sensitive_but_for_names() {
        for (path, expected) in KINDS {
            let read = kind(&Method::GET, Some(path));
            let is_limited_so = matches!(expected, Kind::House | Kind::Names);
            assert_eq!(read, if is_limited_so { *expected } else { Kind::Ordinary }, "{path}");
        }
        assert_eq!(kind(&Method::POST, None), Kind::Ordinary);
    }
}
