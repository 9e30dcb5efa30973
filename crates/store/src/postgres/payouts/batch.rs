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
use florin_ledger::{
    Amount, Changes, Fence, LedgerId, PayoutChange, PayoutId, RowChange, RowResult, Run, RunKind,
    TransactionId,
};
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
    if changes.payouts.is_empty() {
        return Ok(());
    }
    let of_kind = |kind| Rows::of(changes.payouts.iter().filter(move |change| change.run.kind == kind));
    let (paid, reversed) = (of_kind(RunKind::Pay), of_kind(RunKind::Compensate));
    tokio::try_join!(
        biased;
        update_payouts(db_tx, ledger, &changes.payouts),
        paid.write(db_tx, ledger, PAY_ROWS),
        reversed.write(db_tx, ledger, REVERSE_ROWS),
    )?;
    Ok(())
}

async fn update_payouts(
    db_tx: &DbTx,
    ledger: LedgerId,
    changes: &[PayoutChange],
) -> Result<(), AttemptError> {
    const UPDATE: &str = "
        UPDATE payouts p
        SET version = p.version + 1, lease_until = new.lease_until,
            paid_rows = p.paid_rows + new.paid_rows, paid_total = p.paid_total + new.paid_total,
            failed_rows = p.failed_rows + new.failed_rows,
            compensated_rows = p.compensated_rows + new.reversed_rows,
            compensated_total = p.compensated_total + new.reversed_total,
            compensation_failed_rows = p.compensation_failed_rows + new.not_reversed_rows,
            reversed_total = p.reversed_total + new.reversed_total
        FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::numeric[], $7::bigint[],
            $8::bigint[], $9::numeric[], $10::bigint[])
            AS new (payout_id, fence, lease_until, paid_rows, paid_total, failed_rows,
                reversed_rows, reversed_total, not_reversed_rows)
        WHERE p.ledger_id = $1 AND p.payout_id = new.payout_id AND p.fence = new.fence";
    let statement = db_tx.prepare_cached(UPDATE).await?;
    // In one order: two servers that write to the same payouts never wait for each other in a circle.
    let mut changes: Vec<&PayoutChange> = changes.iter().collect();
    changes.sort_unstable_by_key(|change| change.run.payout);
    let counts = |kind| {
        let none = (0, Amount::ZERO, 0);
        let counts =
            changes.iter().map(|change| if change.run.kind == kind { change.counts() } else { none });
        let done: (Vec<i64>, (Vec<Numeric>, Vec<i64>)) =
            counts.map(|(done, total, failed)| (done, (Numeric(total), failed))).unzip();
        done
    };
    let (paid_rows, (paid_totals, failed_rows)) = counts(RunKind::Pay);
    let (reversed_rows, (reversed_totals, not_reversed_rows)) = counts(RunKind::Compensate);
    let ids: Vec<i64> = changes.iter().map(|change| change.run.payout.0).collect();
    let fences: Vec<i64> = changes.iter().map(|change| change.fence.0).collect();
    let leases: Vec<Instant> = changes.iter().map(|change| Instant(change.lease_until)).collect();
    let updated = db_tx
        .execute(
            &statement,
            &[
                &ledger.0,
                &ids,
                &fences,
                &leases,
                &paid_rows,
                &paid_totals,
                &failed_rows,
                &reversed_rows,
                &reversed_totals,
                &not_reversed_rows,
            ],
        )
        .await?;
    expect("update payouts", updated, changes.len()).map_err(AttemptError::Conflict)
}

/// A row is decided once in a run, and only rows in force are.
macro_rules! update_rows {
    (SET $set:literal, WHERE $undecided:literal) => {
        concat!(
            "UPDATE payout_rows r SET ",
            $set,
            " FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::uuid[], $6::text[], $7::numeric[],
                $8::boolean[], $9::timestamptz[])
                AS new (payout_id, run, row_number, transaction_id, failure, amount, is_whole, at)
            JOIN payouts p ON p.ledger_id = $1 AND p.payout_id = new.payout_id
            WHERE r.ledger_id = $1 AND r.payout_id = new.payout_id AND r.revision = p.revision
                AND r.row_number = new.row_number AND ",
            $undecided
        )
    };
}

const PAY_ROWS: &str = update_rows!(
    SET "state = CASE WHEN new.failure IS NULL THEN 'PAID' ELSE 'FAILED' END, payment = new.run,
        transaction_id = new.transaction_id, failure = new.failure, settled_at = new.at",
    WHERE "r.state IN ('PENDING', 'FAILED') AND r.payment < new.run AND (new.amount IS NULL OR new.amount = r.amount)"
);

/// What was reversed in part stays so where no more can be.
const REVERSE_ROWS: &str = update_rows!(
    SET "compensation = new.run, reversed = r.reversed + coalesce(new.amount, 0),
        compensation_state = CASE
            WHEN new.is_whole THEN 'REVERSED'
            WHEN new.failure IS NULL OR r.reversed > 0 THEN 'PARTIALLY_REVERSED'
            ELSE 'FAILED' END,
        compensation_transaction_id = new.transaction_id, compensation_failure = new.failure,
        compensated_at = new.at",
    WHERE "r.state = 'PAID' AND r.compensation < new.run"
);

/// Rows that were decided in runs of one kind.
struct Rows<'changes>(Vec<(&'changes PayoutChange, &'changes RowChange)>);

impl<'changes> Rows<'changes> {
    /// In the order of the primary key, so that each index page is visited once.
    fn of(changes: impl Iterator<Item = &'changes PayoutChange>) -> Self {
        let mut rows: Vec<_> =
            changes.flat_map(|change| change.rows.iter().map(move |row| (change, row))).collect();
        rows.sort_unstable_by_key(|(change, row)| (change.run.payout, row.row));
        Self(rows)
    }

    async fn write(
        &self,
        db_tx: &DbTx,
        ledger: LedgerId,
        statement: &'static str,
    ) -> Result<(), AttemptError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let statement = db_tx.prepare_cached(statement).await?;
        let results: Vec<Columns> = self.0.iter().map(|(_, row)| Columns::of(row.result)).collect();
        let payouts: Vec<i64> = self.0.iter().map(|(change, _)| change.run.payout.0).collect();
        let runs: Vec<i64> = self.0.iter().map(|(change, _)| change.run.number).collect();
        let numbers: Vec<i64> = self.0.iter().map(|(_, row)| row.row.0).collect();
        let transactions: Vec<Option<Uuid>> = results.iter().map(|result| result.transaction).collect();
        let failures: Vec<Option<&str>> = results.iter().map(|result| result.failure).collect();
        let amounts: Vec<Option<Numeric>> = results.iter().map(|result| result.amount).collect();
        let are_whole: Vec<bool> = results.iter().map(|result| result.is_whole).collect();
        let times: Vec<Instant> = self.0.iter().map(|(_, row)| Instant(row.at)).collect();
        let updated = db_tx
            .execute(
                &statement,
                &[
                    &ledger.0,
                    &payouts,
                    &runs,
                    &numbers,
                    &transactions,
                    &failures,
                    &amounts,
                    &are_whole,
                    &times,
                ],
            )
            .await?;
        Ok(expect("update rows of a payout", updated, self.0.len())?)
    }
}

/// A row's result, as columns.
struct Columns {
    transaction: Option<Uuid>,
    failure: Option<&'static str>,
    amount: Option<Numeric>,
    is_whole: bool,
}

impl Columns {
    fn of(result: RowResult) -> Self {
        let uuid = |id: TransactionId| Uuid::from_u128(id.0);
        match result {
            RowResult::Done { transaction, amount, is_whole } => Self {
                transaction: Some(uuid(transaction)),
                failure: None,
                amount: Some(Numeric(amount)),
                is_whole,
            },
            RowResult::Failed { transaction, rejection } => Self {
                transaction: transaction.map(uuid),
                failure: Some(rejection.code()),
                amount: None,
                is_whole: false,
            },
        }
    }
}
