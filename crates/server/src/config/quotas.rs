//! Rate limits as people write them: `"600 per 1m"`, or `"0"` for none.

use crate::limits::Quota;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::time::Duration;

/// The most that can be counted exactly: each request that counts is remembered as long as it does.
const REQUESTS_MAX: u32 = 1_000_000;
const WINDOW_MAX: Duration = Duration::from_hours(24);

/// What the environment has for `0` is a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(i64),
}

/// Reads a limit; `"0"` is none.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Quota>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Text(text) => text,
        Value::Number(number) => number.to_string(),
    };
    if text == "0" {
        return Ok(None);
    }
    quota(&text).map(Some).ok_or_else(|| {
        D::Error::custom(format!(
            "`{text}` is not a limit such as \"600 per 1m\", of at most {REQUESTS_MAX} requests in whole seconds \
             up to a day, or \"0\" for none"
        ))
    })
}

fn quota(text: &str) -> Option<Quota> {
    let (requests, window) = text.split_once(" per ")?;
    let requests = requests.parse().ok().filter(|requests| (1..=REQUESTS_MAX).contains(requests))?;
    let window = super::durations::parse(window)?;
    // The header that tells clients of it counts whole seconds.
    let is_whole = window.subsec_nanos() == 0 && window <= WINDOW_MAX;
    is_whole.then_some(Quota { requests, window })
}
