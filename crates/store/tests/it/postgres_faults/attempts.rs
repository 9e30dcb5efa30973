//! How often a batch is tried, and when it takes locks. A sequence counts the attempts: it goes on when a transaction
//! is rolled back.

use super::bank::{self, Bank};
use super::one;
use florin_ledger::Outcome;
use florin_store::{Store, StoreError};
use std::time::{Duration, Instant};

/// A bank that counts how often a transaction was inserted.
async fn counting(check: &str) -> (Bank, tokio_postgres::Client) {
    let (bank, sql) = (Bank::open().await, format!("CREATE SEQUENCE tries; {check}"));
    let client = bank.client().await;
    client.batch_execute(&sql).await.expect("the owner may");
    (bank, client)
}

async fn tries(client: &tokio_postgres::Client) -> i64 {
    let count = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tries";
    client.query_one(count, &[]).await.expect("a count").get(0)
}

/// A race may be won the next time; a fault stays one.
#[tokio::test]
async fn what_the_database_refuses_is_tried_once() {
    let refuse = "ALTER TABLE transactions ADD CHECK (idempotency_key <> 'poison' OR nextval('tries') < 0)";
    let (bank, client) = counting(refuse).await;
    let poison = bank::transfer("poison", 1, 2, "1.00");
    let refused = bank.store.commit(bank.ledger, poison, bank::NOW, 1).await;
    assert!(matches!(refused, Err(StoreError::Inconsistent(_))), "{refused:?}");
    assert_eq!(tries(&client).await, 1);
    bank.close_balanced().await;
}

#[tokio::test]
async fn who_always_loses_is_told_so_after_twenty_attempts() {
    let lose = "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM nextval('tries');
            RAISE EXCEPTION 'another one won' USING ERRCODE = 'serialization_failure';
        END $$;
        CREATE TRIGGER lose BEFORE INSERT ON transactions FOR EACH STATEMENT EXECUTE FUNCTION lose()";
    let (bank, client) = counting(lose).await;
    let transfer = bank::transfer("unlucky", 1, 2, "1.00");
    let outcome = bank.store.commit(bank.ledger, transfer.clone(), bank::NOW, 1).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(tries(&client).await, 20);
    client.batch_execute("DROP TRIGGER lose ON transactions").await.expect("the owner may");
    let settled = one(bank.store.commit(bank.ledger, transfer, bank::NOW, 2).await.expect("nobody is there"));
    assert!(matches!(settled, Outcome::Settled(_)), "{settled:?}");
    bank.close_balanced().await;
}

/// Who is alone inserts first, and finds out then; who has met others waits for their locks before it does anything.
#[tokio::test]
async fn locks_are_taken_first_only_where_others_were_met() {
    let (bank, client) = counting("ALTER TABLE transactions ADD CHECK (nextval('tries') > 0)").await;
    let (server, holder) = (bank.patient_server().await, bank.client().await);
    let held_up = async |key: &str| {
        let before = tries(&client).await;
        let hold = "BEGIN; SELECT 1 FROM wallets WHERE wallet_id = 5 FOR UPDATE";
        holder.batch_execute(hold).await.expect("a lock");
        let released = async {
            bank.until_connections_wait(1).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            holder.batch_execute("ROLLBACK").await.expect("the lock is given back");
        };
        let (entropy, begun) = (before.unsigned_abs(), Instant::now());
        let commit = server.commit(bank.ledger, bank::transfer(key, 1, 2, "1.00"), bank::NOW, entropy);
        let (outcome, ()) = tokio::join!(commit, released);
        let outcome = one(outcome.expect("the lock is given back in time"));
        assert!(matches!(outcome, Outcome::Settled(_)), "{outcome:?}");
        (tries(&client).await - before, begun)
    };
    for round in 0..20 {
        let (alone, met) = held_up(&format!("alone-{round}")).await;
        assert_eq!(alone, 2, "without locks, and with them");
        let (with_others, begun) = held_up(&format!("with-others-{round}")).await;
        // Others are reckoned with for a second: a busy machine may have been too slow to show it.
        if begun.duration_since(met) < Duration::from_millis(950) {
            assert_eq!(with_others, 1, "with locks from the start");
            return bank.close_balanced().await;
        }
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    panic!("the machine is too busy to tell");
}
