//! Counts in Redis, which all servers share: one script counts a request in all its windows, by Redis's clock.

use super::{Count, Taken, Window};
use crate::cache::{Link, Unreachable};
use ::redis::Script;
use std::time::Duration;

/// All windows, in Redis.
pub struct SharedCounts {
    link: Link,
    take: Script,
    give_back: Script,
}

impl SharedCounts {
    /// Those behind this link.
    pub fn new(link: Link) -> Self {
        let give_back = "return redis.call('LREM', KEYS[1], -1, ARGV[1])";
        Self { link, take: Script::new(include_str!("take.lua")), give_back: Script::new(give_back) }
    }

    /// Counts one request in every window; where one is full, in none.
    pub async fn take(&self, windows: &[Window]) -> Result<Taken, Unreachable> {
        let mut call = self.take.prepare_invoke();
        for window in windows {
            call.key(self.link.key(&window.key));
            call.arg(window.quota.requests).arg(micros(window.quota.window));
        }
        let answer: Vec<u64> = self.link.run(&call).await?;
        let [is_admitted, at_us, counts @ ..] = answer.as_slice() else { return Err(Unreachable) };
        let counts = counts.chunks_exact(2).map(|count| Count {
            used: u32::try_from(count[0]).unwrap_or(u32::MAX),
            frees_in: Duration::from_micros(count[1]),
        });
        Ok(Taken { is_admitted: *is_admitted == 1, at_us: *at_us, counts: counts.collect() })
    }

    /// Takes back a request that was counted at this time. Where Redis is gone meanwhile it goes on counting.
    pub async fn give_back(&self, window: &Window, at_us: u64) {
        let mut call = self.give_back.key(self.link.key(&window.key));
        let _: Result<u64, Unreachable> = self.link.run(call.arg(at_us)).await;
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
