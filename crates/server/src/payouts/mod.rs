//! Payouts: many transfers from one wallet, from a file.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`file`](mod@file) | payout files: what clients send is read, what they fetch is written |
//! | [`upload`] | rows on their way into the store; `recipients` finds whom they pay, `tally` counts them |
//! | [`policy`] | what the server's operator demands of payouts |
//! | [`runner`] | takes the leases of payouts that are to be run |
//! | `run` | pays or reverses the rows of one, through the committer |

pub mod file;
pub mod policy;
mod recipients;
mod run;
pub mod runner;
mod tally;
pub mod upload;

pub use policy::{ApprovalFrom, PayoutPolicy};
pub use runner::{Runner, RunnerSettings, Waker};
