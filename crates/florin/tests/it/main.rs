//! The binary from outside: what its commands do, say, and leave behind, on both engines.

mod audit;
mod bench;
mod crash;
mod documents;
mod guesses;
mod lab;
mod memory;
mod migrate;
mod operator;
mod overload;
mod payouts;
mod place;
mod serve;
mod server;
