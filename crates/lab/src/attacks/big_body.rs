//! Requests that are too much: too long, too deep, too many headers, too slow.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;
use crate::target::Target;
use crate::wire::{self, Held, Request};
use anyhow::Context;
use futures_util::future::try_join;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// How many transfers somebody else makes at most, and how long they pause before each.
const OTHERS: usize = 100;
const PAUSE: Duration = Duration::from_millis(20);
const MIB: usize = 1024 * 1024;
/// How much is sent, and how much of it a target may have taken before it says no. What the system keeps on its way
/// is a few MiB.
const FLOOD_MIB: usize = 192;
const TAKEN_MIB_MAX: usize = 48;
const DEPTH: usize = 100_000;
const HEADERS: usize = 5_000;
/// What the slow client asks for, as `Request-Timeout`, and what it is given. The rest is for busy machines.
const ASKED_SECONDS: &str = "1";
const DRIBBLED_FOR: Duration = Duration::from_secs(4);
const DRIBBLE: Duration = Duration::from_millis(50);
/// How long the next part of the flood may not be taken.
const STANDSTILL: Duration = Duration::from_secs(10);

pub(super) const ATTACK: Attack = Attack {
    id: "big-body",
    does: "a transfer of 192 MiB, one whose JSON is 100,000 levels deep, one with 5,000 headers, and one that comes byte by \
           byte, longer than its own Request-Timeout; meanwhile somebody else moves money",
    expected: "each is refused, or its connection cut, long before all of it is taken; everybody else is served",
    fault: "has no limits: it takes whatever is sent, and waits for whatever is not",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

/// What became of a request.
enum End {
    /// With this status.
    Answered(u16),
    Cut,
    /// The target took all of it, and wanted more.
    Taken,
}

async fn run(round: Round<'_>) -> Judgement {
    let target = round.target;
    let from = target.wallet(&target.people.alice, Money::whole(100)).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let transfer = Ask::Transfer { from, to, amount: "1.00".to_owned() };
    let request = || target.request(&target.asks(Caller::House, transfer.clone()));

    let in_one_piece = async {
        let deep = Request { body: deep(), ..request() };
        let many = (0..HEADERS).fold(request(), |request, _| request.header("x-lab", "1"));
        anyhow::Ok([
            ("a body of 192 MiB", flood(target, &request()).await?),
            ("JSON of 100,000 levels", whole(target, &deep).await?),
            ("a request with 5,000 headers", whole(target, &many).await?),
        ])
    };
    let byte_by_byte =
        async { anyhow::Ok([("a request that comes byte by byte", dribble(target, request()).await?)]) };
    let attacks = try_join(in_one_piece, byte_by_byte);
    target.mark("192 MiB and a slow client come");
    let mut attacks = std::pin::pin!(attacks);
    let mut others = Vec::new();
    let ends = loop {
        let other = async {
            tokio::time::sleep(PAUSE).await;
            target.house(transfer.clone()).await
        };
        tokio::select! {
            ends = &mut attacks => break ends?,
            answer = other, if others.len() < OTHERS => others.push(answer),
        }
    };

    let mut evidence = Evidence::default();
    for (what, end) in ends.0.into_iter().chain(ends.1) {
        match end {
            End::Cut | End::Answered(400..500 | 503) => {}
            End::Answered(status) => evidence.against_if(true, || format!("{what} was answered {status}")),
            End::Taken => evidence.against_if(true, || format!("{what} was taken, and not refused")),
        }
    }
    let unserved = others.iter().find(|answer| !answer.is_done());
    evidence.against_if(unserved.is_some(), || {
        format!("somebody else was not served meanwhile: {}", unserved.expect("it is some"))
    });
    evidence.judge(&others)
}

/// Sends a body of unknown length until it is answered or cut.
async fn flood(target: &Target, request: &Request) -> anyhow::Result<End> {
    let mut stream = wire::connect(target.address()).await?;
    let head = request.head(target.address(), "transfer-encoding: chunked");
    stream.write_all(&head).await.context("sending a head")?;
    let begin = br#"{"reference":""#;
    let begin = [format!("{:x}\r\n", begin.len()).as_bytes(), begin, b"\r\n"].concat();
    stream.write_all(&begin).await.context("sending the beginning of a body")?;
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &vec![b'a'; MIB], b"\r\n"].concat();
    for sent in 0..FLOOD_MIB {
        let taken = tokio::time::timeout(STANDSTILL, stream.write_all(&chunk)).await;
        let is_cut = taken.context("a body was neither taken nor refused")?.is_err();
        if is_cut || wire::is_answered(&stream) {
            return Ok(if sent > TAKEN_MIB_MAX { End::Taken } else { end_of(&mut stream).await });
        }
    }
    Ok(End::Taken)
}

/// Sends the body's bytes one by one, with pauses that are shorter than anybody's patience.
async fn dribble(target: &Target, request: Request) -> anyhow::Result<End> {
    let request = request.header("request-timeout", ASKED_SECONDS);
    let mut stream = wire::connect(target.address()).await?;
    stream
        .write_all(&request.head(target.address(), "content-length: 10000"))
        .await
        .context("sending a head")?;
    let begun = Instant::now();
    while begun.elapsed() < DRIBBLED_FOR {
        let is_cut = stream.write_all(b" ").await.is_err();
        if is_cut || wire::is_answered(&stream) {
            return Ok(end_of(&mut stream).await);
        }
        tokio::time::sleep(DRIBBLE).await;
    }
    Ok(End::Taken)
}

/// Sends all of a request.
async fn whole(target: &Target, request: &Request) -> anyhow::Result<End> {
    let mut held = Held::send(target.address(), request).await?;
    // Who has refused it already takes no more of it.
    let _ = held.release();
    Ok(end_of(held.stream()).await)
}

async fn end_of(stream: &mut TcpStream) -> End {
    match wire::answer(stream).await {
        Ok(response) => End::Answered(response.status),
        Err(_) => End::Cut,
    }
}

fn deep() -> Vec<u8> {
    let (open, close) = (r#"{"metadata":"#.repeat(DEPTH), "}".repeat(DEPTH));
    format!("{open}1{close}").into_bytes()
}
