use crate::place::{Engine, Place};
use crate::server::{Server, log};
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn a_second_start_finds_everything_as_it_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let first = Server::start_demo(&place);
    assert!(first.greeting.contains("alice, bob") && first.greeting.contains("florin-demo"));
    assert!(first.greeting.contains("PIN            2846"), "{}", first.greeting);
    let (alice, bob) = (first.sign_in("alice").await, first.sign_in("bob").await);
    assert_eq!((alice.balance("USD").await, alice.balance("GOLD").await), ("1000.00".into(), "500".into()));
    let transfer = json!({
        "from_wallet_id": alice.wallet("USD").await,
        "to_wallet_id": bob.wallet("USD").await,
        "amount": "12.50",
    });
    let answer = alice.post("/v1/transfers", "lunch", &transfer).await.unwrap();
    assert_eq!(answer.status(), 201);
    let paid: Value = answer.json().await.unwrap();
    assert_eq!(first.stop().code(), Some(0), "{}", log(&place));

    let second = Server::start_demo(&place);
    let (alice, bob) = (second.sign_in("alice").await, second.sign_in("bob").await);
    assert_eq!((alice.balance("USD").await, bob.balance("USD").await), ("987.50".into(), "262.50".into()));
    let replay = alice.post("/v1/transfers", "lunch", &transfer).await.unwrap();
    assert_eq!(
        (replay.status().as_u16(), &replay.headers()["idempotency-replayed"]),
        (201, &"true".parse().unwrap())
    );
    assert_eq!(replay.json::<Value>().await.unwrap(), paid);
    assert_eq!(alice.balance("USD").await, "987.50");

    // While the server runs.
    let audit = place.florin(&["audit"]);
    assert!(
        audit.status.success() && audit.out.starts_with("OK: 2 assets, 12 wallets, 5 transactions"),
        "{audit:?}"
    );
    drop(second);
    place.remove().await;
}

#[tokio::test]
async fn secrets_outlive_the_server_and_are_private() {
    let place = Place::new(Engine::Sqlite).await;
    let first = Server::start_demo(&place);
    let read = || {
        ["signing-key.pem", "pin-pepper"].map(|name| {
            let secret = place.folder().join("florin-data").join(name);
            let mode = std::os::unix::fs::PermissionsExt::mode(&secret.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600, "{name}");
            std::fs::read_to_string(secret).unwrap()
        })
    };
    let before = read();
    first.stop();
    let _second = Server::start_demo(&place);
    assert_eq!(read(), before);
}

#[tokio::test]
async fn a_second_server_on_one_folder_refuses_to_start() {
    let place = Place::new(Engine::Sqlite).await;
    let _first = Server::start_demo(&place);
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate", "up"], &["migrate", "down"]] {
        let second = place.florin(command);
        assert_eq!(second.status.code(), Some(1), "{second:?}");
        assert!(second.err.contains("another server uses"), "{second:?}");
    }
}

#[tokio::test]
async fn a_postgresql_database_is_migrated_only_when_asked_to() {
    let place = Place::new(Engine::Postgres).await;
    let refused = place.florin(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.err.contains("florin migrate up"), "{refused:?}");
    let server = Server::start(&place, &["--migrate"]);
    assert_eq!(server.stop().code(), Some(0), "{}", log(&place));
    Server::start(&place, &[]);
    place.remove().await;
}

#[tokio::test]
async fn redis_need_not_be_there_and_must_be_an_address() {
    let place = Place::new(Engine::Sqlite).await;
    let settings = |url: &str| {
        let file = place.folder().join("florin.toml");
        std::fs::write(file, format!("redis_url = {url:?}\nrate_limit_sign_in = \"1 per 1h\"")).unwrap();
    };
    settings("unix:///nowhere/redis.sock");
    let server = Server::start_demo(&place);
    for _ in 0..3 {
        assert_eq!(server.sign_in("alice").await.balance("USD").await, "1000.00");
    }
    assert_eq!(server.stop().code(), Some(0), "{}", log(&place));
    for url in ["here", "rediss://florin:florence@127.0.0.1:6379"] {
        settings(url);
        let refused = place.florin(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(refused.err.contains("redis_url") && !refused.err.contains("florence"), "{refused:?}");
    }
}

#[tokio::test]
async fn production_refuses_what_only_a_trial_may_do() {
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    const PEPPER: &str = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    let place = Place::new(Engine::Sqlite).await;
    let settings = place.folder().join("florin.toml");
    let set = |text: &str| std::fs::write(&settings, text).unwrap();
    let refused = |says: &str, flags: &[&str]| {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], flags].concat();
        let refused = place.florin(&arguments);
        assert!(refused.status.code() == Some(1) && refused.err.contains(says), "{refused:?}");
    };
    let key = format!("production = true\nsigning_key = \"\"\"\n{KEY}\"\"\"\n");
    let all = format!("{key}pin_pepper = \"{PEPPER}\"\n");
    set("production = true");
    refused("production has no demo", &["--demo"]);
    refused("production has no lab", &["--lab"]);
    refused("production needs `signing_key`", &[]);
    set(&key);
    refused("production needs `pin_pepper`", &[]);
    set(&format!("{key}pin_pepper = \"1:c2hvcnQ=\""));
    refused("the PIN pepper is not one", &[]);
    set(&all);
    Server::start(&place, &[]).stop();

    // With the pepper that production has, or its PINs could not be told from others.
    set(&format!("pin_pepper = \"{PEPPER}\""));
    Server::start_demo(&place).stop();
    set(&all);
    refused("has the demo's password", &[]);
    place.execute("UPDATE users SET password_hash = '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE'").await;
    refused("has the demo's PIN", &[]);
    place.execute("UPDATE pins SET phc = NULL, pepper_version = NULL").await;
    Server::start(&place, &[]).stop();
}

#[tokio::test]
async fn logs_are_json_where_there_is_no_terminal_and_hold_no_secrets() {
    let place = Place::new(Engine::Sqlite).await;
    std::fs::write(place.folder().join("florin.toml"), "log = \"trace\"").unwrap();
    let server = Server::start_demo(&place);
    let alice = server.sign_in("alice").await;
    let operation = json!({"type": "spend", "asset": "USD", "amount": "1"});
    let body = json!({"pin": "2846", "operation": operation});
    let approval: Value = alice.post("/v1/auth/step-up", "-", &body).await.unwrap().json().await.unwrap();
    assert!(approval["approval"].as_str().unwrap().starts_with("fta_"));
    server.stop();
    let log = log(&place);
    assert!(log.lines().count() > 2 && !log.contains("florin-demo"), "{log}");
    assert!(!log.contains("\"2846\"") && !log.contains("fta_") && !log.contains("$argon2"), "{log}");
    // A JWT's header begins so; with EdDSA every one of ours does.
    assert!(!log.contains("eyJ"), "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn metrics_say_what_happened() {
    let place = Place::new(Engine::Sqlite).await;
    let server = Server::start_demo(&place);
    let (alice, bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
    let (from, to) = (alice.wallet("USD").await, bob.wallet("USD").await);
    for (key, amount, status) in [("small", "1", 201), ("large", "1000000", 422)] {
        let transfer = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": amount});
        assert_eq!(alice.post("/v1/transfers", key, &transfer).await.unwrap().status(), status);
    }
    let metrics = reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap();
    for line in [
        "florin_transactions_total{type=\"transfer\"} 1",
        "florin_rejections_total{code=\"insufficient_funds\"} 1",
        "florin_committer_queue_commands 0",
        "florin_committer_commit_seconds_count 6",
        "florin_http_requests_total{route=\"/v1/transfers\",method=\"POST\",status=\"422\"} 1",
        "# HELP florin_http_request_seconds ",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}
