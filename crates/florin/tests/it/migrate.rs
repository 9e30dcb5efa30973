use crate::place::{Engine, Place};
use rstest::rstest;

#[rstest]
#[tokio::test]
async fn steps_go_up_down_and_up_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine).await;
    let pending = place.florin(&["migrate", "status"]);
    assert!(pending.out.contains("pending") && !pending.out.contains("applied  "), "{pending:?}");

    let up = place.florin(&["migrate", "up"]);
    assert!(up.status.success(), "{up:?}");
    let applied = up.out.lines().count();
    assert!(up.out.lines().all(|line| line.starts_with("applied 00")) && applied > 0, "{up:?}");
    assert!(place.florin(&["migrate", "up"]).out.contains("is up to date"));
    assert!(!place.florin(&["migrate", "status"]).out.contains("pending"));

    let all = applied.to_string();
    let down = place.florin(&["migrate", "down", "--steps", &all]);
    assert!(down.status.success() && down.out.lines().count() == applied, "{down:?}");
    let too_far = place.florin(&["migrate", "down"]);
    assert!(!too_far.status.success() && too_far.err.contains("no step to take back"), "{too_far:?}");
    assert_eq!(place.florin(&["migrate", "up"]).out, up.out);
    place.remove().await;
}

#[rstest]
#[tokio::test]
async fn a_step_that_was_edited_stops_everything(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::migrated(engine).await;
    place.execute("UPDATE florin_migrations SET checksum = 'another' WHERE number = 1").await;
    assert!(place.florin(&["migrate", "status"]).out.contains("changed"));
    for command in [&["migrate", "up"][..], &["migrate", "down"], &["audit"]] {
        let refused = place.florin(command);
        assert!(!refused.status.success() && refused.err.contains("0001"), "{refused:?}");
    }
    place.remove().await;
}

#[tokio::test]
async fn create_makes_the_files_of_the_next_step_for_both_engines() {
    let place = Place::new(Engine::Sqlite).await;
    for engine in ["sqlite", "postgres"] {
        let folder = place.folder().join("crates/store/migrations").join(engine);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("0007_before.up.sql"), "").unwrap();
    }
    let made = place.florin(&["migrate", "create", "add_holds"]);
    assert!(made.status.success(), "{made:?}");
    for file in ["sqlite/0008_add_holds.up.sql", "postgres/0008_add_holds.down.sql"] {
        assert!(place.folder().join("crates/store/migrations").join(file).is_file(), "{file}: {made:?}");
    }
    let bad = place.florin(&["migrate", "create", "../holds"]);
    assert!(!bad.status.success(), "{bad:?}");
}
