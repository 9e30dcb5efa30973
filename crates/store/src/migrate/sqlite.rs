//! Migrations on SQLite. `BEGIN IMMEDIATE` is the lock: one writer at a time, and a step is whole or not at all.

use super::{Applied, Step, StepStatus, plan};
use crate::StoreError;
use florin_ledger::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::time::Duration;

/// How long one process waits for a step of another.
const WAIT: Duration = Duration::from_mins(10);

/// Applies all steps that are not applied, each in its own database transaction, and says which. The
/// connection's busy timeout is longer afterwards.
pub fn up(connection: &mut Connection, steps: &[Step], now: Timestamp) -> Result<Vec<Step>, StoreError> {
    prepare(connection)?;
    let mut done = Vec::new();
    while let Some(step) = up_one(connection, steps, now)? {
        done.push(step);
    }
    Ok(done)
}

/// Takes the newest step back, and says which; `None` where none is applied.
pub fn down(connection: &mut Connection, steps: &[Step]) -> Result<Option<Step>, StoreError> {
    prepare(connection)?;
    let db_tx = begin(connection)?;
    let Some(step) = plan::newest(steps, &applied(&db_tx)?)? else { return Ok(None) };
    db_tx.execute_batch(step.down).map_err(|error| failed(step, &error))?;
    db_tx
        .execute("DELETE FROM florin_migrations WHERE number = ?1", [step.number])
        .and_then(|_| db_tx.commit())
        .map_err(|error| failed(step, &error))?;
    Ok(Some(*step))
}

/// All steps and how they stand. Writes nothing.
pub fn status(connection: &Connection, steps: &[Step]) -> Result<Vec<StepStatus>, StoreError> {
    Ok(plan::status(steps, &applied(connection)?))
}

/// Whether the schema is the one that this binary was built for; says what to do where it is not.
pub fn check(connection: &Connection, steps: &[Step]) -> Result<(), StoreError> {
    plan::check(steps, &applied(connection)?)
}

fn up_one(connection: &mut Connection, steps: &[Step], now: Timestamp) -> Result<Option<Step>, StoreError> {
    let db_tx = begin(connection)?;
    let Some(step) = plan::pending(steps, &applied(&db_tx)?)?.first().copied() else { return Ok(None) };
    db_tx.execute_batch(step.up).map_err(|error| failed(step, &error))?;
    db_tx
        .execute(
            "INSERT INTO florin_migrations (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![step.number, step.name, step.checksum(), now.0],
        )
        .and_then(|_| db_tx.commit())
        .map_err(|error| failed(step, &error))?;
    Ok(Some(*step))
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(WAIT).map_err(|error| unavailable(&error))?;
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS florin_migrations (
                 number     INTEGER PRIMARY KEY,
                 name       TEXT    NOT NULL,
                 checksum   TEXT    NOT NULL,
                 applied_at INTEGER NOT NULL
             ) STRICT",
        )
        .map_err(|error| unavailable(&error))
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| unavailable(&error))
}

fn applied(connection: &Connection) -> Result<Vec<Applied>, StoreError> {
    let read = || {
        let table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'florin_migrations'";
        if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
            return Ok(Vec::new());
        }
        let mut select = connection
            .prepare("SELECT number, name, checksum, applied_at FROM florin_migrations ORDER BY number")?;
        let rows = select.query_map([], |row| {
            Ok(Applied {
                number: row.get(0)?,
                name: row.get(1)?,
                checksum: row.get(2)?,
                applied_at: Timestamp(row.get(3)?),
            })
        })?;
        rows.collect()
    };
    read().map_err(|error| unavailable(&error))
}

fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("the schema's state cannot be read: {error}"))
}

fn failed(step: &Step, error: &rusqlite::Error) -> StoreError {
    StoreError::Unsuitable(format!("step {step} failed, nothing of it was kept: {error}"))
}
