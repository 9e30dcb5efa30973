//! Users and API keys.

use super::Postgres;
use super::audit_log;
use super::codec::Instant;
use super::creation::{self, Resource, Turn, query};
use super::db_tx::DbTx;
use super::load::unreadable;
use crate::{
    ApiKey, AuditAction, AuditLine, Created, CreationKey, EmailAddress, NewApiKey, NewUser, Origin, Refusal,
    Role, Scope, StoreError, Subject, User, Username,
};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{ApiKeyId, LedgerId, Timestamp, UserId};
use tokio_postgres::Row;

pub(super) async fn create_user(
    store: &Postgres,
    ledger: LedgerId,
    new: NewUser,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<User>, StoreError> {
    let creation = match creation::begin(store, ledger, Resource::User, 1, key).await? {
        Turn::Go(creation) => creation,
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => {
            let id = UserId(id.parse().map_err(|_| unreadable("creation key's user"))?);
            let first = store.read(async |client| user(client, ledger, id).await).await?;
            return first.map(Created::Replayed).ok_or_else(|| unreadable("replayed user"));
        }
    };
    let taken = query(
        &creation.db_tx,
        "SELECT username = $2 AS is_name FROM users WHERE ledger_id = $1 AND (username = $2 OR email = $3)
         ORDER BY is_name DESC LIMIT 1",
        &[&ledger.0, &new.username.as_str(), &new.email.as_str()],
    )
    .await?;
    if let Some(row) = taken.first() {
        let refusal = if row.get("is_name") { Refusal::UsernameTaken } else { Refusal::EmailTaken };
        creation.db_tx.rollback().await?;
        return Ok(Created::Refused(refusal));
    }
    query(
        &creation.db_tx,
        "INSERT INTO users (ledger_id, user_id, username, email, password_hash, role, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &ledger.0,
            &creation.first_id,
            &new.username.as_str(),
            &new.email.as_str(),
            &new.password_hash,
            &new.role.as_str(),
            &Instant(now),
        ],
    )
    .await?;
    let NewUser { username, email, password_hash, role } = new;
    let created =
        User { id: UserId(creation.first_id), username, email, password_hash, role, created_at: now };
    creation.commit(&created.id.to_string(), &AuditLine::user_created(&created), origin, now).await?;
    Ok(Created::New(created))
}

const SELECT_USER: &str =
    "SELECT user_id, username, email, password_hash, role, created_at FROM users WHERE ledger_id = $1";

pub(super) async fn user(
    client: &ClientWrapper,
    ledger: LedgerId,
    id: UserId,
) -> Result<Option<User>, StoreError> {
    let statement = format!("{SELECT_USER} AND user_id = $2");
    query(client, &statement, &[&ledger.0, &id.0]).await?.first().map(user_from_row).transpose()
}

pub(super) async fn user_by_name(
    client: &ClientWrapper,
    ledger: LedgerId,
    name: &Username,
) -> Result<Option<User>, StoreError> {
    let statement = format!("{SELECT_USER} AND username = $2");
    query(client, &statement, &[&ledger.0, &name.as_str()]).await?.first().map(user_from_row).transpose()
}

pub(super) async fn users(
    client: &ClientWrapper,
    ledger: LedgerId,
    before: Option<UserId>,
    limit: usize,
) -> Result<Vec<User>, StoreError> {
    let statement = format!("{SELECT_USER} AND user_id < $2 ORDER BY user_id DESC LIMIT $3");
    let (before, limit) = (before.map_or(i64::MAX, |id| id.0), i64::try_from(limit).unwrap_or(i64::MAX));
    query(client, &statement, &[&ledger.0, &before, &limit]).await?.iter().map(user_from_row).collect()
}

pub(super) fn user_from_row(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.get("user_id")),
        username: Username::parse(row.get("username")).ok_or_else(|| unreadable("user's name"))?,
        email: EmailAddress::parse(row.get("email")).ok_or_else(|| unreadable("user's address"))?,
        password_hash: row.get("password_hash"),
        role: Role::parse(row.get("role")).ok_or_else(|| unreadable("user's role"))?,
        created_at: row.get::<_, Instant>("created_at").0,
    })
}

pub(super) async fn create_api_key(
    store: &Postgres,
    ledger: LedgerId,
    new: NewApiKey,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<ApiKey>, StoreError> {
    let creation = match creation::begin(store, ledger, Resource::ApiKey, 1, key).await? {
        Turn::Go(creation) => creation,
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => {
            let id: i64 = id.parse().map_err(|_| unreadable("creation key's API key"))?;
            let statement = format!("{SELECT_API_KEY} AND api_key_id = $2");
            let first =
                store.read(async |client| query(client, &statement, &[&ledger.0, &id]).await).await?.pop();
            let first = first.ok_or_else(|| unreadable("replayed API key"))?;
            return Ok(Created::Replayed(ApiKey { revoked_at: None, ..api_key_from_row(&first)? }));
        }
    };
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    query(
        &creation.db_tx,
        "INSERT INTO api_keys (ledger_id, api_key_id, name, secret_hash, scopes, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &ledger.0,
            &creation.first_id,
            &new.name,
            &new.secret_hash.as_slice(),
            &scopes,
            &new.created_by.0,
            &Instant(now),
        ],
    )
    .await?;
    let created = ApiKey {
        id: ApiKeyId(creation.first_id),
        name: new.name,
        scopes: new.scopes,
        created_by: new.created_by,
        created_at: now,
        revoked_at: None,
    };
    creation.commit(&created.id.to_string(), &AuditLine::api_key_created(&created), origin, now).await?;
    Ok(Created::New(created))
}

const SELECT_API_KEY: &str =
    "SELECT api_key_id, name, scopes, created_by, created_at, revoked_at FROM api_keys WHERE ledger_id = $1";

pub(super) async fn api_key_by_secret(
    client: &ClientWrapper,
    ledger: LedgerId,
    secret_hash: [u8; 32],
) -> Result<Option<ApiKey>, StoreError> {
    let statement = format!("{SELECT_API_KEY} AND secret_hash = $2");
    let rows = query(client, &statement, &[&ledger.0, &secret_hash.as_slice()]).await?;
    rows.first().map(api_key_from_row).transpose()
}

pub(super) async fn api_keys(
    client: &ClientWrapper,
    ledger: LedgerId,
    before: Option<ApiKeyId>,
    limit: usize,
) -> Result<Vec<ApiKey>, StoreError> {
    let statement = format!("{SELECT_API_KEY} AND api_key_id < $2 ORDER BY api_key_id DESC LIMIT $3");
    let (before, limit) = (before.map_or(i64::MAX, |id| id.0), i64::try_from(limit).unwrap_or(i64::MAX));
    query(client, &statement, &[&ledger.0, &before, &limit]).await?.iter().map(api_key_from_row).collect()
}

pub(super) async fn revoke_api_key(
    store: &Postgres,
    ledger: LedgerId,
    id: ApiKeyId,
    origin: &Origin,
    now: Timestamp,
) -> Result<Option<ApiKey>, StoreError> {
    let db_tx = DbTx::begin(&store.readers).await?;
    let locked = format!("{SELECT_API_KEY} AND api_key_id = $2 FOR UPDATE");
    let found = query(&db_tx, &locked, &[&ledger.0, &id.0]).await?;
    let api_key = match found.first().map(api_key_from_row).transpose()? {
        Some(api_key) if api_key.revoked_at.is_none() => api_key,
        unchanged => {
            db_tx.rollback().await?;
            return Ok(unchanged);
        }
    };
    query(
        &db_tx,
        "UPDATE api_keys SET revoked_at = $3 WHERE ledger_id = $1 AND api_key_id = $2",
        &[&ledger.0, &id.0, &Instant(now)],
    )
    .await?;
    let line = AuditLine::done(AuditAction::ApiKeyRevoked, Subject::ApiKey(id));
    audit_log::append(&db_tx, ledger, origin, &line, now).await?;
    db_tx.commit().await?;
    Ok(Some(ApiKey { revoked_at: Some(now), ..api_key }))
}

fn api_key_from_row(row: &Row) -> Result<ApiKey, StoreError> {
    let scopes: Vec<&str> = row.get("scopes");
    let scopes: Option<Vec<Scope>> = scopes.into_iter().map(Scope::parse).collect();
    Ok(ApiKey {
        id: ApiKeyId(row.get("api_key_id")),
        name: row.get("name"),
        scopes: scopes.ok_or_else(|| unreadable("API key's scopes"))?,
        created_by: UserId(row.get("created_by")),
        created_at: row.get::<_, Instant>("created_at").0,
        revoked_at: row.get::<_, Option<Instant>>("revoked_at").map(|time| time.0),
    })
}
