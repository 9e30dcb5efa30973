//! Rate limits: how many requests one caller, one address and one account may make in any span of time.
//!
//! A limit of 600 per minute means that no minute, wherever it begins, has more than 600: every request that
//! counts is remembered until it leaves the window. Requests that are refused do not count.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`rules`] | what a request counts against |
//! | [`local`] | counts in this process |
//! | [`shared`] | counts in Redis, for all servers together |
//! | [`standing`] | what a client is told |
//!
//! Where Redis does not answer each server counts by itself, so that a limit may then be reached once a server.
//! No request is refused because of Redis.

pub mod local;
pub mod rules;
pub mod shared;
pub mod standing;

pub use rules::{Kind, LimitSettings, Policy, Window};
pub use standing::{Refused, Standing};

use crate::auth::Identity;
use crate::cache::Link;
use florin_store::Username;
use local::LocalCounts;
use quick_cache::sync::Cache;
use shared::SharedCounts;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// How many full windows are remembered, some 100 bytes each.
const FULL_MAX: usize = 10_000;

/// So many requests in any span of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub requests: u32,
    /// In which span; whole seconds.
    pub window: Duration,
}

/// What became of a request in the windows that it counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whether it counts: in all of them, or, where one was full, in none.
    pub is_admitted: bool,
    /// The time that stands for it in the windows, by the counter's clock.
    pub at_us: u64,
    /// How full each window is now.
    pub counts: Vec<Count>,
}

/// How full a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many requests are in it.
    pub used: u32,
    /// When the oldest of them leaves it.
    pub frees_in: Duration,
}

/// Counts requests, and refuses those that are too many.
pub struct Limits {
    settings: LimitSettings,
    local: LocalCounts,
    shared: Option<SharedCounts>,
    /// Windows that were full, and until when nothing can have left them: a flood is refused by this alone.
    full: Cache<String, Instant>,
}

/// A try at an account, which counts until it is given back.
#[derive(Debug)]
pub struct Try {
    window: Window,
    at_us: u64,
    is_shared: bool,
}

impl Limits {
    /// Limits that all servers on one Redis share; without a link this server's own.
    pub fn new(settings: LimitSettings, link: Option<Link>) -> Self {
        let local = LocalCounts::new(settings.longest_window());
        Self { settings, local, shared: link.map(SharedCounts::new), full: Cache::new(FULL_MAX) }
    }

    /// Whether an address is refused whoever asks, so that a flood from it costs next to nothing.
    pub fn refuses(&self, kind: Kind, peer: Option<IpAddr>) -> Result<(), Refused> {
        self.refuse_full(&self.settings.windows(kind, None, peer), Instant::now())
    }

    /// Counts a request, or refuses it.
    pub async fn admit(
        &self,
        kind: Kind,
        caller: Option<&Identity>,
        peer: Option<IpAddr>,
    ) -> Result<Standing, Refused> {
        let windows = self.settings.windows(kind, caller, peer);
        if windows.is_empty() {
            return Ok(Standing::default());
        }
        let now = Instant::now();
        self.refuse_full(&windows, now)?;
        let (taken, _) = self.take(&windows, now).await;
        if taken.is_admitted {
            return Ok(Standing::of(&windows, &taken.counts));
        }
        for (window, count) in windows.iter().zip(&taken.counts) {
            if count.used >= window.quota.requests {
                self.full.insert(window.key.clone(), now + count.frees_in);
            }
        }
        Err(Refused::of(&windows, &taken.counts))
    }

    /// Counts a try to sign in under this name, or refuses it. One that succeeds is [given
    /// back](Self::give_back): only wrong passwords count, but simultaneous ones before any of them is checked.
    pub async fn try_sign_in(&self, name: &Username) -> Result<Option<Try>, Refused> {
        let Some(window) = self.settings.sign_in_window(name) else { return Ok(None) };
        let (taken, is_shared) = self.take(std::slice::from_ref(&window), Instant::now()).await;
        if taken.is_admitted {
            return Ok(Some(Try { window, at_us: taken.at_us, is_shared }));
        }
        Err(Refused::of(&[window], &taken.counts))
    }

    /// Takes a try back that succeeded.
    pub async fn give_back(&self, tried: Try) {
        match &self.shared {
            Some(shared) if tried.is_shared => shared.give_back(&tried.window, tried.at_us).await,
            _ => self.local.give_back(&tried.window, tried.at_us),
        }
    }

    /// Counts in Redis, or here; and which.
    async fn take(&self, windows: &[Window], now: Instant) -> (Taken, bool) {
        if let Some(shared) = &self.shared
            && let Ok(taken) = shared.take(windows).await
        {
            return (taken, true);
        }
        (self.local.take(windows, now), false)
    }

    fn refuse_full(&self, windows: &[Window], now: Instant) -> Result<(), Refused> {
        for window in windows {
            let Some(until) = self.full.get(&window.key) else { continue };
            if until > now {
                let count = Count { used: window.quota.requests, frees_in: until - now };
                return Err(Refused::of(std::slice::from_ref(window), &[count]));
            }
            self.full.remove(&window.key);
        }
        Ok(())
    }
}
