//! What holds when several servers want the same payout at once.

use super::stage::{LEASE, Stage, group, row, upload};
use florin_ledger::{GroupOutcome, Timestamp};
use florin_store::payouts::{Payout, PayoutRefusal, PayoutState, RowState};
use florin_store::{Engine, Origin, StoreError};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const RACERS: usize = 8;

/// Does something on each of two servers, many times, all started at one moment.
async fn all<T, F>(stage: &Stage, work: impl Fn(Arc<dyn Engine>, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let servers = [Arc::clone(&stage.store), stage.another_server().await];
    let barrier = Arc::new(Barrier::new(RACERS));
    let mut racers = JoinSet::new();
    for racer in 0..RACERS {
        let (barrier, work) = (Arc::clone(&barrier), work(Arc::clone(&servers[racer % 2]), racer));
        racers.spawn(async move {
            barrier.wait().await;
            work.await
        });
    }
    racers.join_all().await
}

pub(super) async fn one_of_many_claims_it(stage: &Stage) {
    let payout = stage.uploaded(&["1.00"]).await;
    stage.executes(&payout).await;
    let (ledger, now) = (stage.ledger, stage.now());
    for _ in 0..5 {
        let claims = all(stage, |store, _| async move {
            store.claim_payout(ledger, None, now, Timestamp(now.0 + LEASE)).await.unwrap()
        });
        let claimed: Vec<Payout> = claims.await.into_iter().flatten().collect();
        assert_eq!(claimed.len(), 1);
        // Whoever has it may take it anew, and once.
        let held = Some((claimed[0].id, claimed[0].fence));
        let again = all(stage, |store, _| async move {
            store.claim_payout(ledger, held, now, Timestamp(0)).await.unwrap()
        });
        assert_eq!(again.await.into_iter().flatten().count(), 1);
    }
    let claimed = stage.claims().await;
    stage.runs(&claimed).await;
}

/// Runs a payout as a server does, but with the clock of one whose leases are always over: both take it from each
/// other at any moment, and write on with what they had.
async fn runs_carelessly(store: Arc<dyn Engine>, stage: Arc<Race>, racer: usize) {
    let mut turn = 0_u64;
    loop {
        let now = Timestamp(stage.now.0 + LEASE);
        let Some(payout) = store.claim_payout(stage.ledger, None, now, stage.now).await.unwrap() else {
            if store.payout(stage.ledger, stage.id).await.unwrap().unwrap().run().is_none() {
                return;
            }
            tokio::task::yield_now().await;
            continue;
        };
        let run = payout.run().unwrap();
        loop {
            turn += 1;
            let first = florin_ledger::RowNumber(0);
            let rows = store.undecided_rows(stage.ledger, &payout, run, first, 3 + racer).await.unwrap();
            if rows.is_empty() {
                store.end_run(stage.ledger, run, payout.fence, now).await.unwrap();
                break;
            }
            let groups = vec![group(&payout, &rows, stage.now)];
            let entropy = turn.wrapping_mul(97) + u64::try_from(racer).unwrap();
            match store.commit(stage.ledger, groups, now, entropy).await {
                Ok(outcomes) if matches!(outcomes[0], GroupOutcome::Done(_)) => {}
                // Not ours any more, or too many at once: on with whatever can be taken.
                Ok(_) | Err(StoreError::Unavailable(_)) => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

struct Race {
    ledger: florin_ledger::LedgerId,
    id: florin_ledger::PayoutId,
    now: Timestamp,
}

pub(super) async fn two_runners_with_one_lease_each_never_pay_twice(stage: &Stage) {
    let payout = stage.creates().await;
    // Frozen receivers leave no transaction: nothing but the row itself says that it was decided.
    stage.sets(stage.to[2], florin_ledger::WalletStatus::Frozen).await;
    let rows: Vec<_> =
        (1..=150).map(|number| row(number, stage.to[usize::try_from(number % 3).unwrap()], "1.00")).collect();
    let revision = stage.store.begin_upload(stage.ledger, payout.id).await.unwrap().unwrap();
    stage.store.store_rows(stage.ledger, payout.id, revision, rows.clone()).await.unwrap().unwrap();
    let payout = stage.ends_upload(payout.id, revision, &rows).await.unwrap();
    stage.executes(&payout).await;
    let race = Arc::new(Race { ledger: stage.ledger, id: payout.id, now: stage.now() });
    all(stage, |store, racer| runs_carelessly(store, Arc::clone(&race), racer)).await;

    let ended = stage.payout(payout.id).await;
    let payment = ended.payment.unwrap();
    assert_eq!(
        (ended.state, payment.done_rows, payment.failed_rows),
        (PayoutState::PartiallyFailed, 100, 50)
    );
    let paid = stage.rows(payout.id).await.iter().filter(|row| row.state == RowState::Paid).count();
    assert_eq!(paid, 100);
    assert_eq!(stage.balance(stage.source).await, "900.00");
    assert_eq!([stage.balance(stage.to[0]).await, stage.balance(stage.to[1]).await], ["50.00", "50.00"]);
}

pub(super) async fn one_of_many_executes_it(stage: &Stage) {
    let payouts = [stage.uploaded(&["1.00"]).await, stage.uploaded(&["1.00"]).await];
    let (ledger, now) = (stage.ledger, stage.now());
    let keys: Vec<_> = (0..RACERS).map(|_| stage.key("execute")).collect();
    let executions = payouts.each_ref().map(|payout| {
        (payout.id, florin_store::payouts::Execution { allows_duplicate: false, ..stage.execution(payout) })
    });
    let answers = all(stage, |store, racer| {
        let ((id, execution), key) = (executions[racer / 2 % 2], keys[racer]);
        async move { store.execute_payout(ledger, id, execution, key, Origin::SYSTEM, now).await.unwrap() }
    })
    .await;
    // Both pay the same, so only one of the two may, and only once.
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    for refusal in refused {
        let expected = matches!(refusal, PayoutRefusal::LikelyDuplicate(_))
            || *refusal == PayoutRefusal::WrongState(PayoutState::Processing);
        assert!(expected, "{refusal:?}");
    }
}

/// Whatever comes first, what is executed is what was meant.
pub(super) async fn an_upload_and_an_execution(stage: &Stage) {
    for _ in 0..5 {
        let payout = stage.uploaded(&["1.00"]).await;
        let rows = [row(1, stage.to[1], "500.00")];
        let revision = stage.store.begin_upload(stage.ledger, payout.id).await.unwrap().unwrap();
        stage.stores(payout.id, revision, &rows).await.unwrap();
        let (ledger, now, key, execution) =
            (stage.ledger, stage.now(), stage.key("execute"), stage.execution(&payout));
        let upload = upload(revision, &rows);
        let before = stage.payout(payout.id).await.version;
        let answers = all(stage, |store, racer| async move {
            let answer = if racer == 0 {
                store.execute_payout(ledger, payout.id, execution, key, Origin::SYSTEM, now).await.unwrap()
            } else {
                store.end_upload(ledger, payout.id, revision, upload, Origin::SYSTEM, now).await.unwrap()
            };
            (racer == 0, answer.is_ok())
        })
        .await;
        let after = stage.payout(payout.id).await;
        if answers.contains(&(true, true)) {
            assert_eq!((after.state, after.content), (PayoutState::Processing, payout.content));
        } else {
            assert_eq!((after.state, after.content.unwrap().revision), (PayoutState::Pending, revision));
        }
        let done = answers.iter().filter(|(_, is_done)| *is_done).count();
        assert_eq!((done, after.version), (1, before + 1), "{answers:?}");
    }
}
