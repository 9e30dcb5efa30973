//! What a browser finds at a server that was started as a person starts it.

use crate::place::{Engine, Place};
use crate::server::Server;
use reqwest::{Client, Response};
use rstest::rstest;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

async fn get(server: &Server, path: &str) -> Response {
    Client::new().get(format!("{}{path}", server.url)).send().await.expect("it answers")
}

#[rstest]
#[tokio::test]
async fn a_browser_finds_a_page_and_what_the_server_is(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let server = Server::start_demo(&place);
    let open = format!("open {}", server.url);
    assert!(server.greeting.contains(&open), "{}", server.greeting);
    let page = get(&server, "/").await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let config: Value = get(&server, "/console/config.json").await.json().await.unwrap();
    let store = if engine == Engine::Sqlite { "sqlite" } else { "postgres" };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(config, json!({"version": version, "demo": true, "lab": false, "store": store}));
    assert_eq!(get(&server, "/lab/specimen/health").await.status(), 404);
    drop(server);
    place.remove().await;
}

/// The folder that the specimen works in, while there is one.
fn specimens_folder(place: &Place) -> Option<PathBuf> {
    let mut entries = std::fs::read_dir(place.folder()).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("florin-specimen-"))
}

#[tokio::test]
async fn the_specimen_ends_with_the_server_however_that_ends() {
    for is_killed in [false, true] {
        let place = Place::new(Engine::Sqlite).await;
        let server = Server::start(&place, &["--demo", "--lab"]);
        let config: Value = get(&server, "/console/config.json").await.json().await.unwrap();
        assert_eq!(config["lab"], true);
        let users = Client::new().post(format!("{}/lab/specimen/users", server.url));
        let user = users.json(&json!({"name": "visitor", "pin": "1234"})).send().await.unwrap();
        let user: Value = user.json().await.unwrap();
        assert!(user["id"].is_i64() && user["token"].is_string(), "{user}");
        assert!(specimens_folder(&place).is_some_and(|folder| folder.join("specimen.db").is_file()));
        if is_killed {
            server.kill();
            server.ended();
        } else {
            assert_eq!(server.stop().code(), Some(0));
        }
        let begun = Instant::now();
        while specimens_folder(&place).is_some() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "the specimen is still there, killed: {is_killed}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
