//! The fragile specimen beside a server, for the console's lab: a process of its own, with nothing of Florin's, that
//! ends with the server however that ends.

use anyhow::{Context, bail};
use florin_lab::specimen;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long it may take to take its things away.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process. It ends when nobody holds the other end of its standard input any more, so also where this process
/// is killed.
pub(super) struct Specimen {
    process: Child,
    lifeline: Option<ChildStdin>,
    pub(super) address: SocketAddr,
}

impl Specimen {
    /// Starts it, and waits until it listens.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let starting = tokio::task::spawn_blocking(Self::start_here);
        starting.await?.context("starting the specimen")
    }

    fn start_here() -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe().context("finding the binary")?)
            .args(["lab", "specimen", "--beside"])
            // Neither Florin's settings and secrets, nor the keys that interrupt Florin.
            .env_clear()
            .envs(std::env::var_os("TMPDIR").map(|folder| ("TMPDIR", folder)))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (lifeline, greeting) = (process.stdin.take(), process.stdout.take().context("it is piped")?);
        let mut line = String::new();
        BufReader::new(greeting).read_line(&mut line)?;
        let address = line.split_whitespace().find_map(|word| word.strip_prefix("http://")?.parse().ok());
        match address {
            Some(address) => Ok(Self { process, lifeline, address }),
            None => bail!("{} instead of an address", process.wait()?),
        }
    }
}

/// What that process does: serves from a temporary folder until nobody holds the other end of its standard input.
pub(super) async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("florin-specimen-").tempdir().context("making a folder")?;
    let store = folder.path().join("specimen.db");
    let store = store.to_str().context("the temporary folder has a strange name")?;
    let (ended, end) = oneshot::channel();
    // A thread of its own: nobody waits for it where serving ends first.
    std::thread::spawn(move || {
        // Whether it ends or breaks is the same.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    });
    tokio::select! {
        served = specimen::serve(listen, store, None) => served,
        _ = end => Ok(()),
    }
}

impl Drop for Specimen {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let begun = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if begun.elapsed() > PATIENCE {
                // It may have ended just now.
                let _ = self.process.kill();
                let _ = self.process.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
