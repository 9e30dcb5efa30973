//! One face for both engines' migrations, for tests alone.

use crate::postgres_server::TestDatabase;
use florin_ledger::Timestamp;
use florin_store::StoreError;
use florin_store::migrate::{self, Step, StepStatus};
use std::path::Path;
use std::sync::{Arc, Mutex};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_123_456);

pub(crate) trait Engine {
    fn steps(&self) -> &'static [Step];
    async fn up(&mut self, steps: &[Step]) -> Result<Vec<Step>, StoreError>;
    async fn down(&mut self, steps: &[Step]) -> Result<Option<Step>, StoreError>;
    async fn status(&mut self) -> Vec<StepStatus>;
    async fn check(&mut self, steps: &[Step]) -> Result<(), StoreError>;
    async fn execute(&mut self, sql: &str);
    /// All tables, indexes and functions but the migrations' own, by name.
    async fn tables(&mut self) -> Vec<String>;
    /// Does what an engine without transactional DDL would leave of an interrupted step; nothing where DDL
    /// always is transactional.
    async fn keep_half_of(&mut self, up: &str);
}

pub(crate) struct OnSqlite(Arc<Mutex<rusqlite::Connection>>);

impl OnSqlite {
    pub(crate) fn open(folder: &Path) -> Self {
        let connection = rusqlite::Connection::open(folder.join("test.db")).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        Self(Arc::new(Mutex::new(connection)))
    }

    /// On a thread of its own, so that two of them really run at once.
    async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut rusqlite::Connection) -> T + Send + 'static,
    ) -> T {
        let connection = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&mut connection.lock().unwrap())).await.unwrap()
    }
}

impl Engine for OnSqlite {
    fn steps(&self) -> &'static [Step] {
        migrate::SQLITE
    }

    async fn up(&mut self, steps: &[Step]) -> Result<Vec<Step>, StoreError> {
        let steps = steps.to_vec();
        self.on_thread(move |connection| migrate::sqlite::up(connection, &steps, NOW)).await
    }

    async fn down(&mut self, steps: &[Step]) -> Result<Option<Step>, StoreError> {
        let steps = steps.to_vec();
        self.on_thread(move |connection| migrate::sqlite::down(connection, &steps)).await
    }

    async fn status(&mut self) -> Vec<StepStatus> {
        migrate::sqlite::status(&self.0.lock().unwrap(), migrate::SQLITE).unwrap()
    }

    async fn check(&mut self, steps: &[Step]) -> Result<(), StoreError> {
        migrate::sqlite::check(&self.0.lock().unwrap(), steps)
    }

    async fn execute(&mut self, sql: &str) {
        self.0.lock().unwrap().execute_batch(sql).unwrap();
    }

    async fn tables(&mut self) -> Vec<String> {
        let connection = self.0.lock().unwrap();
        let mut select = connection
            .prepare("SELECT type || ' ' || name FROM sqlite_master WHERE tbl_name <> 'florin_migrations' ORDER BY 1")
            .unwrap();
        select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    async fn keep_half_of(&mut self, _: &str) {}
}

pub(crate) struct OnPostgres(tokio_postgres::Client);

impl OnPostgres {
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        Self(database.client().await)
    }
}

impl Engine for OnPostgres {
    fn steps(&self) -> &'static [Step] {
        migrate::POSTGRES
    }

    async fn up(&mut self, steps: &[Step]) -> Result<Vec<Step>, StoreError> {
        migrate::postgres::up(&mut self.0, steps, NOW).await
    }

    async fn down(&mut self, steps: &[Step]) -> Result<Option<Step>, StoreError> {
        migrate::postgres::down(&mut self.0, steps).await
    }

    async fn status(&mut self) -> Vec<StepStatus> {
        migrate::postgres::status(&self.0, migrate::POSTGRES).await.unwrap()
    }

    async fn check(&mut self, steps: &[Step]) -> Result<(), StoreError> {
        migrate::postgres::check(&self.0, steps).await
    }

    async fn execute(&mut self, sql: &str) {
        self.0.batch_execute(sql).await.unwrap();
    }

    async fn tables(&mut self) -> Vec<String> {
        let select = "SELECT relkind::text || ' ' || relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'florin_migration%'
            UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            ORDER BY 1";
        self.0.query(select, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn keep_half_of(&mut self, up: &str) {
        // Without a transaction around them, a file's statements would still be one: so one by one. The step
        // that this is used on has no `;` inside a statement.
        for statement in up.split(';') {
            let _broken_ones_too = self.0.batch_execute(statement).await;
        }
    }
}
