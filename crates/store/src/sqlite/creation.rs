//! Creating something other than money: its idempotency key commits with it, so a retry finds both or neither.

use crate::{CreationKey, StoreError};
use florin_ledger::{LedgerId, Timestamp};
use rusqlite::types::{FromSql, ToSql};
use rusqlite::{Transaction, params};

/// What is created under keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    User,
    Asset,
    Wallet,
    ApiKey,
    Payout,
    PayoutRun,
}

impl Resource {
    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Asset => "asset",
            Self::Wallet => "wallet",
            Self::ApiKey => "api_key",
            Self::Payout => "payout",
            Self::PayoutRun => "payout_run",
        }
    }
}

/// What to do about a key.
pub(super) enum Turn<Id> {
    /// It is free: create.
    Go,
    /// The same request created this.
    Replay(Id),
    /// It was used for something else.
    KeyReused,
}

/// Looks the key up.
pub(super) fn turn<Id: FromSql>(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    resource: Resource,
    key: CreationKey,
) -> Result<Turn<Id>, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT fingerprint, resource, resource_id FROM creation_keys WHERE ledger_id = ?1 AND key_hash = ?2",
    )?;
    let mut rows = statement.query(params![ledger.0, key.hash.0])?;
    let Some(row) = rows.next()? else { return Ok(Turn::Go) };
    let fingerprint: [u8; 16] = row.get(0)?;
    let created: String = row.get(1)?;
    if fingerprint != key.fingerprint.0 || created != resource.name() {
        return Ok(Turn::KeyReused);
    }
    Ok(Turn::Replay(row.get(2)?))
}

/// Binds the key to what was created.
pub(super) fn bind(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    resource: Resource,
    id: impl ToSql,
    key: CreationKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    db_tx
        .prepare_cached(
            "INSERT INTO creation_keys (ledger_id, key_hash, fingerprint, resource, resource_id, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![ledger.0, key.hash.0, key.fingerprint.0, resource.name(), id, now.0])?;
    Ok(())
}

/// That what a key names is not there: they commit together, and nothing is deleted.
pub(super) fn vanished(resource: Resource) -> StoreError {
    StoreError::Inconsistent(format!("the {} that a key created is not there", resource.name()))
}
