//! Reversals, and the places that they take.

use super::scene::{Scene, refusal};
use crate::asks::{Asks, by, by_the_house};
use florin_ledger::{
    Amount, Failure, GroupOutcome, Outcome, Rejection, Transaction, TransactionId, UserId, WalletId,
};
use std::sync::Arc;

struct Paid {
    alice: UserId,
    bob: UserId,
    from: WalletId,
    to: WalletId,
    /// Of 10.00, from alice, who had 50.00, to bob.
    original: Arc<Transaction>,
}

async fn paid(scene: &mut Scene) -> Paid {
    scene.asset("USD", 2).await;
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let (from, to) = (scene.wallet(alice, "USD").await, scene.wallet(bob, "USD").await);
    scene.completes(by_the_house().tops_up(alice, "USD", "50.00")).await;
    let original = scene.completes(by(alice).transfers("10.00", from, to)).await;
    Paid { alice, bob, from, to, original }
}

fn exceeds(available: i128, needed: i128) -> Rejection {
    let units = |units| Amount::from_units(units).unwrap();
    Failure::ReversalExceedsRemaining { available: units(available), needed: units(needed) }.into()
}

pub(super) async fn whole_and_in_parts(scene: &mut Scene) {
    let Paid { alice, bob, from, to, original } = paid(scene).await;
    scene.completes(by(bob).reverses_part(original.id, "4.00")).await;
    scene.restarts().await;
    scene.completes(by_the_house().reverses_part(original.id, "5.00")).await;
    let rest = scene.completes(by(bob).reverses(original.id)).await;
    assert_eq!((rest.amount.units(), rest.reverses), (100, Some(original.id)));
    assert_eq!([scene.balance(from).await, scene.balance(to).await], ["50.00", "0.00"]);
    let second = scene.completes(by(alice).transfers("10.00", from, to)).await;
    scene.completes(by(bob).reverses(second.id)).await;
}

pub(super) async fn never_above_what_is_left(scene: &mut Scene) {
    let Paid { bob, original, .. } = paid(scene).await;
    assert_eq!(scene.refuses(by(bob).reverses_part(original.id, "10.01")).await, exceeds(1000, 1001));
    scene.completes(by(bob).reverses_part(original.id, "9.99")).await;
    scene.restarts().await;
    assert_eq!(scene.refuses(by(bob).reverses_part(original.id, "0.02")).await, exceeds(1, 2));
    scene.completes(by(bob).reverses_part(original.id, "0.01")).await;
    assert_eq!(scene.refuses(by(bob).reverses(original.id)).await, exceeds(0, 1000));
    // The refusal stays, and the key stays bound to it.
    let ask = by(bob).reverses(original.id).under("late");
    assert_eq!(scene.refuses(ask.clone()).await, exceeds(0, 1000));
    assert_eq!(scene.refuses(ask).await, exceeds(0, 1000));
}

pub(super) async fn who_may_and_of_what(scene: &mut Scene) {
    let Paid { alice, bob, from, to, original } = paid(scene).await;
    let carol = scene.user("carol").await;
    assert_eq!(scene.refuses(by(carol).reverses(original.id)).await, Rejection::TransactionNotFound);
    assert_eq!(scene.refuses(by(alice).reverses(original.id)).await, Rejection::NotPermitted);
    assert_eq!(
        scene.refuses(by_the_house().reverses(TransactionId(1))).await,
        Rejection::TransactionNotFound
    );
    let reversal = scene.completes(by(bob).reverses(original.id)).await;
    assert_eq!(scene.refuses(by_the_house().reverses(reversal.id)).await, Rejection::NotReversible);
    let Outcome::Settled(failed) = scene.runs(by(alice).transfers("900.00", from, to)).await else {
        panic!()
    };
    assert_eq!(scene.refuses(by_the_house().reverses(failed.id)).await, Rejection::NotReversible);
}

pub(super) async fn in_one_batch_after_another(scene: &mut Scene) {
    let Paid { alice, bob, from, to, original } = paid(scene).await;
    let other = scene.completes(by(alice).transfers("6.00", from, to)).await;
    let parts = ["1.00", "2.00", "8.00", "3.00"].map(|amount| by(bob).reverses_part(original.id, amount));
    let mut asks = parts.to_vec();
    asks.insert(2, by(bob).reverses_part(other.id, "5.00"));
    asks.push(by(bob).reverses(other.id));
    asks.push(by(bob).reverses(original.id));
    let outcomes = scene.runs_all(&asks).await;
    let refused: Vec<_> = outcomes.iter().map(|outcome| refusal(outcome).is_some()).collect();
    assert_eq!(refused, [false, false, false, true, false, false, false]);
    assert_eq!([scene.balance(from).await, scene.balance(to).await], ["50.00", "0.00"]);
}

pub(super) async fn a_refused_group_takes_no_place(scene: &mut Scene) {
    let Paid { bob, original, .. } = paid(scene).await;
    let asks = ["3.00", "3.00", "5.00"].map(|amount| by(bob).reverses_part(original.id, amount));
    let outcome = scene.runs_atomically(&asks).await;
    assert!(matches!(outcome, GroupOutcome::Refused { index: 2, failed: Some(_), .. }), "{outcome:?}");
    let outcome = scene.runs_atomically(&asks[..2]).await;
    assert!(matches!(outcome, GroupOutcome::Done(_)));
    scene.completes(by(bob).reverses(original.id)).await;
}

pub(super) async fn a_failed_one_takes_no_place(scene: &mut Scene) {
    let Paid { bob, to, original, .. } = paid(scene).await;
    scene.completes(by(bob).withdraws("9.00", to)).await;
    let short = scene.refuses(by(bob).reverses(original.id)).await;
    assert!(matches!(short, Rejection::Failure(Failure::InsufficientFunds { .. })));
    scene.completes(by(bob).reverses_part(original.id, "1.00")).await;
    scene.completes(by_the_house().tops_up(bob, "USD", "9.00")).await;
    scene.completes(by(bob).reverses(original.id)).await;
}
