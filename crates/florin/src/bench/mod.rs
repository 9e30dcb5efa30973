//! `florin bench`: how fast Florin is, beside the classic way, in one run on one database.
//!
//! Everything is real: durable commits, real sockets, real transactions under keys of their own; in the end
//! the books are audited, and must hold every transaction that was acknowledged. Loads that are compared
//! take turns, round by round, so that what disturbs the machine disturbs them alike.
//!
//! It works in databases of its own and removes them; it must never touch a ledger that somebody uses.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`plan`], [`mix`] | which loads are measured; who pays whom in them |
//! | [`scratch`], [`subject`], [`server`] | the databases; a store in one, with money and a committer; a socket |
//! | [`classic`], [`classic_postgres`], [`classic_sqlite`] | what Florin is compared with |
//! | [`in_process`], [`http_load`], [`http_wire`] | the load generators |
//! | [`rounds`], [`measure`] | the run; what counts |
//! | [`figures`], [`report`], [`machine`], [`progress`] | what comes out |

mod classic;
mod classic_postgres;
mod classic_sqlite;
mod figures;
mod http_load;
mod http_wire;
mod in_process;
mod machine;
mod measure;
mod mix;
mod plan;
mod progress;
mod report;
mod rounds;
mod scratch;
mod server;
mod subject;

use crate::cli::StoreFlags;
use crate::cli::location::Location;
use anyhow::{Context, bail};
use clap::Args;
use florin_server::telemetry;
use plan::Extent;
use scratch::Scratches;
use std::path::PathBuf;
use std::sync::Arc;

/// Measure Florin beside the classic way of moving money
///
/// It works in databases of its own, and removes them: on PostgreSQL beside the one that is named, through the
/// same role, which must be allowed to create databases; on SQLite in a folder within the data folder.
#[derive(Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    store: StoreFlags,
    /// Write all results to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How long each load is measured, in each round
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    seconds: Option<f64>,
    /// How often each load is measured
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..))]
    rounds: Option<u8>,
    /// How many wallets share the load
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    wallets: Option<u32>,
    /// How many transactions the full store holds
    #[arg(long, value_name = "COUNT")]
    stored: Option<u64>,
    /// Only loads whose names begin so, such as `committer/1024` or `bulk`
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// A short run over one or two loads of each kind: shows that it works, not how fast
    #[arg(long)]
    quick: bool,
}

impl BenchArgs {
    fn extent(&self) -> Extent {
        if self.quick { Extent::Quick } else { Extent::Whole }
    }

    fn options(&self) -> report::Options {
        let (wallets, seconds, rounds, stored) =
            if self.quick { (1000, 0.2, 1, 5000) } else { (100_000, 3.0, 3, 5_000_000) };
        report::Options {
            wallets: self.wallets.unwrap_or(wallets),
            seconds: self.seconds.unwrap_or(seconds),
            rounds: self.rounds.map_or(rounds, usize::from),
            stored: self.stored.unwrap_or(stored),
            is_quick: self.quick,
        }
    }
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds, such as 2.5, is needed".to_owned())?;
    if (0.1..=3600.0).contains(&seconds) { Ok(seconds) } else { Err("it must be 0.1 to 3600".to_owned()) }
}

/// Runs the bench and prints its tables.
pub(crate) async fn run(args: BenchArgs) -> anyhow::Result<()> {
    let settings = args.store.settings()?;
    let scratches = Arc::new(Scratches::at(Location::of(&settings)));
    let loads = plan::loads(args.extent(), scratches.engine().classic_connections(), &args.only);
    if loads.is_empty() {
        bail!("no load's name begins with {}", args.only.join(" or "));
    }
    telemetry::start_logs(&settings.log, settings.log_format)?;
    let work = tokio::spawn(rounds::run(Arc::clone(&scratches), settings, loads, args.options()));
    let outcome = tokio::select! {
        outcome = work => outcome.context("the bench panicked").flatten(),
        () = interrupted() => Err(anyhow::anyhow!("interrupted")),
    };
    // Whatever happened.
    let removed = scratches.remove().await;
    let report = outcome?;
    println!("{report}");
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, json + "\n").with_context(|| format!("writing {}", file.display()))?;
    }
    removed
}

async fn interrupted() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
    let terminated = async {
        match &mut terminate {
            Some(terminate) => terminate.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
