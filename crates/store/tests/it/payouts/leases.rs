//! Leases: one server runs a payout, and when it is gone another one does.

use super::stage::{LEASE, Stage};
use florin_ledger::{Fence, GroupOutcome, Timestamp};
use florin_store::Origin;
use florin_store::payouts::Steer;

pub(super) async fn one_server_has_it(stage: &Stage) {
    assert_eq!(stage.claims_if_any().await, None);
    let pending = stage.uploaded(&["1.00"]).await;
    assert_eq!(stage.claims_if_any().await, None);
    let begun = stage.executes(&pending).await;
    let claimed = stage.claims().await;
    assert_eq!((claimed.id, claimed.fence), (begun.id, Fence(begun.fence.0 + 1)));
    assert!(claimed.lease_until.is_some());
    assert_eq!(stage.payout(begun.id).await, claimed);
    assert_eq!(stage.claims_if_any().await, None);
    // There is another one to be run.
    let other = stage.running(&["1.00"]).await;
    assert!(other.id != claimed.id);
    stage.runs(&claimed).await;
    stage.runs(&other).await;
    stage.waits(2 * LEASE);
    assert_eq!(stage.claims_if_any().await, None, "both have ended");
}

pub(super) async fn it_ends(stage: &Stage) {
    let first = stage.running(&["1.00"]).await;
    stage.waits(2 * LEASE);
    let second = stage.claims().await;
    assert_eq!((second.id, second.fence), (first.id, Fence(first.fence.0 + 1)));
    assert_eq!(stage.claims_again(&first).await, None);
    assert_eq!(stage.ends_run(&first).await, None);
    stage.runs(&second).await;
}

pub(super) async fn it_is_taken_anew_by_whoever_has_it(stage: &Stage) {
    let first = stage.running(&["1.00"]).await;
    let under_way = stage.slice(&first, 1).await;
    let again = stage.claims_again(&first).await.unwrap();
    assert_eq!(again.fence, Fence(first.fence.0 + 1));
    assert!(again.lease_until > first.lease_until);
    assert_eq!(stage.claims_again(&first).await, None);
    assert_eq!(stage.commits(under_way).await, GroupOutcome::Superseded);
    // Given back: it ends now, and whoever comes next has it.
    let now = stage.now();
    let held = Some((again.id, again.fence));
    let given_back = stage.store.claim_payout(stage.ledger, held, now, now).await.unwrap().unwrap();
    assert_eq!(given_back.lease_until, Some(now));
    let next = stage.claims().await;
    stage.runs(&next).await;
}

pub(super) async fn steering_takes_it_away(stage: &Stage) {
    let claimed = stage.running(&["1.00"]).await;
    for steer in [Steer::Pause, Steer::Resume] {
        let now = stage.now();
        stage
            .store
            .steer_payout(stage.ledger, claimed.id, steer, Origin::SYSTEM, now)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stage.claims_again(&claimed).await, None);
    }
    let next = stage.claims().await;
    assert!(next.fence > claimed.fence);
    stage.runs(&next).await;
}

pub(super) async fn others_ledgers_are_not_seen(stage: &Stage) {
    let payout = stage.uploaded(&["1.00"]).await;
    stage.executes(&payout).await;
    let claim = async |held| {
        let now = stage.now();
        stage.store.claim_payout(stage.second, held, now, Timestamp(now.0 + LEASE)).await.unwrap()
    };
    assert_eq!(claim(None).await, None);
    assert_eq!(claim(Some((payout.id, Fence(1)))).await, None);
    let claimed = stage.claims().await;
    let group = stage.slice(&claimed, 1).await;
    let outcome = stage.store.commit(stage.second, vec![group], stage.now(), 7).await.unwrap().remove(0);
    assert_eq!(outcome, GroupOutcome::Superseded);
    let run = claimed.run().unwrap();
    assert_eq!(stage.store.end_run(stage.second, run, claimed.fence, stage.now()).await.unwrap(), None);
    assert_eq!(stage.rows(claimed.id).await.len(), 1);
    stage.runs(&claimed).await;
}
