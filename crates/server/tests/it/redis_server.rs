//! A Redis of its own for each test that needs one.

use florin_server::cache::{Link, LinkSettings};
use redis::AsyncConnectionConfig;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A real server on a socket in a folder of its own; ended when dropped.
pub(crate) struct RedisServer {
    process: Child,
    folder: TempDir,
}

impl RedisServer {
    /// Starts an empty one that keeps nothing on the disk, and waits until it answers.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let process = spawn(&folder);
        let server = Self { process, folder };
        server.answers().await;
        server
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// A server's link to it, patient enough for a busy machine; it is up.
    pub(crate) async fn link(&self) -> Link {
        self.link_with(Duration::from_secs(5)).await
    }

    /// A server's link to it that waits so long for an answer; it is up.
    pub(crate) async fn link_with(&self, timeout: Duration) -> Link {
        Self::link_to(self.url(), timeout).await
    }

    /// A server's link to this address; it is up.
    pub(crate) async fn link_to(url: String, timeout: Duration) -> Link {
        let pause = Duration::from_millis(100);
        let link =
            Link::start(&LinkSettings { url: url.into(), scope: "test".to_owned(), timeout, pause }).unwrap();
        until("the link is up", || link.is_up()).await;
        link
    }

    /// Lets it stand still, connections and all.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    /// Ends it between two instructions.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it is ours");
    }

    /// Starts it again where it was.
    pub(crate) async fn start_again(&mut self) {
        self.process = spawn(&self.folder);
        self.answers().await;
    }

    /// Forgets everything.
    pub(crate) async fn flush(&self) {
        self.run("FLUSHALL").await;
    }

    /// Writes down all that it has.
    pub(crate) async fn save(&self) {
        self.run("SAVE").await;
        std::fs::copy(self.file("dump.rdb"), self.file("old.rdb")).expect("it was written");
    }

    /// Ends it, and starts it with what it had when it was last [saved](Self::save).
    pub(crate) async fn restore(&mut self) {
        self.kill();
        std::fs::copy(self.file("old.rdb"), self.file("dump.rdb")).expect("it was saved");
        self.start_again().await;
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, command: &str) {
        let mut connection = self.connect().await.expect("it answers");
        redis::cmd(command).exec_async(&mut connection).await.expect("it does it");
    }

    /// A connection of one's own.
    pub(crate) async fn connect(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let patience = Some(Duration::from_secs(30));
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(patience).set_response_timeout(patience);
        redis::Client::open(self.url())?.get_multiplexed_async_connection_with_config(&config).await
    }

    async fn answers(&self) {
        let begun = Instant::now();
        while self.connect().await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "redis-server does not answer");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have ended; a paused one ends too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &TempDir) -> Child {
    let program = Command::new("redis-server")
        .current_dir(folder.path())
        .args(["--port", "0", "--unixsocket", "redis.sock", "--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .spawn();
    program.expect("redis-server must be installed for tests: scripts/ensure-tools sees to it")
}

/// Waits for what must come true soon.
pub(crate) async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < Duration::from_secs(30), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
