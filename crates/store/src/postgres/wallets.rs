//! Wallets: created, read, listed, and their settings changed.

use super::Postgres;
use super::assets::scale;
use super::audit_log;
use super::codec::{Instant, Numeric};
use super::creation::{self, Resource, Turn, query};
use super::db_tx::DbTx;
use super::load::{unreadable, wallet_from_row};
use crate::{
    AuditLine, Created, CreationKey, NewWallet, Origin, Refusal, StoreError, Username, WalletFilter,
    WalletName, WalletRecord,
};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{AssetCode, LedgerId, Rejection, Timestamp, Version, WalletChange, WalletId};
use std::collections::HashMap;
use tokio_postgres::Row;

const SELECT: &str = "
    SELECT w.wallet_id, w.user_id, w.system_role, w.asset, w.name, w.status, w.posted, w.credit_limit, w.version,
        w.last_entry_at, w.created_at, a.scale
    FROM wallets w
    JOIN assets a ON a.ledger_id = w.ledger_id AND a.code = w.asset
    WHERE w.ledger_id = $1";

pub(super) async fn create(
    store: &Postgres,
    ledger: LedgerId,
    new: NewWallet,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<WalletRecord>, StoreError> {
    let creation = match creation::begin(store, ledger, Resource::Wallet, 1, key).await? {
        Turn::Go(creation) => creation,
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => {
            let id = WalletId(id.parse().map_err(|_| unreadable("creation key's wallet"))?);
            let first = store.read(async |client| by_ids(client, ledger, &[id]).await).await?.pop();
            let first = first.ok_or_else(|| unreadable("replayed wallet"))?;
            return Ok(Created::Replayed(first.as_created()));
        }
    };
    if let Some(refusal) = refusal(&creation.db_tx, ledger, &new).await? {
        creation.db_tx.rollback().await?;
        return Ok(Created::Refused(refusal));
    }
    query(
        &creation.db_tx,
        "INSERT INTO wallets (ledger_id, wallet_id, user_id, asset, name, status, posted, credit_limit, version,
            last_entry_at, created_at)
         VALUES ($1, $2, $3, $4, $5, 'active', 0, 0, 0, 'epoch', $6)",
        &[
            &ledger.0,
            &creation.first_id,
            &new.user.0,
            &new.asset.as_str(),
            &new.name.as_str(),
            &Instant(now),
        ],
    )
    .await?;
    let id = WalletId(creation.first_id);
    let created =
        by_ids(&creation.db_tx, ledger, &[id]).await?.pop().ok_or_else(|| unreadable("new wallet"))?;
    creation.commit(&id.to_string(), &AuditLine::wallet_created(&created), origin, now).await?;
    Ok(Created::New(created))
}

async fn refusal(db_tx: &DbTx, ledger: LedgerId, new: &NewWallet) -> Result<Option<Refusal>, StoreError> {
    let row = query(
        db_tx,
        "SELECT
            EXISTS (SELECT 1 FROM users WHERE ledger_id = $1 AND user_id = $2) AS has_user,
            EXISTS (SELECT 1 FROM assets WHERE ledger_id = $1 AND code = $3) AS has_asset,
            EXISTS (SELECT 1 FROM wallets WHERE ledger_id = $1 AND user_id = $2 AND asset = $3 AND name = $4
                AND status <> 'closed') AS has_wallet",
        &[&ledger.0, &new.user.0, &new.asset.as_str(), &new.name.as_str()],
    )
    .await?
    .pop()
    .ok_or_else(|| unreadable("answer"))?;
    Ok(match (row.get("has_user"), row.get("has_asset"), row.get("has_wallet")) {
        (false, _, _) => Some(Refusal::UserNotFound),
        (_, false, _) => Some(Refusal::AssetNotFound),
        (_, _, true) => Some(Refusal::WalletExists),
        (true, true, false) => None,
    })
}

/// Those of the wallets that exist, by ascending id, in one snapshot.
pub(super) async fn by_ids(
    client: &ClientWrapper,
    ledger: LedgerId,
    ids: &[WalletId],
) -> Result<Vec<WalletRecord>, StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let statement = format!("{SELECT} AND w.wallet_id = ANY($2) ORDER BY w.wallet_id");
    query(client, &statement, &[&ledger.0, &ids]).await?.iter().map(from_row).collect()
}

/// The main wallets in an asset of those of the users that exist and have one.
pub(super) async fn main_by_names(
    client: &ClientWrapper,
    ledger: LedgerId,
    asset: AssetCode,
    names: &[Username],
) -> Result<Vec<(Username, WalletRecord)>, StoreError> {
    const USERS: &str = "SELECT user_id, username FROM users WHERE ledger_id = $1 AND username = ANY($2)";
    let names: Vec<&str> = names.iter().map(Username::as_str).collect();
    let users = query(client, USERS, &[&ledger.0, &names]).await?;
    let ids: Vec<i64> = users.iter().map(|row| row.get("user_id")).collect();
    let statement = format!(
        "{SELECT} AND w.user_id = ANY($2) AND w.asset = $3 AND w.name = 'main' AND w.status <> 'closed'"
    );
    let wallets = query(client, &statement, &[&ledger.0, &ids, &asset.as_str()]).await?;
    let mut by_user = HashMap::with_capacity(wallets.len());
    for row in &wallets {
        by_user.insert(row.get::<_, Option<i64>>("user_id"), from_row(row)?);
    }
    let found = users.iter().filter_map(|row| {
        let record = by_user.remove(&row.get("user_id"))?;
        let name = Username::parse(row.get("username")).ok_or_else(|| unreadable("user's name"));
        Some(name.map(|name| (name, record)))
    });
    found.collect()
}

pub(super) async fn page(
    client: &ClientWrapper,
    ledger: LedgerId,
    filter: WalletFilter,
    before: Option<WalletId>,
    limit: usize,
) -> Result<Vec<WalletRecord>, StoreError> {
    let statement = format!(
        "{SELECT}
           AND ($2::bigint IS NULL OR w.user_id = $2)
           AND ($3::text IS NULL OR w.asset = $3)
           AND ($4::text IS NULL OR w.status = $4)
           AND w.wallet_id < $5
         ORDER BY w.wallet_id DESC
         LIMIT $6"
    );
    let rows = query(
        client,
        &statement,
        &[
            &ledger.0,
            &filter.user.map(|user| user.0),
            &filter.asset.as_ref().map(florin_ledger::AssetCode::as_str),
            &filter.status.map(florin_ledger::WalletStatus::as_str),
            &before.map_or(i64::MAX, |id| id.0),
            &i64::try_from(limit).unwrap_or(i64::MAX),
        ],
    )
    .await?;
    rows.iter().map(from_row).collect()
}

pub(super) async fn change(
    store: &Postgres,
    ledger: LedgerId,
    id: WalletId,
    change: WalletChange,
    expected: Option<Version>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Result<WalletRecord, Rejection>, StoreError> {
    let db_tx = DbTx::begin(&store.writers).await?;
    let statement = format!("{SELECT} AND w.wallet_id = $2 FOR NO KEY UPDATE OF w");
    let locked = query(&db_tx, &statement, &[&ledger.0, &id.0]).await?.pop();
    let Some(before) = locked.as_ref().map(from_row).transpose()? else {
        db_tx.rollback().await?;
        return Ok(Err(Rejection::WalletNotFound { wallet: Some(id) }));
    };
    let wallet = match before.wallet.changed(change, expected) {
        Ok(wallet) => wallet,
        Err(rejection) => {
            db_tx.rollback().await?;
            return Ok(Err(rejection));
        }
    };
    let updated = query(
        &db_tx,
        "UPDATE wallets SET status = $3, credit_limit = $4
         WHERE ledger_id = $1 AND wallet_id = $2 AND version = $5
         RETURNING wallet_id",
        &[&ledger.0, &id.0, &wallet.status.as_str(), &Numeric(wallet.credit_limit), &wallet.version.0],
    )
    .await?;
    if updated.len() != 1 {
        return Err(StoreError::RowsAffected { statement: "change wallet", expected: 1, actual: 0 });
    }
    for line in AuditLine::wallet_changes(&before.wallet, &wallet, before.scale) {
        audit_log::append(&db_tx, ledger, origin, &line, now).await?;
    }
    db_tx.commit().await?;
    Ok(Ok(WalletRecord { wallet, ..before }))
}

fn from_row(row: &Row) -> Result<WalletRecord, StoreError> {
    Ok(WalletRecord {
        wallet: wallet_from_row(row)?,
        scale: scale(row.get("scale"))?,
        name: WalletName::parse(row.get("name")).ok_or_else(|| unreadable("wallet's name"))?,
        created_at: row.get::<_, Instant>("created_at").0,
    })
}
