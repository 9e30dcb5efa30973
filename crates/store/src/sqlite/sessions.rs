//! Refresh tokens: one family a sign-in, each token good for one exchange.

use super::audit_log;
use super::people::user_from_row;
use crate::{Actor, AuditAction, AuditLine, Origin, RefreshToken, Rotation, StoreError, Subject};
use florin_ledger::{LedgerId, Timestamp, UserId};
use rusqlite::{OptionalExtension, Transaction, params};

/// Stores the first token of a sign-in.
pub(super) fn start(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    token: &RefreshToken,
    origin: &Origin,
) -> Result<(), StoreError> {
    insert(db_tx, ledger, token)?;
    let line = AuditLine::done(AuditAction::UserSignedIn, Subject::User(token.user));
    audit_log::append(db_tx, ledger, origin, &line, token.created_at)
}

fn insert(db_tx: &Transaction<'_>, ledger: LedgerId, token: &RefreshToken) -> Result<(), StoreError> {
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
    origin: &Origin,
    now: Timestamp,
) -> Result<Rotation, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT u.user_id, u.username, u.email, u.password_hash, u.role, u.created_at,
                t.family, t.rotated_at, t.revoked_at IS NOT NULL OR t.expires_at <= ?3
         FROM refresh_tokens t JOIN users u ON u.ledger_id = t.ledger_id AND u.user_id = t.user_id
         WHERE t.ledger_id = ?1 AND t.token_hash = ?2",
    )?;
    let mut rows = statement.query(params![ledger.0, old, now.0])?;
    let Some(row) = rows.next()? else { return Ok(Rotation::Invalid) };
    let family: [u8; 16] = row.get(6)?;
    if let Some(rotated_at) = row.get(7)? {
        if is_repeatable(db_tx, ledger, family, Timestamp(rotated_at), new, now)? {
            return Ok(Rotation::Rotated(user_from_row(row)?));
        }
        revoke_family(db_tx, ledger, family, now)?;
        let line = AuditLine::refused(AuditAction::UserTokenReused, Subject::User(UserId(row.get(0)?)));
        audit_log::append(db_tx, ledger, origin, &line, now)?;
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
    insert(db_tx, ledger, &successor)?;
    Ok(Rotation::Rotated(user))
}

/// Whether a token was exchanged just now for this very successor, which nobody has used.
fn is_repeatable(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    family: [u8; 16],
    rotated_at: Timestamp,
    successor: [u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    if rotated_at <= RefreshToken::unrepeatable_since(now) {
        return Ok(false);
    }
    let is_unused = db_tx
        .prepare_cached(
            "SELECT 1 FROM refresh_tokens
             WHERE ledger_id = ?1 AND token_hash = ?2 AND family = ?3
               AND rotated_at IS NULL AND revoked_at IS NULL AND expires_at > ?4",
        )?
        .exists(params![ledger.0, successor, family, now.0])?;
    Ok(is_unused)
}

/// Revokes a token's family.
pub(super) fn end(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    token: [u8; 32],
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    let found = db_tx
        .prepare_cached(
            "SELECT family, user_id FROM refresh_tokens WHERE ledger_id = ?1 AND token_hash = ?2",
        )?
        .query_row(params![ledger.0, token], |row| Ok((row.get(0)?, UserId(row.get(1)?))))
        .optional()?;
    let Some((family, user)) = found else { return Ok(()) };
    if revoke_family(db_tx, ledger, family, now)? == 0 {
        return Ok(());
    }
    // The token proves whose it is.
    let origin = origin.clone().by(Actor::User(user));
    let line = AuditLine::done(AuditAction::UserSignedOut, Subject::User(user));
    audit_log::append(db_tx, ledger, &origin, &line, now)
}

/// How many tokens it revoked that were not.
fn revoke_family(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    family: [u8; 16],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let revoked = db_tx
        .prepare_cached(
            "UPDATE refresh_tokens SET revoked_at = ?3
             WHERE ledger_id = ?1 AND family = ?2 AND revoked_at IS NULL",
        )?
        .execute(params![ledger.0, family, now.0])?;
    Ok(revoked)
}
