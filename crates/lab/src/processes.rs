//! The targets' processes: started in a place of their own, waited for until they listen, ended by their ids.

use anyhow::{Context, bail};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// What listens where nobody has asked for a certain place.
pub(crate) const ANYWHERE: &str = "127.0.0.1:0";

/// What a process serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The fragile wallet.
    Specimen,
    /// `florin serve` with the demo.
    Florin,
}

/// How a server is started, every time that it is.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) kind: Kind,
    /// The binary that has both kinds.
    pub(crate) binary: PathBuf,
    /// Where it works, and leaves its log.
    pub(crate) folder: PathBuf,
    /// The database, on PostgreSQL.
    pub(crate) database_url: Option<String>,
    /// `host:port`.
    pub(crate) listen: String,
    /// What else stands in its environment.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// A process that serves; killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// `host:port`.
    pub(crate) address: String,
}

impl Launch {
    /// Starts it, and waits until it listens: both kinds say where in the first line that they print.
    pub(crate) async fn start(&self) -> anyhow::Result<Process> {
        let log = self.folder.join("log");
        let mut child = self
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log)?)
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
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
        Ok(Process { child, address })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        // Undisturbed by the settings of whoever runs the lab.
        let names = std::env::vars_os().map(|(name, _)| name);
        for name in names.filter(|name| name.to_string_lossy().starts_with("FLORIN_")) {
            command.env_remove(name);
        }
        match self.kind {
            Kind::Florin => {
                command.args(["serve", "--demo", "--data-dir", "florin-data"]);
                // A long run outlasts tokens that are as short as they should be elsewhere.
                command.env("FLORIN_ACCESS_TOKEN_LIFETIME", "12h");
                // Another server need not wait long for one that is dead.
                command.env("FLORIN_PAYOUT_LEASE", "300ms");
                if let Some(url) = &self.database_url {
                    command.env("FLORIN_DATABASE_URL", url);
                }
            }
            Kind::Specimen => {
                let store = self.database_url.as_deref().unwrap_or("specimen.db");
                command.args(["lab", "specimen"]).env("FLORIN_LAB_SPECIMEN_STORE", store);
            }
        }
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(["--listen", &self.listen]).envs(environment).current_dir(&self.folder);
        command
    }
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it between two instructions.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().context("killing a server")?;
        self.child.wait().context("waiting for a server that was killed")?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended. One that was stopped ends too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
