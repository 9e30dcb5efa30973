//! Log lines, on standard error: for people on a terminal, one JSON object each elsewhere.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// What to log is not written as a filter is.
    #[error("log must be a filter such as \"info\" or \"info,florin_server=debug\"")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody else writes this process's logs already.
    #[error("the logs were started before")]
    Started,
}

/// Starts the process's logs: of what `filter` says, in this format.
pub fn start_logs(filter: &str, format: LogFormat) -> Result<(), LogError> {
    let is_terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal);
    let is_json = match format {
        LogFormat::Auto => !is_terminal,
        LogFormat::Human => false,
        LogFormat::Json => true,
    };
    let started = if is_json {
        SubscriberBuilder::try_init(builder.json().flatten_event(true).with_span_list(false))
    } else {
        builder.try_init()
    };
    started.map_err(|_| LogError::Started)
}
