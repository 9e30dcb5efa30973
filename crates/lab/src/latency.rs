//! How long movements took, from their last byte to their answer.

use crate::call::{Ask, Record};
use std::fmt;
use std::time::Duration;

/// Of all movements that were done, in every round.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn add(&mut self, records: &[Record]) {
        let moved = records.iter().filter(|record| {
            let is_transfer = matches!(record.call.ask, Ask::Transfer { .. } | Ask::TransferUnderLock { .. });
            is_transfer && record.answer.is_done()
        });
        self.0.extend(moved.map(|record| record.returned_at.saturating_sub(record.invoked_at)));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// By the method of the nearest rank: what that many of a thousand took at most.
fn of_a_thousand(sorted: &[Duration], rank: usize) -> Duration {
    let place = (sorted.len() * rank).div_ceil(1_000).max(1);
    sorted.get(place - 1).copied().unwrap_or_default()
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        write!(f, "{} transfers done", sorted.len())?;
        for (name, rank) in [("p50", 500), ("p99", 990), ("p99.9", 999), ("max", 1_000)] {
            write!(f, ", {name} {:.1} ms", of_a_thousand(&sorted, rank).as_secs_f64() * 1e3)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_what_there_is() {
        let sorted: Vec<Duration> = (1..=2_000).map(Duration::from_millis).collect();
        let ranks = [500, 990, 999, 1_000].map(|rank| of_a_thousand(&sorted, rank).as_millis());
        assert_eq!(ranks, [1_000, 1_980, 1_998, 2_000]);
        assert_eq!(of_a_thousand(&sorted[..1], 500).as_millis(), 1);
        let shown = Latencies(sorted).to_string();
        assert!(shown.ends_with("p99.9 1998.0 ms, max 2000.0 ms"), "{shown}");
    }
}
