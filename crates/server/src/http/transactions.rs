//! Transactions: what was moved.

use super::caller::Caller;
use super::extract::{Path, Query};
use super::openapi::problems;
use super::page::{self, Window};
use super::viewer::Viewer;
use super::{ApiError, AppState, parse, wallets};
use crate::auth::Action;
use axum::extract::State;
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{Rejection, TransactionId, WalletId};
use florin_store::TransactionFilter;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which transactions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// From or to a wallet of this user. A person sees only their own.
    user_id: Option<i64>,
    /// From or to this wallet.
    wallet_id: Option<i64>,
    /// Of which type.
    #[serde(rename = "type")]
    kind: Option<api::TransactionType>,
    /// In which status.
    status: Option<api::TransactionStatus>,
    /// Of which asset.
    #[param(example = "USD")]
    asset: Option<String>,
    /// Made at this time or later.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Made before this time.
    #[param(format = DateTime)]
    until: Option<String>,
    /// How many at most; 50 if it is not there.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

problems!(ListProblems: SIGNED_IN LISTED + AssetCodeInvalid + UserNotFound);

/// Transactions, newest first: a person's own, or for the house all.
#[utoipa::path(
    get, path = "/v1/transactions", tag = "transactions", operation_id = "list_transactions",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of transactions.", body = api::Page<api::Transaction>),
        ListProblems,
    ),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<api::Page<api::Transaction>>, ApiError> {
    caller.permit(Action::Read)?;
    let window = Window::of("transactions", query.limit)?;
    let before = window.position(query.cursor.as_deref())?.map(TransactionId);
    let filter = TransactionFilter {
        user: wallets::visible_user(&caller, query.user_id)?,
        wallet: query.wallet_id.map(WalletId),
        kind: query.kind.map(parse::transaction_type),
        status: query.status.map(parse::transaction_status),
        asset: query.asset.map(|code| parse::asset_code(&code, "asset")).transpose()?,
        from: page::time("from", query.from.as_deref())?,
        until: page::time("until", query.until.as_deref())?,
    };
    let found = state.store.transactions(caller.ledger, filter, before, window.read_max()).await?;
    let viewer = Viewer::of(&state, &caller, &found).await?;
    Ok(axum::Json(window.page(found, |record| record.id.0, |record| viewer.transaction(record))))
}

problems!(ReadProblems: SIGNED_IN + PathInvalid + TransactionNotFound);

/// One transaction.
#[utoipa::path(
    get, path = "/v1/transactions/{id}", tag = "transactions", operation_id = "read_transaction",
    params(("id" = String, Path, description = "The transaction.", format = "uuid")),
    responses((status = 200, description = "The transaction.", body = api::Transaction), ReadProblems),
)]
pub(super) async fn read(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<api::Transaction>, ApiError> {
    caller.permit(Action::Read)?;
    let id = id_in_path(&id)?;
    let found = state.store.transaction(caller.ledger, id).await?.ok_or(Rejection::TransactionNotFound)?;
    let viewer = Viewer::of(&state, &caller, &[&found]).await?;
    Ok(axum::Json(viewer.transaction(&found).ok_or(Rejection::TransactionNotFound)?))
}

/// A transaction's id, as it stands in a path.
pub(super) fn id_in_path(text: &str) -> Result<TransactionId, ApiError> {
    parse::transaction_id(text).ok_or_else(|| {
        ApiError::invalid_field(ProblemCode::PathInvalid, "id", "A transaction's id is a UUID.")
    })
}
