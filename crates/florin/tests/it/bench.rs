use crate::place::{Engine, Place};
use crate::server::Server;
use rstest::rstest;
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::time::Duration;

#[rstest]
#[tokio::test]
async fn a_quick_run_measures_every_kind_of_load_and_keeps_the_books(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let ran = place.florin(&["bench", "--quick", "--json", "bench.json"]);
    assert!(ran.status.success(), "{ran:?}");
    let report: Value =
        serde_json::from_slice(&std::fs::read(place.folder().join("bench.json")).unwrap()).unwrap();

    let loads = report["loads"].as_array().unwrap();
    for kind in ["classic/", "committer/", "http/", "bulk/", "open-loop/", "stored/fresh", "stored/full"] {
        assert!(loads.iter().any(|load| load["load"].as_str().unwrap().starts_with(kind)), "{kind}: {ran:?}");
    }
    for load in loads {
        assert!(load["transfers_per_second"].as_f64().unwrap() > 0.0, "{load}");
        assert!(load["latency_micros"]["p50"].as_u64() <= load["latency_micros"]["max"].as_u64(), "{load}");
        assert!(ran.out.contains(load["load"].as_str().unwrap()), "{load}");
    }
    assert!(!report["figures"].as_array().unwrap().is_empty(), "{ran:?}");
    let audits = report["audits"].as_array().unwrap();
    assert_eq!(audits.len(), 3, "{ran:?}");
    assert!(audits.iter().all(|audit| audit["is_ok"] == true && audit["transactions"].as_u64() > Some(1000)));
    assert_nothing_is_left(&place, engine, &report).await;
    place.remove().await;
}

async fn assert_nothing_is_left(place: &Place, engine: Engine, report: &Value) {
    match engine {
        Engine::Sqlite => assert_eq!(bench_folders(place), 0),
        Engine::Postgres => {
            let database = report["database"]["database"].as_str().unwrap();
            // An error, and so a panic, where it is still there.
            place.execute(&format!("CREATE DATABASE {database}")).await;
            place.execute(&format!("DROP DATABASE {database}")).await;
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_server_that_is_there_is_measured_over_http_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let server = Server::start_demo(&place);
    let house = server.sign_in("house").await;
    let scopes = ["read", "transactions:write", "wallets:write", "users:write", "assets:write"];
    let api_key =
        house.post("/v1/api-keys", "bench", &json!({"name": "bench", "scopes": scopes})).await.unwrap();
    let api_key: Value = api_key.json().await.unwrap();
    let mut bench = place.command(&["bench", "--quick", "--wallets", "10", "--json", "bench.json"]);
    let bench = bench
        .args(["--url", &server.url])
        .env("FLORIN_BENCH_TOKEN", api_key["secret"].as_str().unwrap())
        .output()
        .unwrap();
    assert!(bench.status.success(), "{bench:?}");
    let report: Value =
        serde_json::from_slice(&std::fs::read(place.folder().join("bench.json")).unwrap()).unwrap();
    let loads: Vec<_> = report["loads"].as_array().unwrap().iter().map(|load| &load["load"]).collect();
    assert!(loads.contains(&&Value::from("open-loop/1000")) && loads.len() == 9, "{report}");
    let audit = place.florin(&["audit"]);
    let counted = format!("{} transactions", report["audits"][0]["transactions"]);
    assert!(audit.status.success() && audit.out.contains(&counted), "{audit:?} {report}");
    drop(server);
    place.remove().await;
}

fn bench_folders(place: &Place) -> usize {
    std::fs::read_dir(place.folder().join("florin-data")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_run_that_is_interrupted_leaves_nothing_behind() {
    let place = Place::new(Engine::Sqlite).await;
    let mut bench = place.command(&["bench", "--quick", "--seconds", "600"]);
    let bench = bench.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while bench_folders(&place) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    interrupt(&bench);
    let output = bench.wait_with_output().unwrap();
    assert!(!output.status.success() && output.status.code().is_some(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"), "{output:?}");
    assert_eq!(bench_folders(&place), 0);
}

fn interrupt(child: &Child) {
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
}

#[tokio::test]
async fn a_role_that_may_not_create_databases_is_told_so() {
    let place = Place::new(Engine::Postgres).await;
    let role = format!("bench_{:016x}", rand::random::<u64>());
    place.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'bench'")).await;
    let url = place.url_as(&role, "bench");
    let ran = place.florin(&["bench", "--quick", "--database-url", &url]);
    assert!(!ran.status.success() && ran.err.contains("CREATEDB"), "{ran:?}");
    place.execute(&format!("DROP ROLE {role}")).await;
    place.remove().await;
}

#[tokio::test]
async fn a_load_that_does_not_exist_is_an_error_before_anything_is_made() {
    let place = Place::new(Engine::Sqlite).await;
    let ran = place.florin(&["bench", "--only", "comitter"]);
    assert!(!ran.status.success() && ran.err.contains("comitter"), "{ran:?}");
    assert!(!place.folder().join("florin-data").exists());
}
