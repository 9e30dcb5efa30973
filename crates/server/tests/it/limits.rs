//! How many requests one caller, one address and one account may make.

use crate::bank::Bank;
use crate::beside::Beside;
use crate::call::{Answer, Client};
use crate::engine::Engine;
use crate::redis_server::{RedisServer, until};
use florin_server::limits::shared::SharedCounts;
use florin_server::limits::{LimitSettings, Policy, Quota, Window};
use florin_store::Scope;
use rstest::rstest;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Longer than any test.
fn an_hour(requests: u32) -> Quota {
    Quota { requests, window: Duration::from_hours(1) }
}

/// Sends a request to each in turn, all at once; how many of them pass.
async fn pass_of_64(clients: &[Client], path: &'static str) -> usize {
    let mut running = JoinSet::new();
    for client in clients.iter().cycle().take(64) {
        let client = client.clone();
        running.spawn(async move { client.get(path).send().await });
    }
    let answers = running.join_all().await;
    assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)), "{answers:?}");
    answers.iter().filter(|answer| answer.status == 200).count()
}

async fn log_in(client: &Client, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password});
    client.signed_out().post("/v1/auth/login").json(&body).send().await
}

/// Signs somebody up who has a password.
async fn carol(bank: &Bank) {
    let body = json!({"username": "carol", "email": "carol@florin.example", "password": "correct horse"});
    bank.operator.signed_out().post("/v1/users").key("carol").json(&body).send().await.ok();
}

/// What an answer says is left of each limit. When there is room again depends on how long the test took.
fn left(answer: &Answer) -> String {
    let limits = answer.header("ratelimit").unwrap().split(", ");
    let left: Vec<_> = limits.map(|limit| limit.rsplit_once(";t=").unwrap().0).collect();
    left.join(", ")
}

fn retry_after(answer: &Answer) -> u32 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_at_once_on_two_servers_exactly_the_quota_passes() {
    let (bank, redis) = (Bank::open(Engine::Postgres).await, RedisServer::start().await);
    let limits = LimitSettings { person: Some(an_hour(20)), ..LimitSettings::default() };
    let one = Beside::start(&bank, limits, Some(redis.link().await)).await;
    let other = Beside::start(&bank, limits, Some(redis.link().await)).await;
    for name in ["alice", "bob"] {
        let person = bank.person(name).await;
        let clients = [one.client(&person.client), other.client(&person.client)];
        assert_eq!(pass_of_64(&clients, "/v1/me").await, 20, "{name}");
        assert_eq!(pass_of_64(&clients, "/v1/me").await, 0, "{name}");
    }
    one.stop().await;
    other.stop().await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_at_once_without_redis_exactly_the_quota_passes() {
    let bank = Bank::open(Engine::Sqlite).await;
    let limits = LimitSettings { person: Some(an_hour(20)), ..LimitSettings::default() };
    let server = Beside::start(&bank, limits, None).await;
    let alice = bank.person("alice").await;
    assert_eq!(pass_of_64(&[server.client(&alice.client)], "/v1/me").await, 20);
    server.stop().await;
    bank.close().await;
}

#[tokio::test]
async fn an_answer_says_what_is_left_and_a_refusal_when_to_come_back() {
    let bank = Bank::open(Engine::Sqlite).await;
    let limits = LimitSettings {
        person: Some(an_hour(10)),
        address: Some(an_hour(100)),
        sensitive_person: Some(an_hour(2)),
        ..LimitSettings::default()
    };
    let server = Beside::start(&bank, limits, None).await;
    let (alice, from) = bank.person_with("alice", "10").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let alice = server.person(&alice);
    let read = alice.client.get("/v1/me").send().await;
    assert_eq!(read.header("ratelimit-policy"), Some("\"default\";q=10;w=3600"));
    assert_eq!(left(&read), "\"default\";r=9");
    let missing = alice.client.get("/v1/nowhere").send().await;
    assert_eq!(left(&missing), "\"default\";r=8", "problems say so too");
    let sent = alice.sends("a", from, to, "1").await;
    let policy = "\"default\";q=10;w=3600, \"sensitive\";q=2;w=3600";
    assert_eq!((sent.status, sent.header("ratelimit-policy")), (201, Some(policy)));
    assert_eq!(left(&sent), "\"default\";r=7, \"sensitive\";r=1");
    assert_eq!(alice.sends("b", from, to, "1").await.status, 201);

    let before = bank.everything().await;
    for _ in 0..3 {
        let refused = alice.sends("c", from, to, "1").await;
        assert_eq!(refused.status, 429);
        assert!(left(&refused).contains("\"sensitive\";r=0"), "{refused:?}");
        assert!((3500..=3600).contains(&retry_after(&refused)), "{refused:?}");
        assert_eq!(refused.problem("rate_limited")["retryable"], true);
    }
    assert_eq!(bank.everything().await, before);
    // What was refused counts nowhere.
    let read = alice.client.get("/v1/me").send().await;
    assert_eq!(left(&read), "\"default\";r=5");
    server.stop().await;
    bank.close().await;
}

#[tokio::test]
async fn each_caller_has_their_own_limit_and_the_house_moves_money_all_day() {
    let bank = Bank::open(Engine::Sqlite).await;
    let limits = LimitSettings {
        person: Some(an_hour(3)),
        service: Some(an_hour(5)),
        sensitive_person: Some(an_hour(1)),
        ..LimitSettings::default()
    };
    let server = Beside::start(&bank, limits, None).await;
    let (alice, wallet) = bank.person_with("alice", "10").await;
    let bob = bank.person("bob").await;
    let service = server.client(&bank.service(&[Scope::TransactionsWrite]).await);
    let (alice, bob) = (server.client(&alice.client), server.client(&bob.client));
    for expected in [200, 200, 200, 429] {
        assert_eq!(alice.get("/v1/me").send().await.status, expected);
    }
    assert_eq!(bob.get("/v1/me").send().await.status, 200, "another person's limit is their own");
    for (index, expected) in [201, 201, 201, 201, 201, 429].into_iter().enumerate() {
        let body = json!({"wallet_id": wallet, "amount": "1"});
        let answer = service.post("/v1/deposits").key(&format!("k{index}")).json(&body).send().await;
        assert_eq!(answer.status, expected);
    }
    server.stop().await;
    bank.close().await;
}

#[tokio::test]
async fn an_address_is_limited_whoever_asks_and_probes_never() {
    let bank = Bank::open(Engine::Sqlite).await;
    let limits = LimitSettings { address: Some(an_hour(3)), ..LimitSettings::default() };
    let server = Beside::start(&bank, limits, None).await;
    let alice = server.client(&bank.person("alice").await.client);
    let nobody = alice.signed_out();
    assert_eq!(alice.get("/v1/me").send().await.status, 200);
    assert_eq!(nobody.get("/v1/me").send().await.status, 401);
    assert_eq!(nobody.get("/v1/nowhere").send().await.status, 404);
    for client in [&alice, &nobody] {
        client.get("/v1/me").send().await.problem("rate_limited");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        let answer = nobody.get(path).send().await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{path}");
    }
    server.stop().await;
    bank.close().await;
}

#[rstest]
#[case::in_process(false)]
#[case::in_redis(true)]
#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_for_one_account_are_bounded_and_right_ones_do_not_count(#[case] with_redis: bool) {
    let (bank, redis) = (Bank::open(Engine::Sqlite).await, RedisServer::start().await);
    let limits = LimitSettings { sign_in: Some(an_hour(3)), ..LimitSettings::default() };
    let link = if with_redis { Some(redis.link().await) } else { None };
    let server = Beside::start(&bank, limits, link).await;
    carol(&bank).await;
    let client = server.client(&bank.operator);
    for _ in 0..5 {
        assert_eq!(log_in(&client, "carol", "correct horse").await.status, 200);
    }
    // An account that does not exist is no different.
    for name in ["carol", "nobody"] {
        let mut tries = JoinSet::new();
        for _ in 0..8 {
            let client = client.clone();
            tries.spawn(async move { log_in(&client, name, "wrong horse").await.status });
        }
        let mut statuses = tries.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [401, 401, 401, 429, 429, 429, 429, 429], "{name}");
    }
    let refused = log_in(&client, "Carol", "correct horse").await;
    assert!((3500..=3600).contains(&retry_after(&refused)), "{refused:?}");
    let problem = refused.problem("rate_limited");
    assert!(problem["detail"].as_str().unwrap().contains("tries to sign in to this account"), "{problem}");
    server.stop().await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_server_counts_by_itself() {
    let (bank, mut redis) = (Bank::open(Engine::Postgres).await, RedisServer::start().await);
    let limits = LimitSettings { person: Some(an_hour(10)), ..LimitSettings::default() };
    let (link, other_link) = (redis.link().await, redis.link().await);
    let one = Beside::start(&bank, limits, Some(link.clone())).await;
    let other = Beside::start(&bank, limits, Some(other_link.clone())).await;
    let alice = bank.person("alice").await;
    let clients = [one.client(&alice.client), other.client(&alice.client)];
    redis.kill();
    until("the servers notice", || !link.is_up() && !other_link.is_up()).await;
    assert_eq!(pass_of_64(&clients, "/v1/me").await, 20, "10 on each");

    redis.start_again().await;
    until("the servers notice", || link.is_up() && other_link.is_up()).await;
    let bob = bank.person("bob").await;
    let clients = [one.client(&bob.client), other.client(&bob.client)];
    assert_eq!(pass_of_64(&clients, "/v1/me").await, 10, "together again");
    one.stop().await;
    other.stop().await;
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stands_still_stops_nobody() {
    let (bank, redis) = (Bank::open(Engine::Sqlite).await, RedisServer::start().await);
    let limits = LimitSettings { person: Some(an_hour(1000)), ..LimitSettings::default() };
    let link = redis.link_with(Duration::from_millis(50)).await;
    let server = Beside::start(&bank, limits, Some(link.clone())).await;
    let alice = server.client(&bank.person("alice").await.client);
    for _ in 0..2 {
        redis.pause();
        assert_eq!(pass_of_64(std::slice::from_ref(&alice), "/v1/me").await, 64);
        assert!(!link.is_up(), "no request waits for it any more");
        assert_eq!(alice.get("/readyz").send().await.status, 200);
        redis.resume();
        until("it is noticed", || link.is_up()).await;
    }
    server.stop().await;
    bank.close().await;
}

/// 64 ask again and again, on two links, while the window slides.
#[tokio::test(flavor = "multi_thread")]
async fn no_span_has_more_than_the_quota_however_many_ask() {
    let redis = RedisServer::start().await;
    let quota = Quota { requests: 100, window: Duration::from_secs(1) };
    let window = Window { policy: Policy::Default, key: "limit:test".to_owned(), quota };
    let counts = [redis.link().await, redis.link().await].map(|link| Arc::new(SharedCounts::new(link)));
    let until = Instant::now() + Duration::from_secs(4);
    let mut asking = JoinSet::new();
    for index in 0..64 {
        let (counts, window) = (Arc::clone(&counts[index % 2]), window.clone());
        asking.spawn(async move {
            let mut admitted = Vec::new();
            while Instant::now() < until {
                let taken = counts.take(std::slice::from_ref(&window)).await.unwrap();
                admitted.extend(taken.is_admitted.then_some(taken.at_us));
            }
            admitted
        });
    }
    let mut admitted = asking.join_all().await.concat();
    admitted.sort_unstable();
    let spans = admitted.iter().zip(&admitted[100..]);
    let shortest_us = spans.map(|(first, beyond)| beyond - first).min().unwrap();
    assert!(shortest_us >= 1_000_000, "101 requests in {shortest_us} us");
    println!("{} admitted; 101 of them take {shortest_us} us at least", admitted.len());
}

#[tokio::test]
async fn room_in_redis_comes_back_request_by_request() {
    let redis = RedisServer::start().await;
    let counts = SharedCounts::new(redis.link().await);
    let quota = Quota { requests: 2, window: Duration::from_secs(4) };
    let windows = [Window { policy: Policy::Default, key: "florin:limit:test".to_owned(), quota }];
    let first = counts.take(&windows).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let second = counts.take(&windows).await.unwrap();
    assert!(first.is_admitted && second.is_admitted);
    let refused = counts.take(&windows).await.unwrap();
    assert_eq!((refused.is_admitted, refused.counts[0].used), (false, 2));
    tokio::time::sleep(refused.counts[0].frees_in).await;
    let third = counts.take(&windows).await.unwrap();
    assert!(third.is_admitted && third.at_us >= first.at_us + 4_000_000, "the first has left");
    assert!(third.at_us < second.at_us + 4_000_000 && third.counts[0].used == 2, "the second has not");
    assert!(!counts.take(&windows).await.unwrap().is_admitted);
}
