//! What moves money: each route makes a command of its body, and answers with what became of it.

use super::caller::Caller;
use super::created::Answer;
use super::error::ApiError;
use super::extract::{Deadline, IfMatch, Json, Key, Path};
use super::openapi::problems;
use super::viewer::Viewer;
use super::{AppState, commands, transactions};
use crate::auth::Identity;
use crate::committer::SubmitError;
use axum::extract::State;
use florin_api as api;
use florin_api::{
    BonusRequest, DepositRequest, ReversalRequest, SpendRequest, TopUpRequest, TransferRequest,
    WithdrawalRequest,
};
use florin_ledger::{Command, Outcome, Settlement, Transaction};
use std::sync::Arc;
use tokio::time::Instant;

/// What a movement answers with, when it is done.
type Moved = Result<Answer<api::Transaction>, ApiError>;

problems!(TransferProblems: SIGNED_IN BODY KEYED MOVEMENT + SameWallet + AssetMismatch);

/// From one wallet to another of the same asset. A person sends from their own wallets, to anybody's.
#[utoipa::path(
    post, path = "/v1/transfers", tag = "money", operation_id = "transfer",
    params(Key, IfMatch), request_body = TransferRequest, responses(DoneResponse, TransferProblems),
)]
pub(super) async fn transfer(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Deadline(deadline): Deadline,
    Key(key): Key,
    if_match: IfMatch,
    Json(body): Json<TransferRequest>,
) -> Moved {
    settle(&state, &caller, commands::transfer(&caller, key, &body)?, if_match, deadline).await
}

problems!(OneWalletProblems: SIGNED_IN BODY KEYED MOVEMENT + SameWallet);

/// Into a wallet, from outside: the asset's `world`. For operators, and API keys with `transactions:write`.
#[utoipa::path(
    post, path = "/v1/deposits", tag = "money", operation_id = "deposit",
    params(Key, IfMatch), request_body = DepositRequest, responses(DoneResponse, OneWalletProblems),
)]
pub(super) async fn deposit(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Deadline(deadline): Deadline,
    Key(key): Key,
    if_match: IfMatch,
    Json(body): Json<DepositRequest>,
) -> Moved {
    settle(&state, &caller, commands::deposit(&caller, key, &body)?, if_match, deadline).await
}

/// Out of a wallet, to outside: the asset's `world`. A person withdraws from their own wallets.
#[utoipa::path(
    post, path = "/v1/withdrawals", tag = "money", operation_id = "withdraw",
    params(Key, IfMatch), request_body = WithdrawalRequest, responses(DoneResponse, OneWalletProblems),
)]
pub(super) async fn withdraw(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Deadline(deadline): Deadline,
    Key(key): Key,
    if_match: IfMatch,
    Json(body): Json<WithdrawalRequest>,
) -> Moved {
    settle(&state, &caller, commands::withdrawal(&caller, key, &body)?, if_match, deadline).await
}

problems!(MainWalletProblems: SIGNED_IN BODY KEYED MOVEMENT + AssetNotFound + AssetCodeInvalid);

/// To a user's main wallet, from the asset's treasury. For operators, and API keys with `transactions:write`.
#[utoipa::path(
    post, path = "/v1/top-ups", tag = "money", operation_id = "top_up",
    params(Key, IfMatch), request_body = TopUpRequest, responses(DoneResponse, MainWalletProblems),
)]
pub(super) async fn top_up(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Deadline(deadline): Deadline,
    Key(key): Key,
    if_match: IfMatch,
    Json(body): Json<TopUpRequest>,
) -> Moved {
    settle(&state, &caller, commands::top_up(&caller, key, &body)?, if_match, deadline).await
}

problems!(SpendProblems: SIGNED_IN BODY KEYED MOVEMENT + AssetNotFound + AssetCodeInvalid + UserIdRequired);

/// From a user's main wallet, to the asset's revenue. A person spends their own.
#[utoipa::path(
    post, path = "/v1/spends", tag = "money", operation_id = "spend",
    params(Key, IfMatch), request_body = SpendRequest, responses(DoneResponse, SpendProblems),
)]
pub(super) async fn spend(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Deadline(deadline): Deadline,
    Key(key): Key,
    if_match: IfMatch,
    Json(body): Json<SpendRequest>,
) -> Moved {
    settle(&state, &caller, commands::spend(&caller, key, &body)?, if_match, deadline).await
}

/// To a user's main wallet, from the asset's bonus pool. For operators, and API keys with
/// `transactions:write`.
#[utoipa::path(
    post, path = "/v1/bonuses", tag = "money", operation_id = "bonus",
    params(Key, IfMatch), request_body = BonusRequest, responses(DoneResponse, MainWalletProblems),
)]
pub(super) async fn bonus(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Deadline(deadline): Deadline,
    Key(key): Key,
    if_match: IfMatch,
    Json(body): Json<BonusRequest>,
) -> Moved {
    settle(&state, &caller, commands::bonus(&caller, key, &body)?, if_match, deadline).await
}

problems!(ReverseProblems: SIGNED_IN BODY KEYED MOVEMENT + PathInvalid + TransactionNotFound + NotReversible
    + ReversalExceedsRemaining);

/// Back, what an earlier transaction moved: all that is left of it, or a part. Who received may give back; the
/// house may take back.
#[utoipa::path(
    post, path = "/v1/transactions/{id}/reverse", tag = "money", operation_id = "reverse",
    params(
        ("id" = String, Path, description = "The earlier transaction.", format = "uuid"), Key, IfMatch,
    ),
    request_body = ReversalRequest, responses(DoneResponse, ReverseProblems),
)]
pub(super) async fn reverse(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Deadline(deadline): Deadline,
    Path(id): Path<String>,
    Key(key): Key,
    if_match: IfMatch,
    Json(body): Json<ReversalRequest>,
) -> Moved {
    let of = transactions::id_in_path(&id)?;
    settle(&state, &caller, commands::reversal(&caller, key, of, &body)?, if_match, deadline).await
}

/// Hands the command to the committer, and answers with what became of it. The command goes on when the
/// caller goes away.
async fn settle(
    state: &AppState,
    caller: &Identity,
    mut command: Command,
    IfMatch(expected_version): IfMatch,
    deadline: Instant,
) -> Moved {
    command.expected_version = expected_version;
    let outcome = state.committer.submit(command, deadline).await?;
    let (transaction, is_replay) = settled(outcome)?;
    // It is committed: where only its printing fails, a retry gets it.
    let viewer = Viewer::of(state, caller, std::slice::from_ref(&*transaction)).await;
    let seen = viewer.ok().and_then(|viewer| viewer.transaction(&transaction));
    let body = seen.ok_or(SubmitError::OutcomeUnknown)?;
    let location = Some(format!("/v1/transactions/{}", transaction.id));
    Ok(Answer { body, location, is_replay })
}

/// The completed transaction, and whether it was there before.
pub(super) fn settled(outcome: Outcome) -> Result<(Arc<Transaction>, bool), ApiError> {
    let (transaction, is_replay) = match outcome {
        Outcome::Settled(transaction) => (transaction, false),
        Outcome::Replayed(transaction) => (transaction, true),
        Outcome::Rejected(rejection) => return Err(rejection.into()),
    };
    match transaction.settlement {
        Settlement::Completed { .. } => Ok((transaction, is_replay)),
        Settlement::Failed(failure) => Err(ApiError::Failed { transaction, failure, is_replay }),
    }
}

/// The answer of every movement that is done, for the document.
#[derive(utoipa::IntoResponses)]
#[response(
    status = 201,
    description = "The transaction, as it was recorded. A replay gets the same, byte for byte.",
    headers(
        ("Location" = String, description = "Where it can be read."),
        ("Idempotency-Replayed" = bool, description = "There on a replay."),
    ),
)]
#[expect(dead_code, reason = "it is read by the macro that documents it")]
struct DoneResponse(#[to_schema] api::Transaction);
