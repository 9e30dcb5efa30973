//! Each type of movement, when nothing is in its way.

use crate::asks::{Ask, Asks, by, by_the_house};
use crate::world::{ALICE, BOB, START, World, gold, usd};
use florin_ledger::{
    Direction, Outcome, Settlement, SystemRole, Transaction, TransactionType, Version, WalletId,
};
use rstest::rstest;

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

#[rstest]
#[case::transfer(TransactionType::Transfer, |s: &Scene| (by(ALICE).transfers("12.50", s.alice, s.bob), s.alice, s.bob))]
#[case::deposit(TransactionType::Deposit, |s: &Scene| (by_the_house().deposits("12.50", s.bob), house(s, SystemRole::World), s.bob))]
#[case::withdrawal(TransactionType::Withdrawal, |s: &Scene| (by(ALICE).withdraws("12.50", s.alice), s.alice, house(s, SystemRole::World)))]
#[case::top_up(TransactionType::TopUp, |s: &Scene| (by_the_house().tops_up(BOB, "USD", "12.50"), house(s, SystemRole::Treasury), s.bob))]
#[case::spend(TransactionType::Spend, |s: &Scene| (by(ALICE).spends(ALICE, "USD", "12.50"), s.alice, house(s, SystemRole::Revenue)))]
#[case::bonus(TransactionType::Bonus, |s: &Scene| (by_the_house().gives_a_bonus(BOB, "USD", "12.50"), house(s, SystemRole::Bonus), s.bob))]
fn a_movement_debits_one_wallet_and_credits_another(
    #[case] kind: TransactionType,
    #[case] asks: fn(&Scene) -> (Ask, WalletId, WalletId),
) {
    let mut scene = scene();
    let (ask, from, to) = asks(&scene);
    let (before_from, before_to) = (scene.world.wallet(from), scene.world.wallet(to));
    let transaction = scene.world.completes(&ask);

    assert_eq!((transaction.kind, transaction.from, transaction.to), (kind, from, to));
    assert_eq!((transaction.amount.units(), transaction.asset.as_str()), (1250, "USD"));
    let Settlement::Completed { debit, credit } = transaction.settlement else { unreachable!() };
    for (entry, direction, before, change) in
        [(debit, Direction::Debit, before_from, -1250), (credit, Direction::Credit, before_to, 1250)]
    {
        let after = scene.world.wallet(before.id);
        assert_eq!((entry.wallet, entry.direction, entry.amount.units()), (before.id, direction, 1250));
        assert_eq!(entry.balance_after.units(), before.posted.units() + change);
        assert_eq!((after.posted, after.version), (entry.balance_after, entry.version));
        assert_eq!(entry.version, before.version.next());
        assert_eq!(after.last_entry_at, transaction.created_at);
    }
}

fn house(scene: &Scene, role: SystemRole) -> WalletId {
    scene.world.house("USD", role)
}

#[test]
fn the_transaction_keeps_what_was_asked() {
    let Scene { mut world, alice, bob } = scene();
    let ask = by(ALICE).transfers("1.00", alice, bob).under("lunch").noting("Café", r#"{"table":4}"#);
    let transaction: Transaction = (*world.completes(&ask)).clone();
    let command = ask.command("");
    assert_eq!(transaction.key.as_str(), "lunch");
    assert_eq!(transaction.key_hash, command.key_hash);
    assert_eq!(transaction.fingerprint, command.fingerprint);
    assert_eq!(transaction.principal, by(ALICE).principal);
    assert_eq!(transaction.reference.unwrap().as_str(), "Café");
    assert_eq!(transaction.metadata.unwrap().as_str(), r#"{"table":4}"#);
    assert_eq!((transaction.reverses, transaction.created_at), (None, START));
}

#[test]
fn a_replay_has_the_first_outcome_and_moves_nothing() {
    let Scene { mut world, alice, bob } = scene();
    let ask = by(ALICE).transfers("60.00", alice, bob).under("once");
    let first = world.completes(&ask);
    let before = world.state.clone();
    assert_eq!(world.runs(&ask), Outcome::Replayed(first));
    assert_eq!(world.state, before);
}

#[test]
fn a_failure_sticks_to_its_key_even_after_funds_arrive() {
    let Scene { mut world, alice, bob } = scene();
    let ask = by(ALICE).transfers("100.01", alice, bob).under("too-much");
    let refused = world.refuses(&ask);
    world.completes(&by_the_house().deposits("50.00", alice));
    assert_eq!(world.refuses(&ask), refused);
    assert_eq!(world.balance(alice), "150.00");
    world.completes(&ask.under("another"));
}

#[test]
fn a_rejection_without_a_trace_leaves_its_key_free() {
    let Scene { mut world, alice, bob } = scene();
    let ask = by(ALICE).transfers("1.00", alice, bob).under("k");
    let before = world.state.clone();
    world.refuses(&ask.clone().if_version(3));
    assert_eq!(world.state, before);
    world.completes(&ask.if_version(7));
}

#[test]
fn exactly_what_is_there_can_be_spent() {
    let Scene { mut world, alice, bob } = scene();
    world.completes(&by(ALICE).transfers("100.00", alice, bob));
    assert_eq!([world.balance(alice), world.balance(bob)], ["0.00", "100.00"]);
    world.refuses(&by(ALICE).transfers("0.01", alice, bob));
}

#[test]
fn credit_is_spent_down_to_its_limit() {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE).with_credit("50.00"));
    let bob = world.opens(usd(BOB));
    world.refuses(&by(ALICE).transfers("50.01", alice, bob));
    world.completes(&by(ALICE).transfers("50.00", alice, bob));
    assert_eq!(world.balance(alice), "-50.00");
    world.refuses(&by(ALICE).transfers("0.01", alice, bob));
}

#[test]
fn a_user_s_main_wallet_is_the_one_of_that_asset() {
    let mut world = World::new();
    let main = world.opens(usd(ALICE));
    let savings = world.opens(usd(ALICE).beside_the_main_one());
    let coins = world.opens(gold(ALICE));
    world.completes(&by_the_house().tops_up(ALICE, "USD", "3.00"));
    world.completes(&by_the_house().tops_up(ALICE, "GOLD", "5"));
    assert_eq!([main, savings, coins].map(|id| world.balance(id)), ["3.00", "0.00", "5"]);
}

#[test]
fn the_version_that_is_expected_is_the_user_s() {
    let Scene { mut world, alice, bob } = scene();
    world.completes(&by(ALICE).transfers("1.00", alice, bob).if_version(7));
    world.completes(&by(ALICE).withdraws("1.00", alice).if_version(8));
    world.completes(&by_the_house().deposits("1.00", bob).if_version(1));
    world.completes(&by_the_house().tops_up(BOB, "USD", "1.00").if_version(2));
    world.completes(&by(BOB).spends(BOB, "USD", "1.00").if_version(3));
    assert_eq!(world.wallet(bob).version, Version(4));
}

#[test]
fn the_house_may_debit_any_wallet_and_fund_its_own() {
    let Scene { mut world, alice, bob } = scene();
    world.completes(&by_the_house().transfers("1.00", alice, bob));
    let treasury = world.house("USD", SystemRole::Treasury);
    world.completes(&by_the_house().transfers("1.00", treasury, bob));
    world.completes(&by_the_house().deposits("500.00", treasury));
    assert_eq!(world.balance(treasury), "499.00");
}

#[test]
fn time_on_a_wallet_goes_forward_whatever_the_clocks_say() {
    let Scene { mut world, alice, bob } = scene();
    let ahead = START.0 + 60_000_000;
    world.change(bob, |wallet| wallet.last_entry_at.0 = ahead);
    let transaction = world.completes(&by(ALICE).transfers("1.00", alice, bob));
    assert_eq!(transaction.created_at.0, ahead + 1);
    assert!(transaction.id > florin_ledger::TransactionId::new(florin_ledger::Timestamp(ahead), u64::MAX));
}
