//! What SQLite itself refuses, and who may open the file. What the engine does is the conformance suite's.

use super::*;
use crate::{CreationKey, NewAsset, NewUser, NewWallet, Role, WalletName};
use florin_ledger::{
    Asset, AssetCode, Caller, Command, Decimal, Fingerprint, IdempotencyKey, KeyHash, Movement, Outcome,
    Principal, Scale,
};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

fn migrated() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let mut alone = Sqlite::connect_alone(folder.path()).expect("a connection");
    migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, NOW).expect("the schema");
    folder
}

fn key(text: &str) -> (IdempotencyKey, CreationKey) {
    let key = IdempotencyKey::parse(text).expect("a key");
    let fingerprint = Fingerprint::of("test", text.as_bytes());
    (key.clone(), CreationKey { hash: KeyHash::of(HOUSE.principal, &key), fingerprint })
}

const HOUSE: Caller = Caller { principal: Principal::User(UserId(1)), is_house: true };

fn command(text: &str, movement: Movement) -> Arc<Group> {
    let (key, creation) = key(text);
    let command = Command::new(HOUSE, key, creation.fingerprint, movement);
    Arc::new(Group { commands: vec![command], is_atomic: false })
}

fn usd() -> AssetCode {
    AssetCode::parse("USD").expect("a code")
}

fn ten() -> Decimal {
    Decimal::parse("10.00").expect("an amount")
}

/// A store with a user, an asset, and 10.00 on the user's main wallet.
async fn store(folder: &TempDir) -> Sqlite {
    let store = Sqlite::open(folder.path()).expect("a store");
    let user = NewUser {
        username: Username::parse("alice").expect("a name"),
        email: crate::EmailAddress::parse("alice@example.com").expect("an address"),
        password_hash: "hash".to_owned(),
        role: Role::User,
    };
    store.create_user(LedgerId::MAIN, user, key("user").1, NOW).await.expect("a user");
    let asset = Asset { code: usd(), scale: Scale::new(2).expect("a scale") };
    let asset = NewAsset { asset, name: "US dollar".to_owned() };
    store.create_asset(LedgerId::MAIN, asset, key("asset").1, NOW).await.expect("an asset");
    let wallet = NewWallet { user: UserId(1), asset: usd(), name: WalletName::main() };
    store.create_wallet(LedgerId::MAIN, wallet, key("wallet").1, NOW).await.expect("a wallet");
    let top_up = command("top-up", Movement::TopUp { user: UserId(1), asset: usd(), amount: ten() });
    let outcomes = store.commit(LedgerId::MAIN, vec![top_up], NOW, 7).await.expect("a commit");
    assert!(
        matches!(&outcomes[..], [GroupOutcome::Done(done)] if matches!(done[..], [Outcome::Settled(_)])),
        "{outcomes:?}"
    );
    store
}

/// What SQLite says to a statement that Florin does not have.
async fn by_hand(store: &Sqlite, sql: &'static str) -> Result<usize, StoreError> {
    store.writer().expect("a writer").run(move |db_tx| Ok(db_tx.execute(sql, [])?)).await
}

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
    {
        let commit = store.commit(LedgerId::MAIN, vec![spend], NOW, 8);
        tokio::pin!(commit);
        // Polled once, which hands the work over, and dropped.
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context)))
                .await
                .is_pending()
        );
    }
    drop(store);
    let store = Sqlite::open(folder.path()).expect("a store");
    let wallet = store.wallet(LedgerId::MAIN, WalletId(5)).await.expect("a read").expect("a wallet");
    assert_eq!(wallet.wallet.version, Version(2));
}
