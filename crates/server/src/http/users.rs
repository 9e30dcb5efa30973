//! Users: signing up, reading and listing them, and who the token says that you are.

use super::caller::Caller;
use super::created::{Answer, made};
use super::edge::RequestContext;
use super::extract::{Json, Key, Path, Query};
use super::openapi::problems;
use super::page::{PageQuery, Window};
use super::{ApiError, AppState, api_keys, view};
use crate::auth::{Action, Identity, NewPassword, permit_sign_up};
use crate::clock;
use axum::Extension;
use axum::extract::State;
use florin_api as api;
use florin_api::{Page, ProblemCode};
use florin_ledger::{Fingerprint, IdempotencyKey, KeyHash, UserId};
use florin_store::{Actor, CreationKey, EmailAddress, NewUser, Refusal, Role, User, Username};

problems!(CreateUserProblems: SIGNED_IN BODY KEYED
    + UsernameInvalid + EmailInvalid + PasswordInvalid + UsernameTaken + EmailTaken + Overloaded);
problems!(ListUsersProblems: SIGNED_IN LISTED);
problems!(GetUserProblems: SIGNED_IN + PathInvalid + UserNotFound);
problems!(GetMeProblems: SIGNED_IN + UserNotFound);

/// Creates a user.
///
/// Open to everybody; without a token the `Idempotency-Key` is shared with all who have none, so it should be
/// random. Only an operator creates operators. A retry is recognised whatever password it has.
#[utoipa::path(
    post, path = "/v1/users", operation_id = "create_user", tag = "people",
    security((), ("token" = [])),
    params(Key),
    request_body = api::NewUser,
    responses((status = 201, description = "The user; the first answer again for a retry.", body = api::User,
               headers(("Location" = String, description = "Where the user can be read."),
                       ("Idempotency-Replayed" = bool, description = "There on a replay."))),
              CreateUserProblems),
)]
pub(super) async fn create_user(
    State(state): State<AppState>,
    caller: Option<Caller>,
    Extension(context): Extension<RequestContext>,
    Key(key): Key,
    Json(body): Json<api::NewUser>,
) -> Result<Answer<api::User>, ApiError> {
    let identity = caller.map(|Caller(identity)| identity);
    let role = body.role.map_or(Role::User, parse_role);
    permit_sign_up(identity.as_ref(), role)?;
    let (username, email) = (parse_username(&body.username)?, parse_email(&body.email)?);
    let password = parse_password(body.password)?;

    let key = creation_key(identity.as_ref(), &key, &username, &email, role);
    let password_hash = state.auth.passwords.hash(password).await?;
    let ledger = identity.as_ref().map_or(state.auth.ledger, |identity| identity.ledger);
    let origin = context.origin(identity.as_ref().map_or(Actor::Anonymous, Identity::actor));
    let new = NewUser { username, email, password_hash, role };
    let created = state.store.create_user(ledger, new, key, origin, clock::now()).await?;
    let (user, is_replay) = made(created)?;
    Ok(Answer { location: Some(format!("/v1/users/{}", user.id)), body: view_user(&user), is_replay })
}

/// The password is left out of the fingerprint: its hash is salted, and a fast hash of it would betray it.
fn creation_key(
    identity: Option<&Identity>,
    key: &IdempotencyKey,
    username: &Username,
    email: &EmailAddress,
    role: Role,
) -> CreationKey {
    let hash = match identity {
        Some(identity) => KeyHash::of(identity.principal(), key),
        None => KeyHash::anonymous(key),
    };
    let asked_for = [username.as_str(), email.as_str(), role.as_str()].join("\n");
    CreationKey { hash, fingerprint: Fingerprint::of("POST /v1/users", asked_for.as_bytes()) }
}

/// Lists users, newest first. For the house.
#[utoipa::path(
    get, path = "/v1/users", operation_id = "list_users", tag = "people",
    params(PageQuery),
    responses((status = 200, description = "A page of users.", body = Page<api::User>), ListUsersProblems),
)]
pub(super) async fn list_users(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Page<api::User>>, ApiError> {
    identity.permit(Action::ReadHouse)?;
    let window = Window::of("users", query.limit)?;
    let before = window.position(query.cursor.as_deref())?.map(UserId);
    let users = state.store.users(identity.ledger, before, window.read_max()).await?;
    Ok(axum::Json(window.page(users, |user| user.id, |user| Some(view_user(user)))))
}

/// Reads a user: oneself; the house reads all.
#[utoipa::path(
    get, path = "/v1/users/{id}", operation_id = "get_user", tag = "people",
    params(("id" = i64, Path, description = "The user's id.", example = 7)),
    responses((status = 200, description = "The user.", body = api::User), GetUserProblems),
)]
pub(super) async fn get_user(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Path(id): Path<i64>,
) -> Result<axum::Json<api::User>, ApiError> {
    identity.permit(Action::Read)?;
    let id = UserId(id);
    if !identity.reaches(Some(id)) {
        return Err(Refusal::UserNotFound.into());
    }
    Ok(axum::Json(view_user(&stored_user(&state, &identity, id).await?)))
}

/// Says who the token says that you are: a user, or an API key.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "get_me", tag = "people",
    responses((status = 200, description = "You.", body = api::Me), GetMeProblems),
)]
pub(super) async fn get_me(
    State(state): State<AppState>,
    Caller(identity): Caller,
) -> Result<axum::Json<api::Me>, ApiError> {
    let me = match (identity.api_key(), identity.user_id()) {
        (Some(api_key), _) => api::Me::ApiKey(api_keys::view_api_key(api_key)),
        (None, Some(user)) => api::Me::User(view_user(&stored_user(&state, &identity, user).await?)),
        (None, None) => return Err(Refusal::UserNotFound.into()),
    };
    Ok(axum::Json(me))
}

async fn stored_user(state: &AppState, identity: &Identity, id: UserId) -> Result<User, ApiError> {
    state.store.user(identity.ledger, id).await?.ok_or_else(|| Refusal::UserNotFound.into())
}

fn parse_username(text: &str) -> Result<Username, ApiError> {
    Username::parse(text).ok_or_else(|| {
        ApiError::invalid_field(
            ProblemCode::UsernameInvalid,
            "username",
            "A username has 3 to 32 of a-z, 0-9, '.', '_' and '-', and begins with a letter.",
        )
    })
}

fn parse_email(text: &str) -> Result<EmailAddress, ApiError> {
    EmailAddress::parse(text).ok_or_else(|| {
        ApiError::invalid_field(
            ProblemCode::EmailInvalid,
            "email",
            "Give one email address, such as carol@example.com: ASCII, at most 254 characters.",
        )
    })
}

fn parse_password(text: api::SecretText) -> Result<NewPassword, ApiError> {
    NewPassword::parse(text.into_exposed().into()).ok_or_else(|| {
        ApiError::invalid_field(
            ProblemCode::PasswordInvalid,
            "password",
            "A password has 8 to 128 characters. Any character counts.",
        )
    })
}

const fn parse_role(role: api::Role) -> Role {
    match role {
        api::Role::User => Role::User,
        api::Role::Operator => Role::Operator,
    }
}

/// A user as the wire shows them.
fn view_user(user: &User) -> api::User {
    api::User {
        id: user.id.0,
        username: user.username.as_str().to_owned(),
        email: user.email.as_str().to_owned(),
        role: match user.role {
            Role::User => api::Role::User,
            Role::Operator => api::Role::Operator,
        },
        created_at: view::time(user.created_at),
    }
}
