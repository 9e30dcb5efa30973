//! What was acknowledged is there, once, however the server ended; what was not is there whole or not at all.

use crate::place::{Engine, Place};
use crate::server::{Person, Server, log};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const CLIENTS: u64 = 16;

/// Transfers of one gold coin between alice and bob, by a service, each under a key of its own.
#[derive(Default)]
struct Load {
    service: Option<Person>,
    /// Every key that was sent, with the transaction's id where it was acknowledged.
    sent: BTreeMap<String, Option<String>>,
}

impl Load {
    /// Sends until the server no longer answers. `meanwhile` ends the server when it wants to.
    async fn run(&mut self, server: &Server, round: usize, enough: u64, meanwhile: impl FnOnce()) {
        let alice = server.sign_in("alice").await;
        let bob = server.sign_in("bob").await;
        let wallets = (alice.wallet("GOLD").await, bob.wallet("GOLD").await);
        let service = self.service(server).await;
        let acknowledged = Arc::new(AtomicU64::new(0));
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let acknowledged = Arc::clone(&acknowledged);
            let service = service.clone();
            let (from, to) = if client % 2 == 0 { wallets } else { (wallets.1, wallets.0) };
            clients.spawn(async move {
                let mut sent = Vec::new();
                for number in 0.. {
                    let key = format!("{round}-{client}-{number}");
                    let answer = transfer(&service, &key, from, to).await;
                    let is_over = !matches!(answer, Ok((201, _)));
                    let id = answer.ok().filter(|(status, _)| *status == 201).map(|(_, id)| id);
                    acknowledged.fetch_add(u64::from(id.is_some()), Ordering::Relaxed);
                    sent.push((key, id));
                    if is_over {
                        break;
                    }
                }
                sent
            });
        }
        while acknowledged.load(Ordering::Relaxed) < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        meanwhile();
        for sent in clients.join_all().await {
            self.sent.extend(sent);
        }
    }

    /// The same one on every server: its keys are its own.
    async fn service(&mut self, server: &Server) -> Person {
        let service = match self.service.take() {
            Some(service) => service.at(server),
            None => server.service().await,
        };
        self.service.insert(service).clone()
    }

    /// Sends every key again: what was acknowledged must be the same transaction, and the balances must be what
    /// all of them, each once, make of the opening ones.
    async fn check(&mut self, server: &Server) {
        let service = self.service(server).await;
        let alice = server.sign_in("alice").await;
        let bob = server.sign_in("bob").await;
        let wallets = (alice.wallet("GOLD").await, bob.wallet("GOLD").await);
        let mut balances = (500_i64, 100_i64);
        for (key, acknowledged) in &self.sent {
            let is_alice =
                key.split('-').nth(1).and_then(|client| client.parse::<u64>().ok()).unwrap() % 2 == 0;
            let (from, to, sign) =
                if is_alice { (wallets.0, wallets.1, 1) } else { (wallets.1, wallets.0, -1) };
            let (status, id) = transfer(&service, key, from, to).await.expect("the server answers");
            if status == 201 {
                balances = (balances.0 - sign, balances.1 + sign);
            }
            if let Some(acknowledged) = acknowledged {
                assert_eq!((status, &id), (201, acknowledged), "{key} was acknowledged");
            }
        }
        let found = (alice.balance("GOLD").await, bob.balance("GOLD").await);
        assert_eq!(found, (balances.0.to_string(), balances.1.to_string()));
    }
}

async fn transfer(service: &Person, key: &str, from: i64, to: i64) -> reqwest::Result<(u16, String)> {
    let body = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": "1"});
    let answer = service.post("/v1/transfers", key, &body).await?;
    let status = answer.status().as_u16();
    let answer: Value = answer.json().await?;
    Ok((status, answer["id"].as_str().unwrap_or_default().to_owned()))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::new(engine).await;
    let mut load = Load::default();
    let server = Server::start_demo(&place);
    load.run(&server, 0, 200, || server.ask_to_stop()).await;
    assert_eq!(server.ended().code(), Some(0), "{}", log(&place));

    let server = Server::start_demo(&place);
    load.check(&server).await;
    assert!(place.florin(&["audit"]).out.starts_with("OK"), "{}", log(&place));
    server.stop();
    place.remove().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_under_load_loses_and_doubles_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let mut load = Load::default();
    for round in 0..3 {
        let server = Server::start_demo(&place);
        load.run(&server, round, 100, || server.kill()).await;
        server.ended();
    }
    let server = Server::start_demo(&place);
    load.check(&server).await;
    assert!(place.florin(&["audit"]).out.starts_with("OK"), "{}", log(&place));
    server.stop();
    place.remove().await;
}
