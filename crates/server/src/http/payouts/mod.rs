//! Payouts: many transfers from one wallet, from a file.
//!
//! A payout is there for whom its source wallet is there; everybody else is told that there is none.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `records` | made, listed, read |
//! | `upload` | rows from a file; `incoming` is the file, `problems` says why it is not taken |
//! | `rows`, `downloads` | rows on their way out, as JSON and as files |
//! | `preflight` | what is worth knowing before |
//! | `runs` | executed, retried, compensated |
//! | `steer` | approved, paused, resumed, cancelled |
//! | `events`, `watch` | watched |
//! | `requests` | what bodies say, for the store and for approvals |
//! | `view`, `pace` | payouts as the wire shows them, and how fast they go on |

pub(super) mod downloads;
pub(super) mod events;
mod incoming;
mod pace;
pub(super) mod preflight;
mod problems;
pub(super) mod records;
mod requests;
pub(super) mod rows;
pub(super) mod runs;
pub(super) mod steer;
pub(super) mod upload;
mod view;
mod watch;

pub(super) use problems::{file_problem, rows_problem};
pub(super) use requests::{approval_intent, compensation_intent, execution_intent, retry_intent};
pub(super) use watch::Watches;

use super::{ApiError, AppState};
use crate::auth::Identity;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use florin_api as api;
use florin_ledger::PayoutId;
use florin_store::payouts::PayoutRefusal;
use florin_store::{Payout, WalletRecord};

/// The payout and the wallet that pays it, if the wallet is there for the caller.
async fn visible(
    state: &AppState,
    caller: &Identity,
    id: PayoutId,
) -> Result<(Payout, WalletRecord), ApiError> {
    let payout = state.store.payout(caller.ledger, id).await?.ok_or(PayoutRefusal::NotFound)?;
    let source = state.store.wallet(caller.ledger, payout.source).await?;
    let source = source.filter(|source| caller.reaches(source.user())).ok_or(PayoutRefusal::NotFound)?;
    Ok((payout, source))
}

/// A payout with its version as a header.
pub(super) struct Seen(api::Payout);

impl IntoResponse for Seen {
    fn into_response(self) -> Response {
        let version = HeaderValue::try_from(format!("\"{}\"", self.0.version));
        let version = version.expect("digits in quotes are a header's value");
        ([(header::ETAG, version)], axum::Json(self.0)).into_response()
    }
}
