use crate::place::{Engine, Place};
use crate::server::Server;
use rstest::rstest;
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The attacks that there are.
fn attacks(place: &Place) -> Vec<String> {
    let listed = place.florin(&["lab", "list"]);
    assert!(listed.status.success(), "{listed:?}");
    listed.out.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
}

/// Attacks on several servers, or on the database's, for which there is nothing on SQLite.
const ON_POSTGRES_ALONE: [&str; 3] = ["crash-database", "two-servers", "frozen-server"];

/// What a run said of each attack on this target, in `report.json`.
fn verdicts(place: &Place, target: &str) -> Vec<(String, String)> {
    let report = std::fs::read(place.folder().join("report/report.json")).expect("it was written");
    let report: Value = serde_json::from_slice(&report).expect("it is JSON");
    let attacks = report["attacks"].as_array().expect("a list").iter();
    let verdicts = attacks.map(|attack| {
        let found = attack["targets"].as_array().expect("a list").iter().find(|one| one["target"] == target);
        let found = found.unwrap_or_else(|| panic!("{target} is missing: {attack}"));
        assert!(!found["records"].as_array().expect("a list").is_empty(), "{found}");
        (attack["id"].as_str().unwrap().to_owned(), found["verdict"].as_str().unwrap().to_owned())
    });
    verdicts.collect()
}

#[rstest]
#[case("specimen", "broke", "50")]
#[case("florin", "held", "2")]
#[tokio::test]
async fn every_attack_breaks_the_specimen_and_not_florin(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] target: &str,
    #[case] verdict: &str,
    #[case] rounds: &str,
) {
    let place = Place::new(engine).await;
    let store = if engine == Engine::Sqlite { "sqlite" } else { "postgres" };
    let flags = ["--target", target, "--rounds", rounds, "--store", store, "--report", "report"];
    let ran = place.florin(&[&["lab", "run"], flags.as_slice()].concat());
    assert!(ran.status.success(), "{}{}", ran.out, ran.err);
    let (left_out, made): (Vec<_>, Vec<_>) = attacks(&place)
        .into_iter()
        .partition(|attack| ran.out.contains(&format!("left out: {attack}, because")));
    assert!(
        left_out.iter().all(|attack| {
            let needs_postgres = ON_POSTGRES_ALONE.contains(&attack.as_str());
            needs_postgres != (engine == Engine::Postgres) && (needs_postgres || attack == "disk-fails")
        }),
        "{left_out:?}"
    );
    let expected: Vec<_> = made.into_iter().map(|attack| (attack, verdict.to_owned())).collect();
    assert_eq!(verdicts(&place, target), expected, "{}", ran.out);
    assert!(ran.out.contains(&format!("store {store}, seed 1")), "{}", ran.out);
    let page = std::fs::read_to_string(place.folder().join("report/report.html")).unwrap();
    for (attack, _) in &expected {
        assert!(page.contains(&format!("<section class=\"attack\" id=\"{attack}\">")), "{attack}");
        let picture = place.folder().join(format!("report/pictures/{attack}-{target}.svg"));
        assert!(picture.exists(), "{}", picture.display());
    }
    // What the lab judged by is judged alike from what it kept.
    let checked = place.florin(&["lab", "check", "report/report.json"]);
    assert_eq!(checked.status.code(), Some(i32::from(target == "specimen")), "{checked:?}");
    place.remove().await;
}

#[tokio::test]
async fn a_history_that_was_kept_is_judged_by_itself() {
    let place = Place::new(Engine::Sqlite).await;
    let movement = |client: u32, from: i64, to: i64| {
        let asked = json!({"move": {"verb": "transfer", "from": from, "to": to, "amount": 60}});
        let answered = json!({"done": {"transaction": client.to_string()}});
        json!({"client": client, "invoked": client, "returned": client + 10, "asked": asked, "answered": answered})
    };
    let opening = |wallet: i64, balance: i64| json!({"wallet": wallet, "balance": balance, "floor": 0});
    let history = |operations: Value| json!({"scale": 2, "openings": [opening(1, 100), opening(2, 0)], "operations": operations});
    for (name, text, code, says) in [
        ("clean", history(json!([movement(0, 1, 2)])).to_string(), 0, "1 operations, clean"),
        (
            "spent twice",
            history(json!([movement(0, 1, 2), movement(1, 1, 2)])).to_string(),
            1,
            "overdraft (1)",
        ),
        ("late", history(json!([movement(1, 1, 2), movement(0, 1, 2)])).to_string(), 2, "in the order"),
        ("other", json!({"operations": 1}).to_string(), 2, "neither a history nor a report"),
    ] {
        std::fs::write(place.folder().join(name), text).unwrap();
        let checked = place.florin(&["lab", "check", name]);
        assert_eq!(checked.status.code(), Some(code), "{name}: {checked:?}");
        assert!(format!("{}{}", checked.out, checked.err).contains(says), "{name}: {checked:?}");
    }
    assert_eq!(place.florin(&["lab", "check", "nothing"]).status.code(), Some(2));
    place.remove().await;
}

#[tokio::test]
async fn a_server_that_is_there_is_attacked_and_keeps_its_books() {
    let place = Place::new(Engine::Sqlite).await;
    let server = Server::start_demo(&place);
    let house = server.sign_in("house").await;
    let scopes = ["read", "transactions:write", "wallets:write", "users:write", "assets:write"];
    let api_key = house.post("/v1/api-keys", "lab", &json!({"name": "lab", "scopes": scopes})).await.unwrap();
    let api_key: Value = api_key.json().await.unwrap();
    let mut lab = place.command(&[
        "lab",
        "run",
        "drain",
        "twins",
        "impostor",
        "--rounds",
        "2",
        "--target",
        &server.url,
    ]);
    lab.env("FLORIN_LAB_TOKEN", api_key["secret"].as_str().unwrap());
    let ran = lab.stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    // By a connection of its own: the server has closed one that was idle for so long.
    let house = server.sign_in("house").await;
    let audit: Value =
        house.post("/v1/ledger/audit", "audit", &json!({})).await.unwrap().json().await.unwrap();
    assert_eq!(audit["faults"], json!([]), "{audit}");
    assert!(audit["transactions"].as_i64() > Some(4), "{audit}");
    drop(server);
    place.remove().await;
}

#[tokio::test]
async fn a_run_that_is_interrupted_leaves_nothing() {
    let place = Place::new(Engine::Sqlite).await;
    let temporary = place.folder().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let entries = || std::fs::read_dir(&temporary).unwrap().count();
    let mut lab = place.command(&["lab", "run", "replay", "--target", "florin", "--rounds", "1000"]);
    let mut lab = lab.env("TMPDIR", &temporary).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while entries() == 0 {
        assert_eq!(lab.try_wait().unwrap(), None);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let pid = lab.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = lab.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("interrupted"), "{ended:?}");
    assert_eq!(entries(), 0);
    place.remove().await;
}

#[tokio::test]
async fn what_cannot_be_attacked_is_said_before_anything_starts() {
    let place = Place::new(Engine::Sqlite).await;
    for (args, expected) in [
        (["run", "no-such-attack"].as_slice(), "there are: drain"),
        (&["run", "--target", "https://127.0.0.1:1"], "--target is specimen, florin, or http://HOST:PORT"),
        (&["run", "--target", "http://127.0.0.1:1"], "needs --token"),
        (&["run", "--store", "postgres"], "--store postgres needs FLORIN_DATABASE_URL"),
        (&["run", "two-servers"], "two-servers cannot be made here: only one server at a time"),
    ] {
        let ran = place.florin(&[&["lab"], args].concat());
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        assert!(ran.err.contains(expected), "{ran:?}");
    }
    place.remove().await;
}
