//! What is done with a payout needs the person's PIN, or an approval of this very thing.

use super::{Asked, Scene};
use crate::bank::PIN;
use crate::call::{Answer, Client};
use crate::engine::Engine;
use florin_store::Scope;
use rstest::rstest;
use serde_json::{Value, json};

async fn approval(client: &Client, operation: &Value) -> String {
    let body = json!({"pin": PIN, "operation": operation});
    let approval = client.post("/v1/auth/step-up").json(&body).send().await.ok();
    approval["approval"].as_str().unwrap().to_owned()
}

/// A request without a PIN, with an approval.
async fn send(payout: Asked<'_>, verb: &str, key: &str, body: &Value, approval: &str) -> Answer {
    let client = payout.client.without_pin();
    let call = payout.by(&client).post(verb).key(key).header("transaction-approval", approval);
    if body.is_null() { call.send().await } else { call.json(body).send().await }
}

#[rstest]
#[tokio::test]
async fn nothing_is_paid_or_taken_back_without_a_pin(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    let before = payout.now().await;
    for client in [&scene.alice.client, &scene.bank.operator] {
        let client = client.without_pin();
        let payout = payout.by(&client);
        payout.executes("key", &digest).await.problem("pin_required");
        payout.retries("key").await.problem("pin_required");
        payout.compensates("key", &json!({"filter": {}})).await.problem("pin_required");
    }
    let operator = scene.bank.operator.without_pin();
    payout.by(&operator).approves(&digest).await.problem("pin_required");
    let wrong = payout.by(&operator).post("/execute").key("key").header("transaction-pin", "9173");
    wrong.json(&json!({"digest": digest})).send().await.problem("pin_wrong");
    assert_eq!(payout.now().await, before);

    let service = scene.bank.service(&[Scope::TransactionsWrite]).await;
    assert_eq!(payout.by(&service).executes("key", &digest).await.status, 202);
    payout.until_state("COMPLETED").await;
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn an_approval_is_for_one_payout_and_its_rows(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let (march, digest) = scene.uploaded("march", &scene.rows()).await;
    let (april, other) = scene.uploaded("april", &scene.rows().replace("20.00", "20.01")).await;
    let operation = json!({"type": "payout_execution", "payout_id": march.id, "digest": digest});
    let alice = &scene.alice.client;
    let good = approval(alice, &operation).await;
    let (body, other_body) = (json!({"digest": digest}), json!({"digest": other}));
    for (payout, verb, body) in [
        (april, "/execute", &other_body),
        (april, "/execute", &body),
        (march, "/execute", &other_body),
        (march, "/retry", &Value::Null),
        (march, "/compensate", &json!({"filter": {}})),
    ] {
        send(payout, verb, "key", body, &good).await.problem("approval_mismatch");
    }
    let stranger = march.by(&scene.bank.operator);
    send(stranger, "/execute", "key", &body, &good).await.problem("approval_invalid");
    let transfer = json!({"from_wallet_id": scene.source, "to_wallet_id": scene.to, "amount": "1"});
    let paid = alice.without_pin().post("/v1/transfers").key("key").header("transaction-approval", &good);
    paid.json(&transfer).send().await.problem("approval_mismatch");

    for _ in 0..2 {
        assert_eq!(send(march, "/execute", "key", &body, &good).await.status, 202);
    }
    send(march, "/execute", "another", &body, &good).await.problem("approval_used");
    march.until_state("COMPLETED").await;
    assert_eq!(scene.balances().await, ["70.00", "10.00", "20.00"]);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn every_step_has_an_approval_of_its_own(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    let (alice, operator) = (&scene.alice.client, &scene.bank.operator);
    let step = |kind: &str| json!({"type": kind, "payout_id": payout.id, "digest": digest});
    let refused = json!({"pin": PIN, "operation": step("payout_approval")});
    alice.post("/v1/auth/step-up").json(&refused).send().await.problem("not_permitted");
    let agrees = approval(operator, &step("payout_approval")).await;
    let body = json!({"digest": digest});
    for _ in 0..2 {
        send(payout.by(operator), "/approve", "unread", &body, &agrees).await.ok();
    }
    scene.set_status(scene.to, "frozen").await;
    payout.executes("go", &digest).await.ok();
    payout.until_state("PARTIALLY_FAILED").await;
    scene.set_status(scene.to, "active").await;
    let again = approval(alice, &step("payout_retry")).await;
    send(payout, "/retry", "again", &Value::Null, &again).await.ok();
    payout.until_state("COMPLETED").await;

    let compensation = |rows: Value| json!({"type": "payout_compensation", "payout_id": payout.id, "rows": rows, "allow_partial": true});
    let back = approval(alice, &compensation(json!([2, 1, 2]))).await;
    for body in [
        json!({"rows": [1], "allow_partial": true}),
        json!({"rows": [1, 2]}),
        json!({"filter": {}, "allow_partial": true}),
        json!({"filter": {"first_row": 1}, "allow_partial": true}),
    ] {
        send(payout, "/compensate", "back", &body, &back).await.problem("approval_mismatch");
    }
    let body = json!({"rows": [1, 2], "allow_partial": true});
    send(payout, "/compensate", "back", &body, &back).await.ok();
    payout.until_compensated().await;
    assert_eq!(scene.balances().await, ["100.00", "0.00", "0.00"]);
    scene.bank.close().await;
}
