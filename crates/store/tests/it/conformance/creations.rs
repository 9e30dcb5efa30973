//! Users, assets, wallets and API keys: created once a key, refused in order, remembered as they were.

use super::scene::{Scene, created, new_user};
use crate::asks::{Asks, by_the_house, code};
use florin_ledger::{Asset, LedgerId, Scale, SystemRole, UserId, WalletChange, WalletId, WalletStatus};
use florin_store::{
    Created, NewApiKey, NewAsset, NewUser, NewWallet, Origin, Refusal, Role, Scope, Store, StoreError,
    WalletName,
};

fn new_asset(text: &str, scale: u8) -> NewAsset {
    NewAsset {
        asset: Asset { code: code(text), scale: Scale::new(scale).unwrap() },
        name: text.to_lowercase(),
    }
}

fn new_wallet(user: UserId, asset: &str, name: &str) -> NewWallet {
    NewWallet { user, asset: code(asset), name: WalletName::parse(name).unwrap() }
}

fn new_api_key(created_by: UserId, secret: u8) -> NewApiKey {
    NewApiKey {
        name: format!("service {secret}"),
        secret_hash: [secret; 32],
        scopes: vec![Scope::Read, Scope::TransactionsWrite],
        created_by,
    }
}

pub(super) async fn an_asset_brings_its_four_wallets(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    scene.asset("GOLD", 0).await;
    let assets = scene.twins.assets(scene.ledger).await.unwrap();
    let codes: Vec<_> = assets.iter().map(|record| record.asset.code.as_str()).collect();
    assert_eq!(codes, ["GOLD", "USD"], "by code");
    assert_eq!(assets[1].system_wallets, [1, 2, 3, 4].map(WalletId));
    assert_eq!(assets[0].system_wallets, [5, 6, 7, 8].map(WalletId));
    for record in &assets {
        for (id, role) in record.system_wallets.iter().zip(SystemRole::ALL) {
            let wallet = scene.record(*id).await;
            assert_eq!(wallet.wallet.owner, florin_ledger::Owner::System(role));
            assert_eq!((wallet.name.as_str(), wallet.scale), (role.as_str(), record.asset.scale));
        }
    }
    let (key, now) = (scene.creation_key("", "again"), scene.now());
    let again =
        scene.twins.create_asset(scene.ledger, new_asset("USD", 4), key, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(again, Created::Refused(Refusal::AssetExists));
}

pub(super) async fn users_have_names_and_addresses_of_their_own(scene: &mut Scene) {
    let alice = scene.user("alice").await;
    let operator = NewUser { role: Role::Operator, ..new_user("house") };
    let (key, now) = (scene.creation_key("", "house"), scene.now());
    created(scene.twins.create_user(scene.ledger, operator, key, Origin::SYSTEM, now).await.unwrap());

    let same_name = NewUser { email: new_user("other").email, ..new_user("alice") };
    let same_email = NewUser { username: new_user("other").username, ..new_user("alice") };
    for (new, refusal) in [
        (new_user("alice"), Refusal::UsernameTaken),
        (same_name, Refusal::UsernameTaken),
        (same_email, Refusal::EmailTaken),
        (NewUser { email: new_user("house").email, ..new_user("alice") }, Refusal::UsernameTaken),
    ] {
        let (key, now) = (scene.creation_key("", "x"), scene.now());
        let refused = scene.twins.create_user(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap();
        assert_eq!(refused, Created::Refused(refusal));
    }
    let found = scene.twins.user_by_name(scene.ledger, new_user("alice").username).await.unwrap();
    assert_eq!(found.unwrap().id, alice);
    assert_eq!(scene.twins.user_by_name(scene.ledger, new_user("nobody").username).await.unwrap(), None);
    assert_eq!(scene.twins.user(scene.ledger, UserId(99)).await.unwrap(), None);
    for (before, limit, ids) in [
        (None, 10, vec![2, 1]),
        (None, 1, vec![2]),
        (None, 0, vec![]),
        (Some(UserId(2)), 10, vec![1]),
        (Some(UserId(1)), 10, vec![]),
        (Some(UserId(i64::MAX)), usize::MAX, vec![2, 1]),
    ] {
        let page = scene.twins.users(scene.ledger, before, limit).await.unwrap();
        assert_eq!(page.iter().map(|user| user.id.0).collect::<Vec<_>>(), ids);
    }
}

pub(super) async fn wallets_are_refused_in_order(scene: &mut Scene) {
    let alice = scene.user("alice").await;
    scene.asset("USD", 2).await;
    scene.wallet(alice, "USD").await;
    for (new, refusal) in [
        (new_wallet(UserId(99), "SILVER", "main"), Refusal::UserNotFound),
        (new_wallet(alice, "SILVER", "main"), Refusal::AssetNotFound),
        (new_wallet(alice, "USD", "main"), Refusal::WalletExists),
    ] {
        let (key, now) = (scene.creation_key("", "x"), scene.now());
        let refused = scene.twins.create_wallet(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap();
        assert_eq!(refused, Created::Refused(refusal));
    }
    let bob = scene.user("bob").await;
    scene.wallet(bob, "USD").await;
    scene.named_wallet(alice, "USD", "Main").await;
}

pub(super) async fn a_closed_wallet_s_name_is_free_again(scene: &mut Scene) {
    let alice = scene.user("alice").await;
    scene.asset("USD", 2).await;
    for _ in 0..3 {
        let savings = scene.named_wallet(alice, "USD", "savings").await;
        scene.sets(savings, WalletStatus::Frozen).await;
        let (key, now) = (scene.creation_key("", "x"), scene.now());
        let new = new_wallet(alice, "USD", "savings");
        let refused = scene.twins.create_wallet(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap();
        assert_eq!(refused, Created::Refused(Refusal::WalletExists), "a frozen wallet keeps its name");
        scene.sets(savings, WalletStatus::Closed).await;
    }
}

pub(super) async fn replays_answer_what_was_created_then(scene: &mut Scene) {
    let now = scene.now();
    let keys = ["user", "asset", "wallet", "api-key"].map(|key| scene.creation_key(key, key));
    let user = created(
        scene.twins.create_user(scene.ledger, new_user("alice"), keys[0], Origin::SYSTEM, now).await.unwrap(),
    );
    let asset = created(
        scene
            .twins
            .create_asset(scene.ledger, new_asset("USD", 2), keys[1], Origin::SYSTEM, now)
            .await
            .unwrap(),
    );
    let new = new_wallet(user.id, "USD", "main");
    let wallet = created(
        scene.twins.create_wallet(scene.ledger, new.clone(), keys[2], Origin::SYSTEM, now).await.unwrap(),
    );
    let new_api_key = new_api_key(user.id, 1);
    let api_key = created(
        scene
            .twins
            .create_api_key(scene.ledger, new_api_key.clone(), keys[3], Origin::SYSTEM, now)
            .await
            .unwrap(),
    );

    scene.completes(by_the_house().tops_up(user.id, "USD", "9.00")).await;
    let change = WalletChange {
        status: Some(WalletStatus::Frozen),
        credit_limit: florin_ledger::Amount::from_units(500),
    };
    scene.changes(wallet.wallet.id, change).await.unwrap();
    let later = scene.now();
    scene.twins.revoke_api_key(scene.ledger, api_key.id, Origin::SYSTEM, later).await.unwrap();
    for _ in 0..2 {
        let replayed = scene
            .twins
            .create_user(scene.ledger, new_user("alice"), keys[0], Origin::SYSTEM, later)
            .await
            .unwrap();
        assert_eq!(replayed, Created::Replayed(user.clone()));
        let replayed = scene
            .twins
            .create_asset(scene.ledger, new_asset("USD", 2), keys[1], Origin::SYSTEM, later)
            .await
            .unwrap();
        assert_eq!(replayed, Created::Replayed(asset.clone()));
        let replayed = scene
            .twins
            .create_wallet(scene.ledger, new.clone(), keys[2], Origin::SYSTEM, later)
            .await
            .unwrap();
        assert_eq!(replayed, Created::Replayed(wallet.clone()));
        let replayed = scene
            .twins
            .create_api_key(scene.ledger, new_api_key.clone(), keys[3], Origin::SYSTEM, later)
            .await
            .unwrap();
        assert_eq!(replayed, Created::Replayed(api_key.clone()));
        scene.restarts().await;
    }
}

pub(super) async fn a_key_creates_one_thing(scene: &mut Scene) {
    let now = scene.now();
    let key = scene.creation_key("k", "alice");
    let alice = created(
        scene.twins.create_user(scene.ledger, new_user("alice"), key, Origin::SYSTEM, now).await.unwrap(),
    );
    let other_body = scene.creation_key("k", "bob");
    for key in [other_body, key] {
        let new = new_asset("USD", 2);
        assert_eq!(
            scene.twins.create_asset(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap(),
            Created::KeyReused
        );
        let new = new_wallet(alice.id, "USD", "main");
        assert_eq!(
            scene.twins.create_wallet(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap(),
            Created::KeyReused
        );
        let new = new_api_key(alice.id, 1);
        assert_eq!(
            scene.twins.create_api_key(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap(),
            Created::KeyReused
        );
    }
    let reused = scene
        .twins
        .create_user(scene.ledger, new_user("bob"), other_body, Origin::SYSTEM, now)
        .await
        .unwrap();
    assert_eq!(reused, Created::KeyReused);
}

pub(super) async fn refusals_leave_no_gap_and_bind_no_key(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let now = scene.now();
    let key = scene.creation_key("k", "bob");
    for _ in 0..3 {
        let refused =
            scene.twins.create_user(scene.ledger, new_user("alice"), key, Origin::SYSTEM, now).await.unwrap();
        assert_eq!(refused, Created::Refused(Refusal::UsernameTaken));
        let refused = scene
            .twins
            .create_asset(scene.ledger, new_asset("USD", 2), key, Origin::SYSTEM, now)
            .await
            .unwrap();
        assert_eq!(refused, Created::Refused(Refusal::AssetExists));
        let new = new_wallet(alice, "SILVER", "main");
        let refused = scene.twins.create_wallet(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap();
        assert_eq!(refused, Created::Refused(Refusal::AssetNotFound));
    }
    let bob = created(
        scene.twins.create_user(scene.ledger, new_user("bob"), key, Origin::SYSTEM, now).await.unwrap(),
    );
    assert_eq!(bob.id, UserId(2));
    assert_eq!(scene.wallet(bob.id, "USD").await, WalletId(5));
    scene.asset("GOLD", 0).await;
    assert_eq!(scene.wallet(bob.id, "GOLD").await, WalletId(10));
}

pub(super) async fn api_keys(scene: &mut Scene) {
    let alice = scene.user("alice").await;
    let mut made = Vec::new();
    for secret in 1..=3 {
        let (key, now) = (scene.creation_key("", "x"), scene.now());
        let mut new = new_api_key(alice, secret);
        new.scopes = Scope::ALL[..usize::from(secret) - 1].to_vec();
        made.push(created(
            scene.twins.create_api_key(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap(),
        ));
    }
    assert_eq!(made[0].scopes, [], "no scope is a scope too");
    let find = |secret| scene.twins.api_key_by_secret(scene.ledger, [secret; 32]);
    assert_eq!(find(2).await.unwrap(), Some(made[1].clone()));
    assert_eq!(find(9).await.unwrap(), None);

    let revoked_at = scene.now();
    let revoked = scene
        .twins
        .revoke_api_key(scene.ledger, made[1].id, Origin::SYSTEM, revoked_at)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(revoked.revoked_at, Some(revoked_at));
    let later = scene.now();
    let again = scene.twins.revoke_api_key(scene.ledger, made[1].id, Origin::SYSTEM, later).await.unwrap();
    assert_eq!(again, Some(revoked.clone()), "revoking twice changes nothing");
    assert_eq!(
        scene
            .twins
            .revoke_api_key(scene.ledger, florin_ledger::ApiKeyId(99), Origin::SYSTEM, later)
            .await
            .unwrap(),
        None
    );
    let found = scene.twins.api_key_by_secret(scene.ledger, [2; 32]).await.unwrap();
    assert_eq!(found, Some(revoked), "a revoked key is still found");

    let page = scene.twins.api_keys(scene.ledger, None, 2).await.unwrap();
    assert_eq!(page.iter().map(|api_key| api_key.id.0).collect::<Vec<_>>(), [3, 2]);
    let rest = scene.twins.api_keys(scene.ledger, Some(page[1].id), 2).await.unwrap();
    assert_eq!(rest, made[..1]);
}

pub(super) async fn what_cannot_be_stored_is_an_error(scene: &mut Scene) {
    let alice = scene.user("alice").await;
    let (key, now) = (scene.creation_key("", "x"), scene.now());
    created(
        scene
            .twins
            .create_api_key(scene.ledger, new_api_key(alice, 1), key, Origin::SYSTEM, now)
            .await
            .unwrap(),
    );
    let key = scene.creation_key("k", "x");
    for new in [new_api_key(alice, 1), new_api_key(UserId(99), 2)] {
        let error =
            scene.twins.create_api_key(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap_err();
        assert!(matches!(error, StoreError::Inconsistent(_)), "{error}");
    }
    let second = created(
        scene
            .twins
            .create_api_key(scene.ledger, new_api_key(alice, 2), key, Origin::SYSTEM, now)
            .await
            .unwrap(),
    );
    assert_eq!(second.id.0, 2, "the key stayed free, and no id was lost");
}

/// A ledger is made by an operator, never by its first user.
pub(super) async fn an_unknown_ledger_is_an_error(scene: &mut Scene) {
    let unknown = LedgerId(77);
    let (key, now) = (scene.creation_key("", "x"), scene.now());
    let store = scene.twins.engine.store();
    store.create_user(unknown, new_user("alice"), key, Origin::SYSTEM, now).await.unwrap_err();
    store.create_asset(unknown, new_asset("USD", 2), key, Origin::SYSTEM, now).await.unwrap_err();
    assert!(
        store
            .create_wallet(unknown, new_wallet(UserId(1), "USD", "main"), key, Origin::SYSTEM, now)
            .await
            .map_or(true, |answer| { matches!(answer, Created::Refused(_)) })
    );
    store.create_api_key(unknown, new_api_key(UserId(1), 1), key, Origin::SYSTEM, now).await.unwrap_err();
}

pub(super) async fn text_of_all_kinds(scene: &mut Scene) {
    scene.asset("A2345678_0123456", 18).await;
    let alice = scene.user("a.-_0").await;
    let longest = format!("z{}", "9".repeat(31));
    scene.user(&longest).await;
    for name in ["ä", "'; DROP TABLE wallets; --", "💶 Ersparnisse", "%_\\\"", "  ", &"ß".repeat(64)] {
        let wallet = scene.named_wallet(alice, "A2345678_0123456", name).await;
        assert_eq!(scene.record(wallet).await.name.as_str(), name);
    }
    let ask = by_the_house().deposits("1.000000000000000001", WalletId(5));
    let reference = "’“”—\u{202e}\u{1F468}\u{200D}\u{1F469}'\"\\%_$1?1:a";
    let metadata = "{\"b\":1,\"a\":[1.0e5, null, \"\\ud83d\\ude00\\\\\"],  \"a\":2}";
    let transaction = scene.completes(ask.noting(reference, metadata)).await;
    let read = scene.twins.transaction(scene.ledger, transaction.id).await.unwrap().unwrap();
    assert_eq!(read.metadata.unwrap().as_str(), metadata, "byte by byte");
    assert_eq!(read.reference.unwrap().as_str(), reference);
}
