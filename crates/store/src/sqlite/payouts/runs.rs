//! Runs: who holds a payout's lease, which rows are left, and what a batch did with them.

use super::records::{demand, find, payout, payout_row, select_payouts, select_rows, write};
use crate::payouts::{NewCompensation, Payout, PayoutRow};
use crate::sqlite::audit_log;
use crate::sqlite::codec::Stored;
use crate::sqlite::rows::amount;
use crate::{AuditLine, Origin, StoreError};
use florin_ledger::{
    Amount, Fence, Group, LedgerId, PayoutChange, PayoutId, RowChange, RowNumber, RowResult, Run, RunKind,
    State, Timestamp,
};
use rusqlite::{Transaction, params};
use std::collections::BTreeSet;
use std::sync::Arc;

const FREE: &str = select_payouts!(
    where "(p.state = 'PROCESSING' OR p.compensation_ended_at IS NULL AND p.compensation IS NOT NULL)
           AND (p.lease_until IS NULL OR p.lease_until < ?2) ORDER BY p.payout_id LIMIT 1"
);

const UNPAID: &str = select_rows!(
    where "row_number > ?4 AND state IN ('PENDING', 'FAILED') AND payment < ?5 ORDER BY row_number LIMIT ?6"
);

/// Which rows a compensation selects; the same for choosing them and for counting them.
macro_rules! selected {
    () => {
        "state = 'PAID' AND compensation_state IS NOT 'REVERSED' AND compensation < ?5
         AND (?6 = 0 OR compensation_named = ?5) AND row_number >= coalesce(?7, 0)
         AND row_number <= coalesce(?8, row_number) AND wallet_id = coalesce(?9, wallet_id)"
    };
}

const UNREVERSED: &str =
    select_rows!(where "row_number > ?4 AND ", selected!(), " ORDER BY row_number LIMIT ?10");

/// Takes a payout's lease: any that is free, or the one that is held under this fence.
pub(super) fn claim(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    held: Option<(PayoutId, Fence)>,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Payout>, StoreError> {
    let found = if let Some((id, fence)) = held {
        find(db_tx, ledger, id)?.filter(|payout| payout.fence == fence && payout.run().is_some())
    } else {
        let mut statement = db_tx.prepare_cached(FREE)?;
        let mut rows = statement.query(params![ledger.0, now.0])?;
        rows.next()?.map(payout).transpose()?
    };
    let Some(before) = found else { return Ok(None) };
    let after = before.clone().claimed(lease_until);
    write(db_tx, ledger, &before, &after)?;
    Ok(Some(after))
}

/// The rows that a run has not decided, above `after`.
pub(super) fn undecided(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    payout: &Payout,
    run: Run,
    after: RowNumber,
    limit: usize,
) -> Result<Vec<PayoutRow>, StoreError> {
    let Some(content) = payout.content else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let selection = payout.compensation.map(|compensation| compensation.selection).unwrap_or_default();
    let mut statement;
    let mut found = match run.kind {
        RunKind::Pay => {
            statement = db_tx.prepare_cached(UNPAID)?;
            statement.query(params![ledger.0, payout.id.0, content.revision, after.0, run.number, limit])?
        }
        RunKind::Compensate => {
            statement = db_tx.prepare_cached(UNREVERSED)?;
            statement.query(params![
                ledger.0,
                payout.id.0,
                content.revision,
                after.0,
                run.number,
                selection.named,
                selection.first_row.map(|row| row.0),
                selection.last_row.map(|row| row.0),
                selection.recipient.map(|wallet| wallet.0),
                limit,
            ])?
        }
    };
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(payout_row(row)?);
    }
    Ok(rows)
}

/// Counts the rows that a compensation selects, and notes those of them that it names. No others: a refusal is
/// committed like any answer, and the next compensation gets the number that was refused.
pub(super) fn select_for_compensation(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    payout: &Payout,
    number: i64,
    new: &NewCompensation,
) -> Result<i64, StoreError> {
    const NAME: &str = concat!(
        "UPDATE payout_rows SET compensation_named = ?5
         WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3 AND row_number = ?4 AND ",
        selected!()
    );
    const COUNT: &str = concat!(
        "SELECT count(*) FROM payout_rows
         WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3 AND row_number > ?4 AND ",
        selected!()
    );
    let Some(content) = payout.content else { return Ok(0) };
    let selection = new.selection;
    let values = |row: i64| {
        (
            ledger.0,
            payout.id.0,
            content.revision,
            row,
            number,
            // None is noted yet.
            false,
            selection.first_row.map(|row| row.0),
            selection.last_row.map(|row| row.0),
            selection.recipient.map(|wallet| wallet.0),
        )
    };
    if !selection.named {
        return Ok(db_tx.prepare_cached(COUNT)?.query_row(values(0), |row| row.get(0))?);
    }
    let mut name = db_tx.prepare_cached(NAME)?;
    let mut named = 0;
    // Each once, however often it is named.
    for row in new.rows.iter().collect::<BTreeSet<_>>() {
        named += i64::try_from(name.execute(values(row.0))?).unwrap_or(i64::MAX);
    }
    Ok(named)
}

/// Ends a run that has decided all its rows, if the lease is still the one under this fence.
pub(super) fn end(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    run: Run,
    fence: Fence,
    now: Timestamp,
) -> Result<Option<Payout>, StoreError> {
    let Some(before) = find(db_tx, ledger, run.payout)? else { return Ok(None) };
    if before.fence != fence || before.run() != Some(run) {
        return Ok(None);
    }
    let after = before.clone().end_run(run, now);
    write(db_tx, ledger, &before, &after)?;
    let line = AuditLine::payout_run_ended(run.kind, &after);
    audit_log::append(db_tx, ledger, &Origin::SYSTEM, &line, now)?;
    Ok(Some(after))
}

/// Loads the leases of the payouts that the groups name.
pub(in crate::sqlite) fn load_fences(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    groups: &[Arc<Group>],
    state: &mut State,
) -> Result<(), StoreError> {
    for slice in groups.iter().filter_map(|group| group.payout.as_ref()) {
        let id = slice.run.payout;
        if let Some(payout) = find(db_tx, ledger, id)?
            && payout.run() == Some(slice.run)
        {
            state.payout_fences.insert(id, payout.fence);
        }
    }
    Ok(())
}

/// Writes what became of a payout's rows, beside their transactions.
pub(in crate::sqlite) fn save(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    change: &PayoutChange,
) -> Result<(), StoreError> {
    let id = change.run.payout;
    let lost = || StoreError::Inconsistent(format!("payout {id} is not under the lease that was decided on"));
    let before = demand(db_tx, ledger, id)?.map_err(|_| lost())?;
    let content = before.content.filter(|_| before.fence == change.fence).ok_or_else(lost)?;
    write(db_tx, ledger, &before, &before.clone().settled(change))?;
    let mut updated = 0;
    for row in &change.rows {
        updated += match change.run.kind {
            RunKind::Pay => save_payment(db_tx, ledger, change.run, content.revision, row)?,
            RunKind::Compensate => save_reversal(db_tx, ledger, change.run, content.revision, row)?,
        };
    }
    if updated == change.rows.len() {
        return Ok(());
    }
    let count = |rows| u64::try_from(rows).unwrap_or(u64::MAX);
    Err(StoreError::RowsAffected {
        statement: "settle a payout's rows",
        expected: count(change.rows.len()),
        actual: count(updated),
    })
}

fn save_payment(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    run: Run,
    revision: i64,
    change: &RowChange,
) -> Result<usize, StoreError> {
    let (state, transaction, failure) = match change.result {
        RowResult::Done { transaction, .. } => ("PAID", Some(transaction), None),
        RowResult::Failed { transaction, rejection } => ("FAILED", transaction, Some(rejection.code())),
    };
    let mut statement = db_tx.prepare_cached(
        "UPDATE payout_rows SET state = ?6, payment = ?5, transaction_id = ?7, failure = ?8, settled_at = ?9
         WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3 AND row_number = ?4
             AND state IN ('PENDING', 'FAILED') AND payment < ?5",
    )?;
    Ok(statement.execute(params![
        ledger.0,
        run.payout.0,
        revision,
        change.row.0,
        run.number,
        state,
        transaction.map(|id| id.0.to_be_bytes()),
        failure,
        change.at.0,
    ])?)
}

fn save_reversal(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    run: Run,
    revision: i64,
    change: &RowChange,
) -> Result<usize, StoreError> {
    let reversed = reversed_so_far(db_tx, ledger, run, revision, change.row)?;
    let (state, transaction, failure, moved) = match change.result {
        RowResult::Done { transaction, amount, is_whole } => {
            let state = if is_whole { "REVERSED" } else { "PARTIALLY_REVERSED" };
            (state, Some(transaction), None, amount)
        }
        RowResult::Failed { transaction, rejection } => {
            let state = if reversed > Amount::ZERO { "PARTIALLY_REVERSED" } else { "FAILED" };
            (state, transaction, Some(rejection.code()), Amount::ZERO)
        }
    };
    let reversed = reversed.checked_add(moved).unwrap_or(Amount::MAX);
    let mut statement = db_tx.prepare_cached(
        "UPDATE payout_rows SET compensation = ?5, compensation_state = ?6, reversed = ?7,
             compensation_transaction_id = ?8, compensation_failure = ?9, compensated_at = ?10
         WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3 AND row_number = ?4
             AND state = 'PAID' AND compensation < ?5",
    )?;
    Ok(statement.execute(params![
        ledger.0,
        run.payout.0,
        revision,
        change.row.0,
        run.number,
        state,
        Stored(reversed),
        transaction.map(|id| id.0.to_be_bytes()),
        failure,
        change.at.0,
    ])?)
}

fn reversed_so_far(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    run: Run,
    revision: i64,
    row: RowNumber,
) -> Result<Amount, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT reversed FROM payout_rows
         WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3 AND row_number = ?4",
    )?;
    let mut rows = statement.query(params![ledger.0, run.payout.0, revision, row.0])?;
    rows.next()?.map_or(Ok(Amount::ZERO), |row| amount(row, 0))
}
