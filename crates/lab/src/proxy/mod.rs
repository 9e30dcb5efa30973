//! A network that fails on demand: a proxy in front of PostgreSQL, or of anything else that speaks over TCP.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`ways`](Way) | what becomes of all bytes: they pass, late or not at all; resets |
//! | [`trap`](Trap) | one message that is waited for, and held where it was met |
//! | `listener`, `connection` | those who come, and what goes to and fro |
//! | `messages` | PostgreSQL's messages in a stream, and which of them commit |
//!
//! It looks at messages from the outside, so it works for every client of PostgreSQL that uses no TLS; to those who
//! would rather use it, it says that there is none. It ends no fault by itself: whoever switches one on says for how
//! long. It never makes what a network cannot make: bytes come in their order, and after a gap nothing more comes.

mod connection;
mod listener;
mod messages;
mod trap;
mod ways;

#[cfg(test)]
mod tests;

pub use trap::{Caught, Point, Trap, When};
pub use ways::Way;

use anyhow::Context;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use trap::Traps;
use ways::Switch;

/// What is spoken through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// PostgreSQL's, version 3: [traps](Proxy::trap) find messages in it.
    Postgres,
    /// Anything: there are bytes, and no messages.
    Plain,
}

/// A proxy on a port of its own; its connections end with it.
#[derive(Debug)]
pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What all connections of a proxy go by.
#[derive(Debug)]
struct Shared {
    /// `host:port`.
    upstream: String,
    protocol: Protocol,
    switch: Switch,
    traps: Traps,
}

impl Proxy {
    /// One in front of `host:port`, where nobody needs to listen yet.
    pub async fn start(upstream: impl Into<String>, protocol: Protocol) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listening for a proxy")?;
        let address = listener.local_addr()?.to_string();
        let upstream = upstream.into();
        let shared =
            Arc::new(Shared { upstream, protocol, switch: Switch::default(), traps: Traps::default() });
        let accepting = tokio::spawn(listener::accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// One in front of the PostgreSQL that a URL names, and the URL that leads through it.
    pub async fn in_front_of(url: &str) -> anyhow::Result<(Self, String)> {
        let (before, place, after) = dissect(url)?;
        let upstream = if place.contains(':') { place.to_owned() } else { format!("{place}:5432") };
        let proxy = Self::start(upstream, Protocol::Postgres).await?;
        let through = format!("{before}{}{after}", proxy.address);
        Ok((proxy, through))
    }

    /// `host:port`, for those who are to go through it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What becomes of bytes from now on, on all connections.
    pub fn set(&self, way: Way) {
        self.shared.switch.set(way);
    }

    /// Resets all connections that there are, on both sides.
    pub fn reset(&self) {
        self.shared.switch.reset();
    }

    /// Waits for a message, from now on and on all connections. A trap that was set before and has caught nothing is
    /// gone. Nothing is waited for once the returned one is dropped.
    pub fn trap(&self, when: When, point: Point) -> Trap {
        self.shared.traps.arm(when, point)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A database's URL: what stands before `host:port`, that, and what stands after.
fn dissect(url: &str) -> anyhow::Result<(&str, &str, &str)> {
    let scheme = url.find("://").context("a database's URL has the form postgres://host:port/database")? + 3;
    let end = url[scheme..].find(['/', '?']).map_or(url.len(), |end| scheme + end);
    let start = url[scheme..end].rfind('@').map_or(scheme, |at| scheme + at + 1);
    Ok((&url[..start], &url[start..end], &url[end..]))
}
