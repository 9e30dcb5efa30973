//! Maker and checker: above a total, somebody else agrees first.

use super::Scene;
use crate::engine::Engine;
use florin_ledger::AssetCode;
use florin_server::http::HttpSettings;
use florin_server::payouts::{ApprovalFrom, PayoutPolicy};
use florin_store::Scope;
use rstest::rstest;
use serde_json::{Value, json};

/// A server on which somebody else must agree from 30.00 USD on.
fn from_30() -> HttpSettings {
    let mut approval_from = ApprovalFrom::default();
    approval_from.insert(AssetCode::parse("USD").unwrap(), "30").unwrap();
    HttpSettings {
        payouts: PayoutPolicy { approval_from, ..PayoutPolicy::default() },
        ..HttpSettings::default()
    }
}

#[rstest]
#[tokio::test]
async fn a_large_payout_waits_for_somebody_else(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set_with(engine, from_30()).await;
    let operator = &scene.bank.operator;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    assert_eq!(payout.now().await["approval"], json!({"required": true, "by": null, "at": null}));
    payout.executes("go", &digest).await.problem("payout_approval_needed");
    for client in [&scene.alice.client, &scene.bob.client, &scene.bank.service(&Scope::ALL).await] {
        payout.by(client).approves(&digest).await.problem("not_permitted");
    }
    payout.by(operator).approves(&"0".repeat(64)).await.problem("payout_changed");
    let approved = payout.by(operator).approves(&digest).await.ok();
    let by = format!("user:{}", scene.bank.operator_id);
    assert_eq!(approved["approval"]["by"], by.as_str());
    // Its owner sees that somebody has, and not who.
    let seen = payout.now().await;
    assert_eq!(seen["approval"]["by"], Value::Null);
    assert_eq!(seen["approval"]["at"], approved["approval"]["at"]);

    payout.by(operator).executes("go", &digest).await.problem("payout_own_approval");
    payout.executes("go", &digest).await.ok();
    payout.until_state("COMPLETED").await;
    payout.by(operator).approves(&digest).await.problem("payout_state");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn who_made_a_payout_does_not_agree_with_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set_with(engine, from_30()).await;
    let (maker, checker) = (&scene.bank.operator, scene.bank.operator_named("checker").await);
    let payout = scene.made_by(maker, "march").await;
    let digest = payout.uploads(&scene.rows()).await;
    payout.approves(&digest).await.problem("payout_own_approval");
    payout.by(&checker.client).approves(&digest).await.ok();
    payout.by(&checker.client).executes("go", &digest).await.problem("payout_own_approval");
    payout.executes("go", &digest).await.ok();
    payout.until_state("COMPLETED").await;
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn who_agreed_with_other_rows_has_not_with_these(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set_with(engine, from_30()).await;
    let operator = &scene.bank.operator;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    payout.by(operator).approves(&digest).await.ok();
    let changed = payout.uploads(&scene.rows().replace("20.00", "20.01")).await;
    assert_eq!(payout.now().await["approval"]["at"], Value::Null);
    payout.executes("go", &changed).await.problem("payout_approval_needed");
    payout.by(operator).approves(&digest).await.problem("payout_changed");
    // Also where the rows are those from before.
    assert_eq!(payout.uploads(&scene.rows()).await, digest);
    payout.executes("go", &digest).await.problem("payout_approval_needed");

    // Below the total nobody needs to agree.
    let small = payout.uploads(&scene.rows().replace("20.00", "19.99")).await;
    assert_eq!(payout.now().await["approval"], Value::Null);
    payout.executes("go", &small).await.ok();
    payout.until_state("COMPLETED").await;
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn who_agreed_does_not_let_it_be_paid_once_more(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set_with(engine, from_30()).await;
    let operator = &scene.bank.operator;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    payout.by(operator).approves(&digest).await.ok();
    scene.set_status(scene.to, "frozen").await;
    payout.executes("go", &digest).await.ok();
    payout.until_state("PARTIALLY_FAILED").await;
    scene.set_status(scene.to, "active").await;
    payout.by(operator).retries("again").await.problem("payout_own_approval");
    payout.retries("again").await.ok();
    payout.until_state("COMPLETED").await;
    scene.bank.close().await;
}
