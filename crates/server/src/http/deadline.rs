//! When a request must be answered: what the server grants, or less where the client asks for less. Never more.

use super::ApiError;
use axum::http::HeaderMap;
use florin_api::ProblemCode;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

const REQUEST_TIMEOUT: &str = "Request-Timeout";

/// The most digits before the point, and after it: the finest time is a nanosecond.
const DIGITS_MAX: usize = 9;

/// Does what changes nothing, until the deadline: who runs out of time here knows that nothing happened.
pub(super) async fn before_any_change<T>(
    deadline: Instant,
    work: impl Future<Output = T>,
) -> Result<T, ApiError> {
    timeout_at(deadline, work).await.map_err(|_| ApiError::Deadline { is_write: false })
}

/// How long the client wants to wait, where it says so.
pub(super) fn requested(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    let mut values = headers.get_all(REQUEST_TIMEOUT).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    text.and_then(seconds).map(Some).ok_or_else(|| {
        ApiError::invalid_field(
            ProblemCode::RequestTimeoutInvalid,
            REQUEST_TIMEOUT,
            "Send one number of seconds above zero, with a point where it is not whole: Request-Timeout: 2.5.",
        )
    })
}

/// Seconds as people write them, above zero.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number =
        |text: &str| (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(is_number(whole) && is_number(part)) {
        return None;
    }
    let nanoseconds = format!("{part:0<DIGITS_MAX$}").parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, nanoseconds)).filter(|time| !time.is_zero())
}

/// The header, for the document.
pub(super) fn parameter() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{1,9}(\\.[0-9]{1,9})?$"));
    ParameterBuilder::new()
        .name(REQUEST_TIMEOUT)
        .parameter_in(ParameterIn::Header)
        .schema(Some(text))
        .example(Some("2.5".into()))
        .description(Some(
            "How many seconds the caller waits, above zero: the request is answered by then, where the server's own \
             limit is not lower. A movement that is being committed goes on, and a retry with its key tells.",
        ))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_as_people_write_them_and_nothing_else() {
        let milliseconds = |text| seconds(text).map(|time| time.as_millis());
        for (text, expected) in [("1", 1000), ("2.5", 2500), ("0.25", 250), ("007", 7000), ("10.000", 10_000)]
        {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        assert_eq!(seconds("0.000000001"), Some(Duration::from_nanos(1)));
        assert_eq!(seconds("999999999"), Some(Duration::from_secs(999_999_999)));
        for text in [
            "",
            ".",
            "0",
            "0.0",
            "0.000000000",
            "-1",
            "+1",
            "1.",
            ".5",
            "1,5",
            "1e3",
            "0x1",
            "1s",
            " 1",
            "1 ",
            "1 2",
            "1.2.3",
            "inf",
            "NaN",
            "1234567890",
            "0.1234567890",
            "\u{661}",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
