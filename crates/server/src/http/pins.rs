//! Transaction PINs: set by whom they belong to, reset by operators, and exchanged for approvals.

use super::caller::Caller;
use super::edge::RequestContext;
use super::extract::{Json, Path};
use super::openapi::problems;
use super::{ApiError, AppState, commands, proof};
use crate::auth::approval::digest;
use crate::auth::{Action, Identity, NotPermitted, Pin};
use crate::clock;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::UserId;
use florin_store::{AuditAction, AuditLine, Refusal, Subject};
use secrecy::ExposeSecret;

const OPERATIONS_MAX: usize = 10_000;

problems!(SetPinProblems: SIGNED_IN BODY + CredentialsInvalid + UserNotFound + PinInvalid + PinGuessable
    + Overloaded + OutcomeUnknown);
problems!(ResetPinProblems: SIGNED_IN + PathInvalid + UserNotFound + OutcomeUnknown);
problems!(StepUpProblems: SIGNED_IN BODY OPERATION + PinInvalid + PinNotSet + PinWrong + PinLocked + CountInvalid
    + UserIdRequired + Overloaded + OutcomeUnknown);

/// Sets or changes your transaction PIN, which whatever takes money out of a wallet needs.
///
/// 4 to 8 digits; what is guessed first is refused: one digit again and again, runs such as 1234 and 8765, and a
/// few more. Approvals that the old one gave are void. Services have no PIN.
#[utoipa::path(
    put, path = "/v1/me/pin", operation_id = "set_pin", tag = "people",
    request_body = api::NewPin,
    responses((status = 204, description = "It is set."), SetPinProblems),
)]
pub(super) async fn set_pin(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Json(body): Json<api::NewPin>,
) -> Result<StatusCode, ApiError> {
    let user = person(&caller)?;
    let pin = parse_pin(body.pin)?;
    if pin.is_guessable() {
        let detail = "That PIN is among the first that anybody would try. Choose another one.";
        return Err(ApiError::invalid_field(ProblemCode::PinGuessable, "pin", detail));
    }
    let (ledger, origin) = (caller.ledger, context.origin(caller.actor()));
    let stored = state.store.user(ledger, user).await?.ok_or(Refusal::UserNotFound)?;
    let tried = state.limits.try_sign_in(&stored.username).await?;
    let password = body.password.into_exposed().into();
    let is_theirs = state.auth.passwords.verify(password, Some(stored.password_hash)).await;
    if let Some(tried) = tried.filter(|_| is_theirs != Ok(false)) {
        state.limits.give_back(tried).await;
    }
    if !is_theirs? {
        let line = AuditLine::refused(AuditAction::PinSet, Subject::User(user));
        state.store.append_audit_line(ledger, line, origin, clock::now()).await?;
        let detail = "The password is not yours.";
        return Err(ApiError::invalid_field(ProblemCode::CredentialsInvalid, "password", detail));
    }
    let pin = state.auth.pins.hash(ledger, user, &pin).await?;
    state.store.set_pin(ledger, user, pin, origin, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user's transaction PIN away, also a locked one; they set a new one with their password. For operators.
#[utoipa::path(
    delete, path = "/v1/users/{id}/pin", operation_id = "reset_pin", tag = "people",
    params(("id" = i64, Path, description = "The user's id.", example = 7)),
    responses((status = 204, description = "There is none now."), ResetPinProblems),
)]
pub(super) async fn reset_pin(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    caller.permit(Action::ResetPins)?;
    let user = state.store.user(caller.ledger, UserId(id)).await?.ok_or(Refusal::UserNotFound)?.id;
    let origin = context.origin(caller.actor());
    state.store.reset_pin(caller.ledger, user, origin, clock::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Exchanges the transaction PIN for an approval of certain movements, or of something to be done with a payout.
///
/// The approval takes the PIN's place, in the header `Transaction-Approval`, on the request that makes these
/// movements: the same type, wallets, asset and amount, for a bulk all of them in their order; or on the request
/// that does this with the payout: the same payout, and the same digest or rows. It is good for a short time and
/// for one `Idempotency-Key`; a retry with that key is answered as any other.
#[utoipa::path(
    post, path = "/v1/auth/step-up", operation_id = "step_up", tag = "people",
    request_body = api::StepUpRequest,
    responses((status = 200, description = "The approval.", body = api::Approval), StepUpProblems),
)]
pub(super) async fn step_up(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Json(body): Json<api::StepUpRequest>,
) -> Result<Response, ApiError> {
    let user = person(&caller)?;
    let pin = parse_pin(body.pin)?;
    let api::Operations(operations) = body.operation;
    if !(1..=OPERATIONS_MAX).contains(&operations.len()) {
        let detail = format!("Name 1 to {OPERATIONS_MAX} operations.");
        return Err(ApiError::invalid_field(ProblemCode::CountInvalid, "operation", detail));
    }
    let intents = operations
        .into_iter()
        .enumerate()
        .map(|(index, operation)| commands::intent(&caller, operation).map_err(|error| error.at(index)));
    let intents = intents.collect::<Result<Vec<_>, _>>()?;
    proof::check_pin(&state, &caller, &context, user, pin).await?;
    let (approvals, origin) = (state.auth.approvals, context.origin(caller.actor()));
    let digest = digest(intents);
    let approval = approvals.grant(&*state.store, caller.ledger, user, digest, origin, clock::now()).await?;
    let approval = api::Approval {
        approval: api::SecretText::from(approval.expose_secret()),
        expires_in: approvals.lifetime.as_secs(),
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, axum::Json(approval)).into_response())
}

/// The person who asks.
fn person(caller: &Identity) -> Result<UserId, ApiError> {
    caller.user_id().ok_or_else(|| NotPermitted { needed: "a person; services have no PIN" }.into())
}

fn parse_pin(text: api::SecretText) -> Result<Pin, ApiError> {
    Pin::parse(text.into_exposed().into()).ok_or_else(|| {
        ApiError::invalid_field(ProblemCode::PinInvalid, "pin", "A PIN has 4 to 8 digits, and nothing else.")
    })
}
