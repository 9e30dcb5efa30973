//! The two column types that the driver does not bring: `NUMERIC` of whole numbers, and `TIMESTAMPTZ` by
//! the microsecond.

use bytes::{Buf, BufMut, BytesMut};
use florin_ledger::{Amount, Timestamp};
use postgres_types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use std::error::Error;

type Fallible<T> = Result<T, Box<dyn Error + Sync + Send>>;

/// An [`Amount`] as `NUMERIC(38, 0)`. On the wire: count of base-10000 digits, weight of the first, sign,
/// scale, digits (PostgreSQL's `numeric_send`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Numeric(pub(super) Amount);

const BASE: u128 = 10_000;
const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
/// 38 decimal digits are at most ten digits of base 10000.
const DIGITS_MAX: usize = 10;

impl ToSql for Numeric {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Fallible<IsNull> {
        let mut digits = [0_u16; DIGITS_MAX];
        let mut count = 0;
        let mut rest = self.0.units().unsigned_abs();
        while rest > 0 {
            digits[count] = u16::try_from(rest % BASE)?;
            rest /= BASE;
            count += 1;
        }
        let trailing_zeros = digits[..count].iter().take_while(|digit| **digit == 0).count();
        out.put_u16(u16::try_from(count - trailing_zeros)?);
        out.put_i16(i16::try_from(count)? - 1);
        out.put_u16(if self.0.is_negative() { NEGATIVE } else { POSITIVE });
        out.put_u16(0);
        digits[trailing_zeros..count].iter().rev().for_each(|digit| out.put_u16(*digit));
        Ok(IsNull::No)
    }

    accepts!(NUMERIC);
    to_sql_checked!();
}

impl<'row> FromSql<'row> for Numeric {
    fn from_sql(_: &Type, mut raw: &'row [u8]) -> Fallible<Self> {
        if raw.len() < 8 {
            return Err("a numeric is cut off".into());
        }
        let (count, weight, sign, _scale) = (raw.get_u16(), raw.get_i16(), raw.get_u16(), raw.get_u16());
        if sign != POSITIVE && sign != NEGATIVE {
            return Err("a numeric is not a number".into());
        }
        if raw.len() != usize::from(count) * 2 {
            return Err("a numeric is cut off".into());
        }
        let too_large = "a numeric is beyond 38 digits";
        let mut units = 0_i128;
        for _ in 0..=weight {
            let digit = if raw.has_remaining() { raw.get_u16() } else { 0 };
            let shifted = units.checked_mul(10_000).ok_or(too_large)?;
            units = shifted.checked_add(i128::from(digit)).ok_or(too_large)?;
        }
        if raw.has_remaining() {
            return Err("a numeric has a fraction".into());
        }
        let units = if sign == NEGATIVE { -units } else { units };
        Ok(Self(Amount::from_units(units).ok_or(too_large)?))
    }

    accepts!(NUMERIC);
}

/// A [`Timestamp`] as `TIMESTAMPTZ`: microseconds since 2000 on the wire, since 1970 in Florin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub(super) Timestamp);

const FROM_1970_TO_2000_MICROS: i64 = 946_684_800_000_000;

impl ToSql for Instant {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Fallible<IsNull> {
        out.put_i64(self.0.0.saturating_sub(FROM_1970_TO_2000_MICROS));
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'row> FromSql<'row> for Instant {
    fn from_sql(_: &Type, raw: &'row [u8]) -> Fallible<Self> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        Ok(Self(Timestamp(micros.saturating_add(FROM_1970_TO_2000_MICROS))))
    }

    accepts!(TIMESTAMPTZ);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(amount: Amount) -> BytesMut {
        let mut out = BytesMut::new();
        Numeric(amount).to_sql(&Type::NUMERIC, &mut out).expect("every amount can be written");
        out
    }

    proptest! {
        #[test]
        fn a_numeric_reads_back_as_it_was_written(units in Amount::MIN.units()..=Amount::MAX.units()) {
            let amount = Amount::from_units(units).expect("in range");
            let read = Numeric::from_sql(&Type::NUMERIC, &written(amount)).expect("it was just written");
            prop_assert_eq!(read.0, amount);
        }
    }

    #[test]
    fn round_numbers_and_bounds_read_back() {
        for units in [0, 1, -1, 10_000, 100_000_000, -120_000, Amount::MAX.units(), Amount::MIN.units()] {
            let amount = Amount::from_units(units).expect("in range");
            let read = Numeric::from_sql(&Type::NUMERIC, &written(amount)).expect("it was just written");
            assert_eq!(read.0, amount);
        }
    }

    #[test]
    fn a_fraction_not_a_number_and_garbage_are_refused() {
        let half: &[u8] = &[0, 1, 0xFF, 0xFF, 0, 0, 0, 1, 0x13, 0x88];
        let not_a_number: &[u8] = &[0, 0, 0, 0, 0xC0, 0, 0, 0];
        for raw in [half, not_a_number, &[0, 1], &[0, 2, 0, 1, 0, 0, 0, 0, 0, 1]] {
            assert!(Numeric::from_sql(&Type::NUMERIC, raw).is_err(), "{raw:?}");
        }
    }
}
