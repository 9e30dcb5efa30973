//! What lets a payout's rows be paid or reversed. The answer comes at once; whichever server takes the payout's
//! lease does it, and `GET /v1/payouts/{id}` tells how far it is.

use super::{Seen, requests, view, visible};
use crate::auth::{Action, Identity, Intent, PayoutStep};
use crate::clock;
use crate::http::caller::Caller;
use crate::http::edge::RequestContext;
use crate::http::error::IDEMPOTENCY_REPLAYED;
use crate::http::extract::{Json, Key, Path};
use crate::http::openapi::problems;
use crate::http::proof::{self, Proof};
use crate::http::{ApiError, AppState, commands};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{IdempotencyKey, KeyHash, PayoutId, Scale, Timestamp};
use florin_store::payouts::{Execution, NewCompensation, PayoutRefusal, Progress};
use florin_store::{CreationKey, Payout};
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

/// The head of a request for a run: who asks, under which key, with what proof.
pub(in crate::http) struct RunAsk {
    caller: Identity,
    key: IdempotencyKey,
    proof: Proof,
    context: RequestContext,
}

impl FromRequestParts<AppState> for RunAsk {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(caller) = <Caller as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        let Key(key) = Key::from_request_parts(parts, state).await?;
        let proof = Proof::from_request_parts(parts, state).await?;
        let context = RequestContext::of(&parts.extensions).clone();
        Ok(Self { caller, key, proof, context })
    }
}

impl IntoParams for RunAsk {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        [Key::into_params(&place), Proof::into_params(&place)].concat()
    }
}

impl RunAsk {
    /// The key, for this request about this payout.
    fn creation_key(&self, payout: PayoutId, verb: &str, body: &impl Serialize) -> CreationKey {
        let operation = format!("POST /v1/payouts/{payout}/{verb}");
        CreationKey {
            hash: KeyHash::of(self.caller.principal(), &self.key),
            fingerprint: commands::fingerprint(&operation, body),
        }
    }
}

/// What is answered when a run begins, or has begun under the same key.
pub(in crate::http) struct Begun {
    seen: Seen,
    is_replay: bool,
}

impl IntoResponse for Begun {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::ACCEPTED, self.seen).into_response();
        if self.is_replay {
            response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// Lets the runner know, and answers with the payout. A run that this request began has begun `now`.
fn begun(
    state: &AppState,
    caller: &Identity,
    (payout, run): (&Payout, Option<Progress>),
    scale: Scale,
    now: Timestamp,
) -> Begun {
    state.payouts.wake();
    let is_replay = run.is_none_or(|run| run.started_at != now);
    Begun { seen: Seen(view::payout(state, caller, payout, scale, clock::now())), is_replay }
}

problems!(ExecuteProblems: SIGNED_IN BODY KEYED PROOF + PathInvalid + PayoutNotFound + PayoutState + PayoutEmpty
    + PayoutChanged + PayoutApprovalNeeded + PayoutOwnApproval + PayoutDuplicate);

/// Lets a payout's rows be paid: those that the digest names, or none.
///
/// Each row is a transaction of its own, settled once whatever happens. A retry with the same key gets the payout
/// as it is then.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/execute", tag = "payouts", operation_id = "execute_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4), RunAsk),
    request_body = api::ExecutePayout, responses(BegunResponse, ExecuteProblems),
)]
pub(in crate::http) async fn execute(
    State(state): State<AppState>,
    Path(id): Path<i64>,
    ask: RunAsk,
    Json(body): Json<api::ExecutePayout>,
) -> Result<Begun, ApiError> {
    let by = ask.caller.caller(Action::MoveMoney)?;
    let (payout, source) = visible(&state, &ask.caller, PayoutId(id)).await?;
    let digest = requests::digest(&body.digest)?;
    let key = ask.creation_key(payout.id, "execute", &body);
    let RunAsk { caller, proof, context, .. } = ask;
    let intent = Intent::Payout(payout.id, PayoutStep::Execute(digest));
    proof::demand_for_payout(&state, &caller, &context, proof, intent, key.hash).await?;
    // Of other rows than those that were looked at here it is not known, and so they need it.
    let needs_approval = payout.content.is_none_or(|content| {
        content.digest != digest
            || state.settings.payouts.approval_from.covers(payout.asset, content.total, source.scale)
    });
    let execution = Execution { caller: by, digest, allows_duplicate: body.allow_duplicate, needs_approval };
    let (ledger, origin, now) = (caller.ledger, context.origin(caller.actor()), clock::now());
    let payout = state.store.execute_payout(ledger, payout.id, execution, key, origin, now).await??;
    Ok(begun(&state, &caller, (&payout, payout.payment), source.scale, now))
}

problems!(RetryProblems: SIGNED_IN KEYED PROOF + PathInvalid + PayoutNotFound + PayoutState + PayoutEmpty
    + PayoutOwnApproval + PayoutNothingToDo + PayoutCompensating);

/// Lets the rows that failed be paid once more. A retry with the same key gets the payout as it is then.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/retry", tag = "payouts", operation_id = "retry_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4), RunAsk),
    responses(BegunResponse, RetryProblems),
)]
pub(in crate::http) async fn retry(
    State(state): State<AppState>,
    Path(id): Path<i64>,
    ask: RunAsk,
) -> Result<Begun, ApiError> {
    let by = ask.caller.caller(Action::MoveMoney)?;
    let (payout, source) = visible(&state, &ask.caller, PayoutId(id)).await?;
    let content = payout.content.ok_or(PayoutRefusal::NoRows)?;
    let key = ask.creation_key(payout.id, "retry", &());
    let RunAsk { caller, proof, context, .. } = ask;
    let intent = Intent::Payout(payout.id, PayoutStep::Retry(content.digest));
    proof::demand_for_payout(&state, &caller, &context, proof, intent, key.hash).await?;
    let agreed = payout.approval.is_some_and(|approval| Some(approval.by) == caller.user_id());
    if agreed && state.settings.payouts.approval_from.covers(payout.asset, content.total, source.scale) {
        return Err(PayoutRefusal::OwnApproval.into());
    }
    let (ledger, origin, now) = (caller.ledger, context.origin(caller.actor()), clock::now());
    let payout = state.store.retry_payout(ledger, payout.id, by, key, origin, now).await??;
    Ok(begun(&state, &caller, (&payout, payout.payment), source.scale, now))
}

problems!(CompensateProblems: SIGNED_IN BODY KEYED PROOF + PathInvalid + CountInvalid + PayoutNotFound + PayoutState
    + PayoutNothingToDo + PayoutCompensating + PayoutCompensationLate);

/// Takes back what rows paid, each by a reversal: all that is left of it, or what the receiver still has.
///
/// The receivers are not asked, so a person can do it for some days after the payment's end only, with payouts
/// from their own wallets; the house always can. A retry with the same key gets the payout as it is then.
#[utoipa::path(
    post, path = "/v1/payouts/{id}/compensate", tag = "payouts", operation_id = "compensate_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4), RunAsk),
    request_body = api::CompensatePayout, responses(BegunResponse, CompensateProblems),
)]
pub(in crate::http) async fn compensate(
    State(state): State<AppState>,
    Path(id): Path<i64>,
    ask: RunAsk,
    Json(body): Json<api::CompensatePayout>,
) -> Result<Begun, ApiError> {
    let by = ask.caller.caller(Action::MoveMoney)?;
    let (payout, source) = visible(&state, &ask.caller, PayoutId(id)).await?;
    let (selection, rows) = requests::selection(body.rows.as_deref(), body.filter)?;
    let key = ask.creation_key(payout.id, "compensate", &body);
    let RunAsk { caller, proof, context, .. } = ask;
    let allows_partial = body.allow_partial;
    let step = PayoutStep::Compensate { selection, rows: rows.clone(), allows_partial };
    let intent = Intent::Payout(payout.id, step);
    proof::demand_for_payout(&state, &caller, &context, proof, intent, key.hash).await?;
    let now = clock::now();
    let ended_at = payout.payment.and_then(|payment| payment.ended_at);
    if ended_at.is_some_and(|at| !(caller.is_house() || state.settings.payouts.allows_compensation(at, now)))
    {
        let detail = "The payment ended too long ago for you to take it back. Ask an operator to do it.";
        return Err(ApiError::invalid(ProblemCode::PayoutCompensationLate, detail));
    }
    let compensation = NewCompensation { caller: by, selection, rows, allows_partial };
    let (ledger, origin) = (caller.ledger, context.origin(caller.actor()));
    let payout = state.store.compensate_payout(ledger, payout.id, compensation, key, origin, now).await??;
    let run = payout.compensation.map(|compensation| compensation.progress);
    Ok(begun(&state, &caller, (&payout, run), source.scale, now))
}

/// The answer of everything that begins a run, for the document.
#[derive(utoipa::IntoResponses)]
#[response(
    status = 202,
    description = "The payout. Its rows are decided from now on, also when servers stop or crash.",
    headers(
        ("ETag" = String, description = "Its version."),
        ("Idempotency-Replayed" = bool, description = "There on a replay."),
    ),
)]
#[expect(dead_code, reason = "it is read by the macro that documents it")]
struct BegunResponse(#[to_schema] api::Payout);
