//! The cookie that keeps a browser signed in: a refresh token that no script can read, and that goes to the
//! addresses of sessions alone.

use crate::http::AppState;
use crate::http::peer::{Peer, came_by_https};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use std::convert::Infallible;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// The cookie's name.
pub(super) const NAME: &str = "florin_session";
/// Where it goes.
const PATH: &str = "/v1/auth/session";

/// The cookie of a request, and how an answer sets the next one.
pub(crate) struct SessionCookie {
    presented: SecretString,
    /// Whether the browser may send it by HTTPS alone.
    is_secure: bool,
}

impl SessionCookie {
    /// The refresh token in it; nothing where there is no cookie.
    pub(super) fn presented(&self) -> &str {
        self.presented.expose_secret()
    }

    /// Sets it.
    pub(super) fn set(&self, token: &SecretString, lifetime: Duration) -> HeaderValue {
        self.value(token.expose_secret(), lifetime.as_secs())
    }

    /// Takes it away.
    pub(super) fn clear(&self) -> HeaderValue {
        self.value("", 0)
    }

    fn value(&self, token: &str, age_seconds_max: u64) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!(
            "{NAME}={token}; Path={PATH}; Max-Age={age_seconds_max}; HttpOnly; SameSite=Strict{secure}"
        );
        let mut value = HeaderValue::try_from(text).expect("base64url and numbers are a header's value");
        value.set_sensitive(true);
        value
    }
}

impl FromRequestParts<AppState> for SessionCookie {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let settings = &state.settings;
        let peer = parts.extensions.get::<Peer>().map(|Peer(peer)| peer.ip());
        let by_https =
            peer.is_some_and(|peer| came_by_https(peer, &parts.headers, &settings.trusted_proxies));
        let presented = find(&parts.headers).unwrap_or_default().into();
        Ok(Self { presented, is_secure: settings.secure_cookies || by_https })
    }
}

/// The first one of the name, which is the one with the longest path (RFC 6265, 5.4).
fn find(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value)
}

impl IntoParams for SessionCookie {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let cookie = ParameterBuilder::new()
            .name(NAME)
            .parameter_in(ParameterIn::Cookie)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .example(Some("frt_8mZb0cG3xk0o2m1v5n7Qw9RtYuIoPaSdFgHjKlZxCvB".into()))
            .description(Some("The browser's sign-in, as `Set-Cookie` gave it."));
        vec![cookie.build()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_among_others() {
        for (lines, found) in [
            (&["florin_session=one"][..], Some("one")),
            (&["theme=dark; florin_session=one; florin_session=two"], Some("one")),
            (&["theme=dark", "florin_session=one"], Some("one")),
            (&["florin_session="], Some("")),
            (&["my_florin_session=one; florin_session"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().unwrap());
            }
            assert_eq!(find(&headers), found, "{lines:?}");
        }
    }
}
