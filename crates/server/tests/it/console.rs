//! The console's files and pages, as browsers get them.

use crate::bank::Bank;
use crate::call::{Answer, Client};
use crate::engine::Engine;
use florin_api::StoreKind;
use florin_server::http::Console;
use reqwest::{Method, Response};
use serde_json::json;
use std::borrow::Cow;

const INDEX: &str =
    "<!doctype html><meta name=\"csp-nonce\" content=\"__CSP_NONCE__\"><title>Console</title>";

/// A tiny bundle.
fn files(path: &str) -> Option<Cow<'static, [u8]>> {
    let text = match path {
        "index.html" => INDEX,
        "favicon.svg" => "<svg/>",
        "bundle/index-4f3a.js" => "plain",
        "bundle/index-4f3a.js.br" => "brotli",
        "bundle/index-4f3a.js.gz" => "gzip",
        "bundle/index-9c1d.css" => "css",
        "bundle/secret.pem" => "of a kind that no bundle has",
        _ => return None,
    };
    Some(Cow::Borrowed(text.as_bytes()))
}

async fn with_a_console() -> Bank {
    Bank::open_with_console(Engine::Sqlite, Console { files, ..Console::default() }).await
}

/// As a browser asks for a page.
async fn opens(browser: &Client, path: &str) -> Response {
    asks(browser, Method::GET, path, &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]).await
}

async fn asks(browser: &Client, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = browser.http.request(method, format!("{}{path}", browser.url));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

fn header<'answer>(answer: &'answer Response, name: &str) -> Option<&'answer str> {
    answer.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn its_page_is_at_every_address_of_its_own_with_a_nonce_of_its_own() {
    let bank = with_a_console().await;
    let browser = bank.operator.signed_out();
    let mut nonces = std::collections::BTreeSet::new();
    let paths = ["/", "/index.html", "/wallets/9", "/lab", "/payouts/1/rows?status=bad"];
    for path in paths {
        let answer = opens(&browser, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer, name), Some(value), "{path}");
        }
        assert!(header(&answer, "permissions-policy").unwrap().contains("camera=()"));
        assert!(header(&answer, "x-request-id").is_some(), "it passes the edge");
        let policy = header(&answer, "content-security-policy").unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
                 font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
                 frame-ancestors 'none'"
            )
        );
        assert_eq!(answer.text().await.unwrap(), INDEX.replace("__CSP_NONCE__", &nonce));
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), paths.len());
    // Whoever takes anything gets the page too, at the address that everybody tries first.
    assert_eq!(asks(&browser, Method::GET, "/", &[]).await.status(), 200);
    assert_eq!(asks(&browser, Method::HEAD, "/", &[]).await.text().await.unwrap(), "");
    bank.close().await;
}

#[tokio::test]
async fn what_is_not_its_own_is_not_there() {
    let bank = with_a_console().await;
    let browser = bank.operator.signed_out();
    let nowhere = [
        "/v1",
        "/v1/nothing",
        "/docs/nothing",
        "/bundle/index-0000.js",
        "/bundle/",
        "/console/nothing",
        "/lab/specimen/health",
        "/.well-known/nothing",
        "/bundle/index-4f3a.js.br",
        "/bundle/secret.pem",
    ];
    for path in nowhere {
        let answer = opens(&browser, path).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(header(&answer, "content-type"), Some("application/problem+json"), "{path}");
    }
    // Programs that lost their way are not given a page.
    for (method, path) in
        [(Method::GET, "/wallets/9"), (Method::POST, "/"), (Method::POST, "/bundle/index-4f3a.js")]
    {
        let answer: Answer = browser.call(method, path).send().await;
        answer.problem("route_not_found");
    }
    assert_eq!(opens(&browser, "/docs/").await.status(), 200, "the documentation is where it was");
    bank.close().await;
}

#[tokio::test]
async fn files_are_kept_by_their_hashes_and_sent_compressed() {
    let bank = with_a_console().await;
    let browser = bank.operator.signed_out();
    let script = "/bundle/index-4f3a.js";
    let css = "/bundle/index-9c1d.css";
    for (path, accepted, encoding, body) in [
        (script, "gzip, deflate, br, zstd", Some("br"), "brotli"),
        (script, "gzip", Some("gzip"), "gzip"),
        (script, "br;q=0, gzip", Some("gzip"), "gzip"),
        (script, "identity", None, "plain"),
        (css, "gzip, br", None, "css"),
    ] {
        let answer = asks(&browser, Method::GET, path, &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, "content-encoding"), encoding, "{path} {accepted}");
        assert_eq!(header(&answer, "vary"), Some("accept-encoding"));
        assert_eq!(header(&answer, "cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.text().await.unwrap(), body, "{path} {accepted}");
    }
    let script = asks(&browser, Method::GET, script, &[]).await;
    assert_eq!(header(&script, "content-type"), Some("text/javascript; charset=utf-8"));
    let icon = asks(&browser, Method::GET, "/favicon.svg", &[]).await;
    assert_eq!(header(&icon, "content-type"), Some("image/svg+xml"));
    assert_eq!(header(&icon, "cache-control"), Some("no-cache"), "its name says nothing of its content");
    bank.close().await;
}

#[tokio::test]
async fn where_there_is_none_a_page_says_how_to_build_it() {
    let nothing = Console { files: |_| None, ..Console::default() };
    let bank = Bank::open_with_console(Engine::Sqlite, nothing).await;
    let browser = bank.operator.signed_out();
    let answer = opens(&browser, "/").await;
    assert_eq!(answer.status(), 200);
    let policy = header(&answer, "content-security-policy").unwrap().to_owned();
    let page = answer.text().await.unwrap();
    assert!(page.contains("make console") && page.contains("href=\"/docs\""), "{page}");
    let nonce = page.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
    assert_eq!(opens(&browser, "/wallets/9").await.status(), 404);
    bank.close().await;
}

#[tokio::test]
async fn it_is_told_what_the_server_is() {
    let demo = Console { is_demo: true, store: StoreKind::Postgres, ..Console::default() };
    for (console, told) in [
        (Console::default(), json!({"version": "0.1.0", "demo": false, "lab": false, "store": "sqlite"})),
        (demo, json!({"version": "0.1.0", "demo": true, "lab": false, "store": "postgres"})),
    ] {
        let bank = Bank::open_with_console(Engine::Sqlite, console).await;
        let answer = bank.operator.signed_out().get("/console/config.json").send().await;
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(answer.ok(), told);
        bank.close().await;
    }
}
