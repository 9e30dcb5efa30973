//! `florin migrate create`.

use florin_store::migrate;
use std::fs;

#[test]
fn four_files_under_the_next_number() {
    let tree = tempfile::tempdir().unwrap();
    let migrations = tree.path().join("crates/store/migrations");
    for engine in ["sqlite", "postgres"] {
        fs::create_dir_all(migrations.join(engine)).unwrap();
    }
    let made = |name: &str| -> Vec<String> {
        let made = migrate::create(tree.path(), name).unwrap();
        made.iter().map(|path| path.strip_prefix(&migrations).unwrap().display().to_string()).collect()
    };
    assert_eq!(
        made("first"),
        [
            "sqlite/0001_first.up.sql",
            "sqlite/0001_first.down.sql",
            "postgres/0001_first.up.sql",
            "postgres/0001_first.down.sql"
        ]
    );
    fs::write(migrations.join("postgres/0041_other.up.sql"), "").unwrap();
    assert_eq!(made("second")[0], "sqlite/0042_second.up.sql");
}

#[test]
fn only_plain_names() {
    let tree = tempfile::tempdir().unwrap();
    for name in ["", "Add", "a-b", "../a", "é", "a b"] {
        assert_eq!(migrate::create(tree.path(), name).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[test]
fn outside_of_the_source_tree_it_says_so() {
    let elsewhere = tempfile::tempdir().unwrap();
    let error = migrate::create(elsewhere.path(), "a").unwrap_err();
    assert!(error.to_string().contains("source tree"), "{error}");
}
