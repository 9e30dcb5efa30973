//! A run: the targets are started, and every attack is made on each of them.

use crate::attacks::{Attack, Judgement, Round};
use crate::grounds::{Grounds, Needs};
use crate::latency::Latencies;
use crate::processes::Kind;
use crate::report::{Attacked, Done, Report};
use crate::target::Target;
use crate::targets::{Florin, Service, Specimen};
use crate::verdict::Verdict;
use crate::witness::testify;
use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

/// What is attacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The specimen, in a process and a place of its own.
    Specimen,
    /// Florin, in a process and a place of its own.
    Florin,
    /// A Florin that is there already: `host:port`, and the secret of an API key with all scopes.
    There {
        /// `host:port`.
        address: String,
        /// What comes after `Authorization: Bearer`.
        token: String,
    },
}

/// What the targets that are started keep their data in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// Files in temporary folders.
    Sqlite,
    /// New databases beside the one that this URL names.
    Postgres(String),
}

/// How a run was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which attacks, in this order.
    pub attacks: Vec<&'static Attack>,
    /// On what.
    pub subjects: Vec<Subject>,
    /// Where started targets keep their data.
    pub store: Store,
    /// What all randomness of requests comes from.
    pub seed: u64,
    /// How often each attack is made, where the target does not break before.
    pub rounds: u32,
    /// How many times as much as usual each round does, where an attack has a length.
    pub size: u32,
    /// The binary that has both targets.
    pub binary: PathBuf,
}

/// Makes all attacks on all subjects. Whatever happens, nothing is left of what was started: not when `stopped`
/// completes either, which ends the run.
pub async fn run(options: &Options, stopped: impl Future<Output = ()>) -> anyhow::Result<Report> {
    let mut stopped = pin!(stopped);
    let mut attacked: Vec<Attacked> = options.attacks.iter().map(|attack| Attacked::new(attack)).collect();
    for subject in &options.subjects {
        let progress = progress(options, subject);
        // The attacks that leave a server in peace share one; the others have one each.
        let (shared, own): (Vec<_>, Vec<_>) =
            attacked.iter_mut().partition(|attacked| attacked.attack.needs == Needs::Address);
        let stages = std::iter::once(shared).chain(own.into_iter().map(|attacked| vec![attacked]));
        for stage in stages.filter(|stage| !stage.is_empty()) {
            make_on_a_stage(stage, subject, options, &progress, stopped.as_mut()).await?;
        }
        progress.finish_and_clear();
    }
    Ok(Report::new(options, attacked))
}

/// Sets a stage, makes these attacks on it, in their order, and clears it.
async fn make_on_a_stage(
    attacks: Vec<&mut Attacked>,
    subject: &Subject,
    options: &Options,
    progress: &ProgressBar,
    stopped: Pin<&mut impl Future<Output = ()>>,
) -> anyhow::Result<()> {
    let needs = attacks[0].attack.needs;
    let stage = Stage::set(subject, needs, options).await?;
    let all = async {
        for attacked in attacks {
            attacked.done.push(make(attacked.attack, subject, &stage, options, progress).await);
            progress.inc(1);
        }
    };
    let outcome = tokio::select! {
        () = all => Ok(()),
        () = stopped => Err(anyhow!("interrupted")),
    };
    stage.clear().await?;
    outcome
}

/// Rounds until the target breaks.
async fn make(
    attack: &Attack,
    subject: &Subject,
    stage: &Stage,
    options: &Options,
    progress: &ProgressBar,
) -> Done {
    let begun = Instant::now();
    let target = &stage.target;
    let mut verdict = Verdict::Held;
    let (mut records, mut marks) = (Vec::new(), Vec::new());
    let mut latencies = Latencies::default();
    let mut round = 0;
    while round < options.rounds && !verdict.is_broken() {
        round += 1;
        target.take_records();
        target.take_marks();
        progress.set_message(format!("{} on {}, round {round}", attack.id, subject.name()));
        let going = Round::new(target, stage.grounds.as_ref(), options, attack.id, round);
        let judgement = (attack.run)(going).await;
        (records, marks) = (target.take_records(), target.take_marks());
        latencies.add(&records);
        verdict = worse(verdict, with_testimony(judgement, testify(&records)));
    }
    Done { target: subject.name(), verdict, rounds: round, took: begun.elapsed(), latencies, records, marks }
}

/// What the attack's own oracle found, and what the history proves by itself.
fn with_testimony(judgement: Judgement, testimony: Vec<String>) -> Judgement {
    match judgement {
        Ok(evidence) => Ok([evidence, testimony].concat()),
        Err(_) if !testimony.is_empty() => Ok(testimony),
        Err(error) => Err(error),
    }
}

/// The worse of what is known and what a round found. What nobody can tell is worse than what held.
fn worse(known: Verdict, found: Judgement) -> Verdict {
    match found {
        Ok(evidence) if evidence.is_empty() => known,
        Ok(evidence) => Verdict::Broke { evidence },
        Err(error) => Verdict::CouldNotTell { why: format!("{error:#}") },
    }
}

/// A target, and what it stands on, if that is the lab's.
struct Stage {
    target: Target,
    grounds: Option<Grounds>,
}

impl Stage {
    async fn set(subject: &Subject, needs: Needs, options: &Options) -> anyhow::Result<Self> {
        if let Subject::There { address, token } = subject {
            let florin = Florin::begin(address.clone(), token.clone()).await?;
            return Ok(Self { target: Target::begin(Service::Florin(florin)).await?, grounds: None });
        }
        let kind = if *subject == Subject::Specimen { Kind::Specimen } else { Kind::Florin };
        let grounds = Grounds::make(kind, needs, &options.binary, &options.store).await?;
        match Self::people(kind, grounds.address(0)).await {
            Ok(target) => Ok(Self { target, grounds: Some(grounds) }),
            Err(error) => {
                grounds.clear().await?;
                Err(error.context(format!("preparing {}", subject.name())))
            }
        }
    }

    async fn people(kind: Kind, address: String) -> anyhow::Result<Target> {
        Target::begin(match kind {
            Kind::Specimen => Service::Specimen(Specimen::begin(address).await?),
            Kind::Florin => Service::Florin(Florin::begin_demo(address).await?),
        })
        .await
    }

    async fn clear(self) -> anyhow::Result<()> {
        match self.grounds {
            Some(grounds) => grounds.clear().await,
            None => Ok(()),
        }
    }
}

impl Options {
    /// Why this attack cannot be made as this run was asked for.
    pub fn stands_against(&self, attack: &Attack) -> Option<&'static str> {
        let is_there = self.subjects.iter().any(|subject| matches!(subject, Subject::There { .. }));
        if is_there && attack.needs != Needs::Address {
            return Some("it kills, stops or limits servers, so only those that the lab itself has started");
        }
        attack.needs.missing_on(&self.store)
    }
}

impl Subject {
    /// What it is called in a report.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Specimen => "specimen",
            Self::Florin | Self::There { .. } => "florin",
        }
    }
}

/// A bar on the terminal; nothing where standard error is none.
fn progress(options: &Options, subject: &Subject) -> ProgressBar {
    let style = "{spinner} {elapsed_precise} {wide_bar:.green} {pos}/{len} {msg}";
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let attacks = u64::try_from(options.attacks.len()).unwrap_or(u64::MAX);
    let bar = ProgressBar::new(attacks).with_style(style).with_message(subject.name());
    // Rounds may be long: the clock is to go on meanwhile.
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
