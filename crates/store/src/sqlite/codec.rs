//! Amounts in columns: INTEGER while they fit in 64 bits, so that a person can read the file, and beyond that
//! a blob of 16 bytes that sorts as its number does. Every amount has one form only.

use florin_ledger::Amount;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};

/// An amount as a column holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored(pub(super) Amount);

/// Flipped, two's complement sorts as unsigned bytes do: negative numbers first.
const SIGN_BIT: u128 = 1 << 127;

fn to_blob(units: i128) -> [u8; 16] {
    (units.cast_unsigned() ^ SIGN_BIT).to_be_bytes()
}

fn from_blob(blob: [u8; 16]) -> i128 {
    (u128::from_be_bytes(blob) ^ SIGN_BIT).cast_signed()
}

impl ToSql for Stored {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let units = self.0.units();
        Ok(match i64::try_from(units) {
            Ok(small) => ToSqlOutput::from(small),
            Err(_) => ToSqlOutput::Owned(Value::Blob(to_blob(units).to_vec())),
        })
    }
}

impl FromSql for Stored {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let units = match value {
            ValueRef::Integer(small) => i128::from(small),
            ValueRef::Blob(_) => {
                let units = from_blob(<[u8; 16]>::column_result(value)?);
                // The other form is the right one, and two forms of one number would not compare as equal.
                if i64::try_from(units).is_ok() {
                    return Err(FromSqlError::InvalidType);
                }
                units
            }
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) => return Err(FromSqlError::InvalidType),
        };
        Amount::from_units(units).map(Self).ok_or(FromSqlError::InvalidType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rusqlite::Connection;

    fn round_trip(amount: Amount) -> (Amount, String) {
        let connection = Connection::open_in_memory().expect("in memory");
        let (Stored(back), kind) = connection
            .query_row("SELECT ?1, typeof(?1)", [Stored(amount)], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("a stored amount");
        (back, kind)
    }

    fn units(units: i128) -> Amount {
        Amount::from_units(units).expect("within 38 digits")
    }

    #[test]
    fn what_fits_64_bits_is_an_integer_and_the_rest_a_blob() {
        for (amount, kind) in [
            (Amount::ZERO, "integer"),
            (units(i128::from(i64::MAX)), "integer"),
            (units(i128::from(i64::MIN)), "integer"),
            (units(i128::from(i64::MAX) + 1), "blob"),
            (units(i128::from(i64::MIN) - 1), "blob"),
            (Amount::MAX, "blob"),
            (Amount::MIN, "blob"),
        ] {
            assert_eq!(round_trip(amount), (amount, kind.to_owned()));
        }
    }

    #[test]
    fn a_second_form_of_a_number_is_refused() {
        let is_read = |value: ValueRef<'_>| Stored::column_result(value).is_ok();
        assert!(is_read(ValueRef::Blob(&to_blob(Amount::MAX.units()))));
        assert!(!is_read(ValueRef::Blob(&to_blob(5))));
        assert!(!is_read(ValueRef::Blob(&to_blob(i128::MAX))), "beyond 38 digits");
        assert!(!is_read(ValueRef::Blob(&[0; 15])));
        assert!(!is_read(ValueRef::Real(5.0)));
        assert!(!is_read(ValueRef::Text(b"5")));
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(number in Amount::MIN.units()..=Amount::MAX.units()) {
            prop_assert_eq!(round_trip(units(number)).0, units(number));
        }

        #[test]
        fn blobs_sort_as_their_numbers_do(one in any::<i128>(), other in any::<i128>()) {
            prop_assert_eq!(to_blob(one).cmp(&to_blob(other)), one.cmp(&other));
        }

        /// The database compares a positive INTEGER with a positive blob: `reversed_total <= original_amount`.
        #[test]
        fn positive_amounts_compare_in_the_database(
            one in prop_oneof![1..=i128::from(i64::MAX), 1..=Amount::MAX.units()],
            other in prop_oneof![1..=i128::from(i64::MAX), 1..=Amount::MAX.units()],
        ) {
            let connection = Connection::open_in_memory().expect("in memory");
            let is_below: bool = connection
                .query_row("SELECT ?1 < ?2", [Stored(units(one)), Stored(units(other))], |row| row.get(0))
                .expect("a comparison");
            prop_assert_eq!(is_below, one < other);
        }
    }
}
