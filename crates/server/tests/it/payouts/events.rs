//! Who watches a payout sees what changes, once, and the end.

use super::{Asked, PATIENCE, Scene};
use crate::engine::Engine;
use florin_server::http::HttpSettings;
use reqwest::Response;
use rstest::rstest;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// A stream of events, as it comes.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(payout: Asked<'_>, seen: Option<&str>) -> Self {
        let client = payout.client;
        let mut request = client.http.get(format!("{}{}", client.url, payout.path("/events")));
        request = request.bearer_auth(client.token.as_deref().unwrap());
        request = seen.iter().fold(request, |request, seen| request.header("last-event-id", *seen));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self { response, text: String::new() }
    }

    /// The next event's id and payout; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_else(|| panic!("no {name} in {event}")).trim().to_owned()
                };
                assert_eq!(field("event:"), "payout");
                let (id, payout) = (field("id:"), serde_json::from_str::<Value>(&field("data:")).unwrap());
                assert_eq!(payout["version"].to_string(), id);
                self.text = rest.into();
                return Some((id, payout));
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something comes").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn state(&mut self) -> String {
        self.next().await.unwrap().1["state"].as_str().unwrap().to_owned()
    }
}

#[rstest]
#[tokio::test]
async fn every_change_comes_once_and_the_end_is_the_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::without_runs(engine, HttpSettings::default()).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    let mut stream = Stream::open(payout, None).await;
    assert_eq!(stream.state().await, "PENDING");
    payout.executes("go", &digest).await.ok();
    assert_eq!(stream.state().await, "PROCESSING");
    payout.steers("pause").await.ok();
    let (seen, paused) = stream.next().await.unwrap();
    assert_eq!(paused["state"], "PAUSED");
    assert_eq!(paused, payout.now().await, "an event is the payout");

    // Who reconnects sees what they have not seen.
    drop(stream);
    let mut behind = Stream::open(payout, Some("1")).await;
    assert_eq!(behind.state().await, "PAUSED");
    let mut stream = Stream::open(payout, Some(&seen)).await;
    payout.steers("cancel").await.ok();
    for stream in [&mut stream, &mut behind] {
        let (last, cancelled) = stream.next().await.unwrap();
        assert_eq!(cancelled["state"], "CANCELLED");
        assert_eq!(stream.next().await, None);
        // Browsers reconnect until they are told not to.
        let again = payout.client.get(&payout.path("/events")).header("last-event-id", &last).send().await;
        assert_eq!((again.status, again.body.len()), (204, 0));
    }
    let mut late = Stream::open(payout, Some(&seen)).await;
    assert_eq!(late.state().await, "CANCELLED");
    assert_eq!(late.next().await, None);
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_payout_is_watched_to_its_end(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (payout, digest) = scene.uploaded("march", &scene.rows()).await;
    let mut stream = Stream::open(payout, None).await;
    payout.executes("go", &digest).await.ok();
    let mut versions = vec![];
    let mut last = Value::Null;
    while let Some((id, payout)) = stream.next().await {
        versions.push(id.parse::<i64>().unwrap());
        last = payout;
    }
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    assert_eq!((last["state"].as_str(), last["payment"]["paid_rows"].as_i64()), (Some("COMPLETED"), Some(2)));
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn streams_take_no_place_from_requests_and_have_a_bound_of_their_own(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let http = HttpSettings {
        requests_max: 1,
        event_streams_max: 2,
        request_timeout: Duration::from_millis(500),
        ..HttpSettings::default()
    };
    let scene = Scene::without_runs(engine, http).await;
    let (payout, _) = scene.uploaded("march", &scene.rows()).await;
    let mut streams = [Stream::open(payout, None).await, Stream::open(payout, None).await];
    for stream in &mut streams {
        assert_eq!(stream.state().await, "PENDING");
    }
    let refused = payout.client.get(&payout.path("/events")).send().await;
    assert_eq!(refused.status, 503);
    refused.problem("overloaded");

    // Longer than a request may take.
    tokio::time::sleep(Duration::from_millis(700)).await;
    payout.steers("cancel").await.ok();
    for stream in &mut streams {
        assert_eq!(stream.state().await, "CANCELLED");
        assert_eq!(stream.next().await, None);
    }
    drop(streams);
    // Their places come back as soon as the server has seen that they have gone.
    let begun = Instant::now();
    while payout.client.get(&payout.path("/events")).send().await.status == 503 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_server_that_stops_ends_its_streams(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let (payout, _) = scene.uploaded("march", &scene.rows()).await;
    let mut stream = Stream::open(payout, None).await;
    assert_eq!(stream.state().await, "PENDING");
    let begun = Instant::now();
    let (end, ()) = tokio::join!(stream.next(), scene.bank.close());
    assert_eq!(end, None);
    assert!(begun.elapsed() < Duration::from_secs(10), "less than a stop waits for requests");
}
