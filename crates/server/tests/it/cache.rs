//! Answers from the cache: fresh, the caller's own, and gone when something changed.

use crate::bank::Bank;
use crate::beside::Beside;
use crate::call::{Answer, Client};
use crate::engine::Engine;
use crate::redis_server::RedisServer;
use florin_server::cache::Cache;
use florin_server::limits::LimitSettings;
use rstest::rstest;
use serde_json::json;
use std::time::{Duration, Instant};

/// Where a test's server remembers.
#[derive(Clone, Copy, Debug)]
enum Memory {
    Process,
    Redis,
}

impl Memory {
    async fn server(self, bank: &Bank, redis: &RedisServer) -> Beside {
        match self {
            Self::Process => Beside::start_with(bank, LimitSettings::default(), None, Cache::local()).await,
            Self::Redis => Beside::start(bank, LimitSettings::default(), Some(redis.link().await)).await,
        }
    }
}

async fn read(client: &Client, path: &str) -> Answer {
    client.get(path).send().await
}

/// Reads until the answer comes from the cache, which takes a moment while servers come and go.
async fn cached(client: &Client, path: &str) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = read(client, path).await;
        if answer.header("age").is_some() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{path} is never cached: {answer:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn posted(answer: &Answer) -> String {
    answer.json()["posted"].as_str().unwrap().to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_cached_wallet_is_what_the_store_has(#[values(Memory::Process, Memory::Redis)] memory: Memory) {
    let (bank, redis) = (Bank::open(Engine::Sqlite).await, RedisServer::start().await);
    let server = memory.server(&bank, &redis).await;
    let (alice, wallet) = bank.person_with("alice", "10").await;
    let (bob, _) = bank.person_with("bob", "0").await;
    let path = format!("/v1/wallets/{wallet}");
    let (alice, bob) = (server.client(&alice.client), server.client(&bob.client));
    let hit = cached(&alice, &path).await;
    let stored = alice.get(&path).header("cache-control", "max-age=0, No-Cache").send().await;
    assert_eq!((stored.header("age"), hit.header("etag")), (None, stored.header("etag")));
    assert_eq!(hit.ok(), stored.ok());

    // What is cached for one is not there for another, and the same for the house.
    let missing = read(&bob, &path).await;
    assert_eq!(missing.header("age"), None);
    let unknown = read(&bob, "/v1/wallets/999999").await.problem("wallet_not_found");
    let problem = missing.problem("wallet_not_found");
    assert_eq!(problem["title"], unknown["title"]);
    assert_eq!(posted(&cached(&server.client(&bank.operator), &path).await), "10.00");
    server.stop().await;
    bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whatever_changes_a_wallet_is_seen_at_once(#[values(Memory::Process, Memory::Redis)] memory: Memory) {
    let (bank, redis) = (Bank::open(Engine::Sqlite).await, RedisServer::start().await);
    let server = memory.server(&bank, &redis).await;
    let house = server.client(&bank.operator);
    let (alice, from) = bank.person_with("alice", "100").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let alice = server.person(&alice);
    let path = format!("/v1/wallets/{from}");
    let expect = async |field: &str, value: &str| {
        let now = read(&alice.client, &path).await.json();
        assert_eq!(now[field], value, "{now:#}");
        cached(&alice.client, &path).await;
    };
    expect("posted", "100.00").await;
    alice.sends("a", from, to, "1").await.ok();
    expect("posted", "99.00").await;
    let item = |key: &str| json!({"type": "transfer", "idempotency_key": key, "from_wallet_id": from, "to_wallet_id": to, "amount": "1"});
    for (mode, left) in [("independent", "97.00"), ("atomic", "95.00")] {
        let body =
            json!({"mode": mode, "transactions": [item(&format!("{mode}-1")), item(&format!("{mode}-2"))]});
        alice.client.post("/v1/transactions/bulk").json(&body).send().await.ok();
        expect("posted", left).await;
    }
    let patch = |body| house.patch(&path).json(&body).send();
    patch(json!({"credit_limit": "50"})).await.ok();
    expect("available", "145.00").await;
    patch(json!({"status": "frozen"})).await.ok();
    expect("status", "frozen").await;
    patch(json!({"status": "active"})).await.ok();
    expect("status", "active").await;
    server.stop().await;
    bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn assets_are_cached_until_there_is_another(#[values(Memory::Process, Memory::Redis)] memory: Memory) {
    let (bank, redis) = (Bank::open(Engine::Sqlite).await, RedisServer::start().await);
    let server = memory.server(&bank, &redis).await;
    let (house, alice) = (server.client(&bank.operator), server.client(&bank.person("alice").await.client));
    cached(&house, "/v1/assets").await;
    let body = json!({"code": "EUR", "name": "Euro", "scale": 2});
    house.post("/v1/assets").key("eur").json(&body).send().await.ok();
    let seen = read(&alice, "/v1/assets").await.ok();
    assert_eq!(seen["data"].as_array().unwrap().len(), 3);
    let hit = cached(&alice, "/v1/assets").await.ok();
    assert_eq!(hit, seen);
    assert!(hit["data"][0].get("system_wallets").is_none(), "the house's wallets are not for her");
    let for_the_house = cached(&house, "/v1/assets").await.ok();
    assert!(for_the_house["data"][0]["system_wallets"].is_object());
    server.stop().await;
    bank.close().await;
}

/// Two servers on one Redis: who was answered by one gets nothing from before by the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_on_one_server_is_seen_on_the_other() {
    let (bank, redis) = (Bank::open(Engine::Postgres).await, RedisServer::start().await);
    let one = Memory::Redis.server(&bank, &redis).await;
    let other = Memory::Redis.server(&bank, &redis).await;
    let (alice, from) = bank.person_with("alice", "100").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let (here, there) = (one.person(&alice), other.person(&alice));
    let path = format!("/v1/wallets/{from}");
    for round in 1..=50 {
        if round % 10 == 1 {
            cached(&there.client, &path).await;
        }
        // Readers that began before the write must not keep what they read.
        let slow: Vec<_> = (0..4).map(|_| tokio::spawn(there.client.get(&path).send())).collect();
        here.sends(&format!("k{round}"), from, to, "1").await.ok();
        let now = posted(&read(&there.client, &path).await);
        assert_eq!(now, format!("{}.00", 100 - round));
        for reader in slow {
            reader.await.unwrap();
        }
        assert_eq!(posted(&read(&there.client, &path).await), now);
        assert_eq!(posted(&read(&here.client, &path).await), now);
    }
    one.stop().await;
    other.stop().await;
    bank.close().await;
}

/// The key is remembered for a second where it was found; another server hears of its end at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_on_one_server_is_worth_nothing_on_the_other() {
    let (bank, redis) = (Bank::open(Engine::Postgres).await, RedisServer::start().await);
    let one = Memory::Redis.server(&bank, &redis).await;
    let other = Memory::Redis.server(&bank, &redis).await;
    let house = one.client(&bank.operator);
    let mut fastest = Duration::MAX;
    for round in 0..3 {
        let body = json!({"name": "shop", "scopes": ["read"]});
        let created = house.post("/v1/api-keys").key(&format!("key{round}")).json(&body).send().await.ok();
        let token = created["secret"].as_str().map(str::to_owned);
        let shop = Client { token, ..other.client(&bank.operator) };
        assert_eq!(read(&shop, "/v1/assets").await.status, 200);
        let path = format!("/v1/api-keys/{}", created["id"]);
        house.call(reqwest::Method::DELETE, &path).send().await.ok();
        let begun = Instant::now();
        while read(&shop, "/v1/assets").await.status == 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        fastest = fastest.min(begun.elapsed());
    }
    // Without a word from the other server it takes a second, every time.
    assert!(fastest < Duration::from_millis(700), "{fastest:?}");
    one.stop().await;
    other.stop().await;
    bank.close().await;
}
