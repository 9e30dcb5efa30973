//! Reversals: whole, in parts, never above what is left, and only of what moved money.

use crate::asks::{Asks, by, by_the_house};
use crate::world::{ALICE, BOB, World, usd};
use florin_ledger::{
    Amount, Failure, GroupOutcome, Movement, Outcome, Rejection, Transaction, TransactionType, WalletId,
    state::Reversed,
};
use std::sync::Arc;

struct Scene {
    world: World,
    alice: WalletId,
    bob: WalletId,
    /// Of 10.00, from alice to bob.
    original: Arc<Transaction>,
}

fn scene() -> Scene {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE).holding("100.00"));
    let bob = world.opens(usd(BOB));
    let original = world.completes(&by(ALICE).transfers("10.00", alice, bob));
    Scene { world, alice, bob, original }
}

fn units(units: i128) -> Amount {
    Amount::from_units(units).unwrap()
}

#[test]
fn a_whole_reversal_goes_the_way_back() {
    let Scene { mut world, alice, bob, original } = scene();
    let reversal = world.completes(&by(BOB).reverses(original.id));
    assert_eq!((reversal.kind, reversal.reverses), (TransactionType::Reversal, Some(original.id)));
    assert_eq!((reversal.from, reversal.to, reversal.amount), (bob, alice, original.amount));
    assert_eq!([world.balance(alice), world.balance(bob)], ["100.00", "0.00"]);
}

#[test]
fn parts_add_up_to_the_original_and_no_further() {
    let Scene { mut world, alice, original, .. } = scene();
    world.completes(&by(BOB).reverses_part(original.id, "4.00"));
    world.completes(&by_the_house().reverses_part(original.id, "5.99"));
    assert_eq!(
        world.refuses(&by(BOB).reverses_part(original.id, "0.02")),
        Failure::ReversalExceedsRemaining { available: units(1), needed: units(2) }.into()
    );
    world.completes(&by(BOB).reverses(original.id));
    assert_eq!(world.state.reversed[&original.id], Reversed { total: original.amount, count: 3 });
    assert_eq!(world.balance(alice), "100.00");
}

#[test]
fn what_is_reversed_has_nothing_left() {
    let Scene { mut world, original, .. } = scene();
    world.completes(&by(BOB).reverses(original.id));
    for ask in [by(BOB).reverses(original.id), by(BOB).reverses_part(original.id, "10.00")] {
        assert_eq!(
            world.refuses(&ask),
            Failure::ReversalExceedsRemaining { available: Amount::ZERO, needed: original.amount }.into()
        );
    }
}

#[test]
fn a_receiver_who_spent_it_cannot_give_it_back() {
    let Scene { mut world, bob, original, .. } = scene();
    world.completes(&by(BOB).withdraws("9.00", bob));
    assert_eq!(
        world.refuses(&by(BOB).reverses(original.id)),
        Failure::InsufficientFunds { available: units(100), needed: units(1000) }.into()
    );
    world.completes(&by(BOB).reverses_part(original.id, "1.00"));
}

#[test]
fn what_the_receiver_still_has_is_reversed_when_that_is_asked_for() {
    let Scene { mut world, alice, bob, original } = scene();
    world.completes(&by(BOB).withdraws("7.00", bob));
    let reversal = world.completes(&by(BOB).asks_for(Movement::ReversalOfAvailable { of: original.id }));
    assert_eq!((reversal.amount, world.balance(bob)), (units(300), "0.00".to_owned()));
    assert_eq!(
        world.refuses(&by(BOB).asks_for(Movement::ReversalOfAvailable { of: original.id })),
        Failure::InsufficientFunds { available: Amount::ZERO, needed: units(700) }.into()
    );
    world.completes(&by(ALICE).transfers("50.00", alice, bob));
    let rest = world.completes(&by(BOB).asks_for(Movement::ReversalOfAvailable { of: original.id }));
    assert_eq!((rest.amount, world.balance(bob)), (units(700), "43.00".to_owned()));
    assert_eq!(
        world.refuses(&by(BOB).asks_for(Movement::ReversalOfAvailable { of: original.id })),
        Failure::ReversalExceedsRemaining { available: Amount::ZERO, needed: original.amount }.into()
    );
}

#[test]
fn neither_a_reversal_nor_a_failure_is_reversible() {
    let Scene { mut world, alice, bob, original } = scene();
    let reversal = world.completes(&by(BOB).reverses_part(original.id, "1.00"));
    let Outcome::Settled(failed) = world.runs(&by(ALICE).transfers("1000.00", alice, bob)) else { panic!() };
    for id in [reversal.id, failed.id] {
        assert_eq!(world.refuses(&by_the_house().reverses(id)), Rejection::NotReversible);
    }
}

#[test]
fn a_replayed_reversal_takes_nothing_more() {
    let Scene { mut world, alice, original, .. } = scene();
    let ask = by(BOB).reverses_part(original.id, "6.00").under("refund");
    let first = world.completes(&ask);
    assert_eq!(world.runs(&ask), Outcome::Replayed(first));
    assert_eq!(world.balance(alice), "96.00");
}

#[test]
fn a_failed_reversal_takes_no_place() {
    let Scene { mut world, original, .. } = scene();
    world.refuses(&by(BOB).reverses_part(original.id, "11.00"));
    let before = world.state.reversed.clone();
    assert!(before.is_empty());
    let group = world.group(&[by(BOB).reverses(original.id)], false);
    let changes = world.decides(&[group]).changes;
    assert_eq!((changes.reversals[0].sequence, changes.reversals[0].original), (1, original.id));
}

#[test]
fn a_batch_can_reverse_what_it_did() {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE).holding("5.00"));
    let bob = world.opens(usd(BOB));
    let pay = world.group(&[by(ALICE).transfers("5.00", alice, bob)], false);
    // The id of what is not decided yet is known only to whoever decides twice.
    let dry_run = world.clone().decides(std::slice::from_ref(&pay));
    let id = dry_run.changes.transactions[0].id;
    let parts = ["2.00", "3.00"].map(|amount| by(BOB).reverses_part(id, amount));
    let undo = world.group(&parts, true);
    let result = world.decides(&[pay, undo]);
    assert!(matches!(&result.outcomes[1], GroupOutcome::Done(outcomes) if outcomes.len() == 2));
    let totals =
        result.changes.reversals.iter().map(|record| (record.sequence, record.reversed_total.units()));
    assert_eq!(totals.collect::<Vec<_>>(), [(1, 200), (2, 500)]);
    assert_eq!([world.balance(alice), world.balance(bob)], ["5.00", "0.00"]);
}

#[test]
fn a_top_up_goes_back_to_the_treasury() {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE));
    let top_up = world.completes(&by_the_house().tops_up(ALICE, "USD", "7.00"));
    world.completes(&by(ALICE).reverses_part(top_up.id, "2.00"));
    world.completes(&by_the_house().reverses(top_up.id));
    assert_eq!(world.balance(alice), "0.00");
    assert!(world.state.wallets.values().all(|wallet| wallet.posted == Amount::ZERO));
}
