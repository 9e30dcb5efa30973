//! The targets' processes: started in a place of their own, waited for until they listen, ended by their ids.

use crate::scratch::Scratch;
use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that serves; killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// `host:port`.
    pub(crate) address: String,
}

impl Process {
    /// `florin serve` with the demo.
    pub(crate) async fn florin(binary: &Path, scratch: &Scratch) -> anyhow::Result<Self> {
        let mut command = command(binary, scratch);
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir", "florin-data"]);
        if let Some(url) = scratch.database_url() {
            command.env("FLORIN_DATABASE_URL", url);
        }
        Self::start(command, scratch).await.context("starting Florin")
    }

    /// The specimen.
    pub(crate) async fn specimen(binary: &Path, scratch: &Scratch) -> anyhow::Result<Self> {
        let mut command = command(binary, scratch);
        command.args(["lab", "specimen", "--listen", "127.0.0.1:0"]);
        command.env("FLORIN_LAB_SPECIMEN_STORE", scratch.database_url().unwrap_or("specimen.db"));
        Self::start(command, scratch).await.context("starting the specimen")
    }

    /// Both say where they listen in the first line that they print.
    async fn start(mut command: Command, scratch: &Scratch) -> anyhow::Result<Self> {
        let log = scratch.folder().join("log");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("it is piped")?);
        let reading = tokio::task::spawn_blocking(move || {
            let mut greeting = String::new();
            lines.read_line(&mut greeting).map(|_| (greeting, lines))
        });
        let (greeting, lines) = reading.await??;
        let address = greeting.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        let Some(address) = address.map(str::to_owned) else {
            let status = child.wait()?;
            bail!("{status} instead of an address: {}", std::fs::read_to_string(&log)?.trim_end());
        };
        // What else it prints is read, or it would stop at a full pipe.
        tokio::task::spawn_blocking(move || lines.lines().map_while(Result::ok).for_each(drop));
        Ok(Self { child, address })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the scratch folder, undisturbed by the settings of whoever runs the lab.
fn command(binary: &Path, scratch: &Scratch) -> Command {
    let mut command = Command::new(binary);
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("FLORIN_")) {
        command.env_remove(name);
    }
    command.current_dir(scratch.folder());
    command
}
