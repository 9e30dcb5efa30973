//! What a person should know of a content before they execute it: read in one snapshot, over all rows.

use super::records::{payout_row, select_rows};
use super::save;
use crate::StoreError;
use crate::payouts::{Answer, Content, Finding, Findings, Payout, PayoutRefusal, PayoutRow};
use crate::postgres::connection::from_driver;
use crate::postgres::creation::query;
use deadpool_postgres::ClientWrapper;
use florin_ledger::{LedgerId, PayoutId, RowNumber, WalletStatus};
use tokio_postgres::Row;

pub(super) async fn findings(client: &ClientWrapper, ledger: LedgerId, id: PayoutId) -> Answer<Findings> {
    // The rows in force may be replaced, and swept, while they are read. As in an audit, nothing goes row by row,
    // whatever the statistics say.
    const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_nestloop = off";
    client.batch_execute(BEGIN).await.map_err(|error| from_driver(&error))?;
    let found = find(client, ledger, id).await;
    client.batch_execute("ROLLBACK").await.map_err(|error| from_driver(&error))?;
    found
}

async fn find(client: &ClientWrapper, ledger: LedgerId, id: PayoutId) -> Answer<Findings> {
    let Some(payout) = save::find(client, ledger, id).await? else {
        return Ok(Err(PayoutRefusal::NotFound));
    };
    let Some(content) = payout.content else { return Ok(Err(PayoutRefusal::NoRows)) };
    let rows = Rows { client, ledger, payout: id, content };
    Ok(Ok(Findings {
        frozen: rows.to_wallets(WalletStatus::Frozen).await?,
        closed: rows.to_wallets(WalletStatus::Closed).await?,
        duplicates: rows.duplicates().await?,
        largest: rows.largest().await?,
        likely_duplicate: likely_duplicate(client, ledger, &payout).await?,
    }))
}

/// The rows in force.
struct Rows<'read> {
    client: &'read ClientWrapper,
    ledger: LedgerId,
    payout: PayoutId,
    content: Content,
}

impl Rows<'_> {
    async fn to_wallets(&self, status: WalletStatus) -> Result<Finding, StoreError> {
        const TO_WALLETS: &str = "
            SELECT row_number, count(*) OVER () AS count
            FROM payout_rows r
            WHERE ledger_id = $1 AND payout_id = $2 AND revision = $3
                AND wallet_id IN (SELECT wallet_id FROM wallets WHERE ledger_id = $1 AND status = $5)
            ORDER BY row_number
            LIMIT $4";
        let (payout, revision, limit) = self.parameters(Finding::ROWS_MAX);
        let parameters: [&(dyn postgres_types::ToSql + Sync); 5] =
            [&self.ledger.0, &payout, &revision, &limit, &status.as_str()];
        Ok(finding(&query(self.client, TO_WALLETS, &parameters).await?))
    }

    async fn duplicates(&self) -> Result<Finding, StoreError> {
        const DUPLICATES: &str = "
            SELECT row_number, count(*) OVER () AS count
            FROM (SELECT row_number,
                      row_number() OVER (PARTITION BY wallet_id, amount ORDER BY row_number) AS place
                  FROM payout_rows WHERE ledger_id = $1 AND payout_id = $2 AND revision = $3) AS placed
            WHERE place > 1
            ORDER BY row_number
            LIMIT $4";
        let (payout, revision, limit) = self.parameters(Finding::ROWS_MAX);
        Ok(finding(&query(self.client, DUPLICATES, &[&self.ledger.0, &payout, &revision, &limit]).await?))
    }

    async fn largest(&self) -> Result<Vec<PayoutRow>, StoreError> {
        const LARGEST: &str = select_rows!("true ORDER BY amount DESC, row_number LIMIT $4");
        let (payout, revision, limit) = self.parameters(Findings::LARGEST_MAX);
        let rows = query(self.client, LARGEST, &[&self.ledger.0, &payout, &revision, &limit]).await?;
        rows.iter().map(payout_row).collect()
    }

    fn parameters(&self, limit: usize) -> (i64, i64, i64) {
        (self.payout.0, self.content.revision, i64::try_from(limit).unwrap_or(i64::MAX))
    }
}

fn finding(rows: &[Row]) -> Finding {
    Finding {
        count: rows.first().map_or(0, |row| row.get("count")),
        rows: rows.iter().map(|row| RowNumber(row.get("row_number"))).collect(),
    }
}

/// Another payout of the same content from the same source. Of two that are not executed yet, the later one is
/// the duplicate.
pub(super) async fn likely_duplicate(
    client: &ClientWrapper,
    ledger: LedgerId,
    payout: &Payout,
) -> Result<Option<PayoutId>, StoreError> {
    const OTHER: &str = "
        SELECT payout_id
        FROM payouts
        WHERE ledger_id = $1 AND source_wallet_id = $2 AND digest = $3 AND payout_id <> $4
            AND state NOT IN ('CANCELLED', 'FAILED') AND (state <> 'PENDING' OR payout_id < $4)
        ORDER BY state = 'PENDING', payout_id DESC
        LIMIT 1";
    let Some(content) = payout.content else { return Ok(None) };
    let parameters: [&(dyn postgres_types::ToSql + Sync); 4] =
        [&ledger.0, &payout.source.0, &content.digest.as_slice(), &payout.id.0];
    let others = query(client, OTHER, &parameters).await?;
    Ok(others.first().map(|row| PayoutId(row.get("payout_id"))))
}
