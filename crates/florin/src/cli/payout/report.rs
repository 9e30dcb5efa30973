//! What `florin payout` tells whoever runs it.

use florin_api::{Payout, PayoutFinding, PayoutPreflight, PayoutState, Problem};
use indicatif::ProgressBar;
use std::io::{self, Write};

/// How many faults are told; the file has all of them.
const FAULTS_MAX: usize = 20;

/// Rows that are wrong.
pub(super) fn bad_rows(out: &mut impl Write, problem: &Problem) -> io::Result<()> {
    let (rows, bad) = (problem.rows.unwrap_or_default(), problem.bad_rows.unwrap_or_default());
    writeln!(out, "{bad} of {rows} rows are wrong:")?;
    for error in problem.errors.iter().take(FAULTS_MAX) {
        writeln!(out, "  line {}, {}: {}", error.line, error.column, error.detail)?;
    }
    if problem.errors.len() > FAULTS_MAX {
        writeln!(out, "  and more")?;
    }
    Ok(())
}

/// What would be paid.
pub(super) fn preflight(out: &mut impl Write, payout: &Payout, found: &PayoutPreflight) -> io::Result<()> {
    let (id, asset) = (payout.id, &payout.asset);
    writeln!(out, "Payout {id}: {} rows, {} {asset} in all", found.rows, found.total)?;
    writeln!(out, "  wallet {} has {} {asset}", found.source.wallet_id, found.source.available)?;
    for (what, finding) in [
        ("to frozen wallets", &found.frozen),
        ("to closed wallets", &found.closed),
        ("paid twice", &found.duplicates),
    ] {
        if finding.count > 0 {
            writeln!(out, "  {} rows {what}: {}", finding.count, rows(finding))?;
        }
    }
    for row in found.largest.iter().take(3) {
        writeln!(out, "  row {} pays {} {asset} to {}", row.row, row.amount, row.recipient_id)?;
    }
    found.problems.iter().try_for_each(|problem| writeln!(out, "  note: {problem}"))
}

fn rows(finding: &PayoutFinding) -> String {
    let first: Vec<_> = finding.rows.iter().take(10).map(ToString::to_string).collect();
    let more = if finding.rows.len() > first.len() { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}

/// How far it is.
pub(super) fn progress(bar: &ProgressBar, payout: &Payout) {
    let Some(payment) = &payout.payment else { return };
    let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
    bar.set_length(count(payment.rows));
    bar.set_position(count(payment.rows - payment.pending_rows));
    let rate = payment.rows_per_second.map(|rate| format!("{rate:.0}/s")).unwrap_or_default();
    let left = payment.seconds_left.map(|seconds| format!(", {seconds} s left")).unwrap_or_default();
    bar.set_message(format!("{rate}{left}"));
}

/// How it ended.
pub(super) fn ended(out: &mut impl Write, payout: &Payout) -> io::Result<()> {
    let state = match payout.state {
        PayoutState::Completed => "all rows were paid",
        PayoutState::PartiallyFailed => "some rows were not paid",
        PayoutState::Failed => "no row could be paid",
        PayoutState::Cancelled => "somebody cancelled it",
        PayoutState::Pending | PayoutState::Processing | PayoutState::Paused => "it goes on",
    };
    writeln!(out, "Payout {}: {state}", payout.id)?;
    let Some(payment) = &payout.payment else { return Ok(()) };
    let asset = &payout.asset;
    writeln!(
        out,
        "  {} of {} rows paid, {} {asset} in all; {} failed",
        payment.paid_rows, payment.rows, payment.paid_total, payment.failed_rows
    )
}
