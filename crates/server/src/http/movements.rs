//! What moves money: each route makes a command of its body, and answers with what became of it.

use super::ask::Ask;
use super::created::Answer;
use super::error::ApiError;
use super::extract::{Json, Path};
use super::openapi::problems;
use super::proof::Proof;
use super::viewer::Viewer;
use super::{AppState, commands, operator_log, proof, transactions};
use crate::committer::SubmitError;
use axum::extract::State;
use florin_api as api;
use florin_api::{
    BonusRequest, DepositRequest, ReversalRequest, SpendRequest, TopUpRequest, TransferRequest,
    WithdrawalRequest,
};
use florin_ledger::{Command, Outcome, Settlement, Transaction};
use std::sync::Arc;
use tokio::time::timeout_at;

/// What a movement answers with, when it is done.
type Moved = Result<Answer<api::Transaction>, ApiError>;

problems!(TransferProblems: SIGNED_IN BODY KEYED MOVEMENT PROOF + SameWallet + AssetMismatch);

/// From one wallet to another of the same asset. A person sends from their own wallets, to anybody's.
#[utoipa::path(
    post, path = "/v1/transfers", tag = "money", operation_id = "transfer",
    params(Ask, Proof), request_body = TransferRequest, responses(DoneResponse, TransferProblems),
)]
pub(super) async fn transfer(
    State(state): State<AppState>,
    ask: Ask,
    proof: Proof,
    Json(body): Json<TransferRequest>,
) -> Moved {
    let command = commands::transfer(&ask.caller, ask.key.clone(), &body)?;
    proof::demand(&state, &ask.caller, &ask.context, proof, &[&command]).await?;
    settle(&state, &ask, command).await
}

problems!(DepositProblems: SIGNED_IN BODY KEYED MOVEMENT + SameWallet);

/// Into a wallet, from outside: the asset's `world`. For operators, and API keys with `transactions:write`.
#[utoipa::path(
    post, path = "/v1/deposits", tag = "money", operation_id = "deposit",
    params(Ask), request_body = DepositRequest, responses(DoneResponse, DepositProblems),
)]
pub(super) async fn deposit(
    State(state): State<AppState>,
    ask: Ask,
    Json(body): Json<DepositRequest>,
) -> Moved {
    let command = commands::deposit(&ask.caller, ask.key.clone(), &body)?;
    settle(&state, &ask, command).await
}

problems!(WithdrawalProblems: SIGNED_IN BODY KEYED MOVEMENT PROOF + SameWallet);

/// Out of a wallet, to outside: the asset's `world`. A person withdraws from their own wallets.
#[utoipa::path(
    post, path = "/v1/withdrawals", tag = "money", operation_id = "withdraw",
    params(Ask, Proof), request_body = WithdrawalRequest, responses(DoneResponse, WithdrawalProblems),
)]
pub(super) async fn withdraw(
    State(state): State<AppState>,
    ask: Ask,
    proof: Proof,
    Json(body): Json<WithdrawalRequest>,
) -> Moved {
    let command = commands::withdrawal(&ask.caller, ask.key.clone(), &body)?;
    proof::demand(&state, &ask.caller, &ask.context, proof, &[&command]).await?;
    settle(&state, &ask, command).await
}

problems!(MainWalletProblems: SIGNED_IN BODY KEYED MOVEMENT + AssetNotFound + AssetCodeInvalid);

/// To a user's main wallet, from the asset's treasury. For operators, and API keys with `transactions:write`.
#[utoipa::path(
    post, path = "/v1/top-ups", tag = "money", operation_id = "top_up",
    params(Ask), request_body = TopUpRequest, responses(DoneResponse, MainWalletProblems),
)]
pub(super) async fn top_up(State(state): State<AppState>, ask: Ask, Json(body): Json<TopUpRequest>) -> Moved {
    let command = commands::top_up(&ask.caller, ask.key.clone(), &body)?;
    settle(&state, &ask, command).await
}

problems!(SpendProblems: SIGNED_IN BODY KEYED MOVEMENT PROOF + AssetNotFound + AssetCodeInvalid + UserIdRequired);

/// From a user's main wallet, to the asset's revenue. A person spends their own.
#[utoipa::path(
    post, path = "/v1/spends", tag = "money", operation_id = "spend",
    params(Ask, Proof), request_body = SpendRequest, responses(DoneResponse, SpendProblems),
)]
pub(super) async fn spend(
    State(state): State<AppState>,
    ask: Ask,
    proof: Proof,
    Json(body): Json<SpendRequest>,
) -> Moved {
    let command = commands::spend(&ask.caller, ask.key.clone(), &body)?;
    proof::demand(&state, &ask.caller, &ask.context, proof, &[&command]).await?;
    settle(&state, &ask, command).await
}

/// To a user's main wallet, from the asset's bonus pool. For operators, and API keys with
/// `transactions:write`.
#[utoipa::path(
    post, path = "/v1/bonuses", tag = "money", operation_id = "bonus",
    params(Ask), request_body = BonusRequest, responses(DoneResponse, MainWalletProblems),
)]
pub(super) async fn bonus(State(state): State<AppState>, ask: Ask, Json(body): Json<BonusRequest>) -> Moved {
    let command = commands::bonus(&ask.caller, ask.key.clone(), &body)?;
    settle(&state, &ask, command).await
}

problems!(ReverseProblems: SIGNED_IN BODY KEYED MOVEMENT PROOF + PathInvalid + TransactionNotFound + NotReversible
    + ReversalExceedsRemaining);

/// Back, what an earlier transaction moved: all that is left of it, or a part. Who received may give back; the
/// house may take back.
#[utoipa::path(
    post, path = "/v1/transactions/{id}/reverse", tag = "money", operation_id = "reverse",
    params(
        ("id" = String, Path, description = "The earlier transaction.", format = "uuid"), Ask, Proof,
    ),
    request_body = ReversalRequest, responses(DoneResponse, ReverseProblems),
)]
pub(super) async fn reverse(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
    proof: Proof,
    Json(body): Json<ReversalRequest>,
) -> Moved {
    let of = transactions::id_in_path(&id)?;
    let command = commands::reversal(&ask.caller, ask.key.clone(), of, &body)?;
    proof::demand(&state, &ask.caller, &ask.context, proof, &[&command]).await?;
    settle(&state, &ask, command).await
}

/// Hands the command to the committer, and answers with what became of it. The command goes on when the
/// caller goes away.
async fn settle(state: &AppState, ask: &Ask, mut command: Command) -> Moved {
    command.expected_version = ask.expected_version;
    let action = operator_log::action(&command.movement);
    let outcome = match replay(state, ask, &command).await {
        Some(outcome) => outcome,
        None => state.committer.submit(command, ask.context.deadline).await?,
    };
    if let Outcome::Settled(transaction) | Outcome::Replayed(transaction) = &outcome {
        state.cache.keep_settled(ask.caller.ledger, transaction);
    }
    operator_log::moved(state, &ask.caller, &ask.context, action, &outcome).await;
    let (transaction, is_replay) = settled(outcome)?;
    // It is committed: where only its printing fails, a retry gets it.
    let viewer = Viewer::of(state, &ask.caller, std::slice::from_ref(&*transaction));
    let viewer = timeout_at(ask.context.deadline, viewer).await.ok().and_then(Result::ok);
    let seen = viewer.and_then(|viewer| viewer.transaction(&transaction));
    let body = seen.ok_or(SubmitError::OutcomeUnknown)?;
    let location = Some(format!("/v1/transactions/{}", transaction.id));
    Ok(Answer { body, location, is_replay })
}

/// What the command's key has settled as, where that is remembered and the store confirms it. Everything else is for
/// the committer to say: that the key is new, or was used for something else.
async fn replay(state: &AppState, ask: &Ask, command: &Command) -> Option<Outcome> {
    let ledger = ask.caller.ledger;
    let stored = async {
        let hint = state.cache.settled_as(ledger, command.key_hash).await?;
        state.store.transaction(ledger, hint).await.ok()?
    };
    let stored = timeout_at(ask.context.deadline, stored).await.ok()??;
    let is_it = stored.key_hash == command.key_hash && stored.fingerprint == command.fingerprint;
    is_it.then(|| {
        metrics::counter!("florin_replays_total").increment(1);
        Outcome::Replayed(Arc::new(stored))
    })
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
