use crate::bank::Bank;
use crate::engine::Engine;
use florin_store::Scope;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn the_house_creates_an_asset_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let alice = bank.person("alice").await;
    let body = json!({"code": "BTC", "name": "Bitcoin", "scale": 8});
    let post = |key: &str, body: &Value| bank.operator.post("/v1/assets").key(key).json(body);
    let first = post("k", &body).send().await;
    assert_eq!(first.status, 201);
    let replay = post("k", &body).send().await;
    assert_eq!((replay.is_replay(), &replay.body), (true, &first.body));
    post("k2", &body).send().await.problem("asset_exists");
    post("k", &json!({"code": "BTC", "name": "Bitcoin", "scale": 7}))
        .send()
        .await
        .problem("idempotency_key_reused");
    for (field, value, code) in [
        ("code", json!("btc"), "asset_code_invalid"),
        ("code", json!("1BTC"), "asset_code_invalid"),
        ("code", json!("ABCDEFGHIJKLMNOPQ"), "asset_code_invalid"),
        ("name", json!(""), "name_invalid"),
        ("name", json!("x".repeat(65)), "name_invalid"),
        ("scale", json!(19), "scale_invalid"),
        ("scale", json!(-1), "body_invalid"),
        ("scale", json!(1.5), "body_invalid"),
    ] {
        let mut body = json!({"code": "ETH", "name": "Ether", "scale": 18});
        body[field] = value;
        post("k3", &body).send().await.problem(code);
    }
    alice.client.post("/v1/assets").key("k").json(&body).send().await.problem("not_permitted");
    let service = bank.service(&[Scope::AssetsWrite]).await;
    let ether = json!({"code": "ETH", "name": "Ether", "scale": 18});
    service.post("/v1/assets").key("k").json(&ether).send().await.ok();

    let seen = alice.client.read("/v1/assets").await;
    let codes: Vec<_> = seen["data"].as_array().unwrap().iter().map(|asset| asset["code"].clone()).collect();
    assert_eq!(codes, ["BTC", "ETH", "GOLD", "USD"]);
    assert_eq!(seen["data"][0].get("system_wallets"), None, "the house's wallets are the house's");
    bank.close().await;
}

/// 18 decimals and 38 digits go in and come out as they are.
#[rstest]
#[tokio::test]
async fn the_largest_and_the_finest_amounts_are_exact(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let body = json!({"code": "ETH", "name": "Ether", "scale": 18});
    bank.operator.post("/v1/assets").key("k").json(&body).send().await.ok();
    let alice = bank.person("alice").await;
    let largest = "99999999999999999999.999999999999999999";
    let wallet = bank.wallet_with(&alice, "ETH", "main", largest).await;
    assert_eq!(bank.posted(wallet).await, largest);
    let finest = json!({"wallet_id": wallet, "amount": "0.000000000000000001"});
    let full = bank.operator.post("/v1/deposits").key("full").json(&finest).send().await;
    let full = full.problem("balance_limit_exceeded");
    assert_eq!([&full["available"], &full["needed"]], ["0.000000000000000000", "0.000000000000000001"]);
    bank.operator.post("/v1/withdrawals").key("w").json(&finest).send().await.ok();
    assert_eq!(bank.posted(wallet).await, "99999999999999999999.999999999999999998");
    bank.close().await;
}
