//! Many movements in one request: one body to send, one database transaction for many of them to wait for.

use super::caller::Caller;
use super::edge::RequestContext;
use super::extract::{JsonBytes, parse_json};
use super::openapi::problems;
use super::proof::Proof;
use super::viewer::Viewer;
use super::{ApiError, AppState, commands, movements, operator_log, proof};
use crate::auth::{Action, Identity};
use crate::committer::SubmitError;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use florin_api as api;
use florin_api::{BulkItem, BulkMode, ProblemCode};
use florin_ledger::{Command, Group, GroupOutcome, Outcome, Rejection, Transaction};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio::time::timeout_at;

const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
const ITEMS_MAX: usize = 10_000;
/// How many independent items are handed to the committer together: enough to share a commit's cost, few
/// enough that others' movements come in between.
const GROUP_COMMANDS_MAX: usize = 1000;

/// [`api::BulkRequest`] with its items still as text: an item that is wrong must not spoil the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'text> {
    mode: BulkMode,
    #[serde(borrow)]
    transactions: Vec<&'text RawValue>,
}

/// A movement that is done, and whether it was before; or why it is not.
pub(super) type Item = Result<(Arc<Transaction>, bool), ApiError>;

problems!(BulkProblems: SIGNED_IN BODY KEYED MOVEMENT PROOF + CountInvalid + SameWallet + AssetMismatch + AssetNotFound
    + AssetCodeInvalid + UserIdRequired + TransactionNotFound + NotReversible + ReversalExceedsRemaining);

/// Up to 10,000 movements, in the order in which they stand. Each has its own idempotency key, so that a retry
/// of the whole replays what was done; the request needs no key, and one in its header is not read.
///
/// `independent`: each item is done or refused as on its own route, and the answer is 200 with one result an
/// item. `atomic`: all are done (201), or none: then the answer is the problem of the first item that could not
/// be, with its `index`.
#[utoipa::path(
    post, path = "/v1/transactions/bulk", tag = "money", operation_id = "bulk",
    params(Proof), request_body = api::BulkRequest,
    responses(
        (status = 200, description = "What became of each independent item.", body = api::BulkResponse),
        (status = 201, description = "All items of an atomic bulk are done.", body = api::BulkResponse),
        BulkProblems,
    ),
)]
pub(super) async fn run(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    proof: Proof,
    JsonBytes(bytes): JsonBytes<BODY_BYTES_MAX>,
) -> Result<(StatusCode, axum::Json<api::BulkResponse>), ApiError> {
    caller.permit(Action::MoveMoney)?;
    let body: Body<'_> = parse_json(&bytes)?;
    if !(1..=ITEMS_MAX).contains(&body.transactions.len()) {
        let detail = format!("Send 1 to {ITEMS_MAX} transactions at a time.");
        return Err(ApiError::invalid_field(ProblemCode::CountInvalid, "transactions", detail));
    }
    let commands = body.transactions.iter().map(|text| command(&caller, text));
    let (status, items) = match body.mode {
        BulkMode::Independent => {
            let commands: Vec<_> = commands.collect();
            let good: Vec<_> = commands.iter().filter_map(|command| command.as_ref().ok()).collect();
            proof::demand(&state, &caller, &context, proof, &good).await?;
            (StatusCode::OK, independent(&state, commands, &context).await)
        }
        BulkMode::Atomic => {
            let at =
                |(index, command): (usize, Result<_, ApiError>)| command.map_err(|error| error.at(index));
            let commands = commands.enumerate().map(at).collect::<Result<Vec<_>, _>>()?;
            proof::demand(&state, &caller, &context, proof, &commands.iter().collect::<Vec<_>>()).await?;
            (StatusCode::CREATED, atomic(&state, commands, &context).await)
        }
    };
    operator_log::bulk_moved(&state, &caller, &context, &items).await;
    let results = results(&state, &caller, &context, items?).await?;
    Ok((status, axum::Json(api::BulkResponse { results })))
}

fn command(caller: &Identity, text: &RawValue) -> Result<Command, ApiError> {
    commands::item(caller, parse_json::<BulkItem>(text.get().as_bytes())?)
}

/// All or nothing: one group, in one database transaction.
async fn atomic(
    state: &AppState,
    commands: Vec<Command>,
    context: &RequestContext,
) -> Result<Vec<Item>, ApiError> {
    let group = Group::atomic(commands);
    match state.committer.submit_group(group, context.deadline).await? {
        GroupOutcome::Done(outcomes) => Ok(outcomes.into_iter().map(movements::settled).collect()),
        GroupOutcome::Refused {
            index,
            rejection: Rejection::Failure(failure),
            failed: Some(transaction),
        } => Err(ApiError::Failed { transaction, failure, is_replay: false }.at(index)),
        GroupOutcome::Refused { index, rejection, .. } => Err(ApiError::from(rejection).at(index)),
        GroupOutcome::Superseded => Err(SubmitError::Inconsistent.into()),
    }
}

/// Each on its own: groups one after the other, so that an item finds done what stands before it.
async fn independent(
    state: &AppState,
    commands: Vec<Result<Command, ApiError>>,
    context: &RequestContext,
) -> Result<Vec<Item>, ApiError> {
    let (mut items, mut good) = (Vec::new(), Vec::new());
    for command in commands {
        match command {
            Ok(command) => {
                good.push(command);
                items.push(None);
            }
            Err(error) => items.push(Some(Err(error))),
        }
    }
    let mut outcomes: Vec<Item> = Vec::with_capacity(good.len());
    let mut good = good.into_iter();
    loop {
        let commands: Vec<_> = good.by_ref().take(GROUP_COMMANDS_MAX).collect();
        if commands.is_empty() {
            break;
        }
        let count = commands.len();
        let group = Group::independent(commands);
        match state.committer.submit_group(group, context.deadline).await {
            Ok(outcome) => outcomes.extend(done(outcome)?.into_iter().map(movements::settled)),
            // Nothing of the request is done yet: the whole of it can be refused, as any other.
            Err(error) if outcomes.is_empty() => return Err(error.into()),
            Err(error) => outcomes.extend((0..count).map(|_| Err(error.clone().into()))),
        }
    }
    let mut outcomes = outcomes.into_iter();
    let fill = |item: Option<Item>| item.or_else(|| outcomes.next());
    Ok(items.into_iter().filter_map(fill).collect())
}

fn done(outcome: GroupOutcome) -> Result<Vec<Outcome>, ApiError> {
    match outcome {
        GroupOutcome::Done(outcomes) => Ok(outcomes),
        GroupOutcome::Refused { rejection, .. } => Err(rejection.into()),
        GroupOutcome::Superseded => Err(SubmitError::Inconsistent.into()),
    }
}

async fn results(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    items: Vec<Item>,
) -> Result<Vec<api::BulkResult>, ApiError> {
    let settled: Vec<_> =
        items.iter().filter_map(|item| item.as_ref().ok()).map(|(record, _)| Arc::clone(record)).collect();
    // They are committed: where only their printing fails, a retry gets them.
    let viewer = timeout_at(context.deadline, Viewer::of(state, caller, &settled)).await;
    let viewer = viewer.ok().and_then(Result::ok).ok_or(SubmitError::OutcomeUnknown)?;
    Ok(items.into_iter().map(|item| result(&viewer, context, item)).collect())
}

fn result(viewer: &Viewer, context: &RequestContext, item: Item) -> api::BulkResult {
    match item {
        Ok((record, replayed)) => {
            api::BulkResult { status: 201, replayed, transaction: viewer.transaction(&record), problem: None }
        }
        Err(error) => {
            let replayed = matches!(error, ApiError::Failed { is_replay: true, .. });
            let problem = api::Problem { request_id: context.id().to_owned(), ..error.problem() };
            api::BulkResult { status: problem.status, replayed, transaction: None, problem: Some(problem) }
        }
    }
}
