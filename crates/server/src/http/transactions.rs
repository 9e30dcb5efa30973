//! `/v1/transactions`: what was moved. Moving it is in `movements`.

use super::caller::Caller;
use super::extract::{Path, Query};
use super::openapi::problems;
use super::owners::{Sight, must_reach};
use super::pages::PageRequest;
use super::wire;
use super::{ApiError, AppState};
use crate::auth::{Action, Identity};
use axum::Json;
use axum::extract::State;
use florin_api::{Page, ProblemCode, Transaction, TransactionStatus, TransactionType};
use florin_ledger::{AssetCode, Settlement, UserId, WalletId};
use florin_store::TransactionFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Which transactions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TransactionsQuery {
    /// From or to a wallet of this user. A person's own if it is not there.
    user_id: Option<i64>,
    /// From or to this wallet.
    wallet_id: Option<i64>,
    /// Of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<TransactionType>,
    /// In this status.
    status: Option<TransactionStatus>,
    /// Of this asset.
    asset: Option<String>,
    /// Made at this time or later (RFC 3339).
    from: Option<String>,
    /// Made before this time (RFC 3339).
    until: Option<String>,
    /// How many, from 1 to 1,000; 50 if it is not there.
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

problems!(ListProblems: SIGNED_IN LISTED + UserNotFound + WalletNotFound);

/// Lists transactions, newest first.
#[utoipa::path(
    get, path = "/v1/transactions", tag = "transactions", operation_id = "list_transactions",
    params(TransactionsQuery),
    responses((status = 200, description = "A page of them.", body = Page<Transaction>), ListProblems),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(query): Query<TransactionsQuery>,
) -> Result<Json<Page<Transaction>>, ApiError> {
    caller.permit(Action::Read)?;
    let filter = filter(&query, &caller)?;
    if let Some(wallet) = filter.wallet {
        must_reach(&state, &caller, wallet).await?;
    }
    let list = PageRequest::<Uuid>::new("transactions", query.limit.as_deref(), query.cursor.as_deref())?;
    let before = list.before.map(|id| florin_ledger::TransactionId(id.as_u128()));
    let found = state.store.transactions(caller.ledger, filter, before, list.items_to_read()).await?;
    let wallets = found.iter().flat_map(|transaction| [transaction.from, transaction.to]);
    let sight = Sight::of(&state, &caller, wallets).await?;
    let page = list.page(
        found,
        |transaction| Uuid::from_u128(transaction.id.0),
        |transaction| wire::transaction(&transaction, &caller, &sight),
    );
    Ok(Json(page))
}

fn filter(query: &TransactionsQuery, caller: &Identity) -> Result<TransactionFilter, ApiError> {
    let asked = query.user_id.map(UserId);
    let user = if caller.is_house() { asked } else { asked.or(caller.user_id()) };
    if let Some(user) = user.filter(|user| !caller.reaches(Some(*user))) {
        let detail = format!("There is no user {user} that you can see. Leave user_id out to list your own.");
        return Err(ApiError::invalid(ProblemCode::UserNotFound, detail));
    }
    let asset = query.asset.as_deref().map(|code| {
        AssetCode::parse(code).ok_or_else(|| {
            let detail = "An asset's code has 1 to 16 of A-Z, 0-9 and _, such as USD.";
            ApiError::invalid_field(ProblemCode::QueryInvalid, "asset", detail)
        })
    });
    Ok(TransactionFilter {
        user,
        wallet: query.wallet_id.map(WalletId),
        kind: query.kind.map(wire::ledger_kind),
        status: query.status.map(wire::ledger_status),
        asset: asset.transpose()?,
        from: query.from.as_deref().map(|text| wire::parse_time(text, "from")).transpose()?,
        until: query.until.as_deref().map(|text| wire::parse_time(text, "until")).transpose()?,
    })
}

problems!(OneProblems: SIGNED_IN + TransactionNotFound);

/// Reads a transaction.
#[utoipa::path(
    get, path = "/v1/transactions/{id}", tag = "transactions", operation_id = "read_transaction",
    params(("id" = String, Path, format = "uuid", description = "The transaction.")),
    responses((status = 200, description = "The transaction.", body = Transaction), OneProblems),
)]
pub(super) async fn read(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Transaction>, ApiError> {
    caller.permit(Action::Read)?;
    let found = state.store.transaction(caller.ledger, wire::parse_transaction_id(&id)?).await?;
    let transaction = found.ok_or_else(|| wire::transaction_not_found(&id))?;
    let sight = Sight::of(&state, &caller, [transaction.from, transaction.to]).await?;
    // Who would have received knows nothing of what failed.
    let is_completed = matches!(transaction.settlement, Settlement::Completed { .. });
    let is_visible = sight.sees(transaction.from)
        || (is_completed && sight.sees(transaction.to))
        || transaction.principal == caller.principal();
    if !is_visible {
        return Err(wire::transaction_not_found(&id));
    }
    Ok(Json(wire::transaction(&transaction, &caller, &sight)))
}
