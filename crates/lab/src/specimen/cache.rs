//! Balances in Redis, where they are quicker than in the database: asked first, and believed.

use redis::Client;
use redis::aio::MultiplexedConnection;
use std::sync::OnceLock;

static CLIENT: OnceLock<Client> = OnceLock::new();

pub(super) fn open(url: &str) -> anyhow::Result<()> {
    let client = Client::open(url)?;
    CLIENT.get_or_init(|| client);
    Ok(())
}

/// What is known of a wallet's balance. Nothing where there is no Redis, or it is down: the database has it too.
pub(super) async fn balance(wallet: i64) -> Option<f64> {
    let mut connection = connect().await?;
    redis::cmd("GET").arg(key(wallet)).query_async(&mut connection).await.ok()?
}

/// Keeps a new balance.
pub(super) async fn keep(wallet: i64, balance: f64) {
    if let Some(mut connection) = connect().await {
        // It is in the database in any case.
        let _ = redis::cmd("SET").arg(key(wallet)).arg(balance).exec_async(&mut connection).await;
    }
}

async fn connect() -> Option<MultiplexedConnection> {
    CLIENT.get()?.get_multiplexed_async_connection().await.ok()
}

fn key(wallet: i64) -> String {
    format!("balance:{wallet}")
}
