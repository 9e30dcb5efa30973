//! A server that is killed while it writes.

use super::evidence::Evidence;
use super::load::Load;
use super::{Attack, Judgement, Needs, Round};
use crate::proxy::{Point, Proxy, When};
use futures_util::future::join;
use rand::RngExt;
use std::time::Duration;

const CLIENTS: usize = 16;
/// How long the load goes on before the kill, in milliseconds.
const UNTIL_THE_KILL: std::ops::Range<u64> = 5..250;
/// How many messages to PostgreSQL are tried in turn; a transfer that has a commit to itself needs fewer.
const STEPS: u32 = 40;
/// How long a message may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) const ATTACK: Attack = Attack {
    id: "crash-mid-write",
    does: "kills the server at a random moment while 16 clients transfer money, starts it again, and sends every request \
           of the last moments once more; on PostgreSQL every other kill is at the next step of a commit: before or after \
           a certain message",
    expected: "what was acknowledged is there, once; what was not is there whole or not at all, and its retry tells",
    fault: "writes a transfer in several commits, and its key in one more: the kill comes between them",
    needs: Needs::Network,
    run: |round| Box::pin(run(round)),
};

/// A step of a commit: the n-th message after a beginning, and whether PostgreSQL still gets it.
struct Step {
    message: u64,
    point: Point,
    /// One client, so that the steps of one commit come in their order; or as many as ever.
    clients: usize,
}

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, grounds) = (round.target, round.grounds()?);
    let step = grounds.network().and_then(|network| Some((network, step(round.number)?)));
    let clients = step.as_ref().map_or(CLIENTS, |(_, step)| step.clients);
    let load = Load::prepare(target, clients).await?;
    let patience = Duration::from_millis(round.random.random_range(UNTIL_THE_KILL));
    let kill = async {
        if let Some((network, step)) = &step {
            return kill_at(network, step, &round).await;
        }
        tokio::time::sleep(patience).await;
        target.mark("server killed");
        grounds.kill(0)
    };
    let (sent, killed) = join(load.run_until_it_breaks(target), kill).await;
    killed?;
    grounds.start_again(0).await?;
    target.mark("started again");

    let mut evidence = Evidence::default();
    load.settle(target, sent, &mut evidence).await?;
    evidence.judge(&[])
}

/// The step of every second round: all of them in turn, before and after, with one client and then with many.
fn step(round: u32) -> Option<Step> {
    let number = (round.is_multiple_of(2)).then(|| round / 2 - 1)?;
    let point = if number.is_multiple_of(2) { Point::Before } else { Point::After };
    let (pass, message) = (number / 2 / STEPS, number / 2 % STEPS + 1);
    Some(Step { message: message.into(), point, clients: if pass.is_multiple_of(2) { 1 } else { CLIENTS } })
}

async fn kill_at(network: &Proxy, step: &Step, round: &Round<'_>) -> anyhow::Result<()> {
    let mut trap = network.trap(When::Message(step.message), step.point);
    let caught = tokio::time::timeout(PATIENCE, trap.caught()).await.ok();
    let place = caught.as_ref().map_or("no message", |caught| &caught.message);
    round.target.mark(format!("server killed, {:?} {place}", step.point));
    // What is held is let go afterwards, when nobody is there to go on with it.
    round.grounds()?.kill(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_its_turn() {
        let steps: Vec<Step> = (1..=4 * STEPS).filter_map(step).collect();
        for message in 1..=STEPS {
            for point in [Point::Before, Point::After] {
                let is_it = |step: &&Step| (step.message, step.point) == (message.into(), point);
                assert_eq!(steps.iter().filter(is_it).count(), 1, "{message} {point:?}");
            }
        }
        assert!(steps.iter().all(|step| step.clients == 1));
        assert_eq!(step(4 * STEPS + 2).unwrap().clients, CLIENTS);
    }
}
