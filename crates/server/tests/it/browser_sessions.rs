//! Signing in from a browser: a cookie that no script can read, and proof that the page is Florin's own.

use crate::bank::Bank;
use crate::call::{Answer, Call, Client};
use crate::engine::Engine;
use florin_server::committer::CommitterSettings;
use florin_server::http::HttpSettings;
use rstest::rstest;
use serde_json::json;

const LOGIN: &str = r#"{"username": "carol", "password": "correct horse"}"#;

/// Somebody who signed up, in a browser, without a cookie.
async fn carol(bank: &Bank) -> Client {
    let nobody = bank.operator.signed_out();
    let body = json!({"username": "carol", "email": "carol@example.com", "password": "correct horse"});
    nobody.post("/v1/users").key("carol").json(&body).send().await.ok();
    nobody
}

/// The cookie that an answer sets: its value, and what is said of it.
fn cookie(answer: &Answer) -> (String, String) {
    let text = answer.header("set-cookie").unwrap().strip_prefix("florin_session=").unwrap();
    let (value, terms) = text.split_once("; ").unwrap();
    (value.to_owned(), terms.to_owned())
}

/// As a page of the console sends it.
fn from_the_console(call: Call, cookie: &str) -> Call {
    let call = call.header("x-florin-console", "1").header("sec-fetch-site", "same-origin");
    call.header("cookie", &format!("theme=dark; florin_session={cookie}"))
}

async fn open(browser: &Client) -> Answer {
    browser.post("/v1/auth/session").bytes(LOGIN).send().await
}

async fn refresh(browser: &Client, cookie: &str) -> Answer {
    from_the_console(browser.post("/v1/auth/session/refresh"), cookie).send().await
}

async fn end(browser: &Client, cookie: &str) -> Answer {
    from_the_console(browser.delete("/v1/auth/session"), cookie).send().await
}

const CLEARED: &str = "Path=/v1/auth/session; Max-Age=0; HttpOnly; SameSite=Strict";

#[rstest]
#[tokio::test]
async fn a_browser_stays_signed_in_by_a_cookie_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let browser = carol(&bank).await;
    let opened = open(&browser).await;
    assert_eq!(opened.header("cache-control"), Some("no-store"));
    let (first, terms) = cookie(&opened);
    assert!(first.starts_with("frt_"));
    assert_eq!(terms, "Path=/v1/auth/session; Max-Age=2592000; HttpOnly; SameSite=Strict");
    assert!(!String::from_utf8_lossy(&opened.body).contains("frt_"));
    let session = opened.ok();
    assert_eq!(
        session.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["access_token", "expires_in", "token_type"]
    );

    let refreshed = refresh(&browser, &first).await;
    let (second, _) = cookie(&refreshed);
    assert_ne!(first, second);
    assert_eq!(
        cookie(&refresh(&browser, &first).await).0,
        second,
        "the answer was lost, and the page reloaded"
    );
    let token = refreshed.ok()["access_token"].as_str().unwrap().to_owned();
    let carol = Client { token: Some(token), ..browser.clone() };
    assert_eq!(carol.read("/v1/me").await["username"], "carol");

    let ended = end(&browser, &second).await;
    assert_eq!((ended.status, cookie(&ended)), (204, (String::new(), CLEARED.to_owned())));
    refresh(&browser, &second).await.problem("refresh_token_invalid");
    assert_eq!(end(&browser, &second).await.status, 204, "twice is no fault");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_cookie_that_is_worth_nothing_is_taken_away(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let browser = carol(&bank).await;
    let (first, _) = cookie(&open(&browser).await);
    let (second, _) = cookie(&refresh(&browser, &first).await);
    let (third, _) = cookie(&refresh(&browser, &second).await);
    for (presented, code) in [
        ("", "refresh_token_invalid"),
        ("frt_nothing", "refresh_token_invalid"),
        (first.as_str(), "refresh_token_reused"),
        (third.as_str(), "refresh_token_invalid"),
    ] {
        let refused = refresh(&browser, presented).await;
        assert_eq!(cookie(&refused), (String::new(), CLEARED.to_owned()));
        assert_eq!(refused.problem(code)["field"], "florin_session");
    }
    browser
        .post("/v1/auth/session")
        .bytes(LOGIN.replace("correct", "wrong"))
        .send()
        .await
        .problem("credentials_invalid");
    bank.close().await;
}

#[tokio::test]
async fn what_another_site_sends_ends_and_refreshes_nothing() {
    let bank = Bank::open(Engine::Sqlite).await;
    let browser = carol(&bank).await;
    let (first, _) = cookie(&open(&browser).await);
    let own = format!("http://{}", bank.address());
    let cross_site = [
        &[("sec-fetch-site", "same-origin")][..],
        &[("x-florin-console", "1")],
        &[("x-florin-console", "1"), ("sec-fetch-site", "cross-site")],
        &[("x-florin-console", "1"), ("sec-fetch-site", "same-site"), ("origin", &own)],
        &[("x-florin-console", "1"), ("origin", "http://evil.example")],
        &[("x-florin-console", "1"), ("origin", "null")],
    ];
    for headers in cross_site {
        for call in [browser.post("/v1/auth/session/refresh"), browser.delete("/v1/auth/session")] {
            let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
            let refused = call.header("cookie", &format!("florin_session={first}")).send().await;
            assert_eq!(refused.header("set-cookie"), None);
            refused.problem("cross_site_request");
        }
    }
    // A browser that does not say where the page is from says at least whose it is.
    let call =
        browser.post("/v1/auth/session/refresh").header("x-florin-console", "1").header("origin", &own);
    let refreshed = call.header("cookie", &format!("florin_session={first}")).send().await;
    end(&browser, &cookie(&refreshed).0).await;
    refreshed.ok();
    bank.close().await;
}

#[tokio::test]
async fn the_cookie_is_for_https_where_that_is_known() {
    let behind_a_proxy = HttpSettings {
        trusted_proxies: ["127.0.0.1/32".parse().unwrap()].into_iter().collect(),
        ..HttpSettings::default()
    };
    let production = HttpSettings { secure_cookies: true, ..HttpSettings::default() };
    for (http, scheme, is_secure) in [
        (production, "http", true),
        (behind_a_proxy.clone(), "https", true),
        (behind_a_proxy, "http", false),
        (HttpSettings::default(), "https", false),
    ] {
        let bank = Bank::open_with(Engine::Sqlite, http, CommitterSettings::default()).await;
        let browser = carol(&bank).await;
        let call = browser.post("/v1/auth/session").header("x-forwarded-proto", scheme);
        let (_, terms) = cookie(&call.bytes(LOGIN).send().await);
        assert_eq!(terms.ends_with("; Secure"), is_secure, "{scheme}: {terms}");
        bank.close().await;
    }
}
