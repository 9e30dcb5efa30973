//! Access tokens: neither a text from nowhere nor an altered token is accepted. The key is new in every run, so
//! nothing here can sign.

#![no_main]

use florin_ledger::{LedgerId, Timestamp, UserId};
use florin_server::auth::{AccessTokenSettings, AccessTokens, SigningKey};
use florin_store::Role;
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use std::sync::LazyLock;

const NOW: Timestamp = Timestamp(1_750_000_000_000_000);

static TOKENS: LazyLock<AccessTokens> =
    LazyLock::new(|| AccessTokens::new(&SigningKey::generate(), AccessTokenSettings::default()));

static OURS: LazyLock<String> =
    LazyLock::new(|| TOKENS.issue(UserId(7), Role::User, LedgerId::MAIN, NOW).expose_secret().to_owned());

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    assert!(TOKENS.verify(&text, NOW).is_err(), "{text}");
    let altered = altered(input);
    assert_eq!(TOKENS.verify(&altered, NOW).is_ok(), altered == *OURS, "{altered}");
});

/// A token of ours in which the input has changed some characters: three bytes a change, where and to what.
fn altered(input: &[u8]) -> String {
    let mut token = OURS.clone().into_bytes();
    for change in input.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % token.len();
        token[at] = change[2] & 0x7f;
    }
    String::from_utf8(token).expect("ASCII")
}
