//! Transactions and entries, as they are read back.

use super::assets::scale;
use super::codec::{Instant, Numeric};
use super::creation::query;
use super::load::{asset_code, unreadable};
use crate::{EntryFilter, HistoryEntry, StoreError, TransactionFilter};
use deadpool_postgres::ClientWrapper;
use florin_ledger::{
    ApiKeyId, Direction, Entry, Failure, Fingerprint, IdempotencyKey, KeyHash, LedgerId, Metadata, Principal,
    Reference, Settlement, Timestamp, Transaction, TransactionId, TransactionType, UserId, Version, WalletId,
};
use tokio_postgres::Row;
use uuid::Uuid;

/// Transactions found one by one, each with its two entries, by their keys. The planner must go by the whole key even
/// where statistics say that the tables are empty: they were, once. So it is `LATERAL … LIMIT 1`, and a range of one key in
/// its order: on a small table all indexes that begin with the ledger cost about the same, but only the key's own
/// needs no sorting, which connections that write avoid at any cost.
macro_rules! select_transactions {
    (FROM $wanted:literal, WHERE $key:literal) => {
        concat!(
            "SELECT t.*, a.scale, d.balance_after AS from_balance_after, c.balance_after AS to_balance_after
            FROM ", $wanted, " AS wanted (key)
            CROSS JOIN LATERAL (
                SELECT ledger_id, transaction_id, type, asset, amount, from_wallet_id, from_version, to_wallet_id,
                    to_version, user_id, api_key_id, idempotency_key, key_hash, fingerprint, reference,
                    metadata::text AS metadata, reverses, failure, failure_available, failure_needed, created_at
                FROM transactions
                WHERE ledger_id = $1 AND ", $key, " BETWEEN wanted.key AND wanted.key
                ORDER BY ", $key, " LIMIT 1) AS t
            JOIN assets a ON a.ledger_id = t.ledger_id AND a.code = t.asset
            LEFT JOIN LATERAL (
                SELECT balance_after FROM entries
                WHERE ledger_id = t.ledger_id AND wallet_id = t.from_wallet_id AND version = t.from_version LIMIT 1
            ) AS d ON true
            LEFT JOIN LATERAL (
                SELECT balance_after FROM entries
                WHERE ledger_id = t.ledger_id AND wallet_id = t.to_wallet_id AND version = t.to_version LIMIT 1
            ) AS c ON true"
        )
    };
}

/// What was settled under any of these keys.
pub(super) const BY_KEY_HASHES: &str = select_transactions!(FROM "unnest($2::bytea[])", WHERE "key_hash");
const BY_IDS: &str = concat!(
    select_transactions!(FROM "unnest($2::uuid[])", WHERE "transaction_id"),
    " ORDER BY t.transaction_id DESC"
);

pub(super) async fn transaction(
    client: &ClientWrapper,
    ledger: LedgerId,
    id: TransactionId,
) -> Result<Option<Transaction>, StoreError> {
    Ok(transactions_by_ids(client, ledger, &[Uuid::from_u128(id.0)]).await?.pop())
}

/// Those of the transactions that exist, newest first.
pub(super) async fn transactions_by_ids(
    client: &ClientWrapper,
    ledger: LedgerId,
    ids: &[Uuid],
) -> Result<Vec<Transaction>, StoreError> {
    query(client, BY_IDS, &[&ledger.0, &ids]).await?.iter().map(transaction_from_row).collect()
}

/// The whole ledger's, in the order of the primary key.
const IDS_OF_LEDGER: &str = "
    SELECT t.transaction_id
    FROM transactions t
    WHERE t.ledger_id = $1 AND t.transaction_id >= $2 AND t.transaction_id < $3
        AND ($5::text IS NULL OR t.type = $5)
        AND ($6::text IS NULL OR t.status = $6)
        AND ($7::text IS NULL OR t.asset = $7)
    ORDER BY t.transaction_id DESC
    LIMIT $4";

/// Those of some wallets: for each wallet its newest completed ones, along its entries, and its newest failed
/// ones; then the newest of them all. A wallet's ids rise with its versions, so its entries are read from the
/// jump that is just above the page.
const IDS_OF_WALLETS: &str = "
    SELECT DISTINCT found.transaction_id
    FROM (SELECT w.wallet_id FROM wallets w
          WHERE w.ledger_id = $1 AND ($8::bigint IS NULL OR w.user_id = $8) AND ($9::bigint IS NULL OR w.wallet_id = $9)
         ) AS mine
    CROSS JOIN LATERAL (
        (SELECT t.transaction_id
         FROM entries e
         JOIN transactions t ON t.ledger_id = e.ledger_id AND t.transaction_id = e.transaction_id
         WHERE e.ledger_id = $1 AND e.wallet_id = mine.wallet_id
            AND e.transaction_id >= $2 AND e.transaction_id < $3
            AND e.version <= coalesce(
                (SELECT j.version FROM entries j
                 WHERE j.ledger_id = $1 AND j.wallet_id = mine.wallet_id AND j.version % 64 = 0
                    AND j.transaction_id >= $3
                 ORDER BY j.transaction_id LIMIT 1), 9223372036854775807)
            AND ($5::text IS NULL OR t.type = $5)
            AND ($6::text IS NULL OR t.status = $6)
            AND ($7::text IS NULL OR t.asset = $7)
         ORDER BY e.version DESC
         LIMIT $4)
        UNION ALL
        (SELECT t.transaction_id
         FROM transactions t
         WHERE t.ledger_id = $1 AND t.from_wallet_id = mine.wallet_id AND t.status = 'FAILED'
            AND t.transaction_id >= $2 AND t.transaction_id < $3
            AND ($5::text IS NULL OR t.type = $5)
            AND ($6::text IS NULL OR t.status = $6)
            AND ($7::text IS NULL OR t.asset = $7)
         ORDER BY t.transaction_id DESC
         LIMIT $4)
    ) AS found
    ORDER BY found.transaction_id DESC
    LIMIT $4";

pub(super) async fn transactions(
    client: &ClientWrapper,
    ledger: LedgerId,
    filter: TransactionFilter,
    before: Option<TransactionId>,
    limit: usize,
) -> Result<Vec<Transaction>, StoreError> {
    let (from, below) = id_range(filter.from, filter.until, before);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (kind, status) =
        (filter.kind.map(TransactionType::as_str), filter.status.map(florin_ledger::Status::as_str));
    let asset = filter.asset.as_ref().map(florin_ledger::AssetCode::as_str);
    let rows = if filter.user.is_none() && filter.wallet.is_none() {
        query(client, IDS_OF_LEDGER, &[&ledger.0, &from, &below, &limit, &kind, &status, &asset]).await?
    } else {
        let (user, wallet) = (filter.user.map(|user| user.0), filter.wallet.map(|wallet| wallet.0));
        let parameters: [&(dyn postgres_types::ToSql + Sync); 9] =
            [&ledger.0, &from, &below, &limit, &kind, &status, &asset, &user, &wallet];
        query(client, IDS_OF_WALLETS, &parameters).await?
    };
    let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    transactions_by_ids(client, ledger, &ids).await
}

/// Ids begin with their time, so a range of times is a range of ids: from the first, below the second.
fn id_range(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    before: Option<TransactionId>,
) -> (Uuid, Uuid) {
    let first = |time: Timestamp| TransactionId::new(time, 0);
    let from = from.map_or(TransactionId(0), first);
    let below = until.map_or(TransactionId(u128::MAX), first).min(before.unwrap_or(TransactionId(u128::MAX)));
    (Uuid::from_u128(from.0), Uuid::from_u128(below.0))
}

/// A wallet's entries below a version, newest first; times as ranges of ids, with a jump above the newest.
const ENTRIES: &str = "
    SELECT e.version, e.direction, e.amount, e.balance_after, e.transaction_id, t.type, t.reference, t.created_at,
        a.scale, CASE WHEN t.from_wallet_id = e.wallet_id THEN t.to_wallet_id ELSE t.from_wallet_id END AS counterparty
    FROM entries e
    JOIN transactions t ON t.ledger_id = e.ledger_id AND t.transaction_id = e.transaction_id
    JOIN assets a ON a.ledger_id = t.ledger_id AND a.code = t.asset
    WHERE e.ledger_id = $1 AND e.wallet_id = $2 AND e.version < $3
        AND e.transaction_id >= $4 AND e.transaction_id < $5
        AND e.version <= coalesce(
            (SELECT j.version FROM entries j
             WHERE j.ledger_id = $1 AND j.wallet_id = $2 AND j.version % 64 = 0 AND j.transaction_id >= $5
             ORDER BY j.transaction_id LIMIT 1), 9223372036854775807)
        AND e.version >= coalesce(
            (SELECT j.version FROM entries j
             WHERE j.ledger_id = $1 AND j.wallet_id = $2 AND j.version % 64 = 0 AND j.transaction_id < $4
             ORDER BY j.transaction_id DESC LIMIT 1), 0)
        AND ($7::text IS NULL OR e.direction = $7)
        AND ($8::text IS NULL OR t.type = $8)
    ORDER BY e.version DESC
    LIMIT $6";

pub(super) async fn entries(
    client: &ClientWrapper,
    ledger: LedgerId,
    wallet: WalletId,
    filter: EntryFilter,
    before: Option<Version>,
    limit: usize,
) -> Result<Vec<HistoryEntry>, StoreError> {
    let (from, below) = id_range(filter.from, filter.until, None);
    let rows = query(
        client,
        ENTRIES,
        &[
            &ledger.0,
            &wallet.0,
            &before.map_or(i64::MAX, |version| version.0),
            &from,
            &below,
            &i64::try_from(limit).unwrap_or(i64::MAX),
            &filter.direction.map(Direction::as_str),
            &filter.kind.map(TransactionType::as_str),
        ],
    )
    .await?;
    rows.iter().map(|row| history_entry(row, wallet)).collect()
}

fn history_entry(row: &Row, wallet: WalletId) -> Result<HistoryEntry, StoreError> {
    let direction = match row.get("direction") {
        "DEBIT" => Direction::Debit,
        "CREDIT" => Direction::Credit,
        _ => return Err(unreadable("entry's direction")),
    };
    Ok(HistoryEntry {
        entry: Entry {
            wallet,
            direction,
            amount: row.get::<_, Numeric>("amount").0,
            balance_after: row.get::<_, Numeric>("balance_after").0,
            version: Version(row.get("version")),
        },
        transaction: TransactionId(row.get::<_, Uuid>("transaction_id").as_u128()),
        kind: kind(row)?,
        counterparty: WalletId(row.get("counterparty")),
        scale: scale(row.get("scale"))?,
        reference: reference(row)?,
        created_at: row.get::<_, Instant>("created_at").0,
    })
}

/// A transaction, from the columns that [`select_transactions!`] names.
pub(super) fn transaction_from_row(row: &Row) -> Result<Transaction, StoreError> {
    let principal = match (row.get::<_, Option<i64>>("user_id"), row.get::<_, Option<i64>>("api_key_id")) {
        (Some(user), None) => Principal::User(UserId(user)),
        (None, Some(api_key)) => Principal::Service(ApiKeyId(api_key)),
        _ => return Err(unreadable("transaction's principal")),
    };
    let key = IdempotencyKey::parse(row.get("idempotency_key"));
    let metadata = row.get::<_, Option<&str>>("metadata").map(Metadata::parse).transpose();
    Ok(Transaction {
        id: TransactionId(row.get::<_, Uuid>("transaction_id").as_u128()),
        kind: kind(row)?,
        asset: asset_code(row.get("asset"))?,
        scale: scale(row.get("scale"))?,
        amount: row.get::<_, Numeric>("amount").0,
        from: WalletId(row.get("from_wallet_id")),
        to: WalletId(row.get("to_wallet_id")),
        principal,
        key: key.map_err(|_| unreadable("idempotency key"))?,
        key_hash: KeyHash(half_hash(row.get("key_hash"))?),
        fingerprint: Fingerprint(half_hash(row.get("fingerprint"))?),
        reference: reference(row)?,
        metadata: metadata.map_err(|_| unreadable("transaction's metadata"))?,
        reverses: row.get::<_, Option<Uuid>>("reverses").map(|id| TransactionId(id.as_u128())),
        created_at: row.get::<_, Instant>("created_at").0,
        settlement: settlement(row)?,
    })
}

fn settlement(row: &Row) -> Result<Settlement, StoreError> {
    let amount = |column| row.get::<_, Option<Numeric>>(column).map(|numeric| numeric.0);
    if let Some(code) = row.get::<_, Option<&str>>("failure") {
        let amounts = amount("failure_available").zip(amount("failure_needed"));
        let failure = amounts.and_then(|(available, needed)| Failure::from_parts(code, available, needed));
        return failure.map(Settlement::Failed).ok_or_else(|| unreadable("transaction's failure"));
    }
    let entry = |direction, wallet, version, balance_after| {
        Some(Entry {
            wallet: WalletId(row.get(wallet)),
            direction,
            amount: row.get::<_, Numeric>("amount").0,
            balance_after: amount(balance_after)?,
            version: Version(row.get::<_, Option<i64>>(version)?),
        })
    };
    let debit = entry(Direction::Debit, "from_wallet_id", "from_version", "from_balance_after");
    let credit = entry(Direction::Credit, "to_wallet_id", "to_version", "to_balance_after");
    let (debit, credit) = debit.zip(credit).ok_or_else(|| unreadable("transaction's entry"))?;
    Ok(Settlement::Completed { debit, credit })
}

fn kind(row: &Row) -> Result<TransactionType, StoreError> {
    TransactionType::parse(row.get("type")).ok_or_else(|| unreadable("transaction's type"))
}

fn reference(row: &Row) -> Result<Option<Reference>, StoreError> {
    let text = row.get::<_, Option<&str>>("reference");
    text.map(Reference::parse).transpose().map_err(|_| unreadable("transaction's reference"))
}

fn half_hash(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| unreadable("hash"))
}
