//! The binary from outside: what its commands do, say, and leave behind, on both engines.

mod audit;
mod backup;
mod bench;
mod console;
mod crash;
#[cfg(target_os = "linux")]
mod disk;
mod documents;
mod guesses;
mod hang_ups;
mod lab;
mod memory;
mod migrate;
mod operator;
mod overload;
mod payouts;
mod place;
mod serve;
mod server;
