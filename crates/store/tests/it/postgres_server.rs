//! A database of its own for each test, on the server that `FLORIN_TEST_POSTGRES_URL` names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio_postgres::{Client, Config, NoTls};

/// An empty database; dropped by [`TestDatabase::drop_it`], or left behind by a test that panics.
pub(crate) struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_nanos();
        let name = format!("florin_{now}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        server().await.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a superuser may");
        let server = server_url();
        let (rest, _database) = server.rsplit_once('/').expect("the URL names a database");
        Self { url: format!("{rest}/{name}"), name }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn client(&self) -> Client {
        connect(&self.url).await
    }

    pub(crate) async fn drop_it(self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        server().await.batch_execute(&drop).await.expect("a superuser may");
    }
}

async fn server() -> Client {
    connect(&server_url()).await
}

async fn connect(url: &str) -> Client {
    let config: Config = url.parse().expect("FLORIN_TEST_POSTGRES_URL is a PostgreSQL URL");
    let (client, connection) = config.connect(NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

fn server_url() -> String {
    std::env::var("FLORIN_TEST_POSTGRES_URL").expect(
        "FLORIN_TEST_POSTGRES_URL must name a PostgreSQL server for tests, such as \
         postgres://postgres@127.0.0.1:54320/postgres; `make test` starts one",
    )
}
