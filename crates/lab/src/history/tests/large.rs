//! Histories of many operations are checked in seconds.

use super::bank::{Step, What, play};
use crate::history::check;
use std::time::Instant;

fn check_many(operations: usize) {
    let steps: Vec<Step> = (0..operations)
        .map(|number| Step {
            what: if number % 4 == 3 { What::Read } else { What::Transfer },
            from: number.wrapping_mul(2_654_435_761) >> 7,
            to: number.wrapping_mul(40_503) >> 3,
            amount: 1 + i64::try_from(number % 7).unwrap(),
            early: (number as u64 * 7_919) % 60_000,
            late: (number as u64 * 104_729) % 60_000,
        })
        .collect();
    let history = play(1_000, &steps);
    let started = Instant::now();
    let findings = check(&history);
    println!("{} operations checked in {:.1} s", history.operations.len(), started.elapsed().as_secs_f64());
    assert!(findings.is_clean(), "{findings:#?}");
}

#[test]
fn fifty_thousand_operations_are_checked() {
    check_many(50_000);
}

#[test]
#[ignore = "a million operations: the full figure"]
fn a_million_operations_are_checked() {
    check_many(1_000_000);
}
