//! Payouts: many transfers from one wallet, from a file.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `upload` | rows from a file; `incoming` is the file, `problems` says why it is not taken |
//! | `rows`, `downloads` | rows on their way out, as JSON and as files |
//! | `requests` | what bodies say, for the store and for approvals |

pub(super) mod downloads;
mod incoming;
mod problems;
mod requests;
pub(super) mod rows;
pub(super) mod upload;

pub(super) use problems::{file_problem, rows_problem};
pub(super) use requests::{approval_intent, compensation_intent, execution_intent, retry_intent};

use super::{ApiError, AppState};
use crate::auth::Identity;
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
