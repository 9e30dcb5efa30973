//! A wallet's history in the file: a chain from its newest entry back along `previous`, with an index of every
//! 64th entry to jump in. Along it versions and ids both fall, so a place in it can be searched for by either.

use crate::StoreError;
use florin_ledger::{LedgerId, TransactionId, Version, WalletId};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// Every how many versions the index has an entry; the migration says the same.
const JUMP: i64 = 64;

/// Where a page of a wallet's history begins: below all of these.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) version: Version,
    pub(super) transaction: TransactionId,
}

/// One entry of a chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) seq: i64,
    pub(super) previous: Option<i64>,
    pub(super) version: Version,
    pub(super) transaction: TransactionId,
    pub(super) transaction_seq: i64,
}

impl Link {
    fn is_below(&self, start: Start) -> bool {
        self.version < start.version && self.transaction < start.transaction
    }
}

macro_rules! select_links {
    ($condition:literal) => {
        concat!(
            "SELECT e.seq, e.previous, e.version, t.transaction_id, t.seq
             FROM entries e JOIN transactions t ON t.seq = e.transaction_seq AND t.ledger_id = e.ledger_id
             WHERE e.ledger_id = ?1 AND e.wallet_id = ?2 AND ",
            $condition
        )
    };
}

/// The wallet's newest entry below `start`, in a few steps however long its history is.
pub(super) fn newest_below(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallet: WalletId,
    start: Start,
) -> Result<Option<Link>, StoreError> {
    let Some(newest) = newest(db_tx, ledger, wallet)? else { return Ok(None) };
    let mut link = if newest.is_below(start) { newest } else { land(db_tx, ledger, wallet, newest, start)? };
    while !link.is_below(start) {
        match link.previous {
            Some(previous) => link = step(db_tx, ledger, wallet, previous)?,
            None => return Ok(None),
        }
    }
    Ok(Some(link))
}

/// The lowest jump that is not below `start`, or the newest entry where all jumps are: less than [`JUMP`] steps
/// above what is searched.
fn land(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallet: WalletId,
    newest: Link,
    start: Start,
) -> Result<Link, StoreError> {
    let mut link = newest;
    let (mut low, mut high) = (1, newest.version.0 / JUMP + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = jump(db_tx, ledger, wallet, Version(middle * JUMP))?;
        if found.is_below(start) {
            low = middle + 1;
        } else {
            (link, high) = (found, middle);
        }
    }
    Ok(link)
}

/// The wallet's newest entry.
fn newest(db_tx: &Transaction<'_>, ledger: LedgerId, wallet: WalletId) -> Result<Option<Link>, StoreError> {
    let seq: Option<Option<i64>> = db_tx
        .prepare_cached("SELECT last_entry FROM wallets WHERE ledger_id = ?1 AND wallet_id = ?2")?
        .query_row(params![ledger.0, wallet.0], |row| row.get(0))
        .optional()?;
    seq.flatten().map(|seq| step(db_tx, ledger, wallet, seq)).transpose()
}

/// The entry that a pointer names.
pub(super) fn step(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallet: WalletId,
    seq: i64,
) -> Result<Link, StoreError> {
    let found = one(db_tx, select_links!("e.seq = ?3"), ledger, wallet, seq)?;
    found.ok_or_else(|| broken(wallet, "a pointer leads to no entry of it"))
}

fn jump(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallet: WalletId,
    version: Version,
) -> Result<Link, StoreError> {
    let sql = select_links!("e.version = ?3 AND e.version % 64 = 0");
    let found = one(db_tx, sql, ledger, wallet, version.0)?;
    found.ok_or_else(|| broken(wallet, "an entry that it must have is not there"))
}

/// What a reader says of a history that the audit would not pass.
pub(super) fn broken(wallet: WalletId, why: &str) -> StoreError {
    StoreError::Inconsistent(format!("the history of wallet {wallet} is broken: {why}"))
}

fn one(
    db_tx: &Transaction<'_>,
    sql: &'static str,
    ledger: LedgerId,
    wallet: WalletId,
    place: i64,
) -> Result<Option<Link>, StoreError> {
    let mut statement = db_tx.prepare_cached(sql)?;
    Ok(statement.query_row(params![ledger.0, wallet.0, place], link).optional()?)
}

fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        seq: row.get(0)?,
        previous: row.get(1)?,
        version: Version(row.get(2)?),
        transaction: TransactionId(u128::from_be_bytes(row.get(3)?)),
        transaction_seq: row.get(4)?,
    })
}
