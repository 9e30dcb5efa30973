//! Every refusal and every failure, as RFC 9457 has it.

use crate::ProblemCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not done. The members after `request_id` are there where they help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The code as a URI.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "urn:florin:problem:insufficient_funds")]
    pub type_uri: String,
    /// What it is, in a few words; the same for every problem of a code.
    #[schema(example = "Insufficient funds")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// The stable name of what it is: what programs decide by.
    #[schema(example = "insufficient_funds")]
    pub code: ProblemCode,
    /// What happened here, and what to do about it.
    #[schema(example = "The wallet has 3.00 available, and 12.50 are needed.")]
    pub detail: String,
    /// Whether the same request with the same `Idempotency-Key` may succeed later.
    #[schema(example = false)]
    pub retryable: bool,
    /// The request's name in the server's logs, also in the `X-Request-Id` header.
    #[schema(example = "5f0d7c3a9b1e4c2f8a6d4b3c2e1f0a9b")]
    pub request_id: String,
    /// The member of the body, the header or the parameter that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub field: Option<String>,
    /// Which item of a list is at fault, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub index: Option<usize>,
    /// The wallet that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wallet_id: Option<i64>,
    /// The transaction that was recorded as `FAILED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uuid")]
    pub transaction_id: Option<String>,
    /// The other payout that pays or has paid the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub payout_id: Option<i64>,
    /// What there was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "3.00")]
    pub available: Option<String>,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "12.50")]
    pub needed: Option<String>,
    /// How many wrong PINs are left before it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tries_left: Option<u8>,
    /// The wallet's version now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub current_version: Option<i64>,
}

impl Problem {
    /// A problem of this code, so far without a request's name.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            type_uri: format!("urn:florin:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            retryable: code.is_retryable(),
            request_id: String::new(),
            field: None,
            index: None,
            wallet_id: None,
            transaction_id: None,
            payout_id: None,
            available: None,
            needed: None,
            tries_left: None,
            current_version: None,
        }
    }
}
