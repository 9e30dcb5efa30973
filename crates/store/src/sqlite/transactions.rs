//! Transactions, each with its entries.

use super::assets::scale;
use super::rows::{amount, parsed, parsed_if_any, unreadable};
use crate::{StoreError, TransactionFilter};
use florin_ledger::{
    ApiKeyId, AssetCode, Direction, Entry, Failure, Fingerprint, IdempotencyKey, KeyHash, LedgerId, Metadata,
    Principal, Reference, Settlement, Status, Timestamp, Transaction as Settled, TransactionId,
    TransactionType, UserId, Version, WalletId,
};
use rusqlite::types::ToSql;
use rusqlite::{Row, Transaction, params};

/// Transactions with their entries, in the columns that [`settled`] reads.
macro_rules! select_transactions {
    ($condition:literal) => {
        concat!(
            "SELECT t.transaction_id, t.type, t.asset, a.scale, t.amount, t.from_wallet_id, t.to_wallet_id,
                    t.user_id, t.api_key_id, t.idempotency_key, t.key_hash, t.fingerprint, t.reference,
                    t.metadata, t.reverses, t.created_at, t.status, t.failure, t.failure_available,
                    t.failure_needed, d.wallet_id, d.amount, d.balance_after, d.version,
                    c.wallet_id, c.amount, c.balance_after, c.version
             FROM transactions t
             JOIN assets a ON a.ledger_id = t.ledger_id AND a.code = t.asset
             LEFT JOIN entries d ON d.seq = t.debit_entry AND d.ledger_id = t.ledger_id
                 AND d.direction = 'DEBIT'
             LEFT JOIN entries c ON c.seq = t.debit_entry + 1 AND c.ledger_id = t.ledger_id
                 AND c.direction = 'CREDIT'
             WHERE t.ledger_id = ?1 AND ",
            $condition
        )
    };
}

/// One transaction.
pub(super) fn find(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: TransactionId,
) -> Result<Option<Settled>, StoreError> {
    one(db_tx, select_transactions!("t.transaction_id = ?2"), ledger, id.0.to_be_bytes())
}

/// The transaction in a place that an entry or an index names.
pub(super) fn at(db_tx: &Transaction<'_>, ledger: LedgerId, seq: i64) -> Result<Settled, StoreError> {
    let missing =
        || StoreError::Inconsistent(format!("there is no transaction at {seq}, but what points to it"));
    one(db_tx, select_transactions!("t.seq = ?2"), ledger, seq)?.ok_or_else(missing)
}

/// The whole ledger's that match, newest first, with ids from the first and below the second.
pub(super) fn page(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    filter: TransactionFilter,
    from: TransactionId,
    below: TransactionId,
    limit: usize,
) -> Result<Vec<Settled>, StoreError> {
    let mut statement = db_tx.prepare_cached(select_transactions!(
        "t.transaction_id >= ?2 AND t.transaction_id < ?3 AND (?4 IS NULL OR t.type = ?4)
         AND (?5 IS NULL OR t.status = ?5) AND (?6 IS NULL OR t.asset = ?6)
         ORDER BY t.transaction_id DESC LIMIT ?7"
    ))?;
    let mut rows = statement.query(params![
        ledger.0,
        from.0.to_be_bytes(),
        below.0.to_be_bytes(),
        filter.kind.map(TransactionType::as_str),
        filter.status.map(Status::as_str),
        filter.asset.as_ref().map(AssetCode::as_str),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ])?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(settled(row)?);
    }
    Ok(page)
}

fn one(
    db_tx: &Transaction<'_>,
    sql: &'static str,
    ledger: LedgerId,
    wanted: impl ToSql,
) -> Result<Option<Settled>, StoreError> {
    let mut statement = db_tx.prepare_cached(sql)?;
    let mut rows = statement.query(params![ledger.0, wanted])?;
    rows.next()?.map(settled).transpose()
}

fn settled(row: &Row<'_>) -> Result<Settled, StoreError> {
    let reverses: Option<[u8; 16]> = row.get(14)?;
    Ok(Settled {
        id: TransactionId(u128::from_be_bytes(row.get(0)?)),
        kind: parsed(row, 1, TransactionType::parse)?,
        asset: parsed(row, 2, AssetCode::parse)?,
        scale: scale(row, 3)?,
        amount: amount(row, 4)?,
        from: WalletId(row.get(5)?),
        to: WalletId(row.get(6)?),
        principal: principal(row)?,
        key: parsed(row, 9, |text| IdempotencyKey::parse(text).ok())?,
        key_hash: KeyHash(row.get(10)?),
        fingerprint: Fingerprint(row.get(11)?),
        reference: parsed_if_any(row, 12, |text| Reference::parse(text).ok())?,
        metadata: parsed_if_any(row, 13, |text| Metadata::parse(text).ok())?,
        reverses: reverses.map(|id| TransactionId(u128::from_be_bytes(id))),
        created_at: Timestamp(row.get(15)?),
        settlement: settlement(row)?,
    })
}

fn principal(row: &Row<'_>) -> Result<Principal, StoreError> {
    match (row.get(7)?, row.get(8)?) {
        (Some(user), None) => Ok(Principal::User(UserId(user))),
        (None, Some(api_key)) => Ok(Principal::Service(ApiKeyId(api_key))),
        (Some(_), Some(_)) | (None, None) => Err(unreadable(row, 7, "no principal, or two")),
    }
}

fn settlement(row: &Row<'_>) -> Result<Settlement, StoreError> {
    match parsed(row, 16, Status::parse)? {
        Status::Completed => Ok(Settlement::Completed {
            debit: entry(row, 20, Direction::Debit)?,
            credit: entry(row, 24, Direction::Credit)?,
        }),
        Status::Failed => {
            let (available, needed) = (amount(row, 18)?, amount(row, 19)?);
            let failure = parsed(row, 17, |code| Failure::from_parts(code, available, needed))?;
            Ok(Settlement::Failed(failure))
        }
    }
}

/// An entry in four columns from `first` on.
fn entry(row: &Row<'_>, first: usize, direction: Direction) -> Result<Entry, StoreError> {
    Ok(Entry {
        wallet: WalletId(row.get(first)?),
        direction,
        amount: amount(row, first + 1)?,
        balance_after: amount(row, first + 2)?,
        version: Version(row.get(first + 3)?),
    })
}
