//! What was paid is taken back, by whom and while it may be.

use super::{Asked, Scene};
use crate::engine::Engine;
use florin_server::http::HttpSettings;
use florin_server::payouts::PayoutPolicy;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

/// Alice's payout of 30.00, paid.
async fn paid(scene: &Scene) -> Asked<'_> {
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    payout.executes("go", &digest).await.ok();
    payout.until_state("COMPLETED").await;
    payout
}

fn row(state: &str, compensation: &str) -> (String, String) {
    (state.to_owned(), compensation.to_owned())
}

#[rstest]
#[tokio::test]
async fn chosen_rows_are_reversed_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let payout = paid(&scene).await;
    let begun = payout.compensates("first", &json!({"rows": [2]})).await;
    assert_eq!(begun.status, 202);
    let back = payout.until_compensated().await;
    let compensation = &back["compensation"];
    assert_eq!((&compensation["state"], &compensation["rows"]), (&json!("COMPLETED"), &json!(1)));
    assert_eq!(
        (&compensation["reversed_rows"], &compensation["reversed_total"]),
        (&json!(1), &json!("20.00"))
    );
    assert_eq!(compensation["selection"]["named"], true);
    assert_eq!((&back["state"], &back["reversed_total"]), (&json!("COMPLETED"), &json!("20.00")));
    assert_eq!(payout.rows().await, [row("PAID", ""), row("PAID", "REVERSED")]);
    assert_eq!(scene.balances().await, ["90.00", "10.00", "0.00"]);
    payout.compensates("twice", &json!({"rows": [2]})).await.problem("payout_nothing_to_do");

    let all = json!({"filter": {"recipient_wallet_id": scene.to, "first_row": 1, "last_row": 2}});
    payout.compensates("rest", &all).await.ok();
    let back = payout.until(|payout| payout["reversed_total"] == "30.00").await;
    let selection = json!({"named": false, "first_row": 1, "last_row": 2, "recipient_wallet_id": scene.to});
    assert_eq!((&back["compensation"]["run"], &back["compensation"]["selection"]), (&json!(2), &selection));
    assert_eq!(scene.balances().await, ["100.00", "0.00", "0.00"]);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_is_spent_is_not_taken_back_and_the_rest_where_it_may_be(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let payout = paid(&scene).await;
    scene.carol.sends("spent", scene.also_to, scene.to, "15.00").await.ok();
    payout.compensates("whole", &json!({"filter": {}})).await.ok();
    let back = payout.until_compensated().await;
    assert_eq!(back["compensation"]["state"], "PARTIALLY_FAILED");
    assert_eq!(payout.rows().await, [row("PAID", "REVERSED"), row("PAID", "FAILED")]);
    assert_eq!(scene.balances().await, ["80.00", "15.00", "5.00"]);

    payout.compensates("part", &json!({"filter": {}, "allow_partial": true})).await.ok();
    let back = payout
        .until(|payout| payout["compensation"]["run"] == 2 && !payout["compensation"]["ended_at"].is_null());
    assert_eq!(back.await["reversed_total"], "15.00");
    assert_eq!(payout.rows().await, [row("PAID", "REVERSED"), row("PAID", "PARTIALLY_REVERSED")]);
    assert_eq!(scene.balances().await, ["85.00", "15.00", "0.00"]);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_person_can_take_it_back_for_some_time_and_the_house_always(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let policy = PayoutPolicy { compensation_window: Duration::from_millis(1), ..PayoutPolicy::default() };
    let http = HttpSettings { payouts: policy, ..HttpSettings::default() };
    let scene = Scene::set_with(engine, http).await;
    let payout = paid(&scene).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let all = json!({"filter": {}});
    payout.compensates("late", &all).await.problem("payout_compensation_late");
    payout.by(&scene.bank.operator).compensates("late", &all).await.ok();
    payout.until_compensated().await;
    assert_eq!(scene.balances().await, ["100.00", "0.00", "0.00"]);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_to_reverse_is_said_in_one_way(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (pending, _) = scene.uploaded("april", &scene.rows()).await;
    pending.compensates("key", &json!({"filter": {}})).await.problem("payout_state");
    let payout = paid_beside(&scene).await;
    for (body, code) in [
        (json!({}), "body_invalid"),
        (json!({"rows": [1], "filter": {}}), "body_invalid"),
        (json!({"rows": []}), "count_invalid"),
        (json!({"rows": (1..=10_001).collect::<Vec<_>>()}), "count_invalid"),
        (json!({"rows": ["1"]}), "body_invalid"),
        (json!({"filter": {"row": 1}}), "body_invalid"),
        (json!({"rows": [3, 0, -1, i64::MAX]}), "payout_nothing_to_do"),
        (json!({"filter": {"first_row": 2, "last_row": 1}}), "payout_nothing_to_do"),
        (json!({"filter": {"recipient_wallet_id": scene.source}}), "payout_nothing_to_do"),
    ] {
        payout.compensates("key", &body).await.problem(code);
    }
    assert_eq!(payout.now().await["compensation"], Value::Null);
    // One that was refused bound no key.
    payout.compensates("key", &json!({"rows": [1]})).await.ok();
    payout.until_compensated().await;
    scene.bank.close().await;
}

/// The same beside a payout of the same rows.
async fn paid_beside(scene: &Scene) -> Asked<'_> {
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    let body = json!({"digest": digest, "allow_duplicate": true});
    payout.post("/execute").key("go").json(&body).send().await.ok();
    payout.until_state("COMPLETED").await;
    payout
}

#[rstest]
#[tokio::test]
async fn one_compensation_at_a_time(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::without_runs(engine, HttpSettings::default()).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    payout.executes("go", &digest).await.ok();
    scene.is_run(payout).await;
    payout.compensates("first", &json!({"rows": [1]})).await.ok();
    let second = payout.compensates("second", &json!({"rows": [2]})).await;
    assert_eq!(second.header("retry-after"), Some("1"));
    assert_eq!(second.problem("payout_compensating")["retryable"], true);
    assert_eq!(payout.now().await["compensation"]["state"], "PROCESSING");
    scene.bank.close().await;
}
