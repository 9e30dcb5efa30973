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

#[test]
fn the_catalogue_of_failures_has_every_attack_and_no_dead_place() {
    let page = std::fs::read_to_string(root().join("docs/failures.md")).unwrap();
    for attack in florin_lab::attacks::ATTACKS {
        assert!(page.contains(&format!("\n### {}\n", attack.id)), "{} is missing", attack.id);
    }
    for picture in florin_lab::attacks::ATTACKS.iter().flat_map(|attack| {
        ["specimen", "florin"].map(|target| format!("failures/{}-{target}.svg", attack.id))
    }) {
        let again = "scripts/with-postgres scripts/failure-pictures ATTACK draws what is missing";
        let shown = page.split(&format!("]({picture})")).next().filter(|before| before.len() < page.len());
        let alt = shown.and_then(|before| before.rsplit("![").next());
        assert!(
            alt.is_some_and(|alt| alt.len() > 20),
            "{picture} is not shown, or without words for it; {again}"
        );
        let bytes = std::fs::metadata(root().join("docs").join(&picture)).map_or(0, |file| file.len());
        assert!((500..30_000).contains(&bytes), "{picture} has {bytes} bytes; {again}");
    }
    let mut code = String::new();
    sources(&root().join("crates"), &mut code);
    for name in page.split("Shown by the test `").skip(1).filter_map(|rest| rest.split('`').next()) {
        assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
    let quoted = page.split('`').skip(1).step_by(2).filter(|text| text.contains("/src/"));
    for place in quoted {
        let engines = [place.replace('*', "sqlite"), place.replace('*', "postgres")];
        for path in engines.map(|path| root().join("crates").join(path)) {
            assert!(path.exists() || path.with_extension("rs").exists(), "there is no {}", path.display());
        }
    }
}
