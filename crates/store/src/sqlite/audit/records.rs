//! Transactions and entries, read side by side.

use super::Audit;
use super::payouts::Payment;
use crate::sqlite::history::direction;
use crate::sqlite::rows::{amount, parsed};
use crate::{AuditFault, StoreError};
use florin_ledger::{
    Amount, AssetCode, Direction, IdempotencyKey, KeyHash, PayoutId, Status, TransactionId, TransactionType,
    WalletId,
};
use rusqlite::Row;

struct Entry {
    seq: i64,
    wallet: WalletId,
    version: i64,
    previous: Option<i64>,
    transaction_seq: i64,
    direction: Direction,
    amount: Amount,
    balance_after: Amount,
}

struct Record {
    seq: i64,
    id: TransactionId,
    kind: TransactionType,
    status: Status,
    asset: AssetCode,
    amount: Amount,
    from: WalletId,
    to: WalletId,
    debit_entry: Option<i64>,
    reverses: Option<TransactionId>,
    /// Whether its key is one of a payout's.
    is_of_payout: bool,
}

impl Audit<'_> {
    /// Reads every transaction with its entries, and every entry that belongs to none.
    pub(super) fn read_records(&mut self) -> Result<(), StoreError> {
        let db_tx = self.db_tx;
        // Without a hint, the ledger would be looked up in an index, and each row in a place of its own.
        let mut records = db_tx.prepare_cached(
            "SELECT seq, transaction_id, type, status, asset, amount, from_wallet_id, to_wallet_id, debit_entry,
                    reverses, idempotency_key, key_hash
             FROM transactions NOT INDEXED WHERE ledger_id = ?1 ORDER BY seq",
        )?;
        let mut entries = db_tx.prepare_cached(
            "SELECT seq, wallet_id, version, previous, transaction_seq, direction, amount, balance_after
             FROM entries NOT INDEXED WHERE ledger_id = ?1 ORDER BY seq",
        )?;
        let mut records = records.query([self.ledger.0])?;
        let mut entries = entries.query([self.ledger.0])?;
        let mut next = entries.next()?.map(entry).transpose()?;
        while let Some(row) = records.next()? {
            let record = record(row)?;
            let mut own = Vec::with_capacity(2);
            while let Some(entry_read) = next.take_if(|entry| entry.transaction_seq <= record.seq) {
                if entry_read.transaction_seq == record.seq {
                    own.push(entry_read);
                } else {
                    self.orphan(&entry_read);
                }
                next = entries.next()?.map(entry).transpose()?;
            }
            self.record(&record, &own);
            if self.is_full() {
                return Ok(());
            }
        }
        while let Some(left_over) = next {
            self.orphan(&left_over);
            next = entries.next()?.map(entry).transpose()?;
        }
        Ok(())
    }

    fn orphan(&mut self, entry: &Entry) {
        self.report.entries += 1;
        self.fault(AuditFault::OrphanEntry { wallet: entry.wallet, version: entry.version });
        self.post(entry);
    }

    fn record(&mut self, record: &Record, entries: &[Entry]) {
        self.report.transactions += 1;
        let agrees = match (record.status, entries) {
            (Status::Completed, [debit, credit]) => {
                self.is_side(record, debit, Direction::Debit, record.from, record.debit_entry)
                    && self.is_side(
                        record,
                        credit,
                        Direction::Credit,
                        record.to,
                        record.debit_entry.map(|seq| seq + 1),
                    )
            }
            (Status::Failed, []) => true,
            (Status::Completed | Status::Failed, _) => false,
        };
        if !agrees {
            self.fault(AuditFault::TransactionDiffers { transaction: record.id });
        }
        for entry in entries {
            self.report.entries += 1;
            let sum = self.sums.entry(record.asset).or_default();
            *sum = sum.saturating_add(entry.direction.signed(entry.amount).units());
            if !self.post(entry) {
                self.fault(AuditFault::OrphanEntry { wallet: entry.wallet, version: entry.version });
            }
        }
        if let (TransactionType::Reversal, Status::Completed, Some(original)) =
            (record.kind, record.status, record.reverses)
        {
            self.reversals.insert(record.id, (original, record.amount));
            if record.is_of_payout {
                let compensated = self.compensated.entry(original).or_default();
                *compensated = compensated.saturating_add(record.amount.units());
            }
        }
        if record.kind == TransactionType::Payout {
            let Record { status, amount, from, to, .. } = *record;
            self.payments.insert(record.id, Payment { status, amount, from, to });
        }
    }

    /// Whether the entry is what the transaction says of that side.
    fn is_side(
        &self,
        record: &Record,
        entry: &Entry,
        direction: Direction,
        wallet: WalletId,
        seq: Option<i64>,
    ) -> bool {
        entry.direction == direction
            && entry.wallet == wallet
            && entry.amount == record.amount
            && Some(entry.seq) == seq
            && self.books.get(&wallet).is_some_and(|book| book.wallet.asset == record.asset)
    }

    /// Puts an entry into its wallet's book; `false` where there is no such wallet.
    fn post(&mut self, entry: &Entry) -> bool {
        let Some(book) = self.books.get_mut(&entry.wallet) else { return false };
        let (wallet, version) = (entry.wallet, entry.version);
        let follows = version == book.version + 1;
        let gap = AuditFault::Gap { wallet, expected: book.version + 1, found: version };
        // In order, but its pointer leads elsewhere: a reader would not find what is before it.
        let torn = AuditFault::Gap { wallet, expected: version - 1, found: version };
        let is_torn = entry.previous != book.seq;

        let signed = entry.direction.signed(entry.amount).units();
        let expected = book.balance.units().saturating_add(signed);
        let found = entry.balance_after.units();
        book.entries += 1;
        book.sum = book.sum.saturating_add(signed);
        (book.version, book.seq, book.balance) = (version, Some(entry.seq), entry.balance_after);

        if !follows {
            self.fault(gap);
        } else if is_torn {
            self.fault(torn);
        }
        if found != expected {
            let (expected, found) = (expected.to_string(), found.to_string());
            self.fault(AuditFault::ChainBroken { wallet, version, expected, found });
        }
        true
    }
}

fn entry(row: &Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        seq: row.get(0)?,
        wallet: WalletId(row.get(1)?),
        version: row.get(2)?,
        previous: row.get(3)?,
        transaction_seq: row.get(4)?,
        direction: parsed(row, 5, direction)?,
        amount: amount(row, 6)?,
        balance_after: amount(row, 7)?,
    })
}

fn record(row: &Row<'_>) -> Result<Record, StoreError> {
    let reverses: Option<[u8; 16]> = row.get(9)?;
    let kind = parsed(row, 2, TransactionType::parse)?;
    Ok(Record {
        seq: row.get(0)?,
        id: TransactionId(u128::from_be_bytes(row.get(1)?)),
        kind,
        status: parsed(row, 3, Status::parse)?,
        asset: parsed(row, 4, AssetCode::parse)?,
        amount: amount(row, 5)?,
        from: WalletId(row.get(6)?),
        to: WalletId(row.get(7)?),
        debit_entry: row.get(8)?,
        reverses: reverses.map(|id| TransactionId(u128::from_be_bytes(id))),
        is_of_payout: kind == TransactionType::Reversal && is_of_payout(row)?,
    })
}

/// Whether a transaction was made for a row of a payout: anybody's key may look so, but its hash does not.
fn is_of_payout(row: &Row<'_>) -> Result<bool, StoreError> {
    let key = parsed(row, 10, |text| IdempotencyKey::parse(text).ok())?;
    let payout = key.as_str().strip_prefix("payout-").and_then(|text| text.split('-').next()?.parse().ok());
    let key_hash: [u8; 16] = row.get(11)?;
    Ok(payout.is_some_and(|payout| KeyHash::of_payout(PayoutId(payout), &key).0 == key_hash))
}
