//! Who may open the file, and what becomes of writes that nobody waits for or that break off.

use super::*;
use futures_util::future::FutureExt;

#[tokio::test]
async fn a_second_server_is_refused_and_a_reader_is_not() {
    let folder = migrated();
    let first = store(&folder).await;
    let refused = Sqlite::open(folder.path()).err().expect("a refusal");
    assert!(matches!(&refused, StoreError::Unsuitable(text) if text.contains("another server")), "{refused}");

    let reader = Sqlite::open_read_only(folder.path()).expect("a reader");
    let audit = reader.audit(LedgerId::MAIN).await.expect("an audit");
    assert!(audit.is_ok() && audit.transactions == 1 && audit.entries == 2, "{audit:?}");
    assert!(matches!(reader.commit(LedgerId::MAIN, vec![], NOW, 0).await, Err(StoreError::Unavailable(_))));

    drop(first);
    Sqlite::open(folder.path()).expect("the folder is free again");
}

#[test]
fn a_folder_without_a_store_is_refused() {
    let folder = TempDir::new().expect("a folder");
    for opened in [Sqlite::open(folder.path()), Sqlite::open_read_only(folder.path())] {
        assert!(matches!(opened.err(), Some(StoreError::Unsuitable(text)) if text.contains("no store")));
    }
}

#[tokio::test]
async fn an_old_schema_is_refused_and_noticed() {
    let folder = migrated();
    let store = Sqlite::open(folder.path()).expect("a store");
    store.ready().await.expect("ready");
    by_hand(&store, "DELETE FROM florin_migrations WHERE number = 5").await.expect("a deletion");
    assert!(matches!(store.ready().await, Err(StoreError::Unsuitable(_))));
    drop(store);
    for opened in [Sqlite::open(folder.path()), Sqlite::open_read_only(folder.path())] {
        assert!(matches!(opened.err(), Some(StoreError::Unsuitable(text)) if text.contains("migrate up")));
    }
}

#[tokio::test]
async fn a_write_that_panics_leaves_nothing_and_the_next_one_works() {
    let folder = migrated();
    let store = store(&folder).await;
    let panicked: Result<(), _> = store
        .writer()
        .expect("a writer")
        .run(|db_tx| {
            db_tx.execute("UPDATE wallets SET name = 'spoilt' WHERE user_id = 1", [])?;
            panic!("in the middle of a write")
        })
        .await;
    assert!(matches!(panicked, Err(StoreError::Inconsistent(_))), "{panicked:?}");
    let spend = command("spend", Movement::Spend { user: UserId(1), asset: usd(), amount: ten() });
    store.commit(LedgerId::MAIN, vec![spend], NOW, 8).await.expect("a commit");
    let wallet = store.wallet(LedgerId::MAIN, WalletId(5)).await.expect("a read").expect("a wallet");
    assert!(wallet.name.is_main() && wallet.wallet.version == Version(2), "{wallet:?}");
}

#[tokio::test]
async fn what_a_caller_no_longer_waits_for_is_done() {
    let folder = migrated();
    let store = store(&folder).await;
    let spend = command("spend", Movement::Spend { user: UserId(1), asset: usd(), amount: ten() });
    // Polled once, which hands the work over, and dropped: done by then or not, as fast as the machine is.
    drop(store.commit(LedgerId::MAIN, vec![spend], NOW, 8).now_or_never());
    drop(store);
    let store = Sqlite::open(folder.path()).expect("a store");
    let wallet = store.wallet(LedgerId::MAIN, WalletId(5)).await.expect("a read").expect("a wallet");
    assert_eq!(wallet.wallet.version, Version(2));
}

#[tokio::test]
async fn a_read_that_takes_too_long_is_ended_and_its_connection_read_on() {
    let folder = migrated();
    let path = connection::database_path(folder.path());
    let readers = Readers::open(path, Duration::from_millis(20)).expect("readers");
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let forever = || readers.run(move |db_tx| Ok(db_tx.query_row(endless, [], |row| row.get::<_, i64>(0))?));
    // More than there are connections: each of them is needed again.
    for ended in [forever().await, forever().await, forever().await, forever().await, forever().await] {
        assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    }
    let panicked: Result<(), _> = readers.run(|_| panic!("in the middle of a read")).await;
    assert!(matches!(panicked, Err(StoreError::Inconsistent(_))), "{panicked:?}");
    for _ in 0..5 {
        // Asked for once, which begins it, and given up.
        let given_up = forever();
        tokio::pin!(given_up);
        let _ = tokio::time::timeout(Duration::from_millis(1), given_up).await;
        // And one that runs through.
        readers.run(|db_tx| Ok(db_tx.query_row("SELECT 1", [], |_| Ok(()))?)).await.expect("a read");
    }
}

#[tokio::test]
async fn a_full_disk_takes_nothing_and_gives_no_wrong_answer() {
    let folder = migrated();
    let store = store(&folder).await;
    let spend = command("spend", Movement::Spend { user: UserId(1), asset: usd(), amount: ten() });
    // No more pages than there are.
    set(&store, "PRAGMA max_page_count = 1").await;
    let mut count = 0;
    let refused = loop {
        count += 1;
        let top_up = Movement::TopUp { user: UserId(1), asset: usd(), amount: ten() };
        let top_up = command(&format!("top-up-{count}"), top_up);
        match store.commit(LedgerId::MAIN, vec![top_up], NOW, count).await {
            Ok(_) => assert!(count < 1000, "the file never grew"),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    let report = store.audit(LedgerId::MAIN).await.expect("an audit");
    assert!(report.is_ok() && report.transactions == count, "{count}: {report:?}");

    set(&store, "PRAGMA max_page_count = 1000000").await;
    store.commit(LedgerId::MAIN, vec![spend], NOW, 0).await.expect("a commit");
}

async fn set(store: &Sqlite, pragma: &'static str) {
    let set = store.writer().expect("a writer").run(move |db_tx| Ok(db_tx.execute_batch(pragma)?));
    set.await.expect("a setting");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = migrated();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("an open folder");
    let _store = store(&folder).await;
    for file in ["florin.db", "florin.db-wal", "florin.db-shm"] {
        let rights = std::fs::metadata(folder.path().join(file)).expect("a file").permissions().mode();
        assert_eq!(rights & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_log_is_copied_and_starts_again() {
    let folder = migrated();
    let store = store(&folder).await;
    by_hand(&store, "CREATE TABLE ballast (bytes BLOB)").await.expect("a table");
    let first = times_started(&folder);
    for written in 0..2_000 {
        // Large writes until the log may start again, and then small ones, so that the thread can keep up. One that
        // copied all between two writes lets the log start again before.
        let write = if written * 240 < 17_000 {
            "INSERT INTO ballast VALUES (zeroblob(240 * 2048))"
        } else {
            "INSERT INTO ballast VALUES (zeroblob(40 * 2048))"
        };
        by_hand(&store, write).await.expect("a write");
        by_hand(&store, "DELETE FROM ballast").await.expect("a write");
        if times_started(&folder) > first {
            assert!(store.audit(LedgerId::MAIN).await.expect("an audit").is_ok());
            return;
        }
    }
    panic!("the log never started again");
}

/// From the log's header, where it stands at byte 12.
fn times_started(folder: &TempDir) -> u32 {
    let mut log = std::fs::File::open(folder.path().join("florin.db-wal")).expect("the log");
    let mut head = [0; 16];
    std::io::Read::read_exact(&mut log, &mut head).expect("the log's head");
    u32::from_be_bytes(head[12..].try_into().expect("four bytes"))
}
