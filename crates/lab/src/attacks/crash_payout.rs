//! Servers that are killed in the middle of a payout, and others that go on with it.

use super::evidence::Evidence;
use super::payroll::{Payroll, wait};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Call, Caller};
use crate::target::Target;
use futures_util::future::join;
use rand::RngExt;
use std::time::Duration;

const RECEIVERS: usize = 20;
const ROWS: usize = 300;
/// How long a payout goes on before each kill, in milliseconds.
const UNTIL_A_KILL: std::ops::Range<u64> = 0..150;

pub(super) const ATTACK: Attack = Attack {
    id: "crash-payout",
    does: "kills the server in the middle of a payout of 300 rows; then all servers go on with it at once (two, on \
           PostgreSQL), and one of them is killed again",
    expected: "every row is paid exactly once",
    fault: "marks a row as paid in a commit after those that pay it, and every server begins with the rows that it \
            finds unmarked",
    needs: Needs::ServersIfMay,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, grounds) = (round.target, round.grounds()?);
    let payroll = Payroll::prepare(&mut round, RECEIVERS, ROWS).await?;
    let execute = target.asks(Caller::House, payroll.open(target).await?);
    let addresses = grounds.addresses();
    for (asked, victim) in [(&addresses[..1], 0), (&addresses, round.random.random_range(0..addresses.len()))]
    {
        let patience = Duration::from_millis(round.random.random_range(UNTIL_A_KILL));
        let kill = async {
            tokio::time::sleep(patience).await;
            target.mark(format!("server {victim} killed"));
            grounds.kill(victim)
        };
        let (_, killed) = join(at(target, &execute, asked), kill).await;
        killed?;
        grounds.start_again(victim).await?;
        target.mark(format!("server {victim} started"));
    }
    // Whoever was not told whether it goes on asks again.
    let answers = at(target, &execute, &addresses).await;
    wait(target, &execute.ask).await?;

    let mut evidence = Evidence::default();
    payroll.check(target, &mut evidence).await?;
    for fault in target.audit().await? {
        evidence.against_if(true, || fault);
    }
    evidence.judge(&answers)
}

/// The same call at each of these servers, at once.
async fn at(target: &Target, call: &Call, servers: &[String]) -> Vec<Answer> {
    target.race_at(servers.iter().map(|server| (call.clone(), &**server)).collect()).await
}
