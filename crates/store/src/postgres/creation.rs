//! Creating something other than money: a counter's row lock puts creations of a ledger in one order, and
//! the idempotency key commits with what is created.

use super::Postgres;
use super::audit_log;
use super::codec::Instant;
use super::connection::from_driver;
use super::db_tx::DbTx;
use crate::{AuditLine, CreationKey, Origin, StoreError};
use florin_ledger::{LedgerId, Timestamp};
use tokio_postgres::Row;

/// What is created; its counter in `ledgers`, where its ids are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    User,
    Asset,
    Wallet,
    ApiKey,
    Payout,
}

impl Resource {
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Asset => "asset",
            Self::Wallet => "wallet",
            Self::ApiKey => "api_key",
            Self::Payout => "payout",
        }
    }

    /// Takes ids from the counter, and with it its row's lock until the database transaction ends.
    fn take_ids(self) -> &'static str {
        match self {
            Self::User => {
                "UPDATE ledgers SET next_user_id = next_user_id + $2 WHERE ledger_id = $1 RETURNING next_user_id - $2"
            }
            Self::ApiKey => {
                "UPDATE ledgers SET next_api_key_id = next_api_key_id + $2 WHERE ledger_id = $1
                 RETURNING next_api_key_id - $2"
            }
            Self::Payout => {
                "UPDATE ledgers SET next_payout_id = next_payout_id + $2 WHERE ledger_id = $1
                 RETURNING next_payout_id - $2"
            }
            // An asset is named by its code; what it needs ids for is its system wallets.
            Self::Wallet | Self::Asset => {
                "UPDATE ledgers SET next_wallet_id = next_wallet_id + $2 WHERE ledger_id = $1
                 RETURNING next_wallet_id - $2"
            }
        }
    }
}

/// A creation under way: begun, in its turn, and its key not used before.
pub(super) struct Creation {
    pub(super) db_tx: DbTx,
    /// The first of the ids that were taken.
    pub(super) first_id: i64,
    ledger: LedgerId,
    resource: Resource,
    key: CreationKey,
}

/// Whether a creation may go on.
pub(super) enum Turn {
    /// It may.
    Go(Box<Creation>),
    /// The same request created this before.
    Replay(String),
    /// The key was used to create something else.
    KeyReused,
}

/// Begins a creation that takes `ids` new ids.
pub(super) async fn begin(
    store: &Postgres,
    ledger: LedgerId,
    resource: Resource,
    ids: i64,
    key: CreationKey,
) -> Result<Turn, StoreError> {
    let db_tx = DbTx::begin(&store.writers).await?;
    let counter = query(&db_tx, resource.take_ids(), &[&ledger.0, &ids]).await?;
    let first_id =
        counter.first().ok_or_else(|| StoreError::Unsuitable(format!("there is no ledger {ledger}")))?.get(0);
    let used = query(
        &db_tx,
        "SELECT fingerprint, resource, resource_id FROM creation_keys WHERE ledger_id = $1 AND key_hash = $2",
        &[&ledger.0, &key.hash.0.as_slice()],
    )
    .await?;
    let Some(first) = used.first() else {
        return Ok(Turn::Go(Box::new(Creation { db_tx, first_id, ledger, resource, key })));
    };
    let is_same = first.get::<_, &[u8]>("fingerprint") == key.fingerprint.0
        && first.get::<_, &str>("resource") == resource.name();
    let turn = if is_same { Turn::Replay(first.get("resource_id")) } else { Turn::KeyReused };
    db_tx.rollback().await?;
    Ok(turn)
}

impl Creation {
    /// Stores the key and the line of the audit log beside what was created, and commits.
    pub(super) async fn commit(
        self: Box<Self>,
        resource_id: &str,
        line: &AuditLine,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Self { db_tx, ledger, resource, key, .. } = *self;
        query(
            &db_tx,
            "INSERT INTO creation_keys (ledger_id, key_hash, fingerprint, resource, resource_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &ledger.0,
                &key.hash.0.as_slice(),
                &key.fingerprint.0.as_slice(),
                &resource.name(),
                &resource_id,
                &Instant(now),
            ],
        )
        .await?;
        audit_log::append(&db_tx, ledger, origin, line, now).await?;
        Ok(db_tx.commit().await?)
    }
}

/// Runs a statement that is worth keeping prepared.
pub(super) async fn query(
    client: &deadpool_postgres::ClientWrapper,
    statement: &str,
    parameters: &[&(dyn postgres_types::ToSql + Sync)],
) -> Result<Vec<Row>, StoreError> {
    let run = async {
        let statement = client.prepare_cached(statement).await?;
        client.query(&statement, parameters).await
    };
    run.await.map_err(|error| from_driver(&error))
}
