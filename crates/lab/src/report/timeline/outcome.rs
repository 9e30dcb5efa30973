//! What a bar stands for: its form and its color say what came of a request.

use crate::call::{Answer, Record};
use std::collections::HashMap;

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Outcome {
    Done,
    /// Answered as another request with its key was.
    Again,
    Refused,
    /// Nobody said whether it was done.
    Unclear,
    /// It moved nothing: somebody looked.
    Read,
}

impl Outcome {
    /// In the order of the legend.
    pub(in crate::report) const ALL: [Self; 5] =
        [Self::Done, Self::Again, Self::Refused, Self::Unclear, Self::Read];

    pub(in crate::report) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "replayed",
            Self::Refused => "refused",
            Self::Unclear => "unclear",
            Self::Read => "read",
        }
    }
}

/// What came of each. What was answered with the same id under the same key before, whoever asked, is a replay.
pub(in crate::report) fn outcomes(records: &[Record]) -> Vec<Outcome> {
    let mut first: HashMap<(&str, &str), &Record> = HashMap::new();
    for record in records {
        if let Some(id) = record.answer.id() {
            let known = first.entry((&record.call.key, id)).or_insert(record);
            if record.returned_at < known.returned_at {
                *known = record;
            }
        }
    }
    let outcome = |record: &Record| match &record.answer {
        Answer::Done { id } => {
            let is_first = std::ptr::eq(first[&(record.call.key.as_str(), id.as_str())], record);
            if is_first { Outcome::Done } else { Outcome::Again }
        }
        Answer::Balances { .. } | Answer::Watched { .. } | Answer::File { .. } => Outcome::Read,
        Answer::Refused { .. } | Answer::TurnedAway => Outcome::Refused,
        Answer::Unclear { .. } => Outcome::Unclear,
    };
    records.iter().map(outcome).collect()
}
