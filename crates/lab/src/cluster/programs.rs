//! PostgreSQL's programs on this machine, who may run them, and signals to what they started.

use anyhow::{Context, bail};
use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest version that Florin runs on.
const VERSION_MIN: u32 = 15;
/// Where packages put each version in a folder of its own: the parent, and what its folders are named.
const FOLDERS: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local", "pgsql"),
];

/// Whom a server belongs to where root runs the lab: PostgreSQL refuses to run as root.
#[derive(Debug)]
pub(super) struct Owner {
    user: u32,
    group: u32,
}

/// The folder of the newest server's programs; none where all are too old, or there are none.
pub(crate) fn find() -> Option<PathBuf> {
    let versioned = FOLDERS.iter().flat_map(|(parent, name)| {
        let folders = std::fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
        folders
            .filter(move |folder| folder.file_name().to_string_lossy().starts_with(name))
            .map(|folder| folder.path().join("bin"))
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&path).collect::<Vec<_>>();
    let folders = named.into_iter().chain(versioned).filter(|folder| folder.join("initdb").exists());
    let of_versions = folders.filter_map(|folder| Some((version(&folder)?, folder)));
    of_versions.filter(|(version, _)| *version >= VERSION_MIN).max().map(|(_, folder)| folder)
}

/// The major version of the server whose programs are in this folder.
fn version(folder: &Path) -> Option<u32> {
    let said = said(folder.join("postgres"), &["--version"]).ok()?;
    let digits = said.trim_start_matches(|character: char| !character.is_ascii_digit());
    digits.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

impl Owner {
    /// None where the lab's own user will do.
    pub(super) fn find() -> anyhow::Result<Option<Self>> {
        if said("id", &["-u"])?.trim() != "0" {
            return Ok(None);
        }
        let name = if said("id", &["-u", "postgres"]).is_ok() { "postgres" } else { "nobody" };
        let number = |flag| said("id", &[flag, name])?.trim().parse().context("a user's number");
        Ok(Some(Self { user: number("-u")?, group: number("-g")? }))
    }

    pub(super) fn give(&self, path: &Path) -> anyhow::Result<()> {
        chown(path, Some(self.user), Some(self.group))
            .with_context(|| format!("giving away {}", path.display()))
    }

    pub(super) fn run(&self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }
}

/// The processes that this one has made.
pub(super) fn children(parent: u32) -> anyhow::Result<Vec<u32>> {
    let listed = said("ps", &["-A", "-o", "pid=,ppid="])?;
    let pairs = listed.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    Ok(pairs.filter(|(_, of)| *of == parent).map(|(process, _)| process).collect())
}

/// Sends these processes a signal, such as `-STOP`.
pub(crate) fn signal(signal: &str, processes: &[u32]) -> anyhow::Result<()> {
    let processes = processes.iter().map(u32::to_string);
    let status = Command::new("kill").arg(signal).args(processes).status();
    if !status.context("running kill")?.success() {
        bail!("kill {signal} did not reach all whom it was for");
    }
    Ok(())
}

/// What a program says that succeeds.
fn said(program: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<String> {
    let program = program.as_ref();
    let ran = Command::new(program).args(arguments).output();
    let ran = ran.with_context(|| format!("running {}", program.display()))?;
    if !ran.status.success() {
        bail!("{}: {}", program.display(), String::from_utf8_lossy(&ran.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
