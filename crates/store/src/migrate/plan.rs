//! What a database has against what this binary knows: pure, for both engines.

use super::Step;
use crate::StoreError;
use florin_ledger::Timestamp;

/// A step that a database says was applied to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its place.
    pub number: u32,
    /// What it was about.
    pub name: String,
    /// Its checksum when it was applied.
    pub checksum: String,
    /// When.
    pub applied_at: Timestamp,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Applied, as this binary knows it.
    Applied,
    /// Not applied yet.
    Pending,
    /// Applied, but not as this binary knows it.
    Changed,
    /// Applied by a newer binary: this one does not know it.
    Unknown,
}

impl StepState {
    /// The state in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// A line of `florin migrate status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStatus {
    /// The step's place.
    pub number: u32,
    /// What it is about.
    pub name: String,
    /// When it was applied, if it was.
    pub applied_at: Option<Timestamp>,
    /// How it stands.
    pub state: StepState,
}

/// All steps that the binary or the database knows, in order.
pub(super) fn status(steps: &[Step], applied: &[Applied]) -> Vec<StepStatus> {
    let known = steps.iter().map(|step| {
        let applied = applied.iter().find(|applied| applied.number == step.number);
        StepStatus {
            number: step.number,
            name: step.name.to_owned(),
            applied_at: applied.map(|applied| applied.applied_at),
            state: match applied {
                None => StepState::Pending,
                Some(applied) if is_same(step, applied) => StepState::Applied,
                Some(_) => StepState::Changed,
            },
        }
    });
    let unknown = |applied: &&Applied| steps.iter().all(|step| step.number != applied.number);
    let foreign = applied.iter().filter(unknown).map(|applied| StepStatus {
        number: applied.number,
        name: applied.name.clone(),
        applied_at: Some(applied.applied_at),
        state: StepState::Unknown,
    });
    let mut all: Vec<_> = known.chain(foreign).collect();
    all.sort_by_key(|line| line.number);
    all
}

/// The steps that are still to be applied, in order; an error where the database has what it must not.
pub(super) fn pending<'steps>(
    steps: &'steps [Step],
    applied: &[Applied],
) -> Result<Vec<&'steps Step>, StoreError> {
    for line in status(steps, applied) {
        let problem = match line.state {
            StepState::Applied | StepState::Pending => continue,
            StepState::Changed => "was changed after it was applied: restore its file as it was",
            StepState::Unknown => {
                "is applied, but this binary does not know it: the schema is newer, run a newer florin"
            }
        };
        return Err(StoreError::Unsuitable(format!("step {:04}_{} {problem}", line.number, line.name)));
    }
    Ok(steps.iter().filter(|step| applied.iter().all(|applied| applied.number != step.number)).collect())
}

/// The step to take back: the newest that is applied. An error where the database has what it must not.
pub(super) fn newest<'steps>(
    steps: &'steps [Step],
    applied: &[Applied],
) -> Result<Option<&'steps Step>, StoreError> {
    pending(steps, applied)?;
    let number = applied.iter().map(|applied| applied.number).max();
    Ok(steps.iter().find(|step| Some(step.number) == number))
}

/// Whether the database has the schema that this binary was built for.
pub(super) fn check(steps: &[Step], applied: &[Applied]) -> Result<(), StoreError> {
    match pending(steps, applied)?.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(StoreError::Unsuitable(format!(
            "the schema is older than this binary: step {first} is not applied, run `florin migrate up`"
        ))),
    }
}

fn is_same(step: &Step, applied: &Applied) -> bool {
    step.name == applied.name && step.checksum() == applied.checksum
}
