//! What a person should know of a payout's rows before they let them be paid.

use super::records::{demand, payout_row, select_rows};
use super::requests::likely_duplicate;
use crate::StoreError;
use crate::payouts::{Content, Finding, Findings, PayoutRefusal, PayoutRow};
use florin_ledger::{LedgerId, PayoutId, RowNumber, WalletStatus};
use rusqlite::{Params, Transaction, params};

/// Integers sort as amounts, and blobs, which are larger, sort after them.
const LARGEST: &str = select_rows!(where "1 ORDER BY amount DESC, row_number LIMIT ?4");

const TO_WALLETS: &str = "
    SELECT count(*) OVER (), r.row_number
    FROM payout_rows r JOIN wallets w ON w.ledger_id = r.ledger_id AND w.wallet_id = r.wallet_id
    WHERE r.ledger_id = ?1 AND r.payout_id = ?2 AND r.revision = ?3 AND w.status = ?4
    ORDER BY r.row_number LIMIT ?5";

const DUPLICATES: &str = "
    SELECT count(*) OVER (), row_number
    FROM (SELECT row_number,
                 row_number() OVER (PARTITION BY wallet_id, amount ORDER BY row_number) AS nth
          FROM payout_rows WHERE ledger_id = ?1 AND payout_id = ?2 AND revision = ?3)
    WHERE nth > 1
    ORDER BY row_number LIMIT ?4";

pub(super) fn findings(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
) -> Result<Result<Findings, PayoutRefusal>, StoreError> {
    let payout = match demand(db_tx, ledger, id)? {
        Ok(payout) => payout,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(content) = payout.content else { return Ok(Err(PayoutRefusal::NoRows)) };
    let limit = i64::try_from(Finding::ROWS_MAX).unwrap_or(i64::MAX);
    let (ledger_id, revision) = (ledger.0, content.revision);
    let to_wallets = |status: WalletStatus| {
        finding(db_tx, TO_WALLETS, params![ledger_id, id.0, revision, status.as_str(), limit])
    };
    Ok(Ok(Findings {
        frozen: to_wallets(WalletStatus::Frozen)?,
        closed: to_wallets(WalletStatus::Closed)?,
        duplicates: finding(db_tx, DUPLICATES, params![ledger_id, id.0, revision, limit])?,
        largest: largest(db_tx, ledger, id, content)?,
        likely_duplicate: likely_duplicate(db_tx, ledger, &payout)?,
    }))
}

fn finding(db_tx: &Transaction<'_>, sql: &str, values: impl Params) -> Result<Finding, StoreError> {
    let mut statement = db_tx.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut finding = Finding::default();
    while let Some(row) = rows.next()? {
        finding.count = row.get(0)?;
        finding.rows.push(RowNumber(row.get(1)?));
    }
    Ok(finding)
}

fn largest(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    id: PayoutId,
    content: Content,
) -> Result<Vec<PayoutRow>, StoreError> {
    let limit = i64::try_from(Findings::LARGEST_MAX).unwrap_or(i64::MAX);
    let mut statement = db_tx.prepare_cached(LARGEST)?;
    let mut found = statement.query(params![ledger.0, id.0, content.revision, limit])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(payout_row(row)?);
    }
    Ok(rows)
}
