//! Lists the migrations, so that adding the files is all that a new one needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// A step's name, and whether it has its `up` and its `down`.
type Found = BTreeMap<u32, (String, [bool; 2])>;

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("migrations");
    let mut code = String::new();
    for engine in ["sqlite", "postgres"] {
        let folder = root.join(engine);
        println!("cargo::rerun-if-changed={}", folder.display());
        list(&mut code, engine, &folder);
    }
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("migrations.rs");
    fs::write(out, code).expect("the build's own folder can be written");
}

fn list(code: &mut String, engine: &str, folder: &Path) {
    let constant = engine.to_uppercase();
    writeln!(code, "/// The steps of the schema on {engine}, in order.").expect("a string takes all");
    writeln!(code, "pub const {constant}: &[Step] = &[").expect("a string takes all");
    for (index, (number, (name, directions))) in (1..).zip(find(folder)) {
        let file = |direction: &str| {
            let path = folder.join(format!("{number:04}_{name}.{direction}.sql"));
            path.to_str().expect("the source tree has a plain path").to_owned()
        };
        assert_eq!(number, index, "{}: step {index:04} is missing", folder.display());
        assert_eq!(directions, [true; 2], "{}: {number:04}_{name} lacks its up or down", folder.display());
        let (up, down) = (file("up"), file("down"));
        writeln!(
            code,
            "Step {{ number: {number}, name: {name:?}, up: include_str!({up:?}), down: include_str!({down:?}) }},"
        )
        .expect("a string takes all");
    }
    code.push_str("];\n");
}

fn find(folder: &Path) -> Found {
    let mut found = Found::new();
    for file in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let file = file.expect("the folder can be read").file_name();
        let file = file.to_str().expect("migrations have plain names");
        let (number, name, direction) = parse(file)
            .unwrap_or_else(|| panic!("{file} is not called NNNN_name.up.sql or NNNN_name.down.sql"));
        let (known, directions) = found.entry(number).or_insert_with(|| (name.to_owned(), [false; 2]));
        assert_eq!(known, name, "two steps have the number {number:04}");
        directions[direction] = true;
    }
    found
}

fn parse(file: &str) -> Option<(u32, &str, usize)> {
    let (stem, direction) = match file.strip_suffix(".up.sql") {
        Some(stem) => (stem, 0),
        None => (file.strip_suffix(".down.sql")?, 1),
    };
    let (number, name) = stem.split_once('_')?;
    (number.len() == 4).then_some((number.parse().ok()?, name, direction))
}
