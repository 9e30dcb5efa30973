//! An answer that is lost on its way, after what it tells of has happened.

use super::evidence::Evidence;
use super::load::{Load, Sent};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Call, Caller};
use crate::proxy::{Point, Proxy, When};
use crate::target::Target;
use futures_util::future::{join, join_all};
use rand::RngExt;
use rand::rngs::StdRng;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: usize = 16;
/// How many transfers each client makes without hearing of them.
const UNHEARD: usize = 7;
/// For how long clients wait that do not wait for the answer, in microseconds.
const HASTE: std::ops::Range<u64> = 0..15_000;
/// How many connections to PostgreSQL are cut.
const CUTS: usize = 100;
/// One cut in so many is not made at a commit, but at any message.
const ELSEWHERE: usize = 10;
/// Among how many messages that one is.
const MESSAGES: std::ops::RangeInclusive<u64> = 1..=30;
/// How long a message may take to come under load; who sends no commits is not waited for a second time.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) const ATTACK: Attack = Attack {
    id: "cut-reply",
    does: "16 clients transfer and hang up, before the answer comes or when it does, and ask again; on PostgreSQL its \
           answers to 100 commits are cut off too, while they go on",
    expected: "the retry tells what came of the first request, and there is one effect",
    fault: "stores what it answers after what it does, if it is still there to do it",
    needs: Needs::Network,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let (target, grounds) = (round.target, round.grounds()?);
    let load = Load::prepare(target, CLIENTS).await?;
    let mut sent = hang_up(target, &load, &mut round.random).await;
    if let Some(network) = grounds.network() {
        target.mark("commits are cut");
        let is_over = AtomicBool::new(false);
        let cuts = cut(network, &mut round.random, &is_over);
        let (transfers, made) = join(transfer_meanwhile(target, &load, &is_over), cuts).await;
        target.mark(format!("{made} were cut"));
        sent.extend(transfers);
    }
    let mut evidence = Evidence::default();
    let refused = sent.iter().find(|one| matches!(one.answer, Answer::Refused { .. }));
    if let Some(Sent { answer, .. }) = refused {
        evidence.against_if(true, || format!("a transfer that has the money: {answer}"));
    }
    load.settle(target, sent, &mut evidence).await?;
    evidence.judge(&[])
}

/// Everybody transfers without hearing of it, and asks again at once.
async fn hang_up(target: &Target, load: &Load, random: &mut StdRng) -> Vec<Sent> {
    let clients: Vec<_> = (0..load.clients())
        .map(|client| {
            let waits = std::array::from_fn::<_, UNHEARD, _>(|_| {
                random.random_bool(0.5).then(|| Duration::from_micros(random.random_range(HASTE)))
            });
            async move {
                let mut sent = Vec::new();
                for (number, wait) in waits.into_iter().enumerate() {
                    let call = target.asks(Caller::House, load.transfer(client, number));
                    target.hang_up_on(call.clone(), wait).await;
                    let answer = until_clear(target, &call).await;
                    sent.push(Sent { client, call, answer });
                }
                sent
            }
        })
        .collect();
    join_all(clients).await.into_iter().flatten().collect()
}

/// Everybody transfers, and asks again where they do not hear what came of it.
async fn transfer_meanwhile(target: &Target, load: &Load, is_over: &AtomicBool) -> Vec<Sent> {
    let clients = (0..load.clients()).map(async |client| {
        let mut sent = Vec::new();
        for number in UNHEARD.. {
            if is_over.load(Ordering::SeqCst) {
                break;
            }
            let call = target.asks(Caller::House, load.transfer(client, number));
            let answer = until_clear(target, &call).await;
            sent.push(Sent { client, call, answer });
        }
        sent
    });
    join_all(clients).await.into_iter().flatten().collect()
}

/// Asks until somebody says what came of it, or nobody will.
async fn until_clear(target: &Target, call: &Call) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = target.call(call.clone()).await;
        if !answer.is_unclear() || begun.elapsed() > PATIENCE {
            return answer;
        }
    }
}

/// Cuts connections to the database: when a commit has been done and nobody was told, and now and then elsewhere. How
/// many there were.
async fn cut(network: &Proxy, random: &mut StdRng, is_over: &AtomicBool) -> usize {
    let (mut commits, mut made) = (true, 0);
    for number in 1..=CUTS {
        let elsewhere = When::Message(random.random_range(MESSAGES));
        let when = if commits && !number.is_multiple_of(ELSEWHERE) { When::Commit } else { elsewhere };
        let mut trap = network.trap(when, Point::After);
        match tokio::time::timeout(PATIENCE, trap.caught()).await {
            Ok(caught) => {
                caught.cut();
                made += 1;
            }
            Err(_) => commits = false,
        }
    }
    is_over.store(true, Ordering::SeqCst);
    made
}
