//! Metrics, kept in this process and fetched by Prometheus.

use ::metrics::Unit::{Count, Seconds};
use ::metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

/// From a tenth of a millisecond, below what a commit can take, to the longest timeout.
const SECONDS: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const COMMANDS: [f64; 14] =
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0];
/// How often what histograms have gathered is sorted into their buckets.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Starts the process's metrics, on the current runtime; what is returned renders them.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), &COMMANDS)?
        .install_recorder()?;
    describe();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(UPKEEP_EVERY);
        loop {
            interval.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

fn describe() {
    describe_counter!("florin_http_requests_total", Count, "Requests answered, by route, method and status.");
    describe_histogram!("florin_http_request_seconds", Seconds, "How long one request took, from its head.");
    describe_counter!("florin_transactions_total", Count, "Transactions completed, by type.");
    describe_counter!("florin_rejections_total", Count, "Movements that the ledger refused, by code.");
    describe_counter!("florin_pin_checks_total", Count, "Transaction PINs looked at, by result.");
    describe_counter!("florin_rate_limited_total", Count, "Requests refused as too many, by policy.");
    describe_counter!("florin_cache_finds_total", Count, "Looks into the cache, by item and result.");
    describe_counter!("florin_redis_errors_total", Count, "Redis commands that failed, by kind.");
    describe_gauge!(
        "florin_redis_up",
        Count,
        "Whether Redis answers: 1, or 0 while requests go on without it."
    );
    describe_counter!("florin_replays_total", Count, "Movements whose key had settled before.");
    describe_gauge!(
        "florin_committer_queue_commands",
        Count,
        "Movements that wait for their commit or are in it."
    );
    describe_histogram!("florin_committer_batch_commands", Count, "Movements that one commit took.");
    describe_histogram!("florin_committer_commit_seconds", Seconds, "How long one commit took.");
}
