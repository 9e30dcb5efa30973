//! What a batch changed: one statement a table.

use super::codec::{Instant, Numeric};
use super::commit::AttemptError;
use super::db_tx::DbTx;
use super::payouts;
use crate::StoreError;
use florin_ledger::{Amount, Changes, Entry, LedgerId, Principal, Settlement, Transaction, TransactionId};
use uuid::Uuid;

/// Inserts what is new and belongs to nobody else: transactions and entries. One round trip.
pub(super) async fn insert(db_tx: &DbTx, ledger: LedgerId, changes: &Changes) -> Result<(), AttemptError> {
    let (transactions, entries) = tokio::try_join!(
        biased;
        insert_transactions(db_tx, ledger, changes),
        insert_entries(db_tx, ledger, changes),
    )?;
    expect("insert transactions", transactions, changes.transactions.len())?;
    let entry_count =
        changes.transactions.iter().map(|transaction| transaction.settlement.entries().count()).sum();
    expect("insert entries", entries, entry_count)?;
    Ok(())
}

/// Updates what others may write too: wallets, payouts, and the order of reversals. Wallets that are not as they
/// were decided from any more mean that another writer won.
pub(super) async fn update(db_tx: &DbTx, ledger: LedgerId, changes: &Changes) -> Result<(), AttemptError> {
    tokio::try_join!(
        biased;
        update_wallets(db_tx, ledger, changes),
        payouts::update(db_tx, ledger, changes),
    )?;
    if !changes.reversals.is_empty() {
        let inserted = insert_reversals(db_tx, ledger, changes).await?;
        expect("insert reversals", inserted, changes.reversals.len())?;
    }
    Ok(())
}

pub(super) fn expect(statement: &'static str, actual: u64, expected: usize) -> Result<(), StoreError> {
    let expected = u64::try_from(expected).unwrap_or(u64::MAX);
    if actual == expected { Ok(()) } else { Err(StoreError::RowsAffected { statement, expected, actual }) }
}

fn uuid(id: TransactionId) -> Uuid {
    Uuid::from_u128(id.0)
}

async fn update_wallets(db_tx: &DbTx, ledger: LedgerId, changes: &Changes) -> Result<(), AttemptError> {
    const UPDATE: &str = "
        UPDATE wallets w
        SET posted = new.posted, version = new.version, last_entry_at = new.last_entry_at
        FROM unnest(
            $2::bigint[], $3::bigint[], $4::text[], $5::numeric[], $6::numeric[], $7::bigint[], $8::timestamptz[])
            AS new (wallet_id, decided_from, status, credit_limit, posted, version, last_entry_at)
        WHERE w.ledger_id = $1 AND w.wallet_id = new.wallet_id AND w.version = new.decided_from
            AND w.status = new.status AND w.credit_limit = new.credit_limit";
    let statement = db_tx.prepare_cached(UPDATE).await?;
    let wallets = &changes.wallets;
    let ids: Vec<i64> = wallets.iter().map(|(_, now)| now.id.0).collect();
    let decided_from: Vec<i64> = wallets.iter().map(|(before, _)| before.version.0).collect();
    let statuses: Vec<&str> = wallets.iter().map(|(before, _)| before.status.as_str()).collect();
    let limits: Vec<Numeric> = wallets.iter().map(|(before, _)| Numeric(before.credit_limit)).collect();
    let posted: Vec<Numeric> = wallets.iter().map(|(_, now)| Numeric(now.posted)).collect();
    let versions: Vec<i64> = wallets.iter().map(|(_, now)| now.version.0).collect();
    let times: Vec<Instant> = wallets.iter().map(|(_, now)| Instant(now.last_entry_at)).collect();
    let updated = db_tx
        .execute(
            &statement,
            &[&ledger.0, &ids, &decided_from, &statuses, &limits, &posted, &versions, &times],
        )
        .await?;
    expect("update wallets", updated, wallets.len()).map_err(AttemptError::Conflict)
}

async fn insert_transactions(db_tx: &DbTx, ledger: LedgerId, changes: &Changes) -> Result<u64, AttemptError> {
    const INSERT: &str = "
        INSERT INTO transactions (
            ledger_id, transaction_id, type, status, asset, amount, from_wallet_id, from_version, to_wallet_id,
            to_version, user_id, api_key_id, idempotency_key, key_hash, fingerprint, reference, metadata, reverses,
            failure, failure_available, failure_needed, created_at)
        SELECT $1, id, type, status, asset, amount, from_wallet_id, from_version, to_wallet_id,
            to_version, user_id, api_key_id, idempotency_key, key_hash, fingerprint, reference, metadata::json, reverses,
            failure, failure_available, failure_needed, created_at
        FROM unnest(
            $2::uuid[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::bytea[], $15::bytea[], $16::text[],
            $17::text[], $18::uuid[], $19::text[], $20::numeric[], $21::numeric[], $22::timestamptz[])
            AS new (
                id, type, status, asset, amount, from_wallet_id, from_version, to_wallet_id,
                to_version, user_id, api_key_id, idempotency_key, key_hash, fingerprint, reference,
                metadata, reverses, failure, failure_available, failure_needed, created_at)";
    let statement = db_tx.prepare_cached(INSERT).await?;
    // In the order of their keys: two servers that insert the same ones never wait for each other in a circle.
    let mut transactions: Vec<&Transaction> = changes.transactions.iter().map(AsRef::as_ref).collect();
    transactions.sort_unstable_by_key(|transaction| transaction.key_hash);
    let new = Columns { transactions };
    let inserted = db_tx
        .execute(
            &statement,
            &[
                &ledger.0,
                &new.of(|transaction| uuid(transaction.id)),
                &new.of(|transaction| transaction.kind.as_str()),
                &new.of(|transaction| transaction.settlement.status().as_str()),
                &new.of(|transaction| transaction.asset.as_str()),
                &new.of(|transaction| Numeric(transaction.amount)),
                &new.of(|transaction| transaction.from.0),
                &new.of(|transaction| entries(transaction).map(|(debit, _)| debit.version.0)),
                &new.of(|transaction| transaction.to.0),
                &new.of(|transaction| entries(transaction).map(|(_, credit)| credit.version.0)),
                &new.of(|transaction| match transaction.principal {
                    Principal::User(user) => Some(user.0),
                    Principal::Service(_) => None,
                }),
                &new.of(|transaction| match transaction.principal {
                    Principal::User(_) => None,
                    Principal::Service(api_key) => Some(api_key.0),
                }),
                &new.of(|transaction| transaction.key.as_str()),
                &new.of(|transaction| transaction.key_hash.0.as_slice()),
                &new.of(|transaction| transaction.fingerprint.0.as_slice()),
                &new.of(|transaction| transaction.reference.as_ref().map(florin_ledger::Reference::as_str)),
                &new.of(|transaction| transaction.metadata.as_ref().map(florin_ledger::Metadata::as_str)),
                &new.of(|transaction| transaction.reverses.map(uuid)),
                &new.of(|transaction| failure(transaction).map(|(code, _, _)| code)),
                &new.of(|transaction| failure(transaction).map(|(_, available, _)| Numeric(available))),
                &new.of(|transaction| failure(transaction).map(|(_, _, needed)| Numeric(needed))),
                &new.of(|transaction| Instant(transaction.created_at)),
            ],
        )
        .await?;
    Ok(inserted)
}

/// The rows to insert, column by column.
struct Columns<'changes> {
    transactions: Vec<&'changes Transaction>,
}

impl<'changes> Columns<'changes> {
    fn of<T>(&self, column: impl Fn(&'changes Transaction) -> T) -> Vec<T> {
        self.transactions.iter().map(|transaction| column(transaction)).collect()
    }
}

fn entries(transaction: &Transaction) -> Option<(&Entry, &Entry)> {
    match &transaction.settlement {
        Settlement::Completed { debit, credit } => Some((debit, credit)),
        Settlement::Failed(_) => None,
    }
}

fn failure(transaction: &Transaction) -> Option<(&'static str, Amount, Amount)> {
    match transaction.settlement {
        Settlement::Completed { .. } => None,
        Settlement::Failed(failure) => {
            let (available, needed) = failure.amounts();
            Some((failure.code(), available, needed))
        }
    }
}

async fn insert_entries(db_tx: &DbTx, ledger: LedgerId, changes: &Changes) -> Result<u64, AttemptError> {
    const INSERT: &str = "
        INSERT INTO entries (ledger_id, wallet_id, version, transaction_id, direction, amount, balance_after)
        SELECT $1, wallet_id, version, transaction_id, direction, amount, balance_after
        FROM unnest($2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::numeric[], $7::numeric[])
            AS new (wallet_id, version, transaction_id, direction, amount, balance_after)";
    let statement = db_tx.prepare_cached(INSERT).await?;
    let mut new: Vec<(&Entry, Uuid)> = changes
        .transactions
        .iter()
        .flat_map(|transaction| transaction.settlement.entries().map(|entry| (entry, uuid(transaction.id))))
        .collect();
    // In the order of the primary key, so that each index page is visited once.
    new.sort_unstable_by_key(|(entry, _)| (entry.wallet, entry.version));
    let wallets: Vec<i64> = new.iter().map(|(entry, _)| entry.wallet.0).collect();
    let versions: Vec<i64> = new.iter().map(|(entry, _)| entry.version.0).collect();
    let ids: Vec<Uuid> = new.iter().map(|(_, id)| *id).collect();
    let directions: Vec<&str> = new.iter().map(|(entry, _)| entry.direction.as_str()).collect();
    let amounts: Vec<Numeric> = new.iter().map(|(entry, _)| Numeric(entry.amount)).collect();
    let balances: Vec<Numeric> = new.iter().map(|(entry, _)| Numeric(entry.balance_after)).collect();
    let inserted = db_tx
        .execute(&statement, &[&ledger.0, &wallets, &versions, &ids, &directions, &amounts, &balances])
        .await?;
    Ok(inserted)
}

async fn insert_reversals(db_tx: &DbTx, ledger: LedgerId, changes: &Changes) -> Result<u64, AttemptError> {
    const INSERT: &str = "
        INSERT INTO reversals (ledger_id, original_id, sequence, reversal_id, reversed_total, original_amount)
        SELECT $1, original_id, sequence, reversal_id, reversed_total, original_amount
        FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::numeric[], $6::numeric[])
            AS new (original_id, sequence, reversal_id, reversed_total, original_amount)";
    let statement = db_tx.prepare_cached(INSERT).await?;
    let new = &changes.reversals;
    let originals: Vec<Uuid> = new.iter().map(|record| uuid(record.original)).collect();
    let sequences: Vec<i64> = new.iter().map(|record| record.sequence).collect();
    let reversals: Vec<Uuid> = new.iter().map(|record| uuid(record.reversal)).collect();
    let totals: Vec<Numeric> = new.iter().map(|record| Numeric(record.reversed_total)).collect();
    let amounts: Vec<Numeric> = new.iter().map(|record| Numeric(record.original_amount)).collect();
    Ok(db_tx.execute(&statement, &[&ledger.0, &originals, &sequences, &reversals, &totals, &amounts]).await?)
}
