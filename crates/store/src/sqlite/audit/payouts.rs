//! Payouts: their counts are those of their rows in force, and these are as the ledger's transactions are.

use super::Audit;
use crate::payouts::{Checked, Payout, PayoutRow, RowState};
use crate::sqlite::payouts::records::{payout, payout_row, select_payouts, select_rows};
use crate::{AuditFault, StoreError};
use florin_ledger::{Amount, Status, WalletId};
use rusqlite::params;

const ALL: &str = select_payouts!(where "p.revision IS NOT NULL ORDER BY p.payout_id");
const ROWS: &str = select_rows!(where "1 ORDER BY row_number");

/// A transaction of the type that pays rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) status: Status,
    pub(super) amount: Amount,
    pub(super) from: WalletId,
    pub(super) to: WalletId,
}

/// What a payout says of its rows, or what they say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    rows: i64,
    total: i128,
    paid_rows: i64,
    paid_total: i128,
    failed_rows: i64,
    compensated_rows: i64,
    not_compensated_rows: i64,
    reversed_total: i128,
}

impl Audit<'_> {
    /// Checks every payout with its rows, and that each payment is named by one.
    pub(super) fn check_payouts(&mut self) -> Result<(), StoreError> {
        let db_tx = self.db_tx;
        let mut statement = db_tx.prepare_cached(ALL)?;
        let mut payouts = statement.query([self.ledger.0])?;
        while let Some(row) = payouts.next()? {
            self.check_payout(&payout(row)?)?;
        }
        let stray = std::mem::take(&mut self.payments).into_iter();
        let mut stray: Vec<_> = stray.filter(|(_, payment)| payment.status == Status::Completed).collect();
        stray.sort_unstable_by_key(|(transaction, _)| *transaction);
        for (transaction, _) in stray {
            self.fault(AuditFault::PayoutStray { transaction });
        }
        Ok(())
    }

    fn check_payout(&mut self, payout: &Payout) -> Result<(), StoreError> {
        let Some(content) = payout.content else { return Ok(()) };
        let db_tx = self.db_tx;
        let mut statement = db_tx.prepare_cached(ROWS)?;
        let mut rows = statement.query(params![self.ledger.0, payout.id.0, content.revision])?;
        let mut found = Counts::default();
        while let Some(row) = rows.next()? {
            let row = payout_row(row)?;
            found.add(payout, &row);
            if !self.is_borne_out(payout, &row) {
                let row = row.uploaded.number;
                self.fault(AuditFault::PayoutRowDiffers { payout: payout.id, row });
            }
            if self.is_full() {
                return Ok(());
            }
        }
        if found != Counts::of(payout) {
            self.fault(AuditFault::PayoutDiffers { payout: payout.id });
        }
        Ok(())
    }

    /// Whether the row's transaction says what the row says, and as much was reversed of it.
    fn is_borne_out(&mut self, payout: &Payout, row: &PayoutRow) -> bool {
        let named = row.outcome.as_ref().and_then(|outcome| outcome.transaction);
        let Some(named) = named else { return row.state != RowState::Paid && row.compensation.is_none() };
        let (status, payment) = if row.state == RowState::Paid {
            // Taken out of those that no row names: what is not there is no payment, or is named twice.
            (Status::Completed, self.payments.remove(&named))
        } else {
            (Status::Failed, self.payments.get(&named).copied())
        };
        let Checked::Good { wallet: to, amount } = row.uploaded.checked else { return false };
        let reversed = row.compensation.as_ref().map_or(0, |compensation| compensation.reversed.units());
        payment == Some(Payment { status, amount, from: payout.source, to })
            && self.compensated.get(&named).copied().unwrap_or_default() == reversed
    }
}

impl Counts {
    fn of(payout: &Payout) -> Self {
        let (content, payment) = (payout.content, payout.payment);
        let compensation = payout.compensation.map(|compensation| compensation.progress);
        Self {
            rows: content.map_or(0, |content| content.rows),
            total: content.map_or(0, |content| content.total.units()),
            paid_rows: payment.map_or(0, |payment| payment.done_rows),
            paid_total: payment.map_or(0, |payment| payment.done_total.units()),
            failed_rows: payment.map_or(0, |payment| payment.failed_rows),
            compensated_rows: compensation.map_or(0, |progress| progress.done_rows),
            not_compensated_rows: compensation.map_or(0, |progress| progress.failed_rows),
            reversed_total: payout.reversed_total.units(),
        }
    }

    fn add(&mut self, payout: &Payout, row: &PayoutRow) {
        let amount = match row.uploaded.checked {
            Checked::Good { amount, .. } => amount.units(),
            Checked::Bad { .. } => 0,
        };
        self.rows += 1;
        self.total = self.total.saturating_add(amount);
        if row.state == RowState::Paid {
            self.paid_rows += 1;
            self.paid_total = self.paid_total.saturating_add(amount);
        }
        let is_of_payment = payout.payment.is_some_and(|payment| payment.number == row.run);
        self.failed_rows += i64::from(row.state == RowState::Failed && is_of_payment);
        let Some(compensation) = &row.compensation else { return };
        self.reversed_total = self.reversed_total.saturating_add(compensation.reversed.units());
        if payout.compensation.is_some_and(|last| last.progress.number == compensation.run) {
            match compensation.outcome.failure {
                None => self.compensated_rows += 1,
                Some(_) => self.not_compensated_rows += 1,
            }
        }
    }
}
