//! The one place that reads the wall clock and draws randomness for the ledger.

use florin_ledger::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now, in UTC.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// A seed for the random part of a batch's transaction ids.
pub fn entropy() -> u64 {
    rand::random()
}
