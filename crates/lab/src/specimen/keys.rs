//! Idempotency keys of transfers: look, do, remember.

use super::database::{Database, DatabaseError};
use axum::http::HeaderMap;

/// The request's key, if it has one.
pub(super) fn key(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("idempotency-key")?.to_str().ok()?.to_owned())
}

impl Database {
    /// What was answered under the key before.
    pub(super) async fn answer_of(&self, key: &str) -> Result<Option<String>, DatabaseError> {
        let select = "SELECT answer FROM idempotency_keys WHERE key = $1";
        let rows = self.query(select, &[key.into()]).await?;
        Ok(rows.first().map(|row| row.text(0)))
    }

    pub(super) async fn remember(&self, key: &str, answer: &str) -> Result<(), DatabaseError> {
        let insert = "INSERT INTO idempotency_keys (key, answer) VALUES ($1, $2)";
        self.query(insert, &[key.into(), answer.into()]).await.map(drop)
    }
}
