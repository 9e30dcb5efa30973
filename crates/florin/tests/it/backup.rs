//! A backup that is taken while money moves, and restored elsewhere: the books balance, what was acknowledged before it is
//! there, and a server goes on from it. The commands are those of `docs/guides/backup.md`.

use crate::place::{Engine, Place};
use crate::server::{Person, Server, log};
use rstest::rstest;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

const CLIENTS: u64 = 8;

/// Transfers of one gold coin from alice to bob and back, without a pause.
struct Load {
    clients: JoinSet<()>,
    /// The ids of acknowledged transactions, by their keys.
    acknowledged: Arc<Mutex<BTreeMap<String, String>>>,
    is_over: Arc<AtomicBool>,
    service: Person,
    wallets: (i64, i64),
}

impl Load {
    async fn begin(server: &Server) -> Self {
        let (alice, bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
        let wallets = (alice.wallet("GOLD").await, bob.wallet("GOLD").await);
        let service = server.service().await;
        let (acknowledged, is_over) = <(Arc<Mutex<BTreeMap<_, _>>>, Arc<AtomicBool>)>::default();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (service, acknowledged, is_over) =
                (service.clone(), Arc::clone(&acknowledged), Arc::clone(&is_over));
            clients.spawn(async move {
                let mut number = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let key = format!("{client}-{number}");
                    if let (201, id) = transfer(&service, &key, wallets).await {
                        acknowledged.lock().unwrap().insert(key, id);
                    }
                    number += 1;
                }
            });
        }
        Self { clients, acknowledged, is_over, service, wallets }
    }

    /// Until so many more are acknowledged.
    async fn goes_on(&self, count: usize) {
        let before = self.acknowledged().len();
        while self.acknowledged().len() < before + count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn acknowledged(&self) -> BTreeMap<String, String> {
        self.acknowledged.lock().unwrap().clone()
    }

    async fn end(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.expect("no client panics");
        }
    }
}

/// One coin; the key says which way, so that neither of them runs out.
async fn transfer(service: &Person, key: &str, (alice, bob): (i64, i64)) -> (u16, String) {
    let (from, to) = if key.starts_with(['0', '2', '4', '6']) { (alice, bob) } else { (bob, alice) };
    let body = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": "1"});
    let answer = service.post("/v1/transfers", key, &body).await.expect("it answers");
    let status = answer.status().as_u16();
    let answer: Value = answer.json().await.expect("it is JSON");
    (status, answer["id"].as_str().unwrap_or_default().to_owned())
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_backup_is_restored(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let server = Server::start_demo(&place);
    let mut load = Load::begin(&server).await;
    let mut backups = Vec::new();
    for number in 0..3 {
        load.goes_on(150).await;
        let acknowledged = load.acknowledged();
        let backup = place.folder().join(format!("backup-{number}"));
        back_up(&place, &backup);
        backups.push((backup, acknowledged));
    }
    load.goes_on(50).await;
    load.end().await;

    for (backup, acknowledged) in backups {
        let elsewhere = Place::new(engine).await;
        restore(&backup, &elsewhere);
        assert!(elsewhere.florin(&["migrate", "up"]).status.success());
        let audit = elsewhere.florin(&["audit"]);
        assert!(audit.out.starts_with("OK"), "{audit:?}");
        let restored = Server::start(&elsewhere, &[]);
        let service = load.service.clone().at(&restored);
        for (key, id) in &acknowledged {
            assert_eq!(
                transfer(&service, key, load.wallets).await,
                (201, id.clone()),
                "{key} was acknowledged"
            );
        }
        // Who had a PIN has it still.
        let alice = restored.sign_in("alice").await;
        let body = json!({"asset": "GOLD", "amount": "1"});
        let spent = alice.post("/v1/spends", "after", &body).await.expect("it answers");
        assert_eq!(spent.status().as_u16(), 201, "{}", spent.text().await.unwrap());
        assert_eq!(restored.stop().code(), Some(0), "{}", log(&elsewhere));
        let audit = elsewhere.florin(&["audit"]);
        assert!(audit.out.starts_with("OK"), "{audit:?}");
        elsewhere.remove().await;
    }
    server.stop();
    place.remove().await;
}

/// Into a folder of its own: the database, and the secrets that Florin has made.
fn back_up(place: &Place, backup: &Path) {
    std::fs::create_dir(backup).expect("a folder");
    match place.url() {
        None => {
            // Another process than the server, as `sqlite3` is.
            let file = place.folder().join("florin-data/florin.db");
            let source = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
            let copy = backup.join("florin.db");
            let copy = copy.to_str().expect("its name is text");
            source.expect("there is a store").execute("VACUUM INTO ?1", [copy]).expect("a copy");
        }
        Some(url) => {
            let file = backup.join("florin.dump");
            run(Command::new(program("pg_dump")).args(["--format=custom", "--file"]).arg(file).arg(url));
        }
    }
    for secret in SECRETS {
        std::fs::copy(place.folder().join("florin-data").join(secret), backup.join(secret)).expect(secret);
    }
}

/// What else the data folder has in it.
const SECRETS: [&str; 2] = ["signing-key.pem", "pin-pepper"];

fn restore(backup: &Path, place: &Place) {
    let data = place.folder().join("florin-data");
    std::fs::create_dir(&data).expect("a folder");
    for secret in SECRETS {
        std::fs::copy(backup.join(secret), data.join(secret)).expect(secret);
    }
    match place.url() {
        None => {
            std::fs::copy(backup.join("florin.db"), data.join("florin.db")).expect("a copy");
        }
        Some(url) => {
            let restore = ["--no-owner", "--exit-on-error", "--single-transaction", "--dbname"];
            run(Command::new(program("pg_restore")).args(restore).arg(url).arg(backup.join("florin.dump")));
        }
    }
}

/// One of PostgreSQL's own.
fn program(name: &str) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres-bin");
    let folder = Command::new(script).output().expect("the script runs").stdout;
    Path::new(String::from_utf8(folder).expect("it writes text").trim()).join(name)
}

fn run(command: &mut Command) {
    let ran = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(ran.status.success(), "{command:?}: {ran:?}");
}
