//! Assets, each with its four system wallets.

use super::creation::{self, Resource, Turn, vanished};
use super::rows::{parsed, unreadable};
use super::{audit_log, wallets};
use crate::{
    AssetRecord, AuditAction, AuditLine, Created, CreationKey, NewAsset, Origin, Refusal, StoreError, Subject,
};
use florin_ledger::{Asset, AssetCode, LedgerId, Owner, Scale, SystemRole, Timestamp, WalletId};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// Creates an asset and its system wallets.
pub(super) fn create(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    asset: &NewAsset,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<AssetRecord>, StoreError> {
    match creation::turn::<String>(db_tx, ledger, Resource::Asset, key)? {
        Turn::Go => {}
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(code) => return by_code(db_tx, ledger, &code).map(Created::Replayed),
    }
    let Asset { code, scale } = asset.asset;
    if scale_of(db_tx, ledger, code)?.is_some() {
        return Ok(Created::Refused(Refusal::AssetExists));
    }
    db_tx
        .prepare_cached(
            "INSERT INTO assets (ledger_id, code, scale, name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![ledger.0, code.as_str(), scale.places(), asset.name, now.0])?;
    let mut system_wallets = [WalletId(0); 4];
    for (wallet, role) in system_wallets.iter_mut().zip(SystemRole::ALL) {
        *wallet = wallets::insert(db_tx, ledger, Owner::System(role), code, role.as_str(), now)?;
    }
    creation::bind(db_tx, ledger, Resource::Asset, code.as_str(), key, now)?;
    let line = AuditLine::done(AuditAction::AssetCreated, Subject::Asset(code));
    audit_log::append(db_tx, ledger, origin, &line, now)?;
    Ok(Created::New(AssetRecord {
        asset: asset.asset,
        name: asset.name.clone(),
        created_at: now,
        system_wallets,
    }))
}

/// All assets, by code.
pub(super) fn all(db_tx: &Transaction<'_>, ledger: LedgerId) -> Result<Vec<AssetRecord>, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT code, scale, name, created_at FROM assets WHERE ledger_id = ?1 ORDER BY code",
    )?;
    let mut rows = statement.query([ledger.0])?;
    let mut assets = Vec::new();
    while let Some(row) = rows.next()? {
        assets.push(record(db_tx, ledger, row)?);
    }
    Ok(assets)
}

/// An asset's scale, where there is the asset.
pub(super) fn scale_of(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    code: AssetCode,
) -> Result<Option<Scale>, StoreError> {
    let mut statement =
        db_tx.prepare_cached("SELECT scale FROM assets WHERE ledger_id = ?1 AND code = ?2")?;
    let mut rows = statement.query(params![ledger.0, code.as_str()])?;
    rows.next()?.map(|row| scale(row, 0)).transpose()
}

/// The column as a scale.
pub(super) fn scale(row: &Row<'_>, column: usize) -> Result<Scale, StoreError> {
    let places: u8 = row.get(column)?;
    Scale::new(places).ok_or_else(|| unreadable(row, column, &places.to_string()))
}

fn by_code(db_tx: &Transaction<'_>, ledger: LedgerId, code: &str) -> Result<AssetRecord, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT code, scale, name, created_at FROM assets WHERE ledger_id = ?1 AND code = ?2",
    )?;
    let mut rows = statement.query(params![ledger.0, code])?;
    match rows.next()? {
        Some(row) => record(db_tx, ledger, row),
        None => Err(vanished(Resource::Asset)),
    }
}

fn record(db_tx: &Transaction<'_>, ledger: LedgerId, row: &Row<'_>) -> Result<AssetRecord, StoreError> {
    let code = parsed(row, 0, AssetCode::parse)?;
    let mut system_wallets = [WalletId(0); 4];
    for (wallet, role) in system_wallets.iter_mut().zip(SystemRole::ALL) {
        *wallet = system_wallet(db_tx, ledger, code, role)?.ok_or_else(|| {
            StoreError::Inconsistent(format!("the asset {code} has no {} wallet", role.as_str()))
        })?;
    }
    Ok(AssetRecord {
        asset: Asset { code, scale: scale(row, 1)? },
        name: row.get(2)?,
        created_at: Timestamp(row.get(3)?),
        system_wallets,
    })
}

/// The house's wallet of an asset in a role.
pub(super) fn system_wallet(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    asset: AssetCode,
    role: SystemRole,
) -> Result<Option<WalletId>, StoreError> {
    let mut statement = db_tx.prepare_cached(
        "SELECT wallet_id FROM wallets WHERE ledger_id = ?1 AND asset = ?2 AND system_role = ?3",
    )?;
    let id = statement.query_row(params![ledger.0, asset.as_str(), role.as_str()], |row| row.get(0));
    Ok(id.optional()?.map(WalletId))
}
