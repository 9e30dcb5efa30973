//! A server that stops in the middle of what it does, and goes on as if nothing had been.

use super::crowd::Crowd;
use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use futures_util::future::join;
use rand::RngExt;
use std::time::Duration;

/// What each client asks for.
const EACH: usize = 15;
/// How long both servers work before one is frozen, and for how long it is, in milliseconds.
const UNTIL_THE_FREEZE: std::ops::Range<u64> = 0..150;
const FROZEN: std::ops::Range<u64> = 50..1_500;
/// Longer than a server waits for a lock that the frozen one may hold; one round in so many.
const FROZEN_LONG: Duration = Duration::from_secs(7);
const LONG_ONE_IN: u32 = 12;

pub(super) const ATTACK: Attack = Attack {
    id: "frozen-server",
    does: "two servers on one database are asked for the same things under the same keys; one is frozen in the middle \
           of its commits, the other goes on, and the first one wakes and goes on too",
    expected: "one effect and one answer a key, every total right, and nobody was told what is not true",
    fault: "writes the balances that it computed before it slept",
    needs: Needs::Servers,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, grounds) = (round.target, round.grounds()?);
    let random = &mut round.random;
    let until_the_freeze = Duration::from_millis(random.random_range(UNTIL_THE_FREEZE));
    let is_long = random.random_ratio(1, LONG_ONE_IN);
    let frozen = if is_long { FROZEN_LONG } else { Duration::from_millis(random.random_range(FROZEN)) };
    let crowd = Crowd::prepare(target, random, grounds.addresses(), EACH).await?;
    let freeze = async {
        tokio::time::sleep(until_the_freeze).await;
        target.mark("server 1 frozen");
        grounds.freeze(1)?;
        tokio::time::sleep(frozen).await;
        target.mark("server 1 goes on");
        grounds.thaw(1)
    };
    let (asked, thawed) = join(crowd.run(target), freeze).await;
    thawed?;
    let mut evidence = Evidence::default();
    crowd.settle(target, asked, &mut evidence).await?;
    evidence.judge(&[])
}
