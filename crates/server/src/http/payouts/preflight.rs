//! What is worth knowing before a payout is executed. Nothing is decided here: rows are paid or fail by what holds
//! when they are.

use super::{view, visible};
use crate::auth::Action;
use crate::http::caller::Caller;
use crate::http::extract::Path;
use crate::http::openapi::problems;
use crate::http::view::{amount, wallet_status};
use crate::http::{ApiError, AppState};
use axum::extract::State;
use florin_api as api;
use florin_ledger::{Amount, Owner, PayoutId, Scale, Wallet, WalletStatus};
use florin_store::payouts::{Checked, Content, Finding, Findings, PayoutRefusal, PayoutRow, PayoutState};
use florin_store::{Payout, WalletRecord};

problems!(PreflightProblems: SIGNED_IN + PathInvalid + PayoutNotFound + PayoutState + PayoutEmpty + PayoutChanged);

/// Looks a payout's rows over, before they are executed: what they need, what the source has, and what a person
/// should know first.
#[utoipa::path(
    get, path = "/v1/payouts/{id}/preflight", tag = "payouts", operation_id = "preflight_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4)),
    responses((status = 200, description = "What was found.", body = api::PayoutPreflight), PreflightProblems),
)]
pub(in crate::http) async fn preflight(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
) -> Result<axum::Json<api::PayoutPreflight>, ApiError> {
    caller.permit(Action::Read)?;
    let (before, _) = visible(&state, &caller, PayoutId(id)).await?;
    let findings = state.store.findings(caller.ledger, before.id).await??;
    let (payout, source) = visible(&state, &caller, before.id).await?;
    if payout.state != PayoutState::Pending {
        return Err(PayoutRefusal::WrongState(payout.state).into());
    }
    let content = payout.content.ok_or(PayoutRefusal::NoRows)?;
    if before.content != Some(content) {
        return Err(PayoutRefusal::ContentChanged.into());
    }
    let approval = view::approval(&state, &caller, &payout, source.scale);
    Ok(axum::Json(found(&payout, content, &source, &findings, approval)))
}

fn found(
    payout: &Payout,
    content: Content,
    source: &WalletRecord,
    findings: &Findings,
    approval: api::PayoutApproval,
) -> api::PayoutPreflight {
    let scale = source.scale;
    let shortfall = shortfall(&source.wallet, content.total);
    let stands_against = stands_against(payout, content, source, shortfall, findings, &approval);
    let ready = stands_against.is_empty();
    let mut problems = stands_against;
    problems.extend(rows_that("pay what an earlier row pays to the same wallet", &findings.duplicates));
    api::PayoutPreflight {
        digest: crate::auth::approval::Hex(&content.digest).to_string(),
        rows: content.rows,
        total: amount(content.total, scale),
        source: api::PayoutSource {
            wallet_id: source.wallet.id.0,
            available: amount(source.wallet.available(), scale),
            status: wallet_status(source.wallet.status),
        },
        shortfall: amount(shortfall, scale),
        frozen: finding(&findings.frozen),
        closed: finding(&findings.closed),
        duplicates: finding(&findings.duplicates),
        largest: findings.largest.iter().filter_map(|row| largest(row, scale)).collect(),
        likely_duplicate_of: findings.likely_duplicate.map(|other| other.0),
        approval,
        ready,
        problems,
    }
}

/// How much the source lacks. Wallets of the house go below zero.
fn shortfall(source: &Wallet, total: Amount) -> Amount {
    match source.owner {
        Owner::System(_) => Amount::ZERO,
        Owner::User(_) => {
            total.checked_sub(source.available()).filter(|lacks| !lacks.is_negative()).unwrap_or(Amount::ZERO)
        }
    }
}

/// Why it would not be executed, or some row not be paid, as things stand.
fn stands_against(
    payout: &Payout,
    content: Content,
    source: &WalletRecord,
    shortfall: Amount,
    findings: &Findings,
    approval: &api::PayoutApproval,
) -> Vec<String> {
    let (wallet, scale) = (&source.wallet, source.scale);
    let mut sentences = vec![];
    if wallet.status != WalletStatus::Active {
        sentences.push(format!("Wallet {} is {} and pays nothing.", wallet.id, wallet.status.as_str()));
    }
    if shortfall > Amount::ZERO {
        sentences.push(format!(
            "Wallet {} has {} {} available, and {} are needed: {} are missing.",
            wallet.id,
            amount(wallet.available(), scale),
            payout.asset,
            amount(content.total, scale),
            amount(shortfall, scale),
        ));
    }
    sentences.extend(rows_that("pay to frozen wallets and would fail", &findings.frozen));
    sentences.extend(rows_that("pay to closed wallets and would fail", &findings.closed));
    sentences.extend(findings.likely_duplicate.map(|other| {
        format!("Payout {other} pays or has paid these very rows; executing this one needs allow_duplicate.")
    }));
    if approval.required && approval.at.is_none() {
        sentences.push("An operator who neither made nor executes it must agree first.".to_owned());
    }
    sentences
}

fn rows_that(do_what: &str, finding: &Finding) -> Option<String> {
    (finding.count > 0).then(|| format!("Rows that {do_what}: {}.", finding.count))
}

fn finding(finding: &Finding) -> api::PayoutFinding {
    api::PayoutFinding { count: finding.count, rows: finding.rows.iter().map(|row| row.0).collect() }
}

/// Rows in force are good ones.
fn largest(row: &PayoutRow, scale: Scale) -> Option<api::LargestRow> {
    let Checked::Good { wallet, amount: pays } = row.uploaded.checked else { return None };
    Some(api::LargestRow {
        row: row.uploaded.number.0,
        recipient_id: row.uploaded.recipient.clone(),
        wallet_id: wallet.0,
        amount: amount(pays, scale),
    })
}
