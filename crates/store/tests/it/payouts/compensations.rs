//! What was paid comes back: chosen rows, once each, in part where the receiver has spent the rest.

use super::stage::{Stage, all_rows, usd};
use crate::asks::{Asks, by_the_house};
use florin_ledger::{Group, RowNumber, RunKind, WalletStatus};
use florin_store::Origin;
use florin_store::payouts::{
    CompensationState, NewCompensation, PayoutRefusal, PayoutState, RowFilter, Selection, Steer,
};
use std::sync::Arc;

fn whole_only() -> NewCompensation {
    NewCompensation { allows_partial: false, ..all_rows() }
}

fn named(rows: &[i64]) -> NewCompensation {
    let selection = Selection { named: true, ..Selection::default() };
    NewCompensation { selection, rows: rows.iter().copied().map(RowNumber).collect(), ..all_rows() }
}

pub(super) async fn all_of_it(stage: &Stage) {
    let payout = stage.paid(&["1.00", "2.00", "5000.00", "4.00"]).await;
    let begun = stage.compensates(payout.id, all_rows()).await.unwrap();
    assert_eq!(begun.state, PayoutState::PartiallyFailed, "as it was paid");
    let compensation = begun.compensation.unwrap();
    assert_eq!((compensation.progress.number, compensation.progress.rows), (1, 3));
    assert_eq!(begun.run().map(|run| run.kind), Some(RunKind::Compensate));
    assert_eq!(stage.payout(payout.id).await, begun);
    assert_eq!(stage.compensates(payout.id, all_rows()).await, Err(PayoutRefusal::CompensationUnderWay));
    assert_eq!(stage.retries(payout.id).await, Err(PayoutRefusal::CompensationUnderWay));

    let claimed = stage.claims().await;
    let ended = stage.runs(&claimed).await;
    let progress = ended.compensation.unwrap().progress;
    assert_eq!((progress.done_rows, progress.done_total, progress.failed_rows), (3, usd("7.00"), 0));
    assert!(progress.ended_at.is_some() && ended.run().is_none() && ended.lease_until.is_none());
    assert_eq!(ended.reversed_total, usd("7.00"));
    assert_eq!(ended.payment.unwrap().done_total, usd("7.00"), "what was paid was paid");
    let states = ["PAID REVERSED", "PAID REVERSED", "FAILED insufficient_funds", "PAID REVERSED"];
    assert_eq!(stage.states(payout.id).await, states);
    assert_eq!(stage.balance(stage.source).await, "1000.00");
    for row in stage.rows(payout.id).await.iter().filter(|row| row.compensation.is_some()) {
        let compensation = row.compensation.as_ref().unwrap();
        let reversal = compensation.outcome.transaction.unwrap();
        let reversal = stage.store.transaction(stage.ledger, reversal).await.unwrap().unwrap();
        assert_eq!(reversal.reverses, row.outcome.as_ref().unwrap().transaction);
        assert_eq!((reversal.amount, compensation.run), (compensation.reversed, 1));
    }
    let reversed = RowFilter { compensation: Some(CompensationState::Reversed), ..RowFilter::default() };
    let page = stage.store.payout_rows(stage.ledger, payout.id, 1, reversed, RowNumber(1), 10).await.unwrap();
    assert_eq!(page.iter().map(|row| row.uploaded.number.0).collect::<Vec<_>>(), [2, 4]);
    // The rows that had failed can still be paid.
    stage.retries(payout.id).await.unwrap();
    let claimed = stage.claims().await;
    assert_eq!(stage.undecided(&claimed).await.len(), 1);
    stage.runs(&claimed).await;
}

pub(super) async fn chosen_rows(stage: &Stage) {
    let payout = stage.paid(&["1.00", "2.00", "4.00", "8.00"]).await;
    let begun = stage.compensates(payout.id, named(&[2, 4, 2, 77])).await.unwrap();
    assert_eq!(begun.compensation.unwrap().progress.rows, 2);
    let claimed = stage.claims().await;
    let ended = stage.runs(&claimed).await;
    assert_eq!(ended.reversed_total, usd("10.00"));
    assert_eq!(stage.states(payout.id).await, ["PAID", "PAID REVERSED", "PAID", "PAID REVERSED"]);
    // A later one knows nothing of those that were named before.
    assert_eq!(stage.compensates(payout.id, named(&[2, 77])).await, Err(PayoutRefusal::NothingToDo));
    let ended = stage.compensated(payout.id, named(&[1, 2])).await;
    let progress = ended.compensation.unwrap().progress;
    assert_eq!((progress.number, progress.rows, progress.done_total), (2, 1, usd("1.00")));
    assert_eq!(ended.reversed_total, usd("11.00"));
}

/// The next compensation has the number that the refused one would have had.
pub(super) async fn rows_that_were_named_in_vain(stage: &Stage) {
    let payout = stage.paid(&["990.00", "20.00"]).await;
    assert_eq!(stage.compensates(payout.id, named(&[2])).await, Err(PayoutRefusal::NothingToDo));
    stage.moves("100.00", stage.to[0], stage.source).await;
    stage.retries(payout.id).await.unwrap();
    let claimed = stage.claims().await;
    stage.runs(&claimed).await;
    assert_eq!(stage.states(payout.id).await, ["PAID", "PAID"]);
    let ended = stage.compensated(payout.id, named(&[1])).await;
    assert_eq!(ended.compensation.unwrap().progress.rows, 1);
    assert_eq!(stage.states(payout.id).await, ["PAID PARTIALLY_REVERSED", "PAID"]);
}

pub(super) async fn rows_of_a_range_and_a_receiver(stage: &Stage) {
    // To bob, carol, dave, bob, carol, dave.
    let payout = stage.paid(&["1.00", "2.00", "4.00", "8.00", "16.00", "32.00"]).await;
    let range = |first: Option<i64>, last: Option<i64>, recipient| {
        let (first_row, last_row) = (first.map(RowNumber), last.map(RowNumber));
        let selection = Selection { named: false, first_row, last_row, recipient };
        NewCompensation { selection, ..all_rows() }
    };
    let ended = stage.compensated(payout.id, range(Some(2), Some(3), None)).await;
    assert_eq!(ended.reversed_total, usd("6.00"));
    let [_, carol, dave] = stage.to;
    let nothing = stage.compensates(payout.id, range(None, Some(4), Some(dave))).await;
    assert_eq!(nothing, Err(PayoutRefusal::NothingToDo));
    let ended = stage.compensated(payout.id, range(Some(2), None, Some(carol))).await;
    assert_eq!(ended.reversed_total, usd("22.00"));
    assert_eq!(ended.compensation.unwrap().selection, range(Some(2), None, Some(carol)).selection);
    let ended = stage.compensated(payout.id, all_rows()).await;
    assert_eq!(ended.reversed_total, usd("63.00"));
    let both = NewCompensation {
        selection: Selection { recipient: Some(dave), ..named(&[]).selection },
        ..named(&[1])
    };
    assert_eq!(stage.compensates(payout.id, both).await, Err(PayoutRefusal::NothingToDo));
}

pub(super) async fn what_a_receiver_has_left(stage: &Stage) {
    let payout = stage.paid(&["10.00", "20.00"]).await;
    let [bob, carol, dave] = stage.to;
    stage.moves("7.50", bob, dave).await;
    stage.moves("20.00", carol, dave).await;
    let ended = stage.compensated(payout.id, all_rows()).await;
    let progress = ended.compensation.unwrap().progress;
    assert_eq!((progress.done_rows, progress.failed_rows, progress.done_total), (1, 1, usd("2.50")));
    let states = ["PAID PARTIALLY_REVERSED", "PAID FAILED insufficient_funds"];
    assert_eq!(stage.states(payout.id).await, states);

    // The next one takes what has come since, and no more than was paid.
    stage.moves("5.00", dave, bob).await;
    stage.moves("22.50", dave, carol).await;
    let ended = stage.compensated(payout.id, all_rows()).await;
    assert_eq!(ended.compensation.unwrap().progress.done_total, usd("25.00"));
    assert_eq!(ended.reversed_total, usd("27.50"));
    assert_eq!(stage.states(payout.id).await, ["PAID PARTIALLY_REVERSED", "PAID REVERSED"]);
    let reversed = stage.rows(payout.id).await[0].compensation.clone().unwrap().reversed;
    assert_eq!(reversed, usd("7.50"));
    assert_eq!(stage.balance(carol).await, "2.50");
    // What was reversed in part stays so where nothing more can be.
    let ended = stage.compensated(payout.id, all_rows()).await;
    assert_eq!(ended.compensation.unwrap().progress.failed_rows, 1);
    let states = ["PAID PARTIALLY_REVERSED insufficient_funds", "PAID REVERSED"];
    assert_eq!(stage.states(payout.id).await, states);
    let compensation = stage.rows(payout.id).await[0].compensation.clone().unwrap();
    assert_eq!((compensation.run, compensation.reversed), (3, usd("7.50")));
}

pub(super) async fn all_or_nothing_where_parts_are_not_allowed(stage: &Stage) {
    let payout = stage.paid(&["10.00", "20.00", "30.00"]).await;
    let [bob, carol, dave] = stage.to;
    stage.moves("0.01", bob, dave).await;
    stage.sets(carol, WalletStatus::Frozen).await;
    let ended = stage.compensated(payout.id, whole_only()).await;
    let states = ["PAID FAILED insufficient_funds", "PAID FAILED wallet_frozen", "PAID REVERSED"];
    assert_eq!(stage.states(payout.id).await, states);
    assert_eq!(ended.reversed_total, usd("30.00"));
    stage.moves("0.01", dave, bob).await;
    stage.sets(carol, WalletStatus::Active).await;
    let ended = stage.compensated(payout.id, whole_only()).await;
    assert_eq!(ended.reversed_total, usd("60.00"));
    assert_eq!(stage.states(payout.id).await, ["PAID REVERSED"; 3]);
}

/// Whoever may reverse a transaction may reverse a payout's too. A compensation takes what is left, and says so; the
/// audit tells the two apart, also where somebody's own key looks like a payout's.
pub(super) async fn what_was_reversed_beside_it(stage: &Stage) {
    let payout = stage.paid(&["10.00"]).await;
    let paid = stage.rows(payout.id).await[0].outcome.clone().unwrap().transaction.unwrap();
    let own = by_the_house().reverses_part(paid, "4.00").command("payout-1-compensate-1-row-1");
    let group = Arc::new(Group::independent(vec![own]));
    stage.store.commit(stage.ledger, vec![group], stage.now(), 7).await.unwrap();
    let ended = stage.compensated(payout.id, whole_only()).await;
    assert_eq!(ended.reversed_total, usd("6.00"));
    assert_eq!(stage.states(payout.id).await, ["PAID REVERSED"]);
    assert_eq!(stage.balance(stage.source).await, "1000.00");
}

pub(super) async fn once_and_never_twice(stage: &Stage) {
    let payout = stage.paid(&["10.00"]).await;
    let (key, now) = (stage.key("compensate"), stage.now());
    let compensate = async || {
        let new = all_rows();
        stage.store.compensate_payout(stage.ledger, payout.id, new, key, Origin::SYSTEM, now).await.unwrap()
    };
    let first = compensate().await.unwrap();
    assert_eq!(compensate().await, Ok(first));
    let claimed = stage.claims().await;
    let group = stage.slice(&claimed, 1).await;
    stage.commits(group.clone()).await;
    stage.commits(group).await;
    let ended = stage.ends_run(&claimed).await.unwrap();
    assert_eq!(compensate().await, Ok(ended.clone()));
    assert_eq!(stage.compensates(payout.id, all_rows()).await, Err(PayoutRefusal::NothingToDo));
    assert_eq!(stage.payout(payout.id).await, ended);
    assert_eq!(stage.balance(stage.source).await, "1000.00");
}

pub(super) async fn of_a_payout_that_was_stopped(stage: &Stage) {
    let payout = stage.running(&["1.00", "2.00", "4.00"]).await;
    stage.commits(stage.slice(&payout, 2).await).await;
    let now = stage.now();
    let cancel = Steer::Cancel;
    stage.store.steer_payout(stage.ledger, payout.id, cancel, Origin::SYSTEM, now).await.unwrap().unwrap();
    let ended = stage.compensated(payout.id, all_rows()).await;
    assert_eq!((ended.state, ended.reversed_total), (PayoutState::Cancelled, usd("3.00")));
    assert_eq!(stage.states(payout.id).await, ["PAID REVERSED", "PAID REVERSED", "PENDING"]);
    let wrong = PayoutRefusal::WrongState(PayoutState::Failed);
    let failed = stage.paid(&["5000.00"]).await;
    assert_eq!(stage.compensates(failed.id, all_rows()).await, Err(wrong));
}
