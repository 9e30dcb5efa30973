//! A PostgreSQL server of the lab's own, for attacks that kill it: in a folder and on a port of its own, durable as it
//! comes, and gone afterwards.
//!
//! A kill ends all its processes and not the machine: what it has given to the operating system to write is there
//! when it starts again. What a lost disk cache costs is not to be learned here.

mod programs;

use crate::grounds::a_free_port;
use crate::scratch::connect;
use anyhow::{Context, bail};
use programs::Owner;
pub(crate) use programs::{find, signal};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a start may take, with the recovery after a kill, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// `/var/tmp` is on a disk, by convention; `/tmp` may be memory, where durable commits cost nothing.
const ON_DISK: &str = "/var/tmp";

/// A server, running or killed; ended when dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The folder of `postgres` and `initdb`.
    programs: PathBuf,
    owner: Option<Owner>,
    folder: TempDir,
    port: u16,
    url: String,
    postmaster: Mutex<Option<Child>>,
}

impl Cluster {
    /// A new one, running.
    pub(crate) async fn make() -> anyhow::Result<Self> {
        let programs = find().context("no PostgreSQL 15 or later was found")?;
        let owner = Owner::find()?;
        let parent = std::env::var_os("TMPDIR").map_or_else(|| ON_DISK.into(), PathBuf::from);
        let folder = tempfile::Builder::new().prefix("florin-lab-postgres-").tempdir_in(parent);
        let folder = folder.context("making a folder")?;
        let port = a_free_port()?;
        let password = format!("{:032x}", rand::random::<u128>());
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        let cluster = Self { programs, owner, folder, port, url, postmaster: Mutex::default() };
        cluster.initialise(&password)?;
        cluster.start().await?;
        Ok(cluster)
    }

    fn initialise(&self, password: &str) -> anyhow::Result<()> {
        let file = self.path("password");
        std::fs::write(&file, password).context("writing the password")?;
        if let Some(owner) = &self.owner {
            owner.give(self.folder.path())?;
            owner.give(&file)?;
        }
        let mut initdb = self.command("initdb");
        initdb.args(["-D", "data", "-U", "postgres", "--pwfile=password", "--auth=password"]);
        let made = initdb.args(["--encoding=UTF8", "--locale=C", "--no-sync"]).output();
        let made = made.context("running initdb")?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim_end());
        }
        Ok(())
    }

    /// Starts it, and waits until it takes connections.
    pub(crate) async fn start(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !self.is_running()? {
                // Or again, where it found that one of those that were killed was still there.
                *self.postmaster() = Some(self.launch()?);
            }
            if connect(&self.url).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        bail!("PostgreSQL did not start: {}", log.lines().last().unwrap_or_default())
    }

    fn launch(&self) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(self.path("log"))?;
        let mut postgres = self.command("postgres");
        postgres.args(["-D", "data", "-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        postgres.args(["-c", "unix_socket_directories=", "-c", "max_connections=200"]);
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // An interrupt at the terminal is for the lab, which ends its server itself.
        postgres.process_group(0).spawn().context("starting PostgreSQL")
    }

    /// Ends all its processes between two instructions. Nothing if it does not run.
    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        let Some(mut postmaster) = self.postmaster().take() else { return Ok(()) };
        let id = postmaster.id();
        // It must not make more of them while they are counted.
        signal("-STOP", &[id])?;
        let mut doomed = programs::children(id)?;
        doomed.push(id);
        signal("-KILL", &doomed)?;
        postmaster.wait().context("waiting for a PostgreSQL that was killed")?;
        Ok(())
    }

    /// The URL of a superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn is_running(&self) -> anyhow::Result<bool> {
        let mut postmaster = self.postmaster();
        let ended = postmaster.as_mut().map(Child::try_wait).transpose().context("looking at PostgreSQL")?;
        Ok(ended.is_some_and(|status| status.is_none()))
    }

    fn postmaster(&self) -> MutexGuard<'_, Option<Child>> {
        self.postmaster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path() as &Path);
        if let Some(owner) = &self.owner {
            owner.run(&mut command);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut postmaster) = self.postmaster().take() {
            // Its quickest end that leaves nothing to the operating system.
            let _ = signal("-QUIT", &[postmaster.id()]);
            let _ = postmaster.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_committed_outlives_a_kill_and_nothing_outlives_the_end() {
        let cluster = Cluster::make().await.unwrap();
        let client = connect(cluster.url()).await.unwrap();
        client.batch_execute("CREATE TABLE kept (id INT); INSERT INTO kept VALUES (7)").await.unwrap();
        let id = cluster.postmaster().as_ref().map(Child::id).unwrap();
        let children = programs::children(id).unwrap();
        assert!(children.len() > 3, "{children:?}");

        cluster.kill().unwrap();
        assert!(client.batch_execute("SELECT 1").await.is_err());
        assert!(connect(cluster.url()).await.is_err());
        cluster.start().await.unwrap();
        let client = connect(cluster.url()).await.unwrap();
        let row = client.query_one("SELECT id FROM kept", &[]).await.unwrap();
        assert_eq!(row.get::<_, i32>(0), 7);

        let folder = cluster.folder.path().to_owned();
        drop(cluster);
        assert!(client.batch_execute("SELECT 1").await.is_err());
        assert!(!folder.exists());
    }
}
