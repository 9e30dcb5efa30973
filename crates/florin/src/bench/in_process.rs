//! Load on the committer itself, without HTTP: so many callers, each of whom waits for its answer.

use super::measure::{Round, Tally, Window};
use super::mix::Transfers;
use anyhow::{Context, bail};
use florin_ledger::{Caller, Command, Group, GroupOutcome, Outcome, Settlement};
use florin_server::committer::Committer;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Longer than any command waits here: a load is not to lose any.
const PATIENCE: Duration = Duration::from_mins(2);

/// Single transfers by so many callers at once.
pub(super) async fn singles(
    committer: &Committer,
    transfers: &Transfers,
    caller: Caller,
    in_flight: usize,
    window: Window,
) -> anyhow::Result<Round> {
    let mut callers = JoinSet::new();
    for worker in (0..).take(in_flight) {
        let (committer, transfers) = (committer.clone(), transfers.of_worker(worker));
        callers.spawn(async move {
            let mut tally = Tally::new(window);
            for transfer in transfers {
                if window.is_over() {
                    break;
                }
                let command = transfer.command(caller);
                let began = Instant::now();
                let outcome =
                    committer.submit(command, (began + PATIENCE).into()).await.context("a transfer")?;
                demand_completed(&outcome)?;
                tally.record(began, 1);
            }
            anyhow::Ok(tally)
        });
    }
    let mut tallies = Vec::with_capacity(in_flight);
    while let Some(tally) = callers.join_next().await {
        tallies.push(tally??);
    }
    Ok(Round::of(window, tallies))
}

/// Submits all the commands, in groups of so many, several groups at a time. Calls `done` after each group.
pub(super) async fn fill(
    committer: &Committer,
    commands: impl Iterator<Item = Command>,
    done: impl Fn(usize),
) -> anyhow::Result<()> {
    const GROUP: usize = 1000;
    const GROUPS_AT_ONCE: usize = 12;
    let mut commands = commands.peekable();
    let mut groups = JoinSet::new();
    while commands.peek().is_some() {
        if groups.len() == GROUPS_AT_ONCE
            && let Some(made) = groups.join_next().await
        {
            done(made??);
        }
        let group: Vec<_> = commands.by_ref().take(GROUP).collect();
        groups.spawn(submit_all(committer.clone(), group));
    }
    while let Some(made) = groups.join_next().await {
        done(made??);
    }
    Ok(())
}

async fn submit_all(committer: Committer, commands: Vec<Command>) -> anyhow::Result<usize> {
    let count = commands.len();
    let group = Group::independent(commands);
    match committer.submit_group(group, (Instant::now() + PATIENCE).into()).await? {
        GroupOutcome::Done(outcomes) => outcomes.iter().try_for_each(demand_completed)?,
        refused => bail!("a group was refused: {refused:?}"),
    }
    Ok(count)
}

fn demand_completed(outcome: &Outcome) -> anyhow::Result<()> {
    match outcome {
        Outcome::Settled(transaction) if matches!(transaction.settlement, Settlement::Completed { .. }) => {
            Ok(())
        }
        other => bail!("a transfer was not made: {other:?}"),
    }
}
