//! Who sees which payouts, and what of them.

use super::Scene;
use crate::call::Client;
use crate::engine::Engine;
use florin_store::Scope;
use rstest::rstest;
use serde_json::{Value, json};

async fn ids(client: &Client, query: &str) -> Vec<i64> {
    let page = client.read(&format!("/v1/payouts{query}")).await;
    page["data"].as_array().unwrap().iter().map(|payout| payout["id"].as_i64().unwrap()).collect()
}

#[rstest]
#[tokio::test]
async fn payouts_are_there_for_whom_their_source_is_there(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let (alice, bob, operator) = (&scene.alice.client, &scene.bob.client, &scene.bank.operator);
    let first = scene.made_by(alice, "first").await;
    let second = scene.made_by(operator, "second").await;
    let body = json!({"source_wallet_id": scene.to});
    let third = bob.post("/v1/payouts").key("third").json(&body).send().await.ok()["id"].as_i64().unwrap();

    assert_eq!(ids(alice, "").await, [second.id, first.id]);
    assert_eq!(ids(bob, "").await, [third]);
    assert_eq!(ids(&scene.carol.client, "").await, [0_i64; 0]);
    let reader = scene.bank.service(&[Scope::Read]).await;
    for house in [operator, &reader] {
        assert_eq!(ids(house, "").await, [third, second.id, first.id]);
        assert_eq!(ids(house, &format!("?source_wallet_id={}", scene.to)).await, [third]);
        house.read(&first.path("")).await;
    }
    let others = format!("/v1/payouts?source_wallet_id={}", scene.source);
    bob.get(&others).send().await.problem("wallet_not_found");
    for verb in ["", "/preflight", "/rows", "/events"] {
        let unseen = bob.get(&first.path(verb)).send().await;
        let unmade = bob.get(&format!("/v1/payouts/99{verb}")).send().await;
        assert_eq!(
            unseen.problem("payout_not_found")["detail"],
            unmade.problem("payout_not_found")["detail"]
        );
    }

    // Of others not who did it.
    let made_by = |payout: &Value| payout["created_by"].as_str().map(str::to_owned);
    assert_eq!(made_by(&first.now().await), Some(format!("user:{}", scene.alice.id)));
    assert_eq!(made_by(&second.by(alice).now().await), None);
    assert_eq!(made_by(&second.now().await), Some(format!("user:{}", scene.bank.operator_id)));
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn payouts_are_listed_by_state_and_page_by_page(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let alice = &scene.alice.client;
    let mut made = vec![];
    for key in ["one", "two", "three"] {
        made.push(scene.made_by(alice, key).await);
    }
    made[1].steers("cancel").await.ok();
    assert_eq!(ids(alice, "?state=CANCELLED").await, [made[1].id]);
    assert_eq!(ids(alice, "?state=PENDING").await, [made[2].id, made[0].id]);
    alice.get("/v1/payouts?state=pending").send().await.problem("query_invalid");

    let page = alice.read("/v1/payouts?limit=2").await;
    assert_eq!(page["data"][1]["id"], made[1].id);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = alice.read(&format!("/v1/payouts?limit=2&cursor={cursor}")).await;
    assert_eq!((&rest["data"][0]["id"], &rest["next_cursor"]), (&json!(made[0].id), &Value::Null));
    alice.get("/v1/wallets?cursor=x").send().await.problem("cursor_invalid");
    scene.bank.close().await;
}
