//! What people want of a payout. The rules are [`Payout`]'s own; here they are asked, and what they say is written.

use super::records::{columns_of, demand, find, scale, select_payouts, write};
use crate::payouts::{
    Execution, NewCompensation, NewPayout, Payout, PayoutFilter, PayoutRefusal, PayoutState, Steer,
};
use crate::sqlite::audit_log;
use crate::sqlite::creation::{self, Resource, Turn, vanished};
use crate::{AuditAction, AuditLine, Created, CreationKey, Origin, StoreError};
use florin_ledger::{Caller, LedgerId, PayoutId, Timestamp, UserId};
use rusqlite::{OptionalExtension, Transaction, params};

type Answer<T> = Result<Result<T, PayoutRefusal>, StoreError>;

const PAGE_OF_SOURCE: &str = select_payouts!(
    "payouts_by_source",
    where "p.source_wallet_id = ?3 AND p.payout_id < ?2 AND (?4 IS NULL OR p.state = ?4)
           AND (?5 IS NULL OR EXISTS (SELECT 1 FROM wallets w WHERE w.ledger_id = ?1 AND w.user_id = ?5
               AND w.wallet_id = p.source_wallet_id)) ORDER BY p.payout_id DESC LIMIT ?6"
);
const PAGE_OF_ALL: &str = select_payouts!(
    where "p.payout_id < ?2 AND ?3 IS NULL AND (?4 IS NULL OR p.state = ?4)
           AND (?5 IS NULL OR EXISTS (SELECT 1 FROM wallets w WHERE w.ledger_id = ?1 AND w.user_id = ?5
               AND w.wallet_id = p.source_wallet_id)) ORDER BY p.payout_id DESC LIMIT ?6"
);

/// Makes a payout without rows.
pub(super) fn create(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    new: &NewPayout,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<Payout>, StoreError> {
    match creation::turn(db_tx, ledger, Resource::Payout, key)? {
        Turn::Go => {}
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => {
            let payout = find(db_tx, ledger, PayoutId(id))?.ok_or_else(|| vanished(Resource::Payout))?;
            return Ok(Created::Replayed(payout.when_created()));
        }
    }
    // Payouts are never deleted, and one thread writes, so the next id is one above the highest.
    let id: i64 = db_tx
        .prepare_cached("SELECT coalesce(max(payout_id), 0) + 1 FROM payouts WHERE ledger_id = ?1")?
        .query_row([ledger.0], |row| row.get(0))?;
    let payout = new.clone().created(PayoutId(id), now);
    let (user, api_key) = columns_of(new.creator);
    db_tx
        .prepare_cached(
            "INSERT INTO payouts (ledger_id, payout_id, source_wallet_id, asset, name, creator_user_id,
                                  creator_api_key_id, created_at, state, version, next_revision, fence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            ledger.0,
            id,
            payout.source.0,
            payout.asset.as_str(),
            payout.name,
            user,
            api_key,
            now.0,
            payout.state.as_str(),
            payout.version,
            payout.next_revision,
            payout.fence.0,
        ])?;
    creation::bind(db_tx, ledger, Resource::Payout, id, key, now)?;
    audit_log::append(db_tx, ledger, origin, &AuditLine::payout_created(&payout), now)?;
    Ok(Created::New(payout))
}

/// Payouts that match, newest first, below `before`.
pub(super) fn page(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    filter: PayoutFilter,
    before: Option<PayoutId>,
    limit: usize,
) -> Result<Vec<Payout>, StoreError> {
    let sql = if filter.source.is_some() { PAGE_OF_SOURCE } else { PAGE_OF_ALL };
    let mut statement = db_tx.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        ledger.0,
        before.map_or(i64::MAX, |id| id.0),
        filter.source.map(|wallet| wallet.0),
        filter.state.map(PayoutState::as_str),
        filter.owner.map(|user| user.0),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ])?;
    let mut payouts = Vec::new();
    while let Some(row) = rows.next()? {
        payouts.push(super::records::payout(row)?);
    }
    Ok(payouts)
}

/// Changes a payout by a rule, with a line of the audit log where that changed something.
fn change(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    origin: &Origin,
    now: Timestamp,
    rule: impl FnOnce(Payout) -> Answer<Payout>,
    line: impl FnOnce(&Payout) -> AuditLine,
) -> Answer<Payout> {
    let before = match demand(db_tx, ledger, id)? {
        Ok(payout) => payout,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let after = match rule(before.clone())? {
        Ok(after) => after,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if before != after {
        write(db_tx, ledger, &before, &after)?;
        audit_log::append(db_tx, ledger, origin, &line(&after), now)?;
    }
    Ok(Ok(after))
}

/// The same where it is about the content.
fn change_content(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    action: AuditAction,
    origin: &Origin,
    now: Timestamp,
    rule: impl FnOnce(Payout) -> Answer<Payout>,
) -> Answer<Payout> {
    let scale = match find(db_tx, ledger, id)? {
        Some(payout) => scale(db_tx, ledger, payout.asset)?,
        None => return Ok(Err(PayoutRefusal::NotFound)),
    };
    change(db_tx, ledger, id, origin, now, rule, |payout| AuditLine::payout_content(action, payout, scale))
}

/// Begins a run by a rule, once a key.
fn begin_run(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    key: CreationKey,
    now: Timestamp,
    begin: impl FnOnce() -> Answer<Payout>,
) -> Answer<Payout> {
    match creation::turn::<i64>(db_tx, ledger, Resource::PayoutRun, key)? {
        Turn::Go => {}
        Turn::Replay(of) if of == id.0 => return demand(db_tx, ledger, id),
        Turn::Replay(_) | Turn::KeyReused => return Ok(Err(PayoutRefusal::KeyReused)),
    }
    let answer = begin()?;
    if answer.is_ok() {
        creation::bind(db_tx, ledger, Resource::PayoutRun, id.0, key, now)?;
    }
    Ok(answer)
}

/// Notes that an operator agrees with the content.
pub(super) fn approve(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    approver: UserId,
    digest: [u8; 32],
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let rule = |payout: Payout| Ok(payout.approve(approver, digest, now));
    change_content(db_tx, ledger, id, AuditAction::PayoutApproved, origin, now, rule)
}

/// Lets the rows be paid.
pub(super) fn execute(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    execution: Execution,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    begin_run(db_tx, ledger, id, key, now, || {
        change_content(db_tx, ledger, id, AuditAction::PayoutExecuted, origin, now, |payout| {
            let duplicate = likely_duplicate(db_tx, ledger, &payout)?;
            Ok(payout.execute(execution, duplicate, now))
        })
    })
}

/// A payout with the same content from the same source: the newest that was begun, or one that was made before.
pub(super) fn likely_duplicate(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    payout: &Payout,
) -> Result<Option<PayoutId>, StoreError> {
    let Some(content) = payout.content else { return Ok(None) };
    let id = db_tx
        .prepare_cached(
            "SELECT payout_id FROM payouts
             WHERE ledger_id = ?1 AND source_wallet_id = ?2 AND digest = ?3 AND payout_id <> ?4
                 AND state NOT IN ('CANCELLED', 'FAILED') AND (state <> 'PENDING' OR payout_id < ?4)
             ORDER BY state = 'PENDING', payout_id DESC LIMIT 1",
        )?
        .query_row(params![ledger.0, payout.source.0, content.digest, payout.id.0], |row| row.get(0))
        .optional()?;
    Ok(id.map(PayoutId))
}

/// Lets the rows that failed be paid once more.
pub(super) fn retry(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    caller: Caller,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    begin_run(db_tx, ledger, id, key, now, || {
        let rule = |payout: Payout| Ok(payout.retry(caller, now));
        change(db_tx, ledger, id, origin, now, rule, AuditLine::payout_retried)
    })
}

/// Lets rows that were paid be reversed.
pub(super) fn compensate(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    new: &NewCompensation,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    begin_run(db_tx, ledger, id, key, now, || {
        let rule = |payout: Payout| {
            let number = match payout.next_compensation() {
                Ok(number) => number,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let rows = super::runs::select_for_compensation(db_tx, ledger, &payout, number, new)?;
            Ok(payout.compensate(new, rows, now))
        };
        change(db_tx, ledger, id, origin, now, rule, AuditLine::payout_compensated)
    })
}

/// Stops a payout, or lets it go on.
pub(super) fn steer(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    steer: Steer,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let rule = |payout: Payout| Ok(payout.steer(steer, now));
    change(db_tx, ledger, id, origin, now, rule, |payout| AuditLine::payout_steered(steer, payout))
}
