//! What is told before a payout is executed.

use super::Scene;
use crate::engine::Engine;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn nothing_stands_against_a_good_payout(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let rows = format!("recipient_id,amount\nuser:bob,10.00\n{},20.00\n", scene.also_to);
    let (payout, digest) = scene.uploaded("march", &rows).await;
    let none = json!({"count": 0, "rows": []});
    let expected = json!({
        "digest": digest, "rows": 2, "total": "30.00", "shortfall": "0.00",
        "source": {"wallet_id": scene.source, "available": "100.00", "status": "active"},
        "frozen": none, "closed": none, "duplicates": none,
        "largest": [
            {"row": 2, "recipient_id": scene.also_to.to_string(), "wallet_id": scene.also_to, "amount": "20.00"},
            {"row": 1, "recipient_id": "user:bob", "wallet_id": scene.to, "amount": "10.00"},
        ],
        "likely_duplicate_of": null, "approval": {"required": false, "by": null, "at": null},
        "ready": true, "problems": [],
    });
    for client in [&scene.alice.client, &scene.bank.operator] {
        assert_eq!(client.read(&payout.path("/preflight")).await, expected);
    }
    payout.executes("go", &digest).await.ok();
    payout.until_state("COMPLETED").await;
    payout.client.get(&payout.path("/preflight")).send().await.problem("payout_state");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn whatever_stands_against_it_is_told(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let closed = scene.bank.wallet_with(&scene.bob, "USD", "old", "0").await;
    let (to, also_to) = (scene.to, scene.also_to);
    let rows = format!(
        "recipient_id,amount\n{to},60.00\n{closed},1\n{also_to},20\n{to},60\n{also_to},20.00\n{to},1\n"
    );
    let (payout, _) = scene.uploaded("march", &rows).await;
    scene.set_status(to, "frozen").await;
    scene.set_status(closed, "closed").await;
    scene.set_status(scene.source, "frozen").await;
    let found = payout.client.read(&payout.path("/preflight")).await;
    assert_eq!(found["shortfall"], "62.00");
    assert_eq!(found["source"]["status"], "frozen");
    assert_eq!(found["frozen"], json!({"count": 3, "rows": [1, 4, 6]}));
    assert_eq!(found["closed"], json!({"count": 1, "rows": [2]}));
    assert_eq!(found["duplicates"], json!({"count": 2, "rows": [4, 5]}));
    assert_eq!(found["ready"], false);
    let source = scene.source;
    let expected = json!([
        format!("Wallet {source} is frozen and pays nothing."),
        format!("Wallet {source} has 100.00 USD available, and 162.00 are needed: 62.00 are missing."),
        "Rows that pay to frozen wallets and would fail: 3.",
        "Rows that pay to closed wallets and would fail: 1.",
        "Rows that pay what an earlier row pays to the same wallet: 2.",
    ]);
    assert_eq!(found["problems"], expected);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn rows_that_are_alike_are_told_and_stand_against_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let rows = format!("recipient_id,amount\n{0},1.00\n{0},1.00\n", scene.to);
    let (payout, _) = scene.uploaded("march", &rows).await;
    let found = payout.client.read(&payout.path("/preflight")).await;
    assert_eq!(found["ready"], true);
    assert_eq!(found["problems"].as_array().map(Vec::len), Some(1), "{found:#}");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn wallets_of_the_house_lack_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let assets = scene.bank.operator.read("/v1/assets").await;
    let usd = assets["data"].as_array().unwrap().iter().find(|asset| asset["code"] == "USD").unwrap();
    let body = json!({"source_wallet_id": usd["system_wallets"]["bonus"]});
    let operator = &scene.bank.operator;
    let made = operator.post("/v1/payouts").key("bonus").json(&body).send().await.ok();
    let payout = super::Asked { client: operator, id: made["id"].as_i64().unwrap() };
    let digest = payout.uploads(&scene.rows()).await;
    let found = operator.read(&payout.path("/preflight")).await;
    assert_eq!((&found["shortfall"], &found["ready"]), (&json!("0.00"), &json!(true)));
    payout.executes("go", &digest).await.ok();
    assert_ne!(payout.until_state("COMPLETED").await["payment"], Value::Null);
    assert_eq!(scene.balances().await, ["100.00", "10.00", "20.00"]);
    scene.bank.close().await;
}
