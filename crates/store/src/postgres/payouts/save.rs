//! Payouts as they are read under their lock and written back. What happens to them in between is
//! [`crate::payouts`]'s business.

use super::records::{payout, select_payouts};
use crate::StoreError;
use crate::payouts::Payout;
use crate::postgres::codec::{Instant, Numeric};
use crate::postgres::creation::query;
use crate::postgres::db_tx::DbTx;
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, PayoutId, Principal};

/// One payout.
pub(super) async fn find(
    client: &ClientWrapper,
    ledger: LedgerId,
    id: PayoutId,
) -> Result<Option<Payout>, StoreError> {
    const FIND: &str = select_payouts!("p.payout_id = $2");
    query(client, FIND, &[&ledger.0, &id.0]).await?.first().map(payout).transpose()
}

/// One payout, which nobody else changes until the database transaction ends.
pub(super) async fn lock(db_tx: &DbTx, ledger: LedgerId, id: PayoutId) -> Result<Option<Payout>, StoreError> {
    const LOCK: &str = select_payouts!("p.payout_id = $2 FOR NO KEY UPDATE");
    query(db_tx, LOCK, &[&ledger.0, &id.0]).await?.first().map(payout).transpose()
}

/// One payout, which changes no more until the database transaction ends; others may hold it like this too.
pub(super) async fn share(
    db_tx: &DbTx,
    ledger: LedgerId,
    id: PayoutId,
) -> Result<Option<Payout>, StoreError> {
    const SHARE: &str = select_payouts!("p.payout_id = $2 FOR SHARE");
    query(db_tx, SHARE, &[&ledger.0, &id.0]).await?.first().map(payout).transpose()
}

/// Writes what may have changed since it was locked.
pub(super) async fn save(db_tx: &DbTx, ledger: LedgerId, payout: &Payout) -> Result<(), StoreError> {
    save_requests(db_tx, ledger, payout).await?;
    save_compensation(db_tx, ledger, payout).await
}

async fn save_requests(db_tx: &DbTx, ledger: LedgerId, payout: &Payout) -> Result<(), StoreError> {
    const SAVE: &str = "
        UPDATE payouts
        SET state = $3, version = $4, next_revision = $5, fence = $6, lease_until = $7,
            revision = $8, row_count = $9, total = $10, digest = $11,
            draft_revision = $12, draft_rows = $13, draft_bad_rows = $14,
            approved_by = $15, approved_digest = $16, approved_at = $17,
            payment = $18, payer_user_id = $19, payer_api_key_id = $20, payer_is_house = $21,
            paid_rows = $22, paid_total = $23, failed_rows = $24, payment_started_at = $25, payment_ended_at = $26
        WHERE ledger_id = $1 AND payout_id = $2
        RETURNING payout_id";
    let (content, draft, approval, payment) =
        (&payout.content, &payout.draft, &payout.approval, &payout.payment);
    let counts = draft.as_ref().and_then(|draft| draft.counts);
    let payer = payment.map(|payment| columns_of(payment.caller.principal));
    let saved = query(
        db_tx,
        SAVE,
        &[
            &ledger.0,
            &payout.id.0,
            &payout.state.as_str(),
            &payout.version,
            &payout.next_revision,
            &payout.fence.0,
            &payout.lease_until.map(Instant),
            &content.map(|content| content.revision),
            &content.map(|content| content.rows),
            &content.map(|content| Numeric(content.total)),
            &content.as_ref().map(|content| content.digest.as_slice()),
            &draft.map(|draft| draft.revision),
            &counts.map(|counts| counts.rows),
            &counts.map(|counts| counts.bad_rows),
            &approval.map(|approval| approval.by.0),
            &approval.as_ref().map(|approval| approval.digest.as_slice()),
            &approval.map(|approval| Instant(approval.at)),
            &payment.map(|payment| payment.number),
            &payer.and_then(|(user, _)| user),
            &payer.and_then(|(_, api_key)| api_key),
            &payment.map(|payment| payment.caller.is_house),
            &payment.map(|payment| payment.done_rows),
            &payment.map(|payment| Numeric(payment.done_total)),
            &payment.map(|payment| payment.failed_rows),
            &payment.map(|payment| Instant(payment.started_at)),
            &payment.and_then(|payment| payment.ended_at).map(Instant),
        ],
    )
    .await?;
    one(saved.len())
}

async fn save_compensation(db_tx: &DbTx, ledger: LedgerId, payout: &Payout) -> Result<(), StoreError> {
    const SAVE: &str = "
        UPDATE payouts
        SET compensation = $3, compensator_user_id = $4, compensator_api_key_id = $5, compensator_is_house = $6,
            compensation_named = $7, compensation_first_row = $8, compensation_last_row = $9,
            compensation_recipient = $10, compensation_partial = $11, compensation_rows = $12,
            compensated_rows = $13, compensated_total = $14, compensation_failed_rows = $15,
            compensation_started_at = $16, compensation_ended_at = $17
        WHERE ledger_id = $1 AND payout_id = $2
        RETURNING payout_id";
    let Some(compensation) = &payout.compensation else { return Ok(()) };
    let (selection, progress) = (&compensation.selection, &compensation.progress);
    let (user, api_key) = columns_of(progress.caller.principal);
    let saved = query(
        db_tx,
        SAVE,
        &[
            &ledger.0,
            &payout.id.0,
            &progress.number,
            &user,
            &api_key,
            &progress.caller.is_house,
            &selection.named,
            &selection.first_row.map(|row| row.0),
            &selection.last_row.map(|row| row.0),
            &selection.recipient.map(|wallet| wallet.0),
            &compensation.allows_partial,
            &progress.rows,
            &progress.done_rows,
            &Numeric(progress.done_total),
            &progress.failed_rows,
            &Instant(progress.started_at),
            &progress.ended_at.map(Instant),
        ],
    )
    .await?;
    one(saved.len())
}

/// A principal as two columns: a user's, or an API key's.
pub(super) const fn columns_of(principal: Principal) -> (Option<i64>, Option<i64>) {
    match principal {
        Principal::User(user) => (Some(user.0), None),
        Principal::Service(api_key) => (None, Some(api_key.0)),
    }
}

fn one(saved: usize) -> Result<(), StoreError> {
    if saved == 1 {
        return Ok(());
    }
    let actual = u64::try_from(saved).unwrap_or(u64::MAX);
    Err(StoreError::RowsAffected { statement: "change a payout", expected: 1, actual })
}
