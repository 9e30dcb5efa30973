//! What the proxy does to bytes and connections, seen from both ends by sockets alone. What it does to a real
//! PostgreSQL is in `tests/it/`.

use super::*;
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Long enough for bytes that come to have come; only what must not come waits for all of it.
const A_WHILE: Duration = Duration::from_millis(200);

struct Line {
    proxy: Proxy,
    listener: TcpListener,
}

impl Line {
    async fn new(protocol: Protocol) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap().to_string(), protocol).await.unwrap();
        Self { proxy, listener }
    }

    /// A client, and what the server has of it.
    async fn connect(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.proxy.address()).await.unwrap();
        (client, self.listener.accept().await.unwrap().0)
    }
}

async fn hears(stream: &mut TcpStream, expected: &[u8]) {
    let mut heard = vec![0; expected.len()];
    tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, expected);
}

async fn hears_nothing(stream: &mut TcpStream) {
    let heard = tokio::time::timeout(A_WHILE, stream.read(&mut [0; 16])).await;
    assert!(heard.is_err(), "{heard:?}");
}

async fn hears_the_end(stream: &mut TcpStream) {
    let heard = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut [0; 16])).await.unwrap();
    assert!(matches!(heard, Ok(0)), "{heard:?}");
}

/// What had come before may still be heard.
async fn is_reset(stream: &mut TcpStream) {
    let mut heard = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut heard)).await.unwrap();
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn bytes_pass_both_ways_and_so_do_ends() {
    let line = Line::new(Protocol::Plain).await;
    let (mut client, mut server) = line.connect().await;
    client.write_all(b"ask").await.unwrap();
    hears(&mut server, b"ask").await;
    server.write_all(b"answer").await.unwrap();
    hears(&mut client, b"answer").await;
    drop(client);
    hears_the_end(&mut server).await;
    let (mut client, server) = line.connect().await;
    drop(server);
    hears_the_end(&mut client).await;
}

#[tokio::test]
async fn each_direction_can_be_late() {
    let line = Line::new(Protocol::Plain).await;
    let (mut client, mut server) = line.connect().await;
    let (to_server, to_client) = (Duration::from_millis(80), Duration::from_millis(160));
    line.proxy.set(Way::Delay { to_server, to_client });
    let begun = Instant::now();
    client.write_all(b"ask").await.unwrap();
    hears(&mut server, b"ask").await;
    assert!(begun.elapsed() >= to_server);
    let begun = Instant::now();
    server.write_all(b"answer").await.unwrap();
    hears(&mut client, b"answer").await;
    assert!(begun.elapsed() >= to_client);
}

#[tokio::test]
async fn what_is_stalled_comes_later() {
    let line = Line::new(Protocol::Plain).await;
    let (mut client, mut server) = line.connect().await;
    line.proxy.set(Way::Stall);
    client.write_all(b"ask").await.unwrap();
    server.write_all(b"tell").await.unwrap();
    hears_nothing(&mut server).await;
    hears_nothing(&mut client).await;
    line.proxy.set(Way::Pass);
    hears(&mut server, b"ask").await;
    hears(&mut client, b"tell").await;
}

#[tokio::test]
async fn what_has_lost_bytes_stays_silent_and_others_do_not() {
    let line = Line::new(Protocol::Plain).await;
    let (mut client, mut server) = line.connect().await;
    let (mut idle, mut idle_server) = line.connect().await;
    let (leaves, mut left) = line.connect().await;
    line.proxy.set(Way::BlackHole);
    client.write_all(b"lost").await.unwrap();
    hears_nothing(&mut server).await;
    drop(leaves);
    hears_nothing(&mut left).await;
    line.proxy.set(Way::Pass);
    client.write_all(b"after").await.unwrap();
    server.write_all(b"after").await.unwrap();
    hears_nothing(&mut server).await;
    hears_nothing(&mut client).await;
    hears_the_end(&mut left).await;
    idle.write_all(b"ask").await.unwrap();
    hears(&mut idle_server, b"ask").await;
    drop(client);
    hears_the_end(&mut server).await;
}

#[tokio::test]
async fn a_reset_reaches_both_sides_and_the_next_connection_works() {
    let line = Line::new(Protocol::Plain).await;
    for way in [Way::Pass, Way::Stall, Way::BlackHole] {
        line.proxy.set(way);
        let (mut client, mut server) = line.connect().await;
        client.write_all(b"ask").await.unwrap();
        line.proxy.reset();
        is_reset(&mut client).await;
        is_reset(&mut server).await;
    }
    line.proxy.set(Way::Pass);
    let (mut client, mut server) = line.connect().await;
    client.write_all(b"ask").await.unwrap();
    hears(&mut server, b"ask").await;
}

#[tokio::test]
async fn who_is_refused_is_reset_and_who_is_there_stays() {
    let line = Line::new(Protocol::Plain).await;
    let (mut client, mut server) = line.connect().await;
    line.proxy.set(Way::Refuse);
    let mut refused = TcpStream::connect(line.proxy.address()).await.unwrap();
    is_reset(&mut refused).await;
    client.write_all(b"ask").await.unwrap();
    hears(&mut server, b"ask").await;
}

#[tokio::test]
async fn without_a_server_there_is_nothing_to_hear() {
    let Line { proxy, listener } = Line::new(Protocol::Plain).await;
    let (mut client, mut server) = {
        let client = TcpStream::connect(proxy.address()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    };
    drop(listener);
    let mut too_late = TcpStream::connect(proxy.address()).await.unwrap();
    is_reset(&mut too_late).await;
    drop(proxy);
    hears_the_end(&mut client).await;
    hears_the_end(&mut server).await;
}

const STARTUP: &[u8] = b"\0\0\0\x08\0\x03\0\0";
const SYNC: &[u8] = b"S\0\0\0\x04";
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const READY: &[u8] = b"Z\0\0\0\x05I";
const COMMITTED: &[u8] = b"C\0\0\0\x0bCOMMIT\0";

#[tokio::test]
async fn who_asks_for_encryption_hears_that_there_is_none() {
    let line = Line::new(Protocol::Postgres).await;
    let (mut client, mut server) = line.connect().await;
    for request in [b"\0\0\0\x08\x04\xd2\x16\x30", b"\0\0\0\x08\x04\xd2\x16\x2f"] {
        client.write_all(request).await.unwrap();
        hears(&mut client, b"N").await;
    }
    client.write_all(&[STARTUP, SYNC].concat()).await.unwrap();
    hears(&mut server, &[STARTUP, SYNC].concat()).await;
}

#[tokio::test]
async fn the_nth_message_is_held_before_it_is_forwarded() {
    let line = Line::new(Protocol::Postgres).await;
    for is_released in [true, false] {
        let (mut client, mut server) = line.connect().await;
        let mut trap = line.proxy.trap(When::Message(2), Point::Before);
        client.write_all(&[STARTUP, SYNC, COMMIT, SYNC].concat()).await.unwrap();
        hears(&mut server, &[STARTUP, SYNC].concat()).await;
        let caught = trap.caught().await;
        assert_eq!(caught.message, "Query \"COMMIT\"");
        hears_nothing(&mut server).await;
        // What the server says to what came before is not held.
        server.write_all(READY).await.unwrap();
        hears(&mut client, READY).await;
        if is_released {
            // Its client is gone: it was on its way all the same.
            drop(client);
            caught.release();
            hears(&mut server, &[COMMIT, SYNC].concat()).await;
        } else {
            caught.cut();
            hears_the_end(&mut client).await;
        }
        hears_the_end(&mut server).await;
    }
}

#[tokio::test]
async fn the_nth_message_is_held_after_it_was_forwarded() {
    let line = Line::new(Protocol::Postgres).await;
    for is_released in [true, false] {
        let (mut client, mut server) = line.connect().await;
        let mut trap = line.proxy.trap(When::Message(1), Point::After);
        client.write_all(&[STARTUP, COMMIT, SYNC].concat()).await.unwrap();
        let caught = trap.caught().await;
        hears(&mut server, &[STARTUP, COMMIT].concat()).await;
        server.write_all(COMMITTED).await.unwrap();
        hears_nothing(&mut client).await;
        hears_nothing(&mut server).await;
        if is_released {
            caught.release();
            hears(&mut server, SYNC).await;
            hears(&mut client, COMMITTED).await;
        } else {
            caught.cut();
            hears_the_end(&mut client).await;
            hears_the_end(&mut server).await;
        }
    }
}

#[tokio::test]
async fn a_commit_is_held_once_it_is_answered() {
    let line = Line::new(Protocol::Postgres).await;
    let (mut client, mut server) = line.connect().await;
    let mut trap = line.proxy.trap(When::Commit, Point::After);
    client.write_all(&[STARTUP, SYNC, COMMIT, SYNC].concat()).await.unwrap();
    hears(&mut server, &[STARTUP, SYNC, COMMIT, SYNC].concat()).await;
    assert!(tokio::time::timeout(A_WHILE, trap.caught()).await.is_err());
    server.write_all(&[READY, COMMITTED, READY].concat()).await.unwrap();
    hears(&mut client, READY).await;
    let caught = trap.caught().await;
    hears_nothing(&mut client).await;
    caught.release();
    hears(&mut client, &[COMMITTED, READY].concat()).await;
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_held() {
    let line = Line::new(Protocol::Postgres).await;
    let (mut client, mut server) = line.connect().await;
    drop(line.proxy.trap(When::Message(1), Point::Before));
    client.write_all(&[STARTUP, COMMIT].concat()).await.unwrap();
    hears(&mut server, &[STARTUP, COMMIT].concat()).await;
}

#[test]
fn only_the_place_in_a_url_is_another() {
    for (url, expected) in [
        ("postgres://me:se@cret@host:5433/mine?a=b", ("postgres://me:se@cret@", "host:5433", "/mine?a=b")),
        ("postgres://host", ("postgres://", "host", "")),
        ("postgres://host?user=me", ("postgres://", "host", "?user=me")),
    ] {
        assert_eq!(dissect(url).unwrap(), expected);
    }
    assert!(dissect("host=localhost").is_err());
}
