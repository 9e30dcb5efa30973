//! Money as text: what is an amount, what is not, and that nothing changes on the way.

use florin_ledger::{Amount, AmountError, Decimal, Scale};
use rstest::rstest;

const MAX: &str = "99999999999999999999999999999999999999";

fn scale(places: u8) -> Scale {
    Scale::new(places).unwrap()
}

#[rstest]
#[case::empty("")]
#[case::a_point(".")]
#[case::no_whole(".5")]
#[case::no_fraction("5.")]
#[case::two_points("1.2.3")]
#[case::leading_zero("01")]
#[case::leading_zeros("00.5")]
#[case::double_zero("00")]
#[case::minus("-1")]
#[case::minus_zero("-0")]
#[case::plus("+1")]
#[case::unicode_minus("\u{2212}1")]
#[case::minus_in_the_fraction("1.-5")]
#[case::exponent("1e5")]
#[case::upper_exponent("1E5")]
#[case::negative_exponent("1e-5")]
#[case::hexadecimal("0x10")]
#[case::leading_space(" 1")]
#[case::trailing_space("1 ")]
#[case::inner_space("1 000")]
#[case::no_break_space("1\u{a0}000")]
#[case::newline("1\n")]
#[case::thousands("1,000.00")]
#[case::decimal_comma("1,50")]
#[case::underscore("1_000")]
#[case::apostrophe("1'000")]
#[case::not_a_number("NaN")]
#[case::infinity("Infinity")]
#[case::fullwidth_digits("\u{ff11}\u{ff10}")]
#[case::arabic_indic_digits("\u{0661}\u{0660}")]
#[case::arabic_decimal_point("1\u{066b}5")]
#[case::superscript("1\u{b2}")]
#[case::zero_width_joiner("1\u{200d}0")]
#[case::nul("1\0")]
#[case::currency("$1")]
#[case::fraction_sign("1/2")]
fn malformed(#[case] text: &str) {
    assert_eq!(Decimal::parse(text), Err(AmountError::Malformed));
    assert_eq!(Amount::parse(text, scale(18)), Err(AmountError::Malformed));
}

#[rstest]
#[case("0")]
#[case("0.0")]
#[case("0.000000000000000000")]
fn zero_is_no_amount_to_move_but_one_to_set(#[case] text: &str) {
    assert_eq!(Decimal::parse(text), Err(AmountError::Zero));
    assert_eq!(Amount::parse(text, scale(18)), Ok(Amount::ZERO));
}

#[rstest]
#[case::nineteen_decimals("0.0000000000000000001")]
#[case::nineteen_zeros("1.0000000000000000000")]
fn more_decimals_than_any_asset(#[case] text: &str) {
    assert_eq!(Decimal::parse(text), Err(AmountError::TooPrecise(18)));
}

#[test]
fn more_decimals_than_fit_a_byte() {
    assert_eq!(Decimal::parse(&format!("1.{}", "0".repeat(256))), Err(AmountError::TooPrecise(18)));
}

#[rstest]
#[case::thirty_nine_digits("100000000000000000000000000000000000000")]
#[case::beyond_i128("170141183460469231731687303715884105728")]
#[case::beyond_u128("340282366920938463463374607431768211456")]
#[case::thirty_nine_digits_with_a_point("1000000000000000000000000000000000000.00")]
fn beyond_38_digits(#[case] text: &str) {
    assert_eq!(Decimal::parse(text), Err(AmountError::TooLarge));
}

#[test]
fn a_megabyte_of_digits_is_refused_without_overflow() {
    assert_eq!(Decimal::parse(&"9".repeat(1 << 20)), Err(AmountError::TooLarge));
}

#[test]
fn the_largest_amount_is_38_nines() {
    assert_eq!(Decimal::parse(MAX).unwrap().to_amount(scale(0)), Ok(Amount::MAX));
    assert_eq!(Amount::MAX.display(scale(0)).to_string(), MAX);
    let with_18_decimals = "99999999999999999999.999999999999999999";
    assert_eq!(Decimal::parse(with_18_decimals).unwrap().to_amount(scale(18)), Ok(Amount::MAX));
    assert_eq!(Amount::MAX.display(scale(18)).to_string(), with_18_decimals);
}

#[test]
fn what_fits_as_text_may_be_too_large_for_its_asset() {
    let amount = Decimal::parse("1000000000000000000000000000000000000").unwrap(); // 10^36
    assert_eq!(amount.to_amount(scale(1)).unwrap().units(), 10_i128.pow(37));
    assert_eq!(amount.to_amount(scale(2)), Err(AmountError::TooLarge));
    assert_eq!(amount.to_amount(scale(18)), Err(AmountError::TooLarge));
}

#[rstest]
#[case("10.999", 2, Err(AmountError::TooPrecise(2)))]
#[case("10.990", 2, Err(AmountError::TooPrecise(2)))]
#[case("0.001", 2, Err(AmountError::TooPrecise(2)))]
#[case("1.0", 0, Err(AmountError::TooPrecise(0)))]
#[case("10.99", 2, Ok(1099))]
#[case("10.9", 2, Ok(1090))]
#[case("10", 2, Ok(1000))]
#[case("0.01", 2, Ok(1))]
#[case("7", 0, Ok(7))]
#[case("0.000000000000000001", 18, Ok(1))]
fn nothing_is_rounded(#[case] text: &str, #[case] places: u8, #[case] units: Result<i128, AmountError>) {
    let amount = Decimal::parse(text).unwrap().to_amount(scale(places));
    assert_eq!(amount.map(Amount::units), units);
}

#[rstest]
#[case(12550, 2, "125.50")]
#[case(-12550, 2, "-125.50")]
#[case(5, 2, "0.05")]
#[case(-5, 2, "-0.05")]
#[case(0, 2, "0.00")]
#[case(0, 0, "0")]
#[case(100, 0, "100")]
#[case(1, 18, "0.000000000000000001")]
fn printed_with_all_its_decimals(#[case] units: i128, #[case] places: u8, #[case] text: &str) {
    assert_eq!(Amount::from_units(units).unwrap().display(scale(places)).to_string(), text);
}

#[test]
fn arithmetic_stops_at_38_digits_on_both_sides() {
    let one = Amount::from_units(1).unwrap();
    assert_eq!(Amount::MAX.checked_add(one), None);
    assert_eq!(Amount::MIN.checked_sub(one), None);
    assert_eq!(Amount::MAX.checked_add(Amount::MIN), Some(Amount::ZERO));
    assert_eq!(Amount::MIN.checked_sub(Amount::MIN), Some(Amount::ZERO));
    assert_eq!(Amount::MAX.checked_sub(Amount::MIN), None);
    assert_eq!(Amount::MAX.negated(), Amount::MIN);
    assert_eq!(Amount::from_units(i128::MAX), None);
    assert_eq!(Amount::from_units(i128::MIN), None);
    assert_eq!(Amount::from_units(Amount::MAX.units() + 1), None);
    assert_eq!(Amount::from_units(Amount::MIN.units() - 1), None);
}

#[test]
fn an_asset_has_at_most_18_decimals() {
    assert_eq!(Scale::new(18).map(Scale::places), Some(18));
    assert_eq!(Scale::new(19), None);
    assert_eq!(Scale::new(255), None);
}

#[test]
fn an_amount_to_move_is_above_zero_and_keeps_all_its_decimals() {
    let units = |units| Amount::from_units(units).unwrap();
    assert_eq!(Decimal::of(units(1250), scale(2)), Decimal::parse("12.50").ok());
    assert_eq!(Decimal::of(units(1), scale(18)), Decimal::parse("0.000000000000000001").ok());
    assert_eq!(Decimal::of(Amount::ZERO, scale(2)), None);
    assert_eq!(Decimal::of(units(-1), scale(2)), None);
}
