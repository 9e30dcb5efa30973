//! Payouts on PostgreSQL. Every change of a payout is one database transaction: its row is locked, the rules of
//! [`crate::payouts`] say what becomes of it, and it is written back with its line of the audit log.
//!
//! | module | what it does |
//! | --- | --- |
//! | `records`, `save` | payouts and rows as columns, read, locked and written |
//! | `locked` | a payout under its lock |
//! | `uploads` | payouts are made, and their rows stored |
//! | `reads`, `findings` | pages, and what is worth knowing of a content |
//! | `requests` | approve, execute, retry, compensate, steer |
//! | `runs` | leases, rows that are not decided, and the end |
//! | `batch` | what a batch of the committer reads and writes of payouts, beside its transactions |
//! | `audit` | what must be true of payouts and transactions |
//!
//! Rules: locks are taken in one order: wallets, payouts, their rows, and last the counters. What becomes of a row
//! is written by a batch and by nothing else.

mod audit;
mod batch;
mod findings;
mod locked;
mod reads;
mod records;
mod requests;
mod runs;
mod save;
mod uploads;

pub(super) use audit::CHECKS;
pub(super) use batch::{Fences, update};

use super::Postgres;
use crate::payouts::{
    Answer, Execution, Findings, NewCompensation, NewPayout, Payout, PayoutFilter, PayoutRow, PayoutStore,
    RowFilter, Steer, Upload, UploadedRow,
};
use crate::{Created, CreationKey, Origin, StoreError, Username, WalletRecord};
use async_trait::async_trait;
use florin_ledger::{AssetCode, Caller, Fence, LedgerId, PayoutId, RowNumber, Run, Timestamp, UserId};

#[async_trait]
impl PayoutStore for Postgres {
    async fn create_payout(
        &self,
        ledger: LedgerId,
        payout: NewPayout,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<Payout>, StoreError> {
        uploads::create(self, ledger, payout, key, &origin, now).await
    }

    async fn payout(&self, ledger: LedgerId, id: PayoutId) -> Result<Option<Payout>, StoreError> {
        self.read(async |client| save::find(client, ledger, id).await).await
    }

    async fn payouts(
        &self,
        ledger: LedgerId,
        filter: PayoutFilter,
        before: Option<PayoutId>,
        limit: usize,
    ) -> Result<Vec<Payout>, StoreError> {
        self.read(async |client| reads::page(client, ledger, filter, before, limit).await).await
    }

    async fn main_wallets(
        &self,
        ledger: LedgerId,
        asset: AssetCode,
        names: Vec<Username>,
    ) -> Result<Vec<(Username, WalletRecord)>, StoreError> {
        self.read(async |client| super::wallets::main_by_names(client, ledger, asset, &names).await).await
    }

    async fn begin_upload(&self, ledger: LedgerId, id: PayoutId) -> Answer<i64> {
        uploads::begin(self, ledger, id, Payout::begin_upload).await
    }

    async fn begin_mending(&self, ledger: LedgerId, id: PayoutId) -> Answer<i64> {
        uploads::begin(self, ledger, id, Payout::begin_mending).await
    }

    async fn store_rows(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        revision: i64,
        rows: Vec<UploadedRow>,
    ) -> Answer<()> {
        uploads::store_rows(self, ledger, id, revision, rows).await
    }

    async fn end_upload(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        revision: i64,
        upload: Upload,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        uploads::end(self, ledger, id, revision, upload, &origin, now).await
    }

    async fn sweep_rows(&self, ledger: LedgerId, id: PayoutId) -> Result<bool, StoreError> {
        uploads::sweep_rows(self, ledger, id).await
    }

    async fn payout_rows(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        revision: i64,
        filter: RowFilter,
        after: RowNumber,
        limit: usize,
    ) -> Result<Vec<PayoutRow>, StoreError> {
        self.read(async |client| reads::rows(client, ledger, id, revision, filter, after, limit).await).await
    }

    async fn findings(&self, ledger: LedgerId, id: PayoutId) -> Answer<Findings> {
        self.read(async |client| findings::findings(client, ledger, id).await).await
    }

    async fn approve_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        approver: UserId,
        digest: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        requests::approve(self, ledger, id, approver, digest, &origin, now).await
    }

    async fn execute_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        execution: Execution,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        requests::execute(self, ledger, id, execution, key, &origin, now).await
    }

    async fn retry_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        caller: Caller,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        requests::retry(self, ledger, id, caller, key, &origin, now).await
    }

    async fn compensate_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        compensation: NewCompensation,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        requests::compensate(self, ledger, id, &compensation, key, &origin, now).await
    }

    async fn steer_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        steer: Steer,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        requests::steer(self, ledger, id, steer, &origin, now).await
    }

    async fn claim_payout(
        &self,
        ledger: LedgerId,
        held: Option<(PayoutId, Fence)>,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Payout>, StoreError> {
        runs::claim(self, ledger, held, now, lease_until).await
    }

    async fn undecided_rows(
        &self,
        ledger: LedgerId,
        payout: &Payout,
        run: Run,
        after: RowNumber,
        limit: usize,
    ) -> Result<Vec<PayoutRow>, StoreError> {
        self.read(async |client| runs::undecided(client, ledger, payout, run, after, limit).await).await
    }

    async fn end_run(
        &self,
        ledger: LedgerId,
        run: Run,
        fence: Fence,
        now: Timestamp,
    ) -> Result<Option<Payout>, StoreError> {
        runs::end(self, ledger, run, fence, now).await
    }
}
