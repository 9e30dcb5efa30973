//! `/v1/wallets/{id}/entries`: a wallet's history, as a bank statement says it.

use super::caller::Caller;
use super::extract::{Path, Query};
use super::openapi::problems;
use super::owners::must_reach;
use super::pages::PageRequest;
use super::wire;
use super::{ApiError, AppState};
use crate::auth::Action;
use axum::Json;
use axum::extract::State;
use florin_api::{Direction, HistoryEntry, Page, TransactionType};
use florin_ledger::{Version, WalletId};
use florin_store::EntryFilter;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EntriesQuery {
    /// Debits or credits alone.
    direction: Option<Direction>,
    /// Of transactions of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<TransactionType>,
    /// Made at this time or later (RFC 3339).
    from: Option<String>,
    /// Made before this time (RFC 3339).
    until: Option<String>,
    /// How many, from 1 to 1,000; 50 if it is not there.
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

problems!(EntriesProblems: SIGNED_IN LISTED + PathInvalid + WalletNotFound);

/// Lists a wallet's entries, newest first.
#[utoipa::path(
    get, path = "/v1/wallets/{id}/entries", tag = "wallets", operation_id = "list_entries",
    params(("id" = i64, Path, description = "The wallet."), EntriesQuery),
    responses((status = 200, description = "A page of them.", body = Page<HistoryEntry>), EntriesProblems),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<Page<HistoryEntry>>, ApiError> {
    caller.permit(Action::Read)?;
    let wallet = WalletId(id);
    must_reach(&state, &caller, wallet).await?;
    let filter = EntryFilter {
        direction: query.direction.map(wire::ledger_direction),
        kind: query.kind.map(wire::ledger_kind),
        from: query.from.as_deref().map(|text| wire::parse_time(text, "from")).transpose()?,
        until: query.until.as_deref().map(|text| wire::parse_time(text, "until")).transpose()?,
    };
    let list = format!("entries/{wallet}");
    let list = PageRequest::<i64>::new(list, query.limit.as_deref(), query.cursor.as_deref())?;
    let before = list.before.map(Version);
    let found = state.store.entries(caller.ledger, wallet, filter, before, list.items_to_read()).await?;
    Ok(Json(list.page(found, |history| history.entry.version.0, wire::history_entry)))
}
