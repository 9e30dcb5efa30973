//! What becomes of all bytes, and the switch for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// What becomes of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// They are forwarded.
    #[default]
    Pass,
    /// They are forwarded later.
    Delay {
        /// Those from clients, by so much.
        to_server: Duration,
        /// Those from the server, by so much.
        to_client: Duration,
    },
    /// They wait until there is another way, and are forwarded then: a network that comes back in time.
    Stall,
    /// They are lost, and nobody is told, of a side that ends neither. What has lost bytes never says anything again,
    /// until one side ends.
    BlackHole,
    /// They are forwarded, but whoever comes is reset.
    Refuse,
}

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

/// How it is now.
#[derive(Clone, Copy, Debug, Default)]
struct Now {
    way: Way,
    /// How often everything was reset.
    resets: u64,
}

/// The switch of a proxy.
#[derive(Debug, Default)]
pub(super) struct Switch(watch::Sender<Now>);

impl Switch {
    pub(super) fn set(&self, way: Way) {
        self.0.send_modify(|now| now.way = way);
    }

    pub(super) fn reset(&self) {
        self.0.send_modify(|now| now.resets += 1);
    }

    pub(super) fn way(&self) -> Way {
        self.0.borrow().way
    }

    /// For a new connection.
    pub(super) fn line(&self) -> Line {
        let now = self.0.subscribe();
        let resets = now.borrow().resets;
        Line { now, resets, has_lost: Arc::default() }
    }
}

/// What a connection sees of the switch.
#[derive(Clone, Debug)]
pub(super) struct Line {
    now: watch::Receiver<Now>,
    /// How often there had been resets before it.
    resets: u64,
    has_lost: Arc<AtomicBool>,
}

impl Line {
    /// Waits as long as it must; whether the bytes that have come are forwarded then.
    pub(super) async fn lets_through(&mut self, direction: Direction) -> bool {
        self.until(|way| way != Way::Stall).await;
        let way = self.now.borrow().way;
        match way {
            Way::Delay { to_server, to_client } => {
                let delay = if direction == Direction::ToServer { to_server } else { to_client };
                tokio::time::sleep(delay).await;
            }
            Way::BlackHole => self.has_lost.store(true, Ordering::SeqCst),
            Way::Pass | Way::Stall | Way::Refuse => {}
        }
        !self.has_lost.load(Ordering::SeqCst)
    }

    /// Until the other side can hear that one side has ended.
    pub(super) async fn until_an_end_is_told(&mut self) {
        self.until(|way| way != Way::Stall && way != Way::BlackHole).await;
    }

    /// Until everything is reset.
    pub(super) async fn until_reset(mut self) {
        let resets = self.resets;
        until(&mut self.now, |now| now.resets > resets).await;
    }

    async fn until(&mut self, is_so: impl Fn(Way) -> bool) {
        until(&mut self.now, |now| is_so(now.way)).await;
    }
}

async fn until(now: &mut watch::Receiver<Now>, is_so: impl Fn(&Now) -> bool) {
    if now.wait_for(|now| is_so(now)).await.is_err() {
        // The switch is gone, and with it all connections.
        std::future::pending::<()>().await;
    }
}
