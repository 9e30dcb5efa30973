//! Florin's stores, from outside.

mod migrate;
mod postgres_server;
