//! The promises, one by one, each from the history alone.
//!
//! | module | promise |
//! | --- | --- |
//! | `conservation` | every snapshot and every balance is one that the movements allow |
//! | `serial` | a wallet's entries follow from each other, a transaction's sum to zero |
//! | `real_time` | what was over comes first; nothing acknowledged is missing; nothing is half there |
//! | `once` | one key, one transaction, one effect, one answer |
//! | `overdraft` | no wallet pays what it does not have |
//! | `cycles` | one order explains everything that everybody saw |
//!
//! Each is linear in the history but for sorting, and needs memory for a few numbers an entry.

mod books;
mod conservation;
mod effect;
mod once;
mod overdraft;
mod real_time;
mod serial;
mod window;

pub(super) use books::{Books, Placed, Seen, by_wallet};
pub(super) use effect::Effect;

use super::{Findings, History, cycles};

/// Checks everything.
#[must_use]
pub fn check(history: &History) -> Findings {
    let mut findings = Findings::default();
    let books = Books::read(history, &mut findings);
    conservation::check(&books, &mut findings);
    serial::check(&books, &mut findings);
    real_time::check(&books, &mut findings);
    once::check(history, &books, &mut findings);
    overdraft::check(&books, &mut findings);
    cycles::check(&books, &mut findings);
    findings
}
