//! The classic way on SQLite: one database transaction a transfer, one after the other through the one
//! writer, with the same settings as the store's.
//!
//! Its file is a copy of Florin's, with the same wallets and balances. What it writes passes the same audit.

use super::measure::{Round, Tally, Window};
use super::mix::{Transfer, Transfers};
use anyhow::{Context, bail};
use florin_ledger::{Caller, LedgerId, Principal, TransactionId};
use florin_server::clock;
use florin_store::sqlite::Sqlite;
use florin_store::{AuditReport, Store};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
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
        window: impl FnOnce() -> Window + Send + 'static,
    ) -> anyhow::Result<Round> {
        let file = self.folder.join("florin.db");
        let transfers = transfers.of_worker(0);
        tokio::task::spawn_blocking(move || {
            let mut connection = Connection::open(file)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "cache_size", -256 * 1024)?;
            let window = window();
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

struct Locked {
    id: i64,
    posted: i64,
    version: i64,
    last_entry: Option<i64>,
}

fn transfer(connection: &mut Connection, transfer: &Transfer, caller: Caller) -> anyhow::Result<()> {
    let command = transfer.command(caller);
    let ledger = LedgerId::MAIN.0;
    let (from, to) = (transfer.from.0, transfer.to.0);
    // The write lock of the whole file, from the beginning.
    let db_tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;

    let mut find_key =
        db_tx.prepare_cached("SELECT seq FROM transactions WHERE ledger_id = ?1 AND key_hash = ?2")?;
    if find_key.query_row(params![ledger, command.key_hash.0], |_| Ok(())).optional()?.is_some() {
        bail!("the key {} was used before", command.key.as_str());
    }
    let mut read = db_tx.prepare_cached(
        "SELECT posted, version, last_entry, status, asset FROM wallets WHERE ledger_id = ?1 AND wallet_id = ?2",
    )?;
    let mut locked = |id: i64| {
        read.query_row(params![ledger, id], |row| {
            let wallet = Locked { id, posted: row.get(0)?, version: row.get(1)?, last_entry: row.get(2)? };
            Ok((wallet, row.get::<_, String>(3)?, row.get::<_, String>(4)?))
        })
    };
    let (mut debited, debited_status, asset) = locked(from)?;
    let (mut credited, credited_status, _) = locked(to)?;
    if debited_status != "active" || credited_status != "active" {
        bail!("a wallet is not active");
    }
    let amount = i64::from(transfer.cents);
    if debited.posted < amount {
        bail!("wallet {from} has {} and needs {amount}", debited.posted);
    }
    debited.posted -= amount;
    credited.posted += amount;

    let now = clock::now();
    let place = |sql| db_tx.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    let transaction_seq = place("SELECT coalesce(max(seq), 0) + 1 FROM transactions")?;
    let entry_seq = place("SELECT coalesce(max(seq), 0) + 1 FROM entries")?;
    let (user, api_key) = match caller.principal {
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
            ledger,
            TransactionId::new(now, clock::entropy()).0.to_be_bytes(),
            asset,
            amount,
            from,
            to,
            entry_seq,
            user,
            api_key,
            command.key.as_str(),
            command.key_hash.0,
            command.fingerprint.0,
            now.0,
        ])?;
    let sides = [(debited, "DEBIT", entry_seq), (credited, "CREDIT", entry_seq + 1)];
    for (Locked { id, posted, version, last_entry }, direction, seq) in sides {
        db_tx
            .prepare_cached(
                "INSERT INTO entries (seq, ledger_id, wallet_id, version, previous, transaction_seq, direction,
                    amount, balance_after)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![seq, ledger, id, version + 1, last_entry, transaction_seq, direction, amount, posted])?;
        let updated = db_tx
            .prepare_cached(
                "UPDATE wallets SET posted = ?3, version = ?4, last_entry = ?5, last_entry_at = ?6
                 WHERE ledger_id = ?1 AND wallet_id = ?2",
            )?
            .execute(params![ledger, id, posted, version + 1, seq, now.0])?;
        anyhow::ensure!(updated == 1, "wallet {id} was not updated");
    }
    drop((find_key, read));
    db_tx.commit()?;
    Ok(())
}
