//! `florin lab check`: what the checker finds in a history that was kept.

use anyhow::Context;
use clap::Args;
use florin_lab::history::{Findings, check};
use florin_lab::report::{Kept, read};
use std::path::PathBuf;
use std::process::ExitCode;

/// Check a history that a run kept, by itself: the run, its targets and its oracles are not needed
///
/// The exit code is 0 if all histories in the file are clean, 1 if something was found that no correct wallet can have
/// answered, and 2 if the file cannot be read.
#[derive(Args)]
pub(super) struct CheckArgs {
    /// A report.json of `florin lab run --report`, or a history in a file of its own, as JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let name = args.file.display();
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("reading {name}"))?;
    let mut is_clean = true;
    for Kept { of, history } in read(&text).with_context(|| format!("reading {name}"))? {
        let findings = check(&history);
        let of = of.unwrap_or_else(|| name.to_string());
        println!("{of}: {} operations, {}", history.operations.len(), outcome(&findings));
        tell(&findings);
        is_clean &= findings.is_clean();
    }
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn outcome(findings: &Findings) -> String {
    match findings.counts.values().sum() {
        0 => "clean".to_owned(),
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    }
}

/// How many of each kind, and the first of them.
fn tell(findings: &Findings) {
    for (anomaly, count) in &findings.counts {
        println!("  {anomaly} ({count})");
        for example in findings.examples.iter().filter(|example| example.anomaly == *anomaly) {
            println!("    {}", example.text);
        }
    }
}
