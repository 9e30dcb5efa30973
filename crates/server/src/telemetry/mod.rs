//! What operators see: log lines and metrics. Neither may hold a secret, and a label's values are bounded.

mod logs;
mod metrics;

pub use logs::{LogError, start_logs};
pub use metrics::start_metrics;
