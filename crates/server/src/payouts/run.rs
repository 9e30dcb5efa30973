//! One run of a payout: its undecided rows go through the committer in slices, a few at a time, until none is left.
//!
//! Nothing is kept in memory that matters. After anything unexpected the lease is taken anew, under the next fence:
//! from then on no slice that was sent before can change anything, so the rows that the store shows as undecided
//! are undecided, and the run goes on with them.

use super::runner::{Context, lease_until};
use crate::clock;
use crate::committer::SubmitError;
use florin_ledger::{
    Caller, Command, Decimal, Group, GroupOutcome, Metadata, Movement, PayoutSlice, Reference, RowNumber,
    Run, RunKind, Scale,
};
use florin_store::payouts::{Checked, PayoutRow};
use florin_store::{Payout, StoreError};
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// How long a slice may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait after something went wrong, at first and at most.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How a pass over the rows came to its end.
enum Pass {
    /// Every row is decided.
    Decided,
    /// Somebody else has the lease, or nobody may have it.
    LeaseLost,
    /// The server is stopping.
    Stopping,
    /// Something went wrong; the rows that are left are worth another pass.
    Broken,
}

/// Runs a payout whose lease was just taken.
pub(super) async fn run(mut context: Context, mut payout: Payout) {
    let id = payout.id;
    let mut pause = PAUSE_MIN;
    loop {
        let Some(run) = payout.run() else { return };
        tracing::info!(payout = %id, ?run, fence = %payout.fence, "running a payout");
        let left_before = left(&payout);
        let pass = match pass(&mut context, &payout, run).await {
            Ok(Pass::Decided) => match end(&context, &payout, run).await {
                Ok(()) => return,
                Err(error) => broken(&payout, &error),
            },
            Ok(pass) => pass,
            Err(error) => broken(&payout, &error),
        };
        match pass {
            Pass::Decided | Pass::LeaseLost => return,
            Pass::Stopping => return give_back(&context, &payout).await,
            Pass::Broken => tokio::time::sleep(pause).await,
        }
        match claim_again(&context, &payout).await {
            Some(claimed) => payout = claimed,
            None => return,
        }
        pause = if left(&payout) < left_before { PAUSE_MIN } else { (pause * 2).min(PAUSE_MAX) };
    }
}

fn broken(payout: &Payout, error: &StoreError) -> Pass {
    tracing::warn!(payout = %payout.id, %error, "a payout's run was interrupted");
    Pass::Broken
}

/// How many rows its run has not decided.
fn left(payout: &Payout) -> i64 {
    let compensation = payout.compensation.map(|compensation| compensation.progress);
    let progress = compensation.filter(|progress| progress.ended_at.is_none()).or(payout.payment);
    progress.map_or(0, |progress| progress.rows - progress.done_rows - progress.failed_rows)
}

/// Sends every undecided row through the committer.
async fn pass(context: &mut Context, payout: &Payout, run: Run) -> Result<Pass, StoreError> {
    let ledger = context.settings.ledger;
    let assets = context.store.assets(ledger).await?;
    let scale =
        assets.iter().find(|record| record.asset.code == payout.asset).map(|record| record.asset.scale);
    let scale =
        scale.ok_or_else(|| StoreError::Inconsistent(format!("there is no asset {}", payout.asset)))?;
    let mut after = RowNumber(0);
    let mut is_more = true;
    let mut sent: VecDeque<BoxFuture<'static, _>> = VecDeque::new();
    loop {
        if *context.stopping.borrow_and_update() {
            is_more = false;
        }
        while is_more && sent.len() < context.settings.slices_max {
            let limit = context.settings.slice_rows;
            let rows = context.store.undecided_rows(ledger, payout, run, after, limit).await?;
            is_more = rows.len() == limit;
            let Some(last) = rows.last() else { break };
            after = last.uploaded.number;
            let group = slice(context, payout, run, scale, &rows)?;
            sent.push_back(Box::pin(context.committer.submit_group(group, Instant::now() + PATIENCE)));
        }
        let Some(answer) = sent.pop_front() else { break };
        match answer.await {
            Ok(GroupOutcome::Done(_)) => {}
            Ok(GroupOutcome::Superseded | GroupOutcome::Refused { .. }) => return Ok(Pass::LeaseLost),
            Err(SubmitError::Stopping) => return Ok(Pass::Stopping),
            Err(error) => {
                tracing::warn!(payout = %payout.id, %error, "a slice of a payout was not answered");
                return Ok(Pass::Broken);
            }
        }
    }
    Ok(if *context.stopping.borrow() { Pass::Stopping } else { Pass::Decided })
}

/// The commands of rows that stand one after the other.
fn slice(
    context: &Context,
    payout: &Payout,
    run: Run,
    scale: Scale,
    rows: &[PayoutRow],
) -> Result<Group, StoreError> {
    let commands = rows.iter().map(|row| {
        command(payout, run, scale, row).ok_or_else(|| {
            let number = row.uploaded.number;
            StoreError::Inconsistent(format!("row {number} of payout {} has nothing to do", payout.id))
        })
    });
    let slice = PayoutSlice {
        run,
        fence: payout.fence,
        lease_until: lease_until(clock::now(), context.settings.lease),
        rows: rows.iter().map(|row| row.uploaded.number).collect(),
    };
    let commands = commands.collect::<Result<_, _>>()?;
    Ok(Group { payout: Some(slice), ..Group::independent(commands) })
}

fn command(payout: &Payout, run: Run, scale: Scale, row: &PayoutRow) -> Option<Command> {
    let number = row.uploaded.number;
    match run.kind {
        RunKind::Pay => {
            let Checked::Good { wallet, amount } = row.uploaded.checked else { return None };
            let movement =
                Movement::Payout { from: payout.source, to: wallet, amount: Decimal::of(amount, scale)? };
            let command = run.command(payout.payment?.caller, number, movement);
            Some(with_notes(command, row))
        }
        RunKind::Compensate => {
            let compensation = payout.compensation?;
            let of = row.outcome.as_ref()?.transaction?;
            let movement = if compensation.allows_partial {
                Movement::ReversalOfAvailable { of }
            } else {
                Movement::Reversal { of, amount: None }
            };
            // Whoever may compensate was asked when it was asked for. The receivers are not: the house takes back.
            let caller = Caller { is_house: true, ..compensation.progress.caller };
            Some(run.command(caller, number, movement))
        }
    }
}

/// What the file says beside recipient and amount. It was checked when it was uploaded.
fn with_notes(command: Command, row: &PayoutRow) -> Command {
    let reference = row.uploaded.reference.as_deref().and_then(|text| Reference::parse(text).ok());
    let memo = row.uploaded.memo.as_deref().map(|memo| serde_json::json!({ "memo": memo }).to_string());
    let metadata = memo.and_then(|json| Metadata::parse(&json).ok());
    Command { reference, metadata, ..command }
}

async fn end(context: &Context, payout: &Payout, run: Run) -> Result<(), StoreError> {
    let ended = context.store.end_run(context.settings.ledger, run, payout.fence, clock::now()).await?;
    if let Some(payout) = ended {
        tracing::info!(payout = %payout.id, state = payout.state.as_str(), "a payout's run has ended");
    }
    Ok(())
}

/// Takes the lease anew, as long as nobody else has; `None` where somebody has, or the run is over.
async fn claim_again(context: &Context, payout: &Payout) -> Option<Payout> {
    let mut pause = PAUSE_MIN;
    while !*context.stopping.borrow() {
        let now = clock::now();
        let until = lease_until(now, context.settings.lease);
        let held = Some((payout.id, payout.fence));
        match context.store.claim_payout(context.settings.ledger, held, now, until).await {
            Ok(claimed) => return claimed,
            Err(error) => {
                tracing::warn!(payout = %payout.id, %error, "a payout's lease cannot be taken anew");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
    None
}

/// Ends the lease, so that another server need not wait for that.
async fn give_back(context: &Context, payout: &Payout) {
    let now = clock::now();
    let held = Some((payout.id, payout.fence));
    let released = context.store.claim_payout(context.settings.ledger, held, now, now).await;
    if let Err(error) = released {
        tracing::warn!(payout = %payout.id, %error, "a payout's lease was not given back; it ends by itself");
    }
}
