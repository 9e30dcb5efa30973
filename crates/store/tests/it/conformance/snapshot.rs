//! All that a ledger holds, read through the store's own methods, page by page.

use florin_ledger::{LedgerId, Transaction, WalletId};
use florin_store::{
    ApiKey, AssetRecord, AuditFilter, AuditRecord, AuditReport, EntryFilter, HistoryEntry, Store,
    TransactionFilter, TrialBalanceLine, User, WalletFilter, WalletRecord,
};
use std::collections::BTreeMap;

/// Small, so that every ledger but the smallest takes several pages, and odd, so that pages end anywhere.
const PAGE: usize = 37;

#[derive(Debug, PartialEq)]
pub(crate) struct Snapshot {
    assets: Vec<AssetRecord>,
    wallets: Vec<WalletRecord>,
    transactions: Vec<Transaction>,
    entries: BTreeMap<WalletId, Vec<HistoryEntry>>,
    users: Vec<User>,
    api_keys: Vec<ApiKey>,
    audit_log: Vec<AuditRecord>,
    trial_balance: Result<Vec<TrialBalanceLine>, ()>,
    pub(crate) audit: AuditReport,
}

/// Reads pages until one is short; `$cursor` is where a row's page goes on.
macro_rules! all_pages {
    ($read:expr, $cursor:expr) => {{
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = $read(before).await.unwrap();
            let is_last = page.len() < PAGE;
            all.extend(page);
            before = all.last().map($cursor);
            if is_last {
                break all;
            }
        }
    }};
}

impl Snapshot {
    pub(crate) async fn of(store: &dyn Store, ledger: LedgerId) -> Self {
        let wallets = all_pages!(
            |before| store.wallets(ledger, WalletFilter::default(), before, PAGE),
            |record: &WalletRecord| record.wallet.id
        );
        let transactions = all_pages!(
            |before| store.transactions(ledger, TransactionFilter::default(), before, PAGE),
            |transaction: &Transaction| transaction.id
        );
        let mut entries = BTreeMap::new();
        for WalletRecord { wallet, .. } in &wallets {
            let history = all_pages!(
                |before| store.entries(ledger, wallet.id, EntryFilter::default(), before, PAGE),
                |line: &HistoryEntry| line.entry.version
            );
            entries.insert(wallet.id, history);
        }
        Self {
            assets: store.assets(ledger).await.unwrap(),
            users: all_pages!(|before| store.users(ledger, before, PAGE), |user: &User| user.id),
            api_keys: all_pages!(|before| store.api_keys(ledger, before, PAGE), |api_key: &ApiKey| api_key
                .id),
            audit_log: all_pages!(
                |before| store.audit_log(ledger, AuditFilter::default(), before, PAGE),
                |record: &AuditRecord| record.id
            ),
            // Beyond 38 digits there is no answer, on any engine.
            trial_balance: store.trial_balance(ledger).await.map_err(|_| ()),
            audit: store.audit(ledger).await.unwrap(),
            wallets,
            transactions,
            entries,
        }
    }
}
