//! Rounds: loads that are compared take turns, so that what disturbs the machine disturbs them alike.

use super::figures::Measured;
use super::measure::{Round, Window};
use super::plan::Load;
use super::progress::Progress;
use super::report::Options;
use anyhow::{Context, bail};
use std::time::Duration;

/// How much of the measured time comes before it, to warm up.
const WARM_UP_SHARE: f64 = 0.25;

/// Whatever does nothing in so long does not work.
const SECONDS_ENOUGH: f64 = 10.0;

/// How long a load is to be measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length {
    seconds: f64,
}

impl Length {
    /// Begins the measurement, with its warm-up.
    pub(super) fn begin(self) -> Window {
        let measured = Duration::from_secs_f64(self.seconds);
        Window::after(measured.mul_f64(WARM_UP_SHARE), measured)
    }
}

/// What can measure loads.
pub(super) trait Measure {
    /// Measures one, with transfers that were never made before.
    fn measure(&mut self, load: Load, length: Length) -> impl Future<Output = anyhow::Result<Round>> + Send;
}

/// Measures every load once a round.
pub(super) async fn take_turns(
    loads: &[Load],
    options: &Options,
    progress: &Progress,
    measure: &mut impl Measure,
) -> anyhow::Result<Vec<Measured>> {
    let mut measured: Vec<_> =
        loads.iter().map(|load| Measured { load: *load, rounds: Vec::new() }).collect();
    let task = progress.task("measuring", u64::try_from(options.rounds * loads.len())?);
    for _ in 0..options.rounds {
        for Measured { load, rounds } in &mut measured {
            task.says(load.to_string());
            let round = measure_some(*load, options, measure).await.with_context(|| load.to_string())?;
            rounds.push(round);
            task.advance(1);
        }
    }
    Ok(measured)
}

/// In a longer window where nothing ended in one that was too short.
async fn measure_some(load: Load, options: &Options, measure: &mut impl Measure) -> anyhow::Result<Round> {
    let mut seconds = options.seconds;
    loop {
        let round = measure.measure(load, Length { seconds }).await?;
        if round.transfers > 0 {
            return Ok(round);
        }
        if seconds > SECONDS_ENOUGH {
            bail!("not one transfer was acknowledged in {seconds} s");
        }
        seconds *= 4.0;
    }
}
