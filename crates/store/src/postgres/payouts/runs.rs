//! Who runs a payout: leases are given, rows that are not decided are read, and runs end.

use super::locked::Locked;
use super::records::{payout, payout_row, select_payouts, select_rows};
use super::save;
use crate::payouts::{Payout, PayoutRow, Selection};
use crate::postgres::Postgres;
use crate::postgres::codec::Instant;
use crate::postgres::creation::query;
use crate::postgres::db_tx::DbTx;
use crate::postgres::load::unreadable;
use crate::{AuditLine, Origin, StoreError};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{Fence, LedgerId, PayoutId, RowNumber, Run, RunKind, Timestamp};

/// Whether a payout has a run, as [`Payout::run`] says it, and as the index `payouts_running` does.
macro_rules! has_run {
    () => {
        "(p.state = 'PROCESSING' OR p.compensation_ended_at IS NULL AND p.compensation IS NOT NULL)"
    };
}

/// One whose lease is over. Who holds its lock is writing to it, and has the lease for longer.
const CLAIMABLE: &str = concat!(
    select_payouts!(""),
    has_run!(),
    " AND (p.lease_until IS NULL OR p.lease_until < $2)
    ORDER BY p.payout_id
    LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED"
);

/// The one that is held. Who holds its lock is waited for, and may have taken the lease away.
const HELD: &str = concat!(
    select_payouts!(""),
    has_run!(),
    " AND p.payout_id = $2 AND p.fence = $3
    FOR NO KEY UPDATE"
);

pub(super) async fn claim(
    store: &Postgres,
    ledger: LedgerId,
    held: Option<(PayoutId, Fence)>,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Payout>, StoreError> {
    let db_tx = DbTx::begin(&store.writers).await?;
    let found = match held {
        Some((id, fence)) => query(&db_tx, HELD, &[&ledger.0, &id.0, &fence.0]).await?,
        None => query(&db_tx, CLAIMABLE, &[&ledger.0, &Instant(now)]).await?,
    };
    let Some(found) = found.first().map(payout).transpose()? else {
        db_tx.rollback().await?;
        return Ok(None);
    };
    let claimed = found.claimed(lease_until);
    save::save(&db_tx, ledger, &claimed).await?;
    db_tx.commit().await?;
    Ok(Some(claimed))
}

/// What a compensation is to reverse; `$4` is its number.
macro_rules! to_be_reversed {
    () => {
        "state = 'PAID' AND compensation_state IS DISTINCT FROM 'REVERSED' AND compensation < $4
            AND (NOT $5::boolean OR compensation_named = $4)
            AND row_number >= $6 AND row_number <= $7
            AND ($8::bigint IS NULL OR wallet_id = $8)"
    };
}

/// How many rows a compensation has to reverse.
pub(super) async fn working_set(
    client: &ClientWrapper,
    ledger: LedgerId,
    payout: &Payout,
    run: Run,
    selection: &Selection,
) -> Result<i64, StoreError> {
    const COUNT: &str = concat!(
        "SELECT count(*) FROM payout_rows WHERE ledger_id = $1 AND payout_id = $2 AND revision = $3 AND ",
        to_be_reversed!()
    );
    let Some(content) = payout.content else { return Ok(0) };
    let counted = query(
        client,
        COUNT,
        &[
            &ledger.0,
            &payout.id.0,
            &content.revision,
            &run.number,
            &selection.named,
            &selection.first_row.map_or(0, |row| row.0),
            &selection.last_row.map_or(i64::MAX, |row| row.0),
            &selection.recipient.map(|wallet| wallet.0),
        ],
    )
    .await?;
    Ok(counted.first().ok_or_else(|| unreadable("count of rows"))?.get(0))
}

pub(super) async fn undecided(
    client: &ClientWrapper,
    ledger: LedgerId,
    payout: &Payout,
    run: Run,
    after: RowNumber,
    limit: usize,
) -> Result<Vec<PayoutRow>, StoreError> {
    let Some(content) = payout.content else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = match (run.kind, &payout.compensation) {
        (RunKind::Pay, _) => {
            let parameters: [&(dyn postgres_types::ToSql + Sync); 6] =
                [&ledger.0, &payout.id.0, &content.revision, &run.number, &after.0, &limit];
            query(client, TO_BE_PAID, &parameters).await?
        }
        (RunKind::Compensate, Some(compensation)) => {
            let selection = &compensation.selection;
            let first = selection.first_row.map_or(0, |row| row.0).max(after.0.saturating_add(1));
            query(
                client,
                TO_BE_REVERSED,
                &[
                    &ledger.0,
                    &payout.id.0,
                    &content.revision,
                    &run.number,
                    &selection.named,
                    &first,
                    &selection.last_row.map_or(i64::MAX, |row| row.0),
                    &selection.recipient.map(|wallet| wallet.0),
                    &limit,
                ],
            )
            .await?
        }
        (RunKind::Compensate, None) => return Ok(Vec::new()),
    };
    found.iter().map(payout_row).collect()
}

const TO_BE_PAID: &str = select_rows!(
    "state IN ('PENDING', 'FAILED') AND payment < $4 AND row_number > $5 ORDER BY row_number LIMIT $6"
);

const TO_BE_REVERSED: &str = concat!(select_rows!(""), to_be_reversed!(), " ORDER BY row_number LIMIT $9");

pub(super) async fn end(
    store: &Postgres,
    ledger: LedgerId,
    run: Run,
    fence: Fence,
    now: Timestamp,
) -> Result<Option<Payout>, StoreError> {
    let Ok(locked) = Locked::take(store, ledger, run.payout).await? else { return Ok(None) };
    if locked.payout.fence != fence || locked.payout.run() != Some(run) {
        locked.db_tx.rollback().await?;
        return Ok(None);
    }
    let rule = |payout: Payout| Ok(payout.end_run(run, now));
    let line = |payout: &Payout| AuditLine::payout_run_ended(run.kind, payout);
    Ok(locked.change(rule, line, &Origin::SYSTEM, now).await?.ok())
}
