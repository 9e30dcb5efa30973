//! Small texts: what is accepted stands as it was written, and is accepted again.

#![no_main]

use florin_ledger::{AssetCode, IdempotencyKey, Reference};
use florin_server::auth::{Approvals, Pin, PinPepper};
use florin_server::payouts::file::Recipient;
use florin_store::{EmailAddress, Username};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(key) = IdempotencyKey::parse(text) {
        assert_eq!(key.as_str(), text);
    }
    if let Ok(reference) = Reference::parse(text) {
        assert_eq!(reference.as_str(), text);
    }
    if let Some(code) = AssetCode::parse(text) {
        assert_eq!(code.as_str(), text);
    }
    if let Some(recipient) = Recipient::parse(text) {
        assert_eq!(Recipient::parse(&recipient.to_string()), Some(recipient));
    }
    if let Some(name) = Username::parse(text) {
        assert_eq!(Username::parse(name.as_str()), Some(name));
    }
    if let Some(address) = EmailAddress::parse(text) {
        assert_eq!(EmailAddress::parse(address.as_str()), Some(address));
    }
    let is_pin = (4..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    assert_eq!(Pin::parse(text.into()).is_some(), is_pin);
    assert_eq!(Approvals::stored_hash(text).is_some(), text.len() == 47 && is_approval(text));
    // Of its own form, or refused; never a panic.
    let _ = PinPepper::parse(&text.into());
});

fn is_approval(text: &str) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.strip_prefix("fta_").is_some_and(|rest| rest.bytes().all(is_base64url))
}
