//! What is remembered of the store, so that it is not read again: in Redis, which all servers share, or in this
//! process. It makes reads quicker and is never needed. What is here may be gone at any time, and nothing that
//! decides about money may read it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`link`] | the connection to Redis, and the circuit breaker in front of it |
//! | `membership` | which servers share a Redis, and when what it has can be believed |
//! | `shared` | what is kept in Redis |
//! | `replays` | which transactions keys have settled as |
//! | `local` | what is kept in this process |
//!
//! Who changes something forgets it here after the commit and before the caller is answered: nobody who was
//! answered reads what was before.

pub mod link;
mod local;
mod membership;
mod replays;
mod shared;

pub use link::{Link, LinkSettings, Unreachable};

use bytes::Bytes;
use florin_ledger::{
    GroupOutcome, KeyHash, LedgerId, Outcome, Settlement, Transaction, TransactionId, WalletId,
};
use local::LocalCache;
use replays::Replays;
use shared::SharedCache;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const FOUND: &str = "florin_cache_finds_total";

/// What can be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// A wallet with its balance.
    Wallet(LedgerId, WalletId),
    /// All assets of a ledger.
    Assets(LedgerId),
}

/// What is remembered of an item.
#[derive(Debug)]
pub enum Found {
    /// What it was when it was read, and how long ago that was.
    Kept {
        /// As it was kept.
        body: Bytes,
        /// Since before it was read.
        age: Duration,
    },
    /// Nothing; and the right to keep what the store says.
    Nothing(Right),
}

/// The right to keep an item that is read from the store after it was given. It is worth nothing when the item is
/// forgotten meanwhile.
#[derive(Debug)]
pub enum Right {
    /// There is none: what is read is not kept.
    None,
    /// To keep it in this process.
    Local {
        /// What.
        item: Item,
        /// How often it had changed.
        change: u64,
        /// When.
        read_at: Instant,
    },
    /// To keep it in Redis.
    Shared {
        /// What.
        item: Item,
        /// Where.
        key: String,
        /// The right, as Redis has it.
        name: Vec<u8>,
    },
}

/// Remembers. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Cache(Arc<Memory>);

struct Memory {
    kind: Kind,
    replays: Replays,
}

enum Kind {
    Off,
    Local(LocalCache),
    Shared(SharedCache),
}

impl Item {
    /// How long it is good at most. It is forgotten when it changes; this bounds what nobody expects.
    const fn good_for(self) -> Duration {
        match self {
            Self::Wallet(..) => Duration::from_mins(1),
            Self::Assets(_) => Duration::from_hours(1),
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Wallet(..) => "wallet",
            Self::Assets(_) => "assets",
        }
    }

    fn name(self) -> String {
        match self {
            Self::Wallet(ledger, wallet) => format!("wallet:{}:{wallet}", ledger.0),
            Self::Assets(ledger) => format!("assets:{}", ledger.0),
        }
    }
}

impl Cache {
    /// Remembers nothing that can change: other processes may change the store, and there is no Redis to hear of it.
    pub fn off() -> Self {
        Self::of(Kind::Off, None)
    }

    /// Remembers in this process, which must be the only one that changes the store.
    pub fn local() -> Self {
        Self::of(Kind::Local(LocalCache::new()), None)
    }

    /// Remembers in Redis; every process that changes the store must do so.
    pub fn shared(link: Link) -> Self {
        Self::of(Kind::Shared(SharedCache::new(link.clone())), Some(link))
    }

    fn of(kind: Kind, link: Option<Link>) -> Self {
        Self(Arc::new(Memory { kind, replays: Replays::new(link) }))
    }

    /// As which transaction a key may have settled; whether it has, the store says.
    pub async fn settled_as(&self, ledger: LedgerId, key: KeyHash) -> Option<TransactionId> {
        self.0.replays.find(ledger, key).await
    }

    /// Remembers as which transaction a key has settled.
    pub fn keep_settled(&self, ledger: LedgerId, transaction: &Transaction) {
        self.0.replays.keep(ledger, transaction.key_hash, transaction.id);
    }

    /// What is remembered of an item.
    pub async fn find(&self, item: Item) -> Found {
        let found = match &self.0.kind {
            Kind::Off => return Found::Nothing(Right::None),
            Kind::Local(cache) => cache.find(item, Instant::now()),
            Kind::Shared(cache) => cache.find(item).await,
        };
        let result = if matches!(found, Found::Kept { .. }) { "hit" } else { "miss" };
        metrics::counter!(FOUND, "item" => item.kind(), "result" => result).increment(1);
        found
    }

    /// Remembers what the store said.
    pub async fn keep(&self, right: Right, body: Vec<u8>) {
        match (&self.0.kind, right) {
            (Kind::Local(cache), Right::Local { item, change, read_at }) => {
                cache.keep(item, change, read_at, body.into());
            }
            (Kind::Shared(cache), Right::Shared { item, key, name }) => {
                cache.keep(item, &key, &name, &body).await;
            }
            _ => {}
        }
    }

    /// Forgets what has changed. When this returns nobody finds what it was before.
    pub async fn forget(&self, items: &[Item]) {
        match &self.0.kind {
            Kind::Off => {}
            Kind::Local(cache) => cache.forget(items),
            Kind::Shared(cache) => cache.forget(items).await,
        }
    }

    /// Forgets the wallets that these outcomes have touched.
    pub(crate) async fn forget_touched(&self, ledger: LedgerId, outcomes: &[GroupOutcome]) {
        if matches!(self.0.kind, Kind::Off) {
            return;
        }
        let touched: HashSet<_> = outcomes.iter().flat_map(transactions).flat_map(wallets).collect();
        let touched: Vec<_> = touched.into_iter().map(|wallet| Item::Wallet(ledger, wallet)).collect();
        self.forget(&touched).await;
    }

    /// Forgets everything: something has changed, and nobody knows what.
    pub async fn forget_all(&self) {
        match &self.0.kind {
            Kind::Off => {}
            Kind::Local(cache) => cache.forget_all(),
            Kind::Shared(cache) => cache.forget_all().await,
        }
    }
}

/// A replay counts: nobody may have forgotten its wallets when it was done, if that was in a crash.
fn transactions(outcome: &GroupOutcome) -> impl Iterator<Item = &Transaction> {
    let outcomes = match outcome {
        GroupOutcome::Done(outcomes) => outcomes.as_slice(),
        GroupOutcome::Refused { .. } | GroupOutcome::Superseded => &[],
    };
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Settled(transaction) | Outcome::Replayed(transaction) => Some(&**transaction),
        Outcome::Rejected(_) => None,
    })
}

fn wallets(transaction: &Transaction) -> impl Iterator<Item = WalletId> {
    let is_completed = matches!(transaction.settlement, Settlement::Completed { .. });
    [transaction.from, transaction.to].into_iter().filter(move |_| is_completed)
}
