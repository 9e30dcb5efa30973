//! Amounts as the oracles count them: exact, and finer than any target.

use serde::{Serialize, Serializer};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

/// The decimal places that are counted.
const PLACES: usize = 18;
const ONE: i128 = 10_i128.pow(18);

/// An amount, in steps of 10^-18: even a float's error is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Money(i128);

impl Money {
    pub(crate) const ZERO: Self = Self(0);

    /// So many whole units.
    pub(crate) fn whole(units: i64) -> Self {
        Self(i128::from(units) * ONE)
    }

    /// Of plain decimal text; `None` where it is none, or beyond what is counted.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) || fraction.len() > PLACES {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let fraction: i128 = format!("{fraction:0<PLACES$}").parse().ok()?;
        Some(Self(sign * whole.checked_mul(ONE)?.checked_add(fraction)?))
    }

    /// This, so many times.
    pub(crate) fn times(self, count: usize) -> Self {
        std::iter::repeat_n(self, count).sum()
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) =
            (self.0.unsigned_abs() / ONE.unsigned_abs(), self.0.unsigned_abs() % ONE.unsigned_abs());
        let fraction = format!("{fraction:0PLACES$}");
        let shown = fraction.trim_end_matches('0');
        // People write cents.
        write!(f, "{sign}{whole}.{shown:0<2}")
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn text_is_exact() {
        for (text, shown) in [
            ("100", "100.00"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("-12.5", "-12.50"),
            ("0.000", "0.00"),
        ] {
            assert_eq!(Money::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "-", "1e5", "NaN", "1,5", ".5", "+1", "1.0000000000000000001"] {
            assert_eq!(Money::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sums_are_exact() {
        let tenths = [Money::parse("0.1").unwrap(), Money::parse("0.2").unwrap()];
        assert_eq!(tenths.into_iter().sum::<Money>(), Money::parse("0.3").unwrap());
        assert_eq!(Money::whole(3).times(4), Money::whole(12));
    }
}
