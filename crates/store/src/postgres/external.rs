//! Who users are to external issuers.

use super::Postgres;
use super::audit_log;
use super::codec::Instant;
use super::creation::query;
use super::db_tx::DbTx;
use super::load::unreadable;
use super::people::user_from_row;
use crate::{AuditLine, ExternalIdentity, Origin, Refusal, StoreError, User};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, Timestamp, UserId};
use tokio_postgres::Row;

pub(super) async fn set(
    store: &Postgres,
    ledger: LedgerId,
    user: UserId,
    identity: Option<&ExternalIdentity>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Result<(), Refusal>, StoreError> {
    let db_tx = DbTx::begin(&store.readers).await?;
    // One change of a user's at a time.
    let locked = "SELECT 1 FROM users WHERE ledger_id = $1 AND user_id = $2 FOR NO KEY UPDATE";
    if query(&db_tx, locked, &[&ledger.0, &user.0]).await?.is_empty() {
        db_tx.rollback().await?;
        return Ok(Err(Refusal::UserNotFound));
    }
    if of_user(&db_tx, ledger, user).await?.as_ref() == identity {
        db_tx.rollback().await?;
        return Ok(Ok(()));
    }
    query(
        &db_tx,
        "DELETE FROM external_identities WHERE ledger_id = $1 AND user_id = $2",
        &[&ledger.0, &user.0],
    )
    .await?;
    if let Some(identity) = identity {
        let inserted = query(
            &db_tx,
            "INSERT INTO external_identities (ledger_id, user_id, issuer, subject, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING user_id",
            &[&ledger.0, &user.0, &identity.issuer(), &identity.subject(), &Instant(now)],
        )
        .await?;
        if inserted.is_empty() {
            db_tx.rollback().await?;
            return Ok(Err(Refusal::ExternalIdentityTaken));
        }
    }
    let line = AuditLine::external_identity_set(user, identity);
    audit_log::append(&db_tx, ledger, origin, &line, now).await?;
    db_tx.commit().await?;
    Ok(Ok(()))
}

pub(super) async fn of_user(
    client: &ClientWrapper,
    ledger: LedgerId,
    user: UserId,
) -> Result<Option<ExternalIdentity>, StoreError> {
    let found = "SELECT issuer, subject FROM external_identities WHERE ledger_id = $1 AND user_id = $2";
    query(client, found, &[&ledger.0, &user.0]).await?.first().map(identity_from_row).transpose()
}

/// The user who has that external identity.
pub(super) async fn find(
    client: &ClientWrapper,
    ledger: LedgerId,
    identity: &ExternalIdentity,
) -> Result<Option<User>, StoreError> {
    const FIND: &str = "
        SELECT u.user_id, u.username, u.email, u.password_hash, u.role, u.created_at
        FROM external_identities x
        JOIN users u ON u.ledger_id = x.ledger_id AND u.user_id = x.user_id
        WHERE x.ledger_id = $1 AND x.issuer = $2 AND x.subject = $3";
    let found = query(client, FIND, &[&ledger.0, &identity.issuer(), &identity.subject()]).await?;
    found.first().map(user_from_row).transpose()
}

fn identity_from_row(row: &Row) -> Result<ExternalIdentity, StoreError> {
    ExternalIdentity::new(row.get("issuer"), row.get("subject"))
        .ok_or_else(|| unreadable("external identity"))
}
