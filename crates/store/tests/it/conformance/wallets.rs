//! Wallets: listed, read together, changed.

use super::scene::Scene;
use crate::asks::{Asks, by, by_the_house, code};
use florin_ledger::{Amount, Rejection, Version, Wallet, WalletChange, WalletId, WalletStatus};
use florin_store::Origin;
use florin_store::{Store, WalletFilter};

fn credit(units: i128) -> WalletChange {
    WalletChange { status: None, credit_limit: Some(Amount::from_units(units).unwrap()) }
}

fn to(status: WalletStatus) -> WalletChange {
    WalletChange { status: Some(status), credit_limit: None }
}

pub(super) async fn pages_and_filters(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    scene.asset("GOLD", 0).await;
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let mut ids = Vec::new();
    for name in ["main", "savings", "rent"] {
        ids.push(scene.named_wallet(alice, "USD", name).await);
        ids.push(scene.named_wallet(bob, "GOLD", name).await);
    }
    scene.sets(ids[2], WalletStatus::Frozen).await;
    scene.sets(ids[4], WalletStatus::Closed).await;
    let all = WalletFilter::default();
    let of_alice = WalletFilter { user: Some(alice), ..all };
    let usd = WalletFilter { asset: Some(code("USD")), ..all };
    let active = WalletFilter { status: Some(WalletStatus::Active), ..all };
    for (filter, expected) in [
        (all, (1..=14).rev().collect()),
        (of_alice, vec![13, 11, 9]),
        (usd, vec![13, 11, 9, 4, 3, 2, 1]),
        (active, vec![14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (WalletFilter { user: Some(bob), ..usd }, vec![]),
        (WalletFilter { status: Some(WalletStatus::Closed), ..of_alice }, vec![13]),
        (WalletFilter { status: Some(WalletStatus::Frozen), asset: usd.asset, ..of_alice }, vec![11]),
        (WalletFilter { user: Some(florin_ledger::UserId(99)), ..all }, vec![]),
        (WalletFilter { asset: Some(code("SILVER")), ..all }, vec![]),
    ] {
        for limit in [1, 2, 3, 100, usize::MAX] {
            let mut read = Vec::new();
            loop {
                let before = read.last().copied().map(WalletId);
                let page = scene.twins.wallets(scene.ledger, filter, before, limit).await.unwrap();
                read.extend(page.iter().map(|record| record.wallet.id.0));
                if page.len() < limit {
                    break;
                }
            }
            assert_eq!(read, expected, "{filter:?}, {limit} a page");
        }
    }
    assert_eq!(scene.twins.wallets(scene.ledger, all, None, 0).await.unwrap(), []);
    assert_eq!(scene.twins.wallets(scene.ledger, all, Some(WalletId(1)), 5).await.unwrap(), []);
    assert_eq!(scene.twins.wallets(scene.ledger, all, Some(WalletId(-5)), 5).await.unwrap(), []);
    assert_eq!(scene.twins.wallet(scene.ledger, WalletId(99)).await.unwrap(), None);
}

pub(super) async fn many_balances(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let main = scene.wallet(alice, "USD").await;
    scene.completes(by_the_house().tops_up(alice, "USD", "3.00")).await;
    let asked = [main.0, 99, 2, main.0, 1, -1, i64::MAX].map(WalletId).to_vec();
    let read = scene.twins.balances(scene.ledger, asked).await.unwrap();
    let ids: Vec<_> = read.iter().map(|record| record.wallet.id.0).collect();
    assert_eq!(ids, [1, 2, 5], "each once, by ascending id");
    let posted: Vec<_> = read.iter().map(|record| record.wallet.posted.units()).collect();
    assert_eq!(posted, [-300, 0, 300]);
    assert_eq!(scene.twins.balances(scene.ledger, Vec::new()).await.unwrap(), []);
}

pub(super) async fn settings_change_as_the_ledger_says(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let main = scene.wallet(alice, "USD").await;
    scene.completes(by_the_house().tops_up(alice, "USD", "1.00")).await;
    let (ledger, now) = (scene.ledger, scene.now());
    let change = |id, change, expected: Option<i64>| {
        scene.twins.change_wallet(ledger, id, change, expected.map(Version), Origin::SYSTEM, now)
    };
    let nowhere = WalletId(99);
    let refused = Err(Rejection::WalletNotFound { wallet: Some(nowhere) });
    assert_eq!(change(nowhere, to(WalletStatus::Frozen), None).await.unwrap(), refused);
    let refused = Err(Rejection::VersionConflict { wallet: main, current: Version(1) });
    assert_eq!(change(main, to(WalletStatus::Frozen), Some(0)).await.unwrap(), refused);
    let refused = Err(Rejection::WalletNotEmpty { wallet: main });
    assert_eq!(change(main, to(WalletStatus::Closed), None).await.unwrap(), refused);
    let refused = Err(Rejection::SystemWallet { wallet: WalletId(1) });
    assert_eq!(change(WalletId(1), to(WalletStatus::Closed), None).await.unwrap(), refused);
    assert_eq!(change(WalletId(1), credit(1), None).await.unwrap(), refused);

    let frozen = change(main, to(WalletStatus::Frozen), Some(1)).await.unwrap().unwrap();
    assert_eq!((frozen.wallet.status, frozen.wallet.version), (WalletStatus::Frozen, Version(1)));
    assert_eq!(change(main, to(WalletStatus::Frozen), Some(1)).await.unwrap().unwrap(), frozen);
    assert_eq!(change(main, WalletChange::default(), None).await.unwrap().unwrap(), frozen);
    change(main, to(WalletStatus::Active), None).await.unwrap().unwrap();
    scene.completes(by(alice).withdraws("1.00", main)).await;
    scene.sets(main, WalletStatus::Closed).await;
    for change in [to(WalletStatus::Active), to(WalletStatus::Frozen), credit(5)] {
        assert_eq!(scene.changes(main, change).await, Err(Rejection::WalletClosed { wallet: main }));
    }
    scene.sets(main, WalletStatus::Closed).await;
}

pub(super) async fn credit_is_used_and_taken_back(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let (from, receiver) = (scene.wallet(alice, "USD").await, scene.wallet(bob, "USD").await);
    scene.changes(from, credit(5_000)).await.unwrap();
    scene.completes(by(alice).transfers("50.00", from, receiver)).await;
    scene.refuses(by(alice).transfers("0.01", from, receiver)).await;
    assert_eq!(scene.balance(from).await, "-50.00");
    assert_eq!(scene.changes(from, credit(4_999)).await, Err(Rejection::CreditLimitInUse { wallet: from }));
    assert_eq!(
        scene.changes(from, to(WalletStatus::Closed)).await,
        Err(Rejection::WalletNotEmpty { wallet: from })
    );
    scene.changes(from, credit(Wallet::CREDIT_LIMIT_MAX)).await.unwrap();
    scene.completes(by(alice).transfers("9999999999999949.99", from, receiver)).await;
    assert_eq!(scene.balance(from).await, "-9999999999999999.99");
    scene.refuses(by(alice).transfers("0.01", from, receiver)).await;
    scene.completes(by(bob).transfers("9999999999999949.99", receiver, from)).await;
    scene.changes(from, credit(5_000)).await.unwrap();
}

pub(super) async fn a_new_main_wallet_takes_over(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let first = scene.wallet(alice, "USD").await;
    scene.sets(first, WalletStatus::Closed).await;
    let none = Rejection::WalletNotFound { wallet: None };
    assert_eq!(scene.refuses(by_the_house().tops_up(alice, "USD", "1.00")).await, none);
    let second = scene.wallet(alice, "USD").await;
    scene.completes(by_the_house().tops_up(alice, "USD", "1.00")).await;
    assert_eq!([scene.balance(first).await, scene.balance(second).await], ["0.00", "1.00"]);
    let refused = scene.refuses(by_the_house().deposits("1.00", first)).await;
    assert_eq!(refused, Rejection::WalletClosed { wallet: first });
}
