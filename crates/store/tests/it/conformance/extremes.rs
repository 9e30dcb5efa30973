//! Amounts of up to 38 digits, and the borders of 64 bits within.

use super::scene::Scene;
use crate::asks::{Asks, by, by_the_house};
use florin_ledger::{Amount, Failure, Rejection, Scale, UserId, WalletChange, WalletId};
use florin_store::{Store, StoreError};

const ALL_NINES: &str = "99999999999999999999999999999999999999";

/// Alice and bob with a wallet in an asset without decimals, and bob with a second one.
async fn people(scene: &mut Scene) -> (UserId, [WalletId; 3]) {
    scene.asset("POINT", 0).await;
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let (from, to) = (scene.wallet(alice, "POINT").await, scene.wallet(bob, "POINT").await);
    let other = scene.named_wallet(bob, "POINT", "other").await;
    (alice, [from, to, other])
}

fn units(units: i128) -> Amount {
    Amount::from_units(units).unwrap()
}

pub(super) async fn the_largest_amount_moves_and_comes_back(scene: &mut Scene) {
    let (alice, [from, to, _]) = people(scene).await;
    scene.completes(by_the_house().tops_up(alice, "POINT", ALL_NINES)).await;
    let moved = scene.completes(by(alice).transfers(ALL_NINES, from, to)).await;
    assert_eq!(moved.amount, Amount::MAX);
    assert_eq!(scene.record(to).await.wallet.posted, Amount::MAX);
    scene.restarts().await;
    scene.completes(by_the_house().reverses_part(moved.id, "99999999999999999999999999999999999998")).await;
    scene.completes(by_the_house().reverses(moved.id)).await;
    assert_eq!(scene.record(from).await.wallet.posted, Amount::MAX);
    assert_eq!(scene.record(WalletId(1)).await.wallet.posted, Amount::MIN);
}

pub(super) async fn no_balance_goes_beyond_38_digits(scene: &mut Scene) {
    let (alice, [from, to, _]) = people(scene).await;
    scene.completes(by_the_house().deposits(ALL_NINES, from)).await;
    let beyond = |available, needed| {
        Rejection::Failure(Failure::BalanceLimitExceeded {
            available: units(available),
            needed: units(needed),
        })
    };
    let ask = by_the_house().tops_up(alice, "POINT", "1").under("full");
    assert_eq!(scene.refuses(ask.clone()).await, beyond(0, 1));
    assert_eq!(
        scene.refuses(by_the_house().deposits("7", to)).await,
        beyond(0, 7),
        "the world is at its end"
    );
    scene.completes(by(alice).transfers("5", from, to)).await;
    assert_eq!(scene.refuses(ask).await, beyond(0, 1), "remembered");
    assert_eq!(scene.refuses(by_the_house().tops_up(alice, "POINT", "6")).await, beyond(5, 6));
    scene.completes(by_the_house().tops_up(alice, "POINT", "5")).await;
    // A credit limit on top of all there is does not overflow.
    let limit = WalletChange { status: None, credit_limit: Some(units(999_999_999_999_999_999)) };
    scene.changes(from, limit).await.unwrap();
    scene.completes(by(alice).transfers("1", from, to)).await;
}

pub(super) async fn around_64_bits(scene: &mut Scene) {
    let (alice, [from, to, _]) = people(scene).await;
    let border = i128::from(i64::MAX);
    let world = WalletId(4);
    let mut posted = 0;
    // Up to the last number of 64 bits, over it, on, and back: the house's side goes as far below zero.
    for step in [border - 1, 1, 1, 1, border, -border, -1, -1, 1, 1, -2, -(border - 1)] {
        let amount = step.unsigned_abs().to_string();
        if step > 0 {
            scene.completes(by_the_house().deposits(&amount, from)).await;
        } else {
            scene.completes(by(alice).withdraws(&amount, from)).await;
        }
        posted += step;
        assert_eq!(scene.record(from).await.wallet.posted, units(posted));
        assert_eq!(scene.record(world).await.wallet.posted, units(-posted));
    }
    assert_eq!(posted, 1);
    let refused = scene.refuses(by(alice).transfers("9223372036854775808", from, to)).await;
    let failure = Failure::InsufficientFunds { available: units(1), needed: units(border + 1) };
    assert_eq!(refused, Rejection::Failure(failure));
    let large = scene.completes(by_the_house().deposits("18446744073709551616", to)).await;
    for _ in 0..4 {
        scene.completes(by_the_house().reverses_part(large.id, "4611686018427387904")).await;
    }
}

pub(super) async fn eighteen_decimals(scene: &mut Scene) {
    scene.asset("WEI", 18).await;
    let alice = scene.user("alice").await;
    let wallet = scene.wallet(alice, "WEI").await;
    scene.completes(by_the_house().tops_up(alice, "WEI", "0.000000000000000001")).await;
    scene.completes(by_the_house().tops_up(alice, "WEI", "99999999999999999999.999999999999999998")).await;
    assert_eq!(scene.balance(wallet).await, "99999999999999999999.999999999999999999");
    assert_eq!(scene.record(wallet).await.scale, Scale::new(18).unwrap());
    scene.completes(by(alice).spends(alice, "WEI", "0.000000000000000001")).await;
    let refused = scene.refuses(by_the_house().tops_up(alice, "WEI", "100000000000000000000")).await;
    assert_eq!(refused, Rejection::AmountTooLarge);
}

pub(super) async fn failures_of_38_digits(scene: &mut Scene) {
    let (alice, [from, to, _]) = people(scene).await;
    let almost_all = "99999999999999999999999999999999999998";
    scene.completes(by_the_house().deposits(almost_all, from)).await;
    let ask = by(alice).transfers(ALL_NINES, from, to).under("all");
    let failure =
        Failure::InsufficientFunds { available: units(Amount::MAX.units() - 1), needed: Amount::MAX };
    assert_eq!(scene.refuses(ask.clone()).await, failure.into());
    scene.restarts().await;
    assert_eq!(scene.refuses(ask).await, failure.into());
}

/// Three wallets that hold all that one can: their sum has no place in 38 digits. Everything but that sum works.
pub(super) async fn sums_beyond_38_digits(scene: &mut Scene) {
    let (alice, [from, to, other]) = people(scene).await;
    scene.completes(by_the_house().tops_up(alice, "POINT", ALL_NINES)).await;
    scene.completes(by_the_house().deposits(ALL_NINES, to)).await;
    scene.completes(by_the_house().transfers(ALL_NINES, WalletId(2), other)).await;
    let beyond = scene.twins.trial_balance(scene.ledger).await.unwrap_err();
    assert!(matches!(beyond, StoreError::Inconsistent(_)), "{beyond}");
    scene.completes(by(alice).withdraws("1", from)).await;
}
