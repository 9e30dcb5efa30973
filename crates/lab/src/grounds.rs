//! What a target stands on: its servers and its data. Attacks that disturb it get grounds of their own, on which they
//! may kill, stop and start again whatever is there.
//!
//! Nothing of it is told to the target: what is done here happens to it as it would anywhere.

use crate::cluster::{self, Cluster};
use crate::disk::{self, Disk};
use crate::processes::{ANYWHERE, Kind, Launch, Process};
use crate::proxy::Proxy;
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
    /// The same with as many servers as the store allows.
    ServersIfMay,
    /// Grounds of its own whose database server is killed, so PostgreSQL.
    Database,
    /// Grounds of its own, with a network that can fail between the server and PostgreSQL. On SQLite there is none.
    Network,
}

/// Servers, and what they work on.
pub(crate) struct Grounds {
    launches: Vec<Launch>,
    /// As many as there are launches, in their order; none where it was killed.
    servers: Vec<Mutex<Option<Process>>>,
    /// Where they keep their data, where it can fail.
    disk: Option<Disk>,
    /// What is between the servers and PostgreSQL, where it can fail.
    network: Option<Proxy>,
    scratch: Scratch,
    /// The database server, where it is the attack's own.
    cluster: Option<Cluster>,
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
            (Self::Database, Store::Sqlite) => {
                Some("behind an SQLite file is no server that could be killed")
            }
            (Self::Database, Store::Postgres(_)) if cluster::find().is_none() => {
                Some("no PostgreSQL 15 or later was found here; scripts/ensure-tools says how to get it")
            }
            _ => None,
        }
    }

    fn servers(self, store: &Store) -> usize {
        match (self, store) {
            (Self::Servers, _) | (Self::ServersIfMay, Store::Postgres(_)) => 2,
            _ => 1,
        }
    }
}

impl Grounds {
    /// New ones, with their servers running.
    pub(crate) async fn make(kind: Kind, needs: Needs, binary: &Path, store: &Store) -> anyhow::Result<Self> {
        let cluster = if needs == Needs::Database { Some(Cluster::make().await?) } else { None };
        let own = cluster.as_ref().map(|cluster| Store::Postgres(cluster.url().to_owned()));
        let store = own.as_ref().unwrap_or(store);
        let scratch = Scratch::create(store).await?;
        match Self::start(kind, needs, binary, store, &scratch).await {
            Ok((launches, servers, disk, network)) => {
                Ok(Self { launches, servers, disk, network, scratch, cluster })
            }
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
        store: &Store,
        scratch: &Scratch,
    ) -> anyhow::Result<(Vec<Launch>, Vec<Mutex<Option<Process>>>, Option<Disk>, Option<Proxy>)> {
        let (mut launches, mut servers) = (Vec::new(), Vec::new());
        let disk = (needs == Needs::Disk).then(|| Disk::prepare(scratch.folder(), true)).transpose()?;
        let mut database_url = scratch.database_url().map(str::to_owned);
        let mut network = None;
        if let (Needs::Network, Some(direct)) = (needs, scratch.database_url()) {
            let (proxy, through) = Proxy::in_front_of(direct).await?;
            (network, database_url) = (Some(proxy), Some(through));
        }
        for _ in 0..needs.servers(store) {
            let launch = Launch {
                kind,
                binary: binary.to_owned(),
                folder: scratch.folder().to_owned(),
                database_url: database_url.clone(),
                listen: if needs == Needs::Address {
                    ANYWHERE.to_owned()
                } else {
                    format!("127.0.0.1:{}", a_free_port()?)
                },
                environment: disk.iter().flat_map(Disk::environment).collect(),
            };
            servers.push(Mutex::new(Some(launch.start().await?)));
            launches.push(launch);
        }
        Ok((launches, servers, disk, network))
    }

    /// Where the server of this number listens, running or not.
    pub(crate) fn address(&self, server: usize) -> String {
        let process = self.process(server, |process| process.as_ref().map(|process| process.address.clone()));
        process.unwrap_or_else(|| self.launches[server].listen.clone())
    }

    /// Where all of them listen, in their order.
    pub(crate) fn addresses(&self) -> Vec<String> {
        (0..self.servers.len()).map(|server| self.address(server)).collect()
    }

    /// What is between the server and PostgreSQL, for attacks that [need](Needs::Network) it; nothing is on SQLite.
    pub(crate) fn network(&self) -> Option<&Proxy> {
        self.network.as_ref()
    }

    /// The database server, for attacks that [need](Needs::Database) one.
    pub(crate) fn database(&self) -> anyhow::Result<&Cluster> {
        self.cluster.as_ref().context("the database server is not the lab's")
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

    /// Stops a server where it is; nothing that it holds is given back.
    pub(crate) fn freeze(&self, server: usize) -> anyhow::Result<()> {
        self.signal(server, "-STOP")
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self, server: usize) -> anyhow::Result<()> {
        self.signal(server, "-CONT")
    }

    fn signal(&self, server: usize, signal: &str) -> anyhow::Result<()> {
        let id = self.process(server, |process| process.as_ref().map(Process::id));
        cluster::signal(signal, &[id.context("the server does not run")?])
    }

    fn process<T>(&self, server: usize, act: impl FnOnce(&mut Option<Process>) -> T) -> T {
        act(&mut self.servers[server].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends all that runs, and removes what it worked on.
    pub(crate) async fn clear(self) -> anyhow::Result<()> {
        drop(self.servers);
        match self.cluster {
            // The database is gone with its server, which may not run.
            Some(cluster) => drop(cluster),
            None => self.scratch.remove().await?,
        }
        Ok(())
    }
}

/// One that nobody listens on now.
pub(crate) fn a_free_port() -> anyhow::Result<u16> {
    for _ in 0..100 {
        let port = rand::rng().random_range(PORTS);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port was found")
}
