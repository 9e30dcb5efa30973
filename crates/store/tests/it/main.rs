//! Florin's stores, from outside.

mod migrate;
mod postgres_faults;
mod postgres_server;
