//! HTML, with the headers that keep it to itself: whatever somebody smuggles into a page can load nothing, run
//! nothing and send nothing elsewhere.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};

/// What stands in a page where the nonce belongs.
const PLACEHOLDER: &str = "__CSP_NONCE__";

/// Said with everything that a browser shows.
pub(super) const FOR_BROWSERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Said with pages.
const FOR_PAGES: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    // Its files have other names after the next build.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ),
];

/// A page, with a nonce of its own for the style elements that its scripts make.
pub(super) fn page(template: &str) -> Response {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let policy = HeaderValue::try_from(policy(&nonce)).expect("base64 is a header's value");
    let page = template.replace(PLACEHOLDER, &nonce);
    (FOR_BROWSERS, FOR_PAGES, [(header::CONTENT_SECURITY_POLICY, policy)], page).into_response()
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}
