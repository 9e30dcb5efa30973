//! What was acknowledged is on the disk, after whatever befell the server and the disk before.

use crate::place::{Engine, Place};
use crate::server::{Person, Server, log};
use florin_lab::disk::{Action, Calls, Disk, Files, Kinds, after_power_cut};
use rstest::rstest;
use serde_json::{Value, json};

/// A server, its disk, and a service that moves a cent of alice's to bob.
struct Stage {
    place: Place,
    disk: Disk,
    server: Option<Server>,
    service: Person,
    wallets: (i64, i64),
}

impl Stage {
    async fn set() -> Self {
        let mut place = Place::new(Engine::Sqlite).await;
        let disk = Disk::prepare(place.folder(), true).expect("a disk");
        place.set_environment(disk.environment());
        let server = Server::start_demo(&place);
        let service = server.service().await;
        let (alice, bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
        let wallets = (alice.wallet("USD").await, bob.wallet("USD").await);
        Self { place, disk, server: Some(server), service, wallets }
    }

    /// The transaction's id; none where nobody says that it is done.
    async fn transfer(&self, key: &str) -> Option<String> {
        let (status, body) = self.try_transfer(key).await.filter(|(status, _)| *status != 503)?;
        assert_eq!(status, 201, "{body}");
        Some(body["id"].as_str().expect("an id").to_owned())
    }

    /// The answer; none where there is none.
    async fn try_transfer(&self, key: &str) -> Option<(u16, Value)> {
        let (from, to) = self.wallets;
        let body = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": "0.01"});
        let answer = self.service.post("/v1/transfers", key, &body).await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }

    /// What alice has.
    async fn cents(&self) -> i64 {
        let wallet = self.service.get(&format!("/v1/wallets/{}", self.wallets.0)).await;
        let posted = wallet["posted"].as_str().unwrap_or_else(|| panic!("{wallet}"));
        posted.replace('.', "").parse().expect("an amount with two decimals")
    }

    /// As it was: without a demo to make, which would write.
    fn start_again(&mut self) {
        let server = Server::start(&self.place, &[]);
        self.service = self.service.clone().at(&server);
        self.server = Some(server);
    }

    /// It may have ended.
    fn kill(&mut self) {
        drop(self.server.take());
    }

    fn cut_power(&mut self) {
        self.kill();
        after_power_cut(&self.place.folder().join("florin-data/florin.db")).expect("what is left");
        self.start_again();
    }

    async fn end(mut self) {
        self.server.take().expect("it runs").stop();
        let audit = self.place.florin(&["audit"]);
        assert!(audit.out.starts_with("OK"), "{audit:?} {}", log(&self.place));
        self.place.remove().await;
    }
}

#[rstest]
#[case::killed_before_it_synced(Action::KillBefore)]
#[case::killed_after_a_sync_that_failed(Action::Fail)]
#[tokio::test]
async fn what_a_killed_server_left_in_memory_is_on_the_disk_before_it_is_told(#[case] action: Action) {
    let mut stage = Stage::set().await;
    let sync = Calls { kinds: Kinds::Syncs, files: Files::Log, ..Calls::only(1) };
    stage.disk.arm(action, sync).expect("it is told");
    assert_eq!(stage.transfer("one").await, None);
    assert_eq!(stage.disk.count().expect("a count").hits, 1);
    // Whatever is read of the log now is believed: it must be on the disk, and the first try to bring it there fails.
    stage.kill();
    stage.disk.arm(Action::Fail, Calls { kinds: Kinds::Syncs, ..Calls::only(1) }).expect("it is told");
    let refused = stage.place.florin(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!refused.status.success() && refused.err.contains("florin.db-wal"), "{refused:?}");
    stage.start_again();
    let told = stage.transfer("one").await;
    assert!(told.is_some());
    let after = stage.transfer("two").await;
    assert!(after.is_some());

    stage.cut_power();
    assert_eq!((stage.transfer("one").await, stage.transfer("two").await), (told, after));
    stage.end().await;
}

/// Where nothing happened, nothing is found in the log either, by a server that is started on it at once.
#[rstest]
#[tokio::test]
async fn a_commit_that_fails_says_whether_it_may_have_happened(
    #[values(Action::Fail, Action::FailHalf, Action::Full)] action: Action,
) {
    let mut stage = Stage::set().await;
    // A commit writes heads and pages in turn, and syncs last. The first one after a start writes the log's head too.
    for call in [1, 2, 6, 7, 10, 11, 12, 13] {
        let before = stage.cents().await;
        stage.disk.arm(action, Calls::only(call)).expect("it is told");
        let key = format!("{call}");
        let (status, body) = stage.try_transfer(&key).await.expect("it answers");
        stage.disk.disarm().expect("it is told");
        stage.kill();
        stage.start_again();
        let moved = before - stage.cents().await;
        match (status, body["code"].as_str()) {
            (201, _) => assert_eq!(moved, 1, "{call}"),
            (503, Some("unavailable")) => assert_eq!(moved, 0, "{call}"),
            (503, Some("outcome_unknown")) => assert!(moved == 0 || moved == 1, "{call}: {moved}"),
            _ => panic!("{call}: {status} {body}"),
        }
        assert!(stage.transfer(&key).await.is_some(), "{call}");
        assert_eq!(before - stage.cents().await, 1, "{call}");
    }
    stage.end().await;
}

/// The log starts again only when all of it is in the database, on the disk. Most of it is copied while the writer goes
/// on, and synced once at the end: when that sync fails, none of what it was for can be told from what is on the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_of_the_database_that_fails_costs_nothing_that_was_acknowledged() {
    let mut stage = Stage::set().await;
    let sync = Calls { kinds: Kinds::Syncs, files: Files::Database, ..Calls::only(1) };
    stage.disk.arm(Action::Fail, sync).expect("it is told");
    let told = stage.load(300).await;
    stage.cut_power();
    for (key, id) in told.iter().step_by(7) {
        assert_eq!(&stage.transfer(key).await, id, "{key}");
    }
    stage.end().await;
}

const CLIENTS: usize = 16;

impl Stage {
    /// Transfers until the disk has failed, and so many more for each client.
    async fn load(&self, more: usize) -> Vec<(String, Option<String>)> {
        let clients = (0..CLIENTS).map(async |client| {
            let (mut told, mut left) = (Vec::new(), more);
            while left > 0 {
                let key = format!("{client}-{}", told.len());
                let id = self.transfer(&key).await;
                told.push((key, id));
                left -= usize::from(self.disk.count().expect("a count").hits > 0);
                assert!(told.len() < 10_000, "the disk was never asked to fail");
            }
            told
        });
        futures_util::future::join_all(clients).await.concat()
    }
}
