//! Refresh tokens: each good for one exchange, and a copy betrays itself.

use super::scene::{Scene, created, new_user};
use florin_ledger::{Timestamp, UserId};
use florin_store::{Origin, RefreshToken, Rotation, Store, StoreError};

const HOUR: i64 = 3_600_000_000;

/// Alice, signed in with token 1, which expires in an hour.
async fn signed_in(scene: &mut Scene) -> UserId {
    let alice = scene.user("alice").await;
    starts(scene, alice, 1, 100).await;
    alice
}

async fn starts(scene: &mut Scene, user: UserId, token: u8, family: u128) {
    let created_at = scene.now();
    let expires_at = Timestamp(created_at.0 + HOUR);
    let token = RefreshToken { hash: [token; 32], family, user, created_at, expires_at };
    scene.twins.start_session(scene.ledger, token, Origin::SYSTEM).await.unwrap();
}

async fn rotates(scene: &mut Scene, old: u8, new: u8) -> Rotation {
    let now = scene.now();
    rotates_at(scene, old, new, now).await
}

async fn rotates_at(scene: &Scene, old: u8, new: u8, now: Timestamp) -> Rotation {
    let expires_at = Timestamp(now.0 + HOUR);
    scene
        .twins
        .rotate_refresh_token(scene.ledger, [old; 32], [new; 32], expires_at, Origin::SYSTEM, now)
        .await
        .unwrap()
}

fn is_rotated(rotation: &Rotation, user: UserId) -> bool {
    matches!(rotation, Rotation::Rotated(found) if found.id == user)
}

pub(super) async fn a_token_is_exchanged_once(scene: &mut Scene) {
    let alice = signed_in(scene).await;
    for token in 1..10 {
        assert!(is_rotated(&rotates(scene, token, token + 1).await, alice));
        scene.restarts().await;
    }
    assert_eq!(rotates(scene, 99, 98).await, Rotation::Invalid);
}

pub(super) async fn reuse_revokes_the_family(scene: &mut Scene) {
    let alice = signed_in(scene).await;
    assert!(is_rotated(&rotates(scene, 1, 2).await, alice));
    assert!(is_rotated(&rotates(scene, 2, 3).await, alice));
    assert_eq!(rotates(scene, 1, 4).await, Rotation::Reused);
    assert_eq!(rotates(scene, 3, 5).await, Rotation::Invalid, "the newest is worth nothing now");
    assert_eq!(rotates(scene, 4, 6).await, Rotation::Invalid, "the thief's was never stored");
    assert_eq!(rotates(scene, 2, 7).await, Rotation::Reused);
}

pub(super) async fn an_exchange_whose_answer_was_lost_is_repeated(scene: &mut Scene) {
    const SECOND: i64 = 1_000_000;
    let alice = signed_in(scene).await;
    let first = scene.now();
    let after = |seconds: i64| Timestamp(first.0 + seconds * SECOND);
    for now in [first, after(1), Timestamp(after(10).0 - 1)] {
        assert!(is_rotated(&rotates_at(scene, 1, 2, now).await, alice), "the same successor");
        scene.restarts().await;
    }
    // Who has used the successor has had the answer.
    assert!(is_rotated(&rotates_at(scene, 2, 3, after(5)).await, alice));
    assert_eq!(rotates_at(scene, 1, 2, after(6)).await, Rotation::Reused);
    assert_eq!(
        rotates_at(scene, 3, 4, after(6)).await,
        Rotation::Invalid,
        "and all of the sign-in has ended"
    );
    assert_eq!(rotates_at(scene, 2, 3, after(6)).await, Rotation::Reused, "its repetitions too");
}

pub(super) async fn an_exchange_is_repeated_for_its_successor_alone_and_for_ten_seconds(scene: &mut Scene) {
    let alice = signed_in(scene).await;
    for (token, family) in [(11, 200), (21, 300), (31, 400)] {
        starts(scene, alice, token, family).await;
    }
    let now = scene.now();
    for token in [1, 11, 21] {
        assert!(is_rotated(&rotates_at(scene, token, token + 1, now).await, alice));
    }
    assert_eq!(rotates_at(scene, 1, 3, now).await, Rotation::Reused, "another successor");
    assert_eq!(rotates_at(scene, 11, 31, now).await, Rotation::Reused, "another sign-in's token");
    let too_late = Timestamp(now.0 + 10_000_000);
    assert_eq!(rotates_at(scene, 21, 22, too_late).await, Rotation::Reused, "ten seconds later");
    for token in [2, 12, 22] {
        assert_eq!(rotates_at(scene, token, 99, now).await, Rotation::Invalid);
    }
    assert!(is_rotated(&rotates_at(scene, 31, 32, now).await, alice));
}

pub(super) async fn expiry_and_revocation(scene: &mut Scene) {
    let alice = signed_in(scene).await;
    let expires_at = Timestamp(scene.now().0 - 1_000_003 + HOUR);
    assert_eq!(rotates_at(scene, 1, 2, expires_at).await, Rotation::Invalid, "worth nothing from then on");
    let last_moment = Timestamp(expires_at.0 - 1);
    assert!(is_rotated(&rotates_at(scene, 1, 2, last_moment).await, alice));
    assert_eq!(rotates_at(scene, 1, 3, Timestamp(i64::MAX / 2)).await, Rotation::Reused, "also long after");

    starts(scene, alice, 11, 200).await;
    let now = scene.now();
    scene.twins.end_session(scene.ledger, [11; 32], Origin::SYSTEM, now).await.unwrap();
    scene.twins.end_session(scene.ledger, [11; 32], Origin::SYSTEM, now).await.unwrap();
    scene.twins.end_session(scene.ledger, [99; 32], Origin::SYSTEM, now).await.unwrap();
    assert_eq!(rotates(scene, 11, 12).await, Rotation::Invalid);
}

pub(super) async fn families_are_apart(scene: &mut Scene) {
    let alice = signed_in(scene).await;
    let (key, now) = (scene.creation_key("", "bob"), scene.now());
    let bob = created(
        scene.twins.create_user(scene.ledger, new_user("bob"), key, Origin::SYSTEM, now).await.unwrap(),
    )
    .id;
    starts(scene, alice, 21, 101).await;
    starts(scene, bob, 31, 102).await;
    assert!(is_rotated(&rotates(scene, 1, 2).await, alice));
    assert_eq!(rotates(scene, 1, 3).await, Rotation::Reused);
    assert!(is_rotated(&rotates(scene, 21, 22).await, alice));
    assert!(is_rotated(&rotates(scene, 31, 32).await, bob));
    let now = scene.now();
    scene.twins.end_session(scene.ledger, [22; 32], Origin::SYSTEM, now).await.unwrap();
    assert_eq!(rotates(scene, 22, 23).await, Rotation::Invalid);
    assert!(is_rotated(&rotates(scene, 32, 33).await, bob));
}

pub(super) async fn what_cannot_be_stored_is_an_error(scene: &mut Scene) {
    let alice = signed_in(scene).await;
    let now = scene.now();
    let token = RefreshToken { hash: [1; 32], family: 9, user: alice, created_at: now, expires_at: now };
    let of_nobody = RefreshToken { hash: [2; 32], user: UserId(99), ..token };
    for token in [token, of_nobody] {
        let error = scene.twins.start_session(scene.ledger, token, Origin::SYSTEM).await.unwrap_err();
        assert!(matches!(error, StoreError::Inconsistent(_)), "{error}");
    }
    let expires_at = Timestamp(now.0 + HOUR);
    let onto_itself = scene
        .twins
        .rotate_refresh_token(scene.ledger, [1; 32], [1; 32], expires_at, Origin::SYSTEM, now)
        .await;
    assert!(matches!(onto_itself, Err(StoreError::Inconsistent(_))));
    assert!(is_rotated(&rotates(scene, 1, 2).await, alice), "what failed left no trace");
}
