//! Many commands at once: order, independence, and all or nothing.

use crate::asks::{Asks, by, by_the_house};
use crate::world::{ALICE, BOB, CAROL, World, refusal, usd};
use florin_ledger::{
    Amount, Failure, GroupOutcome, Outcome, Rejection, Settlement, Version, WalletId, WalletStatus,
};

struct Scene {
    world: World,
    alice: WalletId,
    bob: WalletId,
}

fn scene() -> Scene {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE).holding("100.00"));
    let bob = world.opens(usd(BOB));
    Scene { world, alice, bob }
}

fn done(outcome: &GroupOutcome) -> &[Outcome] {
    match outcome {
        GroupOutcome::Done(outcomes) => outcomes,
        _ => panic!("refused: {outcome:?}"),
    }
}

#[test]
fn later_commands_see_what_earlier_ones_did() {
    let Scene { mut world, alice, bob } = scene();
    let carol = world.opens(usd(CAROL));
    let chain = [
        by(ALICE).transfers("100.00", alice, bob),
        by(BOB).transfers("100.00", bob, carol),
        by(CAROL).transfers("100.00", carol, alice),
        by(ALICE).transfers("100.00", alice, bob),
    ];
    let group = world.group(&chain, false);
    let result = world.decides(&[group]);
    assert!(done(&result.outcomes[0]).iter().all(|outcome| refusal(outcome).is_none()));
    let versions = result.changes.wallets.iter().map(|(before, now)| now.version.0 - before.version.0);
    assert_eq!(versions.collect::<Vec<_>>(), [3, 3, 2]);
    assert_eq!(world.balance(bob), "100.00");
}

#[test]
fn one_bad_command_does_not_spoil_its_group() {
    let Scene { mut world, alice, bob } = scene();
    let asks = [
        by(ALICE).transfers("1.00", alice, bob),
        by(ALICE).transfers("1.00", alice, WalletId(999)),
        by(ALICE).transfers("1000.00", alice, bob),
        by(ALICE).transfers("2.00", alice, bob),
    ];
    let group = world.group(&asks, false);
    let result = world.decides(&[group]);
    let refusals: Vec<_> = done(&result.outcomes[0]).iter().map(refusal).collect();
    assert_eq!(refusals[0], None);
    assert_eq!(refusals[1], Some(Rejection::WalletNotFound { wallet: Some(WalletId(999)) }));
    assert!(matches!(refusals[2], Some(Rejection::Failure(Failure::InsufficientFunds { .. }))));
    assert_eq!(refusals[3], None);
    assert_eq!(result.changes.transactions.len(), 3, "the failure is recorded, the rejection is not");
    assert_eq!(world.balance(bob), "3.00");
}

#[test]
fn one_key_twice_in_a_batch_runs_once() {
    let Scene { mut world, alice, bob } = scene();
    let ask = by(ALICE).transfers("30.00", alice, bob).under("twin");
    let groups = [world.group(&[ask.clone(), ask.clone()], false), world.group(&[ask], false)];
    let result = world.decides(&groups);
    let Outcome::Settled(first) = &done(&result.outcomes[0])[0] else { panic!() };
    assert_eq!(done(&result.outcomes[0])[1], Outcome::Replayed(first.clone()));
    assert_eq!(done(&result.outcomes[1]), [Outcome::Replayed(first.clone())]);
    assert_eq!(world.balance(bob), "30.00");
}

#[test]
fn an_atomic_group_happens_whole() {
    let Scene { mut world, alice, bob } = scene();
    let asks = [by(ALICE).transfers("60.00", alice, bob), by(BOB).transfers("60.00", bob, alice)];
    let (outcome, changes) = world.runs_atomically(&asks);
    assert_eq!(done(&outcome).len(), 2);
    assert_eq!((changes.transactions.len(), changes.wallets.len()), (2, 2));
}

#[test]
fn a_refused_atomic_group_leaves_the_state_as_it_was() {
    let Scene { mut world, alice, bob } = scene();
    let paid = world.completes(&by(ALICE).transfers("20.00", alice, bob));
    world.completes(&by(BOB).reverses_part(paid.id, "1.00"));
    let other = world.completes(&by(ALICE).transfers("5.00", alice, bob));
    let before = world.state.clone();
    let asks = [
        by(ALICE).transfers("60.00", alice, bob),
        by(BOB).reverses_part(paid.id, "2.00"),
        by(BOB).reverses(paid.id),
        by(BOB).reverses(other.id),
        by_the_house().tops_up(BOB, "USD", "1.00"),
        by(ALICE).transfers("1000.00", alice, bob),
    ];
    let (outcome, changes) = world.runs_atomically(&asks);
    let GroupOutcome::Refused { index, rejection, failed } = outcome else { panic!("{outcome:?}") };
    assert_eq!(index, 5);
    let failed = failed.unwrap();
    assert_eq!(Settlement::Failed(reason(rejection)), failed.settlement);
    assert_eq!(world.state, before);
    assert!(changes.wallets.is_empty() && changes.transactions.is_empty() && changes.reversals.is_empty());
}

fn reason(rejection: Rejection) -> Failure {
    match rejection {
        Rejection::Failure(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_group_does_not_take_its_neighbours_with_it() {
    let Scene { mut world, alice, bob } = scene();
    let groups = [
        world.group(&[by(ALICE).transfers("10.00", alice, bob)], true),
        world.group(
            &[by(ALICE).transfers("20.00", alice, bob), by(ALICE).transfers("500.00", alice, bob)],
            true,
        ),
        world.group(&[by(BOB).transfers("10.00", bob, alice)], true),
    ];
    let result = world.decides(&groups);
    assert!(matches!(result.outcomes[1], GroupOutcome::Refused { index: 1, .. }));
    assert_eq!([done(&result.outcomes[0]).len(), done(&result.outcomes[2]).len()], [1, 1]);
    assert_eq!(result.changes.transactions.len(), 2);
    assert_eq!(world.wallet(alice).version, Version(9));
    assert_eq!(world.balance(alice), "100.00");
}

#[test]
fn an_atomic_group_with_a_failure_from_before_is_refused_with_it() {
    let Scene { mut world, alice, bob } = scene();
    let too_much = by(ALICE).transfers("500.00", alice, bob).under("too-much");
    let refused = world.refuses(&too_much);
    world.completes(&by_the_house().deposits("900.00", alice));
    let before = world.state.clone();
    let (outcome, _) = world.runs_atomically(&[by(ALICE).transfers("1.00", alice, bob), too_much]);
    assert!(
        matches!(&outcome, GroupOutcome::Refused { index: 1, rejection, failed: Some(_) } if *rejection == refused)
    );
    assert_eq!(world.state, before);
}

#[test]
fn an_atomic_group_replays_as_it_was() {
    let Scene { mut world, alice, bob } = scene();
    let asks = [
        by(ALICE).transfers("1.00", alice, bob).under("a"),
        by(ALICE).transfers("2.00", alice, bob).under("b"),
    ];
    let (first, _) = world.runs_atomically(&asks);
    let settled: Vec<_> = done(&first)
        .iter()
        .map(|outcome| match outcome {
            Outcome::Settled(transaction) => Outcome::Replayed(transaction.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    let (second, changes) = world.runs_atomically(&asks);
    assert_eq!(done(&second), settled);
    assert!(changes.transactions.is_empty());
}

#[test]
fn the_keys_of_a_refused_group_stay_free() {
    let Scene { mut world, alice, bob } = scene();
    let good = by(ALICE).transfers("1.00", alice, bob).under("good");
    let bad = by(ALICE).transfers("500.00", alice, bob).under("bad");
    world.runs_atomically(&[good.clone(), bad.clone()]);
    world.completes(&good);
    world.completes(&by_the_house().deposits("900.00", alice));
    world.completes(&bad);
}

#[test]
fn a_frozen_wallet_stops_only_what_touches_it() {
    let Scene { mut world, alice, bob } = scene();
    world.change(bob, |wallet| wallet.status = WalletStatus::Frozen);
    world.refuses(&by(ALICE).transfers("1.00", alice, bob));
    world.completes(&by(ALICE).withdraws("1.00", alice));
}

#[test]
fn an_empty_batch_changes_nothing() {
    let mut world = World::new();
    let result = world.decides(&[]);
    assert!(result.outcomes.is_empty() && result.changes.wallets.is_empty());
    let (outcome, _) = world.runs_atomically(&[]);
    assert_eq!(done(&outcome), []);
}

#[test]
fn changes_are_written_once_a_wallet_in_ascending_order() {
    let Scene { mut world, alice, bob } = scene();
    let asks: Vec<_> = (0..10).map(|_| by(ALICE).transfers("1.00", alice, bob)).collect();
    let group = world.group(&asks, false);
    let changes = world.decides(&[group]).changes;
    let summary: Vec<_> = changes.wallets.iter().map(|(_, now)| (now.id, now.posted)).collect();
    let units = |units| Amount::from_units(units).unwrap();
    assert_eq!(summary, [(alice, units(9000)), (bob, units(1000))]);
}

/// Each balance fits, but a sum of those on one side does not.
#[test]
fn a_batch_may_move_more_than_fits_one_balance() {
    let mut world = World::new();
    let (alice, bob) = (world.opens(usd(ALICE)), world.opens(usd(BOB)));
    let all = "999999999999999999999999999999999999.99";
    let asks = [
        by_the_house().deposits(all, alice),
        by_the_house().tops_up(BOB, "USD", all),
        by_the_house().gives_a_bonus(BOB, "USD", "1.00"),
        by(ALICE).withdraws(all, alice),
        by_the_house().gives_a_bonus(ALICE, "USD", all),
    ];
    let group = world.group(&asks, false);
    let result = world.decides(&[group]);
    let refused: Vec<_> =
        done(&result.outcomes[0]).iter().map(|outcome| refusal(outcome).is_some()).collect();
    assert_eq!(refused, [false, false, true, false, false]);
    assert_eq!([world.wallet(alice).posted, world.wallet(bob).posted], [Amount::MAX, Amount::MAX]);
}
