//! A database of its own on a PostgreSQL server, made and dropped through the URL's role.

use super::super::classic_postgres::{self, ClassicPostgres};
use super::super::mix::Wallets;
use anyhow::{Context, bail};
use florin_ledger::{AssetCode, LedgerId, UserId};
use florin_server::clock;
use florin_store::migrate;
use florin_store::postgres::{Postgres, PostgresSettings};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_postgres::Client;

/// Making and dropping a database, and filling it, may take as long as it takes.
const CHORE_TIMEOUT: Duration = Duration::from_mins(30);

#[derive(Clone)]
pub(crate) struct ScratchPostgres {
    name: String,
    /// The database that the caller named, on the server where this one is: for making and dropping it alone.
    beside: PostgresSettings,
    settings: PostgresSettings,
}

impl ScratchPostgres {
    pub(super) fn new(beside: &PostgresSettings) -> Self {
        let name = format!("florin_bench_{:016x}", clock::entropy());
        let settings = PostgresSettings { url: with_database(&beside.url, &name), ..beside.clone() };
        Self { name, beside: beside.clone(), settings }
    }

    pub(super) async fn create(&self) -> anyhow::Result<()> {
        let server = connect_for_chores(&self.beside).await.context("connecting to PostgreSQL")?;
        let may_create = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user";
        if !server.query_one(may_create, &[]).await?.get::<_, bool>(0) {
            bail!(
                "the database URL's role may not create databases, and the bench works in one of its own: \
                 grant it with `ALTER ROLE … CREATEDB`, or name another role"
            );
        }
        server
            .batch_execute(&format!("CREATE DATABASE {}", self.name))
            .await
            .context("creating a database")?;
        migrate::postgres::up(&mut self.connect().await?, migrate::POSTGRES, clock::now()).await?;
        Ok(())
    }

    async fn connect(&self) -> anyhow::Result<Client> {
        connect_for_chores(&self.settings).await
    }

    pub(super) async fn open(&self) -> anyhow::Result<Postgres> {
        Ok(Postgres::connect(&self.settings).await?)
    }

    pub(super) async fn settings(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let client = self.connect().await?;
        let mut settings = BTreeMap::from([("database".to_owned(), self.name.clone())]);
        for name in [
            "server_version",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "wal_sync_method",
            "wal_level",
            "shared_buffers",
            "max_wal_size",
        ] {
            let row = client.query_one("SELECT current_setting($1)", &[&name]).await?;
            settings.insert(name.to_owned(), row.get(0));
        }
        Ok(settings)
    }

    pub(super) async fn insert_wallets(
        &self,
        wallets: Wallets,
        user: UserId,
        asset: AssetCode,
    ) -> anyhow::Result<()> {
        let client = self.connect().await?;
        let ledger = LedgerId::MAIN.0;
        let after = wallets.first + i64::from(wallets.count);
        let insert = "
            INSERT INTO wallets (ledger_id, wallet_id, user_id, asset, name, status, posted, credit_limit, version,
                last_entry_at, created_at)
            SELECT $1, wallet_id, $2, $3, 'bench ' || wallet_id, 'active', 0, 0, 0, now(), now()
            FROM generate_series($4::bigint, $5::bigint - 1) AS wallet_id";
        client.execute(insert, &[&ledger, &user.0, &asset.as_str(), &wallets.first, &after]).await?;
        let give_out = "UPDATE ledgers SET next_wallet_id = $2 WHERE ledger_id = $1";
        client.execute(give_out, &[&ledger, &after]).await?;
        Ok(())
    }

    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        Ok(self.connect().await?.batch_execute("VACUUM ANALYZE").await?)
    }

    pub(super) async fn classic(&self) -> anyhow::Result<ClassicPostgres> {
        let client = self.connect().await?;
        classic_postgres::create_tables(&client).await?;
        let own_tables_first = format!("-c search_path={},public", classic_postgres::SCHEMA);
        let url = with_options(&self.settings.url, &own_tables_first);
        Ok(ClassicPostgres::new(PostgresSettings { url, ..self.settings.clone() }))
    }

    pub(super) async fn remove(&self) -> anyhow::Result<()> {
        let client = connect_for_chores(&self.beside).await?;
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        client.batch_execute(&drop).await.with_context(|| format!("dropping the database {}", self.name))
    }
}

async fn connect_for_chores(settings: &PostgresSettings) -> anyhow::Result<Client> {
    let settings = PostgresSettings { statement_timeout: CHORE_TIMEOUT, ..settings.clone() };
    Ok(Postgres::connect_alone(&settings).await?)
}

/// The same server's other database. Both forms of a URL are served: `postgres://…` and `host=… dbname=…`.
fn with_database(url: &str, database: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return format!("{url} dbname={database}") };
    let (place, query) =
        rest.split_once('?').map_or((rest, String::new()), |(place, query)| (place, format!("?{query}")));
    let server = place.split_once('/').map_or(place, |(server, _)| server);
    format!("{scheme}://{server}/{database}{query}")
}

/// The same database with these options for its sessions.
fn with_options(url: &str, options: &str) -> String {
    if !url.contains("://") {
        return format!("{url} options='{options}'");
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    let encoded = options.replace(' ', "%20").replace('=', "%3D").replace(',', "%2C");
    format!("{url}{separator}options={encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_everything_but_its_database() {
        for (url, expected) in [
            ("postgres://me:secret@host:5433/mine", "postgres://me:secret@host:5433/scratch"),
            ("postgres://me@host", "postgres://me@host/scratch"),
            ("postgres://me@host/mine?sslmode=require", "postgres://me@host/scratch?sslmode=require"),
            ("postgresql://host?user=me", "postgresql://host/scratch?user=me"),
            ("host=localhost dbname=mine", "host=localhost dbname=mine dbname=scratch"),
        ] {
            let changed = with_database(url, "scratch");
            assert_eq!(changed, expected);
            let config: tokio_postgres::Config = changed.parse().unwrap();
            assert_eq!(config.get_dbname(), Some("scratch"));
        }
    }

    #[test]
    fn options_reach_the_session() {
        for url in
            ["postgres://host/mine", "postgres://host/mine?sslmode=disable", "host=localhost dbname=mine"]
        {
            let config: tokio_postgres::Config = with_options(url, "-c search_path=a,b").parse().unwrap();
            assert_eq!(config.get_options(), Some("-c search_path=a,b"));
        }
    }
}
