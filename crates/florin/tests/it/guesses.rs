//! Who guesses at a PIN: two servers on one database, and as many at once as they like.

use crate::place::{Engine, Place};
use crate::server::{Person, Server, log};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const AT_ONCE: usize = 64;

/// Two servers on one database, with the demo. Nothing but the PIN's own rules is in the way.
async fn two_servers() -> (Place, [Server; 2]) {
    let place = Place::new(Engine::Postgres).await;
    let names = ["person", "service", "address", "sensitive_person", "sensitive_address"];
    let unlimited: String = names.map(|name| format!("rate_limit_{name} = \"0\"\n")).concat();
    std::fs::write(place.folder().join("florin.toml"), unlimited).unwrap();
    let first = Server::start_demo(&place);
    let second = Server::start(&place, &[]);
    (place, [first, second])
}

/// How many PINs the servers have looked at, by result.
async fn looked_at(servers: &[Server]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for server in servers {
        let metrics = reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap();
        for line in metrics.lines() {
            let Some(rest) = line.strip_prefix("florin_pin_checks_total{result=\"") else { continue };
            let (result, count) = rest.split_once("\"} ").unwrap();
            *counts.entry(result.to_owned()).or_default() += count.parse::<u64>().unwrap();
        }
    }
    counts
}

/// So many guesses at alice's PIN; every one of them is wrong.
async fn guess(guesses: u32) {
    let (place, servers) = two_servers().await;
    let alices = [servers[0].sign_in("alice").await, servers[1].sign_in("alice").await];
    let (from, to) = (alices[0].wallet("USD").await, servers[0].sign_in("bob").await.wallet("USD").await);
    let began = Instant::now();
    let next = Arc::new(AtomicU32::new(0));
    let mut thieves = JoinSet::new();
    for thief in 0..AT_ONCE {
        let (alice, next) = (alices[thief % 2].clone(), Arc::clone(&next));
        thieves.spawn(async move {
            let mut statuses = BTreeMap::<u16, u32>::new();
            loop {
                let guess = next.fetch_add(1, Ordering::Relaxed);
                if guess >= guesses {
                    return statuses;
                }
                // 10,000 of them, but for the right one.
                let pin = format!("{:04}", if guess == 2846 { 9999 } else { guess });
                let transfer = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": "1"});
                let answer = alice.post_with_pin("/v1/transfers", "stolen", &pin, &transfer).await.unwrap();
                *statuses.entry(answer.status().as_u16()).or_default() += 1;
            }
        });
    }
    let mut statuses = BTreeMap::<u16, u32>::new();
    for one in thieves.join_all().await {
        for (status, count) in one {
            *statuses.entry(status).or_default() += count;
        }
    }
    let looked_at = looked_at(&servers).await;
    println!(
        "{guesses} guesses, {AT_ONCE} at a time, in {:.1?}: {statuses:?}; looked at: {looked_at:?}",
        began.elapsed()
    );
    assert_eq!(looked_at, BTreeMap::from([("wrong".to_owned(), 5)]), "{}", log(&place));
    assert_eq!(statuses.get(&403), Some(&4), "the fifth says that it is locked: {statuses:?}");
    assert!(statuses.keys().all(|status| [403, 423, 503].contains(status)), "{statuses:?}");
    assert_eq!(alices[0].balance("USD").await, "1000.00");
    drop(servers);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_640_guesses_over_two_servers_five_are_looked_at() {
    guess(640).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the full figure: 10,000 guesses"]
async fn of_10000_guesses_over_two_servers_five_are_looked_at() {
    guess(10_000).await;
}

/// How long a service's transfers took, one after the other; all of them are done.
async fn service_pays(service: &Person, wallets: (i64, i64), round: &str, transfers: u32) -> Vec<Duration> {
    let mut took = Vec::new();
    for number in 0..transfers {
        let body = json!({"from_wallet_id": wallets.0, "to_wallet_id": wallets.1, "amount": "0.01"});
        let began = Instant::now();
        let answer = service.post("/v1/transfers", &format!("{round}-{number}"), &body).await.unwrap();
        assert_eq!(answer.status(), 201, "{round} {number}");
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took
}

/// Every PIN here is the right one, so that all of them are hashed.
async fn flood(transfers: u32) {
    let (place, servers) = two_servers().await;
    let server = &servers[0];
    let (alice, bob, service) =
        (server.sign_in("alice").await, server.sign_in("bob").await, server.service().await);
    let wallets = (alice.wallet("USD").await, bob.wallet("USD").await);
    let quiet = service_pays(&service, wallets, "quiet", transfers).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut floods = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (alice, is_over) = (alice.clone(), Arc::clone(&is_over));
        floods.spawn(async move {
            let mut given = 0_u32;
            while !is_over.load(Ordering::Relaxed) {
                let operation = json!({"type": "spend", "asset": "USD", "amount": "1"});
                let body = json!({"pin": "2846", "operation": operation});
                let answer = alice.post("/v1/auth/step-up", "-", &body).await.unwrap();
                given += u32::from(answer.status() == 200);
                let _: Value = answer.json().await.unwrap();
            }
            given
        });
    }
    let flooded = service_pays(&service, wallets, "flooded", transfers).await;
    is_over.store(true, Ordering::Relaxed);
    let given: u32 = floods.join_all().await.into_iter().sum();
    let p = |took: &[Duration], percent: usize| took[(took.len() - 1) * percent / 100];
    println!(
        "{transfers} transfers of a service: p50 {:.1?}, p99 {:.1?}; while {AT_ONCE} enter PINs ({given} were right): \
         p50 {:.1?}, p99 {:.1?}",
        p(&quiet, 50),
        p(&quiet, 99),
        p(&flooded, 50),
        p(&flooded, 99)
    );
    assert!(given > 0);
    drop(servers);
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_pay_while_a_flood_of_pins_is_looked_at() {
    flood(40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the full figure: 1,000 transfers"]
async fn services_pay_1000_times_while_a_flood_of_pins_is_looked_at() {
    flood(1000).await;
}
