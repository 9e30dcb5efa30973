//! The audit log: lines are put in beside what they tell of, and read page by page.

use super::codec::Instant;
use super::creation::query;
use super::load::unreadable;
use crate::audit_log::{Actor, AuditAction, AuditFilter, AuditId, AuditLine, AuditOutcome, AuditRecord};
use crate::{Origin, StoreError, Subject};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, Timestamp};
use tokio_postgres::Row;

/// The counter's row lock is held until the end of the database transaction, so this comes last in it.
const APPEND: &str = "
    WITH place AS (
        UPDATE ledgers SET next_audit_id = next_audit_id + 1 WHERE ledger_id = $1
        RETURNING next_audit_id - 1 AS audit_id)
    INSERT INTO audit_log (ledger_id, audit_id, at, actor, action, subject, outcome, peer, request_id, details)
    SELECT $1, audit_id, $2, $3, $4, $5, $6, $7, $8, $9::text::json FROM place
    RETURNING audit_id";

/// Appends a line.
pub(super) async fn append(
    client: &ClientWrapper,
    ledger: LedgerId,
    origin: &Origin,
    line: &AuditLine,
    now: Timestamp,
) -> Result<(), StoreError> {
    let appended = query(
        client,
        APPEND,
        &[
            &ledger.0,
            &Instant(now),
            &origin.actor.to_string(),
            &line.action.as_str(),
            &line.subject.map(|subject| subject.to_string()),
            &line.outcome.as_str(),
            &origin.peer.map(|peer| peer.to_string()),
            &origin.request_id,
            &line.details_text(),
        ],
    )
    .await?;
    if appended.is_empty() {
        return Err(StoreError::Unsuitable(format!("there is no ledger {ledger}")));
    }
    Ok(())
}

const PAGE: &str = "
    SELECT audit_id, at, actor, action, subject, outcome, peer, request_id, details::text AS details
    FROM audit_log
    WHERE ledger_id = $1 AND audit_id < $2
        AND ($3::text IS NULL OR subject = $3)
        AND ($4::text IS NULL OR actor = $4)
        AND ($5::text IS NULL OR action = $5)
        AND ($6::timestamptz IS NULL OR at >= $6)
        AND ($7::timestamptz IS NULL OR at < $7)
    ORDER BY audit_id DESC
    LIMIT $8";

/// Lines that match, newest first, below `before`.
pub(super) async fn page(
    client: &ClientWrapper,
    ledger: LedgerId,
    filter: AuditFilter,
    before: Option<AuditId>,
    limit: usize,
) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = query(
        client,
        PAGE,
        &[
            &ledger.0,
            &before.map_or(i64::MAX, |id| id.0),
            &filter.subject.map(|subject| subject.to_string()),
            &filter.actor.map(|actor| actor.to_string()),
            &filter.action.map(AuditAction::as_str),
            &filter.from.map(Instant),
            &filter.until.map(Instant),
            &i64::try_from(limit).unwrap_or(i64::MAX),
        ],
    )
    .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<AuditRecord, StoreError> {
    let read = || {
        let origin = Origin {
            actor: Actor::parse(row.get("actor"))?,
            peer: row.get::<_, Option<&str>>("peer").map(str::parse).transpose().ok()?,
            request_id: row.get("request_id"),
        };
        let line = AuditLine {
            action: AuditAction::parse(row.get("action"))?,
            subject: match row.get("subject") {
                Some(text) => Some(Subject::parse(text)?),
                None => None,
            },
            outcome: AuditOutcome::parse(row.get("outcome"))?,
            details: AuditLine::parse_details(row.get("details"))?,
        };
        Some(AuditRecord {
            id: AuditId(row.get("audit_id")),
            at: row.get::<_, Instant>("at").0,
            origin,
            line,
        })
    };
    read().ok_or_else(|| unreadable("line of the audit log"))
}
