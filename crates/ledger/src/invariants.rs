//! What must be true after every batch, derived again from the entries alone.
//!
//! `decide` should never break these; if it did, the batch must not be written.

use crate::{
    Amount, AssetCode, Changes, Direction, PayoutChange, PayoutId, RowResult, Status, Transaction,
    TransactionId, Wallet, WalletId, state::Reversed,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A broken promise, found before it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvariantViolation {
    /// A transaction's entries do not sum to zero, or are not of its amount, wallets and asset.
    #[error("the entries of transaction {0} do not balance")]
    Unbalanced(TransactionId),
    /// A wallet's new balance or version does not follow from its entries.
    #[error("wallet {0} does not equal its entries")]
    WalletDiffers(WalletId),
    /// A user's wallet would be below its floor.
    #[error("wallet {0} would be below its floor")]
    BelowFloor(WalletId),
    /// The entries of an asset do not sum to zero over the batch.
    #[error("the entries of asset {0} do not sum to zero")]
    AssetUnbalanced(AssetCode),
    /// A reversal without its one place among those of its original, or above what was left of that.
    #[error("reversal {0} is not recorded as it must be")]
    ReversalDiffers(TransactionId),
    /// A row's result that its transaction does not bear out, or that would be written twice.
    #[error("the rows of payout {0} are not as their transactions")]
    PayoutDiffers(PayoutId),
}

/// Checks a batch's changes: entries sum to zero a transaction and an asset, every changed wallet equals what
/// its entries make of it, version by version, and no user's wallet is below its floor.
pub fn check(changes: &Changes) -> Result<(), InvariantViolation> {
    let mut wallets: HashMap<WalletId, Wallet> =
        changes.wallets.iter().map(|(before, _)| (before.id, *before)).collect();
    // Sums of many wallets may need more than 128 bits on the way. Modulo 2^128 they still are zero at the end.
    let mut totals: HashMap<AssetCode, i128> = HashMap::new();

    for transaction in &changes.transactions {
        let unbalanced = InvariantViolation::Unbalanced(transaction.id);
        let mut sum = Amount::ZERO;
        for entry in transaction.settlement.entries() {
            let signed = entry.direction.signed(entry.amount);
            let expected_wallet = match entry.direction {
                Direction::Debit => transaction.from,
                Direction::Credit => transaction.to,
            };
            if entry.wallet != expected_wallet
                || entry.amount != transaction.amount
                || entry.amount <= Amount::ZERO
            {
                return Err(unbalanced);
            }
            sum = sum.checked_add(signed).ok_or(unbalanced)?;

            let differs = InvariantViolation::WalletDiffers(entry.wallet);
            let wallet = wallets.get_mut(&entry.wallet).ok_or(differs)?;
            wallet.posted = wallet.posted.checked_add(signed).ok_or(differs)?;
            wallet.version = wallet.version.next();
            wallet.last_entry_at = transaction.created_at;
            if wallet.posted != entry.balance_after || wallet.version != entry.version {
                return Err(differs);
            }
            if wallet.asset != transaction.asset {
                return Err(unbalanced);
            }
            if !wallet.is_within_floor() {
                return Err(InvariantViolation::BelowFloor(wallet.id));
            }
        }
        if sum != Amount::ZERO {
            return Err(unbalanced);
        }
    }

    for (before, after) in &changes.wallets {
        if wallets.get(&after.id) != Some(after) {
            return Err(InvariantViolation::WalletDiffers(after.id));
        }
        let total = totals.entry(after.asset).or_default();
        *total = total.wrapping_add(after.posted.units()).wrapping_sub(before.posted.units());
    }
    if let Some((asset, _)) = totals.into_iter().find(|(_, total)| *total != 0) {
        return Err(InvariantViolation::AssetUnbalanced(asset));
    }
    check_reversals(changes)?;
    check_payouts(changes)
}

/// Every completed reversal has its record, in order, and those of one original count on from each other.
fn check_reversals(changes: &Changes) -> Result<(), InvariantViolation> {
    let mut records = changes.reversals.iter();
    let mut reversed: HashMap<TransactionId, Reversed> = HashMap::new();
    let completed = |transaction: &&Arc<Transaction>| transaction.settlement.status() == Status::Completed;
    for transaction in changes.transactions.iter().filter(completed) {
        let Some(original) = transaction.reverses else { continue };
        let differs = InvariantViolation::ReversalDiffers(transaction.id);
        let record = records.next().ok_or(differs)?;
        let total_before = record.reversed_total.checked_sub(transaction.amount).ok_or(differs)?;
        let count_before = record.sequence.saturating_sub(1);
        let before = Reversed { total: total_before, count: count_before };
        let counts_on = reversed.get(&original).is_none_or(|earlier| *earlier == before);
        if record.reversal != transaction.id
            || record.original != original
            || !counts_on
            || total_before.is_negative()
            || count_before < 0
            || record.reversed_total > record.original_amount
        {
            return Err(differs);
        }
        reversed.insert(original, Reversed { total: record.reversed_total, count: record.sequence });
    }
    match records.next() {
        Some(record) => Err(InvariantViolation::ReversalDiffers(record.reversal)),
        None => Ok(()),
    }
}

/// Every row has one result, and a transaction of its own that says the same.
fn check_payouts(changes: &Changes) -> Result<(), InvariantViolation> {
    if changes.payouts.is_empty() {
        return Ok(());
    }
    let mut settled: HashMap<TransactionId, (Status, Amount)> = changes
        .transactions
        .iter()
        .map(|transaction| (transaction.id, (transaction.settlement.status(), transaction.amount)))
        .collect();
    for change in &changes.payouts {
        let PayoutChange { run, rows, .. } = change;
        let mut decided = HashSet::with_capacity(rows.len());
        for row in rows {
            let is_borne_out = match row.result {
                RowResult::Done { transaction, amount, .. } => {
                    settled.remove(&transaction) == Some((Status::Completed, amount))
                }
                RowResult::Failed { transaction: Some(transaction), .. } => {
                    settled.remove(&transaction).is_some_and(|(status, _)| status == Status::Failed)
                }
                RowResult::Failed { transaction: None, .. } => true,
            };
            if !is_borne_out || !decided.insert(row.row) {
                return Err(InvariantViolation::PayoutDiffers(run.payout));
            }
        }
    }
    Ok(())
}
