//! The wire's values as the ledger's: each is checked in form here, once.

use super::ApiError;
use florin_api as api;
use florin_api::{AmountText, ProblemCode};
use florin_ledger::{
    AmountError, AssetCode, Decimal, Direction, Metadata, Reference, Status, TransactionId, TransactionType,
    WalletStatus,
};
use std::str::FromStr;
use uuid::fmt::Hyphenated;

/// An amount as it was written, if it was written as one.
pub(super) fn text<'body>(amount: &'body AmountText, field: &'static str) -> Result<&'body str, ApiError> {
    match amount {
        AmountText::Text(text) => Ok(text),
        AmountText::Number(_) => Err(ApiError::invalid_field(
            ProblemCode::AmountNotAString,
            field,
            "Send the amount as a string, such as \"125.50\". A JSON number may lose digits on its way.",
        )),
    }
}

/// An amount above zero.
pub(super) fn amount(amount: &AmountText) -> Result<Decimal, ApiError> {
    Decimal::parse(text(amount, "amount")?).map_err(|error| {
        let code = match error {
            AmountError::Malformed => ProblemCode::AmountMalformed,
            AmountError::Zero => ProblemCode::AmountZero,
            AmountError::TooPrecise(_) => ProblemCode::AmountTooPrecise,
            AmountError::TooLarge => ProblemCode::AmountTooLarge,
        };
        ApiError::invalid_field(code, "amount", sentence(&error.to_string()))
    })
}

/// An asset's code.
pub(super) fn asset_code(code: &str, field: &'static str) -> Result<AssetCode, ApiError> {
    AssetCode::parse(code).ok_or_else(|| {
        ApiError::invalid_field(
            ProblemCode::AssetCodeInvalid,
            field,
            "An asset's code has 1 to 16 of A-Z, 0-9 and _, and begins with a letter.",
        )
    })
}

/// A note on a transaction.
pub(super) fn reference(reference: Option<&str>) -> Result<Option<Reference>, ApiError> {
    reference.map(Reference::parse).transpose().map_err(|_| {
        ApiError::invalid_field(
            ProblemCode::ReferenceInvalid,
            "reference",
            "A reference has 1 to 140 printable characters.",
        )
    })
}

/// The caller's JSON object on a transaction.
pub(super) fn metadata(metadata: Option<&api::Metadata>) -> Result<Option<Metadata>, ApiError> {
    metadata.map(|metadata| Metadata::parse(&metadata.to_json())).transpose().map_err(|_| {
        ApiError::invalid_field(
            ProblemCode::MetadataInvalid,
            "metadata",
            "Metadata has at most 4,096 bytes without white space, and no NUL in it.",
        )
    })
}

/// A transaction's id: a UUID in its usual form.
pub(super) fn transaction_id(text: &str) -> Option<TransactionId> {
    Hyphenated::from_str(text).ok().map(|uuid| TransactionId(uuid.as_uuid().as_u128()))
}

pub(super) const fn direction(direction: api::Direction) -> Direction {
    match direction {
        api::Direction::Debit => Direction::Debit,
        api::Direction::Credit => Direction::Credit,
    }
}

pub(super) const fn transaction_type(kind: api::TransactionType) -> TransactionType {
    match kind {
        api::TransactionType::Transfer => TransactionType::Transfer,
        api::TransactionType::Deposit => TransactionType::Deposit,
        api::TransactionType::Withdrawal => TransactionType::Withdrawal,
        api::TransactionType::TopUp => TransactionType::TopUp,
        api::TransactionType::Spend => TransactionType::Spend,
        api::TransactionType::Bonus => TransactionType::Bonus,
        api::TransactionType::Payout => TransactionType::Payout,
        api::TransactionType::Reversal => TransactionType::Reversal,
    }
}

pub(super) const fn transaction_status(status: api::TransactionStatus) -> Status {
    match status {
        api::TransactionStatus::Completed => Status::Completed,
        api::TransactionStatus::Failed => Status::Failed,
    }
}

pub(super) const fn wallet_status(status: api::WalletStatus) -> WalletStatus {
    match status {
        api::WalletStatus::Active => WalletStatus::Active,
        api::WalletStatus::Frozen => WalletStatus::Frozen,
        api::WalletStatus::Closed => WalletStatus::Closed,
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect()
}
