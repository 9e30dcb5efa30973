//! A wallet's entries: newest first, from anywhere, with filters.

use super::scene::Scene;
use crate::asks::{Asks, by, by_the_house};
use florin_ledger::{Direction, Timestamp, TransactionType, UserId, Version, WalletId};
use florin_store::{EntryFilter, HistoryEntry, Store};

/// Alice's wallet with 300 entries: more than four of the places from which engines jump into a history. Each
/// batch of ten brings a top-up, a withdrawal and eight transfers there and back.
async fn busy_wallet(scene: &mut Scene) -> WalletId {
    scene.asset("USD", 2).await;
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let (wallet, other) = (scene.wallet(alice, "USD").await, scene.wallet(bob, "USD").await);
    for _ in 0..30 {
        let mut asks = vec![
            by_the_house().tops_up(alice, "USD", "10.00"),
            by(alice).withdraws("1.00", wallet).noting("cash", "{}"),
        ];
        for _ in 0..4 {
            asks.push(by(alice).transfers("2.00", wallet, other));
            asks.push(by(bob).transfers("1.00", other, wallet));
        }
        // Fails, so it has no entry.
        asks.push(by(alice).transfers("5000.00", wallet, other));
        scene.runs_all(&asks).await;
    }
    wallet
}

async fn read(scene: &Scene, wallet: WalletId, filter: EntryFilter) -> Vec<HistoryEntry> {
    scene.twins.entries(scene.ledger, wallet, filter, None, usize::MAX).await.unwrap()
}

pub(super) async fn page_by_page(scene: &mut Scene) {
    let wallet = busy_wallet(scene).await;
    let all = read(scene, wallet, EntryFilter::default()).await;
    let versions: Vec<_> = all.iter().map(|line| line.entry.version.0).collect();
    assert_eq!(versions, (1..=300).rev().collect::<Vec<_>>());
    for limit in [1_usize, 7, 64, 65, 299, 300, 301] {
        for before in [1, 2, 63, 64, 65, 66, 128, 129, 255, 256, 257, 300, 301, 302, i64::MAX] {
            let before = Version(before);
            let page =
                scene.twins.entries(scene.ledger, wallet, EntryFilter::default(), Some(before), limit).await;
            let expected: Vec<_> =
                all.iter().filter(|line| line.entry.version < before).take(limit).cloned().collect();
            assert_eq!(page.unwrap(), expected, "{limit} before {before}");
        }
    }
    for before in [None, Some(Version(0)), Some(Version(-5))] {
        let page =
            scene.twins.entries(scene.ledger, wallet, EntryFilter::default(), before, 0).await.unwrap();
        assert_eq!(page, []);
    }
    let nothing =
        scene.twins.entries(scene.ledger, wallet, EntryFilter::default(), Some(Version(0)), 9).await;
    assert_eq!(nothing.unwrap(), []);
}

pub(super) async fn by_direction_type_and_time(scene: &mut Scene) {
    let wallet = busy_wallet(scene).await;
    let all = read(scene, wallet, EntryFilter::default()).await;
    let directions = [None, Some(Direction::Debit), Some(Direction::Credit)];
    let kinds =
        [None, Some(TransactionType::TopUp), Some(TransactionType::Withdrawal), Some(TransactionType::Spend)];
    // Exactly an entry's time, a microsecond beside it, and between two batches.
    let at = |index: usize| all[index].created_at;
    let times = [
        None,
        Some(at(299)),
        Some(at(280)),
        Some(at(151).next()),
        Some(at(150)),
        Some(Timestamp(at(100).0 - 500_000)),
        Some(at(0)),
        Some(at(0).next()),
    ];
    for direction in directions {
        for kind in kinds {
            for from in times {
                for until in times {
                    let filter = EntryFilter { direction, kind, from, until };
                    // A cursor and a limit that change with the filter, so that many pairs are seen.
                    let before = from.map(|at| Version(at.0.rem_euclid(320)));
                    let limit = if until.is_some() { 11 } else { 1000 };
                    let page =
                        scene.twins.entries(scene.ledger, wallet, filter, before, limit).await.unwrap();
                    let expected: Vec<_> = all
                        .iter()
                        .filter(|line| before.is_none_or(|before| line.entry.version < before))
                        .filter(|line| direction.is_none_or(|direction| line.entry.direction == direction))
                        .filter(|line| kind.is_none_or(|kind| line.kind == kind))
                        .filter(|line| from.is_none_or(|from| line.created_at >= from))
                        .filter(|line| until.is_none_or(|until| line.created_at < until))
                        .take(limit)
                        .cloned()
                        .collect();
                    assert_eq!(page, expected, "{filter:?} before {before:?}");
                }
            }
        }
    }
}

/// 2^48 milliseconds: an id has no room for a later time.
const END_OF_IDS: i64 = (1 << 48) * 1000;

pub(super) async fn far_times(scene: &mut Scene) {
    let wallet = busy_wallet(scene).await;
    let far = [i64::MIN, -1, 0, 999, 1_699_999_999_999_999, 253_402_300_800_000_000, END_OF_IDS, i64::MAX]
        .map(Timestamp);
    for from in far {
        for until in far {
            let filter = EntryFilter { from: Some(from), until: Some(until), ..EntryFilter::default() };
            let found = read(scene, wallet, filter).await.len();
            let is_all = from.0 < 1_700_000_000_000_000 && until.0 > 1_800_000_000_000_000;
            assert_eq!(found, if is_all { 300 } else { 0 }, "{from:?} to {until:?}");
        }
    }
}

pub(super) async fn of_nobody(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let empty = scene.wallet(alice, "USD").await;
    for wallet in [empty, WalletId(99), WalletId(0), WalletId(i64::MIN)] {
        assert_eq!(read(scene, wallet, EntryFilter::default()).await, []);
    }
    let by_nobody = scene.refuses(by(UserId(99)).withdraws("1.00", empty)).await;
    assert_eq!(by_nobody.code(), "wallet_not_found");
}
