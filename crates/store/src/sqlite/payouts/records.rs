//! Payouts and their rows, as columns.

use crate::StoreError;
use crate::payouts::{
    Checked, Compensation, CompensationState, Content, ContentApproval, Draft, DraftCounts, Payout,
    PayoutRefusal, PayoutRow, PayoutState, Progress, RowCompensation, RowOutcome, RowState, Selection,
    UploadedRow,
};
use crate::sqlite::assets::scale_of;
use crate::sqlite::codec::Stored;
use crate::sqlite::rows::{amount, parsed, parsed_if_any, unreadable};
use florin_ledger::{
    ApiKeyId, AssetCode, Caller, Fence, LedgerId, PayoutId, Principal, RowNumber, Scale, Timestamp,
    TransactionId, UserId, WalletId,
};
use rusqlite::{Row, Transaction, params};

/// Payouts, in the columns that [`payout`] reads.
macro_rules! select_payouts {
    ($($index:literal,)? where $condition:literal) => {
        concat!(
            "SELECT p.payout_id, p.source_wallet_id, p.asset, p.name, p.creator_user_id, p.creator_api_key_id,
                    p.created_at, p.state, p.version, p.next_revision, p.revision, p.row_count, p.total, p.digest,
                    p.draft_revision, p.draft_rows, p.draft_bad_rows, p.approved_by, p.approved_digest,
                    p.approved_at, p.reversed_total, p.fence, p.lease_until,
                    p.payment, p.payer_user_id, p.payer_api_key_id, p.payer_is_house, p.row_count, p.paid_rows,
                    p.paid_total, p.failed_rows, p.payment_started_at, p.payment_ended_at,
                    p.compensation, p.compensator_user_id, p.compensator_api_key_id, p.compensator_is_house,
                    p.compensation_rows, p.compensated_rows, p.compensated_total, p.compensation_failed_rows,
                    p.compensation_started_at, p.compensation_ended_at,
                    p.compensation_named, p.compensation_first_row, p.compensation_last_row,
                    p.compensation_recipient, p.compensation_partial
             FROM payouts p ", $("INDEXED BY ", $index,)? " WHERE p.ledger_id = ?1 AND ",
            $condition
        )
    };
}
pub(in crate::sqlite) use select_payouts;

const ONE: &str = select_payouts!(where "p.payout_id = ?2");

/// Where a run's columns begin: its number, who asks, and its counts stand side by side.
const PAYMENT: usize = 23;
const COMPENSATION: usize = 33;

pub(super) fn find(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
) -> Result<Option<Payout>, StoreError> {
    let mut statement = db_tx.prepare_cached(ONE)?;
    let mut rows = statement.query(params![ledger.0, id.0])?;
    rows.next()?.map(payout).transpose()
}

/// The payout, or that there is none.
pub(super) fn demand(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
) -> Result<Result<Payout, PayoutRefusal>, StoreError> {
    Ok(find(db_tx, ledger, id)?.ok_or(PayoutRefusal::NotFound))
}

/// The scale of what a payout pays.
pub(super) fn scale(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    asset: AssetCode,
) -> Result<Scale, StoreError> {
    let missing = || StoreError::Inconsistent(format!("there is no asset {asset}, but a payout of it"));
    scale_of(db_tx, ledger, asset)?.ok_or_else(missing)
}

pub(in crate::sqlite) fn payout(row: &Row<'_>) -> Result<Payout, StoreError> {
    Ok(Payout {
        id: PayoutId(row.get(0)?),
        source: WalletId(row.get(1)?),
        asset: parsed(row, 2, AssetCode::parse)?,
        name: row.get(3)?,
        creator: principal(row, 4)?,
        created_at: Timestamp(row.get(6)?),
        state: parsed(row, 7, PayoutState::parse)?,
        version: row.get(8)?,
        next_revision: row.get(9)?,
        content: content(row)?,
        draft: draft(row)?,
        approval: approval(row)?,
        reversed_total: amount(row, 20)?,
        fence: Fence(row.get(21)?),
        lease_until: row.get::<_, Option<i64>>(22)?.map(Timestamp),
        payment: progress(row, PAYMENT)?,
        compensation: compensation(row)?,
    })
}

fn content(row: &Row<'_>) -> Result<Option<Content>, StoreError> {
    let Some(revision) = row.get(10)? else { return Ok(None) };
    Ok(Some(Content { revision, rows: row.get(11)?, total: amount(row, 12)?, digest: row.get(13)? }))
}

fn draft(row: &Row<'_>) -> Result<Option<Draft>, StoreError> {
    let Some(revision) = row.get(14)? else { return Ok(None) };
    let (rows, bad_rows): (Option<i64>, Option<i64>) = (row.get(15)?, row.get(16)?);
    let counts = rows.zip(bad_rows).map(|(rows, bad_rows)| DraftCounts { rows, bad_rows });
    Ok(Some(Draft { revision, counts }))
}

fn approval(row: &Row<'_>) -> Result<Option<ContentApproval>, StoreError> {
    let Some(by) = row.get(17)? else { return Ok(None) };
    let at = Timestamp(row.get(19)?);
    Ok(Some(ContentApproval { by: UserId(by), digest: row.get(18)?, at }))
}

fn progress(row: &Row<'_>, first: usize) -> Result<Option<Progress>, StoreError> {
    let Some(number) = row.get(first)? else { return Ok(None) };
    Ok(Some(Progress {
        number,
        caller: Caller { principal: principal(row, first + 1)?, is_house: row.get(first + 3)? },
        rows: row.get(first + 4)?,
        done_rows: row.get(first + 5)?,
        done_total: amount(row, first + 6)?,
        failed_rows: row.get(first + 7)?,
        started_at: Timestamp(row.get(first + 8)?),
        ended_at: row.get::<_, Option<i64>>(first + 9)?.map(Timestamp),
    }))
}

fn compensation(row: &Row<'_>) -> Result<Option<Compensation>, StoreError> {
    let Some(progress) = progress(row, COMPENSATION)? else { return Ok(None) };
    let selection = Selection {
        named: row.get(43)?,
        first_row: row.get::<_, Option<i64>>(44)?.map(RowNumber),
        last_row: row.get::<_, Option<i64>>(45)?.map(RowNumber),
        recipient: row.get::<_, Option<i64>>(46)?.map(WalletId),
    };
    Ok(Some(Compensation { selection, allows_partial: row.get(47)?, progress }))
}

/// A user in this column, or an API key in the next one.
fn principal(row: &Row<'_>, column: usize) -> Result<Principal, StoreError> {
    match (row.get(column)?, row.get(column + 1)?) {
        (Some(user), None) => Ok(Principal::User(UserId(user))),
        (None, Some(api_key)) => Ok(Principal::Service(ApiKeyId(api_key))),
        _ => Err(unreadable(row, column, "nobody, or two")),
    }
}

/// A principal as two columns.
pub(super) const fn columns_of(principal: Principal) -> (Option<i64>, Option<i64>) {
    match principal {
        Principal::User(user) => (Some(user.0), None),
        Principal::Service(api_key) => (None, Some(api_key.0)),
    }
}

/// Writes what has changed in a payout.
pub(super) fn write(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    before: &Payout,
    after: &Payout,
) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let written = write_requests(db_tx, ledger, before, after)? + write_runs(db_tx, ledger, after)?;
    if written == 2 {
        return Ok(());
    }
    let actual = u64::try_from(written).unwrap_or(u64::MAX);
    Err(StoreError::RowsAffected { statement: "change a payout", expected: 2, actual })
}

fn write_requests(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    before: &Payout,
    after: &Payout,
) -> Result<usize, StoreError> {
    let (content, draft, approval) = (after.content, after.draft, after.approval);
    let counts = draft.and_then(|draft| draft.counts);
    let mut statement = db_tx.prepare_cached(
        "UPDATE payouts SET state = ?5, version = ?6, next_revision = ?7, revision = ?8, row_count = ?9, total = ?10,
             digest = ?11, draft_revision = ?12, draft_rows = ?13, draft_bad_rows = ?14, approved_by = ?15,
             approved_digest = ?16, approved_at = ?17, fence = ?18, lease_until = ?19, reversed_total = ?20,
             payment = ?21, payer_user_id = ?22, payer_api_key_id = ?23, payer_is_house = ?24, paid_rows = ?25,
             paid_total = ?26, failed_rows = ?27, payment_started_at = ?28, payment_ended_at = ?29
         WHERE ledger_id = ?1 AND payout_id = ?2 AND version = ?3 AND fence = ?4",
    )?;
    let (payment, payer) = (after.payment, after.payment.map(|run| columns_of(run.caller.principal)));
    Ok(statement.execute(params![
        ledger.0,
        before.id.0,
        before.version,
        before.fence.0,
        after.state.as_str(),
        after.version,
        after.next_revision,
        content.map(|content| content.revision),
        content.map(|content| content.rows),
        content.map(|content| Stored(content.total)),
        content.map(|content| content.digest),
        draft.map(|draft| draft.revision),
        counts.map(|counts| counts.rows),
        counts.map(|counts| counts.bad_rows),
        approval.map(|approval| approval.by.0),
        approval.map(|approval| approval.digest),
        approval.map(|approval| approval.at.0),
        after.fence.0,
        after.lease_until.map(|until| until.0),
        Stored(after.reversed_total),
        payment.map(|run| run.number),
        payer.and_then(|(user, _)| user),
        payer.and_then(|(_, api_key)| api_key),
        payment.map(|run| run.caller.is_house),
        payment.map(|run| run.done_rows),
        payment.map(|run| Stored(run.done_total)),
        payment.map(|run| run.failed_rows),
        payment.map(|run| run.started_at.0),
        payment.and_then(|run| run.ended_at).map(|at| at.0),
    ])?)
}

fn write_runs(db_tx: &Transaction<'_>, ledger: LedgerId, after: &Payout) -> Result<usize, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "UPDATE payouts SET compensation = ?3, compensator_user_id = ?4, compensator_api_key_id = ?5,
             compensator_is_house = ?6, compensation_named = ?7, compensation_first_row = ?8,
             compensation_last_row = ?9, compensation_recipient = ?10, compensation_partial = ?11,
             compensation_rows = ?12, compensated_rows = ?13, compensated_total = ?14,
             compensation_failed_rows = ?15, compensation_started_at = ?16, compensation_ended_at = ?17
         WHERE ledger_id = ?1 AND payout_id = ?2",
    )?;
    let run = after.compensation.map(|compensation| compensation.progress);
    let by = run.map(|run| columns_of(run.caller.principal));
    let selection = after.compensation.map(|compensation| compensation.selection);
    Ok(statement.execute(params![
        ledger.0,
        after.id.0,
        run.map(|run| run.number),
        by.and_then(|(user, _)| user),
        by.and_then(|(_, api_key)| api_key),
        run.map(|run| run.caller.is_house),
        selection.map(|selection| selection.named),
        selection.and_then(|selection| selection.first_row).map(|row| row.0),
        selection.and_then(|selection| selection.last_row).map(|row| row.0),
        selection.and_then(|selection| selection.recipient).map(|wallet| wallet.0),
        after.compensation.map(|compensation| compensation.allows_partial),
        run.map(|run| run.rows),
        run.map(|run| run.done_rows),
        run.map(|run| Stored(run.done_total)),
        run.map(|run| run.failed_rows),
        run.map(|run| run.started_at.0),
        run.and_then(|run| run.ended_at).map(|at| at.0),
    ])?)
}

/// A payout's rows, in the columns that [`payout_row`] reads.
macro_rules! select_rows {
    (where $($condition:tt)+) => {
        concat!(
            "SELECT row_number, line, recipient, reference, memo, wallet_id, amount, bad_amount, fault, state,
                    payment, transaction_id, failure, settled_at,
                    compensation, compensation_state, reversed, compensation_transaction_id, compensation_failure,
                    compensated_at
             FROM payout_rows WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3 AND ",
            $($condition)+
        )
    };
}
pub(in crate::sqlite) use select_rows;

pub(in crate::sqlite) fn payout_row(row: &Row<'_>) -> Result<PayoutRow, StoreError> {
    let state = parsed(row, 9, RowState::parse)?;
    Ok(PayoutRow {
        uploaded: UploadedRow {
            number: RowNumber(row.get(0)?),
            line: row.get(1)?,
            recipient: row.get(2)?,
            reference: row.get(3)?,
            memo: row.get(4)?,
            checked: match state {
                RowState::Invalid => Checked::Bad { amount: row.get(7)?, fault: row.get(8)? },
                _ => Checked::Good { wallet: WalletId(row.get(5)?), amount: amount(row, 6)? },
            },
        },
        state,
        run: row.get(10)?,
        outcome: outcome(row, 11)?,
        compensation: row_compensation(row)?,
    })
}

fn row_compensation(row: &Row<'_>) -> Result<Option<RowCompensation>, StoreError> {
    let Some(state) = parsed_if_any(row, 15, CompensationState::parse)? else { return Ok(None) };
    let missing = || unreadable(row, 19, "nothing");
    Ok(Some(RowCompensation {
        state,
        run: row.get(14)?,
        reversed: amount(row, 16)?,
        outcome: outcome(row, 17)?.ok_or_else(missing)?,
    }))
}

/// A transaction, a failure and a time, side by side.
fn outcome(row: &Row<'_>, first: usize) -> Result<Option<RowOutcome>, StoreError> {
    let Some(at) = row.get::<_, Option<i64>>(first + 2)? else { return Ok(None) };
    let transaction = row.get::<_, Option<[u8; 16]>>(first)?;
    let transaction = transaction.map(|id| TransactionId(u128::from_be_bytes(id)));
    Ok(Some(RowOutcome { transaction, failure: row.get(first + 1)?, at: Timestamp(at) }))
}
