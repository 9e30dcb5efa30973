//! What the audit log says of payouts.

use super::{Compensation, Payout, Progress, Steer};
use crate::{AuditAction, AuditLine, Subject};
use florin_ledger::{RunKind, Scale};
use std::fmt::Write as _;

impl AuditLine {
    /// A payout that was made.
    pub(crate) fn payout_created(payout: &Payout) -> Self {
        of(AuditAction::PayoutCreated, payout).with("source", payout.source).with("asset", payout.asset)
    }

    /// Something that was done with a payout's content: it was uploaded, approved or executed.
    pub(crate) fn payout_content(action: AuditAction, payout: &Payout, scale: Scale) -> Self {
        let line = of(action, payout);
        let Some(content) = payout.content else { return line };
        line.with("rows", content.rows)
            .with("total", content.total.display(scale))
            .with("digest", hex(&content.digest))
    }

    /// A payout whose failed rows are paid once more.
    pub(crate) fn payout_retried(payout: &Payout) -> Self {
        let line = of(AuditAction::PayoutRetried, payout);
        payout.payment.iter().fold(line, |line, payment| line.with("run", payment.number))
    }

    /// A payout that was stopped, or goes on.
    pub(crate) fn payout_steered(steer: Steer, payout: &Payout) -> Self {
        let action = match steer {
            Steer::Pause => AuditAction::PayoutPaused,
            Steer::Resume => AuditAction::PayoutResumed,
            Steer::Cancel => AuditAction::PayoutCancelled,
        };
        payout.payment.iter().fold(of(action, payout), with_counts)
    }

    /// A payout whose rows are reversed.
    pub(crate) fn payout_compensated(payout: &Payout) -> Self {
        let line = of(AuditAction::PayoutCompensated, payout);
        let Some(Compensation { selection, allows_partial, progress }) = &payout.compensation else {
            return line;
        };
        let line = line
            .with("run", progress.number)
            .with("rows", progress.rows)
            .with("named", selection.named)
            .with("allows_partial", allows_partial);
        let line = selection.first_row.iter().fold(line, |line, row| line.with("first_row", row));
        let line = selection.last_row.iter().fold(line, |line, row| line.with("last_row", row));
        selection.recipient.iter().fold(line, |line, wallet| line.with("recipient", wallet))
    }

    /// A run that has decided all its rows.
    pub(crate) fn payout_run_ended(kind: RunKind, payout: &Payout) -> Self {
        match kind {
            RunKind::Pay => {
                let line = of(AuditAction::PayoutEnded, payout).with("state", payout.state.as_str());
                payout.payment.iter().fold(line, with_counts)
            }
            RunKind::Compensate => {
                let line = of(AuditAction::PayoutCompensationEnded, payout);
                let progress = payout.compensation.iter().map(|compensation| &compensation.progress);
                progress.fold(line, with_counts)
            }
        }
    }
}

fn of(action: AuditAction, payout: &Payout) -> AuditLine {
    AuditLine::done(action, Subject::Payout(payout.id))
}

fn with_counts(line: AuditLine, progress: &Progress) -> AuditLine {
    line.with("run", progress.number)
        .with("done_rows", progress.done_rows)
        .with("failed_rows", progress.failed_rows)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _into_a_string = write!(text, "{byte:02x}");
        text
    })
}
