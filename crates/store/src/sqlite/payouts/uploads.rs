//! A payout's rows before anything is paid: uploaded beside those in force, and taken over whole.

use super::records::{demand, payout_row, scale, select_rows, write};
use crate::payouts::{
    Checked, CompensationState, Payout, PayoutRefusal, PayoutRow, RowFilter, RowState, Upload, UploadedRow,
};
use crate::sqlite::codec::Stored;
use crate::sqlite::{audit_log, people, wallets};
use crate::{AuditAction, AuditLine, Origin, StoreError, Username, WalletRecord};
use florin_ledger::{AssetCode, LedgerId, PayoutId, RowNumber, Timestamp};
use rusqlite::{Transaction, params};

type Answer<T> = Result<Result<T, PayoutRefusal>, StoreError>;

/// How many rows are deleted at once: for so long the writer does nothing else.
const SWEEP_MAX: i64 = 5_000;

const ROWS: &str = select_rows!(
    where "row_number > ?4 AND (?5 IS NULL OR state = ?5)
           AND (?6 IS NULL OR compensation_state = ?6) ORDER BY row_number LIMIT ?7"
);

const STORE_ROW: &str = "
    INSERT OR REPLACE INTO payout_rows (ledger_id, payout_id, revision, row_number, line, recipient, reference,
                                        memo, wallet_id, amount, bad_amount, fault, state)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

/// The main wallets of those of the users that exist and have one.
pub(super) fn main_wallets(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    asset: AssetCode,
    names: Vec<Username>,
) -> Result<Vec<(Username, WalletRecord)>, StoreError> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let Some(user) = people::user_by_name(db_tx, ledger, &name)? else { continue };
        let Some(id) = wallets::main_wallet(db_tx, ledger, user.id, asset)? else { continue };
        found.extend(wallets::find(db_tx, ledger, id)?.map(|wallet| (name, wallet)));
    }
    Ok(found)
}

/// Begins an upload: its revision.
pub(super) fn begin(db_tx: &Transaction<'_>, ledger: LedgerId, id: PayoutId) -> Answer<i64> {
    begin_by(db_tx, ledger, id, Payout::begin_upload)
}

/// Begins to mend the draft's faults: its revision.
pub(super) fn begin_mending(db_tx: &Transaction<'_>, ledger: LedgerId, id: PayoutId) -> Answer<i64> {
    begin_by(db_tx, ledger, id, Payout::begin_mending)
}

fn begin_by(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    rule: fn(Payout) -> Result<Payout, PayoutRefusal>,
) -> Answer<i64> {
    let before = match demand(db_tx, ledger, id)? {
        Ok(payout) => payout,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let after = match rule(before.clone()) {
        Ok(after) => after,
        Err(refusal) => return Ok(Err(refusal)),
    };
    write(db_tx, ledger, &before, &after)?;
    Ok(after.draft.map(|draft| draft.revision).ok_or(PayoutRefusal::NothingToMend))
}

/// Stores rows of a draft, in the place of those of the same numbers.
pub(super) fn store(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    revision: i64,
    rows: &[UploadedRow],
) -> Answer<()> {
    if let Err(refusal) = demand(db_tx, ledger, id)?.and_then(|payout| payout.takes_rows(revision)) {
        return Ok(Err(refusal));
    }
    let mut statement = db_tx.prepare_cached(STORE_ROW)?;
    for row in rows {
        let (good, bad, state) = match &row.checked {
            Checked::Good { wallet, amount } => (Some((wallet.0, Stored(*amount))), None, RowState::Pending),
            Checked::Bad { amount, fault } => (None, Some((amount, fault)), RowState::Invalid),
        };
        statement.execute(params![
            ledger.0,
            id.0,
            revision,
            row.number.0,
            row.line,
            row.recipient,
            row.reference,
            row.memo,
            good.map(|(wallet, _)| wallet),
            good.map(|(_, amount)| amount),
            bad.map(|(amount, _)| amount),
            bad.map(|(_, fault)| fault),
            state.as_str(),
        ])?;
    }
    Ok(Ok(()))
}

/// Ends an upload.
pub(super) fn end(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    revision: i64,
    upload: Upload,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let before = match demand(db_tx, ledger, id)? {
        Ok(payout) => payout,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let after = match before.clone().end_upload(revision, upload) {
        Ok(after) => after,
        Err(refusal) => return Ok(Err(refusal)),
    };
    write(db_tx, ledger, &before, &after)?;
    if matches!(upload, Upload::Good(_)) {
        let scale = scale(db_tx, ledger, after.asset)?;
        let line = AuditLine::payout_content(AuditAction::PayoutUploaded, &after, scale);
        audit_log::append(db_tx, ledger, origin, &line, now)?;
    }
    Ok(Ok(after))
}

/// Deletes some of the rows that are neither in force nor the draft's; whether there may be more.
pub(super) fn sweep(db_tx: &Transaction<'_>, ledger: LedgerId, id: PayoutId) -> Result<bool, StoreError> {
    let deleted = db_tx
        .prepare_cached(
            "DELETE FROM payout_rows
             WHERE (ledger_id, payout_id, revision, row_number) IN (
                 SELECT r.ledger_id, r.payout_id, r.revision, r.row_number
                 FROM payouts p JOIN payout_rows r ON r.ledger_id = p.ledger_id AND r.payout_id = p.payout_id
                 WHERE p.ledger_id = ?1 AND p.payout_id = ?2
                     AND r.revision IS NOT p.revision AND r.revision IS NOT p.draft_revision
                 LIMIT ?3)",
        )?
        .execute(params![ledger.0, id.0, SWEEP_MAX])?;
    Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted == SWEEP_MAX))
}

/// Rows of a revision that match, above `after`.
pub(super) fn page(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    revision: i64,
    filter: RowFilter,
    after: RowNumber,
    limit: usize,
) -> Result<Vec<PayoutRow>, StoreError> {
    let mut statement = db_tx.prepare_cached(ROWS)?;
    let mut found = statement.query(params![
        ledger.0,
        id.0,
        revision,
        after.0,
        filter.state.map(RowState::as_str),
        filter.compensation.map(CompensationState::as_str),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(payout_row(row)?);
    }
    Ok(rows)
}
