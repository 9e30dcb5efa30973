//! The hardened way to move money, after the first races: wallets are locked, in one database transaction on
//! PostgreSQL, and in this process where the database has no locks of rows. A session loads each wallet once, as ORMs
//! do: what a locked read finds is what the session has already.

use super::database::{Connections, Database, DatabaseError, Row, Value, query_postgres};
use super::http::Refusal;
use super::wallets::Wallet;
use axum::http::StatusCode;
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as Lock, OwnedMutexGuard};
use tokio_postgres::error::SqlState;

/// How long to wait for a wallet: on PostgreSQL as long.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
const SET_LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";

const SELECT: &str = "SELECT user_id, balance, status FROM wallets WHERE id = $1";
const SELECT_FOR_UPDATE: &str = "SELECT user_id, balance, status FROM wallets WHERE id = $1 FOR UPDATE";

/// A lock for each wallet that was ever locked.
#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<i64, Arc<Lock<()>>>>);

/// What is asked for.
pub(super) struct LockedTransfer {
    /// Whose the giving wallet must be; services may take from any.
    pub(super) owner: Option<i64>,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) amount: f64,
}

struct Session<'a> {
    way: Way<'a>,
    loaded: HashMap<i64, Wallet>,
}

enum Way<'a> {
    Sqlite { database: &'a Database, locks: &'a Locks, held: Vec<OwnedMutexGuard<()>> },
    Postgres(Transaction<'a>),
}

impl Database {
    /// Moves money with both wallets locked.
    pub(super) async fn transfer_locked(&self, transfer: &LockedTransfer) -> Result<i64, Refusal> {
        match self {
            Self::Sqlite(connections) => {
                let Connections { locks, .. } = &**connections;
                let way = Way::Sqlite { database: self, locks, held: Vec::new() };
                Session { way, loaded: HashMap::new() }.transfer(transfer).await
            }
            Self::Postgres(pool) => {
                let mut client = pool.get().await.map_err(DatabaseError::from)?;
                let db_tx = client.transaction().await.map_err(DatabaseError::from)?;
                db_tx.batch_execute(SET_LOCK_TIMEOUT).await.map_err(DatabaseError::from)?;
                let mut session = Session { way: Way::Postgres(db_tx), loaded: HashMap::new() };
                let id = session.transfer(transfer).await?;
                session.commit().await?;
                Ok(id)
            }
        }
    }
}

impl Session<'_> {
    async fn transfer(&mut self, transfer: &LockedTransfer) -> Result<i64, Refusal> {
        let LockedTransfer { owner, from, to, amount } = *transfer;
        if let Some(owner) = owner
            && self.wallet(from, SELECT).await?.user_id != owner
        {
            return Err(Refusal(StatusCode::FORBIDDEN, "not_your_wallet"));
        }
        let before = self.locked(from).await?.spendable()?;
        if before < amount {
            return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, "insufficient_funds"));
        }
        let there = self.locked(to).await?.spendable()?;
        self.set_balance(from, before - amount).await?;
        self.set_balance(to, there + amount).await?;
        let insert = "
            INSERT INTO transactions (kind, from_wallet, to_wallet, amount)
            VALUES ('transfer', $1, $2, $3) RETURNING id";
        let rows = self.query(insert, &[from.into(), to.into(), amount.into()]).await?;
        Ok(rows.first().map_or(0, |row| row.int(0)))
    }

    /// The wallet, which nobody else gets before this session ends.
    async fn locked(&mut self, id: i64) -> Result<&Wallet, Refusal> {
        let Way::Sqlite { locks, held, .. } = &mut self.way else {
            return self.wallet(id, SELECT_FOR_UPDATE).await;
        };
        let lock = locks.of(id).lock_owned();
        let lock = tokio::time::timeout(LOCK_TIMEOUT, lock).await;
        held.push(lock.map_err(|_| Refusal(StatusCode::INTERNAL_SERVER_ERROR, "lock_timeout"))?);
        self.wallet(id, SELECT).await
    }

    /// The wallet as this session has it, once it has it.
    async fn wallet(&mut self, id: i64, select: &'static str) -> Result<&Wallet, Refusal> {
        let rows = self.query(select, &[id.into()]).await?;
        let row = rows.first().ok_or(Refusal(StatusCode::NOT_FOUND, "wallet_not_found"))?;
        Ok(self.loaded.entry(id).or_insert_with(|| Wallet::read(id, row)))
    }

    async fn set_balance(&self, wallet: i64, balance: f64) -> Result<(), Refusal> {
        let update = "UPDATE wallets SET balance = $1 WHERE id = $2";
        self.query(update, &[balance.into(), wallet.into()]).await.map(drop)
    }

    async fn query(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Refusal> {
        let rows = match &self.way {
            Way::Sqlite { database, .. } => database.query(sql, values).await,
            Way::Postgres(db_tx) => query_postgres(db_tx, sql, values).await.map_err(DatabaseError::from),
        };
        rows.map_err(|error| match error.sql_state() {
            Some(&SqlState::T_R_DEADLOCK_DETECTED) => {
                Refusal(StatusCode::INTERNAL_SERVER_ERROR, "deadlock_detected")
            }
            Some(&SqlState::LOCK_NOT_AVAILABLE) => Refusal(StatusCode::INTERNAL_SERVER_ERROR, "lock_timeout"),
            _ => error.into(),
        })
    }

    async fn commit(self) -> Result<(), DatabaseError> {
        match self.way {
            Way::Sqlite { .. } => Ok(()),
            Way::Postgres(db_tx) => Ok(db_tx.commit().await?),
        }
    }
}

impl Locks {
    fn of(&self, wallet: i64) -> Arc<Lock<()>> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(wallet).or_default())
    }
}
