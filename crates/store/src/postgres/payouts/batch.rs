//! A batch's part of payouts: the leases that it is decided on, and what became of its rows. All of it is in the
//! batch's own database transaction, and on its own round trips.

use super::records::{payout, select_payouts};
use crate::StoreError;
use crate::payouts::Payout;
use crate::postgres::codec::{Instant, Numeric};
use crate::postgres::commit::AttemptError;
use crate::postgres::db_tx::DbTx;
use crate::postgres::load::Reading;
use crate::postgres::save::expect;
use florin_ledger::{Changes, Fence, LedgerId, PayoutChange, PayoutId, RowChange, RowResult, Run, RunKind};
use futures_util::future::try_join_all;
use postgres_types::ToSql;
use std::collections::{HashMap, HashSet};
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

/// The leases that a batch is decided on: those of the payouts that are in the runs which its groups name.
pub(in crate::postgres) struct Fences {
    runs: HashSet<Run>,
    /// None where there is nothing to read.
    statement: Option<Statement>,
}

impl Fences {
    pub(in crate::postgres) async fn prepare(
        db_tx: &DbTx,
        runs: HashSet<Run>,
        reading: Reading,
    ) -> Result<Self, AttemptError> {
        const READ: &str = select_payouts!("p.payout_id = ANY($2)");
        const LOCK: &str = select_payouts!("p.payout_id = ANY($2) ORDER BY p.payout_id FOR NO KEY UPDATE");
        let statement = match reading {
            _ if runs.is_empty() => None,
            Reading::Unlocked => Some(db_tx.prepare_cached(READ).await?),
            Reading::Locked => Some(db_tx.prepare_cached(LOCK).await?),
        };
        Ok(Self { runs, statement })
    }

    pub(in crate::postgres) async fn query(
        &self,
        db_tx: &DbTx,
        ledger: LedgerId,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let Some(statement) = &self.statement else { return Ok(Vec::new()) };
        let payouts: Vec<i64> = self.runs.iter().map(|run| run.payout.0).collect();
        db_tx.query(statement, &[&ledger.0, &payouts]).await
    }

    /// What the rows say that were found.
    pub(in crate::postgres) fn read(&self, rows: &[Row]) -> Result<HashMap<PayoutId, Fence>, StoreError> {
        let payouts: Vec<Payout> = rows.iter().map(payout).collect::<Result<_, _>>()?;
        let is_named = |payout: &&Payout| payout.run().is_some_and(|run| self.runs.contains(&run));
        Ok(payouts.iter().filter(is_named).map(|payout| (payout.id, payout.fence)).collect())
    }
}

/// Writes what became of payouts' rows. A lease that is another by now means that somebody else runs the payout:
/// decided again, with locks, its group is superseded. Rows that this run has decided before are a fault.
pub(in crate::postgres) async fn update(
    db_tx: &DbTx,
    ledger: LedgerId,
    changes: &Changes,
) -> Result<(), AttemptError> {
    // In one order: two servers that write to the same payouts never wait for each other in a circle.
    let mut payouts: Vec<&PayoutChange> = changes.payouts.iter().collect();
    payouts.sort_unstable_by_key(|change| change.run.payout);
    let written = payouts.into_iter().map(async |change| {
        tokio::try_join!(
            biased;
            update_payout(db_tx, ledger, change),
            update_rows(db_tx, ledger, change),
        )
    });
    try_join_all(written).await?;
    Ok(())
}

async fn update_payout(db_tx: &DbTx, ledger: LedgerId, change: &PayoutChange) -> Result<(), AttemptError> {
    const PAID: &str = "
        UPDATE payouts
        SET version = version + 1, lease_until = $4, paid_rows = paid_rows + $5, paid_total = paid_total + $6,
            failed_rows = failed_rows + $7
        WHERE ledger_id = $1 AND payout_id = $2 AND fence = $3";
    const REVERSED: &str = "
        UPDATE payouts
        SET version = version + 1, lease_until = $4, compensated_rows = compensated_rows + $5,
            compensated_total = compensated_total + $6, reversed_total = reversed_total + $6,
            compensation_failed_rows = compensation_failed_rows + $7
        WHERE ledger_id = $1 AND payout_id = $2 AND fence = $3";
    let statement = match change.run.kind {
        RunKind::Pay => PAID,
        RunKind::Compensate => REVERSED,
    };
    let statement = db_tx.prepare_cached(statement).await?;
    let (done, total, failed) = change.counts();
    let (payout, fence, lease) = (change.run.payout.0, change.fence.0, Instant(change.lease_until));
    let updated = db_tx
        .execute(&statement, &[&ledger.0, &payout, &fence, &lease, &done, &Numeric(total), &failed])
        .await?;
    expect("update a payout", updated, 1).map_err(AttemptError::Conflict)
}

/// The value of a row in a column that was handed over in the order of row numbers.
macro_rules! of_row {
    ($column:literal) => {
        concat!("(", $column, ")[width_bucket(row_number, $5::bigint[])]")
    };
}

/// One scan of the range of the primary key in which the rows are. In a join with the columns, the planner could
/// look for each row in all of them, or for all of the payout's rows: it does not know how many they are.
macro_rules! update_rows {
    (SET $set:expr, WHERE $undecided:expr) => {
        concat!(
            "UPDATE payout_rows SET ",
            $set,
            " WHERE ledger_id = $1 AND payout_id = $2
                AND revision = (SELECT revision FROM payouts WHERE ledger_id = $1 AND payout_id = $2)
                AND row_number >= $3 AND row_number <= $4 AND row_number = ",
            of_row!("$5::bigint[]"),
            " AND ",
            $undecided
        )
    };
}

/// A row is decided once in a run, and the money that was moved for it is its own.
const PAY_ROWS: &str = update_rows!(
    SET concat!(
        "payment = $6, state = CASE WHEN ", of_row!("$8::text[]"), " IS NULL THEN 'PAID' ELSE 'FAILED' END,
        transaction_id = ", of_row!("$7::uuid[]"), ", failure = ", of_row!("$8::text[]"), ",
        settled_at = ", of_row!("$10::timestamptz[]")
    ),
    WHERE concat!(
        "state IN ('PENDING', 'FAILED') AND payment < $6 AND coalesce(", of_row!("$9::numeric[]"), ", amount) = amount"
    )
);

/// What was reversed in part stays so where no more can be.
const REVERSE_ROWS: &str = update_rows!(
    SET concat!(
        "compensation = $6, compensation_state = CASE
            WHEN ", of_row!("$11::boolean[]"), " THEN 'REVERSED'
            WHEN ", of_row!("$8::text[]"), " IS NULL OR reversed > 0 THEN 'PARTIALLY_REVERSED'
            ELSE 'FAILED' END,
        reversed = reversed + coalesce(", of_row!("$9::numeric[]"), ", 0),
        compensation_transaction_id = ", of_row!("$7::uuid[]"), ", compensation_failure = ", of_row!("$8::text[]"), ",
        compensated_at = ", of_row!("$10::timestamptz[]")
    ),
    WHERE "state = 'PAID' AND compensation < $6"
);

/// How many rows one scan updates. A value of variable length is found by going through those before it.
const ROWS_MAX: usize = 1_000;

async fn update_rows(db_tx: &DbTx, ledger: LedgerId, change: &PayoutChange) -> Result<(), AttemptError> {
    let mut rows: Vec<&RowChange> = change.rows.iter().collect();
    rows.sort_unstable_by_key(|row| row.row);
    try_join_all(rows.chunks(ROWS_MAX).map(|rows| scan_rows(db_tx, ledger, change.run, rows))).await?;
    Ok(())
}

async fn scan_rows(
    db_tx: &DbTx,
    ledger: LedgerId,
    run: Run,
    rows: &[&RowChange],
) -> Result<(), AttemptError> {
    let columns = Columns::of(rows);
    let (Some(first), Some(last)) = (columns.numbers.first(), columns.numbers.last()) else { return Ok(()) };
    let Run { payout, kind, number } = run;
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
        &ledger.0,
        &payout.0,
        first,
        last,
        &columns.numbers,
        &number,
        &columns.transactions,
        &columns.failures,
        &columns.amounts,
        &columns.times,
    ];
    let statement = match kind {
        RunKind::Pay => PAY_ROWS,
        RunKind::Compensate => {
            parameters.push(&columns.are_whole);
            REVERSE_ROWS
        }
    };
    let statement = db_tx.prepare_cached(statement).await?;
    let updated = db_tx.execute(&statement, &parameters).await?;
    Ok(expect("update rows of a payout", updated, rows.len())?)
}

/// Rows' results, column by column, in the order of their numbers.
#[derive(Default)]
struct Columns {
    numbers: Vec<i64>,
    transactions: Vec<Option<Uuid>>,
    failures: Vec<Option<&'static str>>,
    amounts: Vec<Option<Numeric>>,
    are_whole: Vec<bool>,
    times: Vec<Instant>,
}

impl Columns {
    fn of(rows: &[&RowChange]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            let (transaction, failure, amount, is_whole) = match row.result {
                RowResult::Done { transaction, amount, is_whole } => {
                    (Some(transaction), None, Some(Numeric(amount)), is_whole)
                }
                RowResult::Failed { transaction, rejection } => {
                    (transaction, Some(rejection.code()), None, false)
                }
            };
            columns.numbers.push(row.row.0);
            columns.transactions.push(transaction.map(|id| Uuid::from_u128(id.0)));
            columns.failures.push(failure);
            columns.amounts.push(amount);
            columns.are_whole.push(is_whole);
            columns.times.push(Instant(row.at));
        }
        columns
    }
}
