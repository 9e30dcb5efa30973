//! Freezing, closing, and credit limits.

use crate::world::{ALICE, World, usd};
use florin_ledger::{
    Amount, Owner, Rejection, SystemRole, Version, Wallet, WalletChange,
    WalletStatus::{self, Active, Closed, Frozen},
};

fn wallet() -> Wallet {
    let mut world = World::new();
    let id = world.opens(usd(ALICE));
    world.wallet(id)
}

fn units(units: i128) -> Amount {
    Amount::from_units(units).unwrap()
}

fn to(status: WalletStatus) -> WalletChange {
    WalletChange { status: Some(status), credit_limit: None }
}

fn credit(limit: i128) -> WalletChange {
    WalletChange { status: None, credit_limit: Some(units(limit)) }
}

/// Everything is wrong at first; each row mends what it was refused for, and all below still is wrong.
#[test]
fn refusals_in_order_of_precedence() {
    type Case = (Wallet, WalletChange, Option<Version>);
    type Mend = fn(&mut Case);
    let mut case: Case = (
        Wallet { owner: Owner::System(SystemRole::World), status: Closed, posted: units(-500), ..wallet() },
        WalletChange { status: Some(Active), credit_limit: Some(units(1)) },
        Some(Version(99)),
    );
    let id = case.0.id;
    let rows: [(Rejection, Mend); 5] = [
        (Rejection::WalletClosed { wallet: id }, |(wallet, change, _)| {
            wallet.status = Frozen;
            change.status = Some(Closed);
        }),
        (Rejection::VersionConflict { wallet: id, current: Version::NONE }, |(_, _, expected)| {
            *expected = None;
        }),
        (Rejection::SystemWallet { wallet: id }, |(wallet, ..)| wallet.owner = Owner::User(ALICE)),
        (Rejection::WalletNotEmpty { wallet: id }, |(_, change, _)| change.status = None),
        (Rejection::CreditLimitInUse { wallet: id }, |(_, change, _)| change.credit_limit = Some(units(500))),
    ];
    for (refusal, mend) in rows {
        assert_eq!(case.0.changed(case.1, case.2), Err(refusal));
        mend(&mut case);
    }
    let (wallet, change, expected) = case;
    assert_eq!(wallet.changed(change, expected).unwrap().credit_limit, units(500));
}

#[test]
fn an_empty_wallet_is_frozen_unfrozen_and_closed() {
    let frozen = wallet().changed(to(Frozen), None).unwrap();
    let active = frozen.changed(to(Active), Some(Version::NONE)).unwrap();
    let closed = active.changed(to(Closed), None).unwrap();
    assert_eq!([frozen, active, closed].map(|wallet| wallet.status), [Frozen, Active, Closed]);
    assert_eq!(wallet().changed(to(Frozen), None).unwrap().changed(to(Closed), None).unwrap(), closed);
}

#[test]
fn a_closed_wallet_stays_as_it_is() {
    let closed = wallet().changed(to(Closed), None).unwrap();
    let refused = Err(Rejection::WalletClosed { wallet: closed.id });
    assert_eq!(closed.changed(to(Active), None), refused);
    assert_eq!(closed.changed(to(Frozen), None), refused);
    assert_eq!(closed.changed(credit(1), None), refused);
    assert_eq!(closed.changed(to(Closed), None), Ok(closed), "closing twice is no change");
    assert_eq!(closed.changed(WalletChange::default(), None), Ok(closed));
}

#[test]
fn only_an_empty_wallet_can_be_closed_but_any_can_be_frozen() {
    for balance in [1, -1] {
        let full = Wallet { posted: units(balance), credit_limit: units(1), ..wallet() };
        assert_eq!(full.changed(to(Closed), None), Err(Rejection::WalletNotEmpty { wallet: full.id }));
        assert_eq!(full.changed(to(Frozen), None).unwrap().status, Frozen);
    }
}

#[test]
fn credit_in_use_cannot_be_taken_back() {
    let wallet = Wallet { posted: units(-300), credit_limit: units(500), ..wallet() };
    assert_eq!(wallet.changed(credit(300), None).unwrap().available(), Amount::ZERO);
    assert_eq!(wallet.changed(credit(299), None), Err(Rejection::CreditLimitInUse { wallet: wallet.id }));
    assert_eq!(wallet.changed(credit(Wallet::CREDIT_LIMIT_MAX), None).unwrap().posted, units(-300));
}

#[test]
fn a_system_wallet_can_be_frozen_only() {
    let system = Wallet { owner: Owner::System(SystemRole::Bonus), ..wallet() };
    assert_eq!(system.changed(to(Frozen), None).unwrap().status, Frozen);
    assert_eq!(system.changed(credit(1), None), Err(Rejection::SystemWallet { wallet: system.id }));
    assert_eq!(system.changed(to(Closed), None), Err(Rejection::SystemWallet { wallet: system.id }));
}

#[test]
fn a_change_leaves_balance_and_version() {
    let before = Wallet { posted: units(5), version: Version(3), ..wallet() };
    let change = WalletChange { status: Some(Frozen), credit_limit: Some(units(9)) };
    let after = before.changed(change, Some(Version(3))).unwrap();
    assert_eq!(after, Wallet { status: Frozen, credit_limit: units(9), ..before });
}

#[test]
fn what_is_available_saturates_at_38_digits() {
    let rich = Wallet { posted: Amount::MAX, credit_limit: units(Wallet::CREDIT_LIMIT_MAX), ..wallet() };
    assert_eq!(rich.available(), Amount::MAX);
    assert!(rich.is_within_floor());
}
