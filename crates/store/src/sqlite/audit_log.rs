//! The audit log: lines are put in beside what they tell of, and read page by page.

use super::rows::{parsed, parsed_if_any};
use crate::audit_log::{Actor, AuditAction, AuditFilter, AuditId, AuditLine, AuditOutcome, AuditRecord};
use crate::{Origin, StoreError, Subject};
use florin_ledger::{LedgerId, Timestamp};
use rusqlite::{Row, Transaction, params};

/// Lines, by an index where one is named. Left to itself, SQLite goes through the whole log for a page of few.
macro_rules! select_lines {
    ($($index:literal,)? where $condition:literal) => {
        concat!(
            "SELECT audit_id, at, actor, action, subject, outcome, peer, request_id, details FROM audit_log ",
            $("INDEXED BY ", $index,)? "
             WHERE ledger_id = ?1 AND audit_id < ?2 AND ", $condition, "
               AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR at < ?7)
             ORDER BY audit_id DESC LIMIT ?8"
        )
    };
}

const OF_SUBJECT: &str = select_lines!(
    "audit_log_by_subject",
    where "subject = ?3 AND (?4 IS NULL OR actor = ?4) AND (?5 IS NULL OR action = ?5)"
);
const OF_ACTOR: &str = select_lines!(
    "audit_log_by_actor",
    where "?3 IS NULL AND actor = ?4 AND (?5 IS NULL OR action = ?5)"
);
const OF_ACTION: &str =
    select_lines!("audit_log_by_action", where "?3 IS NULL AND ?4 IS NULL AND action = ?5");
const OF_ALL: &str = select_lines!(where "?3 IS NULL AND ?4 IS NULL AND ?5 IS NULL");

/// Appends a line.
pub(super) fn append(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    origin: &Origin,
    line: &AuditLine,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Lines are never deleted, and one thread writes, so the next place is one above the highest.
    db_tx
        .prepare_cached(
            "INSERT INTO audit_log (ledger_id, audit_id, at, actor, action, subject, outcome, peer, request_id,
                                    details)
             SELECT ?1, coalesce(max(audit_id), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
             FROM audit_log WHERE ledger_id = ?1",
        )?
        .execute(params![
            ledger.0,
            now.0,
            origin.actor.to_string(),
            line.action.as_str(),
            line.subject.map(|subject| subject.to_string()),
            line.outcome.as_str(),
            origin.peer.map(|peer| peer.to_string()),
            origin.request_id,
            line.details_text(),
        ])?;
    Ok(())
}

/// Lines that match, newest first, below `before`.
pub(super) fn page(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    filter: AuditFilter,
    before: Option<AuditId>,
    limit: usize,
) -> Result<Vec<AuditRecord>, StoreError> {
    let sql = match filter {
        AuditFilter { subject: Some(_), .. } => OF_SUBJECT,
        AuditFilter { actor: Some(_), .. } => OF_ACTOR,
        AuditFilter { action: Some(_), .. } => OF_ACTION,
        AuditFilter { subject: None, actor: None, action: None, .. } => OF_ALL,
    };
    let mut statement = db_tx.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        ledger.0,
        before.map_or(i64::MAX, |id| id.0),
        filter.subject.map(|subject| subject.to_string()),
        filter.actor.map(|actor| actor.to_string()),
        filter.action.map(AuditAction::as_str),
        filter.from.map(|time| time.0),
        filter.until.map(|time| time.0),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(record(row)?);
    }
    Ok(lines)
}

fn record(row: &Row<'_>) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        id: AuditId(row.get(0)?),
        at: Timestamp(row.get(1)?),
        origin: Origin {
            actor: parsed(row, 2, Actor::parse)?,
            peer: parsed_if_any(row, 6, |text| text.parse().ok())?,
            request_id: row.get(7)?,
        },
        line: AuditLine {
            action: parsed(row, 3, AuditAction::parse)?,
            subject: parsed_if_any(row, 4, Subject::parse)?,
            outcome: parsed(row, 5, AuditOutcome::parse)?,
            details: parsed(row, 8, AuditLine::parse_details)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::tests::plans::assert_found;

    #[test]
    fn pages_are_found_in_their_indexes_and_need_no_sorting() {
        assert_found(&[
            (OF_SUBJECT, "audit_log_by_subject (ledger_id=? AND subject=? AND audit_id<?)"),
            (OF_ACTOR, "audit_log_by_actor (ledger_id=? AND actor=? AND audit_id<?)"),
            (OF_ACTION, "audit_log_by_action (ledger_id=? AND action=? AND audit_id<?)"),
            (OF_ALL, "PRIMARY KEY (ledger_id=? AND audit_id<?)"),
        ]);
    }
}
