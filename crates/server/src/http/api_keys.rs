//! API keys: what services sign in with. For operators alone.

use super::caller::Caller;
use super::commands::fingerprint;
use super::created::{Answer, made, name};
use super::edge::RequestContext;
use super::extract::{Json, Key, Path, Query};
use super::openapi::problems;
use super::page::{PageQuery, Window};
use super::{ApiError, AppState, view};
use crate::auth::{Action, ApiKeys, Identity};
use crate::clock;
use axum::Extension;
use axum::extract::State;
use florin_api as api;
use florin_api::{Page, ProblemCode};
use florin_ledger::{ApiKeyId, KeyHash, UserId};
use florin_store::{ApiKey, CreationKey, NewApiKey, Scope};
use secrecy::ExposeSecret;

problems!(CreateApiKeyProblems: SIGNED_IN BODY KEYED + NameInvalid + ScopesInvalid);
problems!(ListApiKeysProblems: SIGNED_IN LISTED);
problems!(RevokeApiKeyProblems: SIGNED_IN + PathInvalid + ApiKeyNotFound + OutcomeUnknown);

/// Creates an API key for a service.
///
/// The secret is in this answer and nowhere else. A retry is the one replay that differs from its first answer:
/// its `secret` is `null`, because Florin keeps only a hash.
#[utoipa::path(
    post, path = "/v1/api-keys", operation_id = "create_api_key", tag = "people",
    params(Key),
    request_body = api::NewApiKey,
    responses((status = 201, description = "The key, with its secret; without it for a retry.",
               body = api::CreatedApiKey,
               headers(("Idempotency-Replayed" = bool, description = "There on a replay."))),
              CreateApiKeyProblems),
)]
pub(super) async fn create_api_key(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Extension(context): Extension<RequestContext>,
    Key(key): Key,
    Json(body): Json<api::NewApiKey>,
) -> Result<Answer<api::CreatedApiKey>, ApiError> {
    let created_by = operator(&identity)?;
    let key = CreationKey {
        hash: KeyHash::of(identity.principal(), &key),
        fingerprint: fingerprint("POST /v1/api-keys", &body),
    };
    let secret = ApiKeys::generate_secret();
    let new = NewApiKey {
        name: name(&body.name)?.to_owned(),
        secret_hash: secret.hash,
        scopes: parse_scopes(&body.scopes)?,
        created_by,
    };
    let origin = context.origin(identity.actor());
    let created = state.store.create_api_key(identity.ledger, new, key, origin, clock::now()).await?;
    let (api_key, is_replay) = made(created)?;
    let secret = (!is_replay).then(|| api::SecretText::from(secret.text.expose_secret()));
    Ok(Answer {
        location: None,
        body: api::CreatedApiKey { api_key: view_api_key(&api_key), secret },
        is_replay,
    })
}

/// Lists API keys, newest first; revoked ones too.
#[utoipa::path(
    get, path = "/v1/api-keys", operation_id = "list_api_keys", tag = "people",
    params(PageQuery),
    responses((status = 200, description = "A page of keys.", body = Page<api::ApiKey>), ListApiKeysProblems),
)]
pub(super) async fn list_api_keys(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Page<api::ApiKey>>, ApiError> {
    operator(&identity)?;
    let window = Window::of("api-keys", query.limit)?;
    let before = window.position(query.cursor.as_deref())?.map(ApiKeyId);
    let api_keys = state.store.api_keys(identity.ledger, before, window.read_max()).await?;
    Ok(axum::Json(window.page(api_keys, |api_key| api_key.id, |api_key| Some(view_api_key(api_key)))))
}

/// Revokes an API key, for ever. Revoking it again changes nothing.
#[utoipa::path(
    delete, path = "/v1/api-keys/{id}", operation_id = "revoke_api_key", tag = "people",
    params(("id" = i64, Path, description = "The key's id.", example = 3)),
    responses((status = 200, description = "The key, revoked.", body = api::ApiKey), RevokeApiKeyProblems),
)]
pub(super) async fn revoke_api_key(
    State(state): State<AppState>,
    Caller(identity): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
) -> Result<axum::Json<api::ApiKey>, ApiError> {
    operator(&identity)?;
    let api_keys = &state.auth.api_keys;
    let (origin, now) = (context.origin(identity.actor()), clock::now());
    let revoked = api_keys.revoke(&*state.store, identity.ledger, ApiKeyId(id), origin, now).await?;
    let revoked = revoked.ok_or_else(|| {
        ApiError::invalid_field(ProblemCode::ApiKeyNotFound, "id", "There is no API key with this id.")
    })?;
    Ok(axum::Json(view_api_key(&revoked)))
}

/// The operator who asks; services have no user, and may not.
fn operator(identity: &Identity) -> Result<UserId, ApiError> {
    identity.permit(Action::ManageApiKeys)?;
    identity.user_id().ok_or_else(|| Action::ManageApiKeys.refusal().into())
}

fn parse_scopes(scopes: &[api::Scope]) -> Result<Vec<Scope>, ApiError> {
    let mut scopes: Vec<Scope> = scopes.iter().map(|scope| parse_scope(*scope)).collect();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        let detail = "Give the key one scope at least; without any it can do nothing.";
        return Err(ApiError::invalid_field(ProblemCode::ScopesInvalid, "scopes", detail));
    }
    Ok(scopes)
}

const fn parse_scope(scope: api::Scope) -> Scope {
    match scope {
        api::Scope::Read => Scope::Read,
        api::Scope::TransactionsWrite => Scope::TransactionsWrite,
        api::Scope::WalletsWrite => Scope::WalletsWrite,
        api::Scope::UsersWrite => Scope::UsersWrite,
        api::Scope::AssetsWrite => Scope::AssetsWrite,
    }
}

const fn view_scope(scope: Scope) -> api::Scope {
    match scope {
        Scope::Read => api::Scope::Read,
        Scope::TransactionsWrite => api::Scope::TransactionsWrite,
        Scope::WalletsWrite => api::Scope::WalletsWrite,
        Scope::UsersWrite => api::Scope::UsersWrite,
        Scope::AssetsWrite => api::Scope::AssetsWrite,
    }
}

/// An API key as the wire shows it.
pub(super) fn view_api_key(api_key: &ApiKey) -> api::ApiKey {
    api::ApiKey {
        id: api_key.id.0,
        name: api_key.name.clone(),
        scopes: api_key.scopes.iter().map(|scope| view_scope(*scope)).collect(),
        created_by: api_key.created_by.0,
        created_at: view::time(api_key.created_at),
        revoked_at: api_key.revoked_at.map(view::time),
    }
}
