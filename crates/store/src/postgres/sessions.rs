//! Refresh tokens: one family a sign-in, each token good for one exchange.

use super::Postgres;
use super::codec::Instant;
use super::creation::query;
use super::db_tx::{CommitError, DbTx};
use super::people::user_from_row;
use crate::{RefreshToken, Rotation, StoreError};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, Timestamp};
use uuid::Uuid;

pub(super) async fn start(
    client: &ClientWrapper,
    ledger: LedgerId,
    token: RefreshToken,
) -> Result<(), StoreError> {
    let family = Uuid::from_u128(token.family);
    insert(client, ledger, &token.hash, family, token.user.0, token.created_at, token.expires_at).await
}

async fn insert(
    client: &ClientWrapper,
    ledger: LedgerId,
    hash: &[u8],
    family: Uuid,
    user: i64,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "
        INSERT INTO refresh_tokens (ledger_id, token_hash, family, user_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    query(client, INSERT, &[&ledger.0, &hash, &family, &user, &Instant(created_at), &Instant(expires_at)])
        .await?;
    Ok(())
}

pub(super) async fn rotate(
    store: &Postgres,
    ledger: LedgerId,
    old: [u8; 32],
    new: [u8; 32],
    new_expires_at: Timestamp,
    now: Timestamp,
) -> Result<Rotation, StoreError> {
    let db_tx = DbTx::begin(&store.writers).await?;
    let found = query(
        &db_tx,
        "SELECT t.family, t.rotated_at IS NOT NULL AS was_rotated, t.revoked_at IS NOT NULL OR t.expires_at <= $3 AS is_over,
            u.user_id, u.username, u.email, u.password_hash, u.role, u.created_at
         FROM refresh_tokens t
         JOIN users u ON u.ledger_id = t.ledger_id AND u.user_id = t.user_id
         WHERE t.ledger_id = $1 AND t.token_hash = $2
         FOR UPDATE OF t",
        &[&ledger.0, &old.as_slice(), &Instant(now)],
    )
    .await?;
    let Some(row) = found.first() else {
        db_tx.rollback().await?;
        return Ok(Rotation::Invalid);
    };
    let family: Uuid = row.get("family");
    let rotation = if row.get("was_rotated") {
        revoke_family(&db_tx, ledger, family, now).await?;
        Rotation::Reused
    } else if row.get("is_over") {
        Rotation::Invalid
    } else {
        let user = user_from_row(row)?;
        let rotated = "UPDATE refresh_tokens SET rotated_at = $3 WHERE ledger_id = $1 AND token_hash = $2";
        query(&db_tx, rotated, &[&ledger.0, &old.as_slice(), &Instant(now)]).await?;
        insert(&db_tx, ledger, &new, family, user.id.0, now, new_expires_at).await?;
        Rotation::Rotated(user)
    };
    db_tx.commit().await.map_err(|error| match error {
        CommitError::Conflict(error) | CommitError::Final(error) => error,
    })?;
    Ok(rotation)
}

async fn revoke_family(
    client: &ClientWrapper,
    ledger: LedgerId,
    family: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    const REVOKE: &str = "
        UPDATE refresh_tokens SET revoked_at = $3 WHERE ledger_id = $1 AND family = $2 AND revoked_at IS NULL";
    query(client, REVOKE, &[&ledger.0, &family, &Instant(now)]).await?;
    Ok(())
}

pub(super) async fn end(
    client: &ClientWrapper,
    ledger: LedgerId,
    token: [u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    const FAMILY: &str = "SELECT family FROM refresh_tokens WHERE ledger_id = $1 AND token_hash = $2";
    let found = query(client, FAMILY, &[&ledger.0, &token.as_slice()]).await?;
    match found.first() {
        Some(row) => revoke_family(client, ledger, row.get("family"), now).await,
        None => Ok(()),
    }
}
