//! How much memory a server takes when it is worked hard.

use crate::place::{Engine, Place};
use crate::server::Server;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Each hash of a password takes 19 MiB. What the allocator keeps of them must not grow with their number.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn sign_ins_leave_no_memory_behind() {
    let place = Place::new(Engine::Sqlite).await;
    let server = Server::start_demo(&place);
    for _ in 0..4 {
        let mut people = JoinSet::new();
        for _ in 0..64 {
            let url = server.url.clone();
            people.spawn(async move { crate::server::sign_in(&url, "alice").await });
        }
        assert_eq!(people.join_all().await.len(), 64);
    }
    let kept = server.resident_kib();
    assert!(kept < 300 * 1024, "{kept} KiB after 256 sign-ins");
    assert!(server.stop().success());
    place.remove().await;
}

/// What a payout file takes must not grow with its length.
#[cfg(target_os = "linux")]
#[rstest]
#[case(Engine::Sqlite, 16)]
#[case(Engine::Postgres, 32)]
#[tokio::test]
async fn a_payout_file_is_taken_in_bounded_memory(#[case] engine: Engine, #[case] mib_max: u64) {
    upload(engine, 200_000, mib_max).await;
}

/// `scripts/with-postgres cargo test -p florin --test it a_million_rows -- --ignored --nocapture --test-threads 1`
#[cfg(target_os = "linux")]
#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
#[ignore = "the full figure"]
async fn a_million_rows_are_taken_in_bounded_memory(#[case] engine: Engine) {
    upload(engine, 1_000_000, 64).await;
}

/// Uploads a file of so many rows, sent as fast as they are taken, in so many more MiB.
#[cfg(target_os = "linux")]
async fn upload(engine: Engine, rows: u32, mib_max: u64) {
    let place = Place::new(engine).await;
    let server = Server::start_demo(&place);
    let alice = server.sign_in("alice").await;
    let (source, recipient) = (alice.wallet("USD").await, server.sign_in("bob").await.wallet("USD").await);
    let made = alice.post("/v1/payouts", "memory", &json!({"source_wallet_id": source})).await.unwrap();
    let made: Value = made.json().await.unwrap();
    let line = |row: u32| {
        let recipient = if row.is_multiple_of(10) { "user:bob".to_owned() } else { recipient.to_string() };
        format!("{recipient},0.01,salary,\"row {row:08}, of many\"\n")
    };
    let header = "recipient_id,amount,reference,memo\n";
    let length = header.len() + (1..=rows).map(|row| line(row).len()).sum::<usize>();
    let head = format!(
        "PUT /v1/payouts/{}/rows HTTP/1.1\r\nhost: florin\r\nauthorization: Bearer {}\r\ncontent-type: text/csv\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{header}",
        made["id"], alice.token
    );

    let before = server.resident_kib();
    let begun = Instant::now();
    let mut socket = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut most = before;
    let rows_of = |first: u32| (first..(first + 1000).min(rows + 1)).map(line).collect::<Vec<_>>().concat();
    for first in (1..=rows).step_by(1000) {
        socket.write_all(rows_of(first).as_bytes()).await.unwrap();
        most = most.max(server.resident_kib());
    }
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    // Afterwards it looks for rows that no longer count.
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        most = most.max(server.resident_kib());
    }
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(&format!("\"rows\":{rows},")), "{answer}");
    println!(
        "{engine:?}: {rows} rows, {} KiB, in {:.1?}: {} KiB more than {before} KiB at most",
        length / 1024,
        begun.elapsed(),
        most - before
    );
    assert!(most - before < mib_max * 1024, "{} KiB more", most - before);
    assert!(server.stop().success());
    place.remove().await;
}
