//! What a target stands on: its servers and its data. Attacks that disturb it get grounds of their own, on which they
//! may kill, stop and start again whatever is there.
//!
//! Nothing of it is told to the target: what is done here happens to it as it would anywhere.

use crate::cluster::{self, Cluster};
use crate::disk::{self, Disk};
use crate::processes::{ANYWHERE, Kind, Launch, Process};
use crate::proxy::Proxy;
use crate::redis::Redis;
use crate::run::Store;
use crate::scratch::Scratch;
use anyhow::{Context, anyhow, bail};
use rand::RngExt;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
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
    /// Grounds of its own, with a Redis.
    Redis,
    /// Grounds of its own, whose server has few places for requests, and patience with those that have one.
    Places,
}

/// What Florin is told where places are few. What is begun and not ended outlasts any delay of a busy machine.
const FEW_PLACES: &[(&str, &str)] =
    &[("FLORIN_REQUESTS_MAX", "8"), ("FLORIN_REQUEST_TIMEOUT", "1m"), ("FLORIN_BODY_TIMEOUT", "1m")];

/// Servers, and what they work on.
pub(crate) struct Grounds {
    launches: Vec<Launch>,
    /// As many as there are launches, in their order; none where it was killed.
    servers: Vec<Mutex<Option<Process>>>,
    around: Around,
    scratch: Scratch,
    /// The database server, where it is the attack's own.
    cluster: Option<Cluster>,
}

/// What else an attack may disturb.
struct Around {
    disk: Option<Disk>,
    /// What is between the servers and PostgreSQL, where it can fail, and the URL that leads through it.
    network: Option<(Proxy, String)>,
    /// Or why there is none.
    redis: anyhow::Result<Redis>,
    /// Settings of Florin's.
    settings: &'static [(&'static str, &'static str)],
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
        let made = async {
            let around = Around::make(needs, &scratch).await?;
            anyhow::Ok((Self::start(kind, needs, binary, store, &scratch, &around).await?, around))
        };
        match made.await {
            Ok(((launches, servers), around)) => Ok(Self { launches, servers, around, scratch, cluster }),
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
        around: &Around,
    ) -> anyhow::Result<(Vec<Launch>, Vec<Mutex<Option<Process>>>)> {
        let (mut launches, mut servers) = (Vec::new(), Vec::new());
        for _ in 0..needs.servers(store) {
            let launch = Launch {
                kind,
                binary: binary.to_owned(),
                folder: scratch.folder().to_owned(),
                database_url: around.database_url(scratch),
                listen: if needs == Needs::Address {
                    ANYWHERE.to_owned()
                } else {
                    format!("127.0.0.1:{}", a_free_port()?)
                },
                environment: around.environment(),
            };
            servers.push(Mutex::new(Some(launch.start().await?)));
            launches.push(launch);
        }
        Ok((launches, servers))
    }

    /// Where the server of this number listens, running or not.
    pub(crate) fn address(&self, server: usize) -> String {
        let process = self.process(server, |process| process.as_ref().map(|process| process.address.clone()));
        process.unwrap_or_else(|| self.launches[server].listen.clone())
    }

    /// The Redis, for attacks that [need](Needs::Redis) it.
    pub(crate) fn redis(&self) -> anyhow::Result<&Redis> {
        self.around.redis.as_ref().map_err(|error| anyhow!("{error:#}"))
    }

    /// The file that the server has its data in; it has one on SQLite alone.
    pub(crate) fn database_file(&self) -> PathBuf {
        self.scratch.folder().join(match self.launches[0].kind {
            Kind::Florin => "florin-data/florin.db",
            Kind::Specimen => "specimen.db",
        })
    }

    /// Where all of them listen, in their order.
    pub(crate) fn addresses(&self) -> Vec<String> {
        (0..self.servers.len()).map(|server| self.address(server)).collect()
    }

    /// What is between the server and PostgreSQL, for attacks that [need](Needs::Network) it; nothing is on SQLite.
    pub(crate) fn network(&self) -> Option<&Proxy> {
        self.around.network.as_ref().map(|(network, _)| network)
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
        self.around.disk.as_ref().context("these grounds have no disk of their own")
    }

    /// Cuts a server's power: it ends between two instructions, and of what it did not sync nothing is left but what
    /// came to the disk by itself.
    pub(crate) fn cut_power(&self, server: usize) -> anyhow::Result<()> {
        self.kill(server)?;
        disk::after_power_cut(&self.database_file()).context("taking what was not synced")
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

impl Around {
    async fn make(needs: Needs, scratch: &Scratch) -> anyhow::Result<Self> {
        let network = match (needs, scratch.database_url()) {
            (Needs::Network, Some(direct)) => Some(Proxy::in_front_of(direct).await?),
            _ => None,
        };
        let redis = match needs {
            Needs::Redis => Redis::start().await,
            _ => Err(anyhow!("these grounds have no Redis")),
        };
        let disk = (needs == Needs::Disk).then(|| Disk::prepare(scratch.folder(), true)).transpose()?;
        let settings = if needs == Needs::Places { FEW_PLACES } else { &[] };
        Ok(Self { disk, network, redis, settings })
    }

    fn database_url(&self, scratch: &Scratch) -> Option<String> {
        let through = self.network.as_ref().map(|(_, through)| through.as_str());
        through.or(scratch.database_url()).map(str::to_owned)
    }

    /// What tells servers of it.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let disk = self.disk.iter().flat_map(Disk::environment);
        let settings = self.settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        disk.chain(self.redis.iter().flat_map(Redis::environment)).chain(settings).collect()
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
