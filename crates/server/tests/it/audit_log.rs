//! Who did what, from where: written by what they do, read by operators alone.

use crate::bank::Bank;
use crate::call::Client;
use crate::engine::Engine;
use florin_server::committer::CommitterSettings;
use florin_server::http::HttpSettings;
use florin_store::Scope;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

/// The log's lines that match, oldest first.
async fn lines(bank: &Bank, query: &str) -> Vec<Value> {
    let page = bank.operator.read(&format!("/v1/audit-log?limit=1000&{query}")).await;
    let mut lines = page["data"].as_array().unwrap().clone();
    lines.reverse();
    lines
}

/// `actor action subject outcome`, oldest first.
async fn told(bank: &Bank, query: &str) -> Vec<String> {
    let tell = |line: Value| {
        let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        [text("actor"), text("action"), text("subject"), text("outcome")].join(" ")
    };
    lines(bank, query).await.into_iter().map(tell).collect()
}

async fn sign_in(client: &Client, name: &str, password: &str) -> crate::call::Answer {
    client.post("/v1/auth/login").json(&json!({"username": name, "password": password})).send().await
}

#[rstest]
#[tokio::test]
async fn a_line_says_who_did_what_from_where(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (_, wallet) = bank.person_with("alice", "10.00").await;
    let freeze = json!({"status": "frozen"});
    let path = format!("/v1/wallets/{wallet}");
    bank.operator.patch(&path).header("x-request-id", "freeze-1").json(&freeze).send().await.ok();
    let found = lines(&bank, "action=wallet.frozen").await;
    let operator = bank.operator.read("/v1/me").await["id"].clone();
    let [line] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(
        *line,
        json!({
            "id": line["id"], "at": line["at"], "actor": format!("user:{operator}"), "action": "wallet.frozen",
            "subject": format!("wallet:{wallet}"), "outcome": "done", "address": "127.0.0.1",
            "request_id": "freeze-1", "details": {},
        })
    );
    bank.close().await;
}

#[tokio::test]
async fn only_proxies_that_are_trusted_say_where_a_request_comes_from() {
    for (trusted, address) in
        [(&["127.0.0.0/8"][..], "198.51.100.7"), (&["10.0.0.0/8"], "127.0.0.1"), (&[], "127.0.0.1")]
    {
        let trusted_proxies = trusted.iter().map(|range| range.parse().unwrap()).collect();
        let http = HttpSettings { trusted_proxies, ..HttpSettings::default() };
        let bank = Bank::open_with(Engine::Sqlite, http, CommitterSettings::default()).await;
        let login = json!({"username": "nobody-at-all", "password": "correct horse"});
        let call = bank.operator.signed_out().post("/v1/auth/login").json(&login);
        call.header("x-forwarded-for", "192.0.2.1, 198.51.100.7").send().await.problem("credentials_invalid");
        let failed = lines(&bank, "action=user.sign_in_failed").await;
        assert_eq!(failed[0]["address"], address, "{trusted:?}");
        bank.close().await;
    }
}

#[rstest]
#[tokio::test]
async fn sign_ins_leave_lines_and_no_secrets(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let nobody = bank.operator.signed_out();
    let carol = json!({"username": "carol", "email": "carol@example.com", "password": "correct horse"});
    let id = nobody.post("/v1/users").key("carol").json(&carol).send().await.ok()["id"].clone();
    let tokens = sign_in(&nobody, "carol", "correct horse").await.ok();
    sign_in(&nobody, "carol", "incorrect horse").await.problem("credentials_invalid");
    sign_in(&nobody, "nobody-at-all", "correct horse").await.problem("credentials_invalid");
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    let next = nobody.post("/v1/auth/refresh").json(&refresh).send().await.ok();
    let next = json!({"refresh_token": next["refresh_token"]});
    nobody.post("/v1/auth/refresh").json(&next).send().await.ok();
    nobody.post("/v1/auth/refresh").json(&refresh).send().await.problem("refresh_token_reused");
    let again = sign_in(&nobody, "carol", "correct horse").await.ok();
    let refresh = json!({"refresh_token": again["refresh_token"]});
    for _ in 0..2 {
        assert_eq!(nobody.post("/v1/auth/logout").json(&refresh).send().await.status, 204);
    }
    let user = format!("user:{id}");
    assert_eq!(
        told(&bank, &format!("subject={user}")).await,
        [
            format!("anonymous user.created {user} done"),
            format!("{user} user.signed_in {user} done"),
            format!("anonymous user.sign_in_failed {user} refused"),
            format!("anonymous user.token_reused {user} refused"),
            format!("{user} user.signed_in {user} done"),
            format!("{user} user.signed_out {user} done"),
        ]
    );
    let failed = told(&bank, "action=user.sign_in_failed").await;
    assert_eq!(failed[1], "anonymous user.sign_in_failed - refused", "{failed:?}");
    let all = format!("{:?}", lines(&bank, "").await);
    for secret in ["horse", "frt_", "eyJ", "nobody-at-all", "fk_"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_operators_move_is_in_the_log_and_what_others_move_is_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let alice = bank.person("alice").await;
    let wallet = bank.wallet_with(&alice, "USD", "main", "0").await;
    let service = bank.service(&[Scope::TransactionsWrite]).await;
    let deposit = json!({"wallet_id": wallet, "amount": "12.50"});
    let house = &bank.operator;
    let done = house.post("/v1/deposits").key("one").json(&deposit).send().await.ok();
    house.post("/v1/deposits").key("one").json(&deposit).send().await.ok();
    service.post("/v1/deposits").key("one").json(&deposit).send().await.ok();
    let nowhere = json!({"wallet_id": 99, "amount": "1"});
    house.post("/v1/deposits").key("two").json(&nowhere).send().await.problem("wallet_not_found");
    let items = json!([
        {"type": "deposit", "idempotency_key": "one", "wallet_id": wallet, "amount": "12.50"},
        {"type": "deposit", "idempotency_key": "three", "wallet_id": wallet, "amount": "1"},
        {"type": "deposit", "idempotency_key": "four", "wallet_id": 99, "amount": "1"},
    ]);
    for mode in ["independent", "atomic"] {
        let bulk = json!({"mode": mode, "transactions": items});
        house.post("/v1/transactions/bulk").json(&bulk).send().await;
    }
    let bob = bank.person("bob").await;
    let his = bank.wallet_with(&bob, "USD", "main", "0").await;
    alice.sends("mine", wallet, his, "1").await.ok();
    let operator = format!("user:{}", house.read("/v1/me").await["id"]);
    let money: Vec<_> = lines(&bank, "").await;
    let money: Vec<_> =
        money.iter().filter(|line| line["action"].as_str().unwrap().starts_with("money.")).collect();
    let expected = [
        (
            "money.deposited",
            format!("transaction:{}", done["id"].as_str().unwrap()),
            "done",
            json!({"amount": "12.50", "asset": "USD"}),
        ),
        ("money.deposited", String::new(), "refused", json!({"code": "wallet_not_found"})),
        ("money.bulk_moved", String::new(), "done", json!({"done": "1", "refused": "1"})),
        ("money.bulk_moved", String::new(), "refused", json!({"code": "wallet_not_found"})),
    ];
    assert_eq!(money.len(), expected.len(), "{money:#?}");
    for (line, (action, subject, outcome, details)) in money.iter().zip(expected) {
        assert_eq!(line["actor"], operator, "{line}");
        assert_eq!((&line["action"], &line["outcome"]), (&json!(action), &json!(outcome)));
        assert_eq!(line["subject"].as_str().unwrap_or_default(), subject);
        assert_eq!(line["details"], details);
    }
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn operators_read_it_and_nobody_else(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let alice = bank.person("alice").await;
    let service = bank.service(&Scope::ALL).await;
    for stranger in [&alice.client, &service] {
        stranger.get("/v1/audit-log").send().await.problem("not_permitted");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        bank.operator.call(method, "/v1/audit-log").send().await.problem("method_not_allowed");
    }
    for query in
        ["actor=alice", "action=user", "subject=wallet", "from=today", "limit=0", "cursor=x", "user=1"]
    {
        let answer = bank.operator.get(&format!("/v1/audit-log?{query}")).send().await;
        assert_eq!(answer.status, 400, "{query}");
    }
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn the_log_has_pages_and_no_gaps(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    for name in ["ann", "ben", "cid", "dot", "eve"] {
        bank.person(name).await;
    }
    let all = lines(&bank, "").await;
    let ids: Vec<_> = all.iter().map(|line| line["id"].as_i64().unwrap()).collect();
    assert!(ids.len() >= 6 && ids.iter().copied().eq(1..=i64::try_from(ids.len()).unwrap()), "{ids:?}");
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let page = bank.operator.read(&format!("/v1/audit-log?limit=2{cursor}")).await;
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    seen.reverse();
    assert_eq!(seen, all);
    let (from, until) = (all[1]["at"].as_str().unwrap(), all[3]["at"].as_str().unwrap());
    let between = lines(&bank, &format!("from={from}&until={until}")).await;
    assert!(
        between
            .iter()
            .all(|line| line["at"].as_str().unwrap() >= from && line["at"].as_str().unwrap() < until)
    );
    assert!(between.contains(&all[1]) && !between.contains(&all[3]));
    bank.close().await;
}
