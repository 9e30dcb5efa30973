//! A server that is killed while it writes.

use super::evidence::Evidence;
use super::load::Load;
use super::{Attack, Judgement, Needs, Round};
use rand::RngExt;
use std::time::Duration;

const CLIENTS: usize = 16;
/// How long the load goes on before the kill, in milliseconds.
const UNTIL_THE_KILL: std::ops::Range<u64> = 5..250;

pub(super) const ATTACK: Attack = Attack {
    id: "crash-mid-write",
    does: "kills the server at a random moment while 16 clients transfer money, starts it again, and sends every request \
           of the last moments once more",
    expected: "what was acknowledged is there, once; what was not is there whole or not at all, and its retry tells",
    fault: "writes a transfer in several commits, and its key in one more: the kill comes between them",
    needs: Needs::Grounds,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, grounds) = (round.target, round.grounds()?);
    let load = Load::prepare(target, CLIENTS).await?;
    let patience = Duration::from_millis(round.random.random_range(UNTIL_THE_KILL));
    let kill = async {
        tokio::time::sleep(patience).await;
        target.mark("server killed");
        grounds.kill(0)
    };
    let (sent, killed) = futures_util::future::join(load.run_until_it_breaks(target), kill).await;
    killed?;
    grounds.start_again(0).await?;
    target.mark("started again");

    let mut evidence = Evidence::default();
    load.settle(target, sent, &mut evidence).await?;
    evidence.judge(&[])
}
