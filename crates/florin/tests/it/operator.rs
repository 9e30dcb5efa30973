use crate::place::{Engine, Place};
use crate::server::Server;
use rstest::rstest;

#[rstest]
#[tokio::test]
async fn an_operator_is_made_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let place = Place::migrated(engine).await;
    let make =
        |password| place.florin_reading(&["operator", "house", "--email", "house@florin.example"], password);
    let short = make("short\n");
    assert!(!short.status.success() && short.err.contains("8 to 128"), "{short:?}");
    let made = make("florin-demo\n");
    assert!(made.status.success() && made.out.contains("made operator house, user 1"), "{made:?}");
    let again = make("florin-demo\n");
    assert!(!again.status.success() && again.err.contains("already"), "{again:?}");
    let server = Server::start(&place, &[]);
    let log = server.sign_in("house").await.get("/v1/audit-log?action=user.created").await;
    let lines = log["data"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "what was refused left no line: {log}");
    let told = ["actor", "subject", "outcome", "address"].map(|name| lines[0][name].as_str());
    assert_eq!(told, [Some("system"), Some("user:1"), Some("done"), None]);
    assert_eq!(lines[0]["details"]["role"], "operator");
    drop(server);
    place.remove().await;
}
