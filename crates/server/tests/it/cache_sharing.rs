//! What servers on one Redis believe of what is kept there: nothing that may have changed.

use crate::redis_server::{RedisServer, until};
use florin_ledger::{LedgerId, WalletId};
use florin_server::cache::{Cache, Found, Item, Link, Right};
use rstest::rstest;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

const WALLET: Item = Item::Wallet(LedgerId::MAIN, WalletId(7));

/// What is kept of the wallet.
async fn found(cache: &Cache) -> Option<Vec<u8>> {
    match cache.find(WALLET).await {
        Found::Kept { body, .. } => Some(body.to_vec()),
        Found::Nothing(_) => None,
    }
}

/// The right to keep what is read next, as soon as there is one.
async fn right(cache: &Cache) -> Right {
    let begun = Instant::now();
    loop {
        match cache.find(WALLET).await {
            Found::Nothing(Right::None) => {}
            Found::Nothing(right) => return right,
            Found::Kept { .. } => cache.forget(&[WALLET]).await,
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "there is never a right to keep anything");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Keeps this, and sees it kept.
async fn keep(cache: &Cache, body: &str) {
    let begun = Instant::now();
    while found(cache).await.as_deref() != Some(body.as_bytes()) {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is never kept");
        cache.keep(right(cache).await, body.into()).await;
    }
}

/// A way to Redis that can be cut, while others go on.
struct Relay {
    folder: TempDir,
    is_cut: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

impl Relay {
    fn start(redis: &RedisServer) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let listener = UnixListener::bind(folder.path().join("relay.sock")).unwrap();
        let is_cut = Arc::new(AtomicBool::new(false));
        let (target, cut) =
            (PathBuf::from(redis.url().strip_prefix("unix://").unwrap()), Arc::clone(&is_cut));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut relayed = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                relayed.spawn(relay(near, target.clone(), Arc::clone(&cut)));
            }
        });
        Self { folder, is_cut, _tasks: tasks }
    }

    async fn link(&self) -> Link {
        let url = format!("unix://{}", self.folder.path().join("relay.sock").display());
        RedisServer::link_to(url, Duration::from_millis(100)).await
    }

    /// Nothing passes any more, and nobody is told.
    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

async fn relay(near: UnixStream, target: PathBuf, is_cut: Arc<AtomicBool>) {
    let far = UnixStream::connect(target).await.unwrap();
    let pass = async |from: &UnixStream, to: &UnixStream| {
        let mut bytes = [0; 4096];
        loop {
            from.readable().await.unwrap();
            match from.try_read(&mut bytes) {
                Ok(0) => return,
                Ok(_) if is_cut.load(Ordering::SeqCst) => {}
                Ok(count) => {
                    let mut rest = &bytes[..count];
                    while !rest.is_empty() {
                        to.writable().await.unwrap();
                        rest = &rest[to.try_write(rest).unwrap_or(0)..];
                    }
                }
                Err(_) => {}
            }
        }
    };
    tokio::select! {
        () = pass(&near, &far) => {}
        () = pass(&far, &near) => {}
    }
}

#[rstest]
#[tokio::test]
async fn a_slow_reader_does_not_keep_what_was_before(#[values(false, true)] in_redis: bool) {
    let redis = RedisServer::start().await;
    let cache = if in_redis { Cache::shared(redis.link().await) } else { Cache::local() };
    keep(&cache, "of before").await;
    cache.forget(&[WALLET]).await;
    assert_eq!(found(&cache).await, None);
    cache.forget(&[WALLET]).await;
    let slow = right(&cache).await;
    cache.forget(&[WALLET]).await;
    cache.keep(slow, b"of before".to_vec()).await;
    assert_eq!(found(&cache).await, None);
    keep(&cache, "of now").await;
    cache.forget_all().await;
    assert_eq!(found(&cache).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_changes_that_is_cut_off_is_believed_by_nobody() {
    let redis = RedisServer::start().await;
    let relay = Relay::start(&redis);
    let cut_link = relay.link().await;
    let (cut_off, other) = (Cache::shared(cut_link.clone()), Cache::shared(redis.link().await));
    keep(&other, "of before").await;
    relay.cut();
    let began_at = Instant::now();
    cut_off.forget(&[WALLET]).await;
    assert_eq!(found(&other).await, None, "the caller is answered now");
    assert!(began_at.elapsed() < Duration::from_secs(5), "and nobody waits for Redis to come back");
    until("the breaker is open", || !cut_link.is_up()).await;
    let began_at = Instant::now();
    cut_off.forget(&[WALLET]).await;
    assert!(began_at.elapsed() < Duration::from_secs(2), "later changes wait for nothing");

    relay.mend();
    until("it is back", || cut_link.is_up()).await;
    assert_ne!(found(&other).await.as_deref(), Some(&b"of before"[..]), "nor ever after");
    keep(&other, "of now").await;
    cut_off.forget(&[WALLET]).await;
    assert_eq!(found(&other).await, None);
}

/// Who was alone does not know of who joins while it is cut off, and waits for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn who_joins_believes_nothing_before_everybody_could_have_ticked() {
    let redis = RedisServer::start().await;
    let relay = Relay::start(&redis);
    let cut_off = Cache::shared(relay.link().await);
    keep(&cut_off, "of before").await;
    relay.cut();
    let joining = Cache::shared(redis.link().await);
    if let Found::Nothing(right) = joining.find(WALLET).await {
        joining.keep(right, b"of before".to_vec()).await;
    }
    cut_off.forget(&[WALLET]).await;
    assert_eq!(found(&joining).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_leaves_is_not_waited_for_and_one_that_ends_is() {
    let redis = RedisServer::start().await;
    let (staying, leaving) = (Cache::shared(redis.link().await), redis.link().await);
    keep(&staying, "of now").await;
    leaving.leave().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(leaving);
    keep(&staying, "of now").await;
    drop(redis.link().await);
    let begun = Instant::now();
    while found(&staying).await.is_some() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it may be only cut off");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_is_too_old_is_not_believed_whatever_redis_says() {
    let redis = RedisServer::start().await;
    let link = redis.link().await;
    let cache = Cache::shared(link.clone());
    for age_s in [61, -10] {
        keep(&cache, "of now").await;
        age(&redis, &link, age_s).await;
        assert_eq!(found(&cache).await, None, "{age_s} s");
        cache.forget(&[WALLET]).await;
    }
    let begun = Instant::now();
    while found(&cache).await.as_deref() != Some(b"of then") {
        assert!(begun.elapsed() < Duration::from_secs(30), "10 seconds are not too old");
        keep(&cache, "of now").await;
        age(&redis, &link, 10).await;
    }
}

/// Puts in the place of what is kept what would have been kept so many seconds before.
async fn age(redis: &RedisServer, link: &Link, age_s: i64) {
    let (key, mut connection) = (link.key("wallet:1:7"), redis.connect().await.unwrap());
    let kept: String = redis::cmd("GET").arg(&key).query_async(&mut connection).await.unwrap();
    let (epoch, rest) = (&kept[..16], &kept[17..]);
    let at_us = rest[..16].parse::<i64>().unwrap() - age_s * 1_000_000;
    let kept = format!("{epoch}={at_us:016}of then");
    redis::cmd("SET").arg(&key).arg(kept).exec_async(&mut connection).await.unwrap();
}
