//! Uploads: a file's rows are checked against what there is, and stored some at a time as they arrive.
//!
//! Rows are staged beside those in force, which only give way to an upload that is whole and without a fault. What
//! is in memory at once is bounded by `BATCH_ROWS` and `BATCH_BYTES`, not by the file.

use super::file::{
    BadRow, Column, ErrorLine, FileError, FileFault, FileRow, GoodRow, ROWS_MAX, RowError, RowReader,
};
use super::recipients::Recipients;
use super::tally::{Tally, TotalTooLarge};
use florin_ledger::{LedgerId, PayoutId, RowNumber, Scale, Timestamp, WalletId};
use florin_store::payouts::{
    Checked, DraftCounts, PayoutRefusal, PayoutState, RowFilter, Upload, UploadedRow,
};
use florin_store::{Engine, Origin, Payout, StoreError, WalletRecord};
use std::mem;
use std::sync::Arc;

/// How many rows are checked and stored together.
const BATCH_ROWS: usize = 2_000;

/// How much of a file is: rows may be long.
const BATCH_BYTES: usize = 1024 * 1024;

/// How much of a file is read at once, however large the chunks are in which it comes.
const CHUNK_BYTES: usize = 64 * 1024;

/// How many faults are told at once. The file of errors has all.
const ERRORS_TOLD: usize = 100;

/// An upload under way. The store hears of it with the first rows: a file that is none from the start changes
/// nothing.
pub struct Uploading {
    store: Arc<dyn Engine>,
    terms: UploadTerms,
    kind: Kind,
    /// What the store calls it.
    revision: Option<i64>,
    reader: RowReader,
    rows: Vec<FileRow>,
    bytes: usize,
    errors: Vec<ErrorAt>,
}

enum Kind {
    /// All rows are replaced, and counted as they arrive.
    Replace(Tally),
    /// Some rows of this draft are; then all of it is counted.
    Mend { draft: i64 },
}

/// What an upload is for, and who makes it.
#[derive(Clone, Debug)]
pub struct UploadTerms {
    /// Where.
    pub ledger: LedgerId,
    /// Of which payout.
    pub payout: PayoutId,
    /// The wallet that pays.
    pub source: WalletRecord,
    /// Whether it may pay the house's own wallets.
    pub is_house: bool,
}

/// One fault of a row, and where the row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorAt {
    /// The row's number.
    pub number: u32,
    /// Its line.
    pub line: u64,
    /// What is wrong, in which column.
    pub error: RowError,
}

/// An upload that is read to its end and cannot come in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadUpload {
    /// How many rows there are now, and how many have faults.
    pub counts: DraftCounts,
    /// The first faults of what was sent.
    pub errors: Vec<ErrorAt>,
}

/// Why an upload does not come in force.
#[derive(Debug)]
pub enum UploadError {
    /// It is no payout file.
    File(FileError),
    /// Rows of it have faults.
    Rows(BadUpload),
    /// The payout takes none.
    Refused(PayoutRefusal),
    /// The store has no answer.
    Store(StoreError),
}

impl Uploading {
    /// Replaces all rows of the payout, as it was found.
    pub fn replace(
        payout: &Payout,
        terms: UploadTerms,
        store: Arc<dyn Engine>,
    ) -> Result<Self, PayoutRefusal> {
        demand_pending(payout)?;
        let reader = RowReader::new(terms.source.scale);
        let kind = Kind::Replace(Tally::of(terms.source.wallet.id));
        Ok(Self::new(terms, store, kind, reader))
    }

    /// Mends rows of the payout's draft, as it was found.
    pub fn mend(payout: &Payout, terms: UploadTerms, store: Arc<dyn Engine>) -> Result<Self, PayoutRefusal> {
        demand_pending(payout)?;
        let draft = payout.draft.and_then(|draft| draft.counts.map(|counts| (draft.revision, counts)));
        let draft = draft.filter(|(_, counts)| counts.bad_rows > 0);
        let (draft, counts) = draft.ok_or(PayoutRefusal::NothingToMend)?;
        let last = u32::try_from(counts.rows).unwrap_or(ROWS_MAX);
        let reader = RowReader::mending(last, terms.source.scale);
        Ok(Self::new(terms, store, Kind::Mend { draft }, reader))
    }

    fn new(terms: UploadTerms, store: Arc<dyn Engine>, kind: Kind, reader: RowReader) -> Self {
        let (rows, errors) = (Vec::new(), Vec::new());
        Self { store, terms, kind, revision: None, reader, rows, bytes: 0, errors }
    }

    /// Takes a chunk of the file.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<(), UploadError> {
        for chunk in chunk.chunks(CHUNK_BYTES) {
            self.reader.push(chunk, &mut self.rows)?;
            self.bytes += chunk.len();
            if self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
                self.store_rows().await?;
            }
        }
        Ok(())
    }

    /// Ends the file: if all rows are good, they come in force.
    pub async fn finish(mut self, origin: Origin, now: Timestamp) -> Result<Payout, UploadError> {
        if let Err(error) = self.read_the_rest().await {
            self.abandon(origin, now).await;
            return Err(error);
        }
        let UploadTerms { ledger, payout, .. } = self.terms;
        let revision = self.begun().await?;
        let tally = match self.kind {
            Kind::Replace(tally) => tally,
            Kind::Mend { .. } => self.count_stored(revision).await?,
        };
        let upload = tally.upload(revision);
        let payout = self.store.end_upload(ledger, payout, revision, upload, origin, now).await??;
        match upload {
            Upload::Good(_) => Ok(payout),
            Upload::Bad(counts) => Err(UploadError::Rows(BadUpload { counts, errors: self.errors })),
        }
    }

    /// Gives up. What was to be mended can be mended again, as far as it is now.
    pub async fn abandon(self, origin: Origin, now: Timestamp) {
        if let (Kind::Mend { .. }, Some(revision)) = (&self.kind, self.revision)
            && let Err(error) = self.leave_to_be_mended(revision, origin, now).await
        {
            tracing::warn!(payout = %self.terms.payout, ?error, "a draft can only be replaced now");
        }
    }

    async fn leave_to_be_mended(
        &self,
        revision: i64,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), UploadError> {
        let UploadTerms { ledger, payout, .. } = self.terms;
        let upload = Upload::Bad(self.count_stored(revision).await?.counts());
        self.store.end_upload(ledger, payout, revision, upload, origin, now).await??;
        Ok(())
    }

    /// The revision that takes the rows.
    async fn begun(&mut self) -> Result<i64, UploadError> {
        if let Some(revision) = self.revision {
            return Ok(revision);
        }
        let UploadTerms { ledger, payout, .. } = self.terms;
        let revision = match self.kind {
            Kind::Replace(_) => self.store.begin_upload(ledger, payout).await??,
            Kind::Mend { .. } => self.store.begin_mending(ledger, payout).await??,
        };
        self.revision = Some(revision);
        match self.kind {
            // Since it was looked at, the draft was replaced.
            Kind::Mend { draft } if draft != revision => Err(PayoutRefusal::UploadSuperseded.into()),
            Kind::Mend { .. } | Kind::Replace(_) => Ok(revision),
        }
    }

    async fn read_the_rest(&mut self) -> Result<(), UploadError> {
        self.reader.finish(&mut self.rows)?;
        self.store_rows().await
    }

    /// All rows of the draft, those too that were not sent again.
    async fn count_stored(&self, revision: i64) -> Result<Tally, UploadError> {
        let UploadTerms { ledger, payout, .. } = self.terms;
        let mut tally = Tally::of(self.terms.source.wallet.id);
        let mut after = RowNumber(0);
        loop {
            let (filter, limit) = (RowFilter::default(), BATCH_ROWS);
            let rows = self.store.payout_rows(ledger, payout, revision, filter, after, limit).await?;
            let Some(last) = rows.last() else { return Ok(tally) };
            after = last.uploaded.number;
            for row in &rows {
                add(&mut tally, &row.uploaded)?;
            }
        }
    }

    /// Checks and stores what was read so far.
    async fn store_rows(&mut self) -> Result<(), UploadError> {
        self.bytes = 0;
        let mut rows = mem::take(&mut self.rows).into_iter();
        loop {
            let batch: Vec<_> = rows.by_ref().take(BATCH_ROWS).collect();
            if batch.is_empty() {
                return Ok(());
            }
            self.store_batch(batch).await?;
        }
    }

    async fn store_batch(&mut self, batch: Vec<FileRow>) -> Result<(), UploadError> {
        let recipients = Recipients::of(&batch, &self.terms, &*self.store).await?;
        let scale = self.terms.source.scale;
        let mut rows = Vec::with_capacity(batch.len());
        for row in batch {
            let row = match row {
                FileRow::Good(row) => match recipients.wallet(&row.recipient) {
                    Ok(wallet) => good(row, wallet, scale),
                    Err(fault) => bad(row.with(fault.of(Column::RecipientId)), &mut self.errors),
                },
                FileRow::Bad(row) => bad(row, &mut self.errors),
            };
            if let Kind::Replace(tally) = &mut self.kind {
                add(tally, &row)?;
            }
            rows.push(row);
        }
        let UploadTerms { ledger, payout, .. } = self.terms;
        let revision = self.begun().await?;
        Ok(self.store.store_rows(ledger, payout, revision, rows).await??)
    }
}

fn demand_pending(payout: &Payout) -> Result<(), PayoutRefusal> {
    match payout.state {
        PayoutState::Pending => Ok(()),
        state => Err(PayoutRefusal::WrongState(state)),
    }
}

fn good(row: GoodRow, wallet: WalletId, scale: Scale) -> UploadedRow {
    let amount = row.amount.to_amount(scale).expect("the reader lets through what fits the scale");
    UploadedRow {
        number: RowNumber(row.number.into()),
        line: row.line.cast_signed(),
        recipient: row.recipient.to_string(),
        reference: row.reference.map(|reference| reference.as_str().to_owned()),
        memo: row.memo,
        checked: Checked::Good { wallet, amount },
    }
}

/// The row with what is wrong with it, which is told too if it is among the first.
fn bad(row: BadRow, told: &mut Vec<ErrorAt>) -> UploadedRow {
    let BadRow { number, line, cells, errors } = row;
    let room = ERRORS_TOLD.saturating_sub(told.len());
    told.extend(errors.iter().take(room).map(|error| ErrorAt { number, line, error: *error }));
    let faults: Vec<_> =
        errors.iter().map(|error| (error.column.as_str(), error.fault.to_string())).collect();
    let faults = faults.iter().map(|(column, detail)| (*column, detail.as_str()));
    let text = |text: String| Some(text).filter(|text| !text.is_empty());
    UploadedRow {
        number: RowNumber(number.into()),
        line: line.cast_signed(),
        recipient: cells.recipient,
        reference: text(cells.reference),
        memo: text(cells.memo),
        checked: Checked::Bad { amount: cells.amount, fault: ErrorLine::text(line, faults) },
    }
}

fn add(tally: &mut Tally, row: &UploadedRow) -> Result<(), UploadError> {
    let too_large = |TotalTooLarge| FileFault::TotalTooLarge.in_line(row.line.cast_unsigned());
    tally.add(row).map_err(too_large).map_err(UploadError::File)
}

impl From<FileError> for UploadError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<PayoutRefusal> for UploadError {
    fn from(refusal: PayoutRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for UploadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
