//! Whatever no route answers: a file of the console's, its page for the addresses that it knows by itself, or that
//! there is nothing.

use super::page::{FOR_BROWSERS, page};
use super::{Console, Files};
use crate::http::{ApiError, AppState};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use florin_api::ProblemCode;

/// The console's page.
pub(super) const INDEX: &str = "index.html";

/// What is said at `/` where there is no console.
const NOT_BUILT: &str = include_str!("not_built.html");

/// First parts of addresses that are not the console's, so that whoever mistakes one is told so.
const NOT_PAGES: [&str; 9] =
    ["v1", "docs", "bundle", "console", ".well-known", "openapi.json", "livez", "readyz", "metrics"];
const SPECIMEN: &str = "lab/specimen";

/// Files with a hash of their content in their names are here.
const HASHED: &str = "bundle/";

/// How browsers may be sent a file that was compressed when the console was built; the better one first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The kinds of files in a bundle.
const CONTENT_TYPES: [(&str, &str); 11] = [
    ("css", "text/css; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
];

/// Answers what no route does.
pub(crate) async fn file_or_page(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = match method {
        Method::GET | Method::HEAD => find(&state.console, uri.path(), &headers),
        _ => None,
    };
    found.ok_or_else(|| {
        let detail = format!("There is nothing at {}. The addresses are listed at /docs.", uri.path());
        ApiError::invalid(ProblemCode::RouteNotFound, detail)
    })
}

fn find(console: &Console, path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.strip_prefix('/')?;
    if let Some(file) = file(console.files, path, headers) {
        return Some(file);
    }
    if !is_page(path, headers) {
        return None;
    }
    match (console.files)(INDEX) {
        Some(index) => Some(page(&String::from_utf8_lossy(&index))),
        None => path.is_empty().then(|| page(NOT_BUILT)),
    }
}

/// A file, compressed if it is there so and the browser takes it so.
fn file(files: Files, path: &str, headers: &HeaderMap) -> Option<Response> {
    let extension = path.rsplit_once('.')?.1;
    let (_, content_type) = CONTENT_TYPES.iter().find(|(known, _)| *known == extension)?;
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let plain = files(path)?;
    let mut compressed = ENCODINGS.iter().filter(|(name, _)| is_accepted(headers, name));
    let compressed = compressed.find_map(|(name, twin)| Some((*name, files(&format!("{path}{twin}"))?)));
    let cache = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let said = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
    let about = [
        said(header::CONTENT_TYPE, content_type),
        said(header::CACHE_CONTROL, cache),
        said(header::VARY, "accept-encoding"),
    ];
    Some(match compressed {
        Some((name, twin)) => {
            (FOR_BROWSERS, about, [said(header::CONTENT_ENCODING, name)], twin).into_response()
        }
        None => (FOR_BROWSERS, about, plain).into_response(),
    })
}

/// Whether an address is the console's own: it has a page for it, or says itself that there is none.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    if path.is_empty() || path == INDEX {
        return true;
    }
    let first = path.split('/').next().unwrap_or_default();
    !NOT_PAGES.contains(&first) && !path.starts_with(SPECIMEN) && asks_for_html(headers)
}

/// Browsers do; programs that lost their way do not.
fn asks_for_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "text/html"))
}

/// Whether a coding is named among those that are accepted, and not with the weight 0 (RFC 9110, 12.5.3).
fn is_accepted(headers: &HeaderMap, name: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        is_named && weight.is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_accepted_if_it_is_named_and_weighs_something() {
        for (line, br, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("GZIP;q=1.0", false, true),
            ("br;q=0, gzip;q=0.001", false, true),
            ("br; q=0.5,gzip;q=0.0", true, false),
            ("identity", false, false),
            ("*", false, false),
            ("brotli, xgzip, br;q=x", false, false),
            ("", false, false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, line.parse().unwrap())]);
            assert_eq!((is_accepted(&headers, "br"), is_accepted(&headers, "gzip")), (br, gzip), "{line}");
        }
        assert!(!is_accepted(&HeaderMap::new(), "br"));
    }

    #[test]
    fn no_file_is_outside_the_bundle_or_of_a_kind_that_it_does_not_have() {
        let everything: Files = |_| Some(b"text".into());
        let found = |path: &str| file(everything, path, &HeaderMap::new()).is_some();
        assert!(found("bundle/index-4f3a.js"));
        for path in [
            "../secret.txt",
            "bundle/../../secret.txt",
            "bundle/..",
            "bundle/key.pem",
            "bundle/x.js.br",
            "js",
        ] {
            assert!(!found(path), "{path}");
        }
    }
}
