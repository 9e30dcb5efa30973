//! Proof: everything derived from the entries again, on one snapshot, while work goes on.
//!
//! Transactions and entries are read side by side in the order in which they were appended, each row once, with
//! one book a wallet in memory. Nothing is looked up: what is out of its place shows.

mod payouts;
mod records;
mod reversals;
mod wallets;

use super::assets::scale;
use super::rows::{amount, parsed, parsed_if_any};
use crate::{AuditFault, AuditReport, StoreError, TrialBalanceLine};
use florin_ledger::{Amount, AssetCode, LedgerId, SystemRole, TransactionId, WalletId};
use payouts::Payment;
use rusqlite::Transaction;
use std::collections::{BTreeMap, HashMap};
use wallets::Book;

/// Audits a ledger.
pub(super) fn audit(db_tx: &Transaction<'_>, ledger: LedgerId) -> Result<AuditReport, StoreError> {
    let mut audit = Audit {
        db_tx,
        ledger,
        report: AuditReport::default(),
        books: HashMap::new(),
        sums: BTreeMap::new(),
        reversals: HashMap::new(),
        payments: HashMap::new(),
        compensated: HashMap::new(),
    };
    audit.open_books()?;
    audit.read_records()?;
    audit.close_books();
    audit.check_sums();
    audit.check_reversals()?;
    audit.check_payouts()?;
    Ok(audit.report)
}

struct Audit<'db> {
    db_tx: &'db Transaction<'db>,
    ledger: LedgerId,
    report: AuditReport,
    books: HashMap<WalletId, Book>,
    /// The sum of each asset's entries, in smallest units.
    sums: BTreeMap<AssetCode, i128>,
    /// Completed reversals that no list of reversals has named yet: what they undo, and how much of it.
    reversals: HashMap<TransactionId, (TransactionId, Amount)>,
    /// Payments of payouts' rows that no row has named yet.
    payments: HashMap<TransactionId, Payment>,
    /// How much of payments compensations have reversed.
    compensated: HashMap<TransactionId, i128>,
}

impl Audit<'_> {
    fn fault(&mut self, fault: AuditFault) {
        if !self.is_full() {
            self.report.faults.push(fault);
        }
    }

    /// Whether to stop: the report has no room.
    fn is_full(&self) -> bool {
        self.report.faults.len() >= AuditReport::FAULTS_MAX
    }

    fn check_sums(&mut self) {
        for (asset, sum) in std::mem::take(&mut self.sums) {
            if sum != 0 {
                self.fault(AuditFault::AssetUnbalanced { asset, sum: sum.to_string() });
            }
        }
    }
}

/// What all wallets of each asset hold, by owner: users first, then the house's roles by name.
pub(super) fn trial_balance(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
) -> Result<Vec<TrialBalanceLine>, StoreError> {
    // Not summed in SQL: a sum there ends at 64 bits, or becomes a floating-point number.
    let mut statement = db_tx.prepare_cached(
        "SELECT w.asset, w.system_role, w.posted, a.scale
         FROM wallets w JOIN assets a ON a.ledger_id = w.ledger_id AND a.code = w.asset
         WHERE w.ledger_id = ?1",
    )?;
    let mut rows = statement.query([ledger.0])?;
    let mut lines = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let asset = parsed(row, 0, AssetCode::parse)?;
        let role = parsed_if_any(row, 1, SystemRole::parse)?;
        let (wallets, posted, scale) = (0, Amount::ZERO, scale(row, 3)?);
        let empty = TrialBalanceLine { asset, scale, role, wallets, posted };
        let line = lines.entry((asset, role.map(SystemRole::as_str))).or_insert(empty);
        line.wallets += 1;
        line.posted = line.posted.checked_add(amount(row, 2)?).ok_or_else(|| {
            StoreError::Inconsistent(format!("the wallets of asset {asset} sum to more than 38 digits"))
        })?;
    }
    Ok(lines.into_values().collect())
}
