//! A disk that fails when it is told to, for targets that keep their data in SQLite, on Linux.
//!
//! A library of C (`faults.c`) is preloaded into a target's process and stands between it and the system for the
//! database and its log alone; the target is the binary that everybody has. The lab tells it through a file that
//! both map, so that one call of a process that runs can be made to fail, and the next one as well.
//!
//! It never touches a file that it was not attached to, and nothing of it is in a server that the lab did not start.

mod words;

#[cfg(all(test, target_os = "linux"))]
mod tests;

pub use words::{Action, Calls, Count, Files, Kinds};

use anyhow::{Context, bail};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use words::Words;

#[cfg(target_os = "linux")]
const LIBRARY: Option<&[u8]> = Some(include_bytes!(concat!(env!("OUT_DIR"), "/disk_faults.so")));
#[cfg(not(target_os = "linux"))]
const LIBRARY: Option<&[u8]> = None;

/// The disk of one target, whichever of its processes runs.
#[derive(Debug)]
pub struct Disk {
    library: PathBuf,
    control: PathBuf,
    words: Words,
}

impl Disk {
    /// Whether there is such a disk on this system.
    pub const IS_THERE: bool = LIBRARY.is_some();

    /// Puts the library into this folder. With `keeps_disk` it also keeps what is left after a power cut, which costs a
    /// copy of all that is written.
    pub fn prepare(folder: &Path, keeps_disk: bool) -> anyhow::Result<Self> {
        let Some(bytes) = LIBRARY else { bail!("a disk that fails can be had on Linux alone") };
        let library = folder.join("disk_faults.so");
        fs::write(&library, bytes).context("writing the library")?;
        let control = folder.join("disk-faults");
        let words = Words::create(&control, keeps_disk).context("writing the file that it is told by")?;
        Ok(Self { library, control, words })
    }

    /// What a process needs in its environment to have this disk.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        let path = |path: &Path| path.display().to_string();
        [("LD_PRELOAD", path(&self.library)), ("LAB_DISK_FAULTS", path(&self.control))]
    }

    /// From the next call on: `action` at these calls, counted from now.
    pub fn arm(&self, action: Action, calls: Calls) -> anyhow::Result<()> {
        self.words.arm(action, calls).context("telling the disk")
    }

    /// Lets the disk be well again. What it counted stays to be read.
    pub fn disarm(&self) -> anyhow::Result<()> {
        self.words.disarm().context("telling the disk")
    }

    /// What it counted since it was armed.
    pub fn count(&self) -> anyhow::Result<Count> {
        self.words.count().context("asking the disk")
    }
}

/// What a power cut leaves of a database, after its process has ended: what was synced, and whatever of the rest came
/// to the disk before. Needs a disk that was kept.
pub fn after_power_cut(database: &Path) -> anyhow::Result<()> {
    let beside = |end: &str| PathBuf::from(format!("{}{end}", database.display()));
    for file in [database.to_owned(), beside("-wal")] {
        let own = |end: &str| PathBuf::from(format!("{}{end}", file.display()));
        if is_kept(&file, &own(".dirty"))? {
            // Into the file that is there: its inode is what it is known by.
            fs::write(&file, fs::read(own(".disk"))?)
                .with_context(|| format!("restoring {}", file.display()))?;
            clean(&own(".dirty"))?;
        }
    }
    // Memory that processes shared.
    match fs::remove_file(beside("-shm")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).context("removing what was memory"),
        _ => Ok(()),
    }
}

/// Whether the disk knows this very file, and not another one that had its name.
#[cfg(unix)]
fn is_kept(file: &Path, dirty: &Path) -> anyhow::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = fs::metadata(file) else { return Ok(false) };
    let Ok(mut known) = File::open(dirty) else { return Ok(false) };
    let mut inode = [0; 8];
    known.read_exact(&mut inode)?;
    Ok(u64::from_ne_bytes(inode) == metadata.ino())
}

#[cfg(not(unix))]
fn is_kept(_: &Path, _: &Path) -> anyhow::Result<bool> {
    Ok(false)
}

/// Nothing is unsynced any more: all pages' marks are cut off, and come back as zeros.
fn clean(dirty: &Path) -> anyhow::Result<()> {
    let marks = File::options().write(true).open(dirty)?;
    let length = marks.metadata()?.len();
    marks.set_len(8)?;
    Ok(marks.set_len(length)?)
}
