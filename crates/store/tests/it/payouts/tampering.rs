//! Past Florin, with SQL and its guards switched off: whatever is changed in payouts, the audit says so.

use super::stage::{Stage, all_rows};
use crate::engines::{Engine, OnPostgres, OnSqlite};
use crate::tampering::kind;
use florin_ledger::RowNumber;
use florin_store::payouts::{NewCompensation, Selection};
use std::collections::BTreeSet;

#[tokio::test]
async fn on_sqlite() {
    let no_guards = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
        DROP TRIGGER IF EXISTS transactions_never_updated; DROP TRIGGER IF EXISTS transactions_never_deleted;";
    everything_shows(OnSqlite::start().await, no_guards).await;
}

#[tokio::test]
async fn on_postgres() {
    let no_guards = "SET session_replication_role = replica;
        ALTER TABLE transactions DROP CONSTRAINT IF EXISTS transactions_settled;
        ALTER TABLE payouts DROP CONSTRAINT IF EXISTS payouts_counts,
            DROP CONSTRAINT IF EXISTS payouts_ended, DROP CONSTRAINT IF EXISTS payouts_paid_once,
            DROP CONSTRAINT IF EXISTS payouts_reversed_once,
            DROP CONSTRAINT IF EXISTS payouts_compensation_counts;
        ALTER TABLE payout_rows DROP CONSTRAINT IF EXISTS payout_rows_settled,
            DROP CONSTRAINT IF EXISTS payout_rows_reversed;";
    everything_shows(OnPostgres::start_alone().await, no_guards).await;
}

/// A count of a payout, one too high.
macro_rules! count {
    ($count:literal) => {
        (
            concat!("payouts SET ", $count, " = ", $count, " + 1 WHERE payout_id = 1"),
            concat!("payouts SET ", $count, " = ", $count, " - 1 WHERE payout_id = 1"),
            &["PayoutDiffers"],
        )
    };
}

/// What is done, to be undone by the other, and what the audit must find, among others. Of payout 1, which was paid
/// and then reversed in part, row 1 was paid, row 2 was paid and reversed, row 3 failed with a transaction, row 4
/// was reversed as far as its receiver had it.
const TAMPERINGS: &[(&str, &str, &[&str])] = &[
    count!("paid_rows"),
    count!("paid_total"),
    count!("failed_rows"),
    count!("row_count"),
    count!("total"),
    count!("reversed_total"),
    count!("compensated_rows"),
    count!("compensation_failed_rows"),
    (
        "payouts SET revision = 9 WHERE payout_id = 1",
        "payouts SET revision = 1 WHERE payout_id = 1",
        &["PayoutDiffers", "PayoutStray"],
    ),
    (
        "payouts SET source_wallet_id = 6 WHERE payout_id = 1",
        "payouts SET source_wallet_id = 5 WHERE payout_id = 1",
        &["PayoutRowDiffers"],
    ),
    (
        "payout_rows SET amount = amount + 1 WHERE payout_id = 1 AND row_number = 1",
        "payout_rows SET amount = amount - 1 WHERE payout_id = 1 AND row_number = 1",
        &["PayoutDiffers", "PayoutRowDiffers"],
    ),
    (
        "payout_rows SET wallet_id = 7 WHERE payout_id = 1 AND row_number = 1",
        "payout_rows SET wallet_id = 6 WHERE payout_id = 1 AND row_number = 1",
        &["PayoutRowDiffers"],
    ),
    // As if it had not been paid: it would be paid again.
    (
        "payout_rows SET state = 'FAILED' WHERE payout_id = 1 AND row_number = 1",
        "payout_rows SET state = 'PAID' WHERE payout_id = 1 AND row_number = 1",
        &["PayoutDiffers", "PayoutRowDiffers", "PayoutStray"],
    ),
    (
        "payout_rows SET state = 'PAID' WHERE payout_id = 1 AND row_number = 3",
        "payout_rows SET state = 'FAILED' WHERE payout_id = 1 AND row_number = 3",
        &["PayoutDiffers", "PayoutRowDiffers"],
    ),
    // The payment of another row.
    (
        "payout_rows SET transaction_id = (SELECT transaction_id FROM payout_rows WHERE payout_id = 1 AND row_number = 2),
             compensation_transaction_id = transaction_id
         WHERE payout_id = 1 AND row_number = 4",
        "payout_rows SET transaction_id = compensation_transaction_id WHERE payout_id = 1 AND row_number = 4",
        &["PayoutRowDiffers", "PayoutStray"],
    ),
    (
        "payout_rows SET reversed = reversed - 1 WHERE payout_id = 1 AND row_number = 4",
        "payout_rows SET reversed = reversed + 1 WHERE payout_id = 1 AND row_number = 4",
        &["PayoutDiffers", "PayoutRowDiffers"],
    ),
    (
        "transactions SET amount = amount + 1 WHERE idempotency_key = 'payout-1-pay-1-row-1'",
        "transactions SET amount = amount - 1 WHERE idempotency_key = 'payout-1-pay-1-row-1'",
        &["PayoutRowDiffers"],
    ),
    (
        "transactions SET type = 'transfer' WHERE idempotency_key = 'payout-1-pay-1-row-1'",
        "transactions SET type = 'payout' WHERE idempotency_key = 'payout-1-pay-1-row-1'",
        &["PayoutRowDiffers"],
    ),
    (
        "transactions SET type = 'payout' WHERE type = 'top_up'",
        "transactions SET type = 'top_up' WHERE type = 'payout' AND from_wallet_id <> 5",
        &["PayoutStray"],
    ),
    // A reversal whose key only looks as if it were the payout's.
    (
        "transactions SET type = 'transfer' WHERE idempotency_key = 'payout-1-compensate-1-row-2'",
        "transactions SET type = 'reversal' WHERE idempotency_key = 'payout-1-compensate-1-row-2'",
        &["PayoutRowDiffers"],
    ),
];

async fn everything_shows(engine: Box<dyn Engine>, no_guards: &str) {
    let stage = Stage::set(engine).await;
    let payout = stage.paid(&["1.00", "2.00", "5000.00", "4.00"]).await;
    let selection = Selection { first_row: Some(RowNumber(2)), ..Selection::default() };
    stage.moves("4.50", stage.to[0], stage.to[2]).await;
    stage.compensated(payout.id, NewCompensation { selection, ..all_rows() }).await;
    for (done, undone, expected) in TAMPERINGS {
        stage.by_hand(&format!("{no_guards} UPDATE {done}")).await.unwrap();
        let report = stage.store.audit(stage.ledger).await.unwrap();
        let found: BTreeSet<_> = report.faults.iter().map(kind).collect();
        let missing: Vec<_> = expected.iter().filter(|kind| !found.contains(*kind)).collect();
        assert!(missing.is_empty(), "{done}: no {missing:?} in {:?}", report.faults);
        stage.by_hand(&format!("{no_guards} UPDATE {undone}")).await.unwrap();
        let report = stage.store.audit(stage.ledger).await.unwrap();
        assert!(report.is_ok(), "{undone}: {:?}", report.faults);
    }
    stage.ends().await;
}
