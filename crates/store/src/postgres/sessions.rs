//! Refresh tokens: one family a sign-in, each token good for one exchange.

use super::Postgres;
use super::audit_log;
use super::codec::Instant;
use super::creation::query;
use super::db_tx::DbTx;
use super::people::user_from_row;
use crate::{Actor, AuditAction, AuditLine, Origin, RefreshToken, Rotation, StoreError, Subject};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, Timestamp, UserId};
use uuid::Uuid;

pub(super) async fn start(
    store: &Postgres,
    ledger: LedgerId,
    token: RefreshToken,
    origin: &Origin,
) -> Result<(), StoreError> {
    let db_tx = DbTx::begin(&store.readers).await?;
    let family = Uuid::from_u128(token.family);
    insert(&db_tx, ledger, &token.hash, family, token.user.0, token.created_at, token.expires_at).await?;
    let line = AuditLine::done(AuditAction::UserSignedIn, Subject::User(token.user));
    audit_log::append(&db_tx, ledger, origin, &line, token.created_at).await?;
    Ok(db_tx.commit().await?)
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
    origin: &Origin,
    now: Timestamp,
) -> Result<Rotation, StoreError> {
    let db_tx = DbTx::begin(&store.writers).await?;
    let found = query(
        &db_tx,
        "SELECT t.family, t.rotated_at IS NOT NULL AS was_rotated, t.rotated_at > $4 AS is_fresh,
            t.revoked_at IS NOT NULL OR t.expires_at <= $3 AS is_over, u.user_id, u.username, u.email, u.password_hash, u.role, u.created_at
         FROM refresh_tokens t
         JOIN users u ON u.ledger_id = t.ledger_id AND u.user_id = t.user_id
         WHERE t.ledger_id = $1 AND t.token_hash = $2
         FOR UPDATE OF t",
        &[
            &ledger.0,
            &old.as_slice(),
            &Instant(now),
            &Instant(RefreshToken::unrepeatable_since(now)),
        ],
    )
    .await?;
    let Some(row) = found.first() else {
        db_tx.rollback().await?;
        return Ok(Rotation::Invalid);
    };
    let family: Uuid = row.get("family");
    let is_fresh = row.get::<_, Option<bool>>("is_fresh") == Some(true);
    let rotation = if is_fresh && is_unused(&db_tx, ledger, family, &new, now).await? {
        // It was exchanged just now for this very successor.
        Rotation::Rotated(user_from_row(row)?)
    } else if row.get("was_rotated") {
        revoke_family(&db_tx, ledger, family, now).await?;
        let user = Subject::User(UserId(row.get("user_id")));
        let line = AuditLine::refused(AuditAction::UserTokenReused, user);
        audit_log::append(&db_tx, ledger, origin, &line, now).await?;
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
    db_tx.commit().await?;
    Ok(rotation)
}

/// Whether the family has this token, and nobody has used it.
async fn is_unused(
    client: &ClientWrapper,
    ledger: LedgerId,
    family: Uuid,
    token: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    const UNUSED: &str = "
        SELECT FROM refresh_tokens
        WHERE ledger_id = $1 AND token_hash = $2 AND family = $3
          AND rotated_at IS NULL AND revoked_at IS NULL AND expires_at > $4";
    let found = query(client, UNUSED, &[&ledger.0, &token, &family, &Instant(now)]).await?;
    Ok(!found.is_empty())
}

/// How many tokens it revoked that were not.
async fn revoke_family(
    client: &ClientWrapper,
    ledger: LedgerId,
    family: Uuid,
    now: Timestamp,
) -> Result<usize, StoreError> {
    const REVOKE: &str = "
        UPDATE refresh_tokens SET revoked_at = $3
        WHERE ledger_id = $1 AND family = $2 AND revoked_at IS NULL RETURNING 1";
    Ok(query(client, REVOKE, &[&ledger.0, &family, &Instant(now)]).await?.len())
}

pub(super) async fn end(
    store: &Postgres,
    ledger: LedgerId,
    token: [u8; 32],
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    const FAMILY: &str =
        "SELECT family, user_id FROM refresh_tokens WHERE ledger_id = $1 AND token_hash = $2";
    let db_tx = DbTx::begin(&store.readers).await?;
    let found = query(&db_tx, FAMILY, &[&ledger.0, &token.as_slice()]).await?;
    if let Some(row) = found.first()
        && revoke_family(&db_tx, ledger, row.get("family"), now).await? > 0
    {
        // The token proves whose it is.
        let user = UserId(row.get("user_id"));
        let line = AuditLine::done(AuditAction::UserSignedOut, Subject::User(user));
        audit_log::append(&db_tx, ledger, &origin.clone().by(Actor::User(user)), &line, now).await?;
    }
    Ok(db_tx.commit().await?)
}
