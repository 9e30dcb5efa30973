//! A run on databases of its own: prepares the stores, measures the loads, and audits what came of it.

use super::classic::Classic;
use super::figures::{Measured, figures};
use super::http_load;
use super::machine::{Machine, Memory};
use super::measure::Round;
use super::payout;
use super::plan::Load;
use super::progress::Progress;
use super::report::{AuditLine, FigureLine, LoadLine, Options, Report};
use super::rounds::{Length, Measure, take_turns};
use super::scratch::Scratches;
use super::server::Server;
use super::subject::{Subject, demand_ok};
use anyhow::{Context, bail};
use florin_server::config::Settings;
use std::sync::Arc;

/// Runs it, and says what it found.
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
    let mut measured = run.take_turns(&others).await?;
    if !stored.is_empty() {
        run.prepare_stored(&scratches, &settings).await?;
        measured.extend(run.take_turns(&stored).await?);
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

impl Measure for Run {
    async fn measure(&mut self, load: Load, length: Length) -> anyhow::Result<Round> {
        self.seed += 1;
        let transfers = self.subject.transfers(load.mix(), self.seed);
        match load {
            Load::Classic { connections, .. } => {
                let classic = self.classic.as_ref().context("the classic way was not prepared")?;
                let caller = self.subject.caller;
                let round = classic.run(&transfers, caller, connections, length).await?;
                self.classic_transfers += round.acknowledged;
                Ok(round)
            }
            Load::Committer { in_flight, .. } => self.subject.measure(&transfers, in_flight, length).await,
            Load::Payout { rows } => {
                let round = payout::run(&self.subject, rows).await?;
                self.subject.acknowledge(round.acknowledged);
                Ok(round)
            }
            Load::Full => self.subject.measure(&transfers, Load::STORED_IN_FLIGHT, length).await,
            Load::Fresh => {
                let fresh = self.fresh.as_mut().context("the fresh store was not prepared")?;
                fresh.measure(&transfers, Load::STORED_IN_FLIGHT, length).await
            }
            Load::Http { .. } | Load::Bulk { .. } | Load::OpenLoop { .. } => {
                let server = self.server.as_ref().context("the server was not started")?;
                let round = http_load::run(load, server.target.clone(), transfers, length).await?;
                self.subject.acknowledge(round.acknowledged);
                Ok(round)
            }
        }
    }
}

impl Run {
    async fn take_turns(&mut self, loads: &[Load]) -> anyhow::Result<Vec<Measured>> {
        let (options, progress) = (self.options.clone(), Arc::clone(&self.progress));
        take_turns(loads, &options, &progress, self).await
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
