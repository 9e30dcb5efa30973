//! Rows, decided in batches: each with its transaction, under the lease that is in force, and once a run.

use super::stage::{LEASE, Stage, group, group_under, row, usd};
use crate::asks::{Asks, by, by_the_house};
use florin_ledger::{
    Amount, Fence, Group, GroupOutcome, Outcome, RowNumber, Run, RunKind, Status, Timestamp, TransactionType,
    WalletStatus,
};
use florin_store::payouts::{Payout, PayoutState, RowState, Steer};
use florin_store::{Origin, StoreError, TransactionFilter};
use std::sync::Arc;

pub(super) async fn every_row_is_paid_with_its_transaction(stage: &Stage) {
    let payout = stage.running(&["1.00", "2.50", "4.00", "8.00"]).await;
    let before = stage.payout(payout.id).await;
    let outcome = stage.commits(stage.slice(&payout, 3).await).await;
    let GroupOutcome::Done(outcomes) = outcome else { panic!("{outcome:?}") };
    let after = stage.payout(payout.id).await;
    let payment = after.payment.unwrap();
    assert_eq!((payment.done_rows, payment.done_total, payment.failed_rows), (3, usd("7.50"), 0));
    assert_eq!((after.version, after.fence), (before.version + 1, before.fence));
    assert!(after.lease_until > before.lease_until, "whoever writes has the lease for longer");

    let rows = stage.rows(payout.id).await;
    for (row, outcome) in rows.iter().zip(&outcomes) {
        let Outcome::Settled(transaction) = outcome else { panic!("{outcome:?}") };
        let settled = row.outcome.as_ref().unwrap();
        assert_eq!((row.state, row.run), (RowState::Paid, 1));
        assert_eq!((settled.transaction, settled.failure.as_ref()), (Some(transaction.id), None));
        assert_eq!(transaction.kind, TransactionType::Payout);
        let stored = stage.store.transaction(stage.ledger, transaction.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(transaction.as_ref()));
    }
    assert_eq!((rows[3].state, rows[3].run, rows[3].outcome.as_ref()), (RowState::Pending, 0, None));
    let undecided: Vec<_> = stage.undecided(&payout).await.iter().map(|row| row.uploaded.number.0).collect();
    assert_eq!(undecided, [4]);
    let ended = stage.runs(&payout).await;
    assert_eq!((ended.state, ended.run(), ended.lease_until), (PayoutState::Completed, None, None));
    assert!(ended.payment.unwrap().ended_at.is_some());
    assert_eq!(stage.balance(stage.source).await, "984.50");
    assert_eq!(stage.balance(stage.to[0]).await, "9.00");
}

pub(super) async fn rows_that_cannot_be_paid_say_why(stage: &Stage) {
    let [bob, carol, dave] = stage.to;
    let payout = stage.creates().await;
    let rows = [
        row(1, bob, "1.00"),
        row(2, carol, "1.00"),
        row(3, dave, "1.00"),
        row(4, bob, "999.50"),
        row(5, stage.source, "1.00"),
        row(6, florin_ledger::WalletId(77), "1.00"),
        row(7, bob, "2.00"),
    ];
    let payout = stage.uploads(payout.id, &rows).await;
    stage.executes(&payout).await;
    let payout = stage.claims().await;
    stage.sets(carol, WalletStatus::Frozen).await;
    stage.sets(dave, WalletStatus::Closed).await;
    let ended = stage.runs(&payout).await;
    assert_eq!(
        stage.states(payout.id).await,
        [
            "PAID",
            "FAILED wallet_frozen",
            "FAILED wallet_closed",
            "FAILED insufficient_funds",
            "FAILED same_wallet",
            "FAILED wallet_not_found",
            "PAID",
        ]
    );
    let payment = ended.payment.unwrap();
    assert_eq!((payment.done_rows, payment.failed_rows, payment.done_total), (2, 5, usd("3.00")));
    assert_eq!(ended.state, PayoutState::PartiallyFailed);
    // Only what the ledger records under its key has a transaction.
    let rows = stage.rows(payout.id).await;
    let recorded: Vec<_> =
        rows.iter().map(|row| row.outcome.as_ref().unwrap().transaction.is_some()).collect();
    assert_eq!(recorded, [true, false, false, true, false, false, true]);

    let none = stage.uploaded(&["2000.00"]).await;
    stage.executes(&none).await;
    let none = stage.claims().await;
    assert_eq!(stage.runs(&none).await.state, PayoutState::Failed);
}

/// All that a batch could change.
async fn everything(stage: &Stage, payout: &Payout) -> impl PartialEq + std::fmt::Debug + use<> {
    let transactions =
        stage.store.transactions(stage.ledger, TransactionFilter::default(), None, 1_000).await.unwrap();
    (
        stage.payout(payout.id).await,
        stage.rows(payout.id).await,
        transactions,
        stage.balance(stage.source).await,
    )
}

pub(super) async fn under_another_lease_nothing_happens(stage: &Stage) {
    let first = stage.running(&["1.00", "2.00"]).await;
    let of_first = stage.slice(&first, 1).await;
    stage.waits(2 * LEASE);
    let second = stage.claims().await;
    assert_eq!(second.fence, Fence(first.fence.0 + 1));
    let before = everything(stage, &second).await;
    assert_eq!(stage.commits(of_first).await, GroupOutcome::Superseded);
    let rows = stage.undecided(&second).await;
    let run = second.run().unwrap();
    let future = group_under(&second, run, Fence(second.fence.0 + 1), &rows, Timestamp(0));
    assert_eq!(stage.commits(future).await, GroupOutcome::Superseded);
    let unknown = Run { payout: florin_ledger::PayoutId(77), ..run };
    let of_nobody = group_under(&second, unknown, Fence(1), &rows, Timestamp(0));
    assert_eq!(stage.commits(of_nobody).await, GroupOutcome::Superseded);
    assert!(everything(stage, &second).await == before);

    // What stands beside it in the batch happens.
    let beside = by(stage.alice).transfers("5.00", stage.source, stage.to[2]).command("beside");
    let groups = vec![stage.slice(&first, 2).await, Arc::new(Group::independent(vec![beside]))];
    let outcomes = stage.store.commit(stage.ledger, groups, stage.now(), 7).await.unwrap();
    assert_eq!(outcomes[0], GroupOutcome::Superseded);
    assert!(matches!(&outcomes[1], GroupOutcome::Done(done) if matches!(done[0], Outcome::Settled(_))));
    assert_eq!(stage.states(second.id).await, ["PENDING", "PENDING"]);
    stage.runs(&second).await;
    assert_eq!(stage.balance(stage.source).await, "992.00");
}

pub(super) async fn in_another_run_nothing_happens(stage: &Stage) {
    let payout = stage.running(&["1.00", "5000.00"]).await;
    let first_run = payout.run().unwrap();
    let rows = stage.undecided(&payout).await;
    stage.runs(&payout).await;
    stage.retries(payout.id).await.unwrap();
    let retried = stage.claims().await;
    let before = everything(stage, &retried).await;
    let until = Timestamp(stage.now().0 + LEASE);
    let late = group_under(&retried, first_run, retried.fence, &rows[1..], until);
    assert_eq!(stage.commits(late).await, GroupOutcome::Superseded);
    let early = Run { number: 3, ..first_run };
    let early = group_under(&retried, early, retried.fence, &rows[1..], until);
    assert_eq!(stage.commits(early).await, GroupOutcome::Superseded);
    let other_kind = Run { kind: RunKind::Compensate, number: 1, ..first_run };
    let other_kind = Group {
        payout: stage
            .slice(&retried, 1)
            .await
            .payout
            .clone()
            .map(|slice| florin_ledger::PayoutSlice { run: other_kind, ..slice }),
        ..Group::clone(&*stage.slice(&retried, 1).await)
    };
    assert_eq!(stage.commits(Arc::new(other_kind)).await, GroupOutcome::Superseded);
    assert!(everything(stage, &retried).await == before);
    stage.runs(&retried).await;
}

pub(super) async fn a_row_is_not_decided_twice_in_a_run(stage: &Stage) {
    stage.sets(stage.to[1], WalletStatus::Frozen).await;
    let payout = stage.running(&["1.00", "2.00", "4.00", "8.00", "16.00"]).await;
    let rows = stage.undecided(&payout).await;
    let until = Timestamp(stage.now().0 + LEASE);
    stage.commits(group(&payout, &rows[..2], until)).await;
    let before = everything(stage, &payout).await;
    // What was paid replays. What was refused without a trace would be decided again: the store does not let it.
    let paid = stage.commits(group(&payout, &rows[..1], until)).await;
    assert!(matches!(&paid, GroupOutcome::Done(done) if matches!(done[0], Outcome::Replayed(_))), "{paid:?}");
    let again = group(&payout, &rows[1..3], until);
    let again = stage.store.commit(stage.ledger, vec![again], stage.now(), 7).await;
    assert!(matches!(again, Err(StoreError::RowsAffected { .. })), "{again:?}");
    assert!(everything(stage, &payout).await == before, "not even the row beside it was paid");

    let mut forged = rows[2].clone();
    forged.uploaded.number = RowNumber(9);
    let unknown_row =
        stage.store.commit(stage.ledger, vec![group(&payout, &[forged], until)], stage.now(), 8).await;
    assert!(matches!(unknown_row, Err(StoreError::RowsAffected { .. })), "{unknown_row:?}");
    assert!(everything(stage, &payout).await == before);
    stage.runs(&payout).await;
}

pub(super) async fn a_batch_serves_many_payouts(stage: &Stage) {
    let (first, second) = (stage.running(&["1.00", "2.00"]).await, stage.running(&["4.00", "2000.00"]).await);
    let groups = vec![
        stage.slice(&second, 1).await,
        stage.slice(&first, 2).await,
        group(&second, &stage.undecided(&second).await[1..], Timestamp(stage.now().0 + LEASE)),
    ];
    let outcomes = stage.store.commit(stage.ledger, groups, stage.now(), 7).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, GroupOutcome::Done(_))), "{outcomes:?}");
    assert_eq!(stage.ends_run(&first).await.unwrap().state, PayoutState::Completed);
    assert_eq!(stage.ends_run(&second).await.unwrap().state, PayoutState::PartiallyFailed);
    assert_eq!(stage.balance(stage.source).await, "993.00");
}

pub(super) async fn failed_rows_are_tried_again(stage: &Stage) {
    let payout = stage.paid(&["100.00", "1000.00", "2000.00"]).await;
    assert_eq!(
        stage.states(payout.id).await,
        ["PAID", "FAILED insufficient_funds", "FAILED insufficient_funds"]
    );
    let house = by_the_house().tops_up(stage.alice, "USD", "1500.00").command("more");
    let group = Arc::new(Group::independent(vec![house]));
    stage.store.commit(stage.ledger, vec![group], stage.now(), 7).await.unwrap();

    let begun = stage.retries(payout.id).await.unwrap();
    let payment = begun.payment.unwrap();
    assert_eq!((begun.state, payment.number, payment.rows), (PayoutState::Processing, 2, 3));
    assert_eq!((payment.done_rows, payment.done_total, payment.failed_rows), (1, usd("100.00"), 0));
    assert_eq!(stage.undecided(&stage.payout(payout.id).await).await.len(), 2);
    let claimed = stage.claims().await;
    let ended = stage.runs(&claimed).await;
    assert_eq!(stage.states(payout.id).await, ["PAID", "PAID", "FAILED insufficient_funds"]);
    let payment = ended.payment.unwrap();
    assert_eq!((payment.done_rows, payment.done_total, payment.failed_rows), (2, usd("1100.00"), 1));
    assert_eq!(ended.state, PayoutState::PartiallyFailed);
    let runs: Vec<_> = stage.rows(payout.id).await.iter().map(|row| row.run).collect();
    assert_eq!(runs, [1, 2, 2]);
    // Each try is a transaction of its own.
    let failed = TransactionFilter { status: Some(Status::Failed), ..TransactionFilter::default() };
    assert_eq!(stage.store.transactions(stage.ledger, failed, None, 100).await.unwrap().len(), 3);
}

pub(super) async fn a_run_ends_when_every_row_is_decided(stage: &Stage) {
    let payout = stage.running(&["1.00", "2.00"]).await;
    let run = payout.run().unwrap();
    stage.commits(stage.slice(&payout, 1).await).await;
    let early = stage.store.end_run(stage.ledger, run, payout.fence, stage.now()).await;
    assert!(matches!(early, Err(StoreError::Inconsistent(_))), "the database refuses it: {early:?}");
    let end = async |run, fence| stage.store.end_run(stage.ledger, run, fence, stage.now()).await.unwrap();
    stage.commits(stage.slice(&payout, 1).await).await;
    assert_eq!(end(run, Fence(payout.fence.0 - 1)).await, None);
    assert_eq!(end(run, Fence(payout.fence.0 + 1)).await, None);
    assert_eq!(end(Run { number: 2, ..run }, payout.fence).await, None);
    assert_eq!(end(Run { kind: RunKind::Compensate, ..run }, payout.fence).await, None);
    assert_eq!(end(run, payout.fence).await.unwrap().state, PayoutState::Completed);
    assert_eq!(end(run, payout.fence).await, None, "it is over");
}

pub(super) async fn stopped_at_any_moment_nothing_is_lost(stage: &Stage) {
    let amounts = ["1.00"; 6];
    for (place, steer) in [Steer::Pause, Steer::Cancel].into_iter().enumerate() {
        for decided in 0..=amounts.len() {
            let mut payout = stage.running(&amounts).await;
            if decided > 0 {
                stage.commits(stage.slice(&payout, decided).await).await;
            }
            let under_way = stage.slice(&payout, 6).await;
            let now = stage.now();
            stage
                .store
                .steer_payout(stage.ledger, payout.id, steer, Origin::SYSTEM, now)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(stage.commits(under_way).await, GroupOutcome::Superseded);
            assert_eq!(stage.ends_run(&payout).await, None);
            assert_eq!(stage.claims_again(&payout).await, None);
            if steer == Steer::Pause {
                let now = stage.now();
                let resume = Steer::Resume;
                stage
                    .store
                    .steer_payout(stage.ledger, payout.id, resume, Origin::SYSTEM, now)
                    .await
                    .unwrap()
                    .unwrap();
                payout = stage.claims().await;
                assert_eq!(stage.runs(&payout).await.state, PayoutState::Completed);
            }
            let paid = stage.rows(payout.id).await.iter().filter(|row| row.state == RowState::Paid).count();
            assert_eq!(paid, if place == 0 { amounts.len() } else { decided });
            let done = stage.payout(payout.id).await.payment.unwrap().done_total;
            assert_eq!(done, Amount::from_units(100 * i128::try_from(paid).unwrap()).unwrap());
        }
    }
    assert_eq!(stage.balance(stage.source).await, "937.00", "7 times 6, and 21");
}
