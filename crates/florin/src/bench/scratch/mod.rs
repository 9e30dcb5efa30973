//! The databases of a run. They hold nothing else, nobody else's is touched, and they are gone afterwards.

mod postgres;
mod sqlite;

use super::classic::Classic;
use super::figures::Engine;
use super::mix::Wallets;
use crate::cli::location::Location;
use florin_ledger::{AssetCode, UserId};
use postgres::ScratchPostgres;
use sqlite::ScratchSqlite;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// All the databases of a run, so that none is left behind, however the run ends.
pub(super) struct Scratches {
    location: Location,
    made: Mutex<Vec<Scratch>>,
}

impl Scratches {
    /// Those that will be made at this place: beside the database or within the folder that it names.
    pub(super) fn at(location: Location) -> Self {
        Self { location, made: Mutex::default() }
    }

    pub(super) fn engine(&self) -> Engine {
        match &self.location {
            Location::Postgres(_) => Engine::Postgres,
            Location::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// Makes a database with Florin's schema.
    pub(super) async fn create(&self) -> anyhow::Result<Scratch> {
        let scratch = match &self.location {
            Location::Postgres(settings) => Scratch::Postgres(ScratchPostgres::new(settings)),
            Location::Sqlite(data_dir) => Scratch::Sqlite(ScratchSqlite::new(data_dir)),
        };
        // Before it is there: half of one is to be removed too.
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(scratch.clone());
        match &scratch {
            Scratch::Postgres(scratch) => scratch.create().await?,
            Scratch::Sqlite(scratch) => scratch.create()?,
        }
        Ok(scratch)
    }

    /// Removes all of them.
    pub(super) async fn remove(&self) -> anyhow::Result<()> {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for scratch in made {
            match scratch {
                Scratch::Postgres(scratch) => scratch.remove().await?,
                Scratch::Sqlite(scratch) => scratch.remove()?,
            }
        }
        Ok(())
    }
}

/// A database of its own.
#[derive(Clone)]
pub(super) enum Scratch {
    Postgres(ScratchPostgres),
    Sqlite(ScratchSqlite),
}

impl Scratch {
    /// The store in it.
    pub(super) async fn open(&self) -> anyhow::Result<Arc<dyn florin_store::Engine>> {
        Ok(match self {
            Self::Postgres(scratch) => Arc::new(scratch.open().await?),
            Self::Sqlite(scratch) => Arc::new(scratch.open()?),
        })
    }

    /// What was read back about the database and its durability, by name.
    pub(super) async fn settings(&self) -> anyhow::Result<BTreeMap<String, String>> {
        match self {
            Self::Postgres(scratch) => scratch.settings().await,
            Self::Sqlite(scratch) => scratch.settings(),
        }
    }

    /// Makes a user's wallets, empty. One statement makes them all; the money comes through the committer.
    pub(super) async fn insert_wallets(
        &self,
        wallets: Wallets,
        user: UserId,
        asset: AssetCode,
    ) -> anyhow::Result<()> {
        match self {
            Self::Postgres(scratch) => scratch.insert_wallets(wallets, user, asset).await,
            Self::Sqlite(scratch) => scratch.insert_wallets(wallets, user, asset),
        }
    }

    /// Lets the database do now what it would do some time after so many rows came in.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        match self {
            Self::Postgres(scratch) => scratch.settle().await,
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// The classic way, on copies of what is there now.
    pub(super) async fn classic(&self) -> anyhow::Result<Classic> {
        Ok(match self {
            Self::Postgres(scratch) => Classic::Postgres(scratch.classic().await?),
            Self::Sqlite(scratch) => Classic::Sqlite(scratch.classic()?),
        })
    }
}
