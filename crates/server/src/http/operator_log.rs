//! What operators move goes to the audit log, once it is settled. That money moved, and who asked for it, is in
//! the transaction itself, always; the line adds from where, and what was refused. So a line that cannot be
//! written does not turn an answer that is true into an error: the log says so instead.

use super::edge::RequestContext;
use super::{ApiError, AppState, bulk};
use crate::auth::Identity;
use crate::clock;
use florin_ledger::{Movement, Outcome, Settlement};
use florin_store::{AuditAction, AuditLine, Subject};

/// What a movement is called in the log.
pub(super) const fn action(movement: &Movement) -> AuditAction {
    match movement {
        Movement::Transfer { .. } | Movement::Payout { .. } => AuditAction::MoneyTransferred,
        Movement::Deposit { .. } => AuditAction::MoneyDeposited,
        Movement::Withdrawal { .. } => AuditAction::MoneyWithdrawn,
        Movement::TopUp { .. } => AuditAction::MoneyToppedUp,
        Movement::Spend { .. } => AuditAction::MoneySpent,
        Movement::Bonus { .. } => AuditAction::MoneyBonusPaid,
        Movement::Reversal { .. } | Movement::ReversalOfAvailable { .. } => AuditAction::MoneyReversed,
    }
}

/// Writes what became of one movement, if an operator asked for it now.
pub(super) async fn moved(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    action: AuditAction,
    outcome: &Outcome,
) {
    let line = match outcome {
        Outcome::Replayed(_) => return,
        Outcome::Rejected(rejection) => AuditLine::refused(action, None).with("code", rejection.code()),
        Outcome::Settled(transaction) => {
            let subject = Subject::Transaction(transaction.id);
            let line = match transaction.settlement {
                Settlement::Completed { .. } => AuditLine::done(action, subject),
                Settlement::Failed(failure) => {
                    AuditLine::refused(action, subject).with("code", failure.code())
                }
            };
            line.with("amount", transaction.amount.display(transaction.scale))
                .with("asset", transaction.asset)
        }
    };
    append(state, caller, context, line).await;
}

/// Writes what became of a bulk, if an operator asked for it now: one line for all of it.
pub(super) async fn bulk_moved(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    result: &Result<Vec<bulk::Item>, ApiError>,
) {
    let action = AuditAction::MoneyBulkMoved;
    let line = match result {
        Ok(items) => {
            let done = items.iter().filter(|item| matches!(item, Ok((_, is_replay)) if !is_replay)).count();
            let refused = items.iter().filter(|item| item.is_err()).count();
            let line = match (done, refused) {
                (0, 0) => return,
                (0, _) => AuditLine::refused(action, None),
                _ => AuditLine::done(action, None),
            };
            line.with("done", done).with("refused", refused)
        }
        Err(error) => {
            let problem = error.problem();
            if problem.status >= 500 {
                return;
            }
            AuditLine::refused(action, None).with("code", problem.code.as_str())
        }
    };
    append(state, caller, context, line).await;
}

async fn append(state: &AppState, caller: &Identity, context: &RequestContext, line: AuditLine) {
    if !caller.is_operator() {
        return;
    }
    let origin = context.origin(caller.actor());
    let action = line.action.as_str();
    if let Err(error) = state.store.append_audit_line(caller.ledger, line, origin, clock::now()).await {
        tracing::error!(request_id = context.id(), action, %error, "an operator's movement is not in the audit log");
    }
}
