//! One message that is waited for, and held where it was met, until somebody says how it goes on.

use super::messages::Message;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// Which message is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The n-th that comes from clients, counted from 1 and from when the trap was set. Those that begin a connection
    /// before any password are not counted.
    Message(u64),
    /// The next one that commits.
    Commit,
}

/// Where it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before it is forwarded, with everything that follows it on its connection. What the server still says comes
    /// through.
    Before,
    /// After it was forwarded, with everything that the server says. A commit is held when the server's answer to it
    /// has come, so that it is certain that the server has decided; requests go on. Any other message is held at once,
    /// and so is what follows it.
    After,
}

/// A trap that was set.
#[derive(Debug)]
pub struct Trap(oneshot::Receiver<Caught>);

impl Trap {
    /// Waits until the message has come. Never ends if it does not, or if another trap was set meanwhile.
    pub async fn caught(&mut self) -> Caught {
        match (&mut self.0).await {
            Ok(caught) => caught,
            Err(_) => std::future::pending().await,
        }
    }
}

/// A message, and with it a connection, that is held. Dropped, it is [cut](Self::cut).
#[derive(Debug)]
pub struct Caught {
    /// What it is, for people: `Query "COMMIT"`.
    pub message: String,
    go_on: oneshot::Sender<()>,
}

impl Caught {
    /// Lets the connection go on, as if nothing had been. What is held is still forwarded where its sender is gone.
    pub fn release(self) {
        // Its connection may have been reset.
        let _ = self.go_on.send(());
    }

    /// Ends the connection: what is held reaches nobody.
    pub fn cut(self) {}
}

/// Where the traps of a proxy are set.
#[derive(Debug, Default)]
pub(super) struct Traps(Mutex<Option<Armed>>);

/// What a message has met.
#[derive(Debug)]
pub(super) struct Armed {
    pub(super) when: When,
    pub(super) point: Point,
    seen: u64,
    caught: oneshot::Sender<Caught>,
}

impl Traps {
    pub(super) fn arm(&self, when: When, point: Point) -> Trap {
        let (caught, trap) = oneshot::channel();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Armed { when, point, seen: 0, caught });
        Trap(trap)
    }

    /// The trap that this message of a client's has met.
    pub(super) fn meets(&self, message: &Message, is_commit: bool) -> Option<Armed> {
        message.kind()?;
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let armed = set.as_mut()?;
        armed.seen += 1;
        let is_met = match armed.when {
            When::Message(number) => armed.seen == number,
            When::Commit => is_commit,
        };
        if is_met || armed.caught.is_closed() {
            set.take().filter(|armed| !armed.caught.is_closed())
        } else {
            None
        }
    }
}

impl Armed {
    /// Tells that the message has come, and waits for what is said; whether the connection goes on.
    pub(super) async fn holds(self, message: String) -> bool {
        let (go_on, told) = oneshot::channel();
        match self.caught.send(Caught { message, go_on }) {
            Ok(()) => told.await.is_ok(),
            // Nobody waits any more.
            Err(_) => true,
        }
    }
}
