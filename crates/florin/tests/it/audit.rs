use crate::place::{Engine, Place};
use crate::server::Server;
use rstest::rstest;

#[rstest]
#[tokio::test]
async fn an_empty_store_is_in_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::migrated(engine).await;
    let audit = place.florin(&["audit"]);
    assert_eq!(
        (audit.status.code(), audit.out.trim()),
        (Some(0), "OK: 0 assets, 0 wallets, 0 transactions, 0 entries")
    );
    place.remove().await;
}

#[rstest]
#[tokio::test]
async fn a_store_that_is_not_there_cannot_be_audited(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let audit = place.florin(&["audit", "--json"]);
    assert_eq!((audit.status.code(), audit.out.as_str()), (Some(2), ""), "{audit:?}");
    assert!(audit.err.contains("florin migrate up"), "{audit:?}");
    place.remove().await;
}

/// Whose rows a hand in the database edits.
const ALICES_GOLD: &str = "ledger_id = 1 AND wallet_id = (SELECT w.wallet_id FROM wallets w
    JOIN users u ON u.ledger_id = w.ledger_id AND u.user_id = w.user_id
    WHERE w.ledger_id = 1 AND u.username = 'alice' AND w.asset = 'GOLD')";

#[rstest]
#[case::balance_edited(
    "UPDATE wallets SET posted = posted + 1",
    "says 501 smallest units; its entries sum to 500"
)]
#[case::amount_edited("UPDATE entries SET amount = amount + 1", "entries of transaction")]
#[case::balance_after_edited("UPDATE entries SET balance_after = balance_after + 1", "it must be 500")]
#[case::entry_deleted("DELETE FROM entries", "entries of asset GOLD sum to -500")]
#[tokio::test]
async fn tampering_shows(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] edit: &str,
    #[case] says: &str,
) {
    let place = Place::new(engine).await;
    Server::start_demo(&place).stop();
    let edit = format!("{edit} WHERE {ALICES_GOLD}");
    assert!(
        edit.starts_with("UPDATE wallets") || place.try_execute(&edit).await.is_err(),
        "a trigger refuses"
    );
    place
        .execute(match engine {
            Engine::Sqlite => "DROP TRIGGER entries_never_updated; DROP TRIGGER entries_never_deleted",
            Engine::Postgres => "DROP TRIGGER entries_append_only ON entries",
        })
        .await;
    place.execute(&edit).await;

    let audit = place.florin(&["audit"]);
    assert_eq!(audit.status.code(), Some(1), "{audit:?}");
    assert!(
        audit.out.contains("FAULT: ") && audit.out.contains(says) && !audit.out.contains("OK"),
        "{audit:?}"
    );
    let audit = place.florin(&["audit", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&audit.out).unwrap();
    assert_eq!(
        (audit.status.code(), &report["ok"], &report["transactions"]),
        (Some(1), &false.into(), &4.into())
    );
    assert!(report["faults"].as_array().is_some_and(|faults| !faults.is_empty()), "{report}");
    place.remove().await;
}
