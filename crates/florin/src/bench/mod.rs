//! `florin bench`: how fast Florin is, beside the classic way, in one run on one database.
//!
//! Everything is real: durable commits, real sockets, real transactions under keys of their own; in the end
//! the books are audited, and must hold every transaction that was acknowledged. Loads that are compared
//! take turns, round by round, so that what disturbs the machine disturbs them alike.
//!
//! It works in databases of its own and removes them, or on a server that is there already, in wallets of its
//! own; it must never touch what somebody uses.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`plan`], [`mix`] | which loads are measured; who pays whom in them |
//! | [`scratch`], [`subject`], [`server`] | the databases; a store in one, with money and a committer; a socket |
//! | [`classic`], [`classic_postgres`], [`classic_sqlite`] | what Florin is compared with |
//! | [`in_process`], [`http_load`], [`http_wire`], [`payout`] | the load generators |
//! | [`local`], [`remote`] | a run; its [`rounds`], and what counts ([`measure`]) |
//! | [`args`] | what a run can be asked for |
//! | [`figures`], [`report`], [`machine`], [`progress`] | what comes out |

mod args;
mod classic;
mod classic_postgres;
mod classic_sqlite;
mod figures;
mod http_load;
mod http_wire;
mod in_process;
mod local;
mod machine;
mod measure;
mod mix;
mod payout;
mod plan;
mod progress;
mod remote;
mod report;
mod rounds;
mod scratch;
mod server;
mod subject;

pub(crate) use args::BenchArgs;

use crate::cli::location::Location;
use crate::cli::serve;
use anyhow::{Context, bail};
use figures::Engine;
use florin_server::config::Settings;
use florin_server::telemetry;
use plan::Load;
use report::Report;
use scratch::Scratches;
use std::io::Write;
use std::sync::Arc;

/// Runs the bench and prints its tables.
pub(crate) async fn run(args: BenchArgs) -> anyhow::Result<()> {
    let settings = args.store.settings()?;
    telemetry::start_logs(&settings.log, settings.log_format)?;
    // Before the work, not after it: a path that cannot be written is noticed now.
    let json = args
        .json
        .as_ref()
        .map(|path| std::fs::File::create(path).with_context(|| format!("writing {}", path.display())));
    let json = json.transpose()?;
    let report = match args.target()? {
        Some(target) => {
            let mut loads = loads(&args, Engine::Remote)?;
            loads.retain(|load| load.is_http());
            if loads.is_empty() {
                bail!("a server that is there already can be measured over HTTP alone");
            }
            remote::run(target, loads, args.options()).await?
        }
        None => run_on_scratches(&args, settings).await?,
    };
    println!("{report}");
    if let Some(mut file) = json {
        writeln!(file, "{}", serde_json::to_string_pretty(&report)?).context("writing the results")?;
    }
    Ok(())
}

async fn run_on_scratches(args: &BenchArgs, settings: Settings) -> anyhow::Result<Report> {
    let scratches = Arc::new(Scratches::at(Location::of(&settings)));
    let loads = loads(args, scratches.engine())?;
    let stopped = serve::stop_signal()?;
    let work = tokio::spawn(local::run(Arc::clone(&scratches), settings, loads, args.options()));
    let outcome = tokio::select! {
        outcome = work => outcome.context("the bench panicked").flatten(),
        () = stopped => Err(anyhow::anyhow!("interrupted")),
    };
    // Whatever happened.
    let removed = scratches.remove().await;
    let report = outcome?;
    removed?;
    Ok(report)
}

fn loads(args: &BenchArgs, engine: Engine) -> anyhow::Result<Vec<Load>> {
    let loads = plan::loads(args.extent(), engine.classic_connections(), &args.only);
    if loads.is_empty() {
        bail!("no load's name begins with {}", args.only.join(" or "));
    }
    Ok(loads)
}
