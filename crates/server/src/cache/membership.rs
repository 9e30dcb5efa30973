//! Which servers share a Redis, and whether all of them can say what they change.
//!
//! A balance that is kept in Redis is right as long as every server that changes it forgets it there. A server
//! that cannot reach Redis cannot do that, and nobody else knows. So every server ticks, and nothing that is kept
//! is believed while one of them is silent:
//!
//! - Ticks come every [`TICK_EVERY`]; a server is believed for [`BELIEVED`] after its last one.
//! - A server that could not forget something lets its ticks end, and answers its caller when it is not believed
//!   any more. It begins with a new epoch: nothing from the epochs before is believed again.
//! - So does a server that was silent for longer than [`BELIEVED`], by Redis's clock, and every server on a new
//!   connection: what it finds there may be an old snapshot.
//! - A young epoch is not believed for [`QUARANTINE`]: in that time every server has ticked, or is silent.
//!
//! A tick that Redis finds late, as after a pause, carries the time of the tick before, and is refused.

use ::redis::aio::MultiplexedConnection;
use ::redis::{RedisError, Script};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often a server says that it is there.
pub(super) const TICK_EVERY: Duration = Duration::from_millis(100);
/// How long it is believed after that.
pub(super) const BELIEVED: Duration = Duration::from_millis(300);
/// How old an epoch is before it is believed: no tick that is on its way when a server joins outlasts it.
pub(super) const QUARANTINE: Duration = Duration::from_millis(600);
/// How long a server that ended without a word keeps the others from believing anything: it may be there, and
/// only cut off from Redis.
const REMEMBERED: Duration = Duration::from_mins(10);

/// This server, as the others see it.
pub(super) struct Membership {
    id: String,
    pub(super) epoch: String,
    pub(super) servers: String,
    pub(super) revocations: String,
    tick: Script,
    seen: Mutex<Seen>,
    revocations_seen: AtomicU64,
    has_left: AtomicBool,
}

/// What the last tick that was answered told.
#[derive(Default)]
struct Seen {
    /// Its time, by Redis's clock; 0 on a new connection.
    at_us: u64,
    /// When it was answered, by ours.
    answered_at: Option<Instant>,
    is_alone: bool,
}

impl Membership {
    /// A server that nobody knows yet; its keys begin so.
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            id: random_name(),
            epoch: format!("{prefix}epoch"),
            servers: format!("{prefix}servers"),
            revocations: format!("{prefix}revocations"),
            tick: Script::new(include_str!("tick.lua")),
            seen: Mutex::default(),
            revocations_seen: AtomicU64::new(0),
            has_left: AtomicBool::new(false),
        }
    }

    /// Begins anew on a connection: once to be known, once to be believed.
    pub(super) async fn join(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        self.seen().at_us = 0;
        self.tick(connection).await?;
        self.tick(connection).await
    }

    /// Says that this server is there, until it has left.
    pub(super) async fn tick(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        if self.has_left.load(Ordering::SeqCst) {
            return Ok(());
        }
        let at_us = self.seen().at_us;
        let mut call = self.tick.key(&self.epoch);
        call.key(&self.servers).key(&self.revocations);
        call.arg(&self.id).arg(at_us).arg(random_name());
        call.arg(micros(BELIEVED)).arg(micros(BELIEVED)).arg(micros(REMEMBERED));
        let (at_us, servers, revocations): (u64, u64, u64) = call.invoke_async(connection).await?;
        self.revocations_seen.store(revocations, Ordering::SeqCst);
        *self.seen() = Seen { at_us, answered_at: Some(Instant::now()), is_alone: servers == 1 };
        Ok(())
    }

    /// Until when others may believe this server, though it ticks no more; `None` where nobody does, or there is
    /// nobody else. A tick may be on its way, as late as the last one lets it be.
    pub(super) fn believed_until(&self) -> Option<Instant> {
        let seen = self.seen();
        seen.answered_at.filter(|_| !seen.is_alone).map(|at| at + BELIEVED + BELIEVED)
    }

    /// The count of revocations, as of the last tick.
    pub(super) fn revocations_seen(&self) -> u64 {
        self.revocations_seen.load(Ordering::SeqCst)
    }

    /// Ticks no more; who it was.
    pub(super) fn leave(&self) -> &str {
        self.has_left.store(true, Ordering::SeqCst);
        &self.id
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 16 hexadecimal digits.
pub(super) fn random_name() -> String {
    format!("{:016x}", rand::random::<u64>())
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
