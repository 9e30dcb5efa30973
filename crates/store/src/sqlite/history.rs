//! Pages of history: a wallet's entries, and transactions of wallets or of the whole ledger.

use super::assets::scale;
use super::chain::{self, Link, Start, broken, newest_below};
use super::rows::{amount, parsed, parsed_if_any};
use super::transactions;
use crate::{EntryFilter, HistoryEntry, StoreError, TransactionFilter};
use florin_ledger::{
    Direction, Entry, LedgerId, Reference, Status, Timestamp, Transaction as Settled, TransactionId,
    TransactionType, Version, WalletId,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::collections::BinaryHeap;

/// A wallet's entries that match, newest first, with versions below `before`.
pub(super) fn entries(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    wallet: WalletId,
    filter: EntryFilter,
    before: Option<Version>,
    limit: usize,
) -> Result<Vec<HistoryEntry>, StoreError> {
    let ids = Ids::between(filter.from, filter.until, None);
    let start = Start { version: before.unwrap_or(Version(i64::MAX)), transaction: ids.below };
    let mut next = newest_below(db_tx, ledger, wallet, start)?.map(|link| link.seq);
    let mut statement = db_tx.prepare_cached(ENTRY)?;
    let mut page = Vec::new();
    while let (Some(seq), true) = (next, page.len() < limit) {
        let mut rows = statement.query(params![ledger.0, wallet.0, seq])?;
        let row = rows.next()?.ok_or_else(|| broken(wallet, "a pointer leads to no entry of it"))?;
        let entry = history_entry(row, wallet)?;
        if entry.transaction < ids.from {
            break;
        }
        next = row.get(10)?;
        if filter.direction.is_none_or(|direction| direction == entry.entry.direction)
            && filter.kind.is_none_or(|kind| kind == entry.kind)
        {
            page.push(entry);
        }
    }
    Ok(page)
}

const ENTRY: &str = "
    SELECT e.direction, e.amount, e.balance_after, e.version, t.transaction_id, t.type,
           CASE WHEN t.from_wallet_id = e.wallet_id THEN t.to_wallet_id ELSE t.from_wallet_id END,
           a.scale, t.reference, t.created_at, e.previous
    FROM entries e
    JOIN transactions t ON t.seq = e.transaction_seq AND t.ledger_id = e.ledger_id
    JOIN assets a ON a.ledger_id = t.ledger_id AND a.code = t.asset
    WHERE e.ledger_id = ?1 AND e.wallet_id = ?2 AND e.seq = ?3";

fn history_entry(row: &Row<'_>, wallet: WalletId) -> Result<HistoryEntry, StoreError> {
    Ok(HistoryEntry {
        entry: Entry {
            wallet,
            direction: parsed(row, 0, direction)?,
            amount: amount(row, 1)?,
            balance_after: amount(row, 2)?,
            version: Version(row.get(3)?),
        },
        transaction: TransactionId(u128::from_be_bytes(row.get(4)?)),
        kind: parsed(row, 5, TransactionType::parse)?,
        counterparty: WalletId(row.get(6)?),
        scale: scale(row, 7)?,
        reference: parsed_if_any(row, 8, |text| Reference::parse(text).ok())?,
        created_at: Timestamp(row.get(9)?),
    })
}

/// The direction of that name.
pub(super) fn direction(text: &str) -> Option<Direction> {
    [Direction::Debit, Direction::Credit].into_iter().find(|direction| direction.as_str() == text)
}

/// A range of ids: from the first, below the second.
struct Ids {
    from: TransactionId,
    below: TransactionId,
}

impl Ids {
    /// Ids begin with their time, so a range of times is a range of ids.
    fn between(from: Option<Timestamp>, until: Option<Timestamp>, before: Option<TransactionId>) -> Self {
        const ALL: TransactionId = TransactionId(u128::MAX);
        Self {
            from: from.map_or(TransactionId(0), first_id),
            below: until.map_or(ALL, first_id).min(before.unwrap_or(ALL)),
        }
    }
}

/// The lowest id that a transaction made at that time or later can have.
fn first_id(at: Timestamp) -> TransactionId {
    // An id has 48 bits for the millisecond; no clock of ours will ever be past them.
    const LAST: Timestamp = Timestamp(((1 << 48) - 1) * 1000);
    if at > LAST { TransactionId(u128::MAX) } else { TransactionId::new(at, 0) }
}

/// Transactions that match, newest first, with ids below `before`.
pub(super) fn transactions(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    filter: TransactionFilter,
    before: Option<TransactionId>,
    limit: usize,
) -> Result<Vec<Settled>, StoreError> {
    let ids = Ids::between(filter.from, filter.until, before);
    if filter.user.is_none() && filter.wallet.is_none() {
        return transactions::page(db_tx, ledger, filter, ids.from, ids.below, limit);
    }
    let mut histories = Histories::of(db_tx, ledger, filter, ids.below)?;
    let mut page: Vec<Settled> = Vec::new();
    let mut last = None;
    while page.len() < limit {
        let Some(head) = histories.next()? else { break };
        if head.id < ids.from {
            break;
        }
        // A transaction between two of the wallets is in both histories.
        if last.replace(head.id) == Some(head.id) {
            continue;
        }
        let transaction = transactions::at(db_tx, ledger, head.seq)?;
        if filter.kind.is_none_or(|kind| kind == transaction.kind)
            && filter.asset.is_none_or(|asset| asset == transaction.asset)
        {
            page.push(transaction);
        }
    }
    Ok(page)
}

/// The histories of some wallets, read as one, newest first.
struct Histories<'db> {
    db_tx: &'db Transaction<'db>,
    ledger: LedgerId,
    heads: BinaryHeap<Head>,
}

/// The newest transaction of one history that was not read yet.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    id: TransactionId,
    seq: i64,
    wallet: WalletId,
    rest: Rest,
}

/// What a history has behind its head.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    /// Completed transactions, along the wallet's entries.
    Entries { previous: Option<i64> },
    /// Failed ones, which have no entries: along an index of those that would have debited the wallet.
    Failures,
}

impl<'db> Histories<'db> {
    fn of(
        db_tx: &'db Transaction<'db>,
        ledger: LedgerId,
        filter: TransactionFilter,
        below: TransactionId,
    ) -> Result<Self, StoreError> {
        let mut histories = Self { db_tx, ledger, heads: BinaryHeap::new() };
        for wallet in wallets_of(db_tx, ledger, filter)? {
            if filter.status != Some(Status::Failed) {
                let start = Start { version: Version(i64::MAX), transaction: below };
                let link = newest_below(db_tx, ledger, wallet, start)?;
                histories.heads.extend(link.map(|link| completed(wallet, link)));
            }
            if filter.status != Some(Status::Completed) {
                histories.push_failure(wallet, below)?;
            }
        }
        Ok(histories)
    }

    fn next(&mut self) -> Result<Option<Head>, StoreError> {
        let Some(head) = self.heads.pop() else { return Ok(None) };
        match head.rest {
            Rest::Entries { previous: Some(previous) } => {
                let link = chain::step(self.db_tx, self.ledger, head.wallet, previous)?;
                self.heads.push(completed(head.wallet, link));
            }
            Rest::Entries { previous: None } => {}
            Rest::Failures => self.push_failure(head.wallet, head.id)?,
        }
        Ok(Some(head))
    }

    fn push_failure(&mut self, wallet: WalletId, below: TransactionId) -> Result<(), StoreError> {
        let mut statement = self.db_tx.prepare_cached(
            "SELECT transaction_id, seq FROM transactions
             WHERE ledger_id = ?1 AND from_wallet_id = ?2 AND status = 'FAILED' AND transaction_id < ?3
             ORDER BY transaction_id DESC LIMIT 1",
        )?;
        let head = statement.query_row(params![self.ledger.0, wallet.0, below.0.to_be_bytes()], |row| {
            let id = TransactionId(u128::from_be_bytes(row.get(0)?));
            Ok(Head { id, seq: row.get(1)?, wallet, rest: Rest::Failures })
        });
        self.heads.extend(head.optional()?);
        Ok(())
    }
}

fn completed(wallet: WalletId, link: Link) -> Head {
    let rest = Rest::Entries { previous: link.previous };
    Head { id: link.transaction, seq: link.transaction_seq, wallet, rest }
}

/// The wallets that the filter's user and wallet leave.
fn wallets_of(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    filter: TransactionFilter,
) -> Result<Vec<WalletId>, StoreError> {
    let sql = if filter.user.is_some() {
        "SELECT wallet_id FROM wallets
         WHERE ledger_id = ?1 AND user_id = ?2 AND (?3 IS NULL OR wallet_id = ?3)"
    } else {
        "SELECT wallet_id FROM wallets WHERE ledger_id = ?1 AND ?2 IS NULL AND wallet_id = ?3"
    };
    let mut statement = db_tx.prepare_cached(sql)?;
    let (user, wallet) = (filter.user.map(|user| user.0), filter.wallet.map(|wallet| wallet.0));
    let ids = statement.query_map(params![ledger.0, user, wallet], |row| row.get(0).map(WalletId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}
