//! Payouts as their clients have them: what is asked for over HTTP, by whom, and what becomes of it.

mod approval;
mod compensation;
mod duplicates;
mod events;
mod preflight;
mod proof;
mod records;
mod replays;
mod states;

use crate::bank::{Bank, Person};
use crate::call::{Answer, Call, Client};
use crate::engine::Engine;
use florin_server::committer::CommitterSettings;
use florin_server::http::HttpSettings;
use florin_server::payouts::{Runner, RunnerSettings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Alice, who pays from a wallet with 100.00 USD, and Bob and Carol, who receive.
struct Scene {
    bank: Bank,
    alice: Person,
    source: i64,
    bob: Person,
    to: i64,
    carol: Person,
    also_to: i64,
}

impl Scene {
    async fn set(engine: Engine) -> Self {
        Self::set_with(engine, HttpSettings::default()).await
    }

    async fn set_with(engine: Engine, http: HttpSettings) -> Self {
        Self::in_bank(Bank::open_with(engine, http, CommitterSettings::default()).await).await
    }

    /// Payouts are begun, and stay as they are.
    async fn without_runs(engine: Engine, http: HttpSettings) -> Self {
        Self::in_bank(Bank::open_without_runs(engine, http).await).await
    }

    async fn in_bank(bank: Bank) -> Self {
        let (alice, source) = bank.person_with("alice", "100.00").await;
        let (bob, to) = bank.person_with("bob", "0").await;
        let (carol, also_to) = bank.person_with("carol", "0").await;
        Self { bank, alice, source, bob, to, carol, also_to }
    }

    /// A payout of Alice's with these rows, and their digest.
    async fn uploaded(&self, key: &str, rows: &str) -> (Asked<'_>, String) {
        let payout = self.made_by(&self.alice.client, key).await;
        let digest = payout.uploads(rows).await;
        (payout, digest)
    }

    /// A payout from Alice's wallet that somebody makes.
    async fn made_by<'client>(&self, client: &'client Client, key: &str) -> Asked<'client> {
        let body = json!({"source_wallet_id": self.source});
        let made = client.post("/v1/payouts").key(key).json(&body).send().await.ok();
        Asked { client, id: made["id"].as_i64().unwrap() }
    }

    /// Two rows: 10.00 for Bob, 20.00 for Carol.
    fn rows(&self) -> String {
        format!("recipient_id,amount\n{},10.00\n{},20.00\n", self.to, self.also_to)
    }

    async fn set_status(&self, wallet: i64, status: &str) {
        let body = json!({"status": status});
        self.bank.operator.patch(&format!("/v1/wallets/{wallet}")).json(&body).send().await.ok();
    }

    /// Lets a payout be run to its end, where nobody runs any.
    async fn is_run(&self, payout: Asked<'_>) {
        let (store, committer) = (Arc::clone(&self.bank.store), self.bank.committer.clone());
        let runner = Runner::start(store, committer, RunnerSettings::default());
        payout.until_state("COMPLETED").await;
        runner.stop().await;
    }

    /// What the three have.
    async fn balances(&self) -> [String; 3] {
        [
            self.bank.posted(self.source).await,
            self.bank.posted(self.to).await,
            self.bank.posted(self.also_to).await,
        ]
    }
}

/// A payout, as somebody asks for it.
#[derive(Clone, Copy)]
struct Asked<'client> {
    client: &'client Client,
    id: i64,
}

impl Asked<'_> {
    /// The same payout, as somebody else asks for it.
    fn by(self, client: &Client) -> Asked<'_> {
        Asked { client, id: self.id }
    }

    fn path(self, verb: &str) -> String {
        format!("/v1/payouts/{}{verb}", self.id)
    }

    fn post(self, verb: &str) -> Call {
        self.client.post(&self.path(verb))
    }

    /// The payout as it is now.
    async fn now(self) -> Value {
        self.client.read(&self.path("")).await
    }

    async fn uploads(self, rows: &str) -> String {
        let call = self.client.put(&self.path("/rows")).header("content-type", "text/csv").body(rows);
        call.send().await.ok()["digest"].as_str().unwrap().to_owned()
    }

    async fn executes(self, key: &str, digest: &str) -> Answer {
        self.post("/execute").key(key).json(&json!({"digest": digest})).send().await
    }

    async fn approves(self, digest: &str) -> Answer {
        self.post("/approve").json(&json!({"digest": digest})).send().await
    }

    async fn retries(self, key: &str) -> Answer {
        self.post("/retry").key(key).send().await
    }

    async fn compensates(self, key: &str, body: &Value) -> Answer {
        self.post("/compensate").key(key).json(body).send().await
    }

    async fn steers(self, verb: &str) -> Answer {
        self.post(&format!("/{verb}")).send().await
    }

    /// Waits until it is so.
    async fn until(self, is_so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let payout = self.now().await;
            if is_so(&payout) {
                return payout;
            }
            assert!(begun.elapsed() < PATIENCE, "{payout:#}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until_state(self, state: &str) -> Value {
        self.until(|payout| payout["state"] == state).await
    }

    /// Waits for the end of its compensation.
    async fn until_compensated(self) -> Value {
        self.until(|payout| !payout["compensation"]["ended_at"].is_null()).await
    }

    /// Its rows' states, and what became of their reversals.
    async fn rows(self) -> Vec<(String, String)> {
        let page = self.client.read(&self.path("/rows")).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| (text(&row["state"]), text(&row["compensation"]))).collect()
    }
}
