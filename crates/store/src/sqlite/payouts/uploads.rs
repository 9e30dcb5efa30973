//! A payout's rows before anything is paid: uploaded beside those in force, and taken over whole.

use super::records::{demand, find, payout_row, scale, select_rows, write};
use crate::payouts::{
    Checked, CompensationState, Payout, PayoutRefusal, PayoutRow, RowFilter, RowState, Upload, UploadedRow,
};
use crate::sqlite::codec::Stored;
use crate::sqlite::{audit_log, people, wallets};
use crate::{AuditAction, AuditLine, Origin, StoreError, Username, WalletRecord};
use florin_ledger::{AssetCode, LedgerId, PayoutId, RowNumber, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

type Answer<T> = Result<Result<T, PayoutRefusal>, StoreError>;

/// How many rows are deleted at once: for so long the writer does nothing else.
const SWEEP_MAX: i64 = 5_000;

/// After how many rows of an upload the writer's cache is emptied.
const CACHED_ROWS_MAX: i64 = 20_000;

/// A long upload fills the writer's cache with rows that nobody needs soon. What others need of it, they read again
/// at once.
const FORGET: &str = "PRAGMA shrink_memory";

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
    if rows.iter().any(|row| row.number.0 % CACHED_ROWS_MAX == 0) {
        db_tx.execute_batch(FORGET)?;
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
    let Some(payout) = find(db_tx, ledger, id)? else { return Ok(false) };
    let in_force = payout.content.map(|content| content.revision);
    let draft = payout.draft.map(|draft| draft.revision);
    let mut revision = 0;
    loop {
        let Some(next) = next_revision(db_tx, ledger, id, revision)? else { return Ok(false) };
        revision = next;
        if Some(revision) != in_force && Some(revision) != draft {
            break;
        }
    }
    let mut delete = db_tx.prepare_cached(
        "DELETE FROM payout_rows
         WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3 AND row_number <= (
             SELECT max(row_number)
             FROM (SELECT row_number FROM payout_rows
                   WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3
                   ORDER BY row_number LIMIT ?4))",
    )?;
    delete.execute(params![ledger.0, id.0, revision, SWEEP_MAX])?;
    db_tx.execute_batch(FORGET)?;
    Ok(true)
}

/// The next revision that has rows. One step in the index each: there may be a million rows to a revision.
fn next_revision(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    after: i64,
) -> Result<Option<i64>, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT revision FROM payout_rows
         WHERE ledger_id = ?1 AND payout_id = ?2 AND revision > ?3 ORDER BY revision LIMIT 1",
    )?;
    Ok(statement.query_row(params![ledger.0, id.0, after], |row| row.get(0)).optional()?)
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
