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
        Self::create_named(format!("florin_{}", unique())).await
    }

    /// One for all tests of this process, which nobody drops: the next process that makes one does.
    pub(crate) async fn create_shared() -> Self {
        drop_abandoned().await;
        let created = Self::create_named(format!("{SHARED}{}", unique())).await;
        created.keep_connected();
        created
    }

    async fn create_named(name: String) -> Self {
        server().await.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a superuser may");
        let server = server_url();
        let (rest, _database) = server.rsplit_once('/').expect("the URL names a database");
        Self { url: format!("{rest}/{name}"), name }
    }

    /// Shows others that it is in use, until this process ends.
    fn keep_connected(&self) {
        let url = self.url.clone();
        let (ready, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let _client = connect(&url).await;
                ready.send(()).unwrap();
                std::future::pending::<()>().await;
            });
        });
        wait.recv().unwrap();
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

const SHARED: &str = "florin_shared_";

fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_nanos();
    format!("{now}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Drops the shared databases of processes that have ended: those to which nobody is connected. One that is
/// being made has no connection yet either, so those of the last minute are left.
async fn drop_abandoned() {
    let server = server().await;
    let abandoned = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)
        AND split_part(datname, '_', 3)::numeric < extract(epoch FROM now() - interval '1 minute') * 1000000000";
    for row in server.query(abandoned, &[&SHARED]).await.expect("the catalogue can be read") {
        let _in_use_or_dropped_by_another =
            server.batch_execute(&format!("DROP DATABASE {}", row.get::<_, &str>(0))).await;
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
