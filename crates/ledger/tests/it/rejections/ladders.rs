//! The ladders: one a movement.

use super::{Ladder, Rung};
use crate::asks::{Ask, Asks, by, by_the_house, code, decimal};
use crate::world::{ALICE, BOB, CAROL, World, gold, usd};
use florin_ledger::{
    Amount, Failure, IdempotencyKey, KeyHash, Movement, Principal, Rejection, Scale, TransactionId, UserId,
    Version, WalletId,
    WalletStatus::{self, Active, Closed, Frozen},
};

// Wallets get their ids in the order in which they are opened: first the house's.
const TREASURY: WalletId = WalletId(1);
const BONUS_POOL: WalletId = WalletId(2);
const REVENUE: WalletId = WalletId(3);
const OUTSIDE: WalletId = WalletId(4);
const ALICES: WalletId = WalletId(9);
const BOBS: WalletId = WalletId(10);
const BOBS_GOLD: WalletId = WalletId(11);
const CAROLS: WalletId = WalletId(12);
const NOWHERE: WalletId = WalletId(998);
const ELSEWHERE: WalletId = WalletId(999);

const NOT_IN_CENTS: &str = "6.001";
/// 10^36: with two decimals one digit too many.
const BEYOND_38_DIGITS: &str = "1000000000000000000000000000000000000";

pub(super) fn transfer() -> Ladder {
    let world = world(&[(BOBS, Amount::MAX)]);
    climb(
        world,
        by(ALICE).transfers(NOT_IN_CENTS, NOWHERE, NOWHERE),
        [
            (Rejection::SameWallet, |_, ask| parties(ask, NOWHERE, ELSEWHERE)),
            (not_found(NOWHERE), |_, ask| parties(ask, CAROLS, ELSEWHERE)),
            (not_found(CAROLS), |_, ask| parties(ask, ALICES, ELSEWHERE)),
            (not_found(ELSEWHERE), |_, ask| parties(ask, ALICES, TREASURY)),
            (not_found(TREASURY), |_, ask| parties(ask, ALICES, BOBS_GOLD)),
            (Rejection::AssetMismatch, |_, ask| parties(ask, ALICES, BOBS)),
            (frozen(ALICES), |world, _| status(world, ALICES, Closed)),
            (frozen(BOBS), |world, _| status(world, BOBS, Closed)),
            (closed(ALICES), |world, _| status(world, ALICES, Active)),
            (closed(BOBS), |world, _| status(world, BOBS, Active)),
            (too_precise(), |_, ask| amount(ask, BEYOND_38_DIGITS)),
            (Rejection::AmountTooLarge, |_, ask| amount(ask, "6.00")),
            (conflict(ALICES, 11), ANY_VERSION),
            (no_funds(500, 600), |world, _| posted(world, ALICES, 600)),
            (no_room(600), |world, _| posted(world, BOBS, 0)),
        ],
    )
}

pub(super) fn deposit() -> Ladder {
    let world = world(&[(OUTSIDE, Amount::MIN), (ALICES, Amount::MAX)]);
    climb(
        world,
        by(ALICE).deposits(NOT_IN_CENTS, NOWHERE),
        [
            (not_found(NOWHERE), |_, ask| wallet(ask, BOBS)),
            (not_found(BOBS), |_, ask| wallet(ask, ALICES)),
            (Rejection::NotPermitted, AS_THE_HOUSE),
            (frozen(OUTSIDE), |world, _| status(world, OUTSIDE, Active)),
            (frozen(ALICES), |world, _| status(world, ALICES, Closed)),
            (closed(ALICES), |world, _| status(world, ALICES, Active)),
            (too_precise(), |_, ask| amount(ask, BEYOND_38_DIGITS)),
            (Rejection::AmountTooLarge, |_, ask| amount(ask, "6.00")),
            (conflict(ALICES, 11), ANY_VERSION),
            (no_room(600), |world, _| posted(world, OUTSIDE, 0)),
            (no_room(600), |world, _| posted(world, ALICES, 0)),
        ],
    )
}

pub(super) fn withdrawal() -> Ladder {
    let world = world(&[(OUTSIDE, Amount::MAX)]);
    climb(
        world,
        by(ALICE).withdraws(NOT_IN_CENTS, NOWHERE),
        [
            (not_found(NOWHERE), |_, ask| wallet(ask, BOBS)),
            (not_found(BOBS), |_, ask| wallet(ask, ALICES)),
            (frozen(ALICES), |world, _| status(world, ALICES, Closed)),
            (frozen(OUTSIDE), |world, _| status(world, OUTSIDE, Active)),
            (closed(ALICES), |world, _| status(world, ALICES, Active)),
            (too_precise(), |_, ask| amount(ask, BEYOND_38_DIGITS)),
            (Rejection::AmountTooLarge, |_, ask| amount(ask, "6.00")),
            (conflict(ALICES, 11), ANY_VERSION),
            (no_funds(500, 600), |world, _| posted(world, ALICES, 600)),
            (no_room(600), |world, _| posted(world, OUTSIDE, 0)),
        ],
    )
}

pub(super) fn top_up() -> Ladder {
    let world = world(&[(TREASURY, Amount::MIN), (ALICES, Amount::MAX)]);
    climb(
        world,
        by(ALICE).tops_up(UserId(99), "SILVER", NOT_IN_CENTS),
        [
            (Rejection::AssetNotFound, |_, ask| asset(ask, "USD")),
            (Rejection::WalletNotFound { wallet: None }, |_, ask| user(ask, BOB)),
            (Rejection::WalletNotFound { wallet: None }, |_, ask| user(ask, ALICE)),
            (Rejection::NotPermitted, AS_THE_HOUSE),
            (frozen(TREASURY), |world, _| status(world, TREASURY, Active)),
            (frozen(ALICES), |world, _| status(world, ALICES, Closed)),
            (closed(ALICES), |world, _| status(world, ALICES, Active)),
            (too_precise(), |_, ask| amount(ask, BEYOND_38_DIGITS)),
            (Rejection::AmountTooLarge, |_, ask| amount(ask, "6.00")),
            (conflict(ALICES, 11), ANY_VERSION),
            (no_room(600), |world, _| posted(world, TREASURY, 0)),
            (no_room(600), |world, _| posted(world, ALICES, 0)),
        ],
    )
}

pub(super) fn bonus() -> Ladder {
    let world = world(&[(BONUS_POOL, Amount::MIN), (ALICES, Amount::MAX)]);
    climb(
        world,
        by(ALICE).gives_a_bonus(UserId(99), "SILVER", NOT_IN_CENTS),
        [
            (Rejection::AssetNotFound, |_, ask| asset(ask, "USD")),
            (Rejection::WalletNotFound { wallet: None }, |_, ask| user(ask, BOB)),
            (Rejection::WalletNotFound { wallet: None }, |_, ask| user(ask, ALICE)),
            (Rejection::NotPermitted, AS_THE_HOUSE),
            (frozen(BONUS_POOL), |world, _| status(world, BONUS_POOL, Active)),
            (frozen(ALICES), |world, _| status(world, ALICES, Closed)),
            (closed(ALICES), |world, _| status(world, ALICES, Active)),
            (too_precise(), |_, ask| amount(ask, BEYOND_38_DIGITS)),
            (Rejection::AmountTooLarge, |_, ask| amount(ask, "6.00")),
            (conflict(ALICES, 11), ANY_VERSION),
            (no_room(600), |world, _| posted(world, BONUS_POOL, 0)),
            (no_room(600), |world, _| posted(world, ALICES, 0)),
        ],
    )
}

pub(super) fn spend() -> Ladder {
    let world = world(&[(REVENUE, Amount::MAX)]);
    climb(
        world,
        by(ALICE).spends(UserId(99), "SILVER", NOT_IN_CENTS),
        [
            (Rejection::AssetNotFound, |_, ask| asset(ask, "USD")),
            (Rejection::WalletNotFound { wallet: None }, |_, ask| user(ask, BOB)),
            (Rejection::WalletNotFound { wallet: None }, |_, ask| user(ask, ALICE)),
            (frozen(ALICES), |world, _| status(world, ALICES, Closed)),
            (frozen(REVENUE), |world, _| status(world, REVENUE, Active)),
            (closed(ALICES), |world, _| status(world, ALICES, Active)),
            (too_precise(), |_, ask| amount(ask, BEYOND_38_DIGITS)),
            (Rejection::AmountTooLarge, |_, ask| amount(ask, "6.00")),
            (conflict(ALICES, 11), ANY_VERSION),
            (no_funds(500, 600), |world, _| posted(world, ALICES, 600)),
            (no_room(600), |world, _| posted(world, REVENUE, 0)),
        ],
    )
}

/// Bob gives back what alice paid him: of 10.00, 4.00 were reversed before.
pub(super) fn reversal() -> Ladder {
    let world = world(&[(ALICES, Amount::MAX)]);
    climb(
        world,
        by(BOB).reverses_part(TransactionId(0), NOT_IN_CENTS),
        [
            (Rejection::TransactionNotFound, |world, ask| of(world, ask, ALICE, "between-others")),
            (Rejection::TransactionNotFound, |world, ask| of(world, ask, BOB, "bob-paid")),
            (Rejection::NotPermitted, |world, ask| of(world, ask, CAROL, "failed")),
            (Rejection::NotReversible, |world, ask| {
                of(world, ask, BOB, "reversal");
                ask.caller = by_the_house();
            }),
            (Rejection::NotReversible, |world, ask| {
                of(world, ask, ALICE, "paid");
                ask.caller = by(BOB);
            }),
            (frozen(BOBS), |world, _| status(world, BOBS, Closed)),
            (frozen(ALICES), |world, _| status(world, ALICES, Closed)),
            (closed(BOBS), |world, _| status(world, BOBS, Active)),
            (closed(ALICES), |world, _| status(world, ALICES, Active)),
            (too_precise(), |_, ask| amount(ask, BEYOND_38_DIGITS)),
            (Rejection::AmountTooLarge, |_, ask| amount(ask, "7.00")),
            (conflict(BOBS, 4), ANY_VERSION),
            (
                Failure::ReversalExceedsRemaining { available: units(600), needed: units(700) }.into(),
                |_, ask| amount(ask, "6.00"),
            ),
            (no_funds(500, 600), |world, _| posted(world, BOBS, 600)),
            (no_room(600), |world, _| posted(world, ALICES, 0)),
        ],
    )
}

/// Alice, bob and carol have a history, in which each used the key `used`; then everybody has 5.00, but for
/// `balances`, and all wallets are frozen.
fn world(balances: &[(WalletId, Amount)]) -> World {
    let mut world = World::new();
    assert_eq!(world.opens(usd(ALICE).holding("50.00")), ALICES);
    assert_eq!(world.opens(usd(BOB)), BOBS);
    assert_eq!(world.opens(gold(BOB)), BOBS_GOLD);
    assert_eq!(world.opens(usd(CAROL)), CAROLS);
    let paid = world.completes(&by(ALICE).transfers("10.00", ALICES, BOBS).under("paid"));
    world.completes(&by(BOB).reverses_part(paid.id, "4.00").under("reversal"));
    world.completes(&by(ALICE).transfers("1.00", ALICES, CAROLS).under("between-others"));
    world.completes(&by(BOB).transfers("1.00", BOBS, CAROLS).under("bob-paid"));
    world.refuses(&by(CAROL).transfers("99.00", CAROLS, BOBS).under("failed"));
    world.completes(&by(ALICE).transfers("0.01", ALICES, CAROLS).under("used"));
    world.completes(&by(BOB).transfers("0.01", BOBS, CAROLS).under("used"));
    let ids: Vec<_> = world.state.wallets.keys().copied().collect();
    for id in ids {
        let balance =
            balances.iter().find(|(other, _)| *other == id).map_or(units(500), |(_, amount)| *amount);
        world.change(id, |wallet| {
            wallet.posted = balance;
            wallet.status = Frozen;
        });
    }
    world
}

/// Every ladder begins with a used key, and a version that no wallet has.
fn climb<const N: usize>(world: World, ask: Ask, rungs: [Rung; N]) -> Ladder {
    let fresh_key: Rung = (Rejection::KeyReused, |_, ask| ask.key = None);
    let rungs = std::iter::once(fresh_key).chain(rungs).collect();
    Ladder { world, ask: ask.under("used").if_version(99), rungs }
}

const ANY_VERSION: fn(&mut World, &mut Ask) = |_, ask| ask.expected_version = None;
const AS_THE_HOUSE: fn(&mut World, &mut Ask) = |_, ask| ask.caller = by_the_house();

fn units(units: i128) -> Amount {
    Amount::from_units(units).unwrap()
}

fn not_found(wallet: WalletId) -> Rejection {
    Rejection::WalletNotFound { wallet: Some(wallet) }
}

fn frozen(wallet: WalletId) -> Rejection {
    Rejection::WalletFrozen { wallet }
}

fn closed(wallet: WalletId) -> Rejection {
    Rejection::WalletClosed { wallet }
}

fn too_precise() -> Rejection {
    Rejection::AmountTooPrecise { scale: Scale::new(2).unwrap() }
}

fn conflict(wallet: WalletId, version: i64) -> Rejection {
    Rejection::VersionConflict { wallet, current: Version(version) }
}

fn no_funds(available: i128, needed: i128) -> Rejection {
    Failure::InsufficientFunds { available: units(available), needed: units(needed) }.into()
}

fn no_room(needed: i128) -> Rejection {
    Failure::BalanceLimitExceeded { available: Amount::ZERO, needed: units(needed) }.into()
}

fn status(world: &mut World, id: WalletId, status: WalletStatus) {
    world.change(id, |wallet| wallet.status = status);
}

fn posted(world: &mut World, id: WalletId, balance: i128) {
    world.change(id, |wallet| wallet.posted = units(balance));
}

fn parties(ask: &mut Ask, new_from: WalletId, new_to: WalletId) {
    if let Movement::Transfer { from, to, .. } = &mut ask.movement {
        (*from, *to) = (new_from, new_to);
    }
}

fn wallet(ask: &mut Ask, new: WalletId) {
    if let Movement::Deposit { wallet, .. } | Movement::Withdrawal { wallet, .. } = &mut ask.movement {
        *wallet = new;
    }
}

fn user(ask: &mut Ask, new: UserId) {
    if let Movement::TopUp { user, .. } | Movement::Spend { user, .. } | Movement::Bonus { user, .. } =
        &mut ask.movement
    {
        *user = new;
    }
}

fn asset(ask: &mut Ask, new: &str) {
    if let Movement::TopUp { asset, .. } | Movement::Spend { asset, .. } | Movement::Bonus { asset, .. } =
        &mut ask.movement
    {
        *asset = code(new);
    }
}

/// Makes it a reversal of what `user` settled under `key`.
fn of(world: &World, ask: &mut Ask, user: UserId, key: &str) {
    let hash = KeyHash::of(Principal::User(user), &IdempotencyKey::parse(key).unwrap());
    if let Movement::Reversal { of, .. } = &mut ask.movement {
        *of = world.state.settled[&hash].id;
    }
}

fn amount(ask: &mut Ask, new: &str) {
    match &mut ask.movement {
        Movement::Transfer { amount, .. }
        | Movement::Payout { amount, .. }
        | Movement::Deposit { amount, .. }
        | Movement::Withdrawal { amount, .. }
        | Movement::TopUp { amount, .. }
        | Movement::Spend { amount, .. }
        | Movement::Bonus { amount, .. } => *amount = decimal(new),
        Movement::Reversal { amount, .. } => *amount = Some(decimal(new)),
        Movement::ReversalOfAvailable { .. } => panic!("it names no amount"),
    }
}
