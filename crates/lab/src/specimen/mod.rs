//! The specimen: a wallet service as it is usually first written.
//!
//! It works when one person tries it: balances add up, keys are remembered, refunds are checked, frozen wallets
//! refuse. It is here because its faults are the field's usual ones, each of them plausible on its own: it reads,
//! computes and writes in statements that commit one by one, counts money in floats, believes the body, and checks
//! before it inserts. What it was hardened with afterwards has faults of its own (`locks`). Nothing in it waits on purpose; concurrency alone must break it.
//!
//! It has its own file or schema, is started by the lab alone, and must never be mended.

mod batches;
mod cache;
mod database;
mod http;
mod keys;
mod locks;
mod tokens;
mod wallets;

use anyhow::Context;
use database::Database;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Serves until the process is ended. `store` is a `postgres://` URL or the path of an SQLite file; the address is
/// printed once it is listened on. With the URL of a Redis, balances are kept there too.
pub async fn serve(listen: SocketAddr, store: &str, redis: Option<&str>) -> anyhow::Result<()> {
    redis.map(cache::open).transpose().context("opening the specimen's Redis")?;
    let database = Database::open(store).await.with_context(|| "opening the specimen's store")?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    println!("The specimen on http://{}", listener.local_addr()?);
    axum::serve(listener, http::router(database)).await.context("serving")
}
