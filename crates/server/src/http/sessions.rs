//! Signing in, staying signed in, signing out. Browsers do the same by a cookie: [`browser_sessions`](super::console).

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
    Ok(tokens(&state, &sign_in(&state, &context, body).await?))
}

/// What a sign-in or an exchange gives.
pub(super) struct Signed {
    pub(super) user: User,
    pub(super) refresh_token: SecretString,
    pub(super) at: Timestamp,
}

/// Signs a user in with their password. Wrong ones count.
pub(super) async fn sign_in(
    state: &AppState,
    context: &RequestContext,
    body: LoginRequest,
) -> Result<Signed, ApiError> {
    let name = Username::parse(&body.username);
    let tried = match &name {
        Some(name) => state.limits.try_sign_in(name).await?,
        None => None,
    };
    let answer = check(state, context, name, body.password.into_exposed().into()).await;
    let is_wrong = matches!(answer, Err(ApiError::Invalid { code: ProblemCode::CredentialsInvalid, .. }));
    if let Some(tried) = tried.filter(|_| !is_wrong) {
        state.limits.give_back(tried).await;
    }
    answer
}

async fn check(
    state: &AppState,
    context: &RequestContext,
    name: Option<Username>,
    password: SecretString,
) -> Result<Signed, ApiError> {
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
    Ok(Signed { user, refresh_token, at: now })
}

/// Exchanges a refresh token for the next tokens.
///
/// Each refresh token is good for one exchange. One that comes a second time was copied: all that descend from
/// its sign-in are ended, and their holder signs in again. Where the answer was lost the exchange can be repeated for
/// ten seconds, and gives the same refresh token, until that one is exchanged.
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
    let signed = exchange(&state, &context, body.refresh_token.expose(), "refresh_token").await?;
    Ok(tokens(&state, &signed))
}

/// Exchanges a refresh token that stands in this field.
pub(super) async fn exchange(
    state: &AppState,
    context: &RequestContext,
    token: &str,
    field: &'static str,
) -> Result<Signed, ApiError> {
    let auth = &state.auth;
    let (origin, at) = (context.origin(Actor::Anonymous), clock::now());
    match auth.sessions.refresh(&*state.store, auth.ledger, token, origin, at).await? {
        Refreshed::Good(user, refresh_token) => Ok(Signed { user: *user, refresh_token, at }),
        Refreshed::Reused => Err(ApiError::invalid_field(
            ProblemCode::RefreshTokenReused,
            field,
            "This token was exchanged before, so somebody has a copy: all tokens of its sign-in are ended. Sign \
             in again.",
        )),
        Refreshed::Invalid => Err(ApiError::invalid_field(
            ProblemCode::RefreshTokenInvalid,
            field,
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
    end(&state, &context, body.refresh_token.expose()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of a refresh token's sign-in.
pub(super) async fn end(state: &AppState, context: &RequestContext, token: &str) -> Result<(), ApiError> {
    let (auth, origin) = (&state.auth, context.origin(Actor::Anonymous));
    Ok(auth.sessions.end(&*state.store, auth.ledger, token, origin, clock::now()).await?)
}

impl Signed {
    /// What the user presents from now on, and for how many seconds it is good.
    pub(super) fn access_token(&self, state: &AppState) -> (api::SecretText, u64) {
        let auth = &state.auth;
        let token = auth.access_tokens.issue(self.user.id, self.user.role, auth.ledger, self.at);
        (api::SecretText::from(token.expose_secret()), auth.access_tokens.lifetime().as_secs())
    }
}

fn tokens(state: &AppState, signed: &Signed) -> Response {
    let (access_token, expires_in) = signed.access_token(state);
    no_store(axum::Json(Tokens {
        access_token,
        token_type: TokenType::Bearer,
        expires_in,
        refresh_token: api::SecretText::from(signed.refresh_token.expose_secret()),
        refresh_expires_in: state.auth.sessions.lifetime.as_secs(),
    }))
}

/// An answer with tokens in it: no cache on the way may keep them (RFC 6749, 5.1).
pub(super) fn no_store(answer: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], answer).into_response()
}
