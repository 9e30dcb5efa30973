//! Payouts from a CSV: one transfer a row, and each row marked after its transfer.

use super::database::Database;
use super::http::Refusal;
use axum::http::StatusCode;

impl Database {
    pub(super) async fn create_batch(&self, from: i64) -> Result<i64, Refusal> {
        let insert = "INSERT INTO batches (from_wallet) VALUES ($1) RETURNING id";
        Ok(self.insert(insert, &[from.into()]).await?)
    }

    /// Stores the rows of a file of wallets, amounts and references, under a header.
    pub(super) async fn add_rows(&self, batch: i64, csv: &str) -> Result<(), Refusal> {
        for line in csv.lines().skip(1) {
            let mut cells = line.split(',');
            let (to, amount) = (cells.next(), cells.next());
            let row = to.zip(amount).and_then(|(to, amount)| Some((to.parse().ok()?, amount.parse().ok()?)));
            let (to, amount): (i64, f64) = row.ok_or(Refusal(StatusCode::BAD_REQUEST, "csv_invalid"))?;
            let reference = cells.next().unwrap_or_default();
            let insert = "
                INSERT INTO batch_rows (batch_id, to_wallet, amount, reference) VALUES ($1, $2, $3, $4)";
            self.query(insert, &[batch.into(), to.into(), amount.into(), reference.into()]).await?;
        }
        Ok(())
    }

    /// The rows as a file.
    pub(super) async fn export_rows(&self, batch: i64) -> Result<String, Refusal> {
        let select = "
            SELECT to_wallet, amount, reference, status FROM batch_rows WHERE batch_id = $1 ORDER BY id";
        let rows = self.query(select, &[batch.into()]).await?;
        let lines = rows
            .iter()
            .map(|row| format!("{},{},{},{}\n", row.int(0), row.float(1), row.text(2), row.text(3)));
        Ok(std::iter::once("wallet,amount,reference,status\n".to_owned()).chain(lines).collect())
    }

    pub(super) async fn pending_rows(&self, batch: i64) -> Result<i64, Refusal> {
        let select = "SELECT count(*) FROM batch_rows WHERE batch_id = $1 AND status = 'pending'";
        Ok(self.query(select, &[batch.into()]).await?.first().map_or(0, |row| row.int(0)))
    }

    /// Pays the rows that are not paid yet.
    pub(super) async fn execute_batch(&self, batch: i64) -> Result<(), Refusal> {
        let select = "SELECT from_wallet FROM batches WHERE id = $1";
        let batches = self.query(select, &[batch.into()]).await?;
        let from = batches.first().ok_or(Refusal(StatusCode::NOT_FOUND, "batch_not_found"))?.int(0);
        let pending = "
            SELECT id, to_wallet, amount FROM batch_rows
            WHERE batch_id = $1 AND status = 'pending' ORDER BY id";
        for row in self.query(pending, &[batch.into()]).await? {
            let (from, to) = (self.wallet(from).await?, self.wallet(row.int(1)).await?);
            self.transfer(&from, &to, row.float(2)).await?;
            let update = "UPDATE batch_rows SET status = 'paid' WHERE id = $1";
            self.query(update, &[row.int(0).into()]).await?;
        }
        Ok(())
    }
}
