//! What a batch is decided on: found, locked in ascending id where others write too, and read.

use super::assets::KnownAssets;
use super::codec::{Instant, Numeric};
use super::commit::AttemptError;
use super::db_tx::DbTx;
use super::history;
use super::payouts::Fences;
use crate::StoreError;
use florin_ledger::{
    AssetCode, Group, LedgerId, Movement, Owner, Run, State, SystemRole, Transaction, TransactionId, UserId,
    Wallet, WalletId, WalletStatus,
};
use postgres_types::ToSql;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use tokio_postgres::Row;
use uuid::Uuid;

/// The rows that a batch needs.
pub(super) struct Touched {
    wallets: BTreeSet<i64>,
    runs: HashSet<Run>,
    key_hashes: Vec<Vec<u8>>,
    originals: Vec<Transaction>,
    main_wallets: Vec<(UserId, AssetCode, WalletId)>,
}

/// Finds out which rows the commands touch. Only movements that do not name their wallets need the database for it.
/// What it finds may change before it is locked; what is decided on is read after.
pub(super) async fn find(
    db_tx: &DbTx,
    known_assets: &KnownAssets,
    ledger: LedgerId,
    groups: &[Arc<Group>],
) -> Result<Touched, AttemptError> {
    let mut wallets = BTreeSet::new();
    let mut key_hashes = Vec::new();
    let mut at_the_border = Vec::new();
    let mut of_users = Vec::new();
    let mut reversed = Vec::new();
    for command in groups.iter().flat_map(|group| &group.commands) {
        key_hashes.push(command.key_hash.0.to_vec());
        match command.movement {
            Movement::Transfer { from, to, .. } | Movement::Payout { from, to, .. } => {
                wallets.extend([from.0, to.0]);
            }
            Movement::Deposit { wallet, .. } | Movement::Withdrawal { wallet, .. } => {
                at_the_border.push(wallet.0);
            }
            Movement::TopUp { user, asset, .. } => of_users.push((user, asset, SystemRole::Treasury)),
            Movement::Bonus { user, asset, .. } => of_users.push((user, asset, SystemRole::Bonus)),
            Movement::Spend { user, asset, .. } => of_users.push((user, asset, SystemRole::Revenue)),
            Movement::Reversal { of, .. } | Movement::ReversalOfAvailable { of } => {
                reversed.push(Uuid::from_u128(of.0));
            }
        }
    }
    key_hashes.sort_unstable();
    key_hashes.dedup();

    if !at_the_border.is_empty() {
        for row in query(db_tx, ASSETS_OF_WALLETS, &[&ledger.0, &at_the_border]).await? {
            let asset = asset_code(row.get("asset"))?;
            wallets.insert(row.get("wallet_id"));
            wallets.extend(known_assets.system_wallet(db_tx, ledger, asset, SystemRole::World).await?);
        }
    }
    let mut main_wallets = Vec::new();
    if !of_users.is_empty() {
        let users: Vec<i64> = of_users.iter().map(|(user, _, _)| user.0).collect();
        let codes: Vec<&str> = of_users.iter().map(|(_, asset, _)| asset.as_str()).collect();
        for row in query(db_tx, MAIN_WALLETS, &[&ledger.0, &users, &codes]).await? {
            let wallet = WalletId(row.get("wallet_id"));
            wallets.insert(wallet.0);
            main_wallets.push((UserId(row.get("user_id")), asset_code(row.get("asset"))?, wallet));
        }
        for (_, asset, role) in of_users {
            wallets.extend(known_assets.system_wallet(db_tx, ledger, asset, role).await?);
        }
    }
    let mut originals = Vec::new();
    if !reversed.is_empty() {
        originals = history::transactions_by_ids(db_tx, ledger, &reversed).await?;
        wallets.extend(originals.iter().flat_map(|original| [original.from.0, original.to.0]));
    }
    let runs = groups.iter().filter_map(|group| group.payout.as_ref()).map(|slice| slice.run).collect();
    Ok(Touched { wallets, runs, key_hashes, originals, main_wallets })
}

/// Whether wallets are locked before they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// No: what is written later checks that they are still as they were read.
    Unlocked,
    /// Yes: whoever holds them is waited for.
    Locked,
}

/// Begins and reads everything: one round trip, or two with reversals.
///
/// Locks wait here. Keys are read by a statement of their own, after the wallets, so a twin that another
/// server committed meanwhile is seen.
pub(super) async fn read(
    db_tx: &DbTx,
    known_assets: &KnownAssets,
    ledger: LedgerId,
    touched: Touched,
    reading: Reading,
) -> Result<State, AttemptError> {
    let (begin, read_wallets) = match reading {
        Reading::Unlocked => (DbTx::BEGIN_IMPATIENT, READ_WALLETS),
        Reading::Locked => (DbTx::BEGIN, LOCK_WALLETS),
    };
    let read_wallets = db_tx.prepare_cached(read_wallets).await?;
    let by_key = db_tx.prepare_cached(history::BY_KEY_HASHES).await?;
    let fences = Fences::prepare(db_tx, touched.runs, reading).await?;
    let wallets: Vec<i64> = touched.wallets.into_iter().collect();
    let (wallets, key_hashes) = (&wallets, &touched.key_hashes);
    let wallet_parameters: [&(dyn ToSql + Sync); 2] = [&ledger.0, wallets];
    let key_parameters: [&(dyn ToSql + Sync); 2] = [&ledger.0, key_hashes];
    let ((), wallets, payouts, settled) = tokio::try_join!(
        biased;
        db_tx.batch_execute(begin),
        db_tx.query(&read_wallets, &wallet_parameters),
        fences.query(db_tx, ledger),
        db_tx.query(&by_key, &key_parameters),
    )?;

    let mut state = State { payout_fences: fences.read(&payouts)?, ..State::default() };
    state.wallets.reserve(wallets.len());
    for row in &wallets {
        let wallet = wallet_from_row(row)?;
        if let std::collections::hash_map::Entry::Vacant(asset) = state.assets.entry(wallet.asset) {
            let known = known_assets.get(db_tx, ledger, wallet.asset).await?;
            asset.insert(known.ok_or_else(|| no_asset(wallet.asset))?.asset);
        }
        state.insert_wallet(wallet, false);
    }
    for (user, asset, wallet) in touched.main_wallets {
        state.main_wallets.insert((user, asset), wallet);
    }
    for row in &settled {
        let transaction = Arc::new(history::transaction_from_row(row)?);
        state.settled.insert(transaction.key_hash, transaction);
    }
    if !touched.originals.is_empty() {
        let ids: Vec<Uuid> =
            touched.originals.iter().map(|original| Uuid::from_u128(original.id.0)).collect();
        for row in query(db_tx, REVERSED, &[&ledger.0, &ids]).await? {
            let original = TransactionId(row.get::<_, Uuid>("original_id").as_u128());
            let reversed = state.reversed.entry(original).or_default();
            reversed.total = row.get::<_, Numeric>("reversed_total").0;
            reversed.count = row.get("sequence");
        }
        state
            .originals
            .extend(touched.originals.into_iter().map(|original| (original.id, Arc::new(original))));
    }
    Ok(state)
}

async fn query(
    db_tx: &DbTx,
    statement: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, AttemptError> {
    let statement = db_tx.prepare_cached(statement).await?;
    Ok(db_tx.query(&statement, parameters).await?)
}

const ASSETS_OF_WALLETS: &str =
    "SELECT wallet_id, asset FROM wallets WHERE ledger_id = $1 AND wallet_id = ANY($2)";

const MAIN_WALLETS: &str = "
    SELECT w.user_id, w.asset, w.wallet_id
    FROM unnest($2::bigint[], $3::text[]) AS wanted (user_id, asset)
    JOIN wallets w ON w.ledger_id = $1 AND w.user_id = wanted.user_id AND w.asset = wanted.asset
    WHERE w.name = 'main' AND w.status <> 'closed'";

macro_rules! select_wallets {
    () => {
        "SELECT wallet_id, user_id, system_role, asset, status, posted, credit_limit, version, last_entry_at
        FROM wallets
        WHERE ledger_id = $1 AND wallet_id = ANY($2)"
    };
}

const READ_WALLETS: &str = select_wallets!();
const LOCK_WALLETS: &str = concat!(select_wallets!(), " ORDER BY wallet_id FOR NO KEY UPDATE");

const REVERSED: &str = "
    SELECT DISTINCT ON (original_id) original_id, sequence, reversed_total
    FROM reversals
    WHERE ledger_id = $1 AND original_id = ANY($2)
    ORDER BY original_id, sequence DESC";

/// A wallet, from the columns that [`READ_WALLETS`] names.
pub(super) fn wallet_from_row(row: &Row) -> Result<Wallet, StoreError> {
    let role: Option<&str> = row.get("system_role");
    let owner = match (row.get::<_, Option<i64>>("user_id"), role.and_then(SystemRole::parse)) {
        (Some(user), None) => Owner::User(UserId(user)),
        (None, Some(role)) => Owner::System(role),
        _ => return Err(unreadable("wallet's owner")),
    };
    Ok(Wallet {
        id: WalletId(row.get("wallet_id")),
        owner,
        asset: asset_code(row.get("asset"))?,
        status: WalletStatus::parse(row.get("status")).ok_or_else(|| unreadable("wallet's status"))?,
        posted: row.get::<_, Numeric>("posted").0,
        credit_limit: row.get::<_, Numeric>("credit_limit").0,
        version: florin_ledger::Version(row.get("version")),
        last_entry_at: row.get::<_, Instant>("last_entry_at").0,
    })
}

pub(super) fn asset_code(text: &str) -> Result<AssetCode, StoreError> {
    AssetCode::parse(text).ok_or_else(|| unreadable("asset's code"))
}

pub(super) fn unreadable(what: &str) -> StoreError {
    StoreError::Inconsistent(format!("a {what} cannot be read"))
}

fn no_asset(code: AssetCode) -> StoreError {
    StoreError::Inconsistent(format!("there is no asset {code}, but a wallet of it"))
}
