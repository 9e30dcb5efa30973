//! Whom one can send to.

use crate::bank::Bank;
use crate::beside::Beside;
use crate::engine::Engine;
use florin_server::limits::{LimitSettings, Quota};
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

#[rstest]
#[tokio::test]
async fn a_name_leads_to_a_wallet_and_a_wallet_to_a_name(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, _) = bank.person_with("alice", "10").await;
    let (bob, wallet) = bank.person_with("bob", "0").await;
    let savings = bank.wallet_with(&bob, "USD", "savings", "0").await;
    let told = |id: i64| json!({"user_id": bob.id, "username": "bob", "wallet_id": id, "asset": "USD"});
    for (query, id) in [
        ("username=bob&asset=USD".to_owned(), wallet),
        ("username=Bob&asset=USD".to_owned(), wallet),
        (format!("wallet_id={wallet}"), wallet),
        (format!("wallet_id={savings}"), savings),
    ] {
        assert_eq!(alice.client.read(&format!("/v1/recipients?{query}")).await, told(id), "{query}");
    }
    // Frozen, it is there still; a transfer says what is the matter.
    let change = |id: i64, status: &str| {
        bank.operator.patch(&format!("/v1/wallets/{id}")).json(&json!({"status": status}))
    };
    change(wallet, "frozen").send().await.ok();
    assert_eq!(alice.client.read("/v1/recipients?username=bob&asset=USD").await, told(wallet));
    change(savings, "closed").send().await.ok();
    let system = bank.operator.read("/v1/wallets?asset=USD").await;
    let system =
        system["data"].as_array().unwrap().iter().find(|wallet| wallet["user_id"].is_null()).unwrap();
    for query in [
        "username=bob&asset=GOLD".to_owned(),
        "username=bob&asset=EUR".to_owned(),
        "username=nobody&asset=USD".to_owned(),
        "username=!&asset=USD".to_owned(),
        "username=house&asset=USD".to_owned(),
        format!("wallet_id={savings}"),
        format!("wallet_id={}", system["id"]),
        "wallet_id=999999".to_owned(),
        "wallet_id=-1".to_owned(),
    ] {
        let answer = alice.client.get(&format!("/v1/recipients?{query}")).send().await;
        assert_eq!(answer.status, 404, "{query}");
        answer.problem("recipient_not_found");
    }
    bank.close().await;
}

#[tokio::test]
async fn one_asks_by_name_and_asset_or_by_wallet() {
    let bank = Bank::open(Engine::Sqlite).await;
    let alice = bank.person("alice").await;
    for query in [
        "",
        "?username=bob",
        "?asset=USD",
        "?wallet_id=1&asset=USD",
        "?wallet_id=1&username=bob",
        "?wallet_id=x",
        "?name=bob",
    ] {
        alice.client.get(&format!("/v1/recipients{query}")).send().await.problem("query_invalid");
    }
    alice.client.get("/v1/recipients?username=bob&asset=usd").send().await.problem("asset_code_invalid");
    bank.close().await;
}

#[tokio::test]
async fn names_cannot_be_read_off_it_at_speed() {
    let bank = Bank::open(Engine::Sqlite).await;
    let names = Some(Quota { requests: 3, window: Duration::from_mins(1) });
    let beside = Beside::start(&bank, LimitSettings { names, ..LimitSettings::default() }, None).await;
    let (alice, _) = bank.person_with("alice", "0").await;
    let (client, operator) = (beside.client(&alice.client), beside.client(&bank.operator));
    for name in ["alice", "bob", "carol"] {
        client.get(&format!("/v1/recipients?username={name}&asset=USD")).send().await;
    }
    let refused = client.get("/v1/recipients?username=alice&asset=USD").send().await;
    assert!(refused.header("ratelimit-policy").unwrap().contains("\"names\";q=3;w=60"), "{refused:?}");
    refused.problem("rate_limited");
    client.read("/v1/me").await;
    for _ in 0..5 {
        operator.read("/v1/recipients?username=alice&asset=USD").await;
    }
    beside.stop().await;
    bank.close().await;
}
