//! A Redis of an attack's own, which it may kill, empty and restore. It listens on a socket in a folder of its own.

use anyhow::{Context, bail};
use redis::Client;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a new one may take until it answers, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Redis {
    folder: TempDir,
    process: Mutex<Option<Child>>,
}

impl Redis {
    /// An empty one.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("florin-lab-").tempdir().context("making a folder")?;
        let redis = Self { folder, process: Mutex::default() };
        redis.start_again().await?;
        Ok(redis)
    }

    fn url(&self) -> String {
        format!("unix://{}", self.file("redis.sock").display())
    }

    /// What tells both targets where it is.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [("FLORIN_REDIS_URL", self.url()), ("FLORIN_LAB_SPECIMEN_REDIS", self.url())]
    }

    /// Ends it between two instructions. Nothing if it does not run.
    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut process) = process else { return Ok(()) };
        process.kill().context("killing Redis")?;
        process.wait().context("waiting for Redis")?;
        Ok(())
    }

    /// Starts it where it was, with what was last [saved](Self::save) or [restored](Self::restore).
    pub(crate) async fn start_again(&self) -> anyhow::Result<()> {
        self.kill()?;
        let process = Command::new("redis-server")
            .current_dir(self.folder.path())
            .args(["--port", "0", "--unixsocket", "redis.sock", "--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context(
                "starting redis-server, which apt-get install redis-server brings, or brew install redis",
            )?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
        let begun = Instant::now();
        while self.run("PING").await.is_err() {
            if begun.elapsed() > PATIENCE {
                bail!("redis-server does not answer");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Forgets everything.
    pub(crate) async fn flush(&self) -> anyhow::Result<()> {
        self.run("FLUSHALL").await
    }

    /// Takes a snapshot of all that it has.
    pub(crate) async fn save(&self) -> anyhow::Result<()> {
        self.run("SAVE").await?;
        std::fs::copy(self.file("dump.rdb"), self.file("old.rdb")).context("keeping a snapshot")?;
        Ok(())
    }

    /// Kills it, and starts it with the snapshot.
    pub(crate) async fn restore(&self) -> anyhow::Result<()> {
        self.kill()?;
        std::fs::copy(self.file("old.rdb"), self.file("dump.rdb")).context("restoring a snapshot")?;
        self.start_again().await
    }

    async fn run(&self, command: &str) -> anyhow::Result<()> {
        let mut connection = Client::open(self.url())?.get_multiplexed_async_connection().await?;
        Ok(redis::cmd(command).exec_async(&mut connection).await?)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.kill();
    }
}
