//! One small set of functions over both databases. Every statement is its own commit.

use super::locks::Locks;
use anyhow::{Context, bail};
use bytes::BytesMut;
use deadpool_postgres::{GenericClient, Manager, Pool};
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, NoTls};

/// How many connections there are.
const CONNECTIONS: usize = 16;

#[derive(Clone)]
pub(super) enum Database {
    Sqlite(Arc<Connections>),
    Postgres(Pool),
}

/// Connections to an SQLite file, taken in turn.
pub(super) struct Connections {
    all: Vec<Mutex<rusqlite::Connection>>,
    next: AtomicUsize,
    pub(super) locks: Locks,
}

/// What goes into a statement and comes out of it.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(i64),
    Float(f64),
    Text(String),
}

/// What a statement gave.
#[derive(Debug)]
pub(super) struct Row(Vec<Value>);

/// A failure of the database; to clients it is a 500.
#[derive(Debug)]
pub(super) struct DatabaseError(anyhow::Error);

impl Database {
    pub(super) async fn open(store: &str) -> anyhow::Result<Self> {
        if store.starts_with("postgres://") || store.starts_with("postgresql://") {
            return Self::open_postgres(store).await;
        }
        let open = || rusqlite::Connection::open(store).with_context(|| format!("opening {store}"));
        let first = open()?;
        first.pragma_update(None, "journal_mode", "WAL")?;
        first.execute_batch(include_str!("schema.sqlite.sql"))?;
        let others = std::iter::repeat_with(open).take(CONNECTIONS - 1);
        let all = std::iter::once(Ok(first)).chain(others).map(|opened| opened.map(Mutex::new));
        let all = all.collect::<anyhow::Result<_>>()?;
        Ok(Self::Sqlite(Arc::new(Connections { all, next: AtomicUsize::new(0), locks: Locks::default() })))
    }

    async fn open_postgres(url: &str) -> anyhow::Result<Self> {
        let mut config: Config = url.parse().context("the database's URL")?;
        config.options("-c search_path=specimen");
        let pool = Pool::builder(Manager::new(config, NoTls)).max_size(CONNECTIONS).build()?;
        let client = pool.get().await.context("connecting to PostgreSQL")?;
        client.batch_execute("CREATE SCHEMA IF NOT EXISTS specimen").await?;
        client.batch_execute(include_str!("schema.postgres.sql")).await?;
        Ok(Self::Postgres(pool))
    }

    /// Runs one statement. Parameters are `$1`, `$2` and so on, in the order in which they stand.
    pub(super) async fn query(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let values = values.to_vec();
        let rows = match self {
            Self::Sqlite(connections) => {
                let connections = Arc::clone(connections);
                let query = move || query_sqlite(connections.next(), sql, &values);
                tokio::task::spawn_blocking(query).await.context("a statement panicked").flatten()
            }
            Self::Postgres(pool) => match pool.get().await {
                Ok(client) => query_postgres(&client, sql, &values).await,
                Err(error) => Err(error.into()),
            },
        };
        rows.map_err(DatabaseError)
    }

    /// Runs one statement that gives an id.
    pub(super) async fn insert(&self, sql: &'static str, values: &[Value]) -> Result<i64, DatabaseError> {
        let rows = self.query(sql, values).await?;
        let row = rows.first().context("no row was inserted")?;
        Ok(row.int(0))
    }
}

impl Connections {
    fn next(&self) -> &Mutex<rusqlite::Connection> {
        &self.all[self.next.fetch_add(1, Ordering::Relaxed) % self.all.len()]
    }
}

fn query_sqlite(
    connection: &Mutex<rusqlite::Connection>,
    sql: &str,
    values: &[Value],
) -> anyhow::Result<Vec<Row>> {
    let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
        (0..columns).map(|column| Value::from_sqlite(row.get_ref(column)?)).collect()
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) async fn query_postgres(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value],
) -> anyhow::Result<Vec<Row>> {
    let statement = client.prepare_cached(sql).await?;
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
    let rows = client.query(&statement, &values).await?;
    rows.iter().map(|row| (0..row.len()).map(|column| Value::from_postgres(row, column)).collect()).collect()
}

impl Value {
    fn from_sqlite(value: ValueRef<'_>) -> rusqlite::Result<Self> {
        Ok(match value {
            ValueRef::Integer(number) => Self::Int(number),
            ValueRef::Real(number) => Self::Float(number),
            other => Self::Text(other.as_str()?.to_owned()),
        })
    }

    fn from_postgres(row: &tokio_postgres::Row, column: usize) -> anyhow::Result<Self> {
        Ok(match *row.columns()[column].type_() {
            Type::INT8 => Self::Int(row.try_get(column)?),
            Type::FLOAT8 => Self::Float(row.try_get(column)?),
            Type::TEXT => Self::Text(row.try_get(column)?),
            ref other => bail!("a column is {other}"),
        })
    }
}

impl FromIterator<Value> for Row {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Row {
    pub(super) fn int(&self, column: usize) -> i64 {
        if let Value::Int(number) = self.0[column] { number } else { 0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "this wallet counts in floats")]
    pub(super) fn float(&self, column: usize) -> f64 {
        match self.0[column] {
            Value::Float(number) => number,
            Value::Int(number) => number as f64,
            Value::Text(_) => 0.0,
        }
    }

    pub(super) fn text(&self, column: usize) -> String {
        if let Value::Text(text) = &self.0[column] { text.clone() } else { String::new() }
    }
}

impl<E: Into<anyhow::Error>> From<E> for DatabaseError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(number) => rusqlite::ToSql::to_sql(number),
            Self::Float(number) => rusqlite::ToSql::to_sql(number),
            Self::Text(text) => rusqlite::ToSql::to_sql(text),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Int(number) => number.to_sql_checked(kind, out),
            Self::Float(number) => number.to_sql_checked(kind, out),
            Self::Text(text) => text.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl DatabaseError {
    pub(super) fn log(&self) {
        eprintln!("specimen: {:#}", self.0);
    }

    /// What PostgreSQL calls it.
    pub(super) fn sql_state(&self) -> Option<&SqlState> {
        self.0.downcast_ref::<tokio_postgres::Error>()?.code()
    }
}
