//! `florin audit`: derives everything from the entries again, also while a server works on the store.
//! It only reads.

use super::StoreFlags;
use super::location::Location;
use clap::Args;
use florin_ledger::LedgerId;
use florin_store::AuditReport;
use std::io::Write;
use std::process::ExitCode;

/// Prove that the books are in order, or name each fault
///
/// The exit code is 0 when they are, 1 when there are faults, and 2 when the audit could not be made.
#[derive(Args)]
pub(super) struct AuditArgs {
    /// Answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreFlags,
}

pub(super) async fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let location = Location::of(&args.store.settings()?);
    let report = location.open_to_read().await?.audit(LedgerId::MAIN).await?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{:#}", json(&report))?;
    } else {
        write_text(&mut out, &report)?;
    }
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn write_text(out: &mut impl Write, report: &AuditReport) -> std::io::Result<()> {
    for fault in &report.faults {
        writeln!(out, "FAULT: {fault}")?;
    }
    let AuditReport { assets, wallets, transactions, entries, faults } = report;
    let verdict = match faults.len() {
        0 => "OK".to_owned(),
        AuditReport::FAULTS_MAX => format!("{} faults or more", AuditReport::FAULTS_MAX),
        count => format!("{count} faults"),
    };
    writeln!(
        out,
        "{verdict}: {assets} assets, {wallets} wallets, {transactions} transactions, {entries} entries"
    )
}

fn json(report: &AuditReport) -> serde_json::Value {
    serde_json::json!({
        "ok": report.is_ok(),
        "assets": report.assets,
        "wallets": report.wallets,
        "transactions": report.transactions,
        "entries": report.entries,
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
