//! Wallets, and moving money between them: read, compute, write.

use super::cache;
use super::database::{Database, DatabaseError, Row};
use super::http::Refusal;
use axum::http::StatusCode;

/// A wallet as it was when it was read.
pub(super) struct Wallet {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) balance: f64,
    pub(super) status: String,
}

/// A movement as it was recorded.
pub(super) struct Recorded {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) amount: f64,
}

/// To cents.
pub(super) fn round(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

impl Wallet {
    /// Of its user, balance and status.
    pub(super) fn read(id: i64, row: &Row) -> Self {
        Self { id, user_id: row.int(0), balance: row.float(1), status: row.text(2) }
    }

    /// What it has, if it may move anything.
    pub(super) fn spendable(&self) -> Result<f64, Refusal> {
        match self.status.as_str() {
            "frozen" => Err(Refusal(StatusCode::CONFLICT, "wallet_frozen")),
            _ => Ok(self.balance),
        }
    }
}

impl Database {
    pub(super) async fn wallet(&self, id: i64) -> Result<Wallet, Refusal> {
        let select = "SELECT user_id, balance, status FROM wallets WHERE id = $1";
        let rows = self.query(select, &[id.into()]).await?;
        let row = rows.first().ok_or(Refusal(StatusCode::NOT_FOUND, "wallet_not_found"))?;
        let balance = cache::balance(id).await.unwrap_or(row.float(1));
        Ok(Wallet { balance, ..Wallet::read(id, row) })
    }

    pub(super) async fn set_balance(&self, wallet: i64, balance: f64) -> Result<(), DatabaseError> {
        let update = "UPDATE wallets SET balance = $1 WHERE id = $2";
        self.query(update, &[balance.into(), wallet.into()]).await?;
        cache::keep(wallet, balance).await;
        Ok(())
    }

    pub(super) async fn set_status(&self, wallet: i64, status: &str) -> Result<(), DatabaseError> {
        let update = "UPDATE wallets SET status = $1 WHERE id = $2";
        self.query(update, &[status.into(), wallet.into()]).await.map(drop)
    }

    async fn debit(&self, wallet: &Wallet, amount: f64) -> Result<(), Refusal> {
        let before = wallet.spendable()?;
        if before < amount {
            return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, "insufficient_funds"));
        }
        Ok(self.set_balance(wallet.id, before - amount).await?)
    }

    async fn credit(&self, wallet: &Wallet, amount: f64) -> Result<(), Refusal> {
        Ok(self.set_balance(wallet.id, wallet.spendable()? + amount).await?)
    }

    /// Moves money between two wallets, and records it.
    pub(super) async fn transfer(&self, from: &Wallet, to: &Wallet, amount: f64) -> Result<i64, Refusal> {
        self.debit(from, amount).await?;
        self.credit(to, amount).await?;
        self.record("transfer", from.id, to.id, amount, 0).await
    }

    pub(super) async fn deposit(&self, wallet: i64, amount: f64) -> Result<i64, Refusal> {
        let wallet = self.wallet(wallet).await?;
        self.credit(&wallet, amount).await?;
        self.record("deposit", 0, wallet.id, amount, 0).await
    }

    /// Gives back what a transfer moved, or a part of it, if that much is left.
    pub(super) async fn refund(&self, transaction: i64, part: Option<f64>) -> Result<i64, Refusal> {
        let Recorded { from, to, amount: paid } = self.transaction(transaction).await?;
        let amount = part.unwrap_or(paid);
        let earlier = "SELECT amount FROM transactions WHERE refund_of = $1";
        let refunded: f64 =
            self.query(earlier, &[transaction.into()]).await?.iter().map(|row| row.float(0)).sum();
        if refunded + amount > paid {
            return Err(Refusal(StatusCode::CONFLICT, "already_refunded"));
        }
        let (giver, receiver) = (self.wallet(to).await?, self.wallet(from).await?);
        self.debit(&giver, amount).await?;
        self.credit(&receiver, amount).await?;
        self.record("refund", to, from, amount, transaction).await
    }

    async fn transaction(&self, id: i64) -> Result<Recorded, Refusal> {
        let select = "SELECT from_wallet, to_wallet, amount FROM transactions WHERE id = $1";
        let rows = self.query(select, &[id.into()]).await?;
        let row = rows.first().ok_or(Refusal(StatusCode::NOT_FOUND, "transaction_not_found"))?;
        Ok(Recorded { from: row.int(0), to: row.int(1), amount: row.float(2) })
    }

    async fn record(
        &self,
        kind: &str,
        from: i64,
        to: i64,
        amount: f64,
        refund_of: i64,
    ) -> Result<i64, Refusal> {
        let insert = "
            INSERT INTO transactions (kind, from_wallet, to_wallet, amount, refund_of)
            VALUES ($1, $2, $3, $4, $5) RETURNING id";
        let values = [kind.into(), from.into(), to.into(), amount.into(), refund_of.into()];
        Ok(self.insert(insert, &values).await?)
    }
}
