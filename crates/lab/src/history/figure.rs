//! Amounts as they were asked for and answered.
//!
//! What is a whole number of minor units is kept as that. What is not, such as a float's `0.30000000000000004`, is kept
//! letter by letter: its being wrong is evidence.

use serde::{Deserialize, Serialize};

/// Decimal places in which figures are compared; the most that an asset may have.
const PLACES: i32 = 18;

/// An amount or a balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    /// Minor units, exactly.
    Minor(i64),
    /// Anything else, as it was written.
    Written(String),
}

impl Figure {
    /// Reads what stands in a request or an answer, in an asset of `scale` decimal places.
    #[must_use]
    pub fn read(text: &str, scale: u8) -> Figure {
        let unit = 10_i128.pow(u32::from(18_u8.saturating_sub(scale)));
        parts(text)
            .filter(|value| value % unit == 0)
            .and_then(|value| i64::try_from(value / unit).ok())
            .map_or_else(|| Figure::Written(text.to_owned()), Figure::Minor)
    }

    /// In units of 10^-18, so that figures of any origin compare; nothing if it is no number, or is beyond 128 bits.
    #[must_use]
    pub fn value(&self, scale: u8) -> Option<i128> {
        match self {
            Figure::Minor(minor) => {
                i128::from(*minor).checked_mul(10_i128.pow(u32::from(18_u8.saturating_sub(scale))))
            }
            Figure::Written(text) => parts(text),
        }
    }
}

/// Writes a value of [`Figure::value`] as a decimal number.
pub(super) fn decimal(value: i128) -> String {
    let unit = 10_u128.pow(18);
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    let rest = format!("{rest:018}");
    match rest.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest}"),
    }
}

/// A decimal number, perhaps with an exponent, in units of 10^-18. What is finer is rounded away from zero, so that
/// what is not exact never passes for exact.
fn parts(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = format!("{whole}{fraction}").parse::<i128>().ok()?;
    let shift = PLACES.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(exponent)?;
    let value = if number == 0 {
        0
    } else if let Ok(up) = u32::try_from(shift) {
        10_i128.checked_pow(up)?.checked_mul(number)?
    } else {
        10_i128
            .checked_pow(shift.unsigned_abs())
            .map_or(1, |unit| number.unsigned_abs().div_ceil(unit.unsigned_abs()).cast_signed())
    };
    Some(if negative { -value } else { value })
}
