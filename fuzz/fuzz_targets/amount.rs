//! Amounts: what is read is printed as it was written, and becomes the same amount at every scale that has room.

#![no_main]

use florin_ledger::{Amount, AmountError, Decimal, Scale};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let read = Decimal::parse(text);
    if let Ok(decimal) = read {
        assert_eq!(decimal.to_string(), text, "printed as it was written");
    }
    for places in 0..=Scale::MAX {
        let scale = Scale::new(places).expect("no more places than there may be");
        let amount = Amount::parse(text, scale);
        match read {
            Ok(decimal) => assert_eq!(decimal.to_amount(scale), amount, "both ways at scale {places}"),
            Err(AmountError::Zero) => {
                assert!(matches!(amount, Ok(Amount::ZERO) | Err(AmountError::TooPrecise(_))))
            }
            Err(error) => assert_eq!(amount, Err(error), "refused for the same reason"),
        }
        let Ok(amount) = amount else { continue };
        let printed = amount.display(scale).to_string();
        assert_eq!(Amount::parse(&printed, scale), Ok(amount), "{printed} at scale {places}");
        // What was written, and zeros.
        let zeros = printed.strip_prefix(text).expect("begins as it was written");
        assert!(zeros.bytes().all(|byte| byte == b'0' || byte == b'.'), "{text} became {printed}");
    }
});
