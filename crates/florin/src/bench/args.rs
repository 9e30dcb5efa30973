//! What a run can be asked for.

use super::http_wire::Target;
use super::plan::Extent;
use super::report::Options;
use crate::cli::StoreFlags;
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;

/// Measure Florin beside the classic way of moving money
///
/// It works in databases of its own, and removes them: on PostgreSQL beside the one that is named, through the
/// same role, which must be allowed to create databases; on SQLite in a folder within the data folder.
#[derive(Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(super) store: StoreFlags,
    /// Measure a server that is there already, over HTTP alone: http://HOST:PORT. What is made there stays. Its
    /// settings `rate_limit_service` and `rate_limit_address` must be 0
    #[arg(long, value_name = "URL", requires = "token")]
    url: Option<String>,
    /// The secret of an API key of that server, with all scopes; better in the environment, because all users of
    /// a machine see flags
    #[arg(long, value_name = "TOKEN", env = "FLORIN_BENCH_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Write all results to this file
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// How long each load is measured, in each round
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    seconds: Option<f64>,
    /// How often each load is measured
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..))]
    rounds: Option<u8>,
    /// How many wallets share the load
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    wallets: Option<u32>,
    /// How many transactions the full store holds
    #[arg(long, value_name = "COUNT")]
    stored: Option<u64>,
    /// Only loads whose names begin so, such as `committer/1024` or `bulk`
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(super) only: Vec<String>,
    /// A short run over one or two loads of each kind: shows that it works, not how fast
    #[arg(long)]
    quick: bool,
}

impl BenchArgs {
    pub(super) fn extent(&self) -> Extent {
        if self.quick { Extent::Quick } else { Extent::Whole }
    }

    /// The server to measure, where one is named.
    pub(super) fn target(&self) -> anyhow::Result<Option<Target>> {
        let Some((url, token)) = self.url.as_ref().zip(self.token.clone()) else { return Ok(None) };
        let address = url.strip_prefix("http://").map(|address| address.trim_end_matches('/'));
        let address = address.filter(|address| !address.contains('/'));
        let address =
            address.context("the URL must be http://HOST:PORT: the load generator speaks no TLS")?;
        Ok(Some(Target { address: address.to_owned(), token }))
    }

    pub(super) fn options(&self) -> Options {
        let (wallets, seconds, rounds, stored) = match (self.quick, &self.url) {
            (true, _) => (1000, 0.2, 1, 5000),
            // Each wallet is a request there.
            (false, Some(_)) => (1000, 3.0, 3, 0),
            (false, None) => (100_000, 3.0, 3, 5_000_000),
        };
        Options {
            wallets: self.wallets.unwrap_or(wallets),
            seconds: self.seconds.unwrap_or(seconds),
            rounds: self.rounds.map_or(rounds, usize::from),
            stored: self.stored.unwrap_or(stored),
            is_quick: self.quick,
        }
    }
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds, such as 2.5, is needed".to_owned())?;
    if (0.1..=3600.0).contains(&seconds) { Ok(seconds) } else { Err("it must be 0.1 to 3600".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: BenchArgs,
    }

    fn parse(args: &[&str]) -> Option<BenchArgs> {
        Cli::try_parse_from([&["bench"], args].concat()).ok().map(|cli| cli.args)
    }

    #[test]
    fn a_server_is_named_by_host_and_port() {
        let target = |url| parse(&["--url", url, "--token", "secret"]).unwrap().target();
        for url in ["http://127.0.0.1:3000", "http://127.0.0.1:3000/"] {
            assert_eq!(target(url).unwrap().unwrap().address, "127.0.0.1:3000");
        }
        for url in ["https://127.0.0.1:3000", "http://127.0.0.1:3000/v1", "127.0.0.1:3000"] {
            assert!(target(url).is_err(), "{url}");
        }
        assert!(parse(&[]).unwrap().target().unwrap().is_none());
        assert!(parse(&["--url", "http://127.0.0.1:3000"]).is_none(), "without a token");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for args in [["--seconds", "0"], ["--seconds", "NaN"], ["--rounds", "0"], ["--wallets", "1"]] {
            assert!(parse(&args).is_none(), "{args:?}");
        }
    }
}
