//! Payouts as the wire shows them. The house sees everything; a person sees what is done with their wallets, and of
//! others not who did it.

use super::pace::Pace;
use crate::auth::Identity;
use crate::auth::approval::Hex;
use crate::http::AppState;
use crate::http::view::{amount, time};
use florin_api as api;
use florin_ledger::{Principal, Scale, Timestamp};
use florin_store::payouts::{Compensation, Content, PayoutState, Progress, Selection};
use florin_store::{Actor, Payout};

/// A payout, as it is now.
pub(super) fn payout(
    state: &AppState,
    caller: &Identity,
    record: &Payout,
    scale: Scale,
    now: Timestamp,
) -> api::Payout {
    let content = record.content;
    let approval = approval(state, caller, record, scale);
    let is_running = record.state == PayoutState::Processing;
    api::Payout {
        id: record.id.0,
        name: record.name.clone(),
        source_wallet_id: record.source.0,
        asset: record.asset.to_string(),
        state: payout_state(record.state),
        created_at: time(record.created_at),
        created_by: who(caller, record.creator),
        rows: content.map_or(0, |content| content.rows),
        total: amount(total(content), scale),
        digest: content.map(|content| Hex(&content.digest).to_string()),
        draft: record.draft.map(|draft| api::PayoutDraft {
            rows: draft.counts.map(|counts| counts.rows),
            bad_rows: draft.counts.map(|counts| counts.bad_rows),
        }),
        approval: Some(approval).filter(|approval| approval.required || approval.at.is_some()),
        payment: record.payment.map(|progress| payment(&progress, is_running, scale, now)),
        compensation: record.compensation.map(|compensation| self::compensation(&compensation, scale)),
        reversed_total: amount(record.reversed_total, scale),
        version: record.version,
    }
}

/// Whether somebody else must agree with the rows in force, and has.
pub(super) fn approval(
    state: &AppState,
    caller: &Identity,
    record: &Payout,
    scale: Scale,
) -> api::PayoutApproval {
    let content = record.content;
    let given = record.approval.filter(|given| content.is_some_and(|content| content.digest == given.digest));
    api::PayoutApproval {
        required: content.is_some_and(|content| {
            state.settings.payouts.approval_from.covers(record.asset, content.total, scale)
        }),
        by: given.and_then(|given| who(caller, Principal::User(given.by))),
        at: given.map(|given| time(given.at)),
    }
}

fn total(content: Option<Content>) -> florin_ledger::Amount {
    content.map_or(florin_ledger::Amount::ZERO, |content| content.total)
}

fn who(caller: &Identity, principal: Principal) -> Option<String> {
    let actor = match principal {
        Principal::User(user) => Actor::User(user),
        Principal::Service(api_key) => Actor::ApiKey(api_key),
    };
    (caller.is_house() || caller.principal() == principal).then(|| actor.to_string())
}

fn payment(progress: &Progress, is_running: bool, scale: Scale, now: Timestamp) -> api::PayoutPayment {
    let pace = Pace::of(progress, is_running, now);
    api::PayoutPayment {
        run: progress.number,
        rows: progress.rows,
        paid_rows: progress.done_rows,
        paid_total: amount(progress.done_total, scale),
        failed_rows: progress.failed_rows,
        pending_rows: progress.rows - progress.done_rows - progress.failed_rows,
        started_at: time(progress.started_at),
        ended_at: progress.ended_at.map(time),
        rows_per_second: pace.rows_per_second,
        seconds_left: pace.seconds_left,
    }
}

fn compensation(compensation: &Compensation, scale: Scale) -> api::PayoutCompensation {
    let Compensation { selection, allows_partial, progress } = compensation;
    let Selection { named, first_row, last_row, recipient } = *selection;
    api::PayoutCompensation {
        run: progress.number,
        selection: api::CompensationSelection {
            named,
            first_row: first_row.map(|row| row.0),
            last_row: last_row.map(|row| row.0),
            recipient_wallet_id: recipient.map(|wallet| wallet.0),
        },
        allow_partial: *allows_partial,
        rows: progress.rows,
        reversed_rows: progress.done_rows,
        reversed_total: amount(progress.done_total, scale),
        failed_rows: progress.failed_rows,
        started_at: time(progress.started_at),
        ended_at: progress.ended_at.map(time),
        state: compensation_state(progress),
    }
}

const fn compensation_state(progress: &Progress) -> api::CompensationState {
    match (progress.ended_at, progress.done_rows, progress.failed_rows) {
        (None, ..) => api::CompensationState::Processing,
        (Some(_), _, 0) => api::CompensationState::Completed,
        (Some(_), 0, _) => api::CompensationState::Failed,
        (Some(_), ..) => api::CompensationState::PartiallyFailed,
    }
}

const fn payout_state(state: PayoutState) -> api::PayoutState {
    match state {
        PayoutState::Pending => api::PayoutState::Pending,
        PayoutState::Processing => api::PayoutState::Processing,
        PayoutState::Paused => api::PayoutState::Paused,
        PayoutState::Completed => api::PayoutState::Completed,
        PayoutState::PartiallyFailed => api::PayoutState::PartiallyFailed,
        PayoutState::Failed => api::PayoutState::Failed,
        PayoutState::Cancelled => api::PayoutState::Cancelled,
    }
}

/// The same the other way round, to filter by.
pub(super) const fn parse_state(state: api::PayoutState) -> PayoutState {
    match state {
        api::PayoutState::Pending => PayoutState::Pending,
        api::PayoutState::Processing => PayoutState::Processing,
        api::PayoutState::Paused => PayoutState::Paused,
        api::PayoutState::Completed => PayoutState::Completed,
        api::PayoutState::PartiallyFailed => PayoutState::PartiallyFailed,
        api::PayoutState::Failed => PayoutState::Failed,
        api::PayoutState::Cancelled => PayoutState::Cancelled,
    }
}
