//! What is kept in Redis, for all servers.
//!
//! Who finds nothing gets the right to keep what it reads next, and loses it when the item is forgotten meanwhile:
//! a slow reader cannot put an older balance over a newer one. An item is believed by its epoch and its age, both
//! judged by Redis's clock in one script, whatever its expiry says; [`membership`](super::membership) has
//! when an epoch is believed.

use super::link::Link;
use super::membership::{BELIEVED, QUARANTINE, micros, random_name};
use super::{Found, Item, Right, Unreachable};
use ::redis::Script;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long the right to keep an item lasts: longer than a read takes.
const RIGHT_MS: u64 = 2000;
/// How many items one command forgets; Redis does nothing else meanwhile.
const FORGET_MAX: usize = 1000;
/// The epoch, `=`, and the time in 16 digits.
const EPOCH_LENGTH: usize = 16;
const TIME: std::ops::Range<usize> = 17..33;

/// What is kept in Redis.
pub(super) struct SharedCache {
    link: Link,
    find: Script,
    keep: Script,
    forget: Script,
    forget_all: Script,
}

impl SharedCache {
    pub(super) fn new(link: Link) -> Self {
        let forget = "for _, key in ipairs(KEYS) do redis.call('DEL', key) end return 1";
        let forget_all = "local clock = redis.call('TIME') \
            redis.call('HSET', KEYS[1], 'name', ARGV[1], 'born', clock[1] * 1000000 + clock[2]) return 1";
        Self {
            link,
            find: Script::new(include_str!("find.lua")),
            keep: Script::new(include_str!("keep.lua")),
            forget: Script::new(forget),
            forget_all: Script::new(forget_all),
        }
    }

    pub(super) async fn find(&self, item: Item) -> Found {
        let members = self.link.membership();
        let key = self.link.key(&item.name());
        let mut call = self.find.key(&members.epoch);
        call.key(&members.servers).key(&key);
        call.arg(micros(BELIEVED)).arg(micros(QUARANTINE)).arg(micros(item.good_for()));
        call.arg(random_name()).arg(RIGHT_MS);
        let answer: Result<Vec<Vec<u8>>, Unreachable> = self.link.run(&call).await;
        match answer.unwrap_or_default().as_mut_slice() {
            [age, body] => {
                let age = std::str::from_utf8(age).ok().and_then(|age| age.parse().ok());
                let age = age.map_or(Duration::MAX, Duration::from_micros);
                Found::Kept { body: std::mem::take(body).into(), age }
            }
            [right] => Found::Nothing(Right::Shared { item, key, name: std::mem::take(right) }),
            _ => Found::Nothing(Right::None),
        }
    }

    pub(super) async fn keep(&self, item: Item, key: &str, right: &[u8], body: &[u8]) {
        let Some(time) = right.get(TIME) else { return };
        let value = [&right[..EPOCH_LENGTH], b"=", time, body].concat();
        let mut call = self.keep.key(key);
        call.arg(right).arg(value).arg(u64::try_from(item.good_for().as_millis()).unwrap_or(u64::MAX));
        // Where it cannot be kept it is read again.
        let _: Result<u64, Unreachable> = self.link.run(&call).await;
    }

    /// Forgets items that have changed. When this returns nobody finds what they were before.
    pub(super) async fn forget(&self, items: &[Item]) {
        for items in items.chunks(FORGET_MAX) {
            let mut call = self.forget.prepare_invoke();
            for item in items {
                call.key(self.link.key(&item.name()));
            }
            if self.link.run::<u64>(&call).await.is_err() {
                return self.outlast_belief().await;
            }
        }
    }

    /// Forgets everything, by beginning a new epoch.
    pub(super) async fn forget_all(&self) {
        let mut call = self.forget_all.key(&self.link.membership().epoch);
        if self.link.run::<u64>(call.arg(random_name())).await.is_err() {
            self.outlast_belief().await;
        }
    }

    /// Where Redis cannot be told that something changed: ticks no more, so that no server believes what Redis
    /// has, and waits until that holds. It is over at once when Redis has not answered for a while.
    async fn outlast_belief(&self) {
        self.link.open_breaker();
        if let Some(end) = self.link.membership().believed_until()
            && end > Instant::now()
        {
            sleep_until(end).await;
        }
    }
}
