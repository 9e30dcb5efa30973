//! What people want of a payout.

use super::findings::likely_duplicate;
use super::locked::Locked;
use super::runs::working_set;
use crate::payouts::{Answer, Execution, NewCompensation, Payout, PayoutRefusal, Steer};
use crate::postgres::Postgres;
use crate::postgres::creation::query;
use crate::postgres::db_tx::DbTx;
use crate::{AuditAction, AuditLine, CreationKey, Origin, StoreError};
use florin_ledger::{Caller, LedgerId, PayoutId, RowNumber, Run, RunKind, Timestamp, UserId};
use std::ops::ControlFlow;

pub(super) async fn approve(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    approver: UserId,
    digest: [u8; 32],
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let locked = match Locked::take(store, ledger, id).await? {
        Ok(locked) => locked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let rule = |payout: Payout| payout.approve(approver, digest, now);
    locked.change_content(store, AuditAction::PayoutApproved, rule, origin, now).await
}

/// Under the lock of the source too: two payouts of one content cannot both find that there is no other.
pub(super) async fn execute(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    execution: Execution,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    const LOCK_SOURCE: &str = "
        SELECT w.wallet_id
        FROM wallets w
        WHERE w.ledger_id = $1
            AND w.wallet_id = (SELECT source_wallet_id FROM payouts WHERE ledger_id = $1 AND payout_id = $2)
        FOR NO KEY UPDATE";
    let db_tx = DbTx::begin(&store.writers).await?;
    query(&db_tx, LOCK_SOURCE, &[&ledger.0, &id.0]).await?;
    let locked = match Locked::take_in(db_tx, ledger, id).await? {
        Ok(locked) => locked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let locked = match locked.unless_asked_before(&key).await? {
        ControlFlow::Continue(locked) => locked,
        ControlFlow::Break(answer) => return Ok(answer),
    };
    let other = likely_duplicate(&locked.db_tx, ledger, &locked.payout).await?;
    if !locked.bind(&key, now).await? {
        return locked.refuse(PayoutRefusal::KeyReused).await;
    }
    let rule = |payout: Payout| payout.execute(execution, other, now);
    locked.change_content(store, AuditAction::PayoutExecuted, rule, origin, now).await
}

pub(super) async fn retry(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    caller: Caller,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let locked = match Locked::take(store, ledger, id).await? {
        Ok(locked) => locked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let locked = match locked.unless_asked_before(&key).await? {
        ControlFlow::Continue(locked) => locked,
        ControlFlow::Break(answer) => return Ok(answer),
    };
    if !locked.bind(&key, now).await? {
        return locked.refuse(PayoutRefusal::KeyReused).await;
    }
    let rule = |payout: Payout| payout.retry(caller, now);
    locked.change(rule, AuditLine::payout_retried, origin, now).await
}

pub(super) async fn compensate(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    new: &NewCompensation,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let locked = match Locked::take(store, ledger, id).await? {
        Ok(locked) => locked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let locked = match locked.unless_asked_before(&key).await? {
        ControlFlow::Continue(locked) => locked,
        ControlFlow::Break(answer) => return Ok(answer),
    };
    let number = match locked.payout.next_compensation() {
        Ok(number) => number,
        Err(refusal) => return locked.refuse(refusal).await,
    };
    if !locked.bind(&key, now).await? {
        return locked.refuse(PayoutRefusal::KeyReused).await;
    }
    if new.selection.named {
        name_rows(&locked, number, &new.rows).await?;
    }
    let run = Run { payout: id, kind: RunKind::Compensate, number };
    let rows = working_set(&locked.db_tx, ledger, &locked.payout, run, &new.selection).await?;
    let rule = |payout: Payout| payout.compensate(new, rows, now);
    locked.change(rule, AuditLine::payout_compensated, origin, now).await
}

/// Marks the rows that a compensation names, in one scan of the range in which they are.
async fn name_rows(locked: &Locked, compensation: i64, rows: &[RowNumber]) -> Result<(), StoreError> {
    const NAME: &str = "
        UPDATE payout_rows
        SET compensation_named = $4
        WHERE ledger_id = $1 AND payout_id = $2 AND revision = $3 AND row_number >= $5 AND row_number <= $6
            AND row_number = ($7::bigint[])[width_bucket(row_number, $7::bigint[])]";
    let mut rows: Vec<i64> = rows.iter().map(|row| row.0).collect();
    rows.sort_unstable();
    let (Some(content), Some(first), Some(last)) = (locked.payout.content, rows.first(), rows.last()) else {
        return Ok(());
    };
    let parameters: [&(dyn postgres_types::ToSql + Sync); 7] =
        [&locked.ledger.0, &locked.payout.id.0, &content.revision, &compensation, first, last, &rows];
    query(&locked.db_tx, NAME, &parameters).await?;
    Ok(())
}

pub(super) async fn steer(
    store: &Postgres,
    ledger: LedgerId,
    id: PayoutId,
    steer: Steer,
    origin: &Origin,
    now: Timestamp,
) -> Answer<Payout> {
    let locked = match Locked::take(store, ledger, id).await? {
        Ok(locked) => locked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let rule = |payout: Payout| payout.steer(steer, now);
    locked.change(rule, |payout| AuditLine::payout_steered(steer, payout), origin, now).await
}
