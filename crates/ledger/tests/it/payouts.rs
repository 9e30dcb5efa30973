//! Rows of payouts: decided under the lease in force and no other, each with its result, and settled once a run.

use crate::asks::{by, decimal};
use crate::world::{ALICE, BOB, World, usd};
use florin_ledger::{
    BatchResult, Failure, Fence, Group, GroupOutcome, InvariantViolation, KeyHash, Movement, PayoutId,
    PayoutSlice, Rejection, RowChange, RowNumber, RowResult, Run, RunKind, Timestamp, TransactionType,
    WalletId, WalletStatus, invariants,
};

const PAYOUT: PayoutId = PayoutId(7);
const PAY: Run = Run { payout: PAYOUT, kind: RunKind::Pay, number: 1 };

type Tamper = fn(&mut Vec<RowChange>);

struct Scene {
    world: World,
    source: WalletId,
    bob: WalletId,
}

/// A payout under fence 3, from a wallet of alice's with 100.00.
fn scene() -> Scene {
    let mut world = World::new();
    let source = world.opens(usd(ALICE).holding("100.00"));
    let bob = world.opens(usd(BOB));
    world.state.payout_fences.insert(PAYOUT, Fence(3));
    Scene { world, source, bob }
}

impl Scene {
    /// Rows 1, 2 and so on, of these amounts, to bob.
    fn pays(&self, run: Run, fence: i64, amounts: &[&str]) -> Group {
        let movement = |amount| Movement::Payout { from: self.source, to: self.bob, amount: decimal(amount) };
        slice(run, fence, amounts.iter().map(|amount| movement(amount)))
    }

    fn reverses(run: Run, done: &BatchResult) -> Group {
        let of = done.changes.transactions.iter().map(|transaction| transaction.id);
        slice(run, 3, of.map(|of| Movement::ReversalOfAvailable { of }))
    }
}

fn slice(run: Run, fence: i64, movements: impl Iterator<Item = Movement>) -> Group {
    let numbered = (1..).map(RowNumber).zip(movements);
    let (rows, commands) =
        numbered.map(|(row, movement)| (row, run.command(by(ALICE), row, movement))).unzip();
    let slice = PayoutSlice { run, fence: Fence(fence), lease_until: Timestamp(9), rows };
    Group { payout: Some(slice), ..Group::independent(commands) }
}

fn results(batch: &BatchResult) -> Vec<RowResult> {
    batch.changes.payouts.iter().flat_map(|change| &change.rows).map(|row| row.result).collect()
}

#[test]
fn every_row_gets_its_result_with_its_transaction() {
    let mut scene = scene();
    let group = scene.pays(PAY, 3, &["60.00", "50.00", "40.00"]);
    let batch = scene.world.decides(&[group]);
    let [paid, failed, last] = results(&batch)[..] else { panic!("{batch:?}") };
    let transactions = &batch.changes.transactions;
    assert!(transactions.iter().all(|transaction| transaction.kind == TransactionType::Payout));
    assert!(
        matches!(paid, RowResult::Done { transaction, is_whole: true, .. } if transaction == transactions[0].id)
    );
    assert!(matches!(
        failed,
        RowResult::Failed {
            transaction: Some(transaction),
            rejection: Rejection::Failure(Failure::InsufficientFunds { .. })
        } if transaction == transactions[1].id
    ));
    assert!(matches!(last, RowResult::Done { .. }));
    let change = &batch.changes.payouts[0];
    let (done, total, failed) = change.counts();
    assert_eq!((done, total.units(), failed), (2, 10_000, 1));
    assert_eq!((change.run, change.fence, change.lease_until), (PAY, Fence(3), Timestamp(9)));
    assert!(change.rows.iter().all(|row| row.at > transactions[2].created_at), "after what was done");
    assert_eq!(scene.world.balance(scene.bob), "100.00");
}

#[test]
fn a_row_that_leaves_no_transaction_has_a_result_too() {
    let mut scene = scene();
    scene.world.change(scene.bob, |wallet| wallet.status = WalletStatus::Frozen);
    let group = scene.pays(PAY, 3, &["1.00"]);
    let batch = scene.world.decides(&[group]);
    let frozen = Rejection::WalletFrozen { wallet: scene.bob };
    assert_eq!(results(&batch), [RowResult::Failed { transaction: None, rejection: frozen }]);
    assert!(batch.changes.transactions.is_empty() && !batch.changes.is_empty());
}

#[test]
fn nothing_is_decided_under_another_lease() {
    let mut scene = scene();
    for fence in [2, 4] {
        let group = scene.pays(PAY, fence, &["1.00"]);
        let batch = scene.world.decides(&[group]);
        assert_eq!(batch.outcomes, [GroupOutcome::Superseded]);
        assert!(batch.changes.is_empty());
    }
    scene.world.state.payout_fences.clear();
    let group = scene.pays(PAY, 3, &["1.00"]);
    assert_eq!(scene.world.decides(&[group]).outcomes, [GroupOutcome::Superseded]);
    assert_eq!(scene.world.balance(scene.source), "100.00");
}

#[test]
fn a_row_is_settled_once_a_run_and_its_neighbours_are_not_touched() {
    let mut scene = scene();
    let first = scene.pays(PAY, 3, &["1.00", "2.00"]);
    let again = scene.pays(PAY, 3, &["1.00", "2.00", "3.00"]);
    let batch = scene.world.decides(&[first, again]);
    // The twins say nothing new; one change holds what both groups did.
    let rows: Vec<_> = batch.changes.payouts[0].rows.iter().map(|row| row.row.0).collect();
    assert_eq!((batch.changes.payouts.len(), rows), (1, vec![1, 2, 3]));
    assert_eq!(scene.world.balance(scene.bob), "6.00");

    let same = scene.pays(PAY, 3, &["1.00"]);
    assert!(scene.world.decides(&[same]).changes.is_empty());
    let retried = scene.pays(Run { number: 2, ..PAY }, 3, &["1.00"]);
    assert_eq!(results(&scene.world.decides(&[retried])).len(), 1);
}

#[test]
fn a_result_that_its_transaction_does_not_bear_out_is_not_written() {
    let mut scene = scene();
    let group = scene.pays(PAY, 3, &["60.00", "50.00", "40.00"]);
    let changes = scene.world.decides(&[group]).changes;
    assert_eq!(invariants::check(&changes), Ok(()));
    let tampers: [(&str, Tamper); 5] = [
        ("a row twice", |rows| rows[1].row = rows[0].row),
        ("another's transaction", |rows| rows[2].result = rows[0].result),
        ("a failure as a payment", |rows| {
            let RowResult::Failed { transaction: Some(transaction), .. } = rows[1].result else { panic!() };
            let amount = florin_ledger::Amount::from_units(5_000).unwrap();
            rows[1].result = RowResult::Done { transaction, amount, is_whole: true };
        }),
        ("a payment as a failure", |rows| {
            let RowResult::Done { transaction, .. } = rows[0].result else { panic!() };
            let rejection = Rejection::SameWallet;
            rows[0].result = RowResult::Failed { transaction: Some(transaction), rejection };
        }),
        ("another amount", |rows| {
            let RowResult::Done { amount, .. } = &mut rows[0].result else { panic!() };
            *amount = florin_ledger::Amount::from_units(1).unwrap();
        }),
    ];
    for (what, tamper) in tampers {
        let mut tampered = changes.clone();
        tamper(&mut tampered.payouts[0].rows);
        assert_eq!(invariants::check(&tampered), Err(InvariantViolation::PayoutDiffers(PAYOUT)), "{what}");
    }
}

#[test]
fn reversals_say_whether_anything_is_left() {
    let mut scene = scene();
    let group = scene.pays(PAY, 3, &["10.00", "20.00"]);
    let paid = scene.world.decides(&[group]);
    scene.world.change(scene.bob, |wallet| wallet.posted = florin_ledger::Amount::from_units(1_500).unwrap());
    let run = Run { payout: PAYOUT, kind: RunKind::Compensate, number: 1 };
    let mut group = Scene::reverses(run, &paid);
    // The payer takes back with the house's power; the receiver did not ask.
    group.commands.iter_mut().for_each(|command| command.caller.is_house = true);
    let batch = scene.world.decides(&[group]);
    let done = |result: &RowResult| match *result {
        RowResult::Done { amount, is_whole, .. } => (amount.units(), is_whole),
        RowResult::Failed { .. } => panic!("{result:?}"),
    };
    assert_eq!(results(&batch).iter().map(done).collect::<Vec<_>>(), [(1_000, true), (500, false)]);
}

#[test]
fn a_rows_key_is_in_a_scope_that_no_caller_has() {
    let scene = scene();
    let group = scene.pays(PAY, 3, &["1.00"]);
    let command = &group.commands[0];
    assert_eq!(command.key_hash, KeyHash::of_payout(PAYOUT, &command.key));
    assert_ne!(command.key_hash, KeyHash::of(command.caller.principal, &command.key));
}
