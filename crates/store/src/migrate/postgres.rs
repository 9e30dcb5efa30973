//! Migrations on PostgreSQL. A lock row serializes them, so engines without advisory locks do as well.
//!
//! Lock, step and record share one database transaction. PostgreSQL keeps all of it or nothing; where an
//! engine commits a step's statements by themselves, an interrupted step is run again.

use super::{Applied, Step, StepStatus, plan};
use crate::StoreError;
use florin_ledger::Timestamp;
use std::time::{Duration, UNIX_EPOCH};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, GenericClient, IsolationLevel, Transaction};

/// How often what lost a race with another process is tried.
const ATTEMPTS: usize = 10;

/// A step may run long, and another process waits as long for it; but no step queues behind a
/// long reader for more than seconds, because all traffic would queue behind the step.
const WAIT_FOR_OTHERS: &str = "SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL lock_timeout = '10min'";
const WAIT_FOR_TABLES: &str = "SET LOCAL lock_timeout = '5s'";

/// Applies all steps that are not applied, each in its own database transaction, and says which.
pub async fn up(client: &mut Client, steps: &[Step], now: Timestamp) -> Result<Vec<Step>, StoreError> {
    prepare(client).await?;
    let mut done = Vec::new();
    while let Some(step) = up_one(client, steps, now).await? {
        done.push(step);
    }
    Ok(done)
}

/// Takes the newest step back, and says which; `None` where none is applied.
pub async fn down(client: &mut Client, steps: &[Step]) -> Result<Option<Step>, StoreError> {
    prepare(client).await?;
    let db_tx = begin(client).await?;
    let Some(step) = plan::newest(steps, &applied(&db_tx).await?)? else { return Ok(None) };
    let failed = |error| failed(step, &error);
    db_tx.batch_execute(step.down).await.map_err(failed)?;
    let number = i64::from(step.number);
    db_tx.execute("DELETE FROM florin_migrations WHERE number = $1", &[&number]).await.map_err(failed)?;
    db_tx.commit().await.map_err(failed)?;
    Ok(Some(*step))
}

/// All steps and how they stand. Writes nothing.
pub async fn status(client: &Client, steps: &[Step]) -> Result<Vec<StepStatus>, StoreError> {
    Ok(plan::status(steps, &applied(client).await?))
}

/// Whether the schema is the one that this binary was built for; says what to do where it is not.
pub async fn check(client: &Client, steps: &[Step]) -> Result<(), StoreError> {
    plan::check(steps, &applied(client).await?)
}

async fn up_one(client: &mut Client, steps: &[Step], now: Timestamp) -> Result<Option<Step>, StoreError> {
    let db_tx = begin(client).await?;
    let Some(step) = plan::pending(steps, &applied(&db_tx).await?)?.first().copied() else { return Ok(None) };
    let failed = |error| failed(step, &error);
    db_tx.batch_execute(step.up).await.map_err(failed)?;
    let applied_at = UNIX_EPOCH + Duration::from_micros(u64::try_from(now.0).unwrap_or(0));
    db_tx
        .execute(
            "INSERT INTO florin_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
            &[&i64::from(step.number), &step.name, &step.checksum(), &applied_at],
        )
        .await
        .map_err(failed)?;
    db_tx.commit().await.map_err(failed)?;
    Ok(Some(*step))
}

/// Makes the tables that migrations themselves need.
async fn prepare(client: &Client) -> Result<(), StoreError> {
    let mut attempt = 1;
    loop {
        let made = client
            .batch_execute(
                "CREATE TABLE IF NOT EXISTS florin_migrations (
                     number     bigint PRIMARY KEY,
                     name       text   NOT NULL,
                     checksum   text   NOT NULL,
                     applied_at timestamptz NOT NULL
                 );
                 CREATE TABLE IF NOT EXISTS florin_migration_lock (lock_id bigint PRIMARY KEY);
                 INSERT INTO florin_migration_lock (lock_id) VALUES (1) ON CONFLICT DO NOTHING",
            )
            .await;
        match made {
            Err(error) if attempt < ATTEMPTS && is_race(&error) => attempt += 1,
            made => return made.map_err(|error| unavailable(&error)),
        }
    }
}

/// `IF NOT EXISTS` is not atomic: the loser of a race meets the winner's table in the catalogue.
fn is_race(error: &Error) -> bool {
    let races = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| races.contains(code))
}

/// A database transaction that holds the lock row. What is read after that is what the last holder left.
async fn begin(client: &mut Client) -> Result<Transaction<'_>, StoreError> {
    let unavailable = |error| unavailable(&error);
    let db_tx = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await
        .map_err(unavailable)?;
    db_tx.batch_execute(WAIT_FOR_OTHERS).await.map_err(unavailable)?;
    let lock = "SELECT lock_id FROM florin_migration_lock WHERE lock_id = 1 FOR UPDATE";
    db_tx.query_one(lock, &[]).await.map_err(unavailable)?;
    db_tx.batch_execute(WAIT_FOR_TABLES).await.map_err(unavailable)?;
    Ok(db_tx)
}

async fn applied(client: &impl GenericClient) -> Result<Vec<Applied>, StoreError> {
    let unavailable = |error| unavailable(&error);
    let table = "SELECT 1 FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_name = 'florin_migrations'";
    if client.query_opt(table, &[]).await.map_err(unavailable)?.is_none() {
        return Ok(Vec::new());
    }
    let select = "SELECT number, name, checksum, CAST(extract(epoch FROM applied_at) * 1000000 AS bigint)
        FROM florin_migrations ORDER BY number";
    let rows = client.query(select, &[]).await.map_err(unavailable)?;
    Ok(rows
        .iter()
        .map(|row| Applied {
            number: u32::try_from(row.get::<_, i64>(0)).unwrap_or(u32::MAX),
            name: row.get(1),
            checksum: row.get(2),
            applied_at: Timestamp(row.get(3)),
        })
        .collect())
}

fn unavailable(error: &Error) -> StoreError {
    StoreError::Unavailable(format!("the schema's state cannot be read: {}", text(error)))
}

fn failed(step: &Step, error: &Error) -> StoreError {
    StoreError::Unsuitable(format!("step {step} failed: {}", text(error)))
}

fn text(error: &Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned())
}
