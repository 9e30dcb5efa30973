//! `florin lab`: the failure lab on the command line.

mod check;

use super::beside;
use super::serve::stop_signal;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use florin_lab::attacks::{ATTACKS, Attack};
use florin_lab::report::Report;
use florin_lab::run::{Options, Store, Subject};
use florin_lab::{attacks, run, specimen};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The folder of pictures in a report's.
const PICTURES: &str = "pictures";

/// Break a fragile wallet, and fail to break Florin, with the same attacks
#[derive(Args)]
pub(super) struct LabArgs {
    #[command(subcommand)]
    command: LabCommand,
}

#[derive(Subcommand)]
enum LabCommand {
    /// List the attacks
    List,
    Run(RunArgs),
    Check(check::CheckArgs),
    #[command(hide = true)]
    Specimen(SpecimenArgs),
}

/// Make attacks on a fragile specimen and on Florin
///
/// Both are started as processes of their own in temporary places. The exit code is 0 only if the specimen broke and
/// Florin held on every attack, 1 if not, and 2 if the lab itself could not work.
#[derive(Args)]
struct RunArgs {
    /// Which attacks; all if none is named
    #[arg(value_name = "ATTACK", value_parser = parse_attack)]
    attacks: Vec<&'static Attack>,
    /// Attack only this: specimen, florin, or a Florin that is there already, http://HOST:PORT. It gets users and an
    /// asset of the lab's own, and they stay
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// The secret of an API key of the server that is there already, with all scopes; better in the environment,
    /// because all users of a machine see flags
    #[arg(long, value_name = "TOKEN", env = "FLORIN_LAB_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// What the requests' randomness comes from: the same seed gives the same requests
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How often each attack is made, where the target does not break before
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many times as long as usual each round is, for attacks that have a length: list-append, read-skew
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    size: u32,
    /// What the targets keep their data in
    #[arg(long, value_name = "STORE", value_parser = ["sqlite", "postgres"], default_value = "sqlite")]
    store: String,
    /// The PostgreSQL server for --store postgres: the targets get new databases beside the one that is named
    #[arg(long, value_name = "URL", env = "FLORIN_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Write what was found into this folder: report.html for people, report.json for programs, and a picture of each
    /// attack on each target as pictures/ATTACK-TARGET.svg
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
}

/// Start the specimen; the lab does
#[derive(Args)]
struct SpecimenArgs {
    /// Where to listen for HTTP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// An SQLite file, or the URL of a PostgreSQL database, where it has a schema `specimen`; of its own, in both cases
    #[arg(
        long,
        value_name = "STORE",
        env = "FLORIN_LAB_SPECIMEN_STORE",
        hide_env_values = true,
        required_unless_present = "beside"
    )]
    store: Option<String>,
    /// The URL of a Redis that balances are kept in; none without it
    #[arg(long, value_name = "URL", env = "FLORIN_LAB_SPECIMEN_REDIS", hide_env_values = true)]
    redis: Option<String>,
    /// Keep everything in a temporary folder, and end when standard input does: with whoever started it
    #[arg(long, conflicts_with = "store")]
    beside: bool,
}

pub(super) async fn run(args: LabArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        LabCommand::List => {
            list();
            Ok(ExitCode::SUCCESS)
        }
        LabCommand::Run(args) => attack(args).await,
        LabCommand::Check(args) => check::run(&args),
        LabCommand::Specimen(SpecimenArgs { listen, store, redis, .. }) => {
            match store {
                Some(store) => specimen::serve(listen, &store, redis.as_deref()).await?,
                None => beside::serve(listen).await?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn list() {
    for Attack { id, does, expected, fault, .. } in ATTACKS {
        println!("{id}\n  does       {does}\n  must be    {expected}\n  specimen   {fault}");
    }
}

async fn attack(args: RunArgs) -> anyhow::Result<ExitCode> {
    let report_folder = args.report.clone();
    if let Some(folder) = &report_folder {
        // Before the work, not after it: a folder that cannot be made is noticed now.
        let pictures = folder.join(PICTURES);
        std::fs::create_dir_all(&pictures).with_context(|| format!("making {}", pictures.display()))?;
    }
    let names_attacks = !args.attacks.is_empty();
    let options = args.options()?;
    let left_out = ATTACKS.iter().filter_map(|attack| Some((attack, options.stands_against(attack)?)));
    let left_out: Vec<_> = left_out.filter(|_| !names_attacks).collect();
    let report = run::run(&options, stop_signal()?).await?;
    print!("{report}");
    for (attack, why) in left_out {
        println!("left out: {}, because {why}", attack.id);
    }
    if let Some(folder) = &report_folder {
        keep(&report, folder)?;
    }
    Ok(if report.is_as_it_must_be() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn keep(report: &Report, folder: &Path) -> anyhow::Result<()> {
    write(&folder.join("report.json"), &serde_json::to_string_pretty(&report.to_json())?)?;
    let written_at = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    write(&folder.join("report.html"), &report.to_html(&written_at))?;
    let pictures = folder.join(PICTURES);
    report.pictures().iter().try_for_each(|picture| write(&pictures.join(&picture.name), &picture.svg))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

impl RunArgs {
    fn options(self) -> anyhow::Result<Options> {
        let subjects = self.subjects()?;
        let store = match (self.store.as_str(), self.database_url) {
            ("postgres", Some(url)) => Store::Postgres(url),
            ("postgres", None) => bail!("--store postgres needs FLORIN_DATABASE_URL or --database-url"),
            _ => Store::Sqlite,
        };
        let binary = std::env::current_exe().context("finding the binary")?;
        let (seed, rounds, size) = (self.seed, self.rounds, self.size);
        let mut options = Options { attacks: self.attacks, subjects, store, seed, rounds, size, binary };
        if options.attacks.is_empty() {
            options.attacks =
                ATTACKS.iter().filter(|attack| options.stands_against(attack).is_none()).collect();
        }
        for attack in &options.attacks {
            if let Some(why) = options.stands_against(attack) {
                bail!("{} cannot be made here: {why}", attack.id);
            }
        }
        Ok(options)
    }

    fn subjects(&self) -> anyhow::Result<Vec<Subject>> {
        Ok(match self.target.as_deref() {
            None => vec![Subject::Specimen, Subject::Florin],
            Some("specimen") => vec![Subject::Specimen],
            Some("florin") => vec![Subject::Florin],
            Some(url) => {
                let address = url.strip_prefix("http://").map(|address| address.trim_end_matches('/'));
                let address = address.filter(|address| !address.contains('/'));
                let address =
                    address.context("--target is specimen, florin, or http://HOST:PORT")?.to_owned();
                let token = self.token.clone().context("a server that is there already needs --token")?;
                vec![Subject::There { address, token }]
            }
        })
    }
}

fn parse_attack(id: &str) -> Result<&'static Attack, String> {
    attacks::find(id).ok_or_else(|| {
        let ids: Vec<&str> = ATTACKS.iter().map(|attack| attack.id).collect();
        format!("there are: {}", ids.join(", "))
    })
}
