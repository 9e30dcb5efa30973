//! Which transaction a key has settled as: a retry then needs one read, and no turn in the committer's queue.
//!
//! It is a hint. The transaction is read from the store, and answers only if the store says that it has this key and
//! was asked for with this body. So a hint that is wrong, because the database was restored or a failover lost
//! commits, is none: the movement is handed to the committer as if it were new.

use super::{Link, Unreachable};
use ::redis::Script;
use florin_ledger::{KeyHash, LedgerId, TransactionId};
use quick_cache::sync::Cache;

/// How many keys are remembered in this process, some 100 bytes each.
const KEYS_MAX: usize = 100_000;
/// How long Redis remembers one: clients that retry do so soon.
const GOOD_FOR_MS: u64 = 3_600_000;

/// What keys have settled as, of late.
pub(super) struct Replays {
    recent: Cache<(LedgerId, KeyHash), TransactionId>,
    link: Option<Link>,
    find: Script,
    keep: Script,
}

impl Replays {
    pub(super) fn new(link: Option<Link>) -> Self {
        Self {
            recent: Cache::new(KEYS_MAX),
            link,
            find: Script::new("return redis.call('GET', KEYS[1])"),
            keep: Script::new("return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])"),
        }
    }

    pub(super) async fn find(&self, ledger: LedgerId, key: KeyHash) -> Option<TransactionId> {
        if let Some(transaction) = self.recent.get(&(ledger, key)) {
            return Some(transaction);
        }
        let link = self.link.as_ref()?;
        let answer: Option<String> = link.run(&self.find.key(name(link, ledger, key))).await.ok()?;
        u128::from_str_radix(&answer?, 16).ok().map(TransactionId)
    }

    /// Nobody waits for Redis here.
    pub(super) fn keep(&self, ledger: LedgerId, key: KeyHash, transaction: TransactionId) {
        self.recent.insert((ledger, key), transaction);
        let Some(link) = self.link.clone() else { return };
        let keep = self.keep.clone();
        tokio::spawn(async move {
            let mut call = keep.key(name(&link, ledger, key));
            call.arg(format!("{:x}", transaction.0)).arg(GOOD_FOR_MS);
            let _: Result<String, Unreachable> = link.run(&call).await;
        });
    }
}

fn name(link: &Link, ledger: LedgerId, KeyHash(key): KeyHash) -> String {
    link.key(&format!("replay:{}:{:032x}", ledger.0, u128::from_be_bytes(key)))
}
