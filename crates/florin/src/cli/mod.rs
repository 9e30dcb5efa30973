//! The command line: one file a command. Each reads the settings, does its work through the same store and
//! committer as everybody else, and says in its exit code how it went.

mod audit;
mod beside;
mod demo;
mod lab;
pub(crate) mod location;
mod migrate;
mod operator;
mod payout;
pub(crate) mod serve;

use crate::bench;
use clap::{Args, Parser, Subcommand};
use florin_server::config::Settings;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// A wallet and ledger engine: keeps balances, moves money exactly once, and can prove it.
#[derive(Parser)]
#[command(name = "florin", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Migrate(migrate::MigrateArgs),
    Operator(operator::OperatorArgs),
    Audit(audit::AuditArgs),
    Payout(payout::PayoutArgs),
    Bench(bench::BenchArgs),
    Lab(lab::LabArgs),
}

/// Where the store is: the flags that all commands share.
#[derive(Args, Serialize)]
pub(crate) struct StoreFlags {
    /// A file of settings to use instead of ./florin.toml
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// The folder of the embedded store [default: ./florin-data]
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// Use this PostgreSQL database; better in `FLORIN_DATABASE_URL`, because all users of a machine see flags
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
}

impl Cli {
    /// Does what was asked. Errors go to standard error, causes included.
    pub(crate) async fn run(self) -> ExitCode {
        let (result, code_on_error) = match self.command {
            Command::Serve(args) => (serve::run(args).await, 1),
            Command::Migrate(args) => (migrate::run(args).await, 1),
            Command::Payout(args) => (payout::run(args).await, 1),
            Command::Operator(args) => (operator::run(args).await, 1),
            Command::Bench(args) => (bench::run(args).await.map(|()| ExitCode::SUCCESS), 1),
            // 1 is what the lab and the audit say where they found something.
            Command::Lab(args) => (lab::run(args).await, 2),
            Command::Audit(args) => (audit::run(args).await, 2),
        };
        result.unwrap_or_else(|error| {
            eprintln!("florin: {error:#}");
            ExitCode::from(code_on_error)
        })
    }
}

impl StoreFlags {
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        Ok(Settings::load(self.config.as_deref(), self)?)
    }
}
