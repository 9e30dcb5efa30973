//! A large payout, step by step: no statement takes longer than a server lets it (10 seconds by default).

use super::stage::{LEASE, Stage, all_rows, group, row, upload};
use crate::asks::{Asks, by_the_house};
use crate::engines::{Engine, OnPostgres, OnSqlite};
use florin_ledger::{Group, GroupOutcome, RowNumber, Timestamp};
use florin_store::Origin;
use florin_store::payouts::{Payout, PayoutState, RowFilter, RowState, Steer, UploadedRow};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As many rows as a file may have.
const FULL: i64 = 1_000_000;
const SMALL: i64 = 12_000;
/// How many rows are stored, and how many paid, at once.
const CHUNK: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    large(OnSqlite::start().await, SMALL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    large(OnPostgres::start().await, SMALL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the full figure: 1,000,000 rows"]
async fn a_million_on_sqlite() {
    large(OnSqlite::start().await, FULL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the full figure: 1,000,000 rows"]
async fn a_million_on_postgres() {
    large(OnPostgres::start_alone().await, FULL).await;
}

/// What was done, how often, and how long it took at most.
struct Watch(Vec<(&'static str, Duration, Duration)>);

impl Watch {
    async fn times<T>(&mut self, what: &'static str, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        let took = begun.elapsed();
        match self.0.iter_mut().find(|(name, ..)| *name == what) {
            Some((_, total, longest)) => (*total, *longest) = (*total + took, took.max(*longest)),
            None => self.0.push((what, took, took)),
        }
        done
    }
}

async fn large(engine: Box<dyn Engine>, rows: i64) {
    let stage = Stage::set(engine).await;
    let house = by_the_house().tops_up(stage.alice, "USD", "1000000.00").command("much");
    let house = Arc::new(Group::independent(vec![house]));
    stage.store.commit(stage.ledger, vec![house], stage.now(), 7).await.unwrap();
    let mut watch = Watch(Vec::new());
    let payout = uploads_twice(&stage, &mut watch, rows).await;
    sweeps(&stage, &mut watch, &payout, rows).await;

    let found =
        watch.times("findings", stage.store.findings(stage.ledger, payout.id)).await.unwrap().unwrap();
    assert_eq!((found.duplicates.count, found.largest.len()), (rows - 3, 10));
    stage.executes(&payout).await;
    pays(&stage, &mut watch, rows / 2).await;
    stops_and_goes_on(&stage, &payout).await;
    pays(&stage, &mut watch, i64::MAX).await;
    let paid = stage.payout(payout.id).await;
    assert_eq!((paid.state, paid.payment.unwrap().done_rows), (PayoutState::Completed, rows));

    let failed = RowFilter { state: Some(RowState::Failed), ..RowFilter::default() };
    let none = stage.store.payout_rows(stage.ledger, payout.id, 2, failed, RowNumber(0), 100);
    assert!(watch.times("rows of a state that none has", none).await.unwrap().is_empty());
    let compensation = watch.times("compensation asked for", stage.compensates(payout.id, all_rows())).await;
    assert_eq!(compensation.unwrap().compensation.unwrap().progress.rows, rows);
    let claimed = stage.claims().await;
    let slice = watch.times("rows to be reversed", stage.slice(&claimed, 100)).await;
    watch.times("100 rows reversed", stage.commits(slice)).await;
    assert!(watch.times("an audit", stage.store.audit(stage.ledger)).await.unwrap().is_ok());
    for (what, total, longest) in &watch.0 {
        eprintln!("{rows} rows: {what}: {total:.1?}, the longest {longest:.2?}");
    }
    stage.ends().await;
}

fn rows_of(stage: &Stage, count: i64) -> Vec<UploadedRow> {
    let to = stage.to.iter().cycle();
    (1..=count).zip(to).map(|(number, to)| row(number, *to, "0.01")).collect()
}

/// The second one takes the first one's place.
async fn uploads_twice(stage: &Stage, watch: &mut Watch, rows: i64) -> Payout {
    let id = stage.creates().await.id;
    let rows = rows_of(stage, rows);
    let mut payout = None;
    for _ in 0..2 {
        let revision = stage.store.begin_upload(stage.ledger, id).await.unwrap().unwrap();
        for chunk in rows.chunks(CHUNK) {
            let stored = stage.store.store_rows(stage.ledger, id, revision, chunk.to_vec());
            watch.times("a chunk stored", stored).await.unwrap().unwrap();
        }
        let (upload, now) = (upload(revision, &rows), stage.now());
        let ended = stage.store.end_upload(stage.ledger, id, revision, upload, Origin::SYSTEM, now);
        payout = Some(watch.times("an upload ended", ended).await.unwrap().unwrap());
    }
    payout.unwrap()
}

async fn sweeps(stage: &Stage, watch: &mut Watch, payout: &Payout, rows: i64) {
    let mut sweeps = 1;
    while watch.times("a sweep", stage.store.sweep_rows(stage.ledger, payout.id)).await.unwrap() {
        sweeps += 1;
    }
    assert!(sweeps > rows / 5_000, "a few thousand at a time");
    assert!(stage.rows_of(payout.id, 1).await.is_empty());
}

/// Pays so many rows, or all that are left and ends the run.
async fn pays(stage: &Stage, watch: &mut Watch, rows: i64) {
    let payout = stage.claims().await;
    let run = payout.run().unwrap();
    let mut after = RowNumber(0);
    while after.0 < rows {
        let what = if after.0 == 0 { "the first rows to be paid" } else { "rows to be paid" };
        let undecided = stage.store.undecided_rows(stage.ledger, &payout, run, after, CHUNK);
        let undecided = watch.times(what, undecided).await.unwrap();
        let Some(last) = undecided.last() else { break };
        after = last.uploaded.number;
        let now = stage.now();
        let groups = vec![group(&payout, &undecided, Timestamp(now.0 + LEASE))];
        let entropy = now.0.unsigned_abs();
        let done = watch.times("a batch paid", stage.store.commit(stage.ledger, groups, now, entropy)).await;
        assert!(matches!(done.unwrap()[0], GroupOutcome::Done(_)));
    }
    if rows == i64::MAX {
        watch.times("a run ended", stage.ends_run(&payout)).await.unwrap();
    }
}

async fn stops_and_goes_on(stage: &Stage, payout: &Payout) {
    for steer in [Steer::Pause, Steer::Resume] {
        let now = stage.now();
        stage.store.steer_payout(stage.ledger, payout.id, steer, Origin::SYSTEM, now).await.unwrap().unwrap();
    }
}
