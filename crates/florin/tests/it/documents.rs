//! What the documents say of the code is true.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, text: &mut String) {
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *text += &std::fs::read_to_string(path).unwrap();
        }
    }
}

#[test]
fn every_test_that_shows_a_requirement_exists() {
    let page = std::fs::read_to_string(root().join("docs/requirements.md")).unwrap();
    let mut code = String::new();
    sources(&root().join("crates"), &mut code);
    let rows = page.lines().filter(|line| line.split(" | ").count() == 4 && line.contains('`'));
    let names =
        rows.filter_map(|row| row.split(" | ").nth(3)).flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let (found, missing): (Vec<_>, Vec<_>) = names.partition(|name| code.contains(&format!("fn {name}(")));
    assert!(missing.is_empty(), "docs/requirements.md names tests that do not exist: {missing:?}");
    assert!(found.len() > 50, "{found:?}");
}
