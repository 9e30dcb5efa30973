//! The connection to Redis, and the circuit breaker in front of it.
//!
//! | state | a command | how it ends |
//! | --- | --- | --- |
//! | closed | is sent, and waits for its answer at most [`LinkSettings::timeout`] | failures in a row open it |
//! | open | fails at once | a task in the background connects again, and pauses between attempts |
//!
//! A request never connects, never repeats a command, and never waits behind another's attempt. There is one
//! connection; commands share it without waiting for each other's answers.

use super::membership::{Membership, TICK_EVERY};
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError, Script, ScriptInvocation};
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const UP: &str = "florin_redis_up";
const ERRORS: &str = "florin_redis_errors_total";

/// So many failures in a row open the breaker: one alone may be a hiccup.
const FAILURES_MAX: u32 = 3;
/// How long to wait for a connection; nobody waits with it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Where Redis is, and how patient to be with it.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// `redis://user:password@host:6379/0`, or `unix:///path`.
    pub url: SecretString,
    /// What keeps the keys of servers on one store apart from all others'.
    pub scope: String,
    /// How long a command may take.
    pub timeout: Duration,
    /// How long to pause between attempts to connect.
    pub pause: Duration,
}

/// Redis does not answer, or the breaker is open. Whoever asked goes on without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Redis does not answer")]
pub struct Unreachable;

/// The connection, while there is one. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Link {
    line: Arc<RwLock<Option<Arc<Line>>>>,
    timeout: Duration,
    prefix: Arc<str>,
    membership: Arc<Membership>,
    /// Ends with the last clone.
    _keeper: Arc<JoinSet<()>>,
}

/// One connection, from its beginning to its end.
struct Line {
    connection: MultiplexedConnection,
    /// In a row.
    failures: AtomicU32,
    is_over: Notify,
}

impl Link {
    /// Starts to connect, on the current runtime, and does not wait for it. Fails where the URL is none.
    pub fn start(settings: &LinkSettings) -> Result<Self, RedisError> {
        let client = Client::open(settings.url.expose_secret())?;
        metrics::gauge!(UP).set(0);
        let line = Arc::new(RwLock::new(None));
        let prefix = format!("florin:{}:", settings.scope);
        let membership = Arc::new(Membership::new(&prefix));
        let keeper = Keeper {
            client,
            line: Arc::clone(&line),
            membership: Arc::clone(&membership),
            timeout: settings.timeout,
            pause: settings.pause,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(keeper.run());
        let (timeout, prefix) = (settings.timeout, prefix.into());
        Ok(Self { line, timeout, prefix, membership, _keeper: Arc::new(tasks) })
    }

    /// Whether commands are sent at all.
    pub fn is_up(&self) -> bool {
        self.line().is_some()
    }

    /// The key of this name, which no other deployment's is.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Says goodbye, so that nobody wonders whether this server is only cut off. It may change nothing from now on.
    pub async fn leave(&self) {
        let id = self.membership.leave();
        let script = Script::new("return redis.call('ZREM', KEYS[1], ARGV[1])");
        let mut call = script.key(&self.membership.servers);
        // Where Redis does not answer there is nobody to say it to.
        let _: Result<u64, Unreachable> = self.run(call.arg(id)).await;
    }

    /// How often something was revoked, on any server, as of a moment ago.
    pub fn revocations(&self) -> u64 {
        self.membership.revocations_seen()
    }

    /// Tells all servers that something was revoked.
    pub async fn announce_revocation(&self) {
        let script = Script::new("return redis.call('INCR', KEYS[1])");
        // Who does not hear of it finds out by itself, a little later.
        let _: Result<u64, Unreachable> = self.run(&script.key(&self.membership.revocations)).await;
    }

    pub(super) fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Ends the connection and its ticks, for what could not be said on it.
    pub(super) fn open_breaker(&self) {
        if let Some(line) = self.line() {
            self.open(&line);
        }
    }

    /// Runs a script.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Unreachable> {
        let line = self.line().ok_or(Unreachable)?;
        let mut connection = line.connection.clone();
        match timeout(self.timeout, script.invoke_async(&mut connection)).await {
            Ok(Ok(answer)) => {
                line.failures.store(0, Ordering::Relaxed);
                return Ok(answer);
            }
            Ok(Err(error)) => {
                metrics::counter!(ERRORS, "kind" => "error").increment(1);
                tracing::debug!(%error, "a Redis command failed");
            }
            Err(_) => metrics::counter!(ERRORS, "kind" => "timeout").increment(1),
        }
        if line.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX {
            self.open(&line);
        }
        Err(Unreachable)
    }

    fn line(&self) -> Option<Arc<Line>> {
        self.line.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens the breaker, unless another line has taken this one's place.
    fn open(&self, line: &Arc<Line>) {
        let mut current = self.line.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, line)) {
            *current = None;
            line.is_over.notify_one();
        }
    }
}

/// Connects, watches the connection, and connects again.
struct Keeper {
    client: Client,
    line: Arc<RwLock<Option<Arc<Line>>>>,
    membership: Arc<Membership>,
    timeout: Duration,
    pause: Duration,
}

impl Keeper {
    async fn run(self) {
        let mut is_news = true;
        loop {
            match self.connect().await {
                Ok(connection) => {
                    let line =
                        Arc::new(Line { connection, failures: AtomicU32::new(0), is_over: Notify::new() });
                    self.set(Some(Arc::clone(&line)));
                    tracing::info!("Redis answers");
                    self.watch(&line).await;
                    self.set(None);
                    tracing::warn!("Redis does not answer; going on without it");
                    is_news = false;
                }
                Err(error) if is_news => {
                    tracing::warn!(%error, "Redis does not answer; going on without it");
                    is_news = false;
                }
                Err(error) => tracing::debug!(%error, "Redis still does not answer"),
            }
            sleep(self.pause).await;
        }
    }

    /// A connection on which this server is known.
    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        // The timeout of a command is `Link::run`'s: there it covers all the steps of a script.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(CONNECT_TIMEOUT));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        self.membership.join(&mut connection).await?;
        Ok(connection)
    }

    /// Ticks until the line is over, by the failures of commands or of ticks: so the end of an idle line is found by
    /// nobody's request.
    async fn watch(&self, line: &Line) {
        let mut connection = line.connection.clone();
        loop {
            if timeout(TICK_EVERY, line.is_over.notified()).await.is_ok() {
                return;
            }
            let tick = self.membership.tick(&mut connection);
            if matches!(timeout(self.timeout, tick).await, Ok(Ok(()))) {
                line.failures.store(0, Ordering::Relaxed);
            } else if line.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX {
                return;
            }
        }
    }

    fn set(&self, line: Option<Arc<Line>>) {
        metrics::gauge!(UP).set(i32::from(line.is_some()));
        *self.line.write().unwrap_or_else(PoisonError::into_inner) = line;
    }
}
