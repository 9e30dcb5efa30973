//! Wallets: creating, reading and changing them. Their balances change in [`super::save`] alone.

use super::assets::{scale, scale_of};
use super::audit_log;
use super::codec::Stored;
use super::creation::{self, Resource, Turn, vanished};
use super::rows::{amount, parsed, parsed_if_any, unreadable};
use crate::{
    AuditLine, Created, CreationKey, NewWallet, Origin, Refusal, StoreError, WalletFilter, WalletName,
    WalletRecord,
};
use florin_ledger::{
    Amount, AssetCode, LedgerId, Owner, Rejection, SystemRole, Timestamp, UserId, Version, Wallet,
    WalletChange, WalletId, WalletStatus,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// Wallets with their assets' scales, in the columns that [`record`] reads; by an index where one is named.
macro_rules! select_wallets {
    ($($index:literal,)? where $condition:literal) => {
        concat!(
            "SELECT w.wallet_id, w.user_id, w.system_role, w.asset, w.status, w.posted, w.credit_limit,
                    w.version, w.last_entry_at, w.name, w.created_at, a.scale
             FROM wallets w ", $("INDEXED BY ", $index,)? "
             JOIN assets a ON a.ledger_id = w.ledger_id AND a.code = w.asset
             WHERE w.ledger_id = ?1 AND ",
            $condition
        )
    };
}

const ONE: &str = select_wallets!(where "w.wallet_id = ?2");

// One statement for each way in. Left to itself, SQLite goes through the whole ledger for a page of few.
const PAGE_OF_USER: &str = select_wallets!(
    "wallets_by_user",
    where "w.wallet_id < ?2 AND w.user_id = ?3 AND (?4 IS NULL OR w.asset = ?4)
           AND (?5 IS NULL OR w.status = ?5) ORDER BY w.wallet_id DESC LIMIT ?6"
);
const PAGE_OF_ASSET: &str = select_wallets!(
    "wallets_by_asset",
    where "w.wallet_id < ?2 AND ?3 IS NULL AND w.asset = ?4
           AND (?5 IS NULL OR w.status = ?5) ORDER BY w.wallet_id DESC LIMIT ?6"
);
const PAGE_OF_ALL: &str = select_wallets!(
    where "w.wallet_id < ?2 AND ?3 IS NULL AND ?4 IS NULL
           AND (?5 IS NULL OR w.status = ?5) ORDER BY w.wallet_id DESC LIMIT ?6"
);

/// Creates a user's wallet, active and empty.
pub(super) fn create(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallet: &NewWallet,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<WalletRecord>, StoreError> {
    match creation::turn(db_tx, ledger, Resource::Wallet, key)? {
        Turn::Go => {}
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(id) => {
            let record = stored(db_tx, ledger, WalletId(id))?;
            return Ok(Created::Replayed(record.as_created()));
        }
    }
    if let Some(refusal) = refusal(db_tx, ledger, wallet)? {
        return Ok(Created::Refused(refusal));
    }
    let owner = Owner::User(wallet.user);
    let id = insert(db_tx, ledger, owner, wallet.asset, wallet.name.as_str(), now)?;
    creation::bind(db_tx, ledger, Resource::Wallet, id.0, key, now)?;
    let record = stored(db_tx, ledger, id)?;
    audit_log::append(db_tx, ledger, origin, &AuditLine::wallet_created(&record), now)?;
    Ok(Created::New(record))
}

fn refusal(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallet: &NewWallet,
) -> Result<Option<Refusal>, StoreError> {
    let has_user = db_tx
        .prepare_cached("SELECT 1 FROM users WHERE ledger_id = ?1 AND user_id = ?2")?
        .exists(params![ledger.0, wallet.user.0])?;
    if !has_user {
        return Ok(Some(Refusal::UserNotFound));
    }
    if scale_of(db_tx, ledger, wallet.asset)?.is_none() {
        return Ok(Some(Refusal::AssetNotFound));
    }
    let is_taken = db_tx
        .prepare_cached(
            "SELECT 1 FROM wallets
             WHERE ledger_id = ?1 AND user_id = ?2 AND asset = ?3 AND name = ?4 AND status <> 'closed'",
        )?
        .exists(params![ledger.0, wallet.user.0, wallet.asset.as_str(), wallet.name.as_str()])?;
    Ok(is_taken.then_some(Refusal::WalletExists))
}

/// Puts in an active, empty wallet with the next id of its ledger. Wallets are never deleted, and one thread
/// writes, so the next id is one above the highest.
pub(super) fn insert(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    owner: Owner,
    asset: AssetCode,
    name: &str,
    now: Timestamp,
) -> Result<WalletId, StoreError> {
    let id: i64 = db_tx
        .prepare_cached("SELECT coalesce(max(wallet_id), 0) + 1 FROM wallets WHERE ledger_id = ?1")?
        .query_row([ledger.0], |row| row.get(0))?;
    let (user, role) = match owner {
        Owner::User(user) => (Some(user.0), None),
        Owner::System(role) => (None, Some(role.as_str())),
    };
    db_tx
        .prepare_cached(
            "INSERT INTO wallets (ledger_id, wallet_id, user_id, system_role, asset, name, status, posted,
                                  credit_limit, version, last_entry, last_entry_at, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'active', 0, 0, 0, NULL, 0, ?7)",
        )?
        .execute(params![ledger.0, id, user, role, asset.as_str(), name, now.0])?;
    Ok(WalletId(id))
}

/// One wallet.
pub(super) fn find(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: WalletId,
) -> Result<Option<WalletRecord>, StoreError> {
    let mut statement = db_tx.prepare_cached(ONE)?;
    let mut rows = statement.query(params![ledger.0, id.0])?;
    rows.next()?.map(record).transpose()
}

/// Wallets that match, newest first, below `before`.
pub(super) fn page(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    filter: WalletFilter,
    before: Option<WalletId>,
    limit: usize,
) -> Result<Vec<WalletRecord>, StoreError> {
    let sql = match filter {
        WalletFilter { user: Some(_), .. } => PAGE_OF_USER,
        WalletFilter { asset: Some(_), .. } => PAGE_OF_ASSET,
        WalletFilter { user: None, asset: None, .. } => PAGE_OF_ALL,
    };
    let mut statement = db_tx.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        ledger.0,
        before.map_or(i64::MAX, |id| id.0),
        filter.user.map(|user| user.0),
        filter.asset.as_ref().map(AssetCode::as_str),
        filter.status.map(WalletStatus::as_str),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ])?;
    let mut wallets = Vec::new();
    while let Some(row) = rows.next()? {
        wallets.push(record(row)?);
    }
    Ok(wallets)
}

/// Those of the wallets that exist, by ascending id.
pub(super) fn by_ids(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    mut ids: Vec<WalletId>,
) -> Result<Vec<WalletRecord>, StoreError> {
    ids.sort_unstable();
    ids.dedup();
    let found = ids.iter().map(|id| find(db_tx, ledger, *id).transpose());
    found.flatten().collect()
}

/// Changes a wallet's settings, if the ledger agrees.
pub(super) fn change(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: WalletId,
    change: WalletChange,
    expected: Option<Version>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Result<WalletRecord, Rejection>, StoreError> {
    let Some(record) = find(db_tx, ledger, id)? else {
        return Ok(Err(Rejection::WalletNotFound { wallet: Some(id) }));
    };
    let wallet = match record.wallet.changed(change, expected) {
        Ok(wallet) => wallet,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let rows = db_tx
        .prepare_cached(
            "UPDATE wallets SET status = ?4, credit_limit = ?5
             WHERE ledger_id = ?1 AND wallet_id = ?2 AND version = ?3",
        )?
        .execute(params![
            ledger.0,
            id.0,
            wallet.version.0,
            wallet.status.as_str(),
            Stored(wallet.credit_limit)
        ])?;
    if rows != 1 {
        let actual = u64::try_from(rows).unwrap_or(u64::MAX);
        return Err(StoreError::RowsAffected { statement: "change a wallet", expected: 1, actual });
    }
    for line in AuditLine::wallet_changes(&record.wallet, &wallet, record.scale) {
        audit_log::append(db_tx, ledger, origin, &line, now)?;
    }
    Ok(Ok(WalletRecord { wallet, ..record }))
}

/// A user's main wallet of an asset.
pub(super) fn main_wallet(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    user: UserId,
    asset: AssetCode,
) -> Result<Option<WalletId>, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT wallet_id FROM wallets
         WHERE ledger_id = ?1 AND user_id = ?2 AND asset = ?3 AND name = ?4 AND status <> 'closed'",
    )?;
    let values = params![ledger.0, user.0, asset.as_str(), WalletName::MAIN];
    Ok(statement.query_row(values, |row| row.get(0)).optional()?.map(WalletId))
}

/// A wallet that must be there.
fn stored(db_tx: &Transaction<'_>, ledger: LedgerId, id: WalletId) -> Result<WalletRecord, StoreError> {
    find(db_tx, ledger, id)?.ok_or_else(|| vanished(Resource::Wallet))
}

fn record(row: &Row<'_>) -> Result<WalletRecord, StoreError> {
    Ok(WalletRecord {
        wallet: wallet(row)?,
        scale: scale(row, 11)?,
        name: parsed(row, 9, WalletName::parse)?,
        created_at: Timestamp(row.get(10)?),
    })
}

/// The wallet in the first columns: `wallet_id, user_id, system_role, asset, status, posted, credit_limit,
/// version, last_entry_at`.
pub(super) fn wallet(row: &Row<'_>) -> Result<Wallet, StoreError> {
    let credit_limit: i64 = row.get(6)?;
    Ok(Wallet {
        id: WalletId(row.get(0)?),
        owner: owner(row)?,
        asset: parsed(row, 3, AssetCode::parse)?,
        status: parsed(row, 4, WalletStatus::parse)?,
        posted: amount(row, 5)?,
        credit_limit: Amount::from_units(credit_limit.into())
            .ok_or_else(|| unreadable(row, 6, &credit_limit.to_string()))?,
        version: Version(row.get(7)?),
        last_entry_at: Timestamp(row.get(8)?),
    })
}

fn owner(row: &Row<'_>) -> Result<Owner, StoreError> {
    match (row.get(1)?, parsed_if_any(row, 2, SystemRole::parse)?) {
        (Some(user), None) => Ok(Owner::User(UserId(user))),
        (None, Some(role)) => Ok(Owner::System(role)),
        (Some(_), Some(_)) | (None, None) => Err(unreadable(row, 1, "no owner, or two")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::tests::plans::assert_found;

    #[test]
    fn pages_are_found_in_their_indexes_and_need_no_sorting() {
        assert_found(&[
            (PAGE_OF_USER, "wallets_by_user (ledger_id=? AND user_id=? AND wallet_id<?)"),
            (PAGE_OF_ASSET, "wallets_by_asset (ledger_id=? AND asset=? AND wallet_id<?)"),
            (PAGE_OF_ALL, "PRIMARY KEY (ledger_id=? AND wallet_id<?)"),
            (ONE, "PRIMARY KEY (ledger_id=? AND wallet_id=?)"),
        ]);
    }
}
