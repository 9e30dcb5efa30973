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
