//! Money, exactly. Inside: [`Amount`], a count of an asset's smallest unit. Outside: decimal text.
//! No floating-point number exists on the way between them, and nothing is ever rounded.

use std::fmt;

/// A signed count of an asset's smallest unit (cents of `USD`), between [`Amount::MIN`] and [`Amount::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// 10^38 - 1: the largest count that both an `i128` and PostgreSQL's `NUMERIC(38,0)` hold.
    pub const MAX: Self = Self(99_999_999_999_999_999_999_999_999_999_999_999_999);
    /// The negative of [`Amount::MAX`].
    pub const MIN: Self = Self(-Self::MAX.0);

    /// An amount of `units` smallest units; `None` beyond 38 digits.
    pub const fn from_units(units: i128) -> Option<Self> {
        if units < Self::MIN.0 || units > Self::MAX.0 { None } else { Some(Self(units)) }
    }

    /// The count of smallest units.
    pub const fn units(self) -> i128 {
        self.0
    }

    /// The sum; `None` beyond 38 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::from_units)
    }

    /// The difference; `None` beyond 38 digits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(Self::from_units)
    }

    /// The same count with the other sign. Cannot overflow: the range is symmetric.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(0_i128.saturating_sub(self.0))
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The amount as people write it: `12550` at scale 2 is `125.50`.
    pub fn display(self, scale: Scale) -> DisplayAmount {
        DisplayAmount { amount: self, scale }
    }
}

/// How many decimal places an asset has: 0 to 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scale(u8);

impl Scale {
    /// The most decimal places that an asset may have.
    pub const MAX: u8 = 18;

    /// A scale of `places`; `None` above [`Scale::MAX`].
    pub const fn new(places: u8) -> Option<Self> {
        if places > Self::MAX { None } else { Some(Self(places)) }
    }

    /// The number of decimal places.
    pub const fn places(self) -> u8 {
        self.0
    }

    fn digits(self) -> usize {
        usize::from(self.0)
    }
}

/// An [`Amount`] with its decimal point, ready to print. Made by [`Amount::display`].
#[derive(Clone, Copy, Debug)]
pub struct DisplayAmount {
    amount: Amount,
    scale: Scale,
}

impl fmt::Display for DisplayAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount.is_negative() { "-" } else { "" };
        let places = self.scale.digits();
        let digits = format!("{:0>width$}", self.amount.0.unsigned_abs(), width = places.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

/// An amount as somebody wrote it: exact, above zero, with the decimals that were written. It becomes
/// an [`Amount`] when the asset, and with it the scale, is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    unscaled: i128,
    decimals: u8,
}

/// Why a text or a [`Decimal`] is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not plain digits with at most one point between them.
    #[error(
        "an amount is written in plain digits with an optional decimal point, such as \"125.50\": no sign, exponent, space or separator"
    )]
    Malformed,
    /// Zero.
    #[error("an amount must be above zero")]
    Zero,
    /// More decimals than any asset has ([`Scale::MAX`]), or than this asset has.
    #[error("the amount has more decimals than the {0} allowed")]
    TooPrecise(u8),
    /// Beyond [`Amount::MAX`].
    #[error("the amount is beyond 38 digits of the asset's smallest unit")]
    TooLarge,
}

impl Decimal {
    /// Reads `"125.50"`. ASCII digits, one optional point with digits on both sides, no superfluous
    /// leading zero; above zero.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let (unscaled, decimals) = parse_digits(text)?;
        if unscaled == 0 { Err(AmountError::Zero) } else { Ok(Self { unscaled, decimals }) }
    }

    /// An amount with all its decimals, if it is above zero.
    pub fn of(amount: Amount, scale: Scale) -> Option<Self> {
        (amount > Amount::ZERO).then_some(Self { unscaled: amount.0, decimals: scale.0 })
    }

    /// The amount in smallest units of an asset of this scale. More decimals than the asset has is an
    /// error, never a rounding.
    pub fn to_amount(self, scale: Scale) -> Result<Amount, AmountError> {
        let missing = scale.0.checked_sub(self.decimals).ok_or(AmountError::TooPrecise(scale.0))?;
        10_i128
            .checked_pow(u32::from(missing))
            .and_then(|factor| self.unscaled.checked_mul(factor))
            .and_then(Amount::from_units)
            .ok_or(AmountError::TooLarge)
    }
}

impl Amount {
    /// Reads an amount that may be zero, such as a credit limit: [`Decimal::parse`]'s form otherwise.
    pub fn parse(text: &str, scale: Scale) -> Result<Self, AmountError> {
        let (unscaled, decimals) = parse_digits(text)?;
        Decimal { unscaled, decimals }.to_amount(scale)
    }
}

fn parse_digits(text: &str) -> Result<(i128, u8), AmountError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(AmountError::Malformed),
        Some(parts) => parts,
        None => (text, ""),
    };
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(AmountError::Malformed);
    }
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(AmountError::Malformed);
    }
    let decimals = u8::try_from(fraction.len())
        .ok()
        .filter(|decimals| *decimals <= Scale::MAX)
        .ok_or(AmountError::TooPrecise(Scale::MAX))?;
    let mut unscaled = 0_i128;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = i128::from(byte.saturating_sub(b'0'));
        unscaled = unscaled
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit))
            .filter(|value| *value <= Amount::MAX.0)
            .ok_or(AmountError::TooLarge)?;
    }
    Ok((unscaled, decimals))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Amount(self.unscaled).display(Scale(self.decimals)).fmt(f)
    }
}
