//! Signing in, staying signed in, signing out.

use super::edge::RequestContext;
use super::extract::Json;
use super::openapi::problems;
use super::{ApiError, AppState};
use crate::auth::Refreshed;
use crate::clock;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use florin_api as api;
use florin_api::{LoginRequest, ProblemCode, RefreshTokenRequest, TokenType, Tokens};
use florin_ledger::Timestamp;
use florin_store::{Actor, AuditAction, AuditLine, Subject, User, Username};
use secrecy::{ExposeSecret, SecretString};

problems!(LogInProblems: BODY + CredentialsInvalid + Internal + Unavailable + Overloaded + OutcomeUnknown);
problems!(RefreshProblems: BODY
    + RefreshTokenInvalid + RefreshTokenReused + Internal + Unavailable + OutcomeUnknown);
problems!(LogOutProblems: BODY + Internal + Unavailable + OutcomeUnknown);

/// Signs a user in.
///
/// Whether the name or the password was wrong is not said, and takes the same time to find out.
#[utoipa::path(
    post, path = "/v1/auth/login", operation_id = "log_in", tag = "people", security(()),
    request_body = LoginRequest,
    responses((status = 200, description = "Tokens.", body = Tokens), LogInProblems),
)]
pub(super) async fn log_in(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Json(body): Json<LoginRequest>,
) -> Result<Response, ApiError> {
    let name = Username::parse(&body.username);
    let tried = match &name {
        Some(name) => state.limits.try_sign_in(name).await?,
        None => None,
    };
    let answer = sign_in(&state, &context, name, body.password.into_exposed().into()).await;
    let is_wrong = matches!(answer, Err(ApiError::Invalid { code: ProblemCode::CredentialsInvalid, .. }));
    if let Some(tried) = tried.filter(|_| !is_wrong) {
        state.limits.give_back(tried).await;
    }
    answer
}

async fn sign_in(
    state: &AppState,
    context: &RequestContext,
    name: Option<Username>,
    password: SecretString,
) -> Result<Response, ApiError> {
    let user = match name {
        Some(name) => state.store.user_by_name(state.auth.ledger, name).await?,
        None => None,
    };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let is_theirs = state.auth.passwords.verify(password, hash).await?;
    let (ledger, origin, now) = (state.auth.ledger, context.origin(Actor::Anonymous), clock::now());
    let user = match user {
        Some(user) if is_theirs => user,
        // Of a name that is nobody's a line is written too, so that both take the same time.
        user => {
            let subject = user.map(|user| Subject::User(user.id));
            let line = AuditLine::refused(AuditAction::UserSignInFailed, subject);
            state.store.append_audit_line(ledger, line, origin, now).await?;
            return Err(ApiError::invalid(
                ProblemCode::CredentialsInvalid,
                "There is no such user, or the password is not theirs. Check both, and try again.",
            ));
        }
    };
    let refresh_token = state.auth.sessions.start(&*state.store, ledger, user.id, origin, now).await?;
    Ok(tokens(state, &user, &refresh_token, now))
}

/// Exchanges a refresh token for the next tokens.
///
/// Each refresh token is good for one exchange. One that comes a second time was copied: all that descend from
/// its sign-in are ended, and their holder signs in again.
#[utoipa::path(
    post, path = "/v1/auth/refresh", operation_id = "refresh_tokens", tag = "people", security(()),
    request_body = RefreshTokenRequest,
    responses((status = 200, description = "Tokens.", body = Tokens), RefreshProblems),
)]
pub(super) async fn refresh_tokens(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Json(body): Json<RefreshTokenRequest>,
) -> Result<Response, ApiError> {
    let (auth, token) = (&state.auth, body.refresh_token.expose());
    let (origin, now) = (context.origin(Actor::Anonymous), clock::now());
    match auth.sessions.refresh(&*state.store, auth.ledger, token, origin, now).await? {
        Refreshed::Good(user, refresh_token) => Ok(tokens(&state, &user, &refresh_token, now)),
        Refreshed::Reused => Err(ApiError::invalid_field(
            ProblemCode::RefreshTokenReused,
            "refresh_token",
            "This token was exchanged before, so somebody has a copy: all tokens of its sign-in are ended. Sign \
             in again.",
        )),
        Refreshed::Invalid => Err(ApiError::invalid_field(
            ProblemCode::RefreshTokenInvalid,
            "refresh_token",
            "This token is unknown, has expired, or was ended. Sign in again.",
        )),
    }
}

/// Signs out: ends the refresh token, and all of its sign-in.
///
/// An access token is good until it expires. A token that is unknown is as good as ended.
#[utoipa::path(
    post, path = "/v1/auth/logout", operation_id = "log_out", tag = "people", security(()),
    request_body = RefreshTokenRequest,
    responses((status = 204, description = "Ended."), LogOutProblems),
)]
pub(super) async fn log_out(
    State(state): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Json(body): Json<RefreshTokenRequest>,
) -> Result<StatusCode, ApiError> {
    let (auth, token) = (&state.auth, body.refresh_token.expose());
    let origin = context.origin(Actor::Anonymous);
    auth.sessions.end(&*state.store, auth.ledger, token, origin, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tokens(state: &AppState, user: &User, refresh_token: &SecretString, now: Timestamp) -> Response {
    let auth = &state.auth;
    let access_token = auth.access_tokens.issue(user.id, user.role, auth.ledger, now);
    let tokens = Tokens {
        access_token: api::SecretText::from(access_token.expose_secret()),
        token_type: TokenType::Bearer,
        expires_in: auth.access_tokens.lifetime().as_secs(),
        refresh_token: api::SecretText::from(refresh_token.expose_secret()),
        refresh_expires_in: auth.sessions.lifetime.as_secs(),
    };
    // RFC 6749, 5.1: no cache on the way may keep them.
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (no_store, axum::Json(tokens)).into_response()
}
