//! A disk that fails in the middle of a commit, at each of its writes and syncs in turn.

use super::evidence::Evidence;
use super::load::Load;
use super::{Attack, Judgement, Needs, Round};
use crate::disk::{Action, Calls};
use rand::RngExt;

/// Clients, and how many transfers each of them makes: several commits that others wait for; and then one alone, so that
/// each of its calls has its turn and nothing comes after it that would mend what it left.
const LOADS: [(usize, usize); 2] = [(4, 3), (1, 1)];

pub(super) const ATTACK: Attack = Attack {
    id: "disk-fails",
    does: "lets one write or sync of the database, each in its turn, fail, be half done, find the disk full, be late, or be \
           the last before a kill or a power cut, while clients transfer money; sends every request again, cuts the power, \
           and sends them once more",
    expected: "what was acknowledged is there, once, on the disk; what was not is there whole or not at all, and its \
               retry tells",
    fault: "writes a transfer in several commits: one fails, and those before it stay",
    needs: Needs::Disk,
    run: |round| Box::pin(run(round)),
};

/// How many calls one commit of Florin has, with the log's head.
const CALLS: u64 = 13;

/// Among which calls of a larger load one is chosen.
const CALLS_OF_MANY: std::ops::RangeInclusive<u64> = 1..=60;

/// What befalls a call, and whether the server, if it still runs, is killed before anything is asked for again.
struct Case {
    action: fn(u64) -> Action,
    /// It befalls all calls from there on.
    stays: bool,
    then_kills: bool,
}

const CASES: [Case; 14] = [
    Case { action: |_| Action::Fail, stays: false, then_kills: false },
    Case { action: |_| Action::KillBefore, stays: false, then_kills: false },
    Case { action: |_| Action::Full, stays: true, then_kills: false },
    Case { action: |_| Action::CutBefore(0), stays: false, then_kills: false },
    Case { action: |_| Action::Fail, stays: false, then_kills: true },
    Case { action: |_| Action::KillHalf, stays: false, then_kills: false },
    Case { action: |_| Action::FailHalf, stays: false, then_kills: false },
    Case { action: Action::CutBefore, stays: false, then_kills: false },
    Case { action: |_| Action::Full, stays: false, then_kills: true },
    Case { action: |_| Action::KillAfter, stays: false, then_kills: false },
    Case { action: |_| Action::Fail, stays: true, then_kills: true },
    Case { action: Action::CutAfter, stays: false, then_kills: false },
    Case { action: |_| Action::FailHalf, stays: true, then_kills: true },
    Case { action: |_| Action::Delay(200), stays: false, then_kills: false },
];

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, grounds) = (round.target, round.grounds()?);
    let disk = grounds.disk()?;
    let number = usize::try_from(round.number - 1)?;
    let (pass, case) = (number / CASES.len(), &CASES[number % CASES.len()]);
    let (clients, transfers) = LOADS[pass % LOADS.len()];
    let call = match clients {
        1 => u64::try_from(pass / LOADS.len())? % CALLS + 1,
        _ => round.random.random_range(CALLS_OF_MANY),
    };
    let load = Load::prepare(target, clients).await?;

    let action = (case.action)(call);
    disk.arm(action, if case.stays { Calls::all_from(call) } else { Calls::only(call) })?;
    target.mark(format!("{action:?} at {call}"));
    let sent = load.run(target, transfers).await;
    disk.disarm()?;
    match action {
        Action::CutBefore(_) | Action::CutAfter(_) => {
            grounds.cut_power(0)?;
            grounds.start_again(0).await?;
        }
        Action::KillBefore | Action::KillHalf | Action::KillAfter => grounds.start_again(0).await?,
        _ if case.then_kills => grounds.start_again(0).await?,
        _ => {}
    }
    let mut evidence = Evidence::default();
    let told = load.settle(target, sent, &mut evidence).await?;
    if evidence.is_empty() {
        target.mark("power cut");
        grounds.cut_power(0)?;
        grounds.start_again(0).await?;
        load.settle(target, told, &mut evidence).await?;
    }
    evidence.judge(&[])
}
