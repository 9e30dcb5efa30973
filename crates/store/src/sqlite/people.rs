//! Users and API keys.

use super::audit_log;
use super::creation::{self, Resource, Turn, vanished};
use super::rows::parsed;
use crate::{
    ApiKey, AuditAction, AuditLine, Created, CreationKey, EmailAddress, NewApiKey, NewUser, Origin, Refusal,
    Role, Scope, StoreError, Subject, User, Username,
};
use florin_ledger::{ApiKeyId, LedgerId, Timestamp, UserId};
use rusqlite::{Params, Row, Transaction, params};

/// Users, in the columns that [`user_from_row`] reads.
macro_rules! select_users {
    ($condition:literal) => {
        concat!(
            "SELECT user_id, username, email, password_hash, role, created_at FROM users
             WHERE ledger_id = ?1 AND ",
            $condition
        )
    };
}

/// API keys, in the columns that [`api_key_from_row`] reads.
macro_rules! select_api_keys {
    ($condition:literal) => {
        concat!(
            "SELECT api_key_id, name, scopes, created_by, created_at, revoked_at FROM api_keys
             WHERE ledger_id = ?1 AND ",
            $condition
        )
    };
}

/// Creates a user.
pub(super) fn create_user(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    new: &NewUser,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<User>, StoreError> {
    match creation::turn(db_tx, ledger, Resource::User, key)? {
        Turn::Go => {}
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => return stored_user(db_tx, ledger, UserId(id)).map(Created::Replayed),
    }
    if user_by_name(db_tx, ledger, &new.username)?.is_some() {
        return Ok(Created::Refused(Refusal::UsernameTaken));
    }
    if has_email(db_tx, ledger, &new.email)? {
        return Ok(Created::Refused(Refusal::EmailTaken));
    }
    // Users are never deleted, and one thread writes, so the next id is one above the highest.
    let id: i64 = db_tx
        .prepare_cached("SELECT coalesce(max(user_id), 0) + 1 FROM users WHERE ledger_id = ?1")?
        .query_row([ledger.0], |row| row.get(0))?;
    db_tx
        .prepare_cached(
            "INSERT INTO users (ledger_id, user_id, username, email, password_hash, role, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            ledger.0,
            id,
            new.username.as_str(),
            new.email.as_str(),
            new.password_hash,
            new.role.as_str(),
            now.0
        ])?;
    creation::bind(db_tx, ledger, Resource::User, id, key, now)?;
    let user = stored_user(db_tx, ledger, UserId(id))?;
    audit_log::append(db_tx, ledger, origin, &AuditLine::user_created(&user), now)?;
    Ok(Created::New(user))
}

fn has_email(db_tx: &Transaction<'_>, ledger: LedgerId, email: &EmailAddress) -> Result<bool, StoreError> {
    let mut statement = db_tx.prepare_cached("SELECT 1 FROM users WHERE ledger_id = ?1 AND email = ?2")?;
    Ok(statement.exists(params![ledger.0, email.as_str()])?)
}

/// A user that must be there.
fn stored_user(db_tx: &Transaction<'_>, ledger: LedgerId, id: UserId) -> Result<User, StoreError> {
    user(db_tx, ledger, id)?.ok_or_else(|| vanished(Resource::User))
}

/// One user.
pub(super) fn user(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: UserId,
) -> Result<Option<User>, StoreError> {
    let found = query(db_tx, select_users!("user_id = ?2"), params![ledger.0, id.0], user_from_row);
    Ok(found?.pop())
}

/// The user of that name.
pub(super) fn user_by_name(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    name: &Username,
) -> Result<Option<User>, StoreError> {
    let found = query(db_tx, select_users!("username = ?2"), params![ledger.0, name.as_str()], user_from_row);
    Ok(found?.pop())
}

/// Users, newest first, below `before`.
pub(super) fn users(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    before: Option<UserId>,
    limit: usize,
) -> Result<Vec<User>, StoreError> {
    let (before, limit) = (before.map_or(i64::MAX, |id| id.0), i64::try_from(limit).unwrap_or(i64::MAX));
    let sql = select_users!("user_id < ?2 ORDER BY user_id DESC LIMIT ?3");
    query(db_tx, sql, params![ledger.0, before, limit], user_from_row)
}

/// Creates an API key.
pub(super) fn create_api_key(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    new: &NewApiKey,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<ApiKey>, StoreError> {
    match creation::turn(db_tx, ledger, Resource::ApiKey, key)? {
        Turn::Go => {}
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => {
            let created = stored_api_key(db_tx, ledger, ApiKeyId(id))?;
            return Ok(Created::Replayed(ApiKey { revoked_at: None, ..created }));
        }
    }
    let id: i64 = db_tx
        .prepare_cached("SELECT coalesce(max(api_key_id), 0) + 1 FROM api_keys WHERE ledger_id = ?1")?
        .query_row([ledger.0], |row| row.get(0))?;
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    db_tx
        .prepare_cached(
            "INSERT INTO api_keys (ledger_id, api_key_id, name, secret_hash, scopes, created_by, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            ledger.0,
            id,
            new.name,
            new.secret_hash,
            scopes.join(" "),
            new.created_by.0,
            now.0
        ])?;
    creation::bind(db_tx, ledger, Resource::ApiKey, id, key, now)?;
    let api_key = stored_api_key(db_tx, ledger, ApiKeyId(id))?;
    audit_log::append(db_tx, ledger, origin, &AuditLine::api_key_created(&api_key), now)?;
    Ok(Created::New(api_key))
}

/// An API key that must be there.
fn stored_api_key(db_tx: &Transaction<'_>, ledger: LedgerId, id: ApiKeyId) -> Result<ApiKey, StoreError> {
    api_key(db_tx, ledger, id)?.ok_or_else(|| vanished(Resource::ApiKey))
}

fn api_key(db_tx: &Transaction<'_>, ledger: LedgerId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    let found = query(db_tx, select_api_keys!("api_key_id = ?2"), params![ledger.0, id.0], api_key_from_row);
    Ok(found?.pop())
}

/// The API key with that secret's hash; revoked ones too.
pub(super) fn api_key_by_secret(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    secret_hash: [u8; 32],
) -> Result<Option<ApiKey>, StoreError> {
    let sql = select_api_keys!("secret_hash = ?2");
    Ok(query(db_tx, sql, params![ledger.0, secret_hash], api_key_from_row)?.pop())
}

/// API keys, newest first, below `before`; revoked ones too.
pub(super) fn api_keys(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    before: Option<ApiKeyId>,
    limit: usize,
) -> Result<Vec<ApiKey>, StoreError> {
    let (before, limit) = (before.map_or(i64::MAX, |id| id.0), i64::try_from(limit).unwrap_or(i64::MAX));
    let sql = select_api_keys!("api_key_id < ?2 ORDER BY api_key_id DESC LIMIT ?3");
    query(db_tx, sql, params![ledger.0, before, limit], api_key_from_row)
}

/// Revokes an API key; one that is revoked stays as it is.
pub(super) fn revoke_api_key(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: ApiKeyId,
    origin: &Origin,
    now: Timestamp,
) -> Result<Option<ApiKey>, StoreError> {
    let revoked = db_tx
        .prepare_cached(
            "UPDATE api_keys SET revoked_at = ?3
             WHERE ledger_id = ?1 AND api_key_id = ?2 AND revoked_at IS NULL",
        )?
        .execute(params![ledger.0, id.0, now.0])?;
    if revoked > 0 {
        let line = AuditLine::done(AuditAction::ApiKeyRevoked, Subject::ApiKey(id));
        audit_log::append(db_tx, ledger, origin, &line, now)?;
    }
    api_key(db_tx, ledger, id)
}

fn query<T>(
    db_tx: &Transaction<'_>,
    sql: &'static str,
    values: impl Params,
    from_row: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db_tx.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_row(row)?);
    }
    Ok(found)
}

/// The user in the first columns.
pub(super) fn user_from_row(row: &Row<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.get(0)?),
        username: parsed(row, 1, Username::parse)?,
        email: parsed(row, 2, EmailAddress::parse)?,
        password_hash: row.get(3)?,
        role: parsed(row, 4, Role::parse)?,
        created_at: Timestamp(row.get(5)?),
    })
}

fn api_key_from_row(row: &Row<'_>) -> Result<ApiKey, StoreError> {
    let revoked_at: Option<i64> = row.get(5)?;
    Ok(ApiKey {
        id: ApiKeyId(row.get(0)?),
        name: row.get(1)?,
        scopes: parsed(row, 2, |text| text.split_whitespace().map(Scope::parse).collect())?,
        created_by: UserId(row.get(3)?),
        created_at: Timestamp(row.get(4)?),
        revoked_at: revoked_at.map(Timestamp),
    })
}
