//! The run: prepares the stores, measures every load once a round, and audits what came of it.

use super::classic::Classic;
use super::figures::{Measured, figures};
use super::http_load;
use super::http_wire::Target;
use super::machine::{Machine, Memory};
use super::measure::{Round, Window};
use super::mix::{Mix, Transfers};
use super::plan::Load;
use super::progress::Progress;
use super::report::{AuditLine, FigureLine, LoadLine, Options, Report};
use super::scratch::Scratches;
use super::server::Server;
use super::subject::{Subject, demand_ok};
use anyhow::{Context, bail};
use florin_server::config::Settings;
use std::sync::Arc;
use std::time::Duration;

/// How much of the measured time comes before it, to warm up.
const WARM_UP_SHARE: f64 = 0.25;

/// Whatever does nothing in so long does not work.
const SECONDS_ENOUGH: f64 = 10.0;

pub(super) async fn run(
    scratches: Arc<Scratches>,
    settings: Settings,
    loads: Vec<Load>,
    options: Options,
) -> anyhow::Result<Report> {
    let began_at = jiff::Timestamp::now().to_string();
    let progress = Arc::new(Progress::new());
    let subject = Subject::prepare(&scratches, &settings, options.wallets, &progress).await?;
    let database = subject.scratch.settings().await?;
    let is_classic = |load: &Load| matches!(load, Load::Classic { .. });
    let classic = if loads.iter().any(is_classic) { Some(subject.scratch.classic().await?) } else { None };
    let server = if loads.iter().any(|load| load.is_http()) {
        Some(Server::start(&subject, &settings).await?)
    } else {
        None
    };
    let mut run =
        Run { server, options, progress, classic, classic_transfers: 0, subject, fresh: None, seed: 0 };

    let (stored, others): (Vec<_>, Vec<_>) = loads.into_iter().partition(|load| load.is_stored());
    let mut measured = run.measure_rounds(&others).await?;
    if !stored.is_empty() {
        run.prepare_stored(&scratches, &settings).await?;
        measured.extend(run.measure_rounds(&stored).await?);
    }
    if let Some(server) = run.server.take() {
        server.stop().await?;
    }
    let audits = run.audit().await?;
    let engine = scratches.engine();
    Ok(Report {
        florin_version: env!("CARGO_PKG_VERSION"),
        began_at,
        engine,
        machine: Machine::read(),
        database,
        options: run.options,
        loads: measured.iter().map(LoadLine::of).collect(),
        figures: figures(engine, &measured).into_iter().map(FigureLine::from).collect(),
        audits,
        memory: Memory::read(),
    })
}

struct Run {
    options: Options,
    progress: Arc<Progress>,
    subject: Subject,
    server: Option<Server>,
    classic: Option<Classic>,
    /// How many transfers the classic way has acknowledged.
    classic_transfers: u64,
    /// The store that the full one is compared with.
    fresh: Option<Subject>,
    /// Every measurement draws its own transfers.
    seed: u32,
}

impl Run {
    /// Every load once a round, so that they take turns.
    async fn measure_rounds(&mut self, loads: &[Load]) -> anyhow::Result<Vec<Measured>> {
        let mut measured: Vec<_> =
            loads.iter().map(|load| Measured { load: *load, rounds: Vec::new() }).collect();
        let steps = u64::try_from(self.options.rounds * loads.len())?;
        let progress = Arc::clone(&self.progress);
        let task = progress.task("measuring", steps);
        for _ in 0..self.options.rounds {
            for measured in &mut measured {
                let load = measured.load;
                task.says(load.to_string());
                let round = self.measure_some(load).await.with_context(|| load.to_string())?;
                measured.rounds.push(round);
                task.advance(1);
            }
        }
        Ok(measured)
    }

    /// In a longer window where nothing ended in one that was too short.
    async fn measure_some(&mut self, load: Load) -> anyhow::Result<Round> {
        let mut seconds = self.options.seconds;
        loop {
            let round = self.measure(load, seconds).await?;
            if round.transfers > 0 {
                return Ok(round);
            }
            if seconds > SECONDS_ENOUGH {
                bail!("not one transfer was acknowledged in {seconds} s");
            }
            seconds *= 4.0;
        }
    }

    async fn measure(&mut self, load: Load, seconds: f64) -> anyhow::Result<Round> {
        self.seed += 1;
        let window = move || {
            let measured = Duration::from_secs_f64(seconds);
            Window::after(measured.mul_f64(WARM_UP_SHARE), measured)
        };
        match load {
            Load::Classic { connections, mix } => {
                let transfers = self.subject.transfers(mix, self.seed);
                let classic = self.classic.as_ref().context("the classic way was not prepared")?;
                let round = classic.run(&transfers, self.subject.caller, connections, window).await?;
                self.classic_transfers += round.acknowledged;
                Ok(round)
            }
            Load::Committer { in_flight, mix } => {
                let transfers = self.subject.transfers(mix, self.seed);
                self.subject.measure(&transfers, in_flight, window()).await
            }
            Load::Full => {
                let transfers = self.subject.transfers(Mix::Uniform, self.seed);
                self.subject.measure(&transfers, Load::STORED_IN_FLIGHT, window()).await
            }
            Load::Fresh => {
                let transfers = self.subject.transfers(Mix::Uniform, self.seed);
                let fresh = self.fresh.as_mut().context("the fresh store was not prepared")?;
                fresh.measure(&transfers, Load::STORED_IN_FLIGHT, window()).await
            }
            Load::Http { connections, mix } => {
                let (target, transfers) = self.over_http(mix)?;
                self.generate(async move || {
                    http_load::singles(&target, &transfers, connections, window).await
                })
                .await
            }
            Load::Bulk { is_atomic } => {
                let (target, transfers) = self.over_http(Mix::Uniform)?;
                self.generate(async move || http_load::bulks(&target, &transfers, is_atomic, window).await)
                    .await
            }
            Load::OpenLoop { per_second } => {
                let (target, transfers) = self.over_http(Mix::Uniform)?;
                self.generate(async move || {
                    http_load::open_loop(&target, &transfers, per_second, window).await
                })
                .await
            }
        }
    }

    fn over_http(&self, mix: Mix) -> anyhow::Result<(Target, Transfers)> {
        let server = self.server.as_ref().context("the server was not started")?;
        Ok((server.target.clone(), self.subject.transfers(mix, self.seed)))
    }

    /// Runs a load generator on a thread of its own.
    async fn generate<Work>(&mut self, work: Work) -> anyhow::Result<Round>
    where
        Work: AsyncFnOnce() -> anyhow::Result<Round> + Send + 'static,
    {
        let round = tokio::task::spawn_blocking(|| http_load::run(work)).await??;
        self.subject.acknowledge(round.acknowledged);
        Ok(round)
    }

    /// Fills the store, and makes a fresh one beside it.
    async fn prepare_stored(&mut self, scratches: &Scratches, settings: &Settings) -> anyhow::Result<()> {
        self.seed += 1;
        self.subject.fill(self.options.stored, self.seed, &self.progress).await?;
        self.fresh = Some(Subject::prepare(scratches, settings, self.options.wallets, &self.progress).await?);
        Ok(())
    }

    /// All books must be in order and hold all that was acknowledged: those of the classic way too.
    async fn audit(&self) -> anyhow::Result<Vec<AuditLine>> {
        let mut audits = vec![AuditLine::of("Florin", &self.subject.audit().await?)];
        if let Some(fresh) = &self.fresh {
            audits.push(AuditLine::of("the fresh store", &fresh.audit().await?));
        }
        if let Some(classic) = &self.classic {
            let report = classic.audit().await?;
            demand_ok(&report).context("the classic way")?;
            let expected = self.classic_transfers + u64::from(self.options.wallets);
            if report.transactions != expected {
                bail!("the classic way made {expected} transactions and has {}", report.transactions);
            }
            audits.push(AuditLine::of("the classic way", &report));
        }
        Ok(audits)
    }
}
