use crate::bank::Bank;
use crate::engine::Engine;
use florin_server::committer::CommitterSettings;
use florin_server::http::HttpSettings;
use rstest::rstest;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[rstest]
#[tokio::test]
async fn it_says_how_it_is(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let nobody = bank.operator.signed_out();
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(nobody.get(path).send().await.status, 200, "{path}");
    }
    let document = nobody.http.get(format!("{}/openapi.json", nobody.url)).send().await.unwrap();
    let document: serde_json::Value = document.json().await.unwrap();
    assert_eq!(document, nobody.contract.document);
    bank.close().await;
}

#[tokio::test]
async fn the_interactive_documentation_needs_no_internet() {
    let bank = Bank::open(Engine::Sqlite).await;
    let (http, url) = (&bank.operator.http, &bank.operator.url);
    let get = async |path: &str| {
        let answer = http.get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let page = get("/docs").await;
    assert!(!page.contains("//"), "it loads from elsewhere: {page}");
    for part in page.split('"').filter_map(|part| part.strip_prefix("./")) {
        get(&format!("/docs/{part}")).await;
    }
    let start = get("/docs/swagger-initializer.js").await;
    assert!(start.contains("\"validatorUrl\": \"none\"") && start.contains("/openapi.json"), "{start}");
    bank.close().await;
}

#[tokio::test]
async fn a_request_has_a_name() {
    let bank = Bank::open(Engine::Sqlite).await;
    let named = bank.operator.get("/v1/walets").header("x-request-id", "order-17.a_b").send().await;
    assert_eq!(named.problem("route_not_found")["request_id"], "order-17.a_b");
    for insane in ["", "a b", "a\"b", "schlüssel", &"x".repeat(129)] {
        let answer = bank.operator.get("/livez").header("x-request-id", insane).send().await;
        let made = answer.header("x-request-id").unwrap();
        assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    }
    bank.close().await;
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let committer = CommitterSettings { queue_commands_max: 3, ..CommitterSettings::default() };
    let bank = Bank::open_with(Engine::Sqlite, HttpSettings::default(), committer).await;
    let (alice, from) = bank.person_with("alice", "10").await;
    let before = bank.everything().await;
    let item = |key| json!({"type": "transfer", "idempotency_key": key, "from_wallet_id": from, "to_wallet_id": 1, "amount": "1"});
    for mode in ["atomic", "independent"] {
        let body = json!({"mode": mode, "transactions": [item("a"), item("b"), item("c"), item("d")]});
        let refused = alice.client.post("/v1/transactions/bulk").json(&body).send().await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
        assert_eq!(refused.problem("overloaded")["retryable"], true);
    }
    assert_eq!(bank.everything().await, before);
    bank.close().await;
}

/// Slow clients must not hold connections: neither with half a head nor with half a body.
#[tokio::test]
async fn a_client_that_dribbles_is_cut_off() {
    let http = HttpSettings {
        header_timeout: Duration::from_millis(200),
        request_timeout: Duration::from_millis(200),
        ..HttpSettings::default()
    };
    let bank = Bank::open_with(Engine::Sqlite, http, CommitterSettings::default()).await;
    let address = bank.address();
    let send = async |text: String| end_of(address, &text).await;
    assert_eq!(send("POST /v1/transfers HTTP/1.1\r\nhost: florin\r\n".to_owned()).await, "");
    let answer = send(half_a_transfer(&bank)).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"request_timeout\""), "{answer}");
    bank.close().await;
}

/// Long before the deadline.
#[tokio::test]
async fn a_body_that_pauses_too_long_is_not_waited_for() {
    let http = HttpSettings { body_timeout: Duration::from_millis(200), ..HttpSettings::default() };
    let bank = Bank::open_with(Engine::Sqlite, http, CommitterSettings::default()).await;
    let begun = Instant::now();
    let answer = end_of(bank.address(), &half_a_transfer(&bank)).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"request_timeout\""), "{answer}");
    assert!(begun.elapsed() < HttpSettings::default().request_timeout);
    bank.close().await;
}

#[tokio::test]
async fn more_requests_than_there_are_places_for_are_refused_at_once() {
    let http = HttpSettings { requests_max: 2, ..HttpSettings::default() };
    let bank = Bank::open_with(Engine::Sqlite, http, CommitterSettings::default()).await;
    let mut running = vec![];
    for _ in 0..2 {
        let mut socket = TcpStream::connect(bank.address()).await.unwrap();
        socket.write_all(half_a_transfer(&bank).as_bytes()).await.unwrap();
        running.push(socket);
    }
    let refused = loop {
        let answer = bank.operator.get("/v1/me").send().await;
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    refused.problem("overloaded");
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(bank.operator.signed_out().get(path).send().await.status, 200, "{path}");
    }
    drop(running);
    while bank.operator.get("/v1/me").send().await.status != 200 {}
    bank.close().await;
}

/// Of large bodies only so many are taken at a time, or memory would have no bound.
#[tokio::test]
async fn more_large_bodies_than_there_are_places_for_are_refused() {
    let bank = Bank::open(Engine::Sqlite).await;
    let token = bank.operator.token.as_deref().unwrap();
    let head = format!(
        "POST /v1/transactions/bulk HTTP/1.1\r\nhost: florin\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 1000000\r\n\r\n"
    );
    let mut running = vec![];
    for _ in 0..64 {
        let mut socket = TcpStream::connect(bank.address()).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(" ".repeat(100_000).as_bytes()).await.unwrap();
        running.push(socket);
    }
    let large = || bank.operator.post("/v1/transactions/bulk").bytes(" ".repeat(100_000)).send();
    // Until all of them have come so far.
    let mut refused = large().await;
    for _ in 0..200 {
        if refused.status == 503 {
            break;
        }
        refused = large().await;
    }
    assert_eq!(refused.header("retry-after"), Some("1"));
    refused.problem("overloaded");
    bank.person_with("alice", "10").await;
    drop(running);
    while large().await.status == 503 {}
    bank.close().await;
}

/// A request whose body never comes in full.
fn half_a_transfer(bank: &Bank) -> String {
    let token = bank.operator.token.as_deref().unwrap();
    format!(
        "POST /v1/transfers HTTP/1.1\r\nhost: florin\r\nauthorization: Bearer {token}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{{"
    )
}

/// What comes back for this, until the server closes the connection.
async fn end_of(address: &str, text: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_stop_lets_requests_end() {
    let bank = Bank::open(Engine::Sqlite).await;
    let (alice, from) = bank.person_with("alice", "100").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let running: Vec<_> = (0..50)
        .map(|index| {
            let alice = alice.clone();
            tokio::spawn(async move {
                let body = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": "1"});
                let url = format!("{}/v1/transfers", alice.client.url);
                let request = alice.client.http.post(url).bearer_auth(alice.client.token.unwrap());
                let sent = request.header("idempotency-key", format!("k{index}")).json(&body).send().await;
                // Who is not connected yet is refused; who is gets an answer.
                sent.is_ok_and(|answer| answer.status() == 201)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(2)).await;
    let store = std::sync::Arc::clone(&bank.store);
    bank.close().await;
    let mut done = 0;
    for request in running {
        done += u32::from(request.await.unwrap());
    }
    let wallet =
        store.wallet(florin_ledger::LedgerId::MAIN, florin_ledger::WalletId(to)).await.unwrap().unwrap();
    assert_eq!(wallet.wallet.posted.units(), i128::from(done) * 100, "as many as were answered");
}
