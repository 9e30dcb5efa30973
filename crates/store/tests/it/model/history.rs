//! Pages of history, by filtering all of it.

use super::book::Book;
use florin_ledger::{Status, Timestamp, Transaction, TransactionId, Version, WalletId};
use florin_store::{AuditFilter, AuditId, AuditRecord, EntryFilter, HistoryEntry, TransactionFilter};

impl Book {
    /// A wallet's entries that match, newest first, with versions below `before`.
    pub(super) fn history(
        &self,
        wallet: WalletId,
        filter: EntryFilter,
        before: Option<Version>,
        limit: usize,
    ) -> Vec<HistoryEntry> {
        let transactions = self.entries.get(&wallet).map(Vec::as_slice).unwrap_or_default();
        transactions
            .iter()
            .rev()
            .filter_map(|transaction| line(wallet, transaction))
            .filter(|line| before.is_none_or(|before| line.entry.version < before))
            .filter(|line| filter.direction.is_none_or(|direction| line.entry.direction == direction))
            .filter(|line| filter.kind.is_none_or(|kind| line.kind == kind))
            .filter(|line| is_within(line.created_at, filter.from, filter.until))
            .take(limit)
            .collect()
    }

    /// Transactions that match, newest first, with ids below `before`.
    pub(super) fn list_transactions(
        &self,
        filter: TransactionFilter,
        before: Option<TransactionId>,
        limit: usize,
    ) -> Vec<Transaction> {
        self.transactions
            .values()
            .rev()
            .filter(|transaction| before.is_none_or(|before| transaction.id < before))
            .filter(|transaction| self.concerns(transaction, filter))
            .filter(|transaction| filter.kind.is_none_or(|kind| transaction.kind == kind))
            .filter(|transaction| {
                filter.status.is_none_or(|status| transaction.settlement.status() == status)
            })
            .filter(|transaction| filter.asset.is_none_or(|asset| transaction.asset == asset))
            .filter(|transaction| is_within(transaction.created_at, filter.from, filter.until))
            .take(limit)
            .map(|transaction| (**transaction).clone())
            .collect()
    }

    /// Lines of the audit log that match, newest first, below `before`.
    pub(super) fn list_audit_log(
        &self,
        filter: AuditFilter,
        before: Option<AuditId>,
        limit: usize,
    ) -> Vec<AuditRecord> {
        self.audit_log
            .iter()
            .rev()
            .filter(|record| before.is_none_or(|before| record.id < before))
            .filter(|record| filter.actor.is_none_or(|actor| record.origin.actor == actor))
            .filter(|record| filter.action.is_none_or(|action| record.line.action == action))
            .filter(|record| filter.subject.is_none_or(|subject| record.line.subject == Some(subject)))
            .filter(|record| is_within(record.at, filter.from, filter.until))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Whether a transaction is on one of the wallets that the filter's user and wallet leave. A failed one is
    /// only on the wallet that it would have debited: whoever did not get money does not hear of it.
    fn concerns(&self, transaction: &Transaction, filter: TransactionFilter) -> bool {
        let is_meant = |id: WalletId| {
            let owner = || self.wallet(id).and_then(|record| record.user());
            filter.wallet.is_none_or(|wallet| wallet == id)
                && (filter.user.is_none() || owner() == filter.user)
        };
        let is_completed = transaction.settlement.status() == Status::Completed;
        is_meant(transaction.from) || (is_completed && is_meant(transaction.to))
    }
}

fn line(wallet: WalletId, transaction: &Transaction) -> Option<HistoryEntry> {
    let entry = transaction.settlement.entries().find(|entry| entry.wallet == wallet)?;
    Some(HistoryEntry {
        entry: *entry,
        transaction: transaction.id,
        kind: transaction.kind,
        counterparty: if transaction.from == wallet { transaction.to } else { transaction.from },
        scale: transaction.scale,
        reference: transaction.reference.clone(),
        created_at: transaction.created_at,
    })
}

fn is_within(at: Timestamp, from: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    from.is_none_or(|from| at >= from) && until.is_none_or(|until| at < until)
}
