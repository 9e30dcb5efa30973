//! A wallet's history.

use super::caller::Caller;
use super::extract::{Path, Query};
use super::openapi::problems;
use super::page::{self, Window};
use super::{ApiError, AppState, parse, view, wallets};
use crate::auth::Action;
use axum::extract::State;
use florin_api as api;
use florin_ledger::{Version, WalletId};
use florin_store::EntryFilter;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Which way.
    direction: Option<api::Direction>,
    /// Of which type of transaction.
    #[serde(rename = "type")]
    kind: Option<api::TransactionType>,
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

problems!(ListProblems: SIGNED_IN LISTED + PathInvalid + WalletNotFound);

/// A wallet's entries, newest first: every line of its history, numbered without gaps.
#[utoipa::path(
    get, path = "/v1/wallets/{id}/entries", tag = "wallets", operation_id = "list_entries",
    params(("id" = i64, Path, description = "The wallet."), ListQuery),
    responses(
        (status = 200, description = "A page of entries.", body = api::Page<api::HistoryEntry>),
        ListProblems,
    ),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<api::Page<api::HistoryEntry>>, ApiError> {
    caller.permit(Action::Read)?;
    let list = format!("wallets/{id}/entries");
    let window = Window::of(&list, query.limit)?;
    let before = window.position(query.cursor.as_deref())?.map(Version);
    let filter = EntryFilter {
        direction: query.direction.map(parse::direction),
        kind: query.kind.map(parse::transaction_type),
        from: page::time("from", query.from.as_deref())?,
        until: page::time("until", query.until.as_deref())?,
    };
    let wallet = wallets::visible(&state, &caller, WalletId(id)).await?.wallet.id;
    let entries = state.store.entries(caller.ledger, wallet, filter, before, window.read_max()).await?;
    let page = window.page(entries, |line| line.entry.version, |line| Some(view::history_entry(line)));
    Ok(axum::Json(page))
}
