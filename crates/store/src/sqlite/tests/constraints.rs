//! What SQLite itself refuses, whatever Florin does.

use super::*;

#[tokio::test]
async fn settled_records_cannot_be_changed_by_hand() {
    let folder = migrated();
    let store = store(&folder).await;
    for sql in [
        "UPDATE transactions SET amount = 1",
        "DELETE FROM transactions",
        "UPDATE entries SET balance_after = 1",
        "DELETE FROM entries",
        "DELETE FROM wallets WHERE wallet_id = 5",
    ] {
        let refused = by_hand(&store, sql).await;
        assert!(matches!(refused, Err(StoreError::Inconsistent(_))), "{sql}: {refused:?}");
    }
    assert!(store.audit(LedgerId::MAIN).await.expect("an audit").is_ok());
}

#[tokio::test]
async fn a_users_wallet_cannot_go_below_its_floor_by_hand() {
    let folder = migrated();
    let store = store(&folder).await;
    for sql in [
        "UPDATE wallets SET posted = -1 WHERE user_id = 1",
        "UPDATE wallets SET posted = -101, credit_limit = 100 WHERE user_id = 1",
        // -(2^63) - 1, as a blob.
        "UPDATE wallets SET posted = x'7FFFFFFFFFFFFFFF7FFFFFFFFFFFFFFF' WHERE user_id = 1",
        "UPDATE wallets SET posted = 1.5 WHERE user_id = 1",
        "UPDATE wallets SET posted = x'80' WHERE user_id = 1",
        "UPDATE wallets SET status = 'closed' WHERE user_id = 1",
        "UPDATE wallets SET user_id = NULL WHERE user_id = 1",
    ] {
        let refused = by_hand(&store, sql).await;
        assert!(matches!(refused, Err(StoreError::Inconsistent(_))), "{sql}: {refused:?}");
    }
    for sql in [
        "UPDATE wallets SET posted = -100, credit_limit = 100 WHERE user_id = 1",
        "UPDATE wallets SET posted = x'80000000000000008000000000000000' WHERE user_id = 1",
        "UPDATE wallets SET posted = -1 WHERE system_role = 'world'",
    ] {
        assert_eq!(by_hand(&store, sql).await.expect("allowed"), 1, "{sql}");
    }
}

#[tokio::test]
async fn reversals_cannot_exceed_their_original_by_hand() {
    let folder = migrated();
    let store = store(&folder).await;
    for (total, original, is_allowed) in [
        ("100", "100", true),
        ("101", "100", false),
        // 2^63 as a blob, against what is below it.
        ("x'80000000000000008000000000000000'", "9223372036854775807", false),
        ("9223372036854775807", "x'80000000000000008000000000000000'", true),
    ] {
        let sql = format!(
            "INSERT INTO reversals (ledger_id, original_id, sequence, reversal_id, reversed_total, original_amount)
             VALUES (1, randomblob(16), 1, randomblob(16), {total}, {original})"
        );
        let inserted = store.writer().expect("a writer").run(move |db_tx| Ok(db_tx.execute(&sql, [])?)).await;
        assert_eq!(inserted.is_ok(), is_allowed, "{total} of {original}: {inserted:?}");
    }
}
