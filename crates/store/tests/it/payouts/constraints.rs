//! Past Florin, with SQL but with its guards on: what the database itself refuses of payouts.

use super::stage::{Stage, bad_row};
use crate::engines::{OnPostgres, OnSqlite};
use florin_store::payouts::Steer;
use florin_store::{Origin, StoreError};

/// `$` is the ledger. Payout 1 has a row that was paid and two that failed; payout 2 is pending, with a bad draft.
const REFUSED: &[&str] = &[
    // States and what belongs to them.
    "UPDATE payouts SET state = 'ODD' WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET state = 'COMPLETED' WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET state = 'FAILED' WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET state = 'PROCESSING' WHERE ledger_id = $ AND payout_id = 2",
    "UPDATE payouts SET version = 0 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET fence = -1 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET creator_user_id = NULL WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET creator_api_key_id = 1 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET approved_by = creator_user_id WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET source_wallet_id = 77 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET digest = NULL WHERE ledger_id = $ AND payout_id = 1",
    // More than there is.
    "UPDATE payouts SET paid_rows = 2 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET paid_rows = -1, failed_rows = 4 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET paid_total = total + 1 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET reversed_total = paid_total + 1 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET reversed_total = -1 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET compensated_rows = 2 WHERE ledger_id = $ AND payout_id = 1",
    "UPDATE payouts SET compensated_rows = 0 WHERE ledger_id = $ AND payout_id = 1",
    // Rows.
    "UPDATE payout_rows SET state = 'ODD' WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET state = 'PENDING' WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET state = 'FAILED' WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET state = 'PAID' WHERE ledger_id = $ AND payout_id = 1 AND row_number = 2",
    "UPDATE payout_rows SET transaction_id = NULL WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET amount = 0 WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET wallet_id = NULL WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET fault = 'odd' WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET fault = NULL WHERE ledger_id = $ AND payout_id = 2",
    "UPDATE payout_rows SET state = 'PENDING' WHERE ledger_id = $ AND payout_id = 2",
    "UPDATE payout_rows SET reversed = amount + 1 WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET reversed = -1 WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET compensation_state = 'ODD' WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET compensation_state = NULL WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "UPDATE payout_rows SET compensation = 1, compensation_state = 'FAILED'
     WHERE ledger_id = $ AND payout_id = 1 AND row_number = 2",
    "UPDATE payout_rows SET row_number = 0 WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "INSERT INTO payout_rows SELECT * FROM payout_rows WHERE ledger_id = $ AND payout_id = 1 AND row_number = 1",
    "INSERT INTO payouts SELECT * FROM payouts WHERE ledger_id = $ AND payout_id = 1",
];

pub(super) async fn what_must_not_be_is_refused(stage: &Stage) {
    let paid = stage.paid(&["1.00", "5000.00", "6000.00"]).await;
    let compensated = stage.compensated(paid.id, super::stage::all_rows()).await;
    let pending = stage.creates().await;
    let pending = stage.uploads(pending.id, &[bad_row(1, "x")]).await;
    let rows = stage.rows(paid.id).await;
    for sql in REFUSED {
        let sql = sql.replace('$', &stage.ledger.to_string());
        let refused = stage.by_hand(&sql).await.expect_err(&sql);
        // For what it is, and not because the statement is wrong.
        let is_understood = ["constraint", "violates"];
        assert!(is_understood.iter().any(|word| refused.contains(word)), "{sql}: {refused}");
    }
    assert_eq!((stage.payout(paid.id).await, stage.rows(paid.id).await), (compensated, rows));
    assert_eq!(stage.payout(pending.id).await, pending);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_what_is_not_written_is_an_error() {
    let swallow = "CREATE TRIGGER swallow BEFORE UPDATE ON payouts BEGIN SELECT RAISE(IGNORE); END";
    what_is_not_written_is_an_error(Stage::set(OnSqlite::start().await).await, swallow).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_what_is_not_written_is_an_error() {
    let swallow =
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER swallow BEFORE UPDATE ON payouts FOR EACH ROW EXECUTE FUNCTION swallow()";
    what_is_not_written_is_an_error(Stage::set(OnPostgres::start_alone().await).await, swallow).await;
}

/// A change of no row at all is no success, whatever the database says of it.
async fn what_is_not_written_is_an_error(stage: Stage, swallow: &str) {
    let payout = stage.uploaded(&["1.00"]).await;
    stage.by_hand(swallow).await.unwrap();
    let now = stage.now();
    let steered = stage.store.steer_payout(stage.ledger, payout.id, Steer::Cancel, Origin::SYSTEM, now).await;
    assert!(matches!(steered, Err(StoreError::RowsAffected { actual: 0, .. })), "{steered:?}");
    assert_eq!(stage.payout(payout.id).await, payout);
    stage.ends().await;
}
