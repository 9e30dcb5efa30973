//! What an attack did to a target.

use serde::Serialize;
use std::fmt;

/// What an attack did to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It broke: the oracle has evidence.
    Broke {
        /// What must not be, in sentences.
        evidence: Vec<String>,
    },
    /// In every round, everything was as it must be.
    Held,
    /// A round did not come to its end, or its answers did not say what happened.
    CouldNotTell {
        /// Why not.
        why: String,
    },
}

impl Verdict {
    /// Whether the target broke.
    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::Broke { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broke { .. } => "BROKE",
            Self::Held => "HELD",
            Self::CouldNotTell { .. } => "COULD NOT TELL",
        })
    }
}
