//! A payout's rows as files, sent as they are read.

use super::{rows, visible};
use crate::auth::{Action, Identity};
use crate::http::caller::Caller;
use crate::http::extract::Path;
use crate::http::openapi::problems;
use crate::http::{ApiError, AppState};
use crate::payouts::file::{Cells, ErrorLine, Export, ResultLine};
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use florin_api as api;
use florin_ledger::{LedgerId, PayoutId, RowNumber, Scale, WalletId};
use florin_store::payouts::{PayoutRow, PayoutState, RowFilter, RowState};
use florin_store::{Payout, StoreError};
use futures_util::{Stream, stream};

/// How many rows are read, and sent, at a time.
const PAGE_ROWS: usize = 1_000;

problems!(ErrorsProblems: SIGNED_IN + PathInvalid + PayoutNotFound);

/// The rows that need mending, with what is wrong with each, as a CSV file that can be mended and sent again.
///
/// Of a draft those that have faults, to be sent with `PATCH …/rows`. Of a payout that was executed those that
/// failed, or were not paid before it was cancelled, to be sent with another payout. It has no rows where there are
/// none of these.
#[utoipa::path(
    get, path = "/v1/payouts/{id}/errors.csv", tag = "payouts", operation_id = "read_payout_errors",
    params(("id" = i64, Path, description = "The payout.")),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "text/csv",
            headers(("Content-Disposition" = String, description = "With the file's name."))),
        ErrorsProblems,
    ),
)]
pub(in crate::http) async fn errors(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    let (payout, scale) = readable(&state, &caller, PayoutId(id)).await?;
    let (revision, wanted) = match (payout.draft, payout.content) {
        (Some(draft), _) => (Some(draft.revision), Some(RowState::Invalid)),
        (None, Some(content)) if payout.state == PayoutState::Cancelled => (Some(content.revision), None),
        (None, content) => (content.map(|content| content.revision), Some(RowState::Failed)),
    };
    let filter = RowFilter { state: wanted, ..RowFilter::default() };
    let file = File { state, ledger: caller.ledger, payout, revision, filter, scale, print: error_line };
    Ok(file.named("errors", Export::of_errors()))
}

problems!(ResultsProblems: SIGNED_IN + PathInvalid + PayoutNotFound);

/// The rows of a payout that are in force, with what became of each, as a CSV file.
#[utoipa::path(
    get, path = "/v1/payouts/{id}/results.csv", tag = "payouts", operation_id = "read_payout_results",
    params(("id" = i64, Path, description = "The payout.")),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "text/csv",
            headers(("Content-Disposition" = String, description = "With the file's name."))),
        ResultsProblems,
    ),
)]
pub(in crate::http) async fn results(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    let (payout, scale) = readable(&state, &caller, PayoutId(id)).await?;
    let revision = payout.content.map(|content| content.revision);
    let filter = RowFilter::default();
    let file = File { state, ledger: caller.ledger, payout, revision, filter, scale, print: result_line };
    Ok(file.named("results", Export::of_results()))
}

async fn readable(state: &AppState, caller: &Identity, id: PayoutId) -> Result<(Payout, Scale), ApiError> {
    caller.permit(Action::Read)?;
    let (payout, source) = visible(state, caller, id).await?;
    Ok((payout, source.scale))
}

/// Which rows a file has, and how each is printed.
struct File {
    state: AppState,
    ledger: LedgerId,
    payout: Payout,
    /// None where there are no such rows.
    revision: Option<i64>,
    filter: RowFilter,
    scale: Scale,
    print: fn(&mut Export, &Payout, &PayoutRow, Scale),
}

impl File {
    fn named(self, kind: &str, export: Export) -> Response {
        let name = format!("attachment; filename=\"payout-{}-{kind}.csv\"", self.payout.id);
        let headers =
            [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &name)];
        (headers, Body::from_stream(self.pages(export))).into_response()
    }

    /// The file, page by page. Where the store fails the connection breaks, so that nobody takes a part for it all.
    fn pages(self, export: Export) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        let begun = (self, export, Some(RowNumber(0)));
        stream::try_unfold(begun, |(file, mut export, after)| async move {
            let Some(after) = after else { return Ok(None) };
            let rows = file.rows(after).await?;
            for row in &rows {
                (file.print)(&mut export, &file.payout, row, file.scale);
            }
            let last = rows.last().filter(|_| rows.len() == PAGE_ROWS).map(|row| row.uploaded.number);
            let bytes = Bytes::from(export.take());
            Ok(Some((bytes, (file, export, last))))
        })
    }

    async fn rows(&self, after: RowNumber) -> Result<Vec<PayoutRow>, StoreError> {
        let Some(revision) = self.revision else { return Ok(Vec::new()) };
        let (store, id) = (&self.state.store, self.payout.id);
        store.payout_rows(self.ledger, id, revision, self.filter, after, PAGE_ROWS).await
    }
}

fn error_line(export: &mut Export, payout: &Payout, row: &PayoutRow, scale: Scale) {
    if row.state == RowState::Paid {
        return;
    }
    let shown = rows::row(payout, row, scale);
    let cells = Cells {
        recipient: shown.recipient_id,
        amount: shown.amount,
        reference: shown.reference.unwrap_or_default(),
        memo: shown.memo.unwrap_or_default(),
    };
    let error = shown.error.unwrap_or_else(|| "not paid before the payout was cancelled".to_owned());
    export.error(&ErrorLine { number: row.uploaded.number, cells: &cells, error: &error });
}

fn result_line(export: &mut Export, payout: &Payout, row: &PayoutRow, scale: Scale) {
    let shown = rows::row(payout, row, scale);
    let compensation = shown.compensation.map(api::RowCompensationState::as_str);
    export.result(&ResultLine {
        number: row.uploaded.number,
        recipient: &shown.recipient_id,
        wallet: shown.wallet_id.map(WalletId),
        amount: &shown.amount,
        reference: or_empty(shown.reference.as_ref()),
        memo: or_empty(shown.memo.as_ref()),
        state: shown.state.as_str(),
        error: or_empty(shown.error.as_ref()),
        transaction_id: or_empty(shown.transaction_id.as_ref()),
        settled_at: or_empty(shown.settled_at.as_ref()),
        compensation: compensation.unwrap_or_default(),
        reversed_amount: or_empty(shown.reversed_amount.as_ref()),
        compensation_error: or_empty(shown.compensation_error.as_ref()),
        compensation_transaction_id: or_empty(shown.compensation_transaction_id.as_ref()),
    });
}

fn or_empty(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}
