//! Every refusal and every failure, as RFC 9457 has it.

use crate::{ProblemCode, RowError};
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
    /// The line of the file that is at fault, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<u64>,
    /// Where in the line: the cell of the header, or the character, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub column: Option<u64>,
    /// The stable name of what is wrong with the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "column_unknown")]
    pub fault: Option<String>,
    /// How many rows the payout's last upload has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rows: Option<i64>,
    /// How many of them are good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub good_rows: Option<i64>,
    /// How many have faults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bad_rows: Option<i64>,
    /// The first faults in what was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RowError>,
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
            line: None,
            column: None,
            fault: None,
            rows: None,
            good_rows: None,
            bad_rows: None,
            errors: Vec::new(),
        }
    }
}
