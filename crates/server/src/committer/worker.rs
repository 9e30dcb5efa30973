//! The writing side: gather, commit, answer.

use super::queue::Job;
use super::{CommitterSettings, SubmitError};
use crate::cache::Cache;
use crate::clock;
use florin_ledger::{GroupOutcome, Outcome, Rejection, Settlement};
use florin_store::{Store, StoreError};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many commands are worth a commit of their own while another one is under way. Fewer wait for it to
/// end, and share the next one with those that arrive meanwhile.
const EARLY_BATCH_COMMANDS_MIN: usize = 128;

/// Runs until the queue is closed and empty, and every batch is answered.
///
/// What arrives while a batch commits shares the next one. Where the store works on several at once, the next
/// one begins early when it is large enough to be worth a commit of its own.
pub(super) async fn run(
    store: Arc<dyn Store>,
    settings: CommitterSettings,
    cache: Cache,
    mut jobs: mpsc::UnboundedReceiver<Job>,
) {
    let mut waiting = Waiting::default();
    let mut under_way = JoinSet::new();
    let mut answering = JoinSet::new();
    let mut is_open = true;
    while is_open || !waiting.jobs.is_empty() || !under_way.is_empty() || !answering.is_empty() {
        let begins = match under_way.len() {
            0 => !waiting.jobs.is_empty(),
            busy => busy < store.batches_at_once() && waiting.commands >= EARLY_BATCH_COMMANDS_MIN,
        };
        if begins {
            let (store, batch) = (Arc::clone(&store), waiting.take(settings.batch_commands_max));
            // A task of its own: a panic costs its batch the answers, and not the committer its life.
            under_way.spawn(async move { commit(&*store, settings, batch).await });
            continue;
        }
        tokio::select! {
            Some(ended) = under_way.join_next() => match ended {
                // The next batch does not wait for the cache.
                Ok(done) => drop(answering.spawn(answer_all(settings, cache.clone(), done))),
                Err(error) => tracing::error!(%error, "a batch ended without answers"),
            },
            Some(ended) = answering.join_next() => if let Err(error) = ended {
                tracing::error!(%error, "answers were not given");
            },
            job = jobs.recv(), if is_open => match job {
                Some(job) => waiting.add(job, &mut jobs),
                None => is_open = false,
            },
        }
    }
}

/// Jobs in the order of their arrival.
#[derive(Default)]
pub(super) struct Waiting {
    jobs: VecDeque<Job>,
    pub(super) commands: usize,
}

impl Waiting {
    /// Takes one, and with it all that is there: the queue's bound is theirs too.
    pub(super) fn add(&mut self, first: Job, jobs: &mut mpsc::UnboundedReceiver<Job>) {
        let mut next = Some(first);
        while let Some(job) = next {
            self.commands += job.group.commands.len();
            self.jobs.push_back(job);
            next = jobs.try_recv().ok();
        }
    }

    /// The next batch: all that waits, up to `commands_max`, give or take its last group.
    pub(super) fn take(&mut self, commands_max: usize) -> Vec<Job> {
        let (mut batch, mut commands) = (Vec::new(), 0);
        while commands < commands_max
            && let Some(job) = self.jobs.pop_front()
        {
            commands += job.group.commands.len();
            batch.push(job);
        }
        self.commands -= commands;
        batch
    }
}

/// Jobs that shared a commit, and what became of it.
type Done = (Vec<Job>, Result<Vec<GroupOutcome>, StoreError>);

async fn commit(store: &dyn Store, settings: CommitterSettings, batch: Vec<Job>) -> Vec<Done> {
    let now = Instant::now();
    let (live, expired): (Vec<_>, Vec<_>) =
        batch.into_iter().partition(|job| job.deadline > now && job.turn.take());
    for job in expired {
        let _ = job.answer.send(Err(SubmitError::Expired));
    }
    if live.is_empty() {
        return Vec::new();
    }
    let commands: usize = live.iter().map(|job| job.group.commands.len()).sum();
    metrics::histogram!("florin_committer_batch_commands")
        .record(f64::from(u32::try_from(commands).unwrap_or(u32::MAX)));

    let result = commit_jobs(store, settings, &live).await;
    metrics::histogram!("florin_committer_commit_seconds").record(now.elapsed());
    match result {
        Err(error) if live.len() > 1 && is_about_content(&error) => {
            tracing::error!(%error, groups = live.len(), "a batch could not be written; trying its groups alone");
            let mut alone = Vec::with_capacity(live.len());
            for job in live {
                let result = commit_jobs(store, settings, std::slice::from_ref(&job)).await;
                alone.push((vec![job], result));
            }
            alone
        }
        result => vec![(live, result)],
    }
}

async fn commit_jobs(
    store: &dyn Store,
    settings: CommitterSettings,
    jobs: &[Job],
) -> Result<Vec<GroupOutcome>, StoreError> {
    let groups = jobs.iter().map(|job| Arc::clone(&job.group)).collect();
    store.commit(settings.ledger, groups, clock::now(), clock::entropy()).await
}

/// Whether one group may be the cause, so that the others are worth a try without it.
fn is_about_content(error: &StoreError) -> bool {
    matches!(error, StoreError::Inconsistent(_) | StoreError::RowsAffected { .. })
}

/// Answers everybody, once nobody finds in the cache what was before.
async fn answer_all(settings: CommitterSettings, cache: Cache, done: Vec<Done>) {
    for (jobs, result) in done {
        match &result {
            Ok(outcomes) => cache.forget_touched(settings.ledger, outcomes).await,
            Err(StoreError::OutcomeUnknown(_)) => cache.forget_all().await,
            Err(_) => {}
        }
        answer(jobs, result);
    }
}

fn answer(jobs: Vec<Job>, result: Result<Vec<GroupOutcome>, StoreError>) {
    match result {
        Ok(outcomes) => {
            for (job, outcome) in jobs.into_iter().zip(outcomes) {
                count(&outcome);
                // Nobody listens when the caller has gone away; what was done stays done.
                let _ = job.answer.send(Ok(outcome));
            }
        }
        Err(error) => {
            tracing::error!(%error, groups = jobs.len(), "a batch was not committed");
            let error = match error {
                StoreError::Unavailable(_) | StoreError::Unsuitable(_) => SubmitError::Unavailable,
                StoreError::OutcomeUnknown(_) => SubmitError::OutcomeUnknown,
                StoreError::Inconsistent(_) | StoreError::RowsAffected { .. } => SubmitError::Inconsistent,
            };
            for job in jobs {
                let _ = job.answer.send(Err(error.clone()));
            }
        }
    }
}

pub(super) fn count(outcome: &GroupOutcome) {
    match outcome {
        GroupOutcome::Done(outcomes) => {
            for outcome in outcomes {
                match outcome {
                    Outcome::Settled(transaction) => match transaction.settlement {
                        Settlement::Completed { .. } => {
                            metrics::counter!("florin_transactions_total", "type" => transaction.kind.as_str())
                                .increment(1);
                        }
                        Settlement::Failed(failure) => count_rejection(&failure.into()),
                    },
                    Outcome::Replayed(_) => metrics::counter!("florin_replays_total").increment(1),
                    Outcome::Rejected(rejection) => count_rejection(rejection),
                }
            }
        }
        GroupOutcome::Refused { rejection, .. } => count_rejection(rejection),
        GroupOutcome::Superseded => metrics::counter!("florin_payout_groups_superseded_total").increment(1),
    }
}

fn count_rejection(rejection: &Rejection) {
    metrics::counter!("florin_rejections_total", "code" => rejection.code()).increment(1);
}
