//! Store files of their own, in a new folder within the data folder.

use super::super::classic_sqlite::ClassicSqlite;
use super::super::mix::Wallets;
use anyhow::Context;
use florin_ledger::{AssetCode, LedgerId, UserId};
use florin_server::clock;
use florin_store::migrate;
use florin_store::sqlite::Sqlite;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

#[derive(Clone)]
pub(crate) struct ScratchSqlite {
    folder: PathBuf,
}

impl ScratchSqlite {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join(format!("bench-{:016x}", clock::entropy())) }
    }

    pub(super) fn create(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder).with_context(|| format!("making {}", self.folder.display()))?;
        let mut alone = Sqlite::connect_alone(&self.folder)?;
        migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, clock::now())?;
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.folder.join("florin.db")
    }

    pub(super) fn open(&self) -> anyhow::Result<Sqlite> {
        Ok(Sqlite::open(&self.folder)?)
    }

    pub(super) fn settings(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let connection = Connection::open(self.file())?;
        let journal_mode = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        let page_size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        Ok([
            ("sqlite_version", rusqlite::version().to_owned()),
            ("journal_mode", journal_mode),
            // A connection's own setting: the store reads it back when it opens the file, and refuses less.
            ("synchronous", "FULL".to_owned()),
            ("page_size", page_size.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into())
    }

    pub(super) fn insert_wallets(
        &self,
        wallets: Wallets,
        user: UserId,
        asset: AssetCode,
    ) -> anyhow::Result<()> {
        let after = wallets.first + i64::from(wallets.count);
        let insert = "
            WITH RECURSIVE ids (wallet_id) AS (
                SELECT ?4 UNION ALL SELECT wallet_id + 1 FROM ids WHERE wallet_id + 1 < ?5
            )
            INSERT INTO wallets (ledger_id, wallet_id, user_id, asset, name, status, posted, credit_limit, version,
                last_entry_at, created_at)
            SELECT ?1, wallet_id, ?2, ?3, 'bench ' || wallet_id, 'active', 0, 0, 0, ?6, ?6 FROM ids";
        let now = clock::now().0;
        let parameters =
            rusqlite::params![LedgerId::MAIN.0, user.0, asset.as_str(), wallets.first, after, now];
        Connection::open(self.file())?.execute(insert, parameters)?;
        Ok(())
    }

    pub(super) fn classic(&self) -> anyhow::Result<ClassicSqlite> {
        let folder = self.folder.join("classic");
        std::fs::create_dir(&folder)?;
        let file = folder.join("florin.db");
        let path = file.to_str().context("the data folder's path is not Unicode")?;
        Connection::open(self.file())?.execute("VACUUM INTO ?1", [path])?;
        Ok(ClassicSqlite::new(folder))
    }

    pub(super) fn remove(&self) -> anyhow::Result<()> {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing {}", self.folder.display()))
            }
            _ => Ok(()),
        }
    }
}
