//! The audit log: who did what, from where, when, and what came of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditRecord {
    /// Its place in the log: 1, 2, 3, and so on, without gaps.
    #[schema(example = 42)]
    pub id: i64,
    /// When, in UTC.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: `user:7`, `api_key:3`, `anonymous`, or `system` for Florin's own commands.
    #[schema(example = "user:7")]
    pub actor: String,
    /// What was done.
    #[schema(example = "wallet.frozen")]
    pub action: String,
    /// To what: `user:7`, `api_key:3`, `asset:USD`, `wallet:9`, `transaction:0197…`, `payout:4`; `null` where there
    /// is no such thing.
    #[schema(example = "wallet:9")]
    pub subject: Option<String>,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// The address that the request came from; `null` where it was no request.
    #[schema(example = "203.0.113.9")]
    pub address: Option<String>,
    /// The request's name in the server's logs.
    pub request_id: Option<String>,
    /// What else there is to know; never a secret.
    pub details: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}
