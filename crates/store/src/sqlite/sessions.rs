//! Refresh tokens: one family a sign-in, each token good for one exchange.

use super::people::user_from_row;
use crate::{RefreshToken, Rotation, StoreError};
use florin_ledger::{LedgerId, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

/// Stores the first token of a sign-in.
pub(super) fn start(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    token: &RefreshToken,
) -> Result<(), StoreError> {
    db_tx
        .prepare_cached(
            "INSERT INTO refresh_tokens (ledger_id, token_hash, family, user_id, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            ledger.0,
            token.hash,
            token.family.to_be_bytes(),
            token.user.0,
            token.created_at.0,
            token.expires_at.0
        ])?;
    Ok(())
}

/// Exchanges a token for its successor.
pub(super) fn rotate(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    old: [u8; 32],
    new: [u8; 32],
    new_expires_at: Timestamp,
    now: Timestamp,
) -> Result<Rotation, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT u.user_id, u.username, u.email, u.password_hash, u.role, u.created_at,
                t.family, t.rotated_at IS NOT NULL, t.revoked_at IS NOT NULL OR t.expires_at <= ?3
         FROM refresh_tokens t JOIN users u ON u.ledger_id = t.ledger_id AND u.user_id = t.user_id
         WHERE t.ledger_id = ?1 AND t.token_hash = ?2",
    )?;
    let mut rows = statement.query(params![ledger.0, old, now.0])?;
    let Some(row) = rows.next()? else { return Ok(Rotation::Invalid) };
    let family: [u8; 16] = row.get(6)?;
    if row.get(7)? {
        revoke_family(db_tx, ledger, family, now)?;
        return Ok(Rotation::Reused);
    }
    if row.get(8)? {
        return Ok(Rotation::Invalid);
    }
    let user = user_from_row(row)?;
    db_tx
        .prepare_cached("UPDATE refresh_tokens SET rotated_at = ?3 WHERE ledger_id = ?1 AND token_hash = ?2")?
        .execute(params![ledger.0, old, now.0])?;
    let successor = RefreshToken {
        hash: new,
        family: u128::from_be_bytes(family),
        user: user.id,
        created_at: now,
        expires_at: new_expires_at,
    };
    start(db_tx, ledger, &successor)?;
    Ok(Rotation::Rotated(user))
}

/// Revokes a token's family.
pub(super) fn end(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    token: [u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    let family = db_tx
        .prepare_cached("SELECT family FROM refresh_tokens WHERE ledger_id = ?1 AND token_hash = ?2")?
        .query_row(params![ledger.0, token], |row| row.get(0))
        .optional()?;
    family.map_or(Ok(()), |family| revoke_family(db_tx, ledger, family, now))
}

fn revoke_family(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    family: [u8; 16],
    now: Timestamp,
) -> Result<(), StoreError> {
    db_tx
        .prepare_cached(
            "UPDATE refresh_tokens SET revoked_at = ?3
             WHERE ledger_id = ?1 AND family = ?2 AND revoked_at IS NULL",
        )?
        .execute(params![ledger.0, family, now.0])?;
    Ok(())
}
