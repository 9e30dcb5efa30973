//! New steps, from a template.

use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::{fs, fs::File};

/// Where the steps are, from the top of Florin's source tree.
const FOLDER: &str = "crates/store/migrations";

/// Makes the four files of the next step below `source_tree`, and says which.
///
/// `name` is made of `a`-`z`, `0`-`9` and `_`. A file that is there is never overwritten.
pub fn create(source_tree: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let is_valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_valid) {
        let problem = "a step's name is made of a-z, 0-9 and _, such as add_holds";
        return Err(Error::new(ErrorKind::InvalidInput, problem));
    }
    let folders = ["sqlite", "postgres"].map(|engine| source_tree.join(FOLDER).join(engine));
    let mut newest = 0;
    for folder in &folders {
        newest = newest.max(newest_number(folder)?);
    }
    let number = newest + 1;
    let mut made = Vec::new();
    for folder in &folders {
        for direction in ["up", "down"] {
            let path = folder.join(format!("{number:04}_{name}.{direction}.sql"));
            let template = template(folder.ends_with("postgres"), direction == "up");
            std::io::Write::write_all(&mut File::create_new(&path)?, template.as_bytes())?;
            made.push(path);
        }
    }
    Ok(made)
}

fn newest_number(folder: &Path) -> Result<u32> {
    let problem = |error: Error| {
        let text = format!("{}: {error}; run this at the top of Florin's source tree", folder.display());
        Error::new(error.kind(), text)
    };
    let mut newest = 0;
    for file in fs::read_dir(folder).map_err(problem)? {
        let name = file?.file_name();
        let number = name.to_str().and_then(|name| name.get(..4)).and_then(|digits| digits.parse().ok());
        newest = newest.max(number.unwrap_or(0));
    }
    Ok(newest)
}

fn template(is_postgres: bool, is_up: bool) -> &'static str {
    match (is_postgres, is_up) {
        (true, true) => {
            "-- What for. May run again after an interruption: IF NOT EXISTS, ON CONFLICT DO NOTHING.\n"
        }
        (true, false) => "-- Takes it back. May run again after an interruption: IF EXISTS.\n",
        (false, true) => "-- What for.\n",
        (false, false) => "-- Takes it back.\n",
    }
}
