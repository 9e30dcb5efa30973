//! What a run says in the end.

mod clean;
mod html;
mod json;
mod kept;
mod named;
mod pictures;
mod table;
mod timeline;

pub use kept::{Kept, read};
pub use pictures::Picture;

use crate::attacks::Attack;
use crate::call::{Mark, Record};
use crate::latency::Latencies;
use crate::run::{Options, Store};
use crate::verdict::Verdict;
use std::time::Duration;

/// Everything that a run found.
#[derive(Debug)]
pub struct Report {
    pub(crate) seed: u64,
    pub(crate) store: &'static str,
    pub(crate) rounds: u32,
    pub(crate) attacks: Vec<Attacked>,
}

/// What an attack did to all targets.
#[derive(Debug)]
pub(crate) struct Attacked {
    pub(crate) attack: &'static Attack,
    pub(crate) done: Vec<Done>,
}

/// What an attack did to one target.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) target: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) rounds: u32,
    pub(crate) took: Duration,
    /// Of all rounds.
    pub(crate) latencies: Latencies,
    /// Of the last round: the one that broke it, or the last one that it held.
    pub(crate) records: Vec<Record>,
    /// What befell the target meanwhile.
    pub(crate) marks: Vec<Mark>,
}

impl Attacked {
    pub(crate) fn new(attack: &'static Attack) -> Self {
        Self { attack, done: Vec::new() }
    }
}

impl Done {
    /// What it is called in a sentence.
    pub(crate) fn name(&self) -> &'static str {
        if self.target == "specimen" { "the specimen" } else { "Florin" }
    }

    /// The same at the head of something.
    pub(crate) fn title(&self) -> &'static str {
        if self.target == "specimen" { "Specimen" } else { "Florin" }
    }

    /// Whether it is as it must be: the specimen broken, Florin not.
    pub(crate) fn is_as_it_must_be(&self) -> bool {
        match self.target {
            "specimen" => self.verdict.is_broken(),
            _ => self.verdict == Verdict::Held,
        }
    }
}

impl Report {
    pub(crate) fn new(options: &Options, attacks: Vec<Attacked>) -> Self {
        let store = match options.store {
            Store::Sqlite => "sqlite",
            Store::Postgres(_) => "postgres",
        };
        Self { seed: options.seed, store, rounds: options.rounds, attacks }
    }

    /// Whether the specimen broke and Florin held on every attack.
    pub fn is_as_it_must_be(&self) -> bool {
        self.attacks.iter().flat_map(|attacked| &attacked.done).all(Done::is_as_it_must_be)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_broken_specimen_and_a_florin_that_held_are_as_they_must_be() {
        let broke = Verdict::Broke { evidence: vec!["two winners".to_owned()] };
        let could_not_tell = Verdict::CouldNotTell { why: "no answer".to_owned() };
        for (target, verdict, is_as_it_must_be) in [
            ("specimen", broke.clone(), true),
            ("specimen", Verdict::Held, false),
            ("specimen", could_not_tell.clone(), false),
            ("florin", broke, false),
            ("florin", Verdict::Held, true),
            ("florin", could_not_tell, false),
        ] {
            let (records, marks) = (Vec::new(), Vec::new());
            let latencies = Latencies::default();
            let done = Done { target, verdict, rounds: 1, took: Duration::ZERO, latencies, records, marks };
            assert_eq!(done.is_as_it_must_be(), is_as_it_must_be, "{done:?}");
        }
    }
}
