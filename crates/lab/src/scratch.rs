//! Where a target works: a folder, and on PostgreSQL a database, of its own. Both are gone afterwards.

use crate::run::Store;
use anyhow::{Context, bail};
use std::path::Path;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// A target's place.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    database: Option<Database>,
}

#[derive(Debug)]
struct Database {
    name: String,
    /// The database that was named, beside which this one is.
    beside: String,
    url: String,
}

impl Scratch {
    pub(crate) async fn create(store: &Store) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("florin-lab-").tempdir().context("making a folder")?;
        let database = match store {
            Store::Sqlite => None,
            Store::Postgres(beside) => Some(Database::create(beside).await?),
        };
        Ok(Self { folder, database })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database_url(&self) -> Option<&str> {
        self.database.as_ref().map(|database| database.url.as_str())
    }

    /// Removes the database; the folder goes by itself. Nobody may use it any more.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        let Some(Database { name, beside, .. }) = &self.database else { return Ok(()) };
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        connect(beside)
            .await?
            .batch_execute(&drop)
            .await
            .with_context(|| format!("dropping the database {name}"))
    }
}

impl Database {
    async fn create(beside: &str) -> anyhow::Result<Self> {
        let name = format!("florin_lab_{:016x}", rand::random::<u64>());
        let url = with_database(beside, &name)?;
        let create = format!("CREATE DATABASE {name}");
        connect(beside)
            .await?
            .batch_execute(&create)
            .await
            .context("creating a database of the lab's own")?;
        Ok(Self { name, beside: beside.to_owned(), url })
    }
}

pub(crate) async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("connecting to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

/// The same server's other database.
fn with_database(url: &str, database: &str) -> anyhow::Result<String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        bail!("the lab needs the database's URL in the form postgres://user:password@host:port/database");
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, "sslmode=disable"));
    let server = place.split_once('/').map_or(place, |(server, _)| server);
    Ok(format!("{scheme}://{server}/{database}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn a_url_keeps_everything_but_its_database() {
        for (url, expected) in [
            ("postgres://me:secret@host:5433/mine", "postgres://me:secret@host:5433/scratch?sslmode=disable"),
            ("postgres://me@host", "postgres://me@host/scratch?sslmode=disable"),
            ("postgres://me@host/mine?sslmode=prefer", "postgres://me@host/scratch?sslmode=prefer"),
        ] {
            assert_eq!(with_database(url, "scratch").unwrap(), expected);
        }
        assert!(with_database("host=localhost dbname=mine", "scratch").is_err());
    }
}
