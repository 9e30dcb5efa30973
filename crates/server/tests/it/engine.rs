//! A store of its own for each test, on each engine.

use florin_server::clock;
use florin_store::migrate;
use florin_store::postgres::{Postgres, PostgresSettings};
use florin_store::sqlite::Sqlite;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// On what a test runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Where a test's store is; gone when it is dropped or removed.
pub(crate) enum Place {
    Folder { _folder: TempDir },
    Database { server: String, name: String },
}

impl Engine {
    /// An empty store, migrated.
    pub(crate) async fn store(self) -> (Arc<dyn florin_store::Engine>, Place) {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder can be made");
                let mut alone = Sqlite::connect_alone(folder.path()).unwrap();
                migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, clock::now()).unwrap();
                drop(alone);
                (Arc::new(open_alone(folder.path()).await), Place::Folder { _folder: folder })
            }
            Self::Postgres => postgres_store_on(&server_url()).await,
        }
    }
}

/// An empty store, migrated, on this PostgreSQL server.
pub(crate) async fn postgres_store_on(server: &str) -> (Arc<dyn florin_store::Engine>, Place) {
    let name = database_name();
    run_on(server, &format!("CREATE DATABASE {name}")).await;
    let place = Place::Database { server: server.to_owned(), name };
    // Tests run side by side, and the server has 100 connections for all of them.
    let settings = PostgresSettings { pool_size: 8, ..PostgresSettings::new(place.url()) };
    let mut client = Postgres::connect_alone(&settings).await.unwrap();
    migrate::postgres::up(&mut client, migrate::POSTGRES, clock::now()).await.unwrap();
    (Arc::new(Postgres::connect(&settings).await.unwrap()), place)
}

/// Opens a store whose lock was held until now. A process that another test is just starting has a copy of the
/// lock, until it runs its own program.
async fn open_alone(folder: &Path) -> Sqlite {
    let begun = Instant::now();
    loop {
        match Sqlite::open(folder) {
            Ok(store) => return store,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(10), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

impl Place {
    /// A connection of one's own.
    pub(crate) async fn database_client(&self) -> tokio_postgres::Client {
        let settings = PostgresSettings::new(self.url());
        Postgres::connect_alone(&settings).await.expect("the test server answers")
    }

    /// Removes what dropping it does not.
    pub(crate) async fn remove(self) {
        if let Self::Database { server, name } = self {
            run_on(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }

    fn url(&self) -> String {
        let Self::Database { server, name } = self else { panic!("a folder has no connections") };
        let (server, _database) = server.rsplit_once('/').expect("the URL names a database");
        format!("{server}/{name}")
    }
}

fn database_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("florin_http_{}_{}_{count}", clock::now().0, std::process::id())
}

async fn run_on(server: &str, statement: &str) {
    let settings = PostgresSettings::new(server);
    let client = Postgres::connect_alone(&settings).await.expect("the test server answers");
    client.batch_execute(statement).await.expect("a superuser may");
}

fn server_url() -> String {
    std::env::var("FLORIN_TEST_POSTGRES_URL").expect(
        "FLORIN_TEST_POSTGRES_URL must name a PostgreSQL server for tests, such as \
         postgres://postgres@127.0.0.1:54320/postgres; `make test` starts one",
    )
}
