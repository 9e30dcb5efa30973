//! The invariants catch every way in which a batch's changes could be wrong.

use crate::asks::{Asks, by, by_the_house, code};
use crate::world::{ALICE, BOB, START, World, usd};
use florin_ledger::{
    Amount, Changes, Clock, Direction, Entry, InvariantViolation, Owner, Settlement, SystemRole, Timestamp,
    Transaction, TransactionId, UserId, Version, Wallet, WalletId, WalletStatus, decide_batch, invariants,
};
use std::sync::Arc;

/// A transfer, the reversal of an earlier one in two parts, a top-up and its reversal, and a failure, in one batch.
fn changes() -> Changes {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE).holding("100.00"));
    let bob = world.opens(usd(BOB));
    let paid = world.completes(&by(ALICE).transfers("20.00", alice, bob));
    let top_up = world.completes(&by_the_house().tops_up(BOB, "USD", "3.00"));
    let asks = [
        by(ALICE).transfers("10.00", alice, bob),
        by(BOB).reverses_part(paid.id, "5.00"),
        by(BOB).reverses_part(paid.id, "1.00"),
        by_the_house().tops_up(BOB, "USD", "7.00"),
        by_the_house().reverses_part(top_up.id, "2.00"),
        by(ALICE).transfers("999.00", alice, bob),
    ];
    let group = world.group(&asks, false);
    world.decides(&[group]).changes
}

const TRANSFER: usize = 0;
const FIRST_REVERSAL: usize = 1;

type Tamper = fn(&mut Changes);

#[test]
fn what_was_decided_passes() {
    assert_eq!(invariants::check(&changes()), Ok(()));
    assert_eq!(invariants::check(&Changes::default()), Ok(()));
}

#[test]
fn entries_that_do_not_balance() {
    let tampers: &[(&str, Tamper)] = &[
        ("amount", |c| transfer(c).amount = units(1)),
        ("source", |c| transfer(c).from = WalletId(1)),
        ("destination", |c| transfer(c).to = WalletId(1)),
        ("asset", |c| transfer(c).asset = code("GOLD")),
        ("debited amount", |c| entries(c).0.amount = units(1)),
        ("credited amount", |c| entries(c).1.amount = units(1)),
        ("debited wallet", |c| entries(c).0.wallet = WalletId(1)),
        ("credited wallet", |c| entries(c).1.wallet = WalletId(1)),
        ("swapped wallets", |c| {
            let (debit, credit) = entries(c);
            std::mem::swap(&mut debit.wallet, &mut credit.wallet);
        }),
        ("debit for credit", |c| entries(c).0.direction = Direction::Credit),
        ("credit for debit", |c| entries(c).1.direction = Direction::Debit),
        ("two debits", |c| {
            let (debit, credit) = entries(c);
            *credit = Entry { balance_after: units(6_000), version: debit.version.next(), ..*debit };
        }),
        ("nothing", |c| amounts(c, 0)),
        ("less than nothing", |c| amounts(c, -1000)),
    ];
    for (what, tamper) in tampers {
        let mut changes = changes();
        tamper(&mut changes);
        let id = changes.transactions[TRANSFER].id;
        assert_eq!(invariants::check(&changes), Err(InvariantViolation::Unbalanced(id)), "{what}");
    }
}

#[test]
fn wallets_that_differ_from_their_entries() {
    let tampers: &[(&str, Tamper)] = &[
        ("balance after the debit", |c| entries(c).0.balance_after = units(1)),
        ("version after the debit", |c| entries(c).0.version = Version(99)),
        ("amount of all", |c| amounts(c, 999)),
        ("balance", |c| wallet(c).posted = units(1)),
        ("version", |c| wallet(c).version = Version(99)),
        ("version that stayed", |c| wallet(c).version = Version(7)),
        ("time", |c| wallet(c).last_entry_at = Timestamp(1)),
        ("status", |c| wallet(c).status = WalletStatus::Closed),
        ("credit limit", |c| wallet(c).credit_limit = units(1)),
        ("owner", |c| wallet(c).owner = Owner::User(UserId(99))),
        ("house", |c| wallet(c).owner = Owner::System(SystemRole::World)),
        ("asset", |c| wallet(c).asset = code("GOLD")),
        ("balance before", |c| written(c).0.posted = units(1)),
        ("version before", |c| written(c).0.version = Version(1)),
        ("a wallet is missing", |c| c.wallets.retain(|(_, wallet)| wallet.owner != Owner::User(ALICE))),
        ("a transaction is missing", |c| drop(c.transactions.remove(TRANSFER))),
        ("a transaction twice", |c| c.transactions.insert(TRANSFER, Arc::clone(&c.transactions[TRANSFER]))),
        ("out of order", |c| c.transactions.swap(TRANSFER, FIRST_REVERSAL)),
        ("money from nowhere", |c| c.transactions.clear()),
    ];
    for (what, tamper) in tampers {
        let mut changes = changes();
        tamper(&mut changes);
        let violation = invariants::check(&changes).expect_err(what);
        assert!(matches!(violation, InvariantViolation::WalletDiffers(_)), "{what}: {violation:?}");
    }
}

#[test]
fn reversals_that_do_not_add_up() {
    let tampers: &[(&str, Tamper)] = &[
        ("missing", |c| c.reversals.truncate(1)),
        ("all missing", |c| c.reversals.clear()),
        ("one too many", |c| c.reversals.push(c.reversals[0])),
        ("twice in one place", |c| c.reversals[1].sequence = 1),
        ("a gap", |c| c.reversals[1].sequence = 3),
        ("no place", |c| c.reversals[2].sequence = 0),
        ("less than itself", |c| c.reversals[2].reversed_total = units(199)),
        ("of another", |c| c.reversals[0].original = TransactionId(1)),
        ("by another", |c| c.reversals[0].reversal = TransactionId(1)),
        ("total too low", |c| c.reversals[0].reversed_total = units(499)),
        ("total that does not count on", |c| c.reversals[1].reversed_total = units(601)),
        ("above the original", |c| c.reversals[1].original_amount = units(599)),
        ("swapped", |c| c.reversals.swap(0, 1)),
        ("of nothing", |c| edit(c, FIRST_REVERSAL).reverses = None),
    ];
    for (what, tamper) in tampers {
        let mut changes = changes();
        tamper(&mut changes);
        let violation = invariants::check(&changes).expect_err(what);
        assert!(matches!(violation, InvariantViolation::ReversalDiffers(_)), "{what}: {violation:?}");
    }
}

#[test]
fn a_wallet_below_its_floor() {
    for (credit_limit, result) in [(999, Err(())), (1000, Ok(()))] {
        let mut changes = changes();
        let alice = alice(&changes);
        let (before, after) = &mut changes.wallets[alice];
        // Her balance was 80.00; now everything is that much lower, and so is each balance after.
        for wallet in [before, after] {
            wallet.posted = units(wallet.posted.units() - 8_000);
            wallet.credit_limit = units(credit_limit);
        }
        let alice = changes.wallets[alice].0.id;
        for transaction in &mut changes.transactions {
            if let Settlement::Completed { debit, credit } = &mut Arc::make_mut(transaction).settlement {
                for entry in [debit, credit].into_iter().filter(|entry| entry.wallet == alice) {
                    entry.balance_after = units(entry.balance_after.units() - 8_000);
                }
            }
        }
        let expected = result.map_err(|()| InvariantViolation::BelowFloor(alice));
        assert_eq!(invariants::check(&changes), expected);
    }
}

#[test]
fn a_wallet_that_is_written_twice() {
    let mut changes = changes();
    changes.wallets.push(changes.wallets[0]);
    assert_eq!(invariants::check(&changes), Err(InvariantViolation::AssetUnbalanced(code("USD"))));
}

fn units(units: i128) -> Amount {
    Amount::from_units(units).unwrap()
}

fn edit(changes: &mut Changes, index: usize) -> &mut Transaction {
    Arc::make_mut(&mut changes.transactions[index])
}

fn transfer(changes: &mut Changes) -> &mut Transaction {
    edit(changes, TRANSFER)
}

/// The transfer's debit and credit.
fn entries(changes: &mut Changes) -> (&mut Entry, &mut Entry) {
    match &mut transfer(changes).settlement {
        Settlement::Completed { debit, credit } => (debit, credit),
        Settlement::Failed(_) => panic!("the transfer is completed"),
    }
}

/// Another amount everywhere in the transfer.
fn amounts(changes: &mut Changes, amount: i128) {
    transfer(changes).amount = units(amount);
    let (debit, credit) = entries(changes);
    (debit.amount, credit.amount) = (units(amount), units(amount));
}

/// Where alice's wallet is.
fn alice(changes: &Changes) -> usize {
    changes.wallets.iter().position(|(_, wallet)| wallet.owner == Owner::User(ALICE)).unwrap()
}

/// Alice's wallet, as it was and as it is to be written.
fn written(changes: &mut Changes) -> &mut (Wallet, Wallet) {
    let alice = alice(changes);
    &mut changes.wallets[alice]
}

fn wallet(changes: &mut Changes) -> &mut Wallet {
    &mut written(changes).1
}

#[test]
fn what_is_decided_on_a_broken_state_is_not_written() {
    let mut world = World::new();
    let alice = world.opens(usd(ALICE));
    world.change(alice, |wallet| wallet.posted = units(-500));
    let group = world.group(&[by_the_house().deposits("1.00", alice)], false);
    let result = decide_batch(&mut world.state, &[group], &mut Clock::new(START, 0));
    assert_eq!(result.unwrap_err(), InvariantViolation::BelowFloor(alice));
}
