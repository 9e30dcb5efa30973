//! Counts in this process: each window a list of times, exact for as long as the window is.

use super::{Count, Taken, Window};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many windows are kept, at most twice so many: when a million addresses come, those that came least
/// lately are forgotten.
const WINDOWS_MAX: usize = 65_536;

/// All windows.
pub struct LocalCounts {
    begun_at: Instant,
    longest_us: u64,
    windows: Mutex<Generations>,
}

/// Two generations: what is touched goes into the young one, and the old one is forgotten when they change.
/// That is never sooner than the longest window after the last touch, unless too many come.
#[derive(Default)]
struct Generations {
    young: HashMap<String, VecDeque<u64>>,
    old: HashMap<String, VecDeque<u64>>,
    changed_at_us: u64,
}

impl LocalCounts {
    /// Nothing counted yet; no window is longer than this.
    pub fn new(longest: Duration) -> Self {
        Self { begun_at: Instant::now(), longest_us: micros(longest), windows: Mutex::default() }
    }

    /// Counts one request in every window; where one is full, in none.
    pub fn take(&self, windows: &[Window], now: Instant) -> Taken {
        let now_us = micros(now.saturating_duration_since(self.begun_at));
        let mut kept = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        kept.age(now_us, self.longest_us);
        let mut is_admitted = true;
        for window in windows {
            let times = kept.touch(&window.key);
            let length_us = micros(window.quota.window);
            while times.front().is_some_and(|at| at + length_us <= now_us) {
                times.pop_front();
            }
            is_admitted &= count(times) < window.quota.requests;
        }
        let counts = windows.iter().map(|window| {
            let times = kept.touch(&window.key);
            if is_admitted {
                times.push_back(now_us);
            }
            let oldest = times.front().copied().unwrap_or(now_us);
            let frees_in =
                Duration::from_micros((oldest + micros(window.quota.window)).saturating_sub(now_us));
            Count { used: count(times), frees_in }
        });
        Taken { is_admitted, at_us: now_us, counts: counts.collect() }
    }

    /// Takes back a request that was counted at this time.
    pub fn give_back(&self, window: &Window, at_us: u64) {
        let mut kept = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let times = kept.touch(&window.key);
        if let Some(index) = times.iter().rposition(|at| *at == at_us) {
            times.remove(index);
        }
    }
}

impl Generations {
    fn age(&mut self, now_us: u64, longest_us: u64) {
        if now_us.saturating_sub(self.changed_at_us) > longest_us || self.young.len() >= WINDOWS_MAX {
            self.old = std::mem::take(&mut self.young);
            self.changed_at_us = now_us;
        }
    }

    fn touch(&mut self, key: &str) -> &mut VecDeque<u64> {
        if !self.young.contains_key(key) {
            let times = self.old.remove(key).unwrap_or_default();
            self.young.insert(key.to_owned(), times);
        }
        self.young.get_mut(key).expect("it is there, or was just put there")
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn count(times: &VecDeque<u64>) -> u32 {
    u32::try_from(times.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Policy, Quota};

    const WINDOW: Duration = Duration::from_mins(1);

    fn window(key: &str, requests: u32) -> Window {
        let quota = Quota { requests, window: WINDOW };
        Window { policy: Policy::Default, key: key.to_owned(), quota }
    }

    /// Takes one at this second; whether it is admitted.
    fn take_at(counts: &LocalCounts, windows: &[Window], second: f64) -> bool {
        counts.take(windows, counts.begun_at + Duration::from_secs_f64(second)).is_admitted
    }

    #[test]
    fn no_span_of_the_windows_length_has_more_than_the_quota() {
        let (counts, windows) = (LocalCounts::new(WINDOW), [window("alice", 2)]);
        let seconds = [(0.0, true), (59.0, true), (59.9, false), (60.0, true), (60.1, false), (118.9, false)];
        for (second, expected) in seconds.into_iter().chain([(119.0, true), (119.5, false), (120.0, true)]) {
            assert_eq!(take_at(&counts, &windows, second), expected, "{second}");
        }
    }

    #[test]
    fn a_request_counts_in_all_its_windows_or_in_none() {
        let counts = LocalCounts::new(WINDOW);
        let (narrow, wide) = (window("alice", 1), window("address", 3));
        let both = [narrow, wide.clone()];
        assert!(take_at(&counts, &both, 0.0));
        for _ in 0..5 {
            assert!(!take_at(&counts, &both, 1.0));
        }
        let wide = [wide];
        assert!(take_at(&counts, &wide, 2.0) && take_at(&counts, &wide, 2.0), "refused ones left no trace");
        assert!(!take_at(&counts, &wide, 2.0));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let (counts, windows) = (LocalCounts::new(WINDOW), [window("alice", 1)]);
        let taken = counts.take(&windows, counts.begun_at);
        assert!(!take_at(&counts, &windows, 1.0));
        counts.give_back(&windows[0], taken.at_us);
        assert!(take_at(&counts, &windows, 2.0));
    }

    #[test]
    fn a_million_addresses_are_not_all_remembered_and_who_keeps_coming_is() {
        let counts = LocalCounts::new(WINDOW);
        let alice = [window("alice", 50)];
        let mut admitted = 0;
        for index in 0..1_000_000 {
            counts.take(&[window(&index.to_string(), 5)], counts.begun_at);
            if index % 10_000 == 0 {
                admitted += u32::from(take_at(&counts, &alice, 0.0));
            }
        }
        let kept = counts.windows.lock().unwrap();
        let size = kept.young.len() + kept.old.len();
        assert!(size <= 2 * WINDOWS_MAX + 2, "{size}");
        assert_eq!(admitted, 50, "of 100");
    }

    #[test]
    fn a_window_outlives_every_request_in_it() {
        let (counts, windows) = (LocalCounts::new(WINDOW), [window("alice", 1)]);
        let others = |second: u64| {
            counts.take(&[window("bob", 1000)], counts.begun_at + Duration::from_secs(second));
        };
        others(0);
        assert!(take_at(&counts, &windows, 59.0));
        for second in [61, 90, 118] {
            others(second);
            assert!(!take_at(&counts, &windows, f64::from(u32::try_from(second).unwrap())), "{second}");
        }
        others(119);
        assert!(take_at(&counts, &windows, 119.0));
    }
}
