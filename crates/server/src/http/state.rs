//! What handlers share.

use super::Console;
use super::console::specimen;
use super::payouts::Watches;
use crate::auth::Auth;
use crate::cache::Cache;
use crate::committer::Committer;
use crate::limits::Limits;
use crate::payouts::{PayoutPolicy, Waker};
use florin_api::LastAudit;
use florin_ledger::{LedgerId, UserId, WalletId};
use florin_store::Engine;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use quick_cache::sync::Cache as OwnersCache;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

/// How many wallets' owners are remembered, some 50 bytes each.
const WALLET_OWNERS_MAX: usize = 100_000;

/// How many payout files are taken at once: each has a few megabytes of rows in memory.
const UPLOADS_MAX: usize = 4;

/// How the HTTP side works.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// How long a request may take, from its head to its answer.
    pub request_timeout: Duration,
    /// How long a body may pause while it is sent.
    pub body_timeout: Duration,
    /// How many requests may be under way; the next one is refused at once.
    pub requests_max: usize,
    /// How long a connection may take to send a request's head, and may idle.
    pub header_timeout: Duration,
    /// How many connections there may be.
    pub connections_max: usize,
    /// How many streams of events there may be; the next one is refused.
    pub event_streams_max: usize,
    /// How long a stop waits for requests that run.
    pub shutdown_timeout: Duration,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Whether browsers send cookies by HTTPS alone, however a request came.
    pub secure_cookies: bool,
    /// What is demanded of payouts.
    pub payouts: PayoutPolicy,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(5),
            requests_max: 4096,
            header_timeout: Duration::from_secs(10),
            connections_max: 10_000,
            event_streams_max: 1024,
            shutdown_timeout: Duration::from_secs(20),
            trusted_proxies: Arc::default(),
            secure_cookies: false,
            payouts: PayoutPolicy::default(),
        }
    }
}

/// What the state is made of.
pub struct Parts {
    /// Where everything is.
    pub store: Arc<dyn Engine>,
    /// Who moves money.
    pub committer: Committer,
    /// Tells who runs payouts that there is one to run.
    pub payouts: Waker,
    /// Who proves who somebody is.
    pub auth: Auth,
    /// What is remembered of the store.
    pub cache: Cache,
    /// Who may ask how often.
    pub limits: Limits,
    /// Who renders `/metrics`.
    pub prometheus: PrometheusHandle,
    /// What browsers are given.
    pub console: Console,
    /// How the HTTP side works.
    pub settings: HttpSettings,
}

/// What handlers share. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts, and what only the HTTP side knows.
pub struct Shared {
    parts: Parts,
    is_stopping: AtomicBool,
    /// Whose wallets are, `None` for the house's; owners never change.
    pub(super) wallet_owners: OwnersCache<(LedgerId, WalletId), Option<UserId>>,
    /// Held by the audit that runs: it reads everything, so one at a time.
    pub(super) audit: Semaphore,
    /// What the audits of this server found last, for whoever looks at a dashboard.
    pub(super) last_audits: Mutex<HashMap<LedgerId, LastAudit>>,
    /// One permit a payout file that is being taken.
    pub(super) uploads: Arc<Semaphore>,
    /// One permit a request that is passed on to the specimen.
    pub(super) specimen_places: Semaphore,
    /// Payouts that somebody watches.
    pub(super) watches: Watches,
}

impl AppState {
    /// The state of a server made of these parts.
    pub fn new(parts: Parts) -> Self {
        let watches = Watches::new(parts.settings.event_streams_max);
        Self(Arc::new(Shared {
            parts,
            is_stopping: AtomicBool::new(false),
            wallet_owners: OwnersCache::new(WALLET_OWNERS_MAX),
            audit: Semaphore::new(1),
            last_audits: Mutex::default(),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            specimen_places: Semaphore::new(specimen::AT_ONCE_MAX),
            watches,
        }))
    }

    /// From now on `/readyz` says no, so that no proxy sends more.
    pub(super) fn start_stopping(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::Relaxed)
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}
