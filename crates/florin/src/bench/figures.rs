//! What the measurements come to: medians over the rounds, and the ratios that Florin is held to.

use super::measure::{Round, new_histogram};
use super::mix::Mix;
use super::plan::Load;
use serde::Serialize;
use std::fmt;

/// The rounds of one load.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) load: Load,
    pub(super) rounds: Vec<Round>,
}

/// How long requests took, in microseconds, over all rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Latency {
    pub(super) p50: u64,
    pub(super) p99: u64,
    pub(super) p99_9: u64,
    pub(super) max: u64,
}

impl Measured {
    /// The median of the rounds' rates.
    pub(super) fn transfers_per_second(&self) -> f64 {
        median(self.rounds.iter().map(Round::transfers_per_second).collect())
    }

    /// The latencies of all rounds together.
    pub(super) fn latency_micros(&self) -> Latency {
        let mut all = new_histogram();
        for round in &self.rounds {
            all.add(&round.latency).expect("all histograms have the same bounds");
        }
        let at = |quantile| all.value_at_quantile(quantile);
        Latency { p50: at(0.5), p99: at(0.99), p99_9: at(0.999), max: all.max() }
    }

    /// The median share of a core that the load generator used.
    pub(super) fn generator_cores(&self) -> Option<f64> {
        let shares: Option<Vec<_>> = self.rounds.iter().map(|round| round.generator_cores).collect();
        shares.filter(|shares| !shares.is_empty()).map(median)
    }
}

/// The middle one, or the mean of the two in the middle; zero of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.get(middle.wrapping_sub(1))) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => f64::midpoint(*lower, *upper),
        (Some(only), _) => *only,
        (None, _) => 0.0,
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    /// Times the classic way, or the fresh store.
    Times,
    /// Transfers a second.
    TransfersPerSecond,
    /// Milliseconds; less is better.
    Milliseconds,
}

/// One figure that Florin is held to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) unit: Unit,
    pub(super) reached: f64,
    pub(super) at_least: f64,
    pub(super) stretch: f64,
}

impl Figure {
    /// Whether it is as good as `goal`.
    pub(super) fn meets(&self, goal: f64) -> bool {
        if self.unit == Unit::Milliseconds { self.reached <= goal } else { self.reached >= goal }
    }
}

/// Which store was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Engine {
    Postgres,
    Sqlite,
    /// Whatever a server uses that is there already.
    Remote,
}

impl Engine {
    /// How many connections the classic way is measured with. SQLite has one writer.
    pub(super) fn classic_connections(self) -> &'static [usize] {
        match self {
            Self::Postgres => &[16, 50],
            Self::Sqlite | Self::Remote => &[1],
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
            Self::Remote => "a server",
        })
    }
}

/// The figures whose loads were measured.
pub(super) fn figures(engine: Engine, measured: &[Measured]) -> Vec<Figure> {
    let results = Results { measured };
    let classic = |mix| results.best_classic(mix);
    let committer = |mix| results.rate(Load::Committer { in_flight: 1024, mix });
    let http = results.rate(Load::Http { connections: 256, mix: Mix::Uniform });
    let figure = |what, unit, reached: Option<f64>, at_least, stretch| {
        reached.map(|reached| Figure { what, unit, reached, at_least, stretch })
    };
    let fullness = ratio(results.rate(Load::Full), results.rate(Load::Fresh));
    let of_engine = match engine {
        Engine::Postgres => [
            figure(
                "committer in process, 1,024 in flight, uniform, against the classic way at its best",
                Unit::Times,
                ratio(committer(Mix::Uniform), classic(Mix::Uniform)),
                5.0,
                8.0,
            ),
            figure(
                "committer in process, 1,024 in flight, one hot wallet, against the classic way on one",
                Unit::Times,
                ratio(committer(Mix::Hot), classic(Mix::Hot)),
                20.0,
                30.0,
            ),
            figure(
                "HTTP, single transfers, 256 connections, against the classic way in process",
                Unit::Times,
                ratio(http, classic(Mix::Uniform)),
                2.5,
                4.0,
            ),
            figure("full store against a fresh one", Unit::Times, fullness, 0.6, 0.9),
        ],
        Engine::Sqlite => [
            figure(
                "HTTP, single transfers, 256 connections",
                Unit::TransfersPerSecond,
                http,
                10_000.0,
                20_000.0,
            ),
            figure("full store against a fresh one", Unit::Times, fullness, 0.35, 0.9),
            None,
            None,
        ],
        Engine::Remote => [const { None }; 4],
    };
    let bulk = |is_atomic| results.rate(Load::Bulk { is_atomic });
    let of_both = [
        figure(
            "bulk over HTTP, independent, 1,000 a request",
            Unit::TransfersPerSecond,
            bulk(false),
            25_000.0,
            50_000.0,
        ),
        figure(
            "bulk over HTTP, atomic, 1,000 a request",
            Unit::TransfersPerSecond,
            bulk(true),
            25_000.0,
            50_000.0,
        ),
        figure(
            "a payout of 100,000 rows, against bulk over HTTP, independent",
            Unit::Times,
            ratio(results.rate(Load::Payout { rows: Load::PAYOUT_ROWS }), bulk(false)),
            0.5,
            1.0,
        ),
        figure(
            "p99 at 1,000 transfers/s offered over HTTP",
            Unit::Milliseconds,
            results.open_loop_p99(),
            10.0,
            5.0,
        ),
    ];
    of_engine.into_iter().chain(of_both).flatten().collect()
}

struct Results<'run> {
    measured: &'run [Measured],
}

impl Results<'_> {
    fn rate(&self, load: Load) -> Option<f64> {
        self.measured.iter().find(|measured| measured.load == load).map(Measured::transfers_per_second)
    }

    fn best_classic(&self, mix: Mix) -> Option<f64> {
        let of_mix = self
            .measured
            .iter()
            .filter(|measured| matches!(measured.load, Load::Classic { mix: its, .. } if its == mix));
        of_mix.map(Measured::transfers_per_second).max_by(f64::total_cmp)
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of one request are far below 2^52")]
    fn open_loop_p99(&self) -> Option<f64> {
        let open_loop =
            self.measured.iter().find(|measured| matches!(measured.load, Load::OpenLoop { .. }))?;
        Some(open_loop.latency_micros().p99 as f64 / 1000.0)
    }
}

fn ratio(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.zip(other).filter(|(_, other)| *other > 0.0).map(|(one, other)| one / other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn round(transfers: u64, latencies_micros: &[u64]) -> Round {
        let mut latency = new_histogram();
        for micros in latencies_micros {
            latency.saturating_record(*micros);
        }
        Round {
            measured: Duration::from_secs(1),
            transfers,
            acknowledged: transfers,
            latency,
            generator_cores: None,
        }
    }

    fn measured(load: Load, rates: &[u64]) -> Measured {
        Measured { load, rounds: rates.iter().map(|rate| round(*rate, &[100])).collect() }
    }

    #[test]
    fn the_median_is_the_middle_of_the_rounds() {
        for (values, middle) in
            [(vec![], 0.0), (vec![3.0], 3.0), (vec![9.0, 1.0], 5.0), (vec![9.0, 1.0, 2.0], 2.0)]
        {
            assert!((median(values) - middle).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn latencies_of_all_rounds_count_together() {
        let load = Load::OpenLoop { per_second: 1000 };
        let measured = Measured { load, rounds: vec![round(1, &[100; 98]), round(1, &[5000, 9000])] };
        let latency = measured.latency_micros();
        assert_eq!(latency.p50, 100);
        assert!((4990..=5010).contains(&latency.p99), "{latency:?}");
        assert!((8990..=9010).contains(&latency.max), "{latency:?}");
    }

    #[test]
    fn florin_is_compared_with_the_classic_way_at_its_best() {
        let all = [
            measured(Load::Classic { connections: 16, mix: Mix::Uniform }, &[1000, 3000, 2000]),
            measured(Load::Classic { connections: 50, mix: Mix::Uniform }, &[2500]),
            measured(Load::Classic { connections: 16, mix: Mix::Hot }, &[500]),
            measured(Load::Committer { in_flight: 1024, mix: Mix::Uniform }, &[20_000]),
            measured(Load::Committer { in_flight: 1024, mix: Mix::Hot }, &[10_000]),
        ];
        let reached: Vec<_> = figures(Engine::Postgres, &all).iter().map(|figure| figure.reached).collect();
        assert_eq!(reached, [8.0, 20.0]);
    }

    #[test]
    fn a_figure_without_its_loads_is_left_out() {
        assert!(figures(Engine::Postgres, &[]).is_empty());
        let bulk = [measured(Load::Bulk { is_atomic: true }, &[30_000])];
        assert_eq!(figures(Engine::Sqlite, &bulk).len(), 1);
    }

    #[test]
    fn less_is_better_in_milliseconds_alone() {
        let load = Load::OpenLoop { per_second: 1000 };
        let open_loop = [Measured { load, rounds: vec![round(1, &[7000; 100])] }];
        let figures = figures(Engine::Sqlite, &open_loop);
        assert!(figures[0].meets(10.0) && !figures[0].meets(5.0), "{figures:?}");
        let rate = Figure { unit: Unit::TransfersPerSecond, ..figures[0].clone() };
        assert!(!rate.meets(10.0) && rate.meets(5.0));
    }
}
