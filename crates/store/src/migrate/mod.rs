//! The schema's steps: embedded in the binary, applied in order, taken back one by one.
//!
//! A step is two files an engine, `migrations/{sqlite,postgres}/NNNN_name.{up,down}.sql`, under the same
//! numbers and names. What was applied stands in the database's table `florin_migrations`, with a checksum:
//! a step that was edited after it was applied, or that this binary does not know, stops everything.
//!
//! Each step runs in one database transaction that first takes a lock, so two processes that migrate at
//! once share the work. On PostgreSQL the lock is a row, and steps are written so that they can run again
//! (`IF NOT EXISTS`), because engines that only speak its language may keep half of an interrupted step.
//!
//! This room never decides to migrate: it is asked to.

mod create;
mod plan;
pub mod postgres;
pub mod sqlite;

pub use create::create;
pub use plan::{Applied, StepState, StepStatus};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt;

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// One step of the schema, on one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its place, from 1.
    pub number: u32,
    /// What it is about.
    pub name: &'static str,
    /// The SQL that applies it.
    pub up: &'static str,
    /// The SQL that takes it back.
    pub down: &'static str,
}

impl Step {
    /// SHA-256 of [`Step::up`] in hexadecimal. Line ends do not count: a checkout may change them.
    pub fn checksum(&self) -> String {
        let mut hasher = Sha256::new();
        for line in self.up.lines() {
            hasher.update(line);
            hasher.update("\n");
        }
        format!("{:x}", Bytes::copy_from_slice(&hasher.finalize()))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.number, self.name)
    }
}
