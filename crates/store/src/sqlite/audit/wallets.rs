//! What wallets say of themselves, against what their entries say.

use super::Audit;
use crate::sqlite::wallets::wallet;
use crate::{AuditFault, StoreError};
use florin_ledger::{Amount, Wallet, WalletId};

/// A wallet, and its history as far as it was read.
pub(super) struct Book {
    pub(super) wallet: Wallet,
    /// Where the wallet says that its newest entry is.
    last_entry: Option<i64>,
    /// How many entries were read.
    pub(super) entries: i64,
    /// What they sum to, in smallest units.
    pub(super) sum: i128,
    /// The newest one's version.
    pub(super) version: i64,
    /// The newest one's place.
    pub(super) seq: Option<i64>,
    /// The newest one's `balance_after`.
    pub(super) balance: Amount,
}

impl Audit<'_> {
    /// Opens a book for each wallet, and checks what needs no entries.
    pub(super) fn open_books(&mut self) -> Result<(), StoreError> {
        let count = "SELECT count(*) FROM assets WHERE ledger_id = ?1";
        let assets: i64 = self.db_tx.query_row(count, [self.ledger.0], |row| row.get(0))?;
        self.report.assets = u64::try_from(assets).unwrap_or_default();
        let mut statement = self.db_tx.prepare_cached(
            "SELECT w.wallet_id, w.user_id, w.system_role, w.asset, w.status, w.posted, w.credit_limit,
                    w.version, w.last_entry_at, w.last_entry,
                    a.code IS NULL OR (w.user_id IS NOT NULL AND u.user_id IS NULL)
             FROM wallets w
             LEFT JOIN assets a ON a.ledger_id = w.ledger_id AND a.code = w.asset
             LEFT JOIN users u ON u.ledger_id = w.ledger_id AND u.user_id = w.user_id
             WHERE w.ledger_id = ?1",
        )?;
        let mut rows = statement.query([self.ledger.0])?;
        while let Some(row) = rows.next()? {
            let wallet = wallet(row)?;
            if row.get(10)? {
                self.fault(AuditFault::OrphanWallet { wallet: wallet.id });
            }
            if !wallet.is_within_floor() {
                self.fault(AuditFault::BelowFloor { wallet: wallet.id });
            }
            let book = Book {
                wallet,
                last_entry: row.get(9)?,
                entries: 0,
                sum: 0,
                version: 0,
                seq: None,
                balance: Amount::ZERO,
            };
            self.books.insert(wallet.id, book);
            self.report.wallets += 1;
        }
        Ok(())
    }

    /// Checks each wallet against its entries, when all were read.
    pub(super) fn close_books(&mut self) {
        let mut books: Vec<(WalletId, Book)> = std::mem::take(&mut self.books).into_iter().collect();
        books.sort_unstable_by_key(|(id, _)| *id);
        for (id, book) in books {
            let (posted, version) = (book.wallet.posted.units(), book.wallet.version.0);
            if posted != book.sum {
                let (posted, sum) = (posted.to_string(), book.sum.to_string());
                self.fault(AuditFault::WalletDiffers { wallet: id, posted, sum });
            }
            if version != book.entries {
                self.fault(AuditFault::VersionDiffers { wallet: id, version, entries: book.entries });
            } else if book.last_entry != book.seq {
                // Its newest entry is there, but the wallet does not lead to it.
                self.fault(AuditFault::Gap { wallet: id, expected: version, found: version });
            }
        }
    }
}
