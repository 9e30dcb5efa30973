//! The committer's parts, each alone: what a batch takes, what is counted, and how the worker ends.

use super::queue::{Job, Room, Turn};
use super::worker::{Waiting, count, run};
use super::{Committer, CommitterSettings};
use crate::cache::Cache;
use crate::clock;
use florin_ledger::{
    Caller, Command, Decimal, Fingerprint, Group, GroupOutcome, IdempotencyKey, Movement, Outcome, Principal,
    Rejection, UserId, WalletId,
};
use florin_store::migrate;
use florin_store::sqlite::Sqlite;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

fn group(commands: usize) -> Group {
    let caller = Caller { principal: Principal::User(UserId(1)), is_house: false };
    let amount = Decimal::parse("1").unwrap();
    let movement = Movement::Transfer { from: WalletId(1), to: WalletId(2), amount };
    let command = |number| {
        let key = IdempotencyKey::parse(&format!("command-{number}")).unwrap();
        Command::new(caller, key, Fingerprint::of("test", b""), movement)
    };
    Group::independent((0..commands).map(command).collect())
}

fn room(commands: u32) -> Room {
    let semaphore = Arc::new(Semaphore::new(100));
    Room::new(semaphore.try_acquire_many_owned(commands).unwrap(), commands)
}

fn job(commands: u32) -> Job {
    Job {
        group: Arc::new(group(usize::try_from(commands).unwrap())),
        deadline: Instant::now() + Duration::from_mins(1),
        turn: Turn::default(),
        answer: oneshot::channel().0,
        _room: room(commands),
    }
}

fn sizes(batch: &[Job]) -> Vec<usize> {
    batch.iter().map(|job| job.group.commands.len()).collect()
}

#[test]
fn a_batch_takes_whole_groups_until_it_is_full() {
    let (sender, mut jobs) = mpsc::unbounded_channel();
    for commands in [1, 1, 3, 1, 1, 2] {
        assert!(sender.send(job(commands)).is_ok());
    }
    let mut waiting = Waiting::default();
    waiting.add(jobs.try_recv().unwrap(), &mut jobs);
    assert_eq!(waiting.commands, 9, "all that is there");
    for (batch, left) in [(&[1, 1, 3][..], 4), (&[1, 1, 2], 0), (&[], 0)] {
        assert_eq!((sizes(&waiting.take(3)), waiting.commands), (batch.to_vec(), left));
    }
    waiting.add(job(3), &mut jobs);
    waiting.add(job(1), &mut jobs);
    assert_eq!(sizes(&waiting.take(3)), [3], "it is full");
    assert_eq!(waiting.commands, 1);
}

/// What a scrape shows of a metric after `work`.
fn scraped(recorder: &PrometheusRecorder, metric: &str, work: impl FnOnce()) -> Option<String> {
    metrics::with_local_recorder(recorder, work);
    let rendered = recorder.handle().render();
    let line = rendered.lines().find(|line| line.starts_with(metric))?;
    line.rsplit_once(' ').map(|(_, value)| value.to_owned())
}

#[test]
fn who_waits_is_counted_until_the_job_ends() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metric = "florin_committer_queue_commands";
    let mut held = None;
    let waits = scraped(&recorder, metric, || held = Some(job(3)));
    assert_eq!(waits.as_deref(), Some("3"));
    let ended = scraped(&recorder, metric, || drop(held.take()));
    assert_eq!(ended.as_deref(), Some("0"));
}

#[test]
fn what_became_of_commands_is_counted() {
    let rejection = Rejection::SameWallet;
    let refused = GroupOutcome::Refused { index: 0, rejection, failed: None };
    let rejected = GroupOutcome::Done(vec![Outcome::Rejected(rejection); 2]);
    let recorder = PrometheusBuilder::new().build_recorder();
    let counted = |metric: &str, outcome: &GroupOutcome| scraped(&recorder, metric, || count(outcome));
    let superseded = counted("florin_payout_groups_superseded_total", &GroupOutcome::Superseded);
    assert_eq!(superseded.as_deref(), Some("1"));
    let rejections = format!("florin_rejections_total{{code=\"{}\"}}", rejection.code());
    assert_eq!(counted(&rejections, &refused).as_deref(), Some("1"));
    assert_eq!(counted(&rejections, &rejected).as_deref(), Some("3"));
}

#[tokio::test]
async fn the_worker_ends_when_nobody_submits_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut alone = Sqlite::connect_alone(folder.path()).unwrap();
    migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, clock::now()).unwrap();
    drop(alone);
    let store: Arc<dyn florin_store::Store> = Arc::new(Sqlite::open(folder.path()).unwrap());
    let settings = CommitterSettings::default();
    let (jobs, waiting) = mpsc::unbounded_channel();
    let worker = tokio::spawn(run(Arc::clone(&store), settings, Cache::off(), waiting));
    drop(jobs);
    worker.await.expect("it ends, and does not panic");

    let committer = Committer::start(store, settings, Cache::off());
    let deadline = Instant::now() + Duration::from_mins(1);
    let accepted = committer.submit_group(group(1), deadline);
    committer.stop().await;
    assert!(accepted.await.is_ok(), "what was accepted is answered before it ends");
}
