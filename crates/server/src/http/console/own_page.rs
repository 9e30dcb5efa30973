//! Proof that a page of Florin's own sent a request. A browser sends the cookie along with whatever any page makes it
//! send; `SameSite` keeps other sites out, but not other programs on other ports of the same machine, nor old
//! browsers. So the browser itself must say that the page is Florin's, and the page must send a header that no form
//! can.

use crate::http::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use florin_api::ProblemCode;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

const X_FLORIN_CONSOLE: &str = "x-florin-console";
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// A request that shows where it comes from.
pub(crate) struct OwnPage;

impl<S: Sync> FromRequestParts<S> for OwnPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        if is_own(&parts.headers) {
            return Ok(Self);
        }
        Err(ApiError::invalid(
            ProblemCode::CrossSiteRequest,
            "This is for Florin's own pages: the browser must say so (Sec-Fetch-Site: same-origin, or this host as \
             Origin), and the page must send X-Florin-Console: 1.",
        ))
    }
}

fn is_own(headers: &HeaderMap) -> bool {
    let is_from_here = match headers.get(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => is_own_origin(headers),
    };
    is_from_here && headers.get(X_FLORIN_CONSOLE).is_some_and(|value| value == "1")
}

/// Browsers send `Sec-Fetch-Site` by HTTPS and on their own machine; elsewhere there is the page's origin. Its scheme
/// says nothing here: a proxy may speak HTTPS for us.
fn is_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    let (Some((_scheme, origin)), Some(host)) = (origin, text(header::HOST)) else { return false };
    origin.eq_ignore_ascii_case(host)
}

impl IntoParams for OwnPage {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let word = |word: &str| ObjectBuilder::new().schema_type(Type::String).enum_values(Some([word]));
        let header = ParameterBuilder::new()
            .name("X-Florin-Console")
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .schema(Some(word("1")))
            .description(Some("Always 1: what no form of another page can send."));
        let site = ParameterBuilder::new()
            .name("Sec-Fetch-Site")
            .parameter_in(ParameterIn::Header)
            .schema(Some(word("same-origin")))
            .description(Some(
                "Browsers send it, and pages cannot. Where it is not there `Origin` must be this host.",
            ));
        vec![header.build(), site.build()]
    }
}

#[cfg(test)]
mod tests {
    fn is_own(lines: &[(&'static str, &'static str)]) -> bool {
        super::is_own(
            &lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect(),
        )
    }

    #[test]
    fn the_browser_and_the_page_must_say_so() {
        let (page, host) = (("x-florin-console", "1"), ("host", "florin.example:3000"));
        let same = ("sec-fetch-site", "same-origin");
        assert!(is_own(&[page, host, same]));
        assert!(is_own(&[page, host, ("origin", "http://florin.example:3000")]));
        assert!(is_own(&[page, host, ("origin", "https://Florin.example:3000")]), "a proxy speaks HTTPS");
        // What the browser says of the site counts more than the origin.
        for site in ["cross-site", "same-site", "none", ""] {
            let site = ("sec-fetch-site", site);
            assert!(!is_own(&[page, host, site, ("origin", "http://florin.example:3000")]), "{site:?}");
        }
        for origin in [
            "null",
            "http://florin.example",
            "http://florin.example:3001",
            "http://evil.example",
            "florin.example:3000",
        ] {
            assert!(!is_own(&[page, host, ("origin", origin)]), "{origin}");
        }
        assert!(!is_own(&[page, host]), "neither");
        assert!(!is_own(&[host, same]), "no header of the page's");
        assert!(!is_own(&[("x-florin-console", "true"), host, same]));
        assert!(!is_own(&[page, ("origin", "http://florin.example:3000")]), "no host to compare with");
    }
}
