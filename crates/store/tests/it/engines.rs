//! The engines, each started for one test: migrated, and with two empty ledgers of the test's own.

use crate::model::Model;
use crate::postgres_server::TestDatabase;
use async_trait::async_trait;
use florin_ledger::{LedgerId, Timestamp};
use florin_store::Store;
use florin_store::migrate;
use florin_store::postgres::{Postgres, PostgresSettings};
use florin_store::sqlite::Sqlite;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A store under test.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    fn store(&self) -> Arc<dyn Store>;

    /// The same with payouts, which the model does not have.
    fn whole_store(&self) -> Arc<dyn florin_store::Engine> {
        panic!("the model has no payouts")
    }

    /// Another server's, where there can be one.
    async fn another_server(&self) -> Arc<dyn florin_store::Engine> {
        self.whole_store()
    }

    /// The test's ledgers.
    fn ledgers(&self) -> [LedgerId; 2];

    /// As if the server had stopped and started again.
    async fn reopen(&mut self);

    async fn add_ledger(&self, ledger: LedgerId);

    /// Runs SQL past Florin; what the database says if it refuses.
    async fn by_hand(&self, sql: &str) -> Result<(), String>;

    /// Ends it, and leaves nothing behind.
    async fn close(self: Box<Self>);
}

const MAIN_AND_SECOND: [LedgerId; 2] = [LedgerId::MAIN, LedgerId(2)];

pub(crate) struct OnModel(Arc<Model>);

impl OnModel {
    #[expect(clippy::unused_async, reason = "to be started as the others are")]
    pub(crate) async fn start() -> Box<dyn Engine> {
        Box::new(Self(Arc::new(Model::new(MAIN_AND_SECOND))))
    }
}

#[async_trait]
impl Engine for OnModel {
    fn store(&self) -> Arc<dyn Store> {
        self.0.clone()
    }

    fn ledgers(&self) -> [LedgerId; 2] {
        MAIN_AND_SECOND
    }

    async fn reopen(&mut self) {}

    async fn add_ledger(&self, ledger: LedgerId) {
        self.0.add_ledger(ledger);
    }

    async fn by_hand(&self, _: &str) -> Result<(), String> {
        panic!("the model speaks no SQL")
    }

    async fn close(self: Box<Self>) {}
}

pub(crate) struct OnSqlite {
    folder: TempDir,
    store: Option<Arc<Sqlite>>,
}

impl OnSqlite {
    pub(crate) async fn start() -> Box<dyn Engine> {
        let folder = TempDir::new().unwrap();
        let mut alone = Sqlite::connect_alone(folder.path()).unwrap();
        migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, Timestamp(0)).unwrap();
        drop(alone);
        let mut engine = Self { folder, store: None };
        engine.reopen().await;
        engine.add_ledger(MAIN_AND_SECOND[1]).await;
        Box::new(engine)
    }
}

#[async_trait]
impl Engine for OnSqlite {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap()
    }

    fn whole_store(&self) -> Arc<dyn florin_store::Engine> {
        self.store.clone().unwrap()
    }

    fn ledgers(&self) -> [LedgerId; 2] {
        MAIN_AND_SECOND
    }

    async fn reopen(&mut self) {
        if let Some(store) = self.store.take() {
            assert_eq!(Arc::strong_count(&store), 1, "somebody still uses the store that is to be closed");
        }
        self.store = Some(Arc::new(Sqlite::open(self.folder.path()).unwrap()));
    }

    async fn add_ledger(&self, ledger: LedgerId) {
        self.by_hand(&insert(ledger)).await.unwrap();
    }

    async fn by_hand(&self, sql: &str) -> Result<(), String> {
        let connection = Connection::open(self.folder.path().join("florin.db")).unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        connection.execute_batch(sql).map_err(|error| error.to_string())
    }

    async fn close(self: Box<Self>) {}
}

pub(crate) struct OnPostgres {
    database: Arc<TestDatabase>,
    ledgers: [LedgerId; 2],
    store: Arc<Postgres>,
}

impl OnPostgres {
    /// In a database that other tests share: they have other ledgers.
    pub(crate) async fn start() -> Box<dyn Engine> {
        static DATABASE: OnceCell<Arc<TestDatabase>> = OnceCell::const_new();
        static LEDGERS: AtomicI64 = AtomicI64::new(101);
        let database =
            DATABASE.get_or_init(async || Arc::new(migrated(TestDatabase::create_shared().await).await));
        let database = Arc::clone(database.await);
        let first = LEDGERS.fetch_add(2, Ordering::Relaxed);
        let ledgers = [first, first + 1].map(LedgerId);
        let engine = Self { store: Arc::new(connect(&database).await), database, ledgers };
        for ledger in ledgers {
            engine.add_ledger(ledger).await;
        }
        Box::new(engine)
    }

    /// In a database of its own, for those who go past Florin.
    pub(crate) async fn start_alone() -> Box<dyn Engine> {
        let database = migrated(TestDatabase::create().await).await;
        let store = Arc::new(connect(&database).await);
        let engine = Self { database: Arc::new(database), ledgers: MAIN_AND_SECOND, store };
        engine.add_ledger(MAIN_AND_SECOND[1]).await;
        Box::new(engine)
    }
}

async fn migrated(database: TestDatabase) -> TestDatabase {
    migrate::postgres::up(&mut database.client().await, migrate::POSTGRES, Timestamp(0)).await.unwrap();
    database
}

/// A server's connections: few, because many tests run at once.
async fn connect(database: &TestDatabase) -> Postgres {
    let settings = PostgresSettings { pool_size: 8, ..PostgresSettings::new(database.url()) };
    Postgres::connect(&settings).await.unwrap()
}

#[async_trait]
impl Engine for OnPostgres {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn whole_store(&self) -> Arc<dyn florin_store::Engine> {
        self.store.clone()
    }

    async fn another_server(&self) -> Arc<dyn florin_store::Engine> {
        Arc::new(connect(&self.database).await)
    }

    fn ledgers(&self) -> [LedgerId; 2] {
        self.ledgers
    }

    async fn reopen(&mut self) {
        self.store = Arc::new(connect(&self.database).await);
    }

    async fn add_ledger(&self, ledger: LedgerId) {
        self.by_hand(&insert(ledger)).await.unwrap();
    }

    async fn by_hand(&self, sql: &str) -> Result<(), String> {
        let result = self.database.client().await.batch_execute(sql).await;
        result.map_err(|error| error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string))
    }

    async fn close(self: Box<Self>) {
        drop(self.store);
        if let Some(own) = Arc::into_inner(self.database) {
            own.drop_it().await;
        }
    }
}

fn insert(ledger: LedgerId) -> String {
    format!("INSERT INTO ledgers (ledger_id, code) VALUES ({ledger}, 'ledger-{ledger}')")
}
