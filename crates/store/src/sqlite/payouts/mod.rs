//! Payouts in the file: what is asked of them, their rows, and who runs them.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `records` | payouts and rows as columns |
//! | `uploads` | rows before anything is paid |
//! | `requests` | what people want of a payout |
//! | `runs` | leases, the rows that are left, and what a batch did with them |
//! | `findings` | what is worth knowing before |

mod findings;
pub(super) mod records;
mod requests;
pub(super) mod runs;
mod uploads;

use super::Sqlite;
use crate::payouts::{
    Answer, Execution, Findings, NewCompensation, NewPayout, Payout, PayoutFilter, PayoutRow, PayoutStore,
    RowFilter, Steer, Upload, UploadedRow,
};
use crate::{Created, CreationKey, Origin, StoreError, Username, WalletRecord};
use async_trait::async_trait;
use florin_ledger::{AssetCode, Caller, Fence, LedgerId, PayoutId, RowNumber, Run, Timestamp, UserId};

#[async_trait]
impl PayoutStore for Sqlite {
    async fn create_payout(
        &self,
        ledger: LedgerId,
        payout: NewPayout,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<Payout>, StoreError> {
        self.writer()?.run(move |db_tx| requests::create(db_tx, ledger, &payout, key, &origin, now)).await
    }

    async fn payout(&self, ledger: LedgerId, id: PayoutId) -> Result<Option<Payout>, StoreError> {
        self.readers.run(move |db_tx| records::find(db_tx, ledger, id)).await
    }

    async fn payouts(
        &self,
        ledger: LedgerId,
        filter: PayoutFilter,
        before: Option<PayoutId>,
        limit: usize,
    ) -> Result<Vec<Payout>, StoreError> {
        self.readers.run(move |db_tx| requests::page(db_tx, ledger, filter, before, limit)).await
    }

    async fn main_wallets(
        &self,
        ledger: LedgerId,
        asset: AssetCode,
        names: Vec<Username>,
    ) -> Result<Vec<(Username, WalletRecord)>, StoreError> {
        self.readers.run(move |db_tx| uploads::main_wallets(db_tx, ledger, asset, names)).await
    }

    async fn begin_upload(&self, ledger: LedgerId, id: PayoutId) -> Answer<i64> {
        self.writer()?.run(move |db_tx| uploads::begin(db_tx, ledger, id)).await
    }

    async fn begin_mending(&self, ledger: LedgerId, id: PayoutId) -> Answer<i64> {
        self.writer()?.run(move |db_tx| uploads::begin_mending(db_tx, ledger, id)).await
    }

    async fn store_rows(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        revision: i64,
        rows: Vec<UploadedRow>,
    ) -> Answer<()> {
        self.writer()?.run(move |db_tx| uploads::store(db_tx, ledger, id, revision, &rows)).await
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
        self.writer()?.run(move |db_tx| uploads::end(db_tx, ledger, id, revision, upload, &origin, now)).await
    }

    async fn sweep_rows(&self, ledger: LedgerId, id: PayoutId) -> Result<bool, StoreError> {
        self.writer()?.run(move |db_tx| uploads::sweep(db_tx, ledger, id)).await
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
        self.readers.run(move |db_tx| uploads::page(db_tx, ledger, id, revision, filter, after, limit)).await
    }

    async fn findings(&self, ledger: LedgerId, id: PayoutId) -> Answer<Findings> {
        self.readers.run(move |db_tx| findings::findings(db_tx, ledger, id)).await
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
        self.writer()?
            .run(move |db_tx| requests::approve(db_tx, ledger, id, approver, digest, &origin, now))
            .await
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
        self.writer()?
            .run(move |db_tx| requests::execute(db_tx, ledger, id, execution, key, &origin, now))
            .await
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
        self.writer()?.run(move |db_tx| requests::retry(db_tx, ledger, id, caller, key, &origin, now)).await
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
        self.writer()?
            .run(move |db_tx| requests::compensate(db_tx, ledger, id, &compensation, key, &origin, now))
            .await
    }

    async fn steer_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        steer: Steer,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout> {
        self.writer()?.run(move |db_tx| requests::steer(db_tx, ledger, id, steer, &origin, now)).await
    }

    async fn claim_payout(
        &self,
        ledger: LedgerId,
        held: Option<(PayoutId, Fence)>,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Payout>, StoreError> {
        self.writer()?.run(move |db_tx| runs::claim(db_tx, ledger, held, now, lease_until)).await
    }

    async fn undecided_rows(
        &self,
        ledger: LedgerId,
        payout: &Payout,
        run: Run,
        after: RowNumber,
        limit: usize,
    ) -> Result<Vec<PayoutRow>, StoreError> {
        let payout = payout.clone();
        self.readers.run(move |db_tx| runs::undecided(db_tx, ledger, &payout, run, after, limit)).await
    }

    async fn end_run(
        &self,
        ledger: LedgerId,
        run: Run,
        fence: Fence,
        now: Timestamp,
    ) -> Result<Option<Payout>, StoreError> {
        self.writer()?.run(move |db_tx| runs::end(db_tx, ledger, run, fence, now)).await
    }
}
