//! Who users are to external issuers.

use super::audit_log;
use super::people::{user, user_from_row};
use super::rows::unreadable;
use crate::{AuditLine, ExternalIdentity, Origin, Refusal, StoreError, User};
use florin_ledger::{LedgerId, Timestamp, UserId};
use rusqlite::{Row, Transaction, params};

pub(super) fn set(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user_id: UserId,
    identity: Option<&ExternalIdentity>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Result<(), Refusal>, StoreError> {
    if user(db_tx, ledger, user_id)?.is_none() {
        return Ok(Err(Refusal::UserNotFound));
    }
    if of_user(db_tx, ledger, user_id)?.as_ref() == identity {
        return Ok(Ok(()));
    }
    if let Some(identity) = identity
        && find(db_tx, ledger, identity)?.is_some()
    {
        return Ok(Err(Refusal::ExternalIdentityTaken));
    }
    db_tx
        .prepare_cached("DELETE FROM external_identities WHERE ledger_id = ?1 AND user_id = ?2")?
        .execute(params![ledger.0, user_id.0])?;
    if let Some(identity) = identity {
        db_tx
            .prepare_cached(
                "INSERT INTO external_identities (ledger_id, user_id, issuer, subject, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![ledger.0, user_id.0, identity.issuer(), identity.subject(), now.0])?;
    }
    audit_log::append(db_tx, ledger, origin, &AuditLine::external_identity_set(user_id, identity), now)?;
    Ok(Ok(()))
}

pub(super) fn of_user(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
) -> Result<Option<ExternalIdentity>, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT issuer, subject FROM external_identities WHERE ledger_id = ?1 AND user_id = ?2",
    )?;
    let mut rows = statement.query(params![ledger.0, user.0])?;
    rows.next()?.map(identity_from_row).transpose()
}

/// The user who has that external identity.
pub(super) fn find(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    identity: &ExternalIdentity,
) -> Result<Option<User>, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT u.user_id, u.username, u.email, u.password_hash, u.role, u.created_at
         FROM external_identities x
         JOIN users u ON u.ledger_id = x.ledger_id AND u.user_id = x.user_id
         WHERE x.ledger_id = ?1 AND x.issuer = ?2 AND x.subject = ?3",
    )?;
    let mut rows = statement.query(params![ledger.0, identity.issuer(), identity.subject()])?;
    rows.next()?.map(user_from_row).transpose()
}

fn identity_from_row(row: &Row<'_>) -> Result<ExternalIdentity, StoreError> {
    let (issuer, subject): (String, String) = (row.get(0)?, row.get(1)?);
    ExternalIdentity::new(&issuer, &subject).ok_or_else(|| unreadable(row, 1, &subject))
}
