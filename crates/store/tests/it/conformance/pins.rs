//! Transaction PINs and approvals: every wrong try counts, and an approval pays once.

use super::scene::Scene;
use florin_ledger::{KeyHash, Timestamp, UserId};
use florin_store::{
    ApprovalUse, AuditAction, AuditFilter, NewApproval, Origin, PinTries, Redemption, Reservation, Standing,
    Store, StoreError, StoredPin, Verdict,
};

const MINUTE: i64 = 60_000_000;
const RIGHT: Verdict = Verdict::Right { renewed: None };

fn stored(text: &str) -> StoredPin {
    StoredPin { phc: format!("hash of {text}"), pepper_version: 1 }
}

async fn sets(scene: &mut Scene, user: UserId, text: &str) {
    let now = scene.now();
    scene.twins.set_pin(scene.ledger, user, stored(text), Origin::SYSTEM, now).await.unwrap();
}

/// Alice, with a PIN.
async fn with_pin(scene: &mut Scene) -> UserId {
    let alice = scene.user("alice").await;
    sets(scene, alice, "2846").await;
    alice
}

async fn reserves(scene: &mut Scene, user: UserId) -> Reservation {
    let now = scene.now();
    scene.twins.reserve_pin_try(scene.ledger, user, Origin::SYSTEM, now).await.unwrap()
}

async fn settles(scene: &mut Scene, user: UserId, epoch: i64, verdict: Verdict) -> Standing {
    let now = scene.now();
    scene.twins.settle_pin_try(scene.ledger, user, epoch, verdict, Origin::SYSTEM, now).await.unwrap()
}

fn epoch_of(reservation: &Reservation) -> i64 {
    let Reservation::Reserved { epoch, .. } = reservation else { panic!("{reservation:?}") };
    *epoch
}

async fn tries(scene: &mut Scene, user: UserId, verdict: Verdict) -> Standing {
    let reservation = reserves(scene, user).await;
    settles(scene, user, epoch_of(&reservation), verdict).await
}

/// How often that was told.
async fn told(scene: &Scene, action: AuditAction) -> usize {
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    scene.twins.audit_log(scene.ledger, filter, None, 100).await.unwrap().len()
}

pub(super) async fn a_pin_is_set_changed_and_reset(scene: &mut Scene) {
    let alice = with_pin(scene).await;
    assert_eq!(scene.twins.pin(scene.ledger, alice).await.unwrap(), Some(stored("2846")));
    sets(scene, alice, "9173").await;
    assert_eq!(scene.twins.pin(scene.ledger, alice).await.unwrap(), Some(stored("9173")));
    let now = scene.now();
    for was_there in [true, false] {
        let reset = scene.twins.reset_pin(scene.ledger, alice, Origin::SYSTEM, now).await.unwrap();
        assert_eq!(reset, was_there);
    }
    assert_eq!(scene.twins.pin(scene.ledger, alice).await.unwrap(), None);
    assert_eq!(reserves(scene, alice).await, Reservation::NotSet);
    sets(scene, alice, "2846").await;
    assert!(matches!(reserves(scene, alice).await, Reservation::Reserved { .. }));
    assert_eq!((told(scene, AuditAction::PinSet).await, told(scene, AuditAction::PinReset).await), (3, 1));
}

pub(super) async fn tries_are_reserved_and_settled(scene: &mut Scene) {
    let alice = with_pin(scene).await;
    let reservation = reserves(scene, alice).await;
    assert!(matches!(&reservation, Reservation::Reserved { pin, .. } if *pin == stored("2846")));
    scene.restarts().await;
    assert_eq!(
        settles(scene, alice, epoch_of(&reservation), Verdict::Wrong).await,
        Standing::Open { tries_left: 4 }
    );
    assert_eq!(tries(scene, alice, Verdict::Wrong).await, Standing::Open { tries_left: 3 });
    assert_eq!(tries(scene, alice, Verdict::Unchecked).await, Standing::Open { tries_left: 3 });
    assert_eq!(tries(scene, alice, RIGHT).await, Standing::Open { tries_left: 5 });
    let mut epochs = vec![];
    for _ in 0..PinTries::MAX {
        epochs.push(epoch_of(&reserves(scene, alice).await));
    }
    assert_eq!(reserves(scene, alice).await, Reservation::Busy);
    assert_eq!(settles(scene, alice, epochs[0], RIGHT).await, Standing::Open { tries_left: 5 });
    assert!(matches!(reserves(scene, alice).await, Reservation::Reserved { .. }));
    assert_eq!((told(scene, AuditAction::PinWrong).await, told(scene, AuditAction::PinLocked).await), (2, 0));
}

pub(super) async fn wrong_ones_lock_it_for_longer_each_time(scene: &mut Scene) {
    let alice = with_pin(scene).await;
    for minutes in [15, 30, 60] {
        for tries_left in [4, 3, 2, 1] {
            assert_eq!(tries(scene, alice, Verdict::Wrong).await, Standing::Open { tries_left });
        }
        let Standing::Locked { until } = tries(scene, alice, Verdict::Wrong).await else {
            panic!("not locked")
        };
        let locked_at = scene.now().0 - 1_000_003;
        assert_eq!(until.0 - locked_at, minutes * MINUTE);
        scene.restarts().await;
        assert_eq!(reserves(scene, alice).await, Reservation::Locked { until });
        scene.set_clock(until);
    }
    assert_eq!(
        (told(scene, AuditAction::PinWrong).await, told(scene, AuditAction::PinLocked).await),
        (15, 3)
    );
    assert_eq!(tries(scene, alice, RIGHT).await, Standing::Open { tries_left: 5 });
    for _ in 0..4 {
        tries(scene, alice, Verdict::Wrong).await;
    }
    let Standing::Locked { until } = tries(scene, alice, Verdict::Wrong).await else { panic!("not locked") };
    assert_eq!(until.0 - (scene.now().0 - 1_000_003), 15 * MINUTE, "the first one again");
}

pub(super) async fn what_a_server_left_behind_counts(scene: &mut Scene) {
    let alice = with_pin(scene).await;
    let mut epochs = vec![];
    for _ in 0..3 {
        epochs.push(epoch_of(&reserves(scene, alice).await));
    }
    scene.shift_clock(31);
    let reservation = reserves(scene, alice).await;
    let epoch = epoch_of(&reservation);
    assert_eq!(settles(scene, alice, epochs[0], RIGHT).await, Standing::Void);
    assert_eq!(settles(scene, alice, epoch, Verdict::Wrong).await, Standing::Open { tries_left: 1 });
    reserves(scene, alice).await;
    scene.shift_clock(31);
    assert!(matches!(reserves(scene, alice).await, Reservation::Locked { .. }));
    assert_eq!(told(scene, AuditAction::PinLocked).await, 1);
}

pub(super) async fn a_new_pin_voids_what_is_under_way(scene: &mut Scene) {
    let alice = with_pin(scene).await;
    let old = epoch_of(&reserves(scene, alice).await);
    sets(scene, alice, "9173").await;
    assert_eq!(settles(scene, alice, old, RIGHT).await, Standing::Void);
    for _ in 0..5 {
        tries(scene, alice, Verdict::Wrong).await;
    }
    assert!(matches!(reserves(scene, alice).await, Reservation::Locked { .. }));
    sets(scene, alice, "3917").await;
    assert!(matches!(reserves(scene, alice).await, Reservation::Reserved { .. }), "a new PIN is not locked");
    let now = scene.now();
    scene.twins.reset_pin(scene.ledger, alice, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(settles(scene, alice, 3, Verdict::Wrong).await, Standing::Void);
}

pub(super) async fn a_right_one_is_renewed(scene: &mut Scene) {
    let alice = with_pin(scene).await;
    let renewed = StoredPin { pepper_version: 2, ..stored("2846") };
    let verdict = Verdict::Right { renewed: Some(renewed.clone()) };
    tries(scene, alice, verdict.clone()).await;
    assert_eq!(scene.twins.pin(scene.ledger, alice).await.unwrap(), Some(renewed));
    let old = epoch_of(&reserves(scene, alice).await);
    sets(scene, alice, "9173").await;
    assert_eq!(settles(scene, alice, old, verdict).await, Standing::Void);
    assert_eq!(scene.twins.pin(scene.ledger, alice).await.unwrap(), Some(stored("9173")));
}

/// Alice's approval of what has this digest, for two minutes.
async fn grants(scene: &mut Scene, user: UserId, approval: u8, digest: u8) -> Timestamp {
    let created_at = scene.now();
    let expires_at = Timestamp(created_at.0 + 2 * MINUTE);
    let new = NewApproval { hash: [approval; 32], user, digest: [digest; 32], created_at, expires_at };
    scene.twins.grant_approval(scene.ledger, new, Origin::SYSTEM).await.unwrap();
    expires_at
}

async fn redeems(
    scene: &Scene,
    user: UserId,
    [approval, digest, key]: [u8; 3],
    now: Timestamp,
) -> Redemption {
    let asked =
        ApprovalUse { hash: [approval; 32], user, digest: [digest; 32], key_hash: KeyHash([key; 16]) };
    scene.twins.redeem_approval(scene.ledger, asked, now).await.unwrap()
}

pub(super) async fn an_approval_is_good_for_one_key(scene: &mut Scene) {
    let (alice, bob) = (with_pin(scene).await, scene.user("bob").await);
    let expires_at = grants(scene, alice, 1, 7).await;
    let now = scene.now();
    assert_eq!(redeems(scene, bob, [1, 7, 1], now).await, Redemption::Unknown, "another person's");
    assert_eq!(redeems(scene, alice, [2, 7, 1], now).await, Redemption::Unknown);
    assert_eq!(redeems(scene, alice, [1, 8, 1], now).await, Redemption::OtherMovements);
    assert_eq!(redeems(scene, alice, [1, 7, 1], now).await, Redemption::Good);
    scene.restarts().await;
    assert_eq!(redeems(scene, alice, [1, 7, 2], now).await, Redemption::Used);
    let long_after = Timestamp(expires_at.0 + 99 * MINUTE);
    assert_eq!(redeems(scene, alice, [1, 7, 1], long_after).await, Redemption::Good, "a retry");
    assert_eq!(redeems(scene, alice, [1, 8, 1], now).await, Redemption::OtherMovements);
    assert_eq!(told(scene, AuditAction::PinApproved).await, 1);
    let twice = NewApproval { hash: [1; 32], user: alice, digest: [9; 32], created_at: now, expires_at };
    let twice = scene.twins.grant_approval(scene.ledger, twice, Origin::SYSTEM).await;
    assert!(matches!(twice, Err(StoreError::Inconsistent(_))));
}

pub(super) async fn approvals_end_with_their_pin_and_with_time(scene: &mut Scene) {
    let alice = with_pin(scene).await;
    let expires_at = grants(scene, alice, 1, 7).await;
    let last_moment = Timestamp(expires_at.0 - 1);
    assert_eq!(redeems(scene, alice, [1, 7, 1], expires_at).await, Redemption::Expired);
    assert_eq!(redeems(scene, alice, [1, 7, 1], last_moment).await, Redemption::Good);
    grants(scene, alice, 2, 7).await;
    scene.set_clock(expires_at);
    scene.shift_clock(120);
    grants(scene, alice, 3, 7).await;
    let now = scene.now();
    assert_eq!(
        redeems(scene, alice, [2, 7, 2], now).await,
        Redemption::Unknown,
        "it had expired and was removed"
    );
    assert_eq!(redeems(scene, alice, [1, 7, 1], now).await, Redemption::Good, "what was used stays");
    sets(scene, alice, "9173").await;
    let now = scene.now();
    assert_eq!(redeems(scene, alice, [3, 7, 3], now).await, Redemption::Unknown, "of the old PIN");
    assert_eq!(redeems(scene, alice, [1, 7, 1], now).await, Redemption::Good, "a retry moves nothing");
}

pub(super) async fn of_nobody(scene: &mut Scene) {
    let (nobody, now) = (UserId(99), scene.now());
    assert_eq!(scene.twins.pin(scene.ledger, nobody).await.unwrap(), None);
    assert_eq!(reserves(scene, nobody).await, Reservation::NotSet);
    assert_eq!(settles(scene, nobody, 0, RIGHT).await, Standing::Void);
    assert!(!scene.twins.reset_pin(scene.ledger, nobody, Origin::SYSTEM, now).await.unwrap());
    let set = scene.twins.set_pin(scene.ledger, nobody, stored("2846"), Origin::SYSTEM, now).await;
    assert!(matches!(set, Err(StoreError::Inconsistent(_))));
    // Another ledger's PIN is not this one's.
    let alice = with_pin(scene).await;
    assert_eq!(scene.twins.pin(scene.second, alice).await.unwrap(), None);
    let elsewhere = scene.twins.reserve_pin_try(scene.second, alice, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(elsewhere, Reservation::NotSet);
}
