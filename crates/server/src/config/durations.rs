//! Times as people write them: `"500ms"`, `"10s"`, `"1h 30m"`.

use serde::de::{Deserialize, Deserializer, Error};
use std::time::Duration;

/// Reads a time above zero.
pub(super) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| {
        D::Error::custom(format!("`{text}` is not a time above zero such as \"10s\" or \"15m\""))
    })
}

/// A time above zero.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let duration = text.parse::<jiff::SignedDuration>().ok().or_else(|| days(text));
    duration.and_then(|duration| Duration::try_from(duration).ok()).filter(|duration| !duration.is_zero())
}

/// Whole days, which a clock time does not know: a day is 24 hours here.
fn days(text: &str) -> Option<jiff::SignedDuration> {
    let days: i64 = text.strip_suffix('d')?.trim_end().parse().ok()?;
    days.checked_mul(24).and_then(|hours| hours.checked_mul(3600)).map(jiff::SignedDuration::from_secs)
}
