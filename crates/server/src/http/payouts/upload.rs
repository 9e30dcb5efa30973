//! Uploads: a payout's rows, from a file that may have a million of them.

use super::incoming::Incoming;
use super::visible;
use crate::auth::approval::Hex;
use crate::auth::{Action, Identity};
use crate::clock;
use crate::http::caller::Caller;
use crate::http::edge::RequestContext;
use crate::http::extract::Path;
use crate::http::openapi::problems;
use crate::http::{ApiError, AppState, view};
use crate::payouts::upload::{UploadTerms, Uploading};
use axum::extract::{Request, State};
use axum::{Extension, Json};
use florin_api as api;
use florin_ledger::{LedgerId, PayoutId};
use florin_store::payouts::{Content, PayoutRefusal};
use florin_store::{Origin, Payout};
use std::sync::Arc;
use utoipa::ToSchema;

problems!(ReplaceProblems: SIGNED_IN BODY + PathInvalid + PayoutNotFound + PayoutState + PayoutUploadSuperseded
    + PayoutFileInvalid + PayoutRowsInvalid + OutcomeUnknown);

/// A form with a file in it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is only documented: what is read is the stream")]
struct PayoutFileForm {
    /// The file, in any part; there is one part only.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Replaces the rows of a payout that is `PENDING`, from a CSV file (UTF-8) of at most 1,000,000 rows.
///
/// The first line names the columns, in any order: `recipient_id` and `amount`, and where wanted `reference` (to 140
/// characters) and `memo` (to 500). A recipient is a wallet's id, or `user:NAME` for that user's main wallet in the
/// payout's asset. Amounts are plain decimals, as everywhere. Texts must not begin with `=`, `+` or `@`. The columns
/// `row` and `error` are not read, so what `GET …/errors.csv` answers can be sent again.
///
/// The rows are in force when all of them are good; otherwise those before stay in force, the first 100 faults are
/// answered, and the upload waits as a draft to be mended (`PATCH`) or replaced.
#[utoipa::path(
    put, path = "/v1/payouts/{id}/rows", tag = "payouts", operation_id = "replace_payout_rows",
    params(("id" = i64, Path, description = "The payout.")),
    request_body(content((String = "text/csv"), (PayoutFileForm = "multipart/form-data"))),
    responses(
        (status = 200, description = "All rows are good, and in force.", body = api::PayoutUpload),
        ReplaceProblems,
    ),
)]
pub(in crate::http) async fn replace(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Json<api::PayoutUpload>, ApiError> {
    take(state, caller, context, PayoutId(id), request, Kind::Replace).await
}

problems!(MendProblems: SIGNED_IN BODY + PathInvalid + PayoutNotFound + PayoutState + PayoutUploadSuperseded
    + PayoutNothingToMend + PayoutFileInvalid + PayoutRowsInvalid + OutcomeUnknown);

/// Mends rows of a payout's last upload, if some of them have faults: the file has the column `row` too, which says
/// what each line takes the place of. What `GET …/errors.csv` answers is such a file. When no row has a fault any
/// more, they are all in force.
#[utoipa::path(
    patch, path = "/v1/payouts/{id}/rows", tag = "payouts", operation_id = "mend_payout_rows",
    params(("id" = i64, Path, description = "The payout.")),
    request_body(content((String = "text/csv"), (PayoutFileForm = "multipart/form-data"))),
    responses(
        (status = 200, description = "All rows are good now, and in force.", body = api::PayoutUpload),
        MendProblems,
    ),
)]
pub(in crate::http) async fn mend(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Json<api::PayoutUpload>, ApiError> {
    take(state, caller, context, PayoutId(id), request, Kind::Mend).await
}

#[derive(Clone, Copy)]
enum Kind {
    Replace,
    Mend,
}

async fn take(
    state: AppState,
    caller: Identity,
    context: RequestContext,
    id: PayoutId,
    request: Request,
    kind: Kind,
) -> Result<Json<api::PayoutUpload>, ApiError> {
    caller.permit(Action::MoveMoney)?;
    let (payout, source) = visible(&state, &caller, id).await?;
    let incoming = Incoming::of(request, &context)?;
    let place = Arc::clone(&state.uploads).try_acquire_owned().map_err(|_| ApiError::Overloaded)?;
    let scale = source.scale;
    let terms = UploadTerms { ledger: caller.ledger, payout: id, source, is_house: caller.is_house() };
    let origin = context.origin(caller.actor());
    // A task of its own: who hangs up must not leave a draft behind that seems to be under way.
    let task = tokio::spawn(async move {
        let _place = place;
        let taken = read(&state, terms, &payout, incoming, origin, kind).await;
        tokio::spawn(sweep(state, caller.ledger, id));
        taken
    });
    let payout = task.await.map_err(|error| ApiError::Panic(error.to_string()))??;
    let Content { rows, total, digest, .. } = payout.content.ok_or(PayoutRefusal::NoRows)?;
    Ok(Json(api::PayoutUpload {
        rows,
        good_rows: rows,
        bad_rows: 0,
        total: view::amount(total, scale),
        digest: Hex(&digest).to_string(),
    }))
}

async fn read(
    state: &AppState,
    terms: UploadTerms,
    payout: &Payout,
    mut incoming: Incoming,
    origin: Origin,
    kind: Kind,
) -> Result<Payout, ApiError> {
    let store = Arc::clone(&state.store);
    let upload = match kind {
        Kind::Replace => Uploading::replace(payout, terms, store),
        Kind::Mend => Uploading::mend(payout, terms, store),
    };
    let taken = match upload {
        Ok(upload) => pass(&mut incoming, upload, origin).await,
        Err(refusal) => Err(refusal.into()),
    };
    // What is invalid by itself is the body: there is no more of it to wait for.
    if !matches!(taken, Ok(_) | Err(ApiError::Invalid { .. })) {
        incoming.discard().await;
    }
    taken
}

async fn pass(incoming: &mut Incoming, mut upload: Uploading, origin: Origin) -> Result<Payout, ApiError> {
    let sent = async {
        while let Some(chunk) = incoming.chunk().await? {
            upload.push(&chunk).await?;
        }
        Ok(())
    };
    match sent.await {
        Ok(()) => Ok(upload.finish(origin, clock::now()).await?),
        Err(error) => {
            upload.abandon(origin, clock::now()).await;
            Err(error)
        }
    }
}

/// Deletes rows that no longer count. What is left of them, the next upload's sweep deletes.
async fn sweep(state: AppState, ledger: LedgerId, payout: PayoutId) {
    loop {
        match state.store.sweep_rows(ledger, payout).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return tracing::warn!(%payout, %error, "rows that no longer count are left"),
        }
    }
}
