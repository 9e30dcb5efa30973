//! A batch, in one database transaction: load what it touches, let the ledger decide, save what changed.
//!
//! | step | statements |
//! | --- | --- |
//! | [`load`] | one lookup a key, a wallet, a system wallet, an asset, an original |
//! | [`decide_batch`] | none |
//! | [`save`](super::save) | one insert a transaction, two for its entries, one update a wallet |
//! | [`runs::save`] | one update a row of a payout |
//!
//! Statements are prepared once and cost a few microseconds each; what costs is the sync to the disk, and a
//! batch has one.

use super::{load::load, payouts::runs, save::save};
use crate::StoreError;
use florin_ledger::{Clock, Group, GroupOutcome, LedgerId, Timestamp, decide_batch};
use rusqlite::Transaction;
use std::sync::Arc;

/// Decides the groups, and writes what that changes.
pub(super) fn commit(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    groups: &[Arc<Group>],
    now: Timestamp,
    entropy: u64,
) -> Result<Vec<GroupOutcome>, StoreError> {
    let mut loaded = load(db_tx, ledger, groups)?;
    runs::load_fences(db_tx, ledger, groups, &mut loaded.state)?;
    let mut clock = Clock::new(now, entropy);
    let result = decide_batch(&mut loaded.state, groups.iter().map(Arc::as_ref), &mut clock)
        .map_err(|violation| StoreError::Inconsistent(violation.to_string()))?;
    save(db_tx, ledger, &result.changes, loaded.last_entries)?;
    for change in &result.changes.payouts {
        runs::save(db_tx, ledger, change)?;
    }
    Ok(result.outcomes)
}
