//! Proof that the books balance. For the house.

use super::caller::Caller;
use super::openapi::problems;
use super::{ApiError, AppState, view};
use crate::auth::Action;
use crate::clock;
use axum::extract::State;
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{Amount, SystemRole};
use florin_store::{StoreError, TrialBalanceLine};

problems!(TrialBalanceProblems: SIGNED_IN);

/// What all wallets hold, by asset and kind of owner, at one moment. Every asset sums to zero.
#[utoipa::path(
    get, path = "/v1/ledger/trial-balance", tag = "proof", operation_id = "read_trial_balance",
    responses((status = 200, description = "The sums.", body = api::TrialBalance), TrialBalanceProblems),
)]
pub(super) async fn trial_balance(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<axum::Json<api::TrialBalance>, ApiError> {
    caller.permit(Action::ReadHouse)?;
    let lines = state.store.trial_balance(caller.ledger).await?;
    let assets = lines.chunk_by(|one, next| one.asset == next.asset);
    let assets = assets.map(asset_trial_balance).collect::<Result<Vec<_>, _>>()?;
    let is_balanced = assets.iter().all(|(is_balanced, _)| *is_balanced);
    let assets = assets.into_iter().map(|(_, asset)| asset).collect();
    Ok(axum::Json(api::TrialBalance { is_balanced, assets }))
}

/// The lines of one asset, at least one, with their sum.
fn asset_trial_balance(lines: &[TrialBalanceLine]) -> Result<(bool, api::AssetTrialBalance), StoreError> {
    let (asset, scale) = (lines[0].asset, lines[0].scale);
    let sum = lines.iter().try_fold(Amount::ZERO, |sum, line| sum.checked_add(line.posted));
    let sum =
        sum.ok_or_else(|| StoreError::Inconsistent(format!("the sum of {asset} is beyond 38 digits")))?;
    let lines = lines.iter().map(|line| api::TrialBalanceLine {
        owner: line.role.map_or("users", SystemRole::as_str).to_owned(),
        wallets: line.wallets,
        posted: view::amount(line.posted, scale),
    });
    let asset = api::AssetTrialBalance {
        asset: asset.to_string(),
        sum: view::amount(sum, scale),
        lines: lines.collect(),
    };
    Ok((sum == Amount::ZERO, asset))
}

problems!(AuditProblems: SIGNED_IN + AuditRunning);

/// Derives everything from the entries again, at one moment, while work goes on: sums, balances, histories
/// without gaps, transactions with their entries. It reads the whole ledger, so there is one at a time.
#[utoipa::path(
    post, path = "/v1/ledger/audit", tag = "proof", operation_id = "audit",
    responses((status = 200, description = "What was found.", body = api::AuditReport), AuditProblems),
)]
pub(super) async fn audit(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<axum::Json<api::AuditReport>, ApiError> {
    caller.permit(Action::ReadHouse)?;
    let Ok(_running) = state.audit.try_acquire() else {
        return Err(ApiError::invalid(ProblemCode::AuditRunning, "An audit is under way. Try again later."));
    };
    let report = state.store.audit(caller.ledger).await?;
    let report = api::AuditReport {
        is_ok: report.is_ok(),
        assets: report.assets,
        wallets: report.wallets,
        transactions: report.transactions,
        entries: report.entries,
        faults: report.faults.iter().map(ToString::to_string).collect(),
    };
    let last = api::LastAudit { as_of: view::time(clock::now()), report: report.clone() };
    state.last_audits.lock().await.insert(caller.ledger, last);
    Ok(axum::Json(report))
}

problems!(LastAuditProblems: SIGNED_IN + AuditNotFound);

/// What the last audit found that this server made. Others are not remembered: the books are what counts, and a new
/// audit reads them.
#[utoipa::path(
    get, path = "/v1/ledger/audit", tag = "proof", operation_id = "read_last_audit",
    responses((status = 200, description = "What was found, and when.", body = api::LastAudit), LastAuditProblems),
)]
pub(super) async fn last_audit(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<axum::Json<api::LastAudit>, ApiError> {
    caller.permit(Action::ReadHouse)?;
    let last = state.last_audits.lock().await.get(&caller.ledger).cloned();
    last.map(axum::Json).ok_or_else(|| {
        let detail = "This server has made no audit since it started. POST makes one.";
        ApiError::invalid(ProblemCode::AuditNotFound, detail)
    })
}
