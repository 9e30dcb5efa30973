//! Payouts and their rows, as columns.

use crate::StoreError;
use crate::payouts::{
    Checked, Compensation, CompensationState, Content, ContentApproval, Draft, DraftCounts, Payout,
    PayoutRow, PayoutState, Progress, RowCompensation, RowOutcome, RowState, Selection, UploadedRow,
};
use crate::postgres::codec::{Instant, Numeric};
use crate::postgres::load::{asset_code, unreadable};
use florin_ledger::{
    ApiKeyId, Caller, Fence, PayoutId, Principal, RowNumber, Timestamp, TransactionId, UserId, WalletId,
};
use postgres_types::FromSql;
use tokio_postgres::Row;
use uuid::Uuid;

/// Payouts, in the columns that [`payout`] reads; `$1` is the ledger.
macro_rules! select_payouts {
    ($rest:literal) => {
        concat!(
            "SELECT p.payout_id, p.source_wallet_id, p.asset, p.name, p.creator_user_id, p.creator_api_key_id,
                p.created_at, p.state, p.version, p.next_revision, p.revision, p.row_count, p.total, p.digest,
                p.draft_revision, p.draft_rows, p.draft_bad_rows, p.approved_by, p.approved_digest, p.approved_at,
                p.payment, p.payer_user_id, p.payer_api_key_id, p.payer_is_house, p.paid_rows, p.paid_total,
                p.failed_rows, p.payment_started_at, p.payment_ended_at,
                p.compensation, p.compensator_user_id, p.compensator_api_key_id, p.compensator_is_house,
                p.compensation_named, p.compensation_first_row, p.compensation_last_row, p.compensation_recipient,
                p.compensation_partial, p.compensation_rows, p.compensated_rows, p.compensated_total,
                p.compensation_failed_rows, p.compensation_started_at, p.compensation_ended_at,
                p.reversed_total, p.fence, p.lease_until
            FROM payouts p
            WHERE p.ledger_id = $1 AND ",
            $rest
        )
    };
}
pub(super) use select_payouts;

/// What cannot be read of a payout.
fn broken() -> StoreError {
    unreadable("payout")
}

pub(super) fn payout(row: &Row) -> Result<Payout, StoreError> {
    Ok(Payout {
        id: PayoutId(row.get("payout_id")),
        source: WalletId(row.get("source_wallet_id")),
        asset: asset_code(row.get("asset"))?,
        name: row.get("name"),
        creator: principal(row, "creator_user_id", "creator_api_key_id")?,
        created_at: row.get::<_, Instant>("created_at").0,
        state: PayoutState::parse(row.get("state")).ok_or_else(broken)?,
        content: content(row)?,
        draft: draft(row),
        next_revision: row.get("next_revision"),
        approval: approval(row)?,
        payment: payment(row)?,
        compensation: compensation(row)?,
        reversed_total: row.get::<_, Numeric>("reversed_total").0,
        version: row.get("version"),
        fence: Fence(row.get("fence")),
        lease_until: time(row, "lease_until"),
    })
}

fn content(row: &Row) -> Result<Option<Content>, StoreError> {
    let Some(revision) = row.get("revision") else { return Ok(None) };
    let total = there::<Numeric>(row, "total")?.0;
    Ok(Some(Content { revision, rows: there(row, "row_count")?, total, digest: digest(row, "digest")? }))
}

fn draft(row: &Row) -> Option<Draft> {
    let revision = row.get::<_, Option<i64>>("draft_revision")?;
    let counts = row.get::<_, Option<i64>>("draft_rows").zip(row.get("draft_bad_rows"));
    let counts = counts.map(|(rows, bad_rows)| DraftCounts { rows, bad_rows });
    Some(Draft { revision, counts })
}

fn approval(row: &Row) -> Result<Option<ContentApproval>, StoreError> {
    let Some(by) = row.get("approved_by") else { return Ok(None) };
    let at = there::<Instant>(row, "approved_at")?.0;
    Ok(Some(ContentApproval { by: UserId(by), digest: digest(row, "approved_digest")?, at }))
}

fn payment(row: &Row) -> Result<Option<Progress>, StoreError> {
    let Some(number) = row.get("payment") else { return Ok(None) };
    let principal = principal(row, "payer_user_id", "payer_api_key_id")?;
    Ok(Some(Progress {
        number,
        caller: Caller { principal, is_house: there(row, "payer_is_house")? },
        rows: there(row, "row_count")?,
        done_rows: there(row, "paid_rows")?,
        done_total: there::<Numeric>(row, "paid_total")?.0,
        failed_rows: there(row, "failed_rows")?,
        started_at: there::<Instant>(row, "payment_started_at")?.0,
        ended_at: time(row, "payment_ended_at"),
    }))
}

fn compensation(row: &Row) -> Result<Option<Compensation>, StoreError> {
    let Some(number) = row.get("compensation") else { return Ok(None) };
    let principal = principal(row, "compensator_user_id", "compensator_api_key_id")?;
    let progress = Progress {
        number,
        caller: Caller { principal, is_house: there(row, "compensator_is_house")? },
        rows: there(row, "compensation_rows")?,
        done_rows: there(row, "compensated_rows")?,
        done_total: there::<Numeric>(row, "compensated_total")?.0,
        failed_rows: there(row, "compensation_failed_rows")?,
        started_at: there::<Instant>(row, "compensation_started_at")?.0,
        ended_at: time(row, "compensation_ended_at"),
    };
    let selection = Selection {
        named: there(row, "compensation_named")?,
        first_row: row.get::<_, Option<i64>>("compensation_first_row").map(RowNumber),
        last_row: row.get::<_, Option<i64>>("compensation_last_row").map(RowNumber),
        recipient: row.get::<_, Option<i64>>("compensation_recipient").map(WalletId),
    };
    Ok(Some(Compensation { selection, allows_partial: there(row, "compensation_partial")?, progress }))
}

fn principal(row: &Row, user: &str, api_key: &str) -> Result<Principal, StoreError> {
    match (row.get::<_, Option<i64>>(user), row.get::<_, Option<i64>>(api_key)) {
        (Some(user), None) => Ok(Principal::User(UserId(user))),
        (None, Some(api_key)) => Ok(Principal::Service(ApiKeyId(api_key))),
        _ => Err(broken()),
    }
}

fn digest(row: &Row, column: &str) -> Result<[u8; 32], StoreError> {
    there::<&[u8]>(row, column)?.try_into().map_err(|_| broken())
}

fn time(row: &Row, column: &str) -> Option<Timestamp> {
    row.get::<_, Option<Instant>>(column).map(|time| time.0)
}

/// What must be there beside what was found to be.
fn there<'row, T: FromSql<'row>>(row: &'row Row, column: &str) -> Result<T, StoreError> {
    row.get::<_, Option<T>>(column).ok_or_else(broken)
}

/// Rows of one revision of a payout, in the columns that [`payout_row`] reads; `$1` is the ledger, `$2` the payout,
/// `$3` the revision.
macro_rules! select_rows {
    ($rest:literal) => {
        concat!(
            "SELECT row_number, line, recipient, wallet_id, amount, reference, memo, bad_amount, fault, state,
                payment, transaction_id, failure, settled_at,
                compensation, compensation_state, reversed, compensation_transaction_id, compensation_failure,
                compensated_at
            FROM payout_rows
            WHERE ledger_id = $1 AND payout_id = $2 AND revision = $3 AND ",
            $rest
        )
    };
}
pub(super) use select_rows;

pub(super) fn payout_row(row: &Row) -> Result<PayoutRow, StoreError> {
    let state = RowState::parse(row.get("state")).ok_or_else(broken)?;
    let checked = match state {
        RowState::Invalid => Checked::Bad { amount: there(row, "bad_amount")?, fault: there(row, "fault")? },
        RowState::Pending | RowState::Paid | RowState::Failed => Checked::Good {
            wallet: WalletId(there(row, "wallet_id")?),
            amount: there::<Numeric>(row, "amount")?.0,
        },
    };
    Ok(PayoutRow {
        uploaded: UploadedRow {
            number: RowNumber(row.get("row_number")),
            line: row.get("line"),
            recipient: row.get("recipient"),
            reference: row.get("reference"),
            memo: row.get("memo"),
            checked,
        },
        state,
        run: row.get("payment"),
        outcome: outcome(row, "transaction_id", "failure", "settled_at"),
        compensation: row_compensation(row)?,
    })
}

fn row_compensation(row: &Row) -> Result<Option<RowCompensation>, StoreError> {
    let Some(state) = row.get::<_, Option<&str>>("compensation_state") else { return Ok(None) };
    let outcome = outcome(row, "compensation_transaction_id", "compensation_failure", "compensated_at");
    Ok(Some(RowCompensation {
        state: CompensationState::parse(state).ok_or_else(broken)?,
        run: row.get("compensation"),
        reversed: row.get::<_, Numeric>("reversed").0,
        outcome: outcome.ok_or_else(broken)?,
    }))
}

fn outcome(row: &Row, transaction: &str, failure: &str, at: &str) -> Option<RowOutcome> {
    let at = time(row, at)?;
    let transaction = row.get::<_, Option<Uuid>>(transaction).map(|id| TransactionId(id.as_u128()));
    Some(RowOutcome { transaction, failure: row.get(failure), at })
}
