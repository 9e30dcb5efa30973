//! The committer: the only writer of money. Callers queue commands; it commits them in batches.
//!
//! | phase | what happens | who waits |
//! | --- | --- | --- |
//! | submit | the group enters a bounded queue, counted in commands; a full queue refuses at once | nobody |
//! | gather | all that waits, up to `batch_commands_max`, becomes one batch; nothing waits for company | - |
//! | expire | groups whose deadline has passed are dropped, unexecuted; their callers know it | - |
//! | commit | [`Store::commit`]: one database transaction a batch, one fsync | the batch; the next one gathers, or begins |
//! | forget | the cache forgets the wallets that were touched; the next batch does not wait | the batch |
//! | answer | each caller gets its own outcome | - |
//!
//! What bounds a batch: `batch_commands_max`, and the number of callers that wait. A group is never split, so
//! an atomic bulk may exceed the bound by its own size.
//!
//! Rules: a caller that goes away cancels its waiting, never the command. In a batch, order of arrival is the
//! order of decision. One group that the store cannot write does not take its batch with it: the groups are then
//! tried one by one. A deadline that passes while the commit runs says nothing about the outcome.

mod queue;
#[cfg(test)]
mod tests;
mod worker;

pub use queue::{Committer, SubmitError};

use florin_ledger::LedgerId;
use std::time::Duration;

#[cfg(doc)]
use florin_store::Store;

/// How a committer works.
#[derive(Clone, Copy, Debug)]
pub struct CommitterSettings {
    /// Whose money it moves. A batch belongs to one ledger.
    pub ledger: LedgerId,
    /// How many commands may wait.
    pub queue_commands_max: usize,
    /// How many commands one batch takes, give or take its last group.
    pub batch_commands_max: usize,
    /// What a refused caller is told to wait.
    pub retry_after: Duration,
}

impl Default for CommitterSettings {
    fn default() -> Self {
        Self {
            ledger: LedgerId::MAIN,
            queue_commands_max: 32_768,
            batch_commands_max: 4_096,
            retry_after: Duration::from_secs(1),
        }
    }
}
