//! When a load runs, which part of it counts, and what is kept of it.

use hdrhistogram::Histogram;
use std::time::{Duration, Instant};

/// The time in which a load runs: it warms up until `from`; what ends from then `until` counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    from: Instant,
    until: Instant,
}

impl Window {
    /// A window that begins with a warm-up now.
    pub(super) fn after(warm_up: Duration, measured: Duration) -> Self {
        let from = Instant::now() + warm_up;
        Self { from, until: from + measured }
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    pub(super) fn until(&self) -> Instant {
        self.until
    }

    fn counts(&self, at: Instant) -> bool {
        (self.from..self.until).contains(&at)
    }

    fn measured(&self) -> Duration {
        self.until - self.from
    }
}

/// What one worker did.
#[derive(Debug)]
pub(super) struct Tally {
    window: Window,
    /// Transfers that were acknowledged, in the window or not.
    acknowledged: u64,
    counted: u64,
    latencies_micros: Vec<u32>,
}

impl Tally {
    pub(super) fn new(window: Window) -> Self {
        Self { window, acknowledged: 0, counted: 0, latencies_micros: Vec::new() }
    }

    /// One request, begun at `began` and answered now, that moved money `transfers` times.
    pub(super) fn record(&mut self, began: Instant, transfers: u64) {
        let now = Instant::now();
        self.acknowledged += transfers;
        if self.window.counts(now) {
            self.counted += transfers;
            let micros = u32::try_from((now - began).as_micros()).unwrap_or(u32::MAX);
            self.latencies_micros.push(micros);
        }
    }
}

/// What a load did in one window.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) measured: Duration,
    /// Transfers acknowledged in the window.
    pub(super) transfers: u64,
    /// Transfers acknowledged, those of the warm-up and the last ones included.
    pub(super) acknowledged: u64,
    /// Of requests, in microseconds.
    pub(super) latency: Histogram<u64>,
    /// The share of one core that the load generator used, where it has a thread of its own.
    pub(super) generator_cores: Option<f64>,
}

impl Round {
    pub(super) fn of(window: Window, tallies: impl IntoIterator<Item = Tally>) -> Self {
        let mut round = Self {
            measured: window.measured(),
            transfers: 0,
            acknowledged: 0,
            latency: new_histogram(),
            generator_cores: None,
        };
        for tally in tallies {
            round.transfers += tally.counted;
            round.acknowledged += tally.acknowledged;
            for micros in tally.latencies_micros {
                round.latency.saturating_record(u64::from(micros));
            }
        }
        round
    }

    pub(super) fn transfers_per_second(&self) -> f64 {
        per_second(self.transfers, self.measured)
    }
}

/// Three significant digits, up to ten minutes.
pub(super) fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("the bounds are sound")
}

#[expect(clippy::cast_precision_loss, reason = "a rate is a measurement; counts stay far below 2^52")]
pub(super) fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_in_the_window_counts_but_all_of_it_was_acknowledged() {
        let now = Instant::now();
        let later = now + Duration::from_mins(1);
        let past = Window { from: now, until: now };
        let open = Window { from: now, until: later };
        let future = Window { from: later, until: later + Duration::from_mins(1) };
        for (window, counted) in [(past, 0), (open, 10), (future, 0)] {
            let mut tally = Tally::new(window);
            tally.record(now, 10);
            let round = Round::of(window, [tally]);
            assert_eq!((round.transfers, round.acknowledged), (counted, 10));
            assert_eq!(round.latency.len(), u64::from(counted > 0));
        }
    }

    #[test]
    fn a_round_joins_its_workers() {
        let window = Window::after(Duration::ZERO, Duration::from_secs(4));
        let worker = |transfers: u64| {
            let mut tally = Tally::new(window);
            (0..transfers).for_each(|_| tally.record(Instant::now(), 1));
            tally
        };
        let round = Round::of(window, [worker(30), worker(10)]);
        assert_eq!(round.latency.len(), 40);
        assert!((round.transfers_per_second() - 10.0).abs() < f64::EPSILON);
    }
}
