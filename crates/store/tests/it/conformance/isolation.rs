//! Two ledgers in one store know nothing of each other.

use super::scene::{Scene, created, new_user};
use crate::asks::{Asks, by, by_the_house};
use florin_ledger::{LedgerId, Outcome, Rejection, UserId, Version, WalletId};
use florin_store::{
    EntryFilter, NewApiKey, Origin, RefreshToken, Rotation, Store, TransactionFilter, WalletFilter,
};

/// The same people, wallets and commands under the same keys; only the top-up differs.
async fn plays(scene: &mut Scene, ledger: LedgerId, top_up: &str) {
    scene.ledger = ledger;
    scene.asset("USD", 2).await;
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let (from, to) = (scene.wallet(alice, "USD").await, scene.wallet(bob, "USD").await);
    assert_eq!((alice, bob, from, to), (UserId(1), UserId(2), WalletId(5), WalletId(6)), "ids start anew");
    scene.completes(by_the_house().tops_up(alice, "USD", top_up).under("same")).await;
    scene.completes(by(alice).transfers("1.00", from, to).under("same")).await;
}

pub(super) async fn ledgers_share_nothing(scene: &mut Scene) {
    let [first, second] = [scene.ledger, scene.second];
    plays(scene, first, "10.00").await;
    let before = scene.snapshot(first).await;
    plays(scene, second, "77.00").await;
    assert_eq!(scene.snapshot(first).await, before);
    assert_eq!(scene.balance(WalletId(5)).await, "76.00");
    scene.ledger = first;
    assert_eq!(scene.balance(WalletId(5)).await, "9.00");
    for ledger in [first, second] {
        let report = scene.twins.audit(ledger).await.unwrap();
        assert_eq!((report.assets, report.wallets, report.transactions, report.entries), (1, 6, 2, 4));
    }
}

/// Long enough for the places from which engines jump into a history.
pub(super) async fn long_histories_are_apart(scene: &mut Scene) {
    let [first, second] = [scene.ledger, scene.second];
    plays(scene, first, "500.00").await;
    plays(scene, second, "500.00").await;
    for (ledger, amount) in [(first, "0.01"), (second, "0.02"), (first, "0.03"), (second, "0.04")] {
        scene.ledger = ledger;
        let asks = vec![by(UserId(1)).transfers(amount, WalletId(5), WalletId(6)); 100];
        scene.runs_all(&asks).await;
    }
    let all = EntryFilter::default();
    for ledger in [first, second] {
        for before in [None, Some(64), Some(65), Some(66), Some(100), Some(128), Some(129), Some(150)] {
            let before = before.map(Version);
            let page = scene.twins.entries(ledger, WalletId(5), all, before, 20).await.unwrap();
            assert_eq!(page.len(), 20);
        }
        let of_alice = TransactionFilter { user: Some(UserId(1)), ..TransactionFilter::default() };
        let newest = scene.twins.transactions(ledger, of_alice, None, 150).await.unwrap();
        let deep = scene.twins.transactions(ledger, of_alice, Some(newest[149].id), 20).await.unwrap();
        assert_eq!(deep.len(), 20);
    }
}

pub(super) async fn one_key_in_two_ledgers(scene: &mut Scene) {
    let [first, second] = [scene.ledger, scene.second];
    plays(scene, first, "10.00").await;
    plays(scene, second, "10.00").await;
    let ask = by(UserId(1)).transfers("1.00", WalletId(5), WalletId(6)).under("same");
    let Outcome::Replayed(in_second) = scene.runs(ask.clone()).await else { panic!() };
    scene.ledger = first;
    let Outcome::Replayed(in_first) = scene.runs(ask).await else { panic!() };
    assert_ne!(in_first.id, in_second.id);

    let now = scene.now();
    let key = scene.creation_key("created", "carol");
    for ledger in [first, second] {
        created(scene.twins.create_user(ledger, new_user("carol"), key, Origin::SYSTEM, now).await.unwrap());
    }
}

pub(super) async fn what_is_another_ledger_s_is_not_there(scene: &mut Scene) {
    let [first, second] = [scene.ledger, scene.second];
    plays(scene, first, "10.00").await;
    let now = scene.now();
    let new = NewApiKey { name: "x".to_owned(), secret_hash: [7; 32], scopes: vec![], created_by: UserId(1) };
    let key = scene.creation_key("", "x");
    let api_key = created(scene.twins.create_api_key(first, new, key, Origin::SYSTEM, now).await.unwrap());
    let expires_at = florin_ledger::Timestamp(i64::MAX);
    let token = RefreshToken { hash: [1; 32], family: 5, user: UserId(1), created_at: now, expires_at };
    scene.twins.start_session(first, token, Origin::SYSTEM).await.unwrap();
    let original = scene.twins.transactions(first, TransactionFilter::default(), None, 1).await.unwrap();
    let original = original[0].id;

    let twins = &scene.twins;
    assert_eq!(twins.wallet(second, WalletId(5)).await.unwrap(), None);
    assert_eq!(twins.wallets(second, WalletFilter::default(), None, 9).await.unwrap(), []);
    assert_eq!(twins.balances(second, vec![WalletId(5), WalletId(1)]).await.unwrap(), []);
    assert_eq!(twins.entries(second, WalletId(5), EntryFilter::default(), None, 9).await.unwrap(), []);
    assert_eq!(twins.transaction(second, original).await.unwrap(), None);
    let of_wallet = TransactionFilter { wallet: Some(WalletId(5)), ..TransactionFilter::default() };
    for filter in [TransactionFilter::default(), of_wallet] {
        assert_eq!(twins.transactions(second, filter, None, 9).await.unwrap(), []);
    }
    assert_eq!(twins.assets(second).await.unwrap(), []);
    assert_eq!(twins.trial_balance(second).await.unwrap(), []);
    assert_eq!(twins.user(second, UserId(1)).await.unwrap(), None);
    assert_eq!(twins.user_by_name(second, new_user("alice").username).await.unwrap(), None);
    assert_eq!(twins.users(second, None, 9).await.unwrap(), []);
    assert_eq!(twins.api_key_by_secret(second, [7; 32]).await.unwrap(), None);
    assert_eq!(twins.api_keys(second, None, 9).await.unwrap(), []);
    assert_eq!(twins.revoke_api_key(second, api_key.id, Origin::SYSTEM, now).await.unwrap(), None);
    let rotated =
        twins.rotate_refresh_token(second, [1; 32], [2; 32], expires_at, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(rotated, Rotation::Invalid);
    twins.end_session(second, [1; 32], Origin::SYSTEM, now).await.unwrap();
    let change = florin_ledger::WalletChange::default();
    let refused = twins.change_wallet(second, WalletId(5), change, None, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(refused, Err(Rejection::WalletNotFound { wallet: Some(WalletId(5)) }));

    scene.ledger = second;
    let refused = scene.refuses(by_the_house().reverses(original)).await;
    assert_eq!(refused, Rejection::TransactionNotFound);
    let refused = scene.refuses(by_the_house().transfers("1.00", WalletId(5), WalletId(6))).await;
    assert_eq!(refused, Rejection::WalletNotFound { wallet: Some(WalletId(5)) });
    let refused = scene.refuses(by_the_house().tops_up(UserId(1), "USD", "1.00")).await;
    assert_eq!(refused, Rejection::AssetNotFound);
    let rotated = scene
        .twins
        .rotate_refresh_token(first, [1; 32], [2; 32], expires_at, Origin::SYSTEM, now)
        .await
        .unwrap();
    assert!(matches!(rotated, Rotation::Rotated(_)), "ending it in another ledger did nothing");
}
