//! Redis killed, stopped, emptied and restored from an old snapshot, while two servers move money: every request is
//! answered, and nobody who was answered reads what was before.

use crate::bank::{Bank, Person};
use crate::beside::Beside;
use crate::call::Answer;
use crate::engine::Engine;
use crate::redis_server::RedisServer;
use florin_server::cache::Link;
use florin_server::limits::{LimitSettings, Quota};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const OPENING: i64 = 1_000_000;
const PEOPLE: usize = 6;

/// Two servers on one Redis, and people who move money on both.
struct Town {
    bank: Bank,
    servers: [Beside; 2],
    links: [Link; 2],
    people: Vec<(Person, i64)>,
    shop: i64,
}

/// What became of one request.
struct Sample {
    began_at: Instant,
    took: Duration,
    is_cached: bool,
}

impl Town {
    async fn open(redis: &RedisServer) -> Self {
        let bank = Bank::open(Engine::Postgres).await;
        let quota = Quota { requests: 1_000_000, window: Duration::from_hours(1) };
        let limits = LimitSettings { person: Some(quota), address: Some(quota), ..LimitSettings::default() };
        let timeout = Duration::from_millis(50);
        let links = [redis.link_with(timeout).await, redis.link_with(timeout).await];
        let servers = [
            Beside::start(&bank, limits, Some(links[0].clone())).await,
            Beside::start(&bank, limits, Some(links[1].clone())).await,
        ];
        let mut people = Vec::new();
        for index in 0..PEOPLE {
            people.push(bank.person_with(&format!("person{index}"), &OPENING.to_string()).await);
        }
        let (_, shop) = bank.person_with("shop", "0").await;
        Self { bank, servers, links, people, shop }
    }

    /// Lets everybody spend, and look at once on the other server, until told to stop.
    fn busy(&self) -> Busy {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut working = JoinSet::new();
        for (index, (person, wallet)) in self.people.iter().enumerate() {
            let two = [self.servers[index % 2].person(person), self.servers[1 - index % 2].person(person)];
            let (wallet, shop, is_over) = (*wallet, self.shop, Arc::clone(&is_over));
            working.spawn(async move { spend_and_look(two, wallet, shop, &is_over).await });
        }
        Busy { is_over, working }
    }

    async fn close(self) {
        for server in self.servers {
            server.stop().await;
        }
        self.bank.close().await;
    }
}

/// Those who are at work.
struct Busy {
    is_over: Arc<AtomicBool>,
    working: JoinSet<Vec<Sample>>,
}

impl Busy {
    /// All requests, when everybody has ended.
    async fn end(self) -> Vec<Sample> {
        self.is_over.store(true, Ordering::Relaxed);
        self.working.join_all().await.into_iter().flatten().collect()
    }
}

async fn spend_and_look(
    [here, there]: [Person; 2],
    wallet: i64,
    shop: i64,
    is_over: &AtomicBool,
) -> Vec<Sample> {
    let path = format!("/v1/wallets/{wallet}");
    let (mut samples, mut spent) = (Vec::new(), 0);
    let mut timed = |began_at: Instant, answer: &Answer| {
        let is_cached = answer.header("age").is_some();
        samples.push(Sample { began_at, took: began_at.elapsed(), is_cached });
    };
    while !is_over.load(Ordering::Relaxed) {
        let key = format!("spend-{wallet}-{spent}");
        let began_at = Instant::now();
        let paid = here.sends(&key, wallet, shop, "1").await;
        timed(began_at, &paid);
        assert_eq!(paid.status, 201, "{:#}", paid.json());
        spent += 1;
        let expected: Value = format!("{}.00", OPENING - spent).into();
        for reader in [&there, &here, &there] {
            let began_at = Instant::now();
            let seen = reader.client.get(&path).send().await;
            timed(began_at, &seen);
            assert_eq!(seen.status, 200, "{:#}", seen.json());
            assert_eq!(seen.json()["posted"], expected, "age {:?}, of {wallet}", seen.header("age"));
        }
        if spent % 5 == 0 {
            let again = there.sends(&key, wallet, shop, "1").await;
            assert!(again.is_replay() && again.body == paid.body, "{:#}", again.json());
        }
    }
    samples
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}

/// So many faults, of all kinds in turn.
async fn survive(faults: u32) {
    let mut redis = RedisServer::start().await;
    let town = Town::open(&redis).await;
    let busy = town.busy();
    for fault in 0..faults {
        // Long enough for an epoch to be believed, so that there is something to be wrong about.
        tokio::time::sleep(Duration::from_millis(900)).await;
        redis.save().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        match fault % 5 {
            0 => {
                redis.kill();
                tokio::time::sleep(Duration::from_millis(200)).await;
                redis.start_again().await;
            }
            1 => {
                redis.pause();
                tokio::time::sleep(Duration::from_millis(150)).await;
                redis.resume();
            }
            2 => {
                redis.pause();
                tokio::time::sleep(Duration::from_millis(700)).await;
                redis.resume();
            }
            3 => redis.flush().await,
            _ => redis.restore().await,
        }
    }
    let samples = busy.end().await;
    let slowest = samples.iter().map(|sample| sample.took).max().unwrap_or_default();
    let cached = samples.iter().filter(|sample| sample.is_cached).count();
    assert!(cached > 0, "there was nothing to be wrong about");
    println!(
        "{faults} faults, {} requests, {cached} answers from the cache, none failed or stale; p99 {:?}, slowest {slowest:?}",
        samples.len(),
        p99(samples.iter().map(|sample| sample.took).collect())
    );
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_redis_requests_go_on_and_stay_right() {
    survive(10).await;
}

/// In four towns at once, each with a Redis of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "7 minutes: the full figure"]
async fn a_thousand_faults_of_redis_change_nothing() {
    let towns: JoinSet<_> = (0..4).map(|_| survive(250)).collect();
    towns.join_all().await;
}

/// Redis stops under load, for good: how long requests take before and after.
async fn stop_under_load(stop: fn(&mut RedisServer)) {
    let mut redis = RedisServer::start().await;
    let town = Town::open(&redis).await;
    let (busy, began_at) = (town.busy(), Instant::now());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let stopped_at = Instant::now();
    stop(&mut redis);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let samples = busy.end().await;
    assert!(town.links.iter().all(|link| !link.is_up()));
    let between = |from: Instant, to: Option<Instant>| {
        let within = |sample: &&Sample| sample.began_at >= from && to.is_none_or(|to| sample.began_at < to);
        p99(samples.iter().filter(within).map(|sample| sample.took).collect())
    };
    let second = Duration::from_secs(1);
    println!(
        "{} requests, none failed; p99 {:?} before, {:?} in the first second, {:?} after it",
        samples.len(),
        between(began_at + second, Some(stopped_at)),
        between(stopped_at, Some(stopped_at + second)),
        between(stopped_at + second, None),
    );
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_stands_still_under_load_fails_no_request() {
    stop_under_load(|redis| redis.pause()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_is_killed_under_load_fails_no_request() {
    stop_under_load(RedisServer::kill).await;
}
