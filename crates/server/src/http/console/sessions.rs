//! Signing in from a browser. The refresh token is in a cookie, so that a script that somebody smuggles into a page
//! can neither read nor keep it; whoever takes the cookie must show that a page of Florin's own sent the request.
//! The rules of signing in are those of [`sessions`](crate::http::sessions).

use super::cookie::{self, SessionCookie};
use super::own_page::OwnPage;
use crate::http::edge::RequestContext;
use crate::http::extract::Json;
use crate::http::openapi::problems;
use crate::http::sessions::{self, Signed};
use crate::http::{ApiError, AppState};
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use florin_api::{BrowserSession, LoginRequest, ProblemCode, TokenType};

problems!(OpenProblems: BODY + CredentialsInvalid + Internal + Unavailable + Overloaded + OutcomeUnknown);
problems!(RefreshProblems: + RefreshTokenInvalid + RefreshTokenReused + CrossSiteRequest + Internal + Unavailable
    + Overloaded + OutcomeUnknown);
problems!(EndProblems: + CrossSiteRequest + Internal + Unavailable + Overloaded + OutcomeUnknown);

/// Signs a user in from a browser.
///
/// As `POST /v1/auth/login`, but what keeps them signed in is a cookie that no script can read.
#[utoipa::path(
    post, path = "/v1/auth/session", operation_id = "open_session", tag = "people", security(()),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "An access token, and a cookie.", body = BrowserSession, headers(
            ("Set-Cookie" = String, description = "`florin_session`, for `/v1/auth/session` alone."),
        )),
        OpenProblems,
    ),
)]
pub(crate) async fn open_session(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    cookie: SessionCookie,
    Json(body): Json<LoginRequest>,
) -> Result<Response, ApiError> {
    let signed = sessions::sign_in(&state, &context, body).await?;
    Ok(session(&state, &signed, &cookie))
}

/// Gives a browser the next access token, and the next cookie.
///
/// A cookie that is worth nothing any more is taken away. Where the answer was lost, the exchange can be repeated for
/// ten seconds.
#[utoipa::path(
    post, path = "/v1/auth/session/refresh", operation_id = "refresh_session", tag = "people", security(()),
    params(OwnPage, SessionCookie),
    responses(
        (status = 200, description = "An access token, and a cookie.", body = BrowserSession, headers(
            ("Set-Cookie" = String, description = "`florin_session`, for `/v1/auth/session` alone."),
        )),
        RefreshProblems,
    ),
)]
pub(crate) async fn refresh_session(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    _own: OwnPage,
    cookie: SessionCookie,
) -> Response {
    match sessions::exchange(&state, &context, cookie.presented(), cookie::NAME).await {
        Ok(signed) => session(&state, &signed, &cookie),
        Err(error) if is_over(&error) => ([(header::SET_COOKIE, cookie.clear())], error).into_response(),
        Err(error) => error.into_response(),
    }
}

/// Signs a browser out: ends all of its sign-in, and takes the cookie away.
///
/// An access token is good until it expires. Without a cookie there is nothing to end.
#[utoipa::path(
    delete, path = "/v1/auth/session", operation_id = "end_session", tag = "people", security(()),
    params(OwnPage, SessionCookie),
    responses(
        (status = 204, description = "Ended.", headers(
            ("Set-Cookie" = String, description = "Takes `florin_session` away."),
        )),
        EndProblems,
    ),
)]
pub(crate) async fn end_session(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    _own: OwnPage,
    cookie: SessionCookie,
) -> Result<Response, ApiError> {
    sessions::end(&state, &context, cookie.presented()).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie.clear())]).into_response())
}

fn session(state: &AppState, signed: &Signed, cookie: &SessionCookie) -> Response {
    let (access_token, expires_in) = signed.access_token(state);
    let session = BrowserSession { access_token, token_type: TokenType::Bearer, expires_in };
    let set = cookie.set(&signed.refresh_token, state.auth.sessions.lifetime);
    sessions::no_store(([(header::SET_COOKIE, set)], axum::Json(session)))
}

/// Whether there is no use in presenting the cookie again.
fn is_over(error: &ApiError) -> bool {
    use ProblemCode::{RefreshTokenInvalid, RefreshTokenReused};
    matches!(error, ApiError::Invalid { code: RefreshTokenInvalid | RefreshTokenReused, .. })
}
