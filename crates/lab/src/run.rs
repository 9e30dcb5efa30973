//! A run: the targets are started, and every attack is made on each of them.

use crate::attacks::{Attack, Judgement, Round};
use crate::processes::Process;
use crate::report::{Attacked, Done, Report};
use crate::scratch::Scratch;
use crate::target::Target;
use crate::targets::{Florin, Service, Specimen};
use crate::verdict::Verdict;
use crate::witness::testify;
use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Instant;

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
    /// The binary that has both targets.
    pub binary: PathBuf,
}

/// Makes all attacks on all subjects. Whatever happens, nothing is left of what was started: not when `stopped`
/// completes either, which ends the run.
pub async fn run(options: &Options, stopped: impl Future<Output = ()>) -> anyhow::Result<Report> {
    let mut stopped = pin!(stopped);
    let mut attacked: Vec<Attacked> = options.attacks.iter().map(|attack| Attacked::new(attack)).collect();
    for subject in &options.subjects {
        let stage = Stage::set(subject, options).await?;
        let outcome = tokio::select! {
            done = make_all(subject, &stage.target, options) => Ok(done),
            () = &mut stopped => Err(anyhow!("interrupted")),
        };
        stage.clear().await?;
        for (attacked, done) in attacked.iter_mut().zip(outcome?) {
            attacked.done.push(done);
        }
    }
    Ok(Report::new(options, attacked))
}

/// All attacks on one target, in their order.
async fn make_all(subject: &Subject, target: &Target, options: &Options) -> Vec<Done> {
    let progress = progress(options, subject);
    let mut all = Vec::new();
    for attack in &options.attacks {
        progress.set_message(format!("{} on {}", attack.id, subject.name()));
        all.push(make(attack, subject, target, options, &progress).await);
        progress.inc(1);
    }
    progress.finish_and_clear();
    all
}

/// Rounds until the target breaks.
async fn make(
    attack: &Attack,
    subject: &Subject,
    target: &Target,
    options: &Options,
    progress: &ProgressBar,
) -> Done {
    let begun = Instant::now();
    let mut verdict = Verdict::Held;
    let mut records = Vec::new();
    let mut round = 0;
    while round < options.rounds && !verdict.is_broken() {
        round += 1;
        target.take_records();
        progress.tick();
        let judgement = (attack.run)(Round::new(target, options.seed, attack.id, round)).await;
        records = target.take_records();
        verdict = worse(verdict, with_testimony(judgement, testify(&records)));
    }
    Done { target: subject.name(), verdict, rounds: round, took: begun.elapsed(), records }
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

/// A target, and what it stands on.
struct Stage {
    target: Target,
    process: Option<(Process, Scratch)>,
}

impl Stage {
    async fn set(subject: &Subject, options: &Options) -> anyhow::Result<Self> {
        if let Subject::There { address, token } = subject {
            let florin = Florin::begin(address.clone(), token.clone()).await?;
            return Ok(Self { target: Target::begin(Service::Florin(florin)).await?, process: None });
        }
        let scratch = Scratch::create(&options.store).await?;
        match Self::start(subject, options, &scratch).await {
            Ok((target, process)) => Ok(Self { target, process: Some((process, scratch)) }),
            Err(error) => {
                scratch.remove().await?;
                Err(error)
            }
        }
    }

    async fn start(
        subject: &Subject,
        options: &Options,
        scratch: &Scratch,
    ) -> anyhow::Result<(Target, Process)> {
        let (service, process) = if *subject == Subject::Specimen {
            let process = Process::specimen(&options.binary, scratch).await?;
            (Service::Specimen(Specimen::begin(process.address.clone()).await?), process)
        } else {
            let process = Process::florin(&options.binary, scratch).await?;
            (Service::Florin(Florin::begin_demo(process.address.clone()).await?), process)
        };
        let target = Target::begin(service).await.with_context(|| format!("preparing {}", subject.name()))?;
        Ok((target, process))
    }

    /// Ends the process and removes what it worked on.
    async fn clear(self) -> anyhow::Result<()> {
        let Some((process, scratch)) = self.process else { return Ok(()) };
        drop(process);
        scratch.remove().await
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
    let style = "{elapsed_precise} {wide_bar:.green} {pos}/{len} {msg}";
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let attacks = u64::try_from(options.attacks.len()).unwrap_or(u64::MAX);
    ProgressBar::new(attacks).with_style(style).with_message(subject.name())
}
