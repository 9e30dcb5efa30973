//! What is passed on to the fragile specimen, and what is not.

use crate::bank::Bank;
use crate::call::Client;
use crate::engine::Engine;
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{any, get, post};
use florin_server::http::Console;
use reqwest::Method;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Stands for the specimen: it says what it was sent.
async fn echo() -> SocketAddr {
    async fn say(request: Request) -> String {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let headers: Vec<_> = parts.headers.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{} {} {} {}", parts.method, parts.uri, headers.join(" "), body.len())
    }
    let refuse = post(async |_: Bytes| (StatusCode::CONFLICT, "insufficient"));
    let large = get(async || "x".repeat(2 * 1024 * 1024));
    let router = Router::new().route("/refuse", refuse).route("/large", large).fallback(any(say));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

async fn with_a_specimen(specimen: SocketAddr) -> Bank {
    Bank::open_with_console(Engine::Sqlite, Console { specimen: Some(specimen), ..Console::default() }).await
}

fn request(client: &Client, method: Method, path: &str) -> reqwest::RequestBuilder {
    client.http.request(method, format!("{}{path}", client.url))
}

#[tokio::test]
async fn requests_and_answers_are_passed_on() {
    let bank = with_a_specimen(echo().await).await;
    let browser = bank.operator.signed_out();
    let sent = request(&browser, Method::POST, "/lab/specimen/transfers/7?how=often")
        .header("content-type", "application/json")
        .header("authorization", "Bearer theirs")
        .header("idempotency-key", "once")
        .header("transaction-pin", "1234")
        .header("cookie", "florin_session=frt_secret")
        .header("x-florin-console", "1")
        .body("{}");
    let text = sent.send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("POST /transfers/7?how=often ") && text.ends_with(" 2"), "{text}");
    for passed_on in [
        "content-type=",
        "authorization=\"Bearer theirs\"",
        "idempotency-key=\"once\"",
        "transaction-pin=\"1234\"",
    ] {
        assert!(text.contains(passed_on), "{passed_on}: {text}");
    }
    for kept in ["cookie", "florin"] {
        assert!(!text.contains(kept), "{kept}: {text}");
    }
    // Its refusals are its own.
    let refused = request(&browser, Method::POST, "/lab/specimen/refuse").body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 409);
    assert!(refused.headers().contains_key("x-request-id"), "it passes the edge");
    assert_eq!(refused.text().await.unwrap(), "insufficient");
    let config = browser.read("/console/config.json").await;
    assert_eq!(config["lab"], true);
    bank.close().await;
}

#[tokio::test]
async fn florins_own_tokens_stay_here() {
    let bank = with_a_specimen(echo().await).await;
    let alice = bank.person("alice").await;
    for client in [&alice.client, &bank.operator] {
        let token = client.token.as_deref().unwrap();
        let sent =
            request(client, Method::GET, "/lab/specimen/wallets").bearer_auth(token).send().await.unwrap();
        let text = sent.text().await.unwrap();
        assert!(text.starts_with("GET /wallets ") && !text.contains("authorization"), "{text}");
    }
    bank.close().await;
}

#[tokio::test]
async fn what_is_too_large_or_not_there_is_refused() {
    let specimen = echo().await;
    let bank = with_a_specimen(specimen).await;
    let browser = bank.operator.signed_out();
    for (bytes, status) in [(64 * 1024, 200), (64 * 1024 + 1, 413)] {
        let body = vec![b' '; bytes];
        let sent =
            request(&browser, Method::POST, "/lab/specimen/transfers").body(body).send().await.unwrap();
        assert_eq!(sent.status(), status, "{bytes}");
    }
    let large = request(&browser, Method::GET, "/lab/specimen/large").send().await.unwrap();
    assert_eq!(large.status(), 503);
    bank.close().await;

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let bank = with_a_specimen(gone).await;
    let browser = bank.operator.signed_out();
    assert_eq!(request(&browser, Method::GET, "/lab/specimen/health").send().await.unwrap().status(), 503);
    bank.close().await;

    let bank = Bank::open(Engine::Sqlite).await;
    bank.operator.get("/lab/specimen/health").send().await.problem("route_not_found");
    bank.close().await;
}
