//! What clients asked, what they were answered, and when: the only evidence that the lab judges by.
//!
//! A history is recorded while an attack runs, kept as JSON, and checked afterwards, as often as wanted. The checker
//! looks at nothing else: not at the target, not at a clock. It reports only what cannot have happened on a
//! correct wallet; where an answer was lost, both of its outcomes are allowed.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`operation`] | what was asked and answered |
//! | [`figure`] | amounts: exact, and also as a float was written |
//! | [`recorder`] | many clients, one history |
//! | [`mod@check`] | the promises, one by one |
//! | [`cycles`] | the dependencies between transactions, and the anomalies that their cycles are |
//! | [`finding`] | a broken promise, with the operations that prove it |

pub mod check;
pub mod cycles;
pub mod figure;
pub mod finding;
pub mod operation;
pub mod recorder;
#[cfg(test)]
mod tests;

pub use check::check;
pub use figure::Figure;
pub use finding::{Anomaly, Finding, Findings};
pub use operation::{
    Answer, Balance, Entry, History, Line, Movement, Opening, Operation, Question, Verb, WalletId,
};
pub use recorder::{Recorder, Ticket};
