use crate::place::{Engine, Place};
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
