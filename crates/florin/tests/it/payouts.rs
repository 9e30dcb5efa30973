//! Payouts through crashes: servers are killed while they pay, others go on, and every row is paid once.

use crate::place::{Engine, Place};
use crate::server::{Person, Server, log};
use rand::RngExt;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// So that another server need not wait long for one that is dead.
const SETTINGS: &str = "payout_lease = \"300ms\"\n";

/// A payout of so many rows from alice's gold to wallets of bob's, made by a service.
struct Scene {
    place: Place,
    servers: Vec<Server>,
    service: Person,
    source: i64,
    /// What each receiver had before.
    receivers: BTreeMap<i64, i64>,
    payout: i64,
    rows: i64,
}

impl Scene {
    async fn open(engine: Engine, rows: i64) -> Self {
        let place = Place::new(engine).await;
        std::fs::write(place.folder().join("florin.toml"), SETTINGS).unwrap();
        let server = Server::start_demo(&place);
        let service = server.service().await;
        let (alice, bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
        let source = alice.wallet("GOLD").await;
        let mut receivers =
            BTreeMap::from([(bob.wallet("GOLD").await, bob.balance("GOLD").await.parse().unwrap())]);
        for number in 0..4 {
            let body = json!({"asset": "GOLD", "name": format!("prizes {number}")});
            let wallet = ok(bob.post("/v1/wallets", &format!("wallet-{number}"), &body).await.unwrap()).await;
            receivers.insert(wallet["id"].as_i64().unwrap(), 0);
        }
        let body = json!({"wallet_id": source, "amount": (rows * 10).to_string()});
        ok(service.post("/v1/deposits", "funds", &body).await.unwrap()).await;

        let body = json!({"source_wallet_id": source, "name": "prizes"});
        let payout =
            ok(service.post("/v1/payouts", "payout", &body).await.unwrap()).await["id"].as_i64().unwrap();
        let mut scene = Self { place, servers: vec![server], service, source, receivers, payout, rows };
        let csv = scene.csv();
        let uploaded = ok(scene.service.put_csv(&format!("/v1/payouts/{payout}/rows"), csv).await).await;
        let body = json!({"digest": uploaded["digest"]});
        let execute = format!("/v1/payouts/{payout}/execute");
        ok(scene.service.post(&execute, "execute", &body).await.unwrap()).await;
        if engine == Engine::Postgres {
            scene.servers.push(Server::start(&scene.place, &[]));
        }
        scene
    }

    /// The row's number says who gets how much.
    fn pays(&self, row: i64) -> (i64, i64) {
        let index = usize::try_from(row).unwrap() % self.receivers.len();
        (*self.receivers.keys().nth(index).unwrap(), row % 10 + 1)
    }

    fn csv(&self) -> String {
        let line = |row| {
            let (wallet, amount) = self.pays(row);
            format!("{wallet},{amount},row {row}\r\n")
        };
        "recipient_id,amount,reference\r\n".to_owned() + &(1..=self.rows).map(line).collect::<String>()
    }

    /// Kills one of the servers and starts it again.
    fn kill_one(&mut self) {
        let index = rand::rng().random_range(0..self.servers.len());
        let victim = self.servers.swap_remove(index);
        victim.kill();
        victim.ended();
        self.servers.push(Server::start(&self.place, &[]));
    }

    async fn read(&self) -> Value {
        self.reader().get(&format!("/v1/payouts/{}", self.payout)).await
    }

    fn reader(&self) -> Person {
        self.service.clone().at(&self.servers[0])
    }

    /// Every row is paid by a transaction of its own, and nobody has more or less than the rows say.
    async fn check(&self) {
        let service = self.reader();
        let (mut transactions, mut numbers, mut cursor) = (BTreeSet::new(), BTreeSet::new(), String::new());
        loop {
            let page = service.get(&format!("/v1/payouts/{}/rows?limit=1000{cursor}", self.payout)).await;
            for row in page["data"].as_array().unwrap_or_else(|| panic!("{page}")) {
                assert_eq!(row["state"], "PAID", "{row}");
                numbers.insert(row["row"].as_i64().unwrap());
                transactions.insert(row["transaction_id"].as_str().unwrap().to_owned());
            }
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let rows = usize::try_from(self.rows).unwrap();
        assert_eq!((numbers.len(), transactions.len()), (rows, rows));
        let mut expected = self.receivers.clone();
        for row in 1..=self.rows {
            let (wallet, amount) = self.pays(row);
            *expected.get_mut(&wallet).unwrap() += amount;
        }
        for (wallet, expected) in expected {
            let found = service.get(&format!("/v1/wallets/{wallet}")).await;
            assert_eq!(found["posted"], expected.to_string(), "{found}");
        }
        let source = service.get(&format!("/v1/wallets/{}", self.source)).await;
        let paid: i64 = (1..=self.rows).map(|row| self.pays(row).1).sum();
        assert_eq!(source["posted"], (500 + self.rows * 10 - paid).to_string());
    }

    async fn close(mut self) {
        for server in self.servers.drain(..) {
            server.stop();
        }
        assert!(self.place.florin(&["audit"]).out.starts_with("OK"), "{}", log(&self.place));
        self.place.remove().await;
    }
}

async fn ok(answer: reqwest::Response) -> Value {
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    body
}

/// Kills servers until there were enough or the payout has ended; then lets it end. How many were killed in the
/// middle of it.
async fn kills(scene: &mut Scene, kills_max: u32) -> u32 {
    let mut kills = 0;
    loop {
        let payout = scene.read().await;
        match payout["state"].as_str() {
            Some("COMPLETED") => return kills,
            Some("PROCESSING") if kills < kills_max => {
                // From the first rows on, and at any moment.
                let pause = Duration::from_micros(rand::rng().random_range(0..120_000));
                tokio::time::sleep(pause).await;
                scene.kill_one();
                kills += 1;
            }
            Some("PROCESSING") => tokio::time::sleep(Duration::from_millis(20)).await,
            _ => panic!("{payout}"),
        }
    }
}

/// Payouts of so many rows, until there were so many kills in the middle of them.
async fn survive(engine: Engine, rows: i64, kills_wanted: u32) {
    let (mut killed, mut payouts) = (0, 0);
    while killed < kills_wanted {
        let mut scene = Scene::open(engine, rows).await;
        killed += kills(&mut scene, kills_wanted - killed).await;
        scene.check().await;
        scene.close().await;
        payouts += 1;
    }
    println!("{engine:?}: {killed} kills over {payouts} payouts of {rows} rows: every row was paid once");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_and_double_no_row(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    survive(engine, 10_000, 10).await;
}

/// What a server has under way when it is frozen comes too late when it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_freeze_pay_no_row_twice() {
    let mut frozen = 0;
    while frozen < 5 {
        let scene = Scene::open(Engine::Postgres, 10_000).await;
        while scene.read().await["state"] == "PROCESSING" {
            tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..100))).await;
            let victim = &scene.servers[rand::rng().random_range(0..scene.servers.len())];
            victim.freeze();
            // Longer than a lease, so that the other one takes over.
            tokio::time::sleep(Duration::from_millis(700)).await;
            victim.thaw();
            frozen += 1;
        }
        scene.check().await;
        scene.close().await;
    }
}

/// With `FLORIN_PAYOUT_KILLS=100` for fewer of them.
#[rstest]
#[ignore = "the full figure"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_kills_lose_and_double_no_row(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let kills = std::env::var("FLORIN_PAYOUT_KILLS").map_or(500, |kills| kills.parse().expect("a number"));
    survive(engine, 50_000, kills).await;
}

/// A command line for somebody of the demo.
fn payout(place: &Place, server: &Server, arguments: &[&str]) -> (Option<i32>, String) {
    let output = place
        .command(&[&["payout"], arguments].concat())
        .args(["--server", &server.url, "--user", "alice", "--yes"])
        .env("FLORIN_PASSWORD", "florin-demo")
        .env("FLORIN_PIN", "2846")
        .output()
        .expect("the binary runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("it writes text"))
}

#[rstest]
#[tokio::test]
async fn the_command_pays_a_file_once_and_leaves_what_it_could_not_pay(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let place = Place::new(engine).await;
    let server = Server::start_demo(&place);
    let (alice, bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
    let source = alice.wallet("GOLD").await.to_string();
    let write = |name: &str, rows: &str| {
        std::fs::write(place.folder().join(name), format!("recipient_id,amount\n{rows}")).unwrap();
    };
    let read = |name: &str| std::fs::read_to_string(place.folder().join(name)).unwrap_or_default();

    write("wrong.csv", "user:bob,1\nuser:nobody,2\nuser:bob,-3\n");
    let (code, said) = payout(&place, &server, &["wrong.csv", "--from", &source]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("2 of 3 rows are wrong") && said.contains("line 4, amount"), "{said}");
    let failed = read("wrong.failed.csv");
    assert!(failed.contains("user:nobody") && !failed.contains("1,user:bob"), "{failed}");
    assert_eq!(bob.balance("GOLD").await, "100");

    write("prizes.csv", "user:bob,300\nuser:bob,190\nuser:bob,20\n");
    let (code, said) = payout(&place, &server, &["prizes.csv", "--from", &source]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("2 of 3 rows paid, 490 GOLD in all; 1 failed"), "{said}");
    assert!(read("prizes.failed.csv").contains("3,user:bob,20,,,insufficient_funds"), "{said}");
    assert_eq!(bob.balance("GOLD").await, "590");

    // The same again is the same payout, and not paid again. Under another key it is a likely duplicate.
    let (code, said) = payout(&place, &server, &["prizes.csv", "--from", &source]);
    assert!(code == Some(2) && said.contains("has begun before"), "{said}");
    let (code, said) = payout(&place, &server, &["prizes.csv", "--from", &source, "--key", "again"]);
    assert!(code == Some(1) && said.contains("--allow-duplicate"), "{said}");
    assert_eq!(bob.balance("GOLD").await, "590");

    // What is left can be paid from its file.
    write("small.csv", "user:bob,7\n");
    let (code, said) = payout(&place, &server, &["small.csv", "--from", &source]);
    assert!(code == Some(0) && said.contains("all rows were paid"), "{said}");
    let (code, said) = payout(&place, &server, &["prizes.failed.csv", "--from", &source]);
    assert!(code == Some(2) && said.contains("no row could be paid"), "{said}");

    let (code, said) = payout(&place, &server, &["none.csv", "--from", &source]);
    assert!(code == Some(1) && said.contains("none.csv"), "{said}");
    let (code, said) = payout(&place, &server, &["small.csv", "--from", "999"]);
    assert!(code == Some(1) && said.contains("wallet_not_found"), "{said}");
    server.stop();
    place.remove().await;
}
