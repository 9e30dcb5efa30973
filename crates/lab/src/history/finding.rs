//! Broken promises, with the operations that prove them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// So many of each kind are shown in full; all are counted.
const EXAMPLES: u64 = 5;

/// What can be wrong with a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anomaly {
    /// A figure is no number.
    NoNumber,
    /// A snapshot's total is none that the movements allow.
    WrongTotal,
    /// A balance is none that the movements allow, or an acknowledged entry is missing.
    LostWrite,
    /// A wallet's versions have a gap.
    VersionGap,
    /// One version of a wallet is told of in two ways.
    VersionTwice,
    /// A balance is not the one before it and the amount.
    WrongBalance,
    /// A transaction's entries do not sum to zero.
    Unbalanced,
    /// One side of a transaction is there, the other is not.
    HalfThere,
    /// The order of a wallet's entries is not that of time.
    OutOfOrder,
    /// A read missed what had been acknowledged before it, or what an earlier read had shown.
    StaleRead,
    /// A read showed what was asked for only after it.
    EarlyRead,
    /// One key had more than one effect.
    EffectTwice,
    /// A key's answer changed.
    AnswerChanged,
    /// A key was answered for another request than its first.
    KeyReused,
    /// A wallet went below its floor, or paid more than it had.
    Overdraft,
    /// G0: transactions wrote over each other in opposite orders.
    DirtyWrite,
    /// G1a: what was refused was seen.
    AbortedRead,
    /// G1b: a transaction was seen half done.
    IntermediateRead,
    /// G1c: transactions saw each other's writes, in a circle.
    CircularRead,
    /// Two transactions began from the same balance, and one wrote over the other.
    LostUpdate,
    /// G-single: a read is from before a transaction in one place and from after it in another.
    ReadSkew,
    /// G2: transactions each missed what the others wrote.
    WriteSkew,
    /// There is an order that explains the history, but not one in which what was over came first.
    NotInRealTime,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Anomaly::NoNumber => "a figure that is no number",
            Anomaly::WrongTotal => "wrong total",
            Anomaly::LostWrite => "lost write",
            Anomaly::VersionGap => "gap in the versions",
            Anomaly::VersionTwice => "one version, two entries",
            Anomaly::WrongBalance => "wrong balance",
            Anomaly::Unbalanced => "entries that do not sum to zero",
            Anomaly::HalfThere => "half a transaction",
            Anomaly::OutOfOrder => "entries out of order",
            Anomaly::StaleRead => "stale read",
            Anomaly::EarlyRead => "read from the future",
            Anomaly::EffectTwice => "two effects of one key",
            Anomaly::AnswerChanged => "an answer that changed",
            Anomaly::KeyReused => "a key for two requests",
            Anomaly::Overdraft => "overdraft",
            Anomaly::DirtyWrite => "dirty write (G0)",
            Anomaly::AbortedRead => "aborted read (G1a)",
            Anomaly::IntermediateRead => "intermediate read (G1b)",
            Anomaly::CircularRead => "circular read (G1c)",
            Anomaly::LostUpdate => "lost update",
            Anomaly::ReadSkew => "read skew (G-single)",
            Anomaly::WriteSkew => "write skew (G2)",
            Anomaly::NotInRealTime => "order against real time",
        })
    }
}

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which kind.
    pub anomaly: Anomaly,
    /// What happened, for a person; `#3` is the operation with index 3.
    pub text: String,
    /// The operations that prove it, by index.
    pub operations: Vec<usize>,
}

/// All that was found: everything counted, the first of each kind in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// How many of each kind.
    pub counts: BTreeMap<Anomaly, u64>,
    /// Some of each kind.
    pub examples: Vec<Finding>,
}

impl Findings {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many of a kind were found.
    #[must_use]
    pub fn count(&self, anomaly: Anomaly) -> u64 {
        self.counts.get(&anomaly).copied().unwrap_or(0)
    }

    /// One example of each kind that was found.
    pub fn first_of_each(&self) -> impl Iterator<Item = &Finding> {
        self.counts
            .keys()
            .filter_map(|anomaly| self.examples.iter().find(|example| example.anomaly == *anomaly))
    }

    /// Adds one; `text` is asked for only if it will be shown.
    pub(super) fn add(&mut self, anomaly: Anomaly, operations: &[usize], text: impl FnOnce() -> String) {
        self.add_many(anomaly, 1, operations, text);
    }

    /// Adds several that one example shows.
    pub(super) fn add_many(
        &mut self,
        anomaly: Anomaly,
        many: u64,
        operations: &[usize],
        text: impl FnOnce() -> String,
    ) {
        let count = self.counts.entry(anomaly).or_default();
        if *count < EXAMPLES {
            self.examples.push(Finding { anomaly, text: text(), operations: operations.to_vec() });
        }
        *count += many;
    }
}
