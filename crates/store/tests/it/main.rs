//! Florin's stores, from outside.
//!
//! | module | what it shows |
//! | --- | --- |
//! | `conformance` | what every engine must do, each answer and each resulting state compared with the model's |
//! | `differential` | the same for random commands |
//! | `payouts` | payouts from upload to compensation, with what every engine must say |
//! | `races` | what holds when many write at once |
//! | `conservation` | no read misses money, however much of it moves |
//! | `tampering`, `constraints` | what the audit finds, and what the database refuses, past Florin |
//! | `migrate` | schema steps |
//! | `postgres_faults` | what PostgreSQL does to Florin on a bad day |
//! | `model`, `engines` | the store in memory, and how an engine is started for a test |
//!
//! No engine is ever skipped: without `FLORIN_TEST_POSTGRES_URL` the tests on PostgreSQL fail.

#[path = "../../../ledger/tests/it/asks.rs"]
mod asks; // the sentences that the ledger's own tests are written in

mod conformance;
mod conservation;
mod constraints;
mod differential;
mod engines;
mod migrate;
mod model;
mod payouts;
mod postgres_faults;
mod postgres_server;
mod races;
mod tampering;
