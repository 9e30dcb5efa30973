//! What a client is told of its limits: the fields `RateLimit-Policy` and `RateLimit` of
//! draft-ietf-httpapi-ratelimit-headers-10, and when to come back.

use super::{Count, Policy, Quota, Window};
use std::fmt::Write;
use std::time::Duration;

/// How a request stands with each policy that counts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing(Vec<Line>);

/// One policy: of its windows the one with the least room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    policy: Policy,
    quota: Quota,
    remaining: u32,
    resets_in: Duration,
}

/// A request that was too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which limit is reached.
    pub policy: Policy,
    /// When the next request may pass.
    pub retry_after: Duration,
    /// How it stands.
    pub standing: Standing,
}

impl Standing {
    pub(super) fn of(windows: &[Window], counts: &[Count]) -> Self {
        let mut lines: Vec<Line> = Vec::with_capacity(2);
        for (window, count) in windows.iter().zip(counts) {
            let remaining = window.quota.requests.saturating_sub(count.used);
            let line =
                Line { policy: window.policy, quota: window.quota, remaining, resets_in: count.frees_in };
            match lines.iter_mut().find(|line| line.policy == window.policy) {
                Some(tighter) if tighter.remaining <= remaining => {}
                Some(wider) => *wider = line,
                None => lines.push(line),
            }
        }
        Self(lines)
    }

    /// Whether nothing counts the request.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `RateLimit-Policy`: `"default";q=6000;w=60`.
    pub fn policy_text(&self) -> String {
        self.text(|line| (('q', line.quota.requests.into()), ('w', line.quota.window.as_secs())))
    }

    /// `RateLimit`: `"default";r=5999;t=60`. The time is when the oldest request leaves the window.
    pub fn limit_text(&self) -> String {
        self.text(|line| (('r', line.remaining.into()), ('t', seconds_up(line.resets_in))))
    }

    fn text(&self, parameters: impl Fn(&Line) -> ((char, u64), (char, u64))) -> String {
        let mut text = String::new();
        for line in &self.0 {
            let ((first, one), (second, other)) = parameters(line);
            let separator = if text.is_empty() { "" } else { ", " };
            let name = line.policy.as_str();
            write!(text, "{separator}\"{name}\";{first}={one};{second}={other}")
                .expect("a string takes all text");
        }
        text
    }
}

impl Refused {
    /// Of these windows one is full at least.
    pub(super) fn of(windows: &[Window], counts: &[Count]) -> Self {
        let full = windows.iter().zip(counts).filter(|(window, count)| count.used >= window.quota.requests);
        let last = full.max_by_key(|(_, count)| count.frees_in);
        let (policy, retry_after) =
            last.map_or((Policy::Default, Duration::ZERO), |(window, count)| (window.policy, count.frees_in));
        metrics::counter!("florin_rate_limited_total", "policy" => policy.as_str()).increment(1);
        Self {
            policy,
            retry_after: Duration::from_secs(seconds_up(retry_after).max(1)),
            standing: Standing::of(windows, counts),
        }
    }
}

/// Whole seconds, so many that the time is over by then.
fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(policy: Policy, requests: u32) -> Window {
        let quota = Quota { requests, window: Duration::from_mins(1) };
        Window { policy, key: String::new(), quota }
    }

    fn count(used: u32, frees_in_ms: u64) -> Count {
        Count { used, frees_in: Duration::from_millis(frees_in_ms) }
    }

    #[test]
    fn of_a_policys_windows_the_tightest_is_told() {
        let windows =
            [window(Policy::Default, 100), window(Policy::Default, 50), window(Policy::Sensitive, 5)];
        let standing = Standing::of(&windows, &[count(80, 1000), count(10, 2000), count(5, 59_001)]);
        assert_eq!(standing.policy_text(), r#""default";q=100;w=60, "sensitive";q=5;w=60"#);
        assert_eq!(standing.limit_text(), r#""default";r=20;t=1, "sensitive";r=0;t=60"#);
    }

    #[test]
    fn who_comes_back_when_told_finds_room_in_every_window() {
        let windows = [window(Policy::Default, 10), window(Policy::Sensitive, 5), window(Policy::Default, 9)];
        let refused = Refused::of(&windows, &[count(10, 30_000), count(5, 40_001), count(8, 59_000)]);
        assert_eq!((refused.policy, refused.retry_after), (Policy::Sensitive, Duration::from_secs(41)));
        let at_once = Refused::of(&windows[..1], &[count(10, 0)]);
        assert_eq!(at_once.retry_after, Duration::from_secs(1), "0 would mean no time at all");
    }
}
