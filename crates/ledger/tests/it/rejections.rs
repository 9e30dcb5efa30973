//! Every rejection, in order of precedence.
//!
//! Each movement climbs a ladder: at first everything is wrong with it at once. A rung says which rejection is
//! the answer, then mends that one fault and no other. So each answer is given while all that
//! stand below it apply too, as far as they can apply together; at the top the movement is done.

use crate::asks::{Ask, Asks, by_the_house};
use crate::world::{ALICE, BOB, World, usd};
use florin_ledger::{Amount, Caller, Failure, Rejection, Scale, SystemRole, UserId, Version, WalletId};
use rstest::rstest;
use std::collections::BTreeSet;

mod ladders;

use ladders::{bonus, deposit, reversal, spend, top_up, transfer, withdrawal};

/// What is refused, why, and what mends it.
struct Ladder {
    world: World,
    ask: Ask,
    rungs: Vec<Rung>,
}

type Rung = (Rejection, fn(&mut World, &mut Ask));

/// A rejection's place in the order of precedence. A new one does not compile until it has a place here,
/// and the test below fails until it is on a ladder.
fn place(rejection: &Rejection) -> usize {
    match rejection {
        Rejection::KeyReused => 0,
        Rejection::SameWallet => 1,
        Rejection::TransactionNotFound => 2,
        Rejection::AssetNotFound => 3,
        Rejection::WalletNotFound { .. } => 4,
        Rejection::NotPermitted => 5,
        Rejection::NotReversible => 6,
        Rejection::AssetMismatch => 7,
        Rejection::WalletFrozen { .. } => 8,
        Rejection::WalletClosed { .. } => 9,
        Rejection::AmountTooPrecise { .. } => 10,
        Rejection::AmountTooLarge => 11,
        Rejection::VersionConflict { .. } => 12,
        Rejection::Failure(failure) => match failure {
            Failure::ReversalExceedsRemaining { .. } => 13,
            Failure::InsufficientFunds { .. } => 14,
            Failure::BalanceLimitExceeded { .. } => 15,
        },
        // Of changes to a wallet: their ladder is in `wallet_changes`.
        Rejection::SystemWallet { .. } => 16,
        Rejection::WalletNotEmpty { .. } => 17,
        Rejection::CreditLimitInUse { .. } => 18,
    }
}

const PLACES_OF_MOVEMENTS: usize = 16;

#[rstest]
#[case::transfer(transfer())]
#[case::deposit(deposit())]
#[case::withdrawal(withdrawal())]
#[case::top_up(top_up())]
#[case::spend(spend())]
#[case::bonus(bonus())]
#[case::reversal(reversal())]
fn refusals_in_order_of_precedence(#[case] ladder: Ladder) {
    let Ladder { mut world, mut ask, rungs } = ladder;
    let mut highest = 0;
    for (expected, mend) in rungs {
        assert!(place(&expected) >= highest, "{expected:?} stands too late on its ladder");
        highest = place(&expected);
        let mut attempt = world.clone();
        assert_eq!(attempt.refuses(&ask), expected, "{ask:?}");
        if !matches!(expected, Rejection::Failure(_)) {
            assert_eq!(attempt.state, world.state, "a rejection leaves no trace");
        }
        mend(&mut world, &mut ask);
    }
    world.completes(&ask);
}

#[test]
fn every_rejection_of_a_movement_is_on_a_ladder() {
    let ladders = [transfer(), deposit(), withdrawal(), top_up(), spend(), bonus(), reversal()];
    let shown: BTreeSet<_> =
        ladders.iter().flat_map(|ladder| &ladder.rungs).map(|(rejection, _)| place(rejection)).collect();
    assert_eq!(shown, (0..PLACES_OF_MOVEMENTS).collect());
}

#[test]
fn codes_are_stable() {
    let wallet = WalletId(1);
    let (available, needed) = (Amount::ZERO, Amount::MAX);
    let codes = [
        (Rejection::KeyReused, "idempotency_key_reused"),
        (Rejection::SameWallet, "same_wallet"),
        (Rejection::TransactionNotFound, "transaction_not_found"),
        (Rejection::AssetNotFound, "asset_not_found"),
        (Rejection::WalletNotFound { wallet: None }, "wallet_not_found"),
        (Rejection::NotPermitted, "not_permitted"),
        (Rejection::NotReversible, "not_reversible"),
        (Rejection::AssetMismatch, "asset_mismatch"),
        (Rejection::WalletFrozen { wallet }, "wallet_frozen"),
        (Rejection::WalletClosed { wallet }, "wallet_closed"),
        (Rejection::AmountTooPrecise { scale: Scale::new(2).unwrap() }, "amount_too_precise"),
        (Rejection::AmountTooLarge, "amount_too_large"),
        (Rejection::VersionConflict { wallet, current: Version(1) }, "version_conflict"),
        (Failure::ReversalExceedsRemaining { available, needed }.into(), "reversal_exceeds_remaining"),
        (Failure::InsufficientFunds { available, needed }.into(), "insufficient_funds"),
        (Failure::BalanceLimitExceeded { available, needed }.into(), "balance_limit_exceeded"),
        (Rejection::SystemWallet { wallet }, "system_wallet"),
        (Rejection::WalletNotEmpty { wallet }, "wallet_not_empty"),
        (Rejection::CreditLimitInUse { wallet }, "credit_limit_in_use"),
    ];
    for (index, (rejection, code)) in codes.iter().enumerate() {
        assert_eq!((place(rejection), rejection.code()), (index, *code));
    }
}

#[test]
fn failures_come_back_from_the_database_as_they_went() {
    let (available, needed) = (Amount::from_units(3).unwrap(), Amount::MAX);
    for failure in [
        Failure::ReversalExceedsRemaining { available, needed },
        Failure::InsufficientFunds { available, needed },
        Failure::BalanceLimitExceeded { available, needed },
    ] {
        assert_eq!(failure.amounts(), (available, needed));
        assert_eq!(Failure::from_parts(failure.code(), available, needed), Some(failure));
    }
    assert_eq!(Failure::from_parts("wallet_frozen", available, needed), None);
}

#[test]
fn money_cannot_go_from_the_world_to_the_world() {
    let mut world = World::new();
    let outside = world.house("USD", SystemRole::World);
    for ask in [by_the_house().deposits("1.00", outside), by_the_house().withdraws("1.00", outside)] {
        assert_eq!(world.refuses(&ask), Rejection::SameWallet);
    }
}

#[test]
fn a_service_that_is_not_the_house_owns_nothing() {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE).holding("10.00"));
    let bob = world.opens(usd(BOB));
    let service = Caller { is_house: false, ..by_the_house() };
    let refused = Rejection::WalletNotFound { wallet: Some(alice) };
    assert_eq!(world.refuses(&service.transfers("1.00", alice, bob)), refused);
}

#[test]
fn a_user_without_a_main_wallet_has_none_to_top_up() {
    let mut world = World::new();
    world.opens(usd(ALICE).beside_the_main_one());
    let refused = Rejection::WalletNotFound { wallet: None };
    assert_eq!(world.refuses(&by_the_house().tops_up(ALICE, "USD", "1.00")), refused);
    assert_eq!(world.refuses(&by_the_house().tops_up(UserId(99), "USD", "1.00")), refused);
    assert_eq!(world.refuses(&by_the_house().tops_up(ALICE, "GOLD", "1")), refused);
}
