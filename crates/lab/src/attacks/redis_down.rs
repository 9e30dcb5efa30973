//! A cache that dies, forgets, and comes back with what it knew some time ago.

use super::evidence::Evidence;
use super::load::{Load, OPENING, Sent};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Caller};
use crate::money::Money;
use crate::redis::Redis;
use crate::target::Target;
use futures_util::future::{join, join_all};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const CLIENTS: usize = 8;
/// What happens between two faults, in milliseconds.
const PAUSES: std::ops::Range<u64> = 100..400;

pub(super) const ATTACK: Attack = Attack {
    id: "redis-down",
    does: "kills Redis, starts it again, empties it, and restores it from an old snapshot, in some order, while 8 \
           clients transfer and look at what they have left",
    expected: "everybody sees what they have, and pays with that alone",
    fault: "asks Redis for balances first, and believes it",
    needs: Needs::Redis,
    run: |round| Box::pin(run(round)),
};

#[derive(Clone, Copy, Debug)]
enum Fault {
    Kill,
    StartAgain,
    Flush,
    Restore,
}

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, redis) = (round.target, round.grounds()?.redis()?);
    let load = Load::prepare(target, CLIENTS).await?;
    let is_over = AtomicBool::new(false);
    let faults = async {
        let made = make_faults(target, redis, &mut round.random).await;
        is_over.store(true, Ordering::SeqCst);
        made
    };
    let clients = join_all((0..load.clients()).map(|client| pay_and_look(target, &load, client, &is_over)));
    let (clients, made) = join(clients, faults).await;
    made?;

    let mut evidence = Evidence::default();
    let (mut sent, mut wrong) = (Vec::new(), Vec::new());
    for (of_client, seen) in clients {
        sent.extend(of_client);
        wrong.extend(seen);
    }
    if let Some(first) = wrong.first() {
        evidence.against_if(true, || format!("{} looks were wrong, the first: {first}", wrong.len()));
    }
    let refused = sent.iter().find(|one| matches!(one.answer, Answer::Refused { .. }));
    if let Some(Sent { answer, .. }) = refused {
        evidence.against_if(true, || format!("a transfer that has the money: {answer}"));
    }
    load.settle(target, sent, &mut evidence).await?;
    evidence.judge(&[])
}

/// One after the other, with the snapshot taken when everybody pays already. Redis runs in the end.
async fn make_faults(target: &Target, redis: &Redis, random: &mut StdRng) -> anyhow::Result<()> {
    let pause = |random: &mut StdRng| tokio::time::sleep(Duration::from_millis(random.random_range(PAUSES)));
    pause(random).await;
    redis.save().await?;
    let mut faults = [[Fault::Kill, Fault::StartAgain], [Fault::Flush, Fault::Restore]];
    faults.shuffle(random);
    for fault in faults.as_flattened() {
        pause(random).await;
        match fault {
            Fault::Kill => redis.kill()?,
            Fault::StartAgain => redis.start_again().await?,
            Fault::Flush => redis.flush().await?,
            Fault::Restore => redis.restore().await?,
        }
        target.mark(format!("Redis: {fault:?}"));
    }
    pause(random).await;
    Ok(())
}

/// Transfers there and back, and looks at what is left after each: what was sent, and what was seen that cannot be.
async fn pay_and_look(
    target: &Target,
    load: &Load,
    client: usize,
    is_over: &AtomicBool,
) -> (Vec<Sent>, Vec<String>) {
    let (mut sent, mut wrong) = (Vec::new(), Vec::new());
    for number in 0.. {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let call = target.asks(Caller::House, load.transfer(client, number));
        let answer = target.call(call.clone()).await;
        let is_done = answer.is_done();
        sent.push(Sent { client, call, answer });
        if !is_done {
            // From here on what is there is in doubt.
            break;
        }
        // Even ones leave, odd ones come back.
        let wallet = load.giver(client);
        let must = Money::whole(OPENING) - Money::whole(i64::from(number % 2 == 0));
        match target.house(Ask::Look { wallet }).await {
            Answer::Balances { balances } if balances != [must] => {
                wrong.push(format!("{} where there must be {must}", Answer::Balances { balances }));
            }
            _ => {}
        }
    }
    (sent, wrong)
}
