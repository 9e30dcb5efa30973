//! Assets and their system wallets.

use super::Postgres;
use super::codec::Instant;
use super::creation::{self, Resource, Turn, query};
use super::load::{asset_code, unreadable};
use crate::{
    AssetRecord, AuditAction, AuditLine, Created, CreationKey, NewAsset, Origin, Refusal, StoreError, Subject,
};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{Asset, AssetCode, LedgerId, Scale, SystemRole, Timestamp, WalletId};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use tokio_postgres::Row;

const SELECT: &str = "
    SELECT a.code, a.name, a.scale, a.created_at,
        array_agg(w.wallet_id) AS wallet_ids, array_agg(w.system_role) AS roles
    FROM assets a
    JOIN wallets w ON w.ledger_id = a.ledger_id AND w.asset = a.code AND w.system_role IS NOT NULL
    WHERE a.ledger_id = $1
    GROUP BY a.ledger_id, a.code
    ORDER BY a.code";

pub(super) async fn create(
    store: &Postgres,
    ledger: LedgerId,
    new: NewAsset,
    key: CreationKey,
    origin: &Origin,
    now: Timestamp,
) -> Result<Created<AssetRecord>, StoreError> {
    let roles = SystemRole::ALL.map(SystemRole::as_str).to_vec();
    let wallets_needed = i64::try_from(roles.len()).unwrap_or(i64::MAX);
    let creation = match creation::begin(store, ledger, Resource::Asset, wallets_needed, key).await? {
        Turn::Go(creation) => creation,
        Turn::KeyReused => return Ok(Created::KeyReused),
        Turn::Replay(code) => {
            let all = store.read(async |client| all(client, ledger).await).await?;
            let first = all.into_iter().find(|record| record.asset.code.as_str() == code);
            return first.map(Created::Replayed).ok_or_else(|| unreadable("replayed asset"));
        }
    };
    let code = new.asset.code;
    let exists = query(
        &creation.db_tx,
        "SELECT 1 FROM assets WHERE ledger_id = $1 AND code = $2",
        &[&ledger.0, &code.as_str()],
    )
    .await?;
    if !exists.is_empty() {
        creation.db_tx.rollback().await?;
        return Ok(Created::Refused(Refusal::AssetExists));
    }
    query(
        &creation.db_tx,
        "INSERT INTO assets (ledger_id, code, name, scale, created_at) VALUES ($1, $2, $3, $4, $5)",
        &[&ledger.0, &code.as_str(), &new.name, &i16::from(new.asset.scale.places()), &Instant(now)],
    )
    .await?;
    query(
        &creation.db_tx,
        "INSERT INTO wallets (ledger_id, wallet_id, system_role, asset, name, status, posted, credit_limit, version,
            last_entry_at, created_at)
         SELECT $1, $2 + ordinality - 1, role, $4, role, 'active', 0, 0, 0, 'epoch', $5
         FROM unnest($3::text[]) WITH ORDINALITY AS system (role, ordinality)",
        &[&ledger.0, &creation.first_id, &roles, &code.as_str(), &Instant(now)],
    )
    .await?;
    let mut ids = creation.first_id..;
    let system_wallets = SystemRole::ALL.map(|_| WalletId(ids.next().unwrap_or(i64::MAX)));
    let line = AuditLine::done(AuditAction::AssetCreated, Subject::Asset(code));
    creation.commit(code.as_str(), &line, origin, now).await?;
    Ok(Created::New(AssetRecord { asset: new.asset, name: new.name, created_at: now, system_wallets }))
}

pub(super) async fn all(client: &ClientWrapper, ledger: LedgerId) -> Result<Vec<AssetRecord>, StoreError> {
    query(client, SELECT, &[&ledger.0]).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<AssetRecord, StoreError> {
    let code = asset_code(row.get("code"))?;
    let ids: Vec<i64> = row.get("wallet_ids");
    let roles: Vec<&str> = row.get("roles");
    let wallet =
        |role: SystemRole| roles.iter().position(|name| *name == role.as_str()).map(|at| WalletId(ids[at]));
    let [Some(treasury), Some(bonus), Some(revenue), Some(world)] = SystemRole::ALL.map(wallet) else {
        return Err(unreadable("asset's system wallets"));
    };
    Ok(AssetRecord {
        asset: Asset { code, scale: scale(row.get("scale"))? },
        name: row.get("name"),
        created_at: row.get::<_, Instant>("created_at").0,
        system_wallets: [treasury, bonus, revenue, world],
    })
}

pub(super) fn scale(places: i16) -> Result<Scale, StoreError> {
    u8::try_from(places).ok().and_then(Scale::new).ok_or_else(|| unreadable("asset's scale"))
}

/// Assets that were read before. They never change, so what is known stays true; what is not known is
/// read again.
#[derive(Debug, Default)]
pub(super) struct KnownAssets(RwLock<HashMap<(LedgerId, AssetCode), AssetRecord>>);

impl KnownAssets {
    /// The asset with that code, if there is one.
    pub(super) async fn get(
        &self,
        client: &ClientWrapper,
        ledger: LedgerId,
        code: AssetCode,
    ) -> Result<Option<AssetRecord>, StoreError> {
        if let Some(known) = self.known(ledger, code) {
            return Ok(Some(known));
        }
        let all = all(client, ledger).await?;
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(all.into_iter().map(|record| ((ledger, record.asset.code), record)));
        Ok(self.known(ledger, code))
    }

    /// The scale of an asset that must be there.
    pub(super) async fn scale(
        &self,
        client: &ClientWrapper,
        ledger: LedgerId,
        code: AssetCode,
    ) -> Result<Scale, StoreError> {
        let known = self.get(client, ledger, code).await?;
        known.map(|record| record.asset.scale).ok_or_else(|| unreadable("payout's asset"))
    }

    /// The id of one of the asset's system wallets, if there is such an asset.
    pub(super) async fn system_wallet(
        &self,
        client: &ClientWrapper,
        ledger: LedgerId,
        code: AssetCode,
        role: SystemRole,
    ) -> Result<Option<i64>, StoreError> {
        let place = SystemRole::ALL.iter().position(|one| *one == role);
        let known = self.get(client, ledger, code).await?;
        Ok(known.zip(place).map(|(record, place)| record.system_wallets[place].0))
    }

    fn known(&self, ledger: LedgerId, code: AssetCode) -> Option<AssetRecord> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&(ledger, code)).cloned()
    }
}
