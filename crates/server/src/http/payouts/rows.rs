//! A payout's rows, one by one.

use super::visible;
use crate::auth::Action;
use crate::http::caller::Caller;
use crate::http::extract::{Path, Query};
use crate::http::openapi::problems;
use crate::http::page::Window;
use crate::http::{ApiError, AppState, view};
use axum::Json;
use axum::extract::State;
use florin_api as api;
use florin_ledger::{PayoutId, RowNumber, Scale};
use florin_store::Payout;
use florin_store::payouts::{
    Checked, CompensationState, PayoutRow, PayoutState, RowFilter, RowOutcome, RowState,
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which rows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RowsQuery {
    /// In which state.
    state: Option<api::PayoutRowState>,
    /// Whose reversal came to this.
    compensation: Option<api::RowCompensationState>,
    /// Whether those of the draft are meant, in the place of those in force.
    #[serde(default)]
    draft: bool,
    /// How many at most; 50 if it is not there.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

problems!(ListProblems: SIGNED_IN LISTED + PathInvalid + PayoutNotFound);

/// A payout's rows by their numbers, the first one first: those in force, or those of the draft.
#[utoipa::path(
    get, path = "/v1/payouts/{id}/rows", tag = "payouts", operation_id = "list_payout_rows",
    params(("id" = i64, Path, description = "The payout."), RowsQuery),
    responses(
        (status = 200, description = "A page of rows.", body = api::Page<api::PayoutRow>),
        ListProblems,
    ),
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
    Query(query): Query<RowsQuery>,
) -> Result<Json<api::Page<api::PayoutRow>>, ApiError> {
    caller.permit(Action::Read)?;
    let id = PayoutId(id);
    let (payout, source) = visible(&state, &caller, id).await?;
    let revision = if query.draft {
        payout.draft.map(|draft| draft.revision)
    } else {
        payout.content.map(|content| content.revision)
    };
    let list = format!("payouts/{id}/rows/{}", revision.unwrap_or_default());
    let window = Window::of(&list, query.limit)?;
    let after = window.position(query.cursor.as_deref())?.map_or(RowNumber(0), RowNumber);
    let mut rows = Vec::new();
    if let (Some(revision), Some(filter)) = (revision, filter(&payout, query.state, query.compensation)) {
        let limit = window.read_max();
        rows = state.store.payout_rows(caller.ledger, id, revision, filter, after, limit).await?;
    }
    let number = |row: &PayoutRow| row.uploaded.number;
    Ok(Json(window.page(rows, number, |row| Some(self::row(&payout, row, source.scale)))))
}

/// What the store is asked for; `None` where no row can be so.
fn filter(
    payout: &Payout,
    state: Option<api::PayoutRowState>,
    compensation: Option<api::RowCompensationState>,
) -> Option<RowFilter> {
    let is_cancelled = payout.state == PayoutState::Cancelled;
    let state = match state {
        None => None,
        Some(api::PayoutRowState::Invalid) => Some(RowState::Invalid),
        Some(api::PayoutRowState::Paid) => Some(RowState::Paid),
        Some(api::PayoutRowState::Failed) => Some(RowState::Failed),
        Some(api::PayoutRowState::Pending) if !is_cancelled => Some(RowState::Pending),
        Some(api::PayoutRowState::Cancelled) if is_cancelled => Some(RowState::Pending),
        Some(api::PayoutRowState::Pending | api::PayoutRowState::Cancelled) => return None,
    };
    let compensation = compensation.map(|compensation| match compensation {
        api::RowCompensationState::Reversed => CompensationState::Reversed,
        api::RowCompensationState::PartiallyReversed => CompensationState::PartiallyReversed,
        api::RowCompensationState::Failed => CompensationState::Failed,
    });
    Some(RowFilter { state, compensation })
}

/// A row as it is shown.
pub(super) fn row(payout: &Payout, row: &PayoutRow, scale: Scale) -> api::PayoutRow {
    let PayoutRow { uploaded, state, outcome, compensation, .. } = row;
    let (wallet_id, amount, fault) = match &uploaded.checked {
        Checked::Good { wallet, amount } => (Some(wallet.0), view::amount(*amount, scale), None),
        Checked::Bad { amount, fault } => (None, amount.clone(), Some(fault)),
    };
    let failure = |outcome: &RowOutcome| outcome.failure.clone();
    let transaction = |outcome: &RowOutcome| outcome.transaction.map(|id| id.to_string());
    let reversal = compensation.as_ref().map(|compensation| &compensation.outcome);
    api::PayoutRow {
        row: uploaded.number.0,
        line: uploaded.line,
        recipient_id: uploaded.recipient.clone(),
        wallet_id,
        amount,
        reference: uploaded.reference.clone(),
        memo: uploaded.memo.clone(),
        state: match state {
            RowState::Invalid => api::PayoutRowState::Invalid,
            RowState::Pending if payout.state == PayoutState::Cancelled => api::PayoutRowState::Cancelled,
            RowState::Pending => api::PayoutRowState::Pending,
            RowState::Paid => api::PayoutRowState::Paid,
            RowState::Failed => api::PayoutRowState::Failed,
        },
        error: fault.cloned().or_else(|| outcome.as_ref().and_then(failure)),
        transaction_id: outcome.as_ref().and_then(transaction),
        settled_at: outcome.as_ref().map(|outcome| view::time(outcome.at)),
        compensation: compensation.as_ref().map(|compensation| match compensation.state {
            CompensationState::Reversed => api::RowCompensationState::Reversed,
            CompensationState::PartiallyReversed => api::RowCompensationState::PartiallyReversed,
            CompensationState::Failed => api::RowCompensationState::Failed,
        }),
        reversed_amount: compensation.as_ref().map(|compensation| view::amount(compensation.reversed, scale)),
        compensation_error: reversal.and_then(failure),
        compensation_transaction_id: reversal.and_then(transaction),
    }
}
