//! Who users are to the external issuer whose tokens are accepted. For operators alone: whoever may write this may
//! act as anybody.

use super::caller::Caller;
use super::edge::RequestContext;
use super::extract::{Json, Path};
use super::openapi::problems;
use super::{ApiError, AppState};
use crate::auth::Action;
use crate::clock;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::UserId;
use florin_store::{ExternalIdentity, Refusal};

problems!(LinkProblems: SIGNED_IN BODY + PathInvalid + UserNotFound + ExternalIdentityTaken
    + ExternalIdentityInvalid + OutcomeUnknown);
problems!(ReadProblems: SIGNED_IN + PathInvalid + UserNotFound + ExternalIdentityNotFound);
problems!(UnlinkProblems: SIGNED_IN + PathInvalid + UserNotFound + OutcomeUnknown);

/// Links a user to a subject of the external issuer, in the place of the one before.
///
/// From then on the issuer's tokens for this subject are the user's, with the user's role.
#[utoipa::path(
    put, path = "/v1/users/{id}/external-identity", operation_id = "link_external_identity", tag = "people",
    params(("id" = i64, Path, description = "The user's id.", example = 7)),
    request_body = api::ExternalIdentity,
    responses((status = 200, description = "The link.", body = api::ExternalIdentity), LinkProblems),
)]
pub(super) async fn link(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
    Json(body): Json<api::ExternalIdentity>,
) -> Result<axum::Json<api::ExternalIdentity>, ApiError> {
    caller.permit(Action::LinkUsers)?;
    let identity = accepted(&state, &body)?;
    let origin = context.origin(caller.actor());
    let (user, ledger) = (UserId(id), caller.ledger);
    let linked = state.store.set_external_identity(ledger, user, Some(identity), origin, clock::now()).await;
    forget(&state);
    linked??;
    Ok(axum::Json(body))
}

/// Reads to which subject of the external issuer a user is linked.
#[utoipa::path(
    get, path = "/v1/users/{id}/external-identity", operation_id = "read_external_identity", tag = "people",
    params(("id" = i64, Path, description = "The user's id.", example = 7)),
    responses((status = 200, description = "The link.", body = api::ExternalIdentity), ReadProblems),
)]
pub(super) async fn read(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
) -> Result<axum::Json<api::ExternalIdentity>, ApiError> {
    caller.permit(Action::LinkUsers)?;
    let user = UserId(id);
    let Some(identity) = state.store.external_identity(caller.ledger, user).await? else {
        state.store.user(caller.ledger, user).await?.ok_or(Refusal::UserNotFound)?;
        let detail = "The user is linked to no external identity.";
        return Err(ApiError::invalid(ProblemCode::ExternalIdentityNotFound, detail));
    };
    let (issuer, subject) = (identity.issuer().to_owned(), identity.subject().to_owned());
    Ok(axum::Json(api::ExternalIdentity { issuer, subject }))
}

/// Takes a user's link away: the issuer's tokens are not theirs any more. One that is not there is as good as gone.
#[utoipa::path(
    delete, path = "/v1/users/{id}/external-identity", operation_id = "unlink_external_identity", tag = "people",
    params(("id" = i64, Path, description = "The user's id.", example = 7)),
    responses((status = 204, description = "Gone."), UnlinkProblems),
)]
pub(super) async fn unlink(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    caller.permit(Action::LinkUsers)?;
    let origin = context.origin(caller.actor());
    let unlinked =
        state.store.set_external_identity(caller.ledger, UserId(id), None, origin, clock::now()).await;
    forget(&state);
    unlinked??;
    Ok(StatusCode::NO_CONTENT)
}

/// Whatever the store said: it may have changed the link and lost the answer.
fn forget(state: &AppState) {
    if let Some(external) = &state.auth.external {
        external.forget();
    }
}

/// An identity that can be linked: a link to another issuer than the one that is configured would never be found.
fn accepted(state: &AppState, body: &api::ExternalIdentity) -> Result<ExternalIdentity, ApiError> {
    let invalid =
        |field, detail: String| ApiError::invalid_field(ProblemCode::ExternalIdentityInvalid, field, detail);
    if let Some(external) = &state.auth.external
        && external.issuer() != body.issuer
    {
        let detail =
            format!("The tokens of {} are accepted here, and of no other issuer.", external.issuer());
        return Err(invalid("issuer", detail));
    }
    ExternalIdentity::new(&body.issuer, &body.subject).ok_or_else(|| {
        invalid("subject", "An issuer and a subject have 1 to 255 visible ASCII characters.".to_owned())
    })
}
