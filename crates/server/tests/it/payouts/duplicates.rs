//! The same rows under another key are paid only by who says so.

use super::Scene;
use crate::engine::Engine;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn what_was_paid_is_not_paid_again_by_mistake(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let (first, digest) = scene.uploaded("march", &scene.rows()).await;
    first.executes("go", &digest).await.ok();
    first.until_state("COMPLETED").await;

    let (second, same) = scene.uploaded("march-again", &scene.rows()).await;
    assert_eq!(same, digest);
    let preflight = second.client.read(&second.path("/preflight")).await;
    assert_eq!((&preflight["likely_duplicate_of"], &preflight["ready"]), (&json!(first.id), &json!(false)));
    let refused = second.executes("again", &digest).await.problem("payout_duplicate");
    assert_eq!(refused["payout_id"], first.id);
    assert_eq!(scene.balances().await, ["70.00", "10.00", "20.00"]);

    let body = json!({"digest": digest, "allow_duplicate": true});
    second.post("/execute").key("again").json(&body).send().await.ok();
    second.until_state("COMPLETED").await;
    assert_eq!(scene.balances().await, ["40.00", "20.00", "40.00"]);

    // Another row makes it another payout.
    let (third, other) = scene.uploaded("april", &scene.rows().replace("20.00", "20.01")).await;
    assert_eq!(third.client.read(&third.path("/preflight")).await["likely_duplicate_of"], Value::Null);
    third.executes("third", &other).await.ok();
    third.until_state("COMPLETED").await;
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_was_cancelled_is_no_twin(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (first, digest) = scene.uploaded("march", &scene.rows()).await;
    first.steers("cancel").await.ok();
    let (second, _) = scene.uploaded("march-again", &scene.rows()).await;
    second.executes("go", &digest).await.ok();
    second.until_state("COMPLETED").await;
    scene.bank.close().await;
}
