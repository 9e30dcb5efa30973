//! Records what many clients do at once. Times are given to it: it has no clock.

use super::{Answer, History, Opening, Operation, Question};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A history in the making.
#[derive(Debug)]
pub struct Recorder(Mutex<History>);

/// An operation that was begun: its index in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub usize);

impl Recorder {
    /// Begins a history of an asset with `scale` decimal places.
    #[must_use]
    pub fn new(scale: u8) -> Recorder {
        Recorder(Mutex::new(History { scale, ..History::default() }))
    }

    /// Notes a wallet whose every movement from now on will be recorded.
    pub fn open(&self, opening: Opening) {
        self.history().openings.push(opening);
    }

    /// Notes that a client is about to ask. Until it is answered, nobody knows what came of it.
    pub fn begin(&self, client: u32, now: u64, asked: Question) -> Ticket {
        let mut history = self.history();
        history.operations.push(Operation {
            client,
            invoked: now,
            returned: None,
            part_of: None,
            asked,
            answered: Answer::Unclear,
        });
        Ticket(history.operations.len() - 1)
    }

    /// Notes that an operation is one transaction with an earlier one.
    pub fn join(&self, operation: Ticket, first: Ticket) {
        if let Some(operation) = self.history().operations.get_mut(operation.0) {
            operation.part_of = Some(first.0);
        }
    }

    /// Notes an answer. One that leaves the outcome open has no time of return: it may yet take effect.
    pub fn end(&self, operation: Ticket, now: u64, answered: Answer) {
        if let Some(operation) = self.history().operations.get_mut(operation.0) {
            operation.returned = (answered != Answer::Unclear).then_some(now);
            operation.answered = answered;
        }
    }

    /// The history so far.
    #[must_use]
    pub fn snapshot(&self) -> History {
        self.history().clone()
    }

    /// Ends the recording.
    #[must_use]
    pub fn finish(self) -> History {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn history(&self) -> MutexGuard<'_, History> {
        // A client that panicked left its operation without an answer, which is a state like any other.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
