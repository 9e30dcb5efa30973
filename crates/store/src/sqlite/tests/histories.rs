//! Long histories, read from any place: every jump, every page's edge.

use super::*;
use crate::{EntryFilter, TransactionFilter};
use florin_ledger::{Direction, TransactionType};

/// Entries on the wallet: more than four jumps, and the last one not at a jump.
const ENTRIES: i64 = 270;

/// Alice's wallet, with a top-up or a spend a millisecond.
async fn long_history(folder: &TempDir) -> Sqlite {
    let store = store(folder).await;
    for count in 1..ENTRIES {
        let (user, asset, amount) = (UserId(1), usd(), Decimal::parse("0.01").expect("an amount"));
        let movement = if count % 3 == 0 {
            Movement::Spend { user, asset, amount }
        } else {
            Movement::TopUp { user, asset, amount }
        };
        let now = Timestamp(NOW.0 + count * 1000);
        let group = command(&format!("movement-{count}"), movement);
        store.commit(LedgerId::MAIN, vec![group], now, count.unsigned_abs()).await.expect("a commit");
    }
    store
}

#[tokio::test]
async fn entries_are_found_from_every_version_and_time() {
    let folder = migrated();
    let store = long_history(&folder).await;
    let wallet = WalletId(5);
    let page = async |filter, before, limit| {
        store.entries(LedgerId::MAIN, wallet, filter, before, limit).await.expect("a page")
    };
    let all = page(EntryFilter::default(), None, 1000).await;
    let versions: Vec<i64> = all.iter().map(|entry| entry.entry.version.0).collect();
    assert_eq!(versions, (1..=ENTRIES).rev().collect::<Vec<_>>());

    for entry in &all {
        let (version, at) = (entry.entry.version, entry.created_at);
        let below: Vec<_> =
            all.iter().filter(|other| other.entry.version < version).take(3).cloned().collect();
        assert_eq!(page(EntryFilter::default(), Some(version), 3).await, below, "before {version:?}");
        let until = EntryFilter { until: Some(at), ..EntryFilter::default() };
        assert_eq!(page(until, None, 3).await, below, "until {at:?}");
        let from = EntryFilter { from: Some(at), ..EntryFilter::default() };
        let newer: Vec<_> = all.iter().filter(|other| other.created_at >= at).cloned().collect();
        assert_eq!(page(from, None, 1000).await, newer, "from {at:?}");
    }

    let spends = EntryFilter { kind: Some(TransactionType::Spend), ..EntryFilter::default() };
    let debits = EntryFilter { direction: Some(Direction::Debit), ..EntryFilter::default() };
    assert_eq!(page(spends, None, 1000).await, page(debits, None, 1000).await);
    let ages =
        |at| EntryFilter { from: Some(Timestamp(at)), until: Some(Timestamp(-at)), ..EntryFilter::default() };
    assert!(page(ages(i64::MAX), None, 1).await.is_empty());
    assert_eq!(page(ages(-i64::MAX), None, 1000).await, all);
}

#[tokio::test]
async fn transactions_are_found_from_every_id() {
    let folder = migrated();
    let store = long_history(&folder).await;
    let page = async |filter, before, limit| {
        store.transactions(LedgerId::MAIN, filter, before, limit).await.expect("a page")
    };
    let of_user = TransactionFilter { user: Some(UserId(1)), ..TransactionFilter::default() };
    let of_house = TransactionFilter::default();
    let all = page(of_house, None, 1000).await;
    assert_eq!(i64::try_from(all.len()), Ok(ENTRIES));
    assert!(all.is_sorted_by(|newer, older| newer.id > older.id));
    for transaction in &all {
        let below: Vec<_> = all.iter().filter(|other| other.id < transaction.id).take(3).cloned().collect();
        assert_eq!(page(of_house, Some(transaction.id), 3).await, below);
        assert_eq!(page(of_user, Some(transaction.id), 3).await, below);
    }
    // Both its wallets are the user's in no transaction here, but each is in some.
    let treasury = TransactionFilter { wallet: Some(WalletId(1)), ..TransactionFilter::default() };
    let top_ups = TransactionFilter { kind: Some(TransactionType::TopUp), ..TransactionFilter::default() };
    assert_eq!(page(treasury, None, 1000).await, page(top_ups, None, 1000).await);
}

/// The entry in a gap would be met by whoever walks; who jumps lands below it.
#[tokio::test]
async fn a_far_page_is_jumped_to() {
    let folder = migrated();
    let store = long_history(&folder).await;
    by_hand(&store, "DROP TRIGGER entries_never_deleted").await.expect("no guard");
    by_hand(&store, "DELETE FROM entries WHERE wallet_id = 5 AND version = 200").await.expect("a gap");
    let page = async |before, until| {
        let filter = EntryFilter { until, ..EntryFilter::default() };
        store.entries(LedgerId::MAIN, WalletId(5), filter, before, 10).await
    };
    let walked = page(Some(Version(205)), None).await;
    assert!(
        matches!(&walked, Err(StoreError::Inconsistent(text)) if text.contains("wallet 5")),
        "{walked:?}"
    );
    for (before, until) in [(Some(Version(150)), None), (None, Some(Timestamp(NOW.0 + 149 * 1000)))] {
        let jumped = page(before, until).await.expect("a page");
        assert_eq!(jumped.first().map(|entry| entry.entry.version), Some(Version(149)));
    }
}
