use crate::place::{Engine, Place};
use rstest::rstest;

#[rstest]
#[tokio::test]
async fn an_operator_is_made_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::migrated(engine).await;
    let make =
        |password| place.florin_reading(&["operator", "house", "--email", "house@florin.example"], password);
    let short = make("short\n");
    assert!(!short.status.success() && short.err.contains("8 to 128"), "{short:?}");
    let made = make("long enough\n");
    assert!(made.status.success() && made.out.contains("made operator house, user 1"), "{made:?}");
    let again = make("long enough\n");
    assert!(!again.status.success() && again.err.contains("already"), "{again:?}");
    place.remove().await;
}
