//! What people decide about a payout beside its runs: that they agree with it, that it stops, that it goes on.

use super::{Seen, requests, view, visible};
use crate::auth::{Action, Identity, Intent, PayoutStep};
use crate::clock;
use crate::http::caller::Caller;
use crate::http::edge::RequestContext;
use crate::http::extract::{Json, Path};
use crate::http::openapi::problems;
use crate::http::proof::{self, Proof};
use crate::http::{ApiError, AppState};
use axum::Extension;
use axum::extract::State;
use florin_api as api;
use florin_ledger::{IdempotencyKey, KeyHash, PayoutId};
use florin_store::payouts::Steer;

problems!(ApproveProblems: SIGNED_IN BODY PROOF + PathInvalid + PayoutNotFound + PayoutState + PayoutEmpty
    + PayoutChanged + PayoutOwnApproval + OutcomeUnknown);

/// Agrees with a payout's rows: those that the digest names. For operators, but not for who made it, nor for who
/// executes it. It is void as soon as the rows change. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/approve", tag = "payouts", operation_id = "approve_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4), Proof),
    request_body = api::ApprovePayout, responses(SteeredResponse, ApproveProblems),
)]
pub(in crate::http) async fn approve(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
    proof: Proof,
    Json(body): Json<api::ApprovePayout>,
) -> Result<Seen, ApiError> {
    caller.permit(Action::ApprovePayouts)?;
    let operator = caller.user_id().ok_or_else(|| Action::ApprovePayouts.refusal())?;
    let (payout, source) = visible(&state, &caller, PayoutId(id)).await?;
    let digest = requests::digest(&body.digest)?;
    let intent = Intent::Payout(payout.id, PayoutStep::Approve(digest));
    let key_hash = approval_key(&caller, payout.id, &body);
    proof::demand_for_payout(&state, &caller, &context, proof, intent, key_hash).await?;
    let (origin, now) = (context.origin(caller.actor()), clock::now());
    let approved =
        state.store.approve_payout(caller.ledger, payout.id, operator, digest, origin, now).await??;
    Ok(Seen(view::payout(&state, &caller, &approved, source.scale, now)))
}

/// The key of an agreement. It has none of its own: agreeing twice with the same rows is agreeing once.
fn approval_key(caller: &Identity, payout: PayoutId, body: &api::ApprovePayout) -> KeyHash {
    let key = IdempotencyKey::parse(&format!("approve-payout-{payout}-{}", body.digest));
    KeyHash::of(caller.principal(), &key.expect("a number and a digest are visible and short"))
}

problems!(SteerProblems: SIGNED_IN + PathInvalid + PayoutNotFound + PayoutState + OutcomeUnknown);

/// Stops a payout for a while: no more rows are paid than those that are being committed. Doing it again changes
/// nothing.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/pause", tag = "payouts", operation_id = "pause_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4)),
    responses(SteeredResponse, SteerProblems),
)]
pub(in crate::http) async fn pause(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
) -> Result<Seen, ApiError> {
    steer(&state, &caller, &context, PayoutId(id), Steer::Pause).await
}

/// Lets a payout go on that was paused. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/resume", tag = "payouts", operation_id = "resume_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4)),
    responses(SteeredResponse, SteerProblems),
)]
pub(in crate::http) async fn resume(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
) -> Result<Seen, ApiError> {
    let resumed = steer(&state, &caller, &context, PayoutId(id), Steer::Resume).await?;
    state.payouts.wake();
    Ok(resumed)
}

/// Stops a payout for good. What was paid stays paid, and can be compensated. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/cancel", tag = "payouts", operation_id = "cancel_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4)),
    responses(SteeredResponse, SteerProblems),
)]
pub(in crate::http) async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
) -> Result<Seen, ApiError> {
    steer(&state, &caller, &context, PayoutId(id), Steer::Cancel).await
}

async fn steer(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    id: PayoutId,
    steer: Steer,
) -> Result<Seen, ApiError> {
    caller.permit(Action::MoveMoney)?;
    let (payout, source) = visible(state, caller, id).await?;
    let (origin, now) = (context.origin(caller.actor()), clock::now());
    let steered = state.store.steer_payout(caller.ledger, payout.id, steer, origin, now).await??;
    Ok(Seen(view::payout(state, caller, &steered, source.scale, now)))
}

/// The answer of everything that is decided at once, for the document.
#[derive(utoipa::IntoResponses)]
#[response(
    status = 200,
    description = "The payout as it is now.",
    headers(("ETag" = String, description = "Its version.")),
)]
#[expect(dead_code, reason = "it is read by the macro that documents it")]
struct SteeredResponse(#[to_schema] api::Payout);
