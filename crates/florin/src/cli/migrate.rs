//! `florin migrate`: the schema's steps, up and down. It never touches what is stored but by a step.

use super::StoreFlags;
use super::location::Location;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use florin_ledger::Timestamp;
use florin_store::migrate;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Bring the store's schema up to date, or take steps back
#[derive(Args)]
pub(super) struct MigrateArgs {
    #[command(subcommand)]
    direction: Direction,
}

#[derive(Subcommand)]
enum Direction {
    /// Apply all steps that are missing
    Up {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Take the newest steps back; what they held is lost
    Down {
        /// How many steps
        #[arg(long, value_name = "COUNT", default_value_t = 1)]
        steps: u32,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// List all steps and how they stand
    Status {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Make the files of a new step, for both engines, in Florin's source tree
    Create {
        /// What the step does, such as `add_holds`
        name: String,
        /// The top of the source tree
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        source: std::path::PathBuf,
    },
}

pub(super) async fn run(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    match args.direction {
        Direction::Up { store } => up(&location(&store)?).await?,
        Direction::Down { steps, store } => down(&location(&store)?, steps).await?,
        Direction::Status { store } => status(&location(&store)?).await?,
        Direction::Create { name, source } => create(&source, &name)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn location(store: &StoreFlags) -> anyhow::Result<Location> {
    Ok(Location::of(&store.settings()?))
}

async fn up(location: &Location) -> anyhow::Result<()> {
    let steps = location.migrate_up().await.with_context(|| format!("migrating {location}"))?;
    let mut out = std::io::stdout();
    for step in &steps {
        writeln!(out, "applied {step}")?;
    }
    if steps.is_empty() {
        writeln!(out, "{location} is up to date")?;
    }
    Ok(())
}

async fn down(location: &Location, steps: u32) -> anyhow::Result<()> {
    for _ in 0..steps {
        let step = location.migrate_down().await.with_context(|| format!("migrating {location}"))?;
        let Some(step) = step else { bail!("{location} has no step to take back") };
        writeln!(std::io::stdout(), "took back {step}")?;
    }
    Ok(())
}

async fn status(location: &Location) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["step", "state", "applied at"]);
    for step in location.migration_status().await? {
        let name = format!("{:04}_{}", step.number, step.name);
        let applied_at = step.applied_at.map(written).unwrap_or_default();
        table.add_row([name.as_str(), step.state.as_str(), &applied_at]);
    }
    Ok(writeln!(std::io::stdout(), "{}", table.trim_fmt())?)
}

fn written(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|at| format!("{at:.0}")).unwrap_or_default()
}

fn create(source: &Path, name: &str) -> anyhow::Result<()> {
    for file in migrate::create(source, name)? {
        writeln!(std::io::stdout(), "made {}", file.display())?;
    }
    Ok(())
}
