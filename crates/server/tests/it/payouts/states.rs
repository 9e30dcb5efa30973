//! From state to state, and back to none.

use super::Scene;
use crate::engine::Engine;
use florin_server::http::HttpSettings;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn a_payout_pays_its_rows(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    let pending = payout.now().await;
    assert_eq!(
        (&pending["state"], &pending["rows"], &pending["total"]),
        (&json!("PENDING"), &json!(2), &json!("30.00"))
    );
    assert_eq!((&pending["digest"], &pending["payment"]), (&json!(digest), &Value::Null));

    let begun = payout.executes("go", &digest).await;
    assert_eq!(begun.status, 202);
    let version = begun.json()["version"].as_i64().unwrap();
    assert_eq!(begun.header("etag"), Some(format!("\"{version}\"").as_str()));
    assert_eq!(begun.json()["state"], "PROCESSING");

    let paid = payout.until_state("COMPLETED").await;
    let payment = &paid["payment"];
    assert_eq!(
        (&payment["run"], &payment["paid_rows"], &payment["failed_rows"], &payment["pending_rows"]),
        (&json!(1), &json!(2), &json!(0), &json!(0))
    );
    assert_eq!(payment["paid_total"], "30.00");
    assert!(payment["rows_per_second"].as_f64().is_some_and(|rate| rate > 0.0), "{payment:#}");
    assert!(payment["seconds_left"].is_null() && payment["ended_at"].is_string(), "{payment:#}");
    assert_eq!(scene.balances().await, ["70.00", "10.00", "20.00"]);

    for (verb, told) in [("pause", "payout_state"), ("resume", "payout_state"), ("cancel", "payout_state")] {
        payout.steers(verb).await.problem(told);
    }
    payout.executes("again", &digest).await.problem("payout_state");
    payout.retries("again").await.problem("payout_state");
    let log = scene.bank.operator.read(&format!("/v1/audit-log?subject=payout:{}", payout.id)).await;
    let actions: Vec<_> =
        log["data"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["payout.ended", "payout.executed", "payout.uploaded", "payout.created"]);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn rows_that_failed_are_paid_once_more(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    scene.set_status(scene.to, "frozen").await;
    scene.set_status(scene.also_to, "frozen").await;
    payout.executes("go", &digest).await.ok();
    let failed = payout.until_state("FAILED").await;
    assert_eq!((&failed["payment"]["paid_rows"], &failed["payment"]["failed_rows"]), (&json!(0), &json!(2)));

    scene.set_status(scene.to, "active").await;
    assert_eq!(payout.retries("second").await.status, 202);
    let in_part = payout.until_state("PARTIALLY_FAILED").await;
    assert_eq!(in_part["payment"]["run"], 2);
    let states = payout.rows().await.into_iter().map(|(state, _)| state).collect::<Vec<_>>();
    assert_eq!(states, ["PAID", "FAILED"]);

    scene.set_status(scene.also_to, "active").await;
    payout.retries("third").await.ok();
    payout.until_state("COMPLETED").await;
    assert_eq!(scene.balances().await, ["70.00", "10.00", "20.00"]);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_payout_stops_goes_on_and_ends(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::without_runs(engine, HttpSettings::default()).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    for verb in ["pause", "resume"] {
        payout.steers(verb).await.problem("payout_state");
    }
    payout.executes("go", &digest).await.ok();
    for (verb, state) in [
        ("pause", "PAUSED"),
        ("pause", "PAUSED"),
        ("resume", "PROCESSING"),
        ("resume", "PROCESSING"),
        ("cancel", "CANCELLED"),
    ] {
        let before = payout.now().await;
        let steered = payout.steers(verb).await.ok();
        assert_eq!(steered["state"], state, "{verb}");
        let changed = steered["version"] != before["version"];
        assert_eq!(changed, before["state"] != state, "doing it again changes nothing");
    }
    assert_eq!(payout.steers("cancel").await.ok()["state"], "CANCELLED");
    for verb in ["pause", "resume"] {
        payout.steers(verb).await.problem("payout_state");
    }
    let states = payout.rows().await.into_iter().map(|(state, _)| state).collect::<Vec<_>>();
    assert_eq!(states, ["CANCELLED", "CANCELLED"]);
    payout.compensates("back", &json!({"filter": {}})).await.problem("payout_nothing_to_do");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn only_the_rows_that_are_meant_are_paid(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let empty = scene.made_by(&scene.alice.client, "empty").await;
    empty.executes("go", &"0".repeat(64)).await.problem("payout_empty");
    empty.client.get(&empty.path("/preflight")).send().await.problem("payout_empty");

    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    for broken in ["", "0", &digest[1..], &digest.to_uppercase(), &format!("{digest}0")] {
        assert_eq!(
            payout.executes("go", broken).await.problem("body_invalid")["field"],
            "digest",
            "{broken}"
        );
    }
    payout.executes("go", &"0".repeat(64)).await.problem("payout_changed");
    let changed = payout.uploads(&scene.rows().replace("20.00", "20.01")).await;
    assert_eq!(payout.executes("go", &digest).await.problem("payout_changed")["field"], "digest");
    assert_eq!(payout.now().await["state"], "PENDING");
    payout.executes("go", &changed).await.ok();
    payout.until_state("COMPLETED").await;
    assert_eq!(scene.balances().await, ["69.99", "10.00", "20.01"]);
    scene.bank.close().await;
}
