//! Saves what a batch changed. Nothing is decided here, and every number of affected rows is checked.

use super::codec::Stored;
use crate::StoreError;
use florin_ledger::{
    Changes, LedgerId, Metadata, Principal, Reference, ReversalRecord, Settlement, Transaction as Settled,
    Wallet, WalletId,
};
use rusqlite::{CachedStatement, Transaction, params};
use std::collections::HashMap;

/// Appends transactions, entries and reversals, and moves the wallets on.
///
/// `last_entries` says where each wallet's newest entry was; the new ones are chained to them.
pub(super) fn save(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    changes: &Changes,
    mut last_entries: HashMap<WalletId, Option<i64>>,
) -> Result<(), StoreError> {
    if changes.transactions.is_empty() {
        return Ok(());
    }
    append_transactions(db_tx, ledger, changes, &mut last_entries)?;
    for reversal in &changes.reversals {
        append_reversal(db_tx, ledger, reversal)?;
    }
    update_wallets(db_tx, ledger, &changes.wallets, &last_entries)
}

const INSERT_TRANSACTION: &str = "
    INSERT INTO transactions (seq, ledger_id, transaction_id, type, status, asset, amount, from_wallet_id,
                              to_wallet_id, debit_entry, user_id, api_key_id, idempotency_key, key_hash,
                              fingerprint, reference, metadata, reverses, failure, failure_available,
                              failure_needed, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)";

const INSERT_ENTRY: &str = "
    INSERT INTO entries (seq, ledger_id, wallet_id, version, previous, transaction_seq, direction, amount,
                         balance_after)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// Only from the version that was decided from.
const UPDATE_WALLET: &str = "
    UPDATE wallets SET posted = ?4, version = ?5, last_entry = ?6, last_entry_at = ?7
    WHERE ledger_id = ?1 AND wallet_id = ?2 AND version = ?3";

/// The place after the last one. One thread writes, so nobody else takes it.
fn next_seq(db_tx: &Transaction<'_>, sql: &'static str) -> Result<i64, StoreError> {
    Ok(db_tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn append_transactions(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    changes: &Changes,
    last_entries: &mut HashMap<WalletId, Option<i64>>,
) -> Result<(), StoreError> {
    let first_transaction = next_seq(db_tx, "SELECT coalesce(max(seq), 0) + 1 FROM transactions")?;
    let mut entry_seq = next_seq(db_tx, "SELECT coalesce(max(seq), 0) + 1 FROM entries")?;
    let mut insert_transaction = db_tx.prepare_cached(INSERT_TRANSACTION)?;
    let mut insert_entry = db_tx.prepare_cached(INSERT_ENTRY)?;
    for (transaction_seq, transaction) in (first_transaction..).zip(&changes.transactions) {
        append_transaction(&mut insert_transaction, ledger, transaction, transaction_seq, entry_seq)?;
        for entry in transaction.settlement.entries() {
            insert_entry.execute(params![
                entry_seq,
                ledger.0,
                entry.wallet.0,
                entry.version.0,
                last_entries.insert(entry.wallet, Some(entry_seq)).flatten(),
                transaction_seq,
                entry.direction.as_str(),
                Stored(entry.amount),
                Stored(entry.balance_after),
            ])?;
            entry_seq += 1;
        }
    }
    Ok(())
}

fn append_transaction(
    insert: &mut CachedStatement<'_>,
    ledger: LedgerId,
    transaction: &Settled,
    seq: i64,
    debit_entry: i64,
) -> Result<(), StoreError> {
    let (user, api_key) = match transaction.principal {
        Principal::User(user) => (Some(user.0), None),
        Principal::Service(api_key) => (None, Some(api_key.0)),
    };
    let (debit_entry, failure) = match transaction.settlement {
        Settlement::Completed { .. } => (Some(debit_entry), None),
        Settlement::Failed(failure) => (None, Some(failure)),
    };
    let amounts = failure.map(|failure| failure.amounts());
    insert.execute(params![
        seq,
        ledger.0,
        transaction.id.0.to_be_bytes(),
        transaction.kind.as_str(),
        transaction.settlement.status().as_str(),
        transaction.asset.as_str(),
        Stored(transaction.amount),
        transaction.from.0,
        transaction.to.0,
        debit_entry,
        user,
        api_key,
        transaction.key.as_str(),
        transaction.key_hash.0,
        transaction.fingerprint.0,
        transaction.reference.as_ref().map(Reference::as_str),
        transaction.metadata.as_ref().map(Metadata::as_str),
        transaction.reverses.map(|original| original.0.to_be_bytes()),
        failure.map(|failure| failure.code()),
        amounts.map(|(available, _)| Stored(available)),
        amounts.map(|(_, needed)| Stored(needed)),
        transaction.created_at.0,
    ])?;
    Ok(())
}

fn append_reversal(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    reversal: &ReversalRecord,
) -> Result<(), StoreError> {
    db_tx
        .prepare_cached(
            "INSERT INTO reversals (ledger_id, original_id, sequence, reversal_id, reversed_total, original_amount)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            ledger.0,
            reversal.original.0.to_be_bytes(),
            reversal.sequence,
            reversal.reversal.0.to_be_bytes(),
            Stored(reversal.reversed_total),
            Stored(reversal.original_amount),
        ])?;
    Ok(())
}

fn update_wallets(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallets: &[(Wallet, Wallet)],
    last_entries: &HashMap<WalletId, Option<i64>>,
) -> Result<(), StoreError> {
    let mut update = db_tx.prepare_cached(UPDATE_WALLET)?;
    let mut updated = 0;
    for (before, after) in wallets {
        updated += update.execute(params![
            ledger.0,
            before.id.0,
            before.version.0,
            Stored(after.posted),
            after.version.0,
            last_entries.get(&after.id).copied().flatten(),
            after.last_entry_at.0,
        ])?;
    }
    if updated == wallets.len() {
        return Ok(());
    }
    let count = |rows| u64::try_from(rows).unwrap_or(u64::MAX);
    Err(StoreError::RowsAffected {
        statement: "update wallets",
        expected: count(wallets.len()),
        actual: count(updated),
    })
}
