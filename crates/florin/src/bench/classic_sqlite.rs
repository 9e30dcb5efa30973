//! The classic way on SQLite: one database transaction a transfer, one after the other through the one
//! writer, with the same settings as the store's.
//!
//! Its file is a copy of Florin's, with the same wallets and balances. What it writes passes the same audit.

use super::measure::{Round, Tally};
use super::mix::{Transfer, Transfers};
use super::rounds::Length;
use anyhow::{Context, bail};
use florin_ledger::{Caller, Command, LedgerId, Principal, Timestamp, TransactionId};
use florin_server::clock;
use florin_store::sqlite::Sqlite;
use florin_store::{AuditReport, Store};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::path::PathBuf;
use std::time::Instant;

pub(crate) struct ClassicSqlite {
    folder: PathBuf,
}

impl ClassicSqlite {
    /// `folder` has a store's file.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) async fn run(
        &self,
        transfers: &Transfers,
        caller: Caller,
        length: Length,
    ) -> anyhow::Result<Round> {
        let file = self.folder.join("florin.db");
        let transfers = transfers.of_worker(0);
        tokio::task::spawn_blocking(move || {
            let mut connection = Connection::open(file)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "cache_size", -256 * 1024)?;
            let window = length.begin();
            let mut tally = Tally::new(window);
            for next in transfers {
                if window.is_over() {
                    break;
                }
                let began = Instant::now();
                transfer(&mut connection, &next, caller).context("a classic transfer")?;
                tally.record(began, 1);
            }
            Ok(Round::of(window, [tally]))
        })
        .await?
    }

    pub(super) async fn audit(&self) -> anyhow::Result<AuditReport> {
        Ok(Sqlite::open(&self.folder)?.audit(LedgerId::MAIN).await?)
    }
}

/// A wallet, as it was read under the write lock.
struct Locked {
    id: i64,
    posted: i64,
    version: i64,
    last_entry: Option<i64>,
    asset: String,
}

fn transfer(connection: &mut Connection, transfer: &Transfer, caller: Caller) -> anyhow::Result<()> {
    let command = transfer.command(caller);
    // The write lock of the whole file, from the beginning.
    let db_tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut find_key =
        db_tx.prepare_cached("SELECT seq FROM transactions WHERE ledger_id = ?1 AND key_hash = ?2")?;
    if find_key.exists(params![LedgerId::MAIN.0, command.key_hash.0])? {
        bail!("the key {} was used before", command.key.as_str());
    }
    drop(find_key);
    let mut debited = read_active(&db_tx, transfer.from.0)?;
    let mut credited = read_active(&db_tx, transfer.to.0)?;
    let amount = i64::from(transfer.cents);
    if debited.posted < amount {
        bail!("wallet {} has {} and needs {amount}", debited.id, debited.posted);
    }
    debited.posted -= amount;
    credited.posted += amount;

    let now = clock::now();
    let place = |sql| db_tx.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    let transaction_seq = place("SELECT coalesce(max(seq), 0) + 1 FROM transactions")?;
    let entry_seq = place("SELECT coalesce(max(seq), 0) + 1 FROM entries")?;
    append_transaction(&db_tx, &command, &debited, &credited, amount, [transaction_seq, entry_seq], now)?;
    for (wallet, direction, seq) in [(debited, "DEBIT", entry_seq), (credited, "CREDIT", entry_seq + 1)] {
        append_entry(&db_tx, &wallet, direction, amount, [transaction_seq, seq])?;
        update_wallet(&db_tx, &wallet, seq, now)?;
    }
    db_tx.commit()?;
    Ok(())
}

fn read_active(db_tx: &Transaction<'_>, id: i64) -> anyhow::Result<Locked> {
    let mut read = db_tx.prepare_cached(
        "SELECT posted, version, last_entry, asset, status FROM wallets WHERE ledger_id = ?1 AND wallet_id = ?2",
    )?;
    let (wallet, status) = read.query_row(params![LedgerId::MAIN.0, id], |row| {
        let (posted, version, last_entry) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((Locked { id, posted, version, last_entry, asset: row.get(3)? }, row.get::<_, String>(4)?))
    })?;
    if status != "active" {
        bail!("wallet {id} is not active");
    }
    Ok(wallet)
}

fn append_transaction(
    db_tx: &Transaction<'_>,
    command: &Command,
    debited: &Locked,
    credited: &Locked,
    amount: i64,
    [transaction_seq, entry_seq]: [i64; 2],
    now: Timestamp,
) -> anyhow::Result<()> {
    let (user, api_key) = match command.caller.principal {
        Principal::User(user) => (Some(user.0), None),
        Principal::Service(api_key) => (None, Some(api_key.0)),
    };
    db_tx
        .prepare_cached(
            "INSERT INTO transactions (seq, ledger_id, transaction_id, type, status, asset, amount, from_wallet_id,
                to_wallet_id, debit_entry, user_id, api_key_id, idempotency_key, key_hash, fingerprint, created_at)
             VALUES (?1, ?2, ?3, 'transfer', 'COMPLETED', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            transaction_seq,
            LedgerId::MAIN.0,
            TransactionId::new(now, clock::entropy()).0.to_be_bytes(),
            debited.asset,
            amount,
            debited.id,
            credited.id,
            entry_seq,
            user,
            api_key,
            command.key.as_str(),
            command.key_hash.0,
            command.fingerprint.0,
            now.0,
        ])?;
    Ok(())
}

fn append_entry(
    db_tx: &Transaction<'_>,
    wallet: &Locked,
    direction: &str,
    amount: i64,
    [transaction_seq, seq]: [i64; 2],
) -> anyhow::Result<()> {
    let Locked { id, posted, version, last_entry, .. } = wallet;
    let ledger = LedgerId::MAIN.0;
    db_tx
        .prepare_cached(
            "INSERT INTO entries (seq, ledger_id, wallet_id, version, previous, transaction_seq, direction, amount,
                balance_after)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            seq,
            ledger,
            id,
            version + 1,
            last_entry,
            transaction_seq,
            direction,
            amount,
            posted
        ])?;
    Ok(())
}

fn update_wallet(db_tx: &Transaction<'_>, wallet: &Locked, seq: i64, now: Timestamp) -> anyhow::Result<()> {
    let Locked { id, posted, version, .. } = wallet;
    let updated = db_tx
        .prepare_cached(
            "UPDATE wallets SET posted = ?3, version = ?4, last_entry = ?5, last_entry_at = ?6
             WHERE ledger_id = ?1 AND wallet_id = ?2",
        )?
        .execute(params![LedgerId::MAIN.0, id, posted, version + 1, seq, now.0])?;
    anyhow::ensure!(updated == 1, "wallet {id} was not updated");
    Ok(())
}
