//! The words that the lab shares with the library: what it is told, and what it counted. Their order is that of
//! `struct words` in `faults.c`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing; it is counted.
    Count,
    /// It is not done, and fails as a broken disk does.
    Fail,
    /// It is not done, and fails as a full disk does.
    Full,
    /// Half of what it was to write is written, and it fails as a broken disk does.
    FailHalf,
    /// The process is killed in its place.
    KillBefore,
    /// It is done, and the process is killed before it knows.
    KillAfter,
    /// Half of what it was to write is written, and the process is killed.
    KillHalf,
    /// It is done after so many milliseconds.
    Delay(u64),
    /// The power goes in its place. Of what was not synced the seed says which sectors are on the disk; none, if it is 0.
    CutBefore(u64),
    /// It is done, and the power goes before the process knows.
    CutAfter(u64),
}

/// Which calls: the `from`-th that matches, and `times` in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// Counted from 1.
    pub from: u64,
    /// `u64::MAX` for all from there on.
    pub times: u64,
    /// What they do.
    pub kinds: Kinds,
    /// To which files.
    pub files: Files,
}

/// What calls do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Whatever changes a file or syncs it.
    All,
    /// Writes.
    Writes,
    /// Syncs.
    Syncs,
}

/// Files of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// Both.
    All,
    /// The database's own.
    Database,
    /// Its write-ahead log.
    Log,
}

/// How many calls there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// That matched.
    pub calls: u64,
    /// That met the action.
    pub hits: u64,
}

impl Calls {
    /// One of all calls.
    pub fn only(from: u64) -> Self {
        Self { from, times: 1, kinds: Kinds::All, files: Files::All }
    }

    /// All calls from this one on.
    pub fn all_from(from: u64) -> Self {
        Self { times: u64::MAX, ..Self::only(from) }
    }

    fn which(self) -> u64 {
        let kinds = match self.kinds {
            Kinds::All => 1 | 2 | 4,
            Kinds::Writes => 1,
            Kinds::Syncs => 2,
        };
        let files = match self.files {
            Files::All => 16 | 32,
            Files::Database => 16,
            Files::Log => 32,
        };
        kinds | files
    }
}

impl Action {
    fn words(self) -> (u64, u64) {
        match self {
            Self::Count => (1, 0),
            Self::Fail => (2, 0),
            Self::Full => (3, 0),
            Self::FailHalf => (4, 0),
            Self::KillBefore => (5, 0),
            Self::KillAfter => (6, 0),
            Self::KillHalf => (7, 0),
            Self::Delay(ms) => (8, ms),
            Self::CutBefore(seed) => (9, seed),
            Self::CutAfter(seed) => (10, seed),
        }
    }
}

/// The file with the words.
#[derive(Debug)]
pub(super) struct Words(File);

impl Words {
    pub(super) fn create(path: &Path, keeps_disk: bool) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        let words = Self(file);
        words.put(0, &[0, 0, 0, 0, 0, 0, 0, u64::from(keeps_disk)])?;
        Ok(words)
    }

    pub(super) fn arm(&self, action: Action, calls: Calls) -> io::Result<()> {
        let (action, argument) = action.words();
        self.disarm()?;
        self.put(1, &[calls.from, calls.times, argument, calls.which(), 0, 0])?;
        // Last: from here on the others count.
        self.put(0, &[action])
    }

    pub(super) fn disarm(&self) -> io::Result<()> {
        self.put(0, &[0])
    }

    pub(super) fn count(&self) -> io::Result<Count> {
        let mut bytes = [0; 16];
        (&self.0).seek(SeekFrom::Start(5 * 8))?;
        (&self.0).read_exact(&mut bytes)?;
        let word = |at| u64::from_ne_bytes(std::array::from_fn(|byte| bytes[at + byte]));
        Ok(Count { calls: word(0), hits: word(8) })
    }

    fn put(&self, first: u64, words: &[u64]) -> io::Result<()> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        (&self.0).seek(SeekFrom::Start(first * 8))?;
        (&self.0).write_all(&bytes)
    }
}
