//! `/v1/ledger`: proof that the books balance.

use super::caller::Caller;
use super::openapi::problems;
use super::wire::decimal;
use super::{ApiError, AppState};
use crate::auth::Action;
use axum::Json;
use axum::extract::State;
use florin_api::{AssetTrialBalance, AuditReport, ProblemCode, TrialBalance, TrialBalanceLine};
use florin_ledger::{Amount, SystemRole};

problems!(TrialBalanceProblems: SIGNED_IN);

/// Sums what all wallets hold, at one moment.
#[utoipa::path(
    get, path = "/v1/ledger/trial-balance", tag = "proof", operation_id = "read_trial_balance",
    responses((status = 200, description = "The sums.", body = TrialBalance), TrialBalanceProblems),
)]
pub(super) async fn trial_balance(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<TrialBalance>, ApiError> {
    caller.permit(Action::ReadHouse)?;
    let lines = state.store.trial_balance(caller.ledger).await?;
    let mut is_balanced = true;
    let assets = lines.chunk_by(|one, next| one.asset == next.asset).map(|lines| {
        let (asset, scale) = (lines[0].asset, lines[0].scale);
        let sum = lines.iter().try_fold(Amount::ZERO, |sum, line| sum.checked_add(line.posted));
        is_balanced &= sum == Some(Amount::ZERO);
        AssetTrialBalance {
            asset: asset.to_string(),
            sum: decimal(sum.unwrap_or(Amount::MAX), scale),
            lines: lines.iter().map(wire_line).collect(),
        }
    });
    let assets = assets.collect();
    Ok(Json(TrialBalance { is_balanced, assets }))
}

fn wire_line(line: &florin_store::TrialBalanceLine) -> TrialBalanceLine {
    TrialBalanceLine {
        owner: line.role.map_or("users", SystemRole::as_str).to_owned(),
        wallets: line.wallets,
        posted: decimal(line.posted, line.scale),
    }
}

problems!(AuditProblems: SIGNED_IN + AuditRunning);

/// Derives everything from the entries again, while work goes on. It reads the whole ledger; one at a time.
#[utoipa::path(
    post, path = "/v1/ledger/audit", tag = "proof", operation_id = "audit_ledger",
    responses((status = 200, description = "What was found.", body = AuditReport), AuditProblems),
)]
pub(super) async fn audit(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<AuditReport>, ApiError> {
    caller.permit(Action::ReadHouse)?;
    let _turn = state.audit.try_acquire().map_err(|_| {
        ApiError::invalid(ProblemCode::AuditRunning, "An audit is under way. Ask again when it has ended.")
    })?;
    let report = state.store.audit(caller.ledger).await?;
    Ok(Json(AuditReport {
        is_ok: report.is_ok(),
        assets: report.assets,
        wallets: report.wallets,
        transactions: report.transactions,
        entries: report.entries,
        faults: report.faults.iter().map(ToString::to_string).collect(),
    }))
}
