//! A server as its users have it: a process and an address.

use crate::place::Place;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The PIN of everybody in the demo.
const PIN: &str = "2846";

/// A process that serves; killed when dropped.
pub(crate) struct Server {
    process: Child,
    /// `http://address`.
    pub(crate) url: String,
    /// What it says to the person who starts it.
    pub(crate) greeting: String,
}

/// Somebody who signed in.
#[derive(Clone)]
pub(crate) struct Person {
    client: Client,
    url: String,
    pub(crate) token: String,
}

impl Server {
    /// Starts one with the demo, and waits until it answers.
    pub(crate) fn start_demo(place: &Place) -> Self {
        Self::start(place, &["--demo"])
    }

    /// Starts one, and waits until it answers.
    pub(crate) fn start(place: &Place, flags: &[&str]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], flags].concat();
        let errors = std::fs::File::options().create(true).append(true).open(place.folder().join("log"));
        let mut process = place
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(errors.expect("a file in the place's folder"))
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut greeting = String::new();
        lines.read_line(&mut greeting).expect("it writes text");
        let url = greeting.split_whitespace().find(|word| word.starts_with("http://"));
        let Some(url) = url.map(str::to_owned) else {
            panic!("{:?} instead of an address: {}", process.wait(), log(place));
        };
        if flags.contains(&"--demo") {
            for _ in 0..5 {
                lines.read_line(&mut greeting).expect("it writes text");
            }
        }
        Self { process, url, greeting }
    }

    /// Signs somebody of the demo in.
    pub(crate) async fn sign_in(&self, name: &str) -> Person {
        sign_in(&self.url, name).await
    }

    /// How much memory it takes, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        resident.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok()).expect("a size")
    }

    /// A service that may move money and read; another one each time.
    pub(crate) async fn service(&self) -> Person {
        let house = self.sign_in("house").await;
        let key = format!("service-{:016x}", rand::random::<u64>());
        let body = json!({"name": "service", "scopes": ["read", "transactions:write"]});
        let answer: Value = house.post("/v1/api-keys", &key, &body).await.unwrap().json().await.unwrap();
        Person { token: answer["secret"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned(), ..house }
    }

    /// Asks it to stop.
    pub(crate) fn ask_to_stop(&self) {
        self.signal("-TERM");
    }

    /// Ends it between two instructions.
    pub(crate) fn kill(&self) {
        self.signal("-KILL");
    }

    /// Stops it where it is; nothing that it holds is given back.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Waits until it has ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.process.wait().expect("it is ours")
    }

    /// Asks it to stop, and waits until it did.
    pub(crate) fn stop(self) -> ExitStatus {
        self.ask_to_stop();
        self.ended()
    }

    /// How much memory it holds, on Linux.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or_default() / 1024
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Signs somebody of the demo in at this address.
pub(crate) async fn sign_in(url: &str, name: &str) -> Person {
    // Another test may have chosen it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
    let body = json!({"username": name, "password": "florin-demo"});
    let answer = client.post(format!("{url}/v1/auth/login")).json(&body).send().await;
    let answer: Value = answer.expect("it answers").json().await.expect("it is JSON");
    let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    Person { client, url: url.to_owned(), token }
}

impl Person {
    /// Whoever holds this token, at the same server.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.signed(self.client.get(format!("{}{path}", self.url))).send().await;
        answer.expect("it answers").json().await.expect("it is JSON")
    }

    /// Fails only where there is no answer. The PIN is the demo's; who has none does not need one.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> reqwest::Result<Response> {
        self.post_with_pin(path, key, PIN, body).await
    }

    /// The same, with another PIN.
    pub(crate) async fn post_with_pin(
        &self,
        path: &str,
        key: &str,
        pin: &str,
        body: &Value,
    ) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{}{path}", self.url)).header("Idempotency-Key", key);
        let request = request.header("Transaction-Pin", pin);
        self.signed(request).json(body).send().await
    }

    /// Sends a file. Fails only where there is no answer.
    pub(crate) async fn put_csv(&self, path: &str, csv: String) -> Response {
        let request = self.client.put(format!("{}{path}", self.url)).header("Content-Type", "text/csv");
        self.signed(request).body(csv).send().await.expect("it answers")
    }

    /// The same, at another server of the place.
    pub(crate) fn at(self, server: &Server) -> Self {
        Self { url: server.url.clone(), ..self }
    }

    /// The id of the person's main wallet of an asset.
    pub(crate) async fn wallet(&self, asset: &str) -> i64 {
        let wallets = self.get(&format!("/v1/wallets?asset={asset}")).await;
        wallets["data"][0]["id"].as_i64().unwrap_or_else(|| panic!("{wallets}"))
    }

    /// What the person's main wallet of an asset has.
    pub(crate) async fn balance(&self, asset: &str) -> String {
        let wallets = self.get(&format!("/v1/wallets?asset={asset}")).await;
        wallets["data"][0]["posted"].as_str().unwrap_or_else(|| panic!("{wallets}")).to_owned()
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token)
    }
}

/// Everything that the servers of a place have logged.
pub(crate) fn log(place: &Place) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(place.folder().join("log"));
    file.and_then(|mut file| file.read_to_string(&mut text)).expect("a server was started there");
    text
}
