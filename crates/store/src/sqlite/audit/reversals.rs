//! Reversals: each original's list of them, in order, adding up, and none above the original.

use super::Audit;
use crate::sqlite::rows::amount;
use crate::{AuditFault, StoreError};
use florin_ledger::{Amount, TransactionId};
use rusqlite::Row;
use std::collections::BTreeSet;

struct Listed {
    original: TransactionId,
    sequence: i64,
    reversal: TransactionId,
    reversed_total: Amount,
    /// What the list says.
    original_amount: Amount,
    /// What the original itself says; `None` where it is not there.
    amount: Option<Amount>,
}

/// An original's list, as far as it was read.
struct List {
    original: TransactionId,
    reversals: i64,
    total: i128,
}

impl Audit<'_> {
    /// Checks every list, and that each completed reversal is in one.
    pub(super) fn check_reversals(&mut self) -> Result<(), StoreError> {
        let mut statement = self.db_tx.prepare_cached(
            "SELECT r.original_id, r.sequence, r.reversal_id, r.reversed_total, r.original_amount, t.amount
             FROM reversals r
             LEFT JOIN transactions t ON t.ledger_id = r.ledger_id AND t.transaction_id = r.original_id
             WHERE r.ledger_id = ?1 ORDER BY r.original_id, r.sequence",
        )?;
        let mut rows = statement.query([self.ledger.0])?;
        let mut list = List { original: TransactionId(0), reversals: 0, total: 0 };
        let mut faulty = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let listed = listed(row)?;
            if listed.original != list.original {
                list = List { original: listed.original, reversals: 0, total: 0 };
            }
            if !self.adds_up(&mut list, &listed) {
                faulty.insert(listed.original);
            }
        }
        faulty.extend(self.reversals.values().map(|(original, _)| *original));
        for transaction in faulty {
            self.fault(AuditFault::ReversalsDiffer { transaction });
        }
        Ok(())
    }

    fn adds_up(&mut self, list: &mut List, listed: &Listed) -> bool {
        // Taken out of those that no list names; what is not there is no completed reversal, or is listed twice.
        let reversal = self.reversals.remove(&listed.reversal);
        let amount = reversal.filter(|(original, _)| *original == list.original).map(|(_, amount)| amount);
        list.reversals += 1;
        list.total = list.total.saturating_add(amount.unwrap_or_default().units());
        amount.is_some()
            && listed.sequence == list.reversals
            && listed.reversed_total.units() == list.total
            && listed.amount == Some(listed.original_amount)
            && listed.reversed_total <= listed.original_amount
    }
}

fn listed(row: &Row<'_>) -> Result<Listed, StoreError> {
    let id = |column| row.get(column).map(|id| TransactionId(u128::from_be_bytes(id)));
    let has_original = row.get_ref(5)? != rusqlite::types::ValueRef::Null;
    Ok(Listed {
        original: id(0)?,
        sequence: row.get(1)?,
        reversal: id(2)?,
        reversed_total: amount(row, 3)?,
        original_amount: amount(row, 4)?,
        amount: has_original.then(|| amount(row, 5)).transpose()?,
    })
}
