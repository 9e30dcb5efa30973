//! Which store the settings name, and how to open and migrate it.

use florin_server::clock;
use florin_server::config::Settings;
use florin_store::migrate::{self, Step, StepStatus};
use florin_store::postgres::{Postgres, PostgresSettings};
use florin_store::sqlite::Sqlite;
use florin_store::{Engine, StoreError};
use secrecy::ExposeSecret;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A store's engine and place.
pub(crate) enum Location {
    /// A data folder.
    Sqlite(PathBuf),
    /// A database.
    Postgres(PostgresSettings),
}

impl Location {
    /// The store that the settings name.
    pub(crate) fn of(settings: &Settings) -> Self {
        match &settings.database_url {
            None => Self::Sqlite(settings.data_dir.clone()),
            Some(url) => Self::Postgres(PostgresSettings {
                url: url.expose_secret().to_owned(),
                pool_size: settings.pool_size,
                lock_timeout: settings.lock_timeout,
                statement_timeout: settings.statement_timeout,
                connect_timeout: settings.connect_timeout,
            }),
        }
    }

    /// Opens it to work on.
    pub(super) async fn open(&self) -> Result<Arc<dyn Engine>, StoreError> {
        Ok(match self {
            Self::Sqlite(data_dir) => Arc::new(Sqlite::open(data_dir)?),
            Self::Postgres(settings) => Self::open_postgres(settings).await?,
        })
    }

    /// Opens it to read, also while a server uses it.
    pub(super) async fn open_to_read(&self) -> Result<Arc<dyn Engine>, StoreError> {
        Ok(match self {
            Self::Sqlite(data_dir) => Arc::new(Sqlite::open_read_only(data_dir)?),
            Self::Postgres(settings) => Self::open_postgres(settings).await?,
        })
    }

    async fn open_postgres(settings: &PostgresSettings) -> Result<Arc<Postgres>, StoreError> {
        let client = Postgres::connect_alone(settings).await?;
        migrate::postgres::check(&client, migrate::POSTGRES).await?;
        Ok(Arc::new(Postgres::connect(settings).await?))
    }

    /// Applies the schema's steps that are missing, and says which.
    pub(super) async fn migrate_up(&self) -> Result<Vec<Step>, StoreError> {
        match self {
            Self::Sqlite(data_dir) => {
                let mut alone = Sqlite::connect_alone(data_dir)?;
                migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, clock::now())
            }
            Self::Postgres(settings) => {
                let mut client = Postgres::connect_alone(settings).await?;
                migrate::postgres::up(&mut client, migrate::POSTGRES, clock::now()).await
            }
        }
    }

    /// Takes the newest step back, and says which.
    pub(super) async fn migrate_down(&self) -> Result<Option<Step>, StoreError> {
        match self {
            Self::Sqlite(data_dir) => {
                let mut alone = Sqlite::connect_alone(data_dir)?;
                migrate::sqlite::down(&mut alone.connection, migrate::SQLITE)
            }
            Self::Postgres(settings) => {
                let mut client = Postgres::connect_alone(settings).await?;
                migrate::postgres::down(&mut client, migrate::POSTGRES).await
            }
        }
    }

    /// How all steps stand.
    pub(super) async fn migration_status(&self) -> Result<Vec<StepStatus>, StoreError> {
        match self {
            Self::Sqlite(data_dir) => {
                let alone = Sqlite::connect_alone(data_dir)?;
                migrate::sqlite::status(&alone.connection, migrate::SQLITE)
            }
            Self::Postgres(settings) => {
                let client = Postgres::connect_alone(settings).await?;
                migrate::postgres::status(&client, migrate::POSTGRES).await
            }
        }
    }
}

/// Without the URL: it may hold a password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(data_dir) => write!(f, "SQLite in {}", data_dir.display()),
            Self::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}
