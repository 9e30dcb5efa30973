//! The same request twice is done once.

use super::Scene;
use crate::engine::Engine;
use rstest::rstest;
use serde_json::json;

#[rstest]
#[tokio::test]
async fn a_payout_is_made_once_a_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let body = json!({"source_wallet_id": scene.source, "name": "salaries of March"});
    let make = |body| scene.alice.client.post("/v1/payouts").key("march").json(body).send();
    let made = make(&body).await;
    let id = made.json()["id"].as_i64().unwrap();
    assert_eq!((made.status, made.is_replay()), (201, false));
    assert_eq!(made.header("location"), Some(format!("/v1/payouts/{id}").as_str()));
    // However far it has come.
    let payout = super::Asked { client: &scene.alice.client, id };
    let digest = payout.uploads(&scene.rows()).await;
    payout.executes("go", &digest).await.ok();
    payout.until_state("COMPLETED").await;
    let again = make(&body).await;
    assert_eq!((again.status, again.is_replay(), &again.body), (201, true, &made.body));
    let other = json!({"source_wallet_id": scene.source, "name": "salaries of April"});
    make(&other).await.problem("idempotency_key_reused");
    let nameless = json!({"source_wallet_id": scene.source, "name": ""});
    scene.alice.client.post("/v1/payouts").key("new").json(&nameless).send().await.problem("name_invalid");
    let page = scene.alice.client.read("/v1/payouts").await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_run_begins_once_a_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    scene.set_status(scene.to, "frozen").await;
    for again in [false, true] {
        let begun = payout.executes("go", &digest).await;
        assert_eq!((begun.status, begun.is_replay()), (202, again));
        payout.until_state("PARTIALLY_FAILED").await;
    }
    let other = json!({"digest": digest, "allow_duplicate": true});
    payout.post("/execute").key("go").json(&other).send().await.problem("idempotency_key_reused");
    payout.retries("go").await.problem("idempotency_key_reused");

    scene.set_status(scene.to, "active").await;
    for again in [false, true] {
        let begun = payout.retries("second").await;
        assert_eq!((begun.status, begun.is_replay()), (202, again));
        assert_eq!(payout.until_state("COMPLETED").await["payment"]["run"], 2);
    }
    for again in [false, true] {
        let begun = payout.compensates("back", &json!({"rows": [1]})).await;
        assert_eq!((begun.status, begun.is_replay()), (202, again));
        let back = payout.until_compensated().await;
        assert_eq!((&back["compensation"]["run"], &back["reversed_total"]), (&json!(1), &json!("10.00")));
    }
    payout.compensates("back", &json!({"rows": [2]})).await.problem("idempotency_key_reused");
    assert_eq!(scene.balances().await, ["80.00", "0.00", "20.00"]);

    // A key is the payout's that it was used for.
    let (april, digest) = scene.uploaded("april", &scene.rows()).await;
    april.executes("go", &digest).await.problem("idempotency_key_reused");
    for call in [april.post("/execute").json(&json!({"digest": digest})), april.post("/retry")] {
        call.send().await.problem("idempotency_key_missing");
    }
    scene.bank.close().await;
}
