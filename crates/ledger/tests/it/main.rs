//! The ledger, from outside: what it decides, and what it must never do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test that it happens in")]

mod amounts;
mod asks;
mod batches;
mod ids;
mod movements;
mod payouts;
mod properties;
mod rejections;
mod reversals;
mod tampering;
mod texts;
mod wallet_changes;
mod world;
