//! One connection: what goes to and fro, until one side ends, or somebody ends it.

use super::messages::{Commits, Messages};
use super::trap::{Armed, Point, When};
use super::ways::{Direction, Line};
use super::{Protocol, Shared};
use bytes::BytesMut;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

/// How long a server may take to read what it was sent before it hears that its client is gone.
const FAREWELL: Duration = Duration::from_secs(10);

/// What a client says that would rather use TLS, or GSSAPI: a length, and a number instead of a version.
const ENCRYPTION_REQUESTS: [[u8; 8]; 2] =
    [*b"\x00\x00\x00\x08\x04\xd2\x16\x2f", *b"\x00\x00\x00\x08\x04\xd2\x16\x30"];

/// From now on until both sides are gone.
pub(super) async fn serve(mut client: TcpStream, shared: Arc<Shared>) {
    let line = shared.switch.line();
    let Ok(mut server) = TcpStream::connect(&shared.upstream).await else { return reset(&client) };
    if client.set_nodelay(true).and(server.set_nodelay(true)).is_err() {
        return;
    }
    let is_reset = tokio::select! {
        // However it ended: a side is gone, what came was no message, or somebody has cut it.
        _ = forward(&mut client, &mut server, &shared, &line) => false,
        () = line.clone().until_reset() => true,
    };
    if is_reset {
        reset(&client);
        reset(&server);
    } else {
        drop(client);
        take_leave(server).await;
    }
}

/// The side that it is dropped on finds its connection reset.
pub(super) fn reset(stream: &TcpStream) {
    // It may have ended.
    let _ = stream.set_zero_linger();
}

/// A socket that is closed while it holds unread answers is reset, and a reset can overtake a request: the server is to
/// have what was forwarded.
async fn take_leave(mut server: TcpStream) {
    if server.shutdown().await.is_ok() {
        let mut unread = vec![0; 4096];
        let drain = async { while let Ok(1..) = server.read(&mut unread).await {} };
        // A server that says nothing and does not end is left.
        let _ = tokio::time::timeout(FAREWELL, drain).await;
    }
}

async fn forward(
    client: &mut TcpStream,
    server: &mut TcpStream,
    shared: &Shared,
    line: &Line,
) -> io::Result<()> {
    let mut line = line.clone();
    let begun = match shared.protocol {
        Protocol::Postgres => greet(client, &mut line).await?,
        Protocol::Plain => BytesMut::new(),
    };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let requests =
        Flow { from: from_client, to: to_server, line: line.clone(), direction: Direction::ToServer };
    let answers = Flow { from: from_server, to: to_client, line, direction: Direction::ToClient };
    let held = Held::default();
    if shared.protocol == Protocol::Plain {
        tokio::select! { ended = requests.pass() => ended, ended = answers.pass() => ended }
    } else {
        tokio::select! {
            ended = send(requests, begun, shared, &held) => ended,
            ended = hear(answers, &held) => ended,
        }
    }
}

/// What a client of PostgreSQL's says first, once it has heard that nothing is encrypted here.
async fn greet(client: &mut TcpStream, line: &mut Line) -> io::Result<BytesMut> {
    loop {
        let mut begun = [0; 8];
        client.read_exact(&mut begun).await?;
        if !ENCRYPTION_REQUESTS.contains(&begun) || !line.lets_through(Direction::ToServer).await {
            return Ok(BytesMut::from(begun.as_slice()));
        }
        client.write_all(b"N").await?;
    }
}

/// What is held back from a client.
#[derive(Debug, Default)]
struct Held {
    /// The trap that waits for the answer to a commit.
    until_committed: Mutex<Option<Armed>>,
    /// Whether nothing comes through.
    is_closed: watch::Sender<bool>,
}

/// One direction.
struct Flow<'a> {
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    line: Line,
    direction: Direction,
}

impl Flow<'_> {
    /// What has come and may pass.
    async fn next(&mut self) -> io::Result<BytesMut> {
        loop {
            let mut bytes = BytesMut::with_capacity(16_384);
            if !matches!(self.from.read_buf(&mut bytes).await, Ok(1..)) {
                self.line.until_an_end_is_told().await;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if self.line.lets_through(self.direction).await {
                return Ok(bytes);
            }
        }
    }

    async fn pass(mut self) -> io::Result<()> {
        loop {
            let bytes = self.next().await?;
            self.to.write_all(&bytes).await?;
        }
    }
}

/// From the client to the server, past the traps.
async fn send(mut flow: Flow<'_>, begun: BytesMut, shared: &Shared, held: &Held) -> io::Result<()> {
    let (mut messages, mut commits) = (Messages::of_client(), Commits::default());
    messages.push(&begun);
    loop {
        messages.push(&flow.next().await?);
        let mut free = BytesMut::new();
        while let Some(message) = messages.next()? {
            let is_commit = commits.is_commit(&message);
            let Some(trap) = shared.traps.meets(&message, is_commit) else {
                free.extend_from_slice(&message.bytes);
                continue;
            };
            flow.to.write_all(&std::mem::take(&mut free)).await?;
            match (trap.point, trap.when) {
                (Point::Before, _) => {
                    hold(trap, message.in_words()).await?;
                    flow.to.write_all(&message.bytes).await?;
                }
                (Point::After, When::Message(_)) => {
                    held.is_closed.send_replace(true);
                    flow.to.write_all(&message.bytes).await?;
                    hold(trap, message.in_words()).await?;
                    held.is_closed.send_replace(false);
                }
                (Point::After, When::Commit) => {
                    *held.until_committed.lock().unwrap_or_else(PoisonError::into_inner) = Some(trap);
                    flow.to.write_all(&message.bytes).await?;
                }
            }
        }
        flow.to.write_all(&free).await?;
    }
}

/// From the server to the client, as far as nothing is held.
async fn hear(mut flow: Flow<'_>, held: &Held) -> io::Result<()> {
    let mut messages = Messages::of_server();
    let mut closed = held.is_closed.subscribe();
    loop {
        messages.push(&flow.next().await?);
        let mut free = BytesMut::new();
        while let Some(message) = messages.next()? {
            let trap = if message.answers_commit() {
                held.until_committed.lock().unwrap_or_else(PoisonError::into_inner).take()
            } else {
                None
            };
            if let Some(trap) = trap {
                flow.to.write_all(&std::mem::take(&mut free)).await?;
                hold(trap, "the answer to a commit".to_owned()).await?;
            }
            free.extend_from_slice(&message.bytes);
        }
        // The sender is in the same connection.
        let _ = closed.wait_for(|is_closed| !is_closed).await;
        flow.to.write_all(&free).await?;
    }
}

/// Until the trap's owner says how it goes on; an error where it does not.
async fn hold(trap: Armed, words: String) -> io::Result<()> {
    if trap.holds(words).await { Ok(()) } else { Err(io::ErrorKind::ConnectionAborted.into()) }
}
