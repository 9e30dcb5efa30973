//! The server as its clients have it: real requests over HTTP, on both engines.
//!
//! Every test opens a [`bank::Bank`], and closing it audits the books. Every answer that a test gets is
//! compared with the OpenAPI document: a status or a code that is not documented fails the test.

mod bank;
mod beside;
mod call;
mod cluster;
mod contract;
mod engine;
mod issuer;
mod redis_server;

mod api_keys;
mod arbitrary;
mod assets;
mod audit_log;
mod authorization;
mod bad_input;
mod browser_sessions;
mod bulk;
mod cache;
mod cache_sharing;
mod committer;
mod console;
mod deadlines;
mod entries;
mod external;
mod forgeries;
mod house;
mod ledger;
mod limits;
mod movements;
mod openapi;
mod payout_files;
mod payout_runs;
mod payout_uploads;
mod payouts;
mod people;
mod pins;
mod races;
mod recipients;
mod redis_faults;
mod replays;
mod reversals;
mod sessions;
mod specimen;
mod transactions;
mod wallets;
