//! Sums and the audit, from the entries.

use super::book::Book;
use florin_ledger::{Amount, Owner, SystemRole, Version};
use florin_store::{AuditFault, AuditReport, StoreError, TrialBalanceLine};
use std::collections::BTreeMap;

impl Book {
    /// Users first, then the house's roles by name.
    pub(super) fn trial_balance(&self) -> Result<Vec<TrialBalanceLine>, StoreError> {
        let mut lines: BTreeMap<_, TrialBalanceLine> = BTreeMap::new();
        for record in self.all_wallets() {
            let wallet = record.wallet;
            let role = match wallet.owner {
                Owner::User(_) => None,
                Owner::System(role) => Some(role),
            };
            let line =
                lines.entry((wallet.asset, role.map(SystemRole::as_str))).or_insert(TrialBalanceLine {
                    asset: wallet.asset,
                    scale: record.scale,
                    role,
                    wallets: 0,
                    posted: Amount::ZERO,
                });
            line.wallets += 1;
            line.posted = line
                .posted
                .checked_add(wallet.posted)
                .ok_or_else(|| StoreError::Inconsistent("a sum is beyond 38 digits".to_owned()))?;
        }
        Ok(lines.into_values().collect())
    }

    /// Counts everything, and compares every wallet with what its entries make of it.
    pub(super) fn audit(&self) -> AuditReport {
        let mut report = AuditReport {
            assets: self.assets.len().try_into().unwrap_or(u64::MAX),
            wallets: self.labels.len().try_into().unwrap_or(u64::MAX),
            transactions: self.transactions.len().try_into().unwrap_or(u64::MAX),
            ..AuditReport::default()
        };
        for record in self.all_wallets() {
            let wallet = record.wallet;
            let (mut sum, mut version) = (Amount::ZERO, Version::NONE);
            for transaction in self.entries.get(&wallet.id).into_iter().flatten() {
                for entry in transaction.settlement.entries().filter(|entry| entry.wallet == wallet.id) {
                    sum = sum.checked_add(entry.direction.signed(entry.amount)).unwrap_or(Amount::MAX);
                    version = version.next();
                    report.entries += 1;
                }
            }
            if (wallet.posted, wallet.version) != (sum, version) {
                report.faults.push(AuditFault::WalletDiffers {
                    wallet: wallet.id,
                    posted: wallet.posted.units().to_string(),
                    sum: sum.units().to_string(),
                });
            }
        }
        report
    }
}
