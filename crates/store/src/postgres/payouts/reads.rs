//! Payouts and rows, page by page.

use super::records::{payout, payout_row, select_payouts, select_rows};
use crate::StoreError;
use crate::payouts::{CompensationState, Payout, PayoutFilter, PayoutRow, PayoutState, RowFilter, RowState};
use crate::postgres::creation::query;
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, PayoutId, RowNumber};

pub(super) async fn page(
    client: &ClientWrapper,
    ledger: LedgerId,
    filter: PayoutFilter,
    before: Option<PayoutId>,
    limit: usize,
) -> Result<Vec<Payout>, StoreError> {
    const PAGE: &str = select_payouts!(
        "p.payout_id < $2
            AND ($3::bigint IS NULL OR p.source_wallet_id = $3)
            AND ($4::text IS NULL OR p.state = $4)
            AND ($5::bigint IS NULL OR EXISTS (
                SELECT 1 FROM wallets w
                WHERE w.ledger_id = $1 AND w.wallet_id = p.source_wallet_id AND w.user_id = $5))
        ORDER BY p.payout_id DESC
        LIMIT $6"
    );
    let found = query(
        client,
        PAGE,
        &[
            &ledger.0,
            &before.map_or(i64::MAX, |id| id.0),
            &filter.source.map(|wallet| wallet.0),
            &filter.state.map(PayoutState::as_str),
            &filter.owner.map(|user| user.0),
            &i64::try_from(limit).unwrap_or(i64::MAX),
        ],
    )
    .await?;
    found.iter().map(payout).collect()
}

pub(super) async fn rows(
    client: &ClientWrapper,
    ledger: LedgerId,
    id: PayoutId,
    revision: i64,
    filter: RowFilter,
    after: RowNumber,
    limit: usize,
) -> Result<Vec<PayoutRow>, StoreError> {
    const PAGE: &str = select_rows!(
        "row_number > $4
            AND ($5::text IS NULL OR state = $5)
            AND ($6::text IS NULL OR compensation_state = $6)
        ORDER BY row_number
        LIMIT $7"
    );
    let found = query(
        client,
        PAGE,
        &[
            &ledger.0,
            &id.0,
            &revision,
            &after.0,
            &filter.state.map(RowState::as_str),
            &filter.compensation.map(CompensationState::as_str),
            &i64::try_from(limit).unwrap_or(i64::MAX),
        ],
    )
    .await?;
    found.iter().map(payout_row).collect()
}
