//! Connections: settings, checks, pools, and what an error means.

use super::PostgresSettings;
use crate::StoreError;
use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
    Timeouts,
};
use std::error::Error as _;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The oldest server that Florin runs on.
const SERVER_VERSION_MIN: i32 = 150_000;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Batches and other writes: every row is found by its key, whatever the statistics say. On a table that
    /// was empty when its statements were planned, the planner would scan it for as long as they are kept.
    Write,
    /// Everything else, as the planner sees fit.
    Read,
}

impl Purpose {
    fn options(self) -> &'static str {
        match self {
            Self::Write => {
                "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off \
                 -c enable_mergejoin=off -c enable_sort=off"
            }
            Self::Read => "",
        }
    }
}

/// A pool whose every connection has Florin's settings and was checked.
pub(super) fn pool(settings: &PostgresSettings, size: usize, purpose: Purpose) -> Result<Pool, StoreError> {
    let config = config(settings, purpose)?;
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if config.get_ssl_mode() == SslMode::Disable {
        Manager::from_config(config, NoTls, recycling)
    } else {
        Manager::from_config(config, tls()?, recycling)
    };
    let wait = Some(settings.connect_timeout);
    Pool::builder(manager)
        .max_size(size)
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .timeouts(Timeouts { wait, create: wait, recycle: None })
        .post_create(Hook::async_fn(|client, _| {
            Box::pin(async move {
                check(client).await.map_err(|error| HookError::Message(error.to_string().into()))
            })
        }))
        .build()
        .map_err(|error| StoreError::Unsuitable(error.to_string()))
}

/// One connection outside the pools, for migrations; it ends when the client is dropped.
pub(super) async fn connect_alone(settings: &PostgresSettings) -> Result<Client, StoreError> {
    let config = config(settings, Purpose::Read)?;
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(|error| from_driver(&error))?;
        tokio::spawn(connection);
        Ok(client)
    } else {
        let (client, connection) = config.connect(tls()?).await.map_err(|error| from_driver(&error))?;
        tokio::spawn(connection);
        Ok(client)
    }
}

fn config(settings: &PostgresSettings, purpose: Purpose) -> Result<Config, StoreError> {
    let mut config: Config = settings
        .url
        .parse()
        .map_err(|_| StoreError::Unsuitable("the database URL is not a PostgreSQL URL".to_owned()))?;
    let ours = format!(
        "-c lock_timeout={} -c statement_timeout={} -c idle_in_transaction_session_timeout={} \
         -c synchronous_commit=on -c TimeZone=UTC -c jit=off {}",
        settings.lock_timeout.as_millis(),
        settings.statement_timeout.as_millis(),
        (settings.statement_timeout * 2).as_millis(),
        purpose.options(),
    );
    let options = config.get_options().map_or_else(|| ours.clone(), |given| format!("{ours} {given}"));
    config.options(options).application_name("florin").connect_timeout(settings.connect_timeout);
    config.tcp_user_timeout(settings.statement_timeout + Duration::from_secs(5)).keepalives(true);
    Ok(config)
}

/// Trusts whom the system trusts; `SSL_CERT_FILE` names another set.
fn tls() -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Unsuitable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Refuses a server whose commits are not durable, or that is too old, or that only reads.
async fn check(client: &Client) -> Result<(), StoreError> {
    let setting = async |name: &'static str| -> Result<String, StoreError> {
        let row = client.query_one("SELECT current_setting($1)", &[&name]).await;
        row.map(|row| row.get(0)).map_err(|error| from_driver(&error))
    };
    let version: i32 = setting("server_version_num").await?.parse().unwrap_or(0);
    if version < SERVER_VERSION_MIN {
        return Err(StoreError::Unsuitable(format!("PostgreSQL 15 or later is needed, this is {version}")));
    }
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        if matches!(setting(name).await?.as_str(), "off" | "local") {
            return Err(StoreError::Unsuitable(format!("`{name}` is off: commits would not be durable")));
        }
    }
    Ok(())
}

/// A connection from a pool, closed unless it is given back: whoever drops it in the middle of something leaves
/// a transaction open, or an answer on its way that the next one would wait for.
pub(super) struct Lease(Option<Object>);

impl Lease {
    const IS_THERE: &'static str = "the connection is only taken where the lease ends";

    /// Takes a connection, or makes one.
    pub(super) async fn take(pool: &Pool) -> Result<Self, StoreError> {
        let taken = pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => from_driver(&error),
            PoolError::PostCreateHook(error) => StoreError::Unsuitable(error.to_string()),
            other => StoreError::Unavailable(other.to_string()),
        });
        taken.map(Some).map(Self)
    }

    /// Back to the pool, with nothing under way on it.
    pub(super) fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Deref for Lease {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        self.0.as_deref().expect(Self::IS_THERE)
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut ClientWrapper {
        self.0.as_deref_mut().expect(Self::IS_THERE)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

/// What a driver's error means for the caller, outside of a commit.
pub(super) fn from_driver(error: &tokio_postgres::Error) -> StoreError {
    let text = describe(error);
    let Some(code) = error.code() else { return StoreError::Unavailable(text) };
    match code.code().get(..2) {
        // Integrity, data, and our own triggers: what was written must not be.
        Some("22" | "23" | "P0") => StoreError::Inconsistent(text),
        // Authentication, missing databases, tables or rights.
        Some("28" | "3D" | "42") => StoreError::Unsuitable(text),
        _ => StoreError::Unavailable(text),
    }
}

/// Whether the same work may succeed when done again: a race between writers, not a fault.
pub(super) fn is_conflict(error: &tokio_postgres::Error) -> bool {
    let conflicts =
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION];
    error.code().is_some_and(|code| conflicts.contains(code))
}

/// The driver's own text says little ("error connecting to server"); what is behind it says why.
fn describe(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => format!("{} ({})", db.message(), db.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
