//! What a target stands on: its servers and its data. Attacks that disturb it get grounds of their own, on which they
//! may kill, stop and start again whatever is there.
//!
//! Nothing of it is told to the target: what is done here happens to it as it would anywhere.

use crate::disk::{self, Disk};
use crate::processes::{ANYWHERE, Kind, Launch, Process};
use crate::run::Store;
use crate::scratch::Scratch;
use anyhow::{Context, bail};
use rand::RngExt;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Ports that no outgoing connection gets by itself: a server that is killed finds its own free when it is started again.
const PORTS: std::ops::Range<u16> = 12_000..30_000;

/// What an attack needs under its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// An address: any server will do, and it keeps its peace.
    Address,
    /// Grounds of its own, whose server is killed or stopped.
    Grounds,
    /// The same with several servers on one database, so PostgreSQL.
    Servers,
    /// Grounds of its own, on a disk that can be made to fail.
    Disk,
}

/// Servers, and what they work on.
pub(crate) struct Grounds {
    launches: Vec<Launch>,
    /// As many as there are launches, in their order; none where it was killed.
    servers: Vec<Mutex<Option<Process>>>,
    disk: Option<Disk>,
    scratch: Scratch,
}

impl Needs {
    /// Why an attack with these needs cannot be made on such a store.
    pub(crate) fn missing_on(self, store: &Store) -> Option<&'static str> {
        match (self, store) {
            (Self::Servers, Store::Sqlite) => Some("only one server at a time has an SQLite file"),
            (Self::Disk, Store::Postgres(_)) => Some("the disk that fails is for SQLite alone"),
            (Self::Disk, Store::Sqlite) if !Disk::IS_THERE => {
                Some("the disk that fails can be had on Linux alone")
            }
            _ => None,
        }
    }

    fn servers(self) -> usize {
        if self == Self::Servers { 2 } else { 1 }
    }
}

impl Grounds {
    /// New ones, with their servers running.
    pub(crate) async fn make(kind: Kind, needs: Needs, binary: &Path, store: &Store) -> anyhow::Result<Self> {
        let scratch = Scratch::create(store).await?;
        match Self::start(kind, needs, binary, &scratch).await {
            Ok((launches, servers, disk)) => Ok(Self { launches, servers, disk, scratch }),
            Err(error) => {
                scratch.remove().await?;
                Err(error)
            }
        }
    }

    async fn start(
        kind: Kind,
        needs: Needs,
        binary: &Path,
        scratch: &Scratch,
    ) -> anyhow::Result<(Vec<Launch>, Vec<Mutex<Option<Process>>>, Option<Disk>)> {
        let (mut launches, mut servers) = (Vec::new(), Vec::new());
        let disk = (needs == Needs::Disk).then(|| Disk::prepare(scratch.folder(), true)).transpose()?;
        for _ in 0..needs.servers() {
            let launch = Launch {
                kind,
                binary: binary.to_owned(),
                folder: scratch.folder().to_owned(),
                database_url: scratch.database_url().map(str::to_owned),
                listen: if needs == Needs::Address { ANYWHERE.to_owned() } else { a_free_address()? },
                environment: disk.iter().flat_map(Disk::environment).collect(),
            };
            servers.push(Mutex::new(Some(launch.start().await?)));
            launches.push(launch);
        }
        Ok((launches, servers, disk))
    }

    /// Where the server of this number listens, running or not.
    pub(crate) fn address(&self, server: usize) -> String {
        let process = self.process(server, |process| process.as_ref().map(|process| process.address.clone()));
        process.unwrap_or_else(|| self.launches[server].listen.clone())
    }

    /// Ends a server between two instructions. Nothing if it does not run.
    pub(crate) fn kill(&self, server: usize) -> anyhow::Result<()> {
        self.process(server, |process| process.take().map_or(Ok(()), |mut process| process.kill()))
    }

    /// Starts a server again where it was, on what it left behind.
    pub(crate) async fn start_again(&self, server: usize) -> anyhow::Result<()> {
        self.kill(server)?;
        let process = self.launches[server].start().await.context("starting a server again")?;
        self.process(server, |place| *place = Some(process));
        Ok(())
    }

    /// The disk that can be made to fail.
    pub(crate) fn disk(&self) -> anyhow::Result<&Disk> {
        self.disk.as_ref().context("these grounds have no disk of their own")
    }

    /// Cuts a server's power: it ends between two instructions, and of what it did not sync nothing is left but what
    /// came to the disk by itself.
    pub(crate) fn cut_power(&self, server: usize) -> anyhow::Result<()> {
        self.kill(server)?;
        let database = match self.launches[server].kind {
            Kind::Florin => "florin-data/florin.db",
            Kind::Specimen => "specimen.db",
        };
        disk::after_power_cut(&self.scratch.folder().join(database)).context("taking what was not synced")
    }

    fn process<T>(&self, server: usize, act: impl FnOnce(&mut Option<Process>) -> T) -> T {
        act(&mut self.servers[server].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends all that runs, and removes what it worked on.
    pub(crate) async fn clear(self) -> anyhow::Result<()> {
        drop(self.servers);
        self.scratch.remove().await
    }
}

fn a_free_address() -> anyhow::Result<String> {
    for _ in 0..100 {
        let address = format!("127.0.0.1:{}", rand::rng().random_range(PORTS));
        if TcpListener::bind(&address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free port was found")
}
