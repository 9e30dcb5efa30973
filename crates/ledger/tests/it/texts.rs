//! Codes, keys, references, metadata: their form, and what their hashes keep apart.

use florin_ledger::{
    ApiKeyId, AssetCode, Direction, Fingerprint, IdempotencyKey, KeyHash, Metadata, Principal, Reference,
    Status, SystemRole, TextError, TransactionType, UserId, WalletStatus,
};
use rstest::rstest;

#[rstest]
#[case("USD")]
#[case("A")]
#[case("GOLD_2")]
#[case("A234567890123456")]
fn asset_codes(#[case] text: &str) {
    let code = AssetCode::parse(text).unwrap();
    assert_eq!((code.as_str(), &*code.to_string()), (text, text));
}

#[rstest]
#[case("")]
#[case("usd")]
#[case("1USD")]
#[case("_USD")]
#[case("US D")]
#[case("US-D")]
#[case("ÜSD")]
#[case("A2345678901234567")]
fn not_asset_codes(#[case] text: &str) {
    assert_eq!(AssetCode::parse(text), None);
}

#[test]
fn a_key_has_1_to_255_visible_ascii_characters() {
    for text in ["k", "!~", &"k".repeat(255)] {
        assert_eq!(IdempotencyKey::parse(text).unwrap().as_str(), text);
    }
    let length = Err(TextError::Length { max: 255 });
    assert_eq!(IdempotencyKey::parse(""), length);
    assert_eq!(IdempotencyKey::parse(&"k".repeat(256)), length);
    for text in ["a b", "a\tb", "a\n", "é", "\u{7f}", "a\0", "１"] {
        assert!(matches!(IdempotencyKey::parse(text), Err(TextError::Characters { .. })), "{text:?}");
    }
}

#[test]
fn a_reference_is_counted_in_characters_not_bytes() {
    assert_eq!(Reference::parse(&"é".repeat(140)).unwrap().as_str().len(), 280);
    assert_eq!(Reference::parse(&"é".repeat(141)), Err(TextError::Length { max: 140 }));
    assert_eq!(Reference::parse(""), Err(TextError::Length { max: 140 }));
    for text in ["a\nb", "a\0b", "a\u{85}b"] {
        assert!(matches!(Reference::parse(text), Err(TextError::Characters { .. })), "{text:?}");
    }
}

#[test]
fn metadata_is_counted_in_bytes_and_has_no_nul() {
    assert!(Metadata::parse(&"x".repeat(4096)).is_ok());
    assert_eq!(Metadata::parse(&"x".repeat(4097)), Err(TextError::Length { max: 4096 }));
    assert_eq!(Metadata::parse(""), Err(TextError::Length { max: 4096 }));
    for json in ["{\"a\":\"\\u0000\"}", "{\"a\":\"\0\"}"] {
        assert!(matches!(Metadata::parse(json), Err(TextError::Characters { .. })), "{json:?}");
    }
}

#[test]
fn a_key_is_another_for_another_caller() {
    let hash = |scope, key: &str| KeyHash::of(scope, &IdempotencyKey::parse(key).unwrap());
    let alice = hash(Principal::User(UserId(1)), "k");
    assert_eq!(alice, hash(Principal::User(UserId(1)), "k"));
    assert_ne!(alice, hash(Principal::User(UserId(2)), "k"));
    assert_ne!(alice, hash(Principal::Service(ApiKeyId(1)), "k"));
    assert_ne!(alice, hash(Principal::User(UserId(1)), "K"));
}

#[test]
fn a_fingerprint_tells_operation_from_body() {
    let print = Fingerprint::of("transfer", b"{}");
    assert_eq!(print, Fingerprint::of("transfer", b"{}"));
    assert_ne!(print, Fingerprint::of("transfer", b"{ }"));
    assert_ne!(print, Fingerprint::of("deposit", b"{}"));
    assert_ne!(Fingerprint::of("a", b"bc"), Fingerprint::of("ab", b"c"));
}

#[test]
fn names_are_what_the_database_has_and_are_read_back() {
    let types = ["transfer", "deposit", "withdrawal", "top_up", "spend", "bonus", "payout", "reversal"];
    assert_eq!(TransactionType::ALL.map(TransactionType::as_str), types);
    assert_eq!(types.map(TransactionType::parse), TransactionType::ALL.map(Some));
    assert_eq!([Direction::Debit, Direction::Credit].map(Direction::as_str), ["DEBIT", "CREDIT"]);
    assert_eq!(Status::ALL.map(Status::as_str), ["COMPLETED", "FAILED"]);
    assert_eq!(["COMPLETED", "FAILED"].map(Status::parse), Status::ALL.map(Some));
    let roles = ["treasury", "bonus", "revenue", "world"];
    assert_eq!(SystemRole::ALL.map(SystemRole::as_str), roles);
    assert_eq!(roles.map(SystemRole::parse), SystemRole::ALL.map(Some));
    let statuses = ["active", "frozen", "closed"];
    assert_eq!(WalletStatus::ALL.map(WalletStatus::as_str), statuses);
    assert_eq!(statuses.map(WalletStatus::parse), WalletStatus::ALL.map(Some));
    assert_eq!(TransactionType::parse(""), None);
}
