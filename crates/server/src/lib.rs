//! The server: everything between a socket and the store.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`auth`] | who makes a request, how they prove it, and what they may do |
//! | [`http`] | routes: what comes in is parsed, what goes out is printed |
//! | [`committer`] | the only writer of money: gathers commands, commits them in batches |
//! | [`payouts`] | many transfers from one wallet, from a file |
//! | [`cache`] | Redis, which makes things quicker and is never needed |
//! | [`limits`] | how many requests one caller, address or account may make |
//! | [`config`] | settings, and where they come from |
//! | [`telemetry`] | logs and metrics |
//! | [`clock`] | the one place that reads the time and draws randomness for the ledger |

pub mod auth;
pub mod cache;
pub mod clock;
pub mod committer;
pub mod config;
pub mod http;
pub mod limits;
pub mod payouts;
pub mod telemetry;
