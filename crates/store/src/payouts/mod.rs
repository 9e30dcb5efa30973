//! Payouts: what is stored of them, and how they move from state to state.
//!
//! A payout's rows belong to a revision: an upload writes a new one beside the one in force, which only gives way
//! to it whole and without a fault. Whoever runs a payout holds its lease; every lease has a number, the fence,
//! which the statement that writes a batch's rows checks.

mod audit_lines;
mod rules;

use crate::{Created, CreationKey, Origin, StoreError, Username, WalletRecord};
use async_trait::async_trait;
use florin_ledger::{
    Amount, AssetCode, Caller, Fence, LedgerId, PayoutId, Principal, RowNumber, Run, RunKind, Timestamp,
    TransactionId, UserId, WalletId,
};

/// Where a payout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayoutState {
    /// Its rows can be changed; nothing is paid.
    Pending,
    /// Its rows are being paid.
    Processing,
    /// So they were, and somebody stopped it for a while.
    Paused,
    /// All rows were paid.
    Completed,
    /// Some rows were paid, and all others failed.
    PartiallyFailed,
    /// No row could be paid.
    Failed,
    /// Somebody stopped it for good. What was paid stays paid.
    Cancelled,
}

impl PayoutState {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Processing,
        Self::Paused,
        Self::Completed,
        Self::PartiallyFailed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The state's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Paused => "PAUSED",
            Self::Completed => "COMPLETED",
            Self::PartiallyFailed => "PARTIALLY_FAILED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// What a run leaves behind that decided all its rows: so many done, so many failed.
    pub const fn of_ended(done: i64, failed: i64) -> Self {
        match (done, failed) {
            (_, 0) => Self::Completed,
            (0, _) => Self::Failed,
            _ => Self::PartiallyFailed,
        }
    }
}

/// A batch of transfers from one wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// The wallet that pays.
    pub source: WalletId,
    /// What is paid.
    pub asset: AssetCode,
    /// What people call it.
    pub name: Option<String>,
    /// Who made it.
    pub creator: Principal,
    /// When.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: PayoutState,
    /// The rows in force; none before the first good upload.
    pub content: Option<Content>,
    /// The last upload, where it is under way or has faults.
    pub draft: Option<Draft>,
    /// The number of the next upload.
    pub next_revision: i64,
    /// That somebody else agrees with the content.
    pub approval: Option<ContentApproval>,
    /// How it is paid; none before the first execution.
    pub payment: Option<Progress>,
    /// How it is reversed; none before the first compensation.
    pub compensation: Option<Compensation>,
    /// How much of what was paid has been reversed, over all compensations.
    pub reversed_total: Amount,
    /// Counts the changes of this record: what a watcher has seen.
    pub version: i64,
    /// How often its lease was given, or taken away.
    pub fence: Fence,
    /// Until when whoever has the lease has it for sure.
    pub lease_until: Option<Timestamp>,
}

impl Payout {
    /// What is to be done with its rows now, if anything is.
    pub fn run(&self) -> Option<Run> {
        let run = |kind, number| Run { payout: self.id, kind, number };
        match (&self.state, &self.payment, &self.compensation) {
            (PayoutState::Processing, Some(payment), _) => Some(run(RunKind::Pay, payment.number)),
            (_, _, Some(compensation)) if compensation.progress.ended_at.is_none() => {
                Some(run(RunKind::Compensate, compensation.progress.number))
            }
            _ => None,
        }
    }
}

/// All rows of a revision in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Which.
    pub revision: i64,
    /// How many rows.
    pub rows: i64,
    /// What they pay together.
    pub total: Amount,
    /// SHA-256 over the source and all rows, in order.
    pub digest: [u8; 32],
}

/// An upload that is not in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which revision.
    pub revision: i64,
    /// How many rows it has, and how many of them have faults; none while it is under way.
    pub counts: Option<DraftCounts>,
}

/// What an upload that cannot come in force consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftCounts {
    /// How many rows.
    pub rows: i64,
    /// How many of them have faults.
    pub bad_rows: i64,
}

/// What an upload turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// All rows are good: they come in force.
    Good(Content),
    /// Some are not: it stays a draft.
    Bad(DraftCounts),
}

/// That an operator agrees with certain content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentApproval {
    /// Who.
    pub by: UserId,
    /// With what: the content's digest.
    pub digest: [u8; 32],
    /// When.
    pub at: Timestamp,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which go this is, from 1.
    pub number: i64,
    /// Who asked for it, and with what power.
    pub caller: Caller,
    /// How many rows there are to do.
    pub rows: i64,
    /// How many are done. For payments: over all goes.
    pub done_rows: i64,
    /// What they moved together.
    pub done_total: Amount,
    /// How many failed in this go.
    pub failed_rows: i64,
    /// Since when.
    pub started_at: Timestamp,
    /// Until when, if it has ended.
    pub ended_at: Option<Timestamp>,
}

/// A compensation, and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compensation {
    /// Which rows that were paid.
    pub selection: Selection,
    /// Whether a receiver who has spent some may give back the rest.
    pub allows_partial: bool,
    /// How it stands.
    pub progress: Progress,
}

/// Which rows to compensate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only rows that were named one by one.
    pub named: bool,
    /// From this row on.
    pub first_row: Option<RowNumber>,
    /// Up to this row.
    pub last_row: Option<RowNumber>,
    /// Only what this wallet received.
    pub recipient: Option<WalletId>,
}

/// A payout that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayout {
    /// The wallet that pays.
    pub source: WalletId,
    /// What it holds.
    pub asset: AssetCode,
    /// What people call it.
    pub name: Option<String>,
    /// Who makes it.
    pub creator: Principal,
}

/// A row as it was uploaded and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedRow {
    /// Its number.
    pub number: RowNumber,
    /// Where it stands in the file.
    pub line: i64,
    /// Whom to pay, as the file says.
    pub recipient: String,
    /// The caller's note.
    pub reference: Option<String>,
    /// The caller's longer note.
    pub memo: Option<String>,
    /// What it says.
    pub checked: Checked,
}

/// What is to be done by a row, or why nothing can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// A payment.
    Good {
        /// To whom.
        wallet: WalletId,
        /// How much.
        amount: Amount,
    },
    /// Nothing, because something is wrong with it.
    Bad {
        /// The amount as the file says.
        amount: String,
        /// What is wrong, for a person to read.
        fault: String,
    },
}

/// A row's state, as it is stored. What has no outcome in a payout that was cancelled is shown as cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowState {
    /// Something is wrong with it, so its upload is not in force.
    Invalid,
    /// It is to be paid.
    Pending,
    /// It was paid.
    Paid,
    /// It could not be paid.
    Failed,
}

impl RowState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Invalid, Self::Pending, Self::Paid, Self::Failed];

    /// The state's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "INVALID",
            Self::Pending => "PENDING",
            Self::Paid => "PAID",
            Self::Failed => "FAILED",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What became of a row's reversal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompensationState {
    /// All that was left of it was reversed.
    Reversed,
    /// A part was.
    PartiallyReversed,
    /// It could not be reversed.
    Failed,
}

impl CompensationState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reversed, Self::PartiallyReversed, Self::Failed];

    /// The state's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reversed => "REVERSED",
            Self::PartiallyReversed => "PARTIALLY_REVERSED",
            Self::Failed => "FAILED",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A row, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutRow {
    /// What was uploaded.
    pub uploaded: UploadedRow,
    /// Where it stands.
    pub state: RowState,
    /// The run that decided it last; 0 before the first.
    pub run: i64,
    /// How it was settled, if it was.
    pub outcome: Option<RowOutcome>,
    /// What became of its reversal, if there was a try.
    pub compensation: Option<RowCompensation>,
}

/// How a row was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOutcome {
    /// The transaction, where one was recorded.
    pub transaction: Option<TransactionId>,
    /// The rejection's code, where it failed.
    pub failure: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What became of a row's reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowCompensation {
    /// Where it stands.
    pub state: CompensationState,
    /// The compensation that decided it last.
    pub run: i64,
    /// How much was reversed, over all compensations.
    pub reversed: Amount,
    /// How the last try was settled.
    pub outcome: RowOutcome,
}

/// Which payouts; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayoutFilter {
    /// From this user's wallets.
    pub owner: Option<UserId>,
    /// From this wallet.
    pub source: Option<WalletId>,
    /// In this state.
    pub state: Option<PayoutState>,
}

/// Which rows; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowFilter {
    /// In this state.
    pub state: Option<RowState>,
    /// Whose reversal came to this.
    pub compensation: Option<CompensationState>,
}

/// What a person should know of a content before they execute it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Rows to frozen wallets.
    pub frozen: Finding,
    /// Rows to closed wallets.
    pub closed: Finding,
    /// Rows that pay what an earlier row pays to the same wallet.
    pub duplicates: Finding,
    /// The rows that pay most, the largest first.
    pub largest: Vec<PayoutRow>,
    /// A payout of the same content from the same source: the newest that was or is executed, or an older one.
    pub likely_duplicate: Option<PayoutId>,
}

/// Rows of one kind: how many, and the first ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How many.
    pub count: i64,
    /// The first 100.
    pub rows: Vec<RowNumber>,
}

impl Finding {
    /// How many rows are named.
    pub const ROWS_MAX: usize = 100;
}

impl Findings {
    /// How many of the largest rows are shown.
    pub const LARGEST_MAX: usize = 10;
}

/// A request to pay a payout's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Who asks, and with what power.
    pub caller: Caller,
    /// The content that is meant.
    pub digest: [u8; 32],
    /// Whether it may be a likely duplicate.
    pub allows_duplicate: bool,
    /// Whether somebody else must have agreed.
    pub needs_approval: bool,
}

/// A request to reverse rows that were paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCompensation {
    /// Who asks, and with what power.
    pub caller: Caller,
    /// Which rows; those that are named stand in `rows`.
    pub selection: Selection,
    /// The rows that are named, if any are.
    pub rows: Vec<RowNumber>,
    /// Whether a receiver who has spent some may give back the rest.
    pub allows_partial: bool,
}

/// What to do with a payout that is not at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Stop it for a while.
    Pause,
    /// Go on.
    Resume,
    /// Stop it for good.
    Cancel,
}

/// Why something cannot be done with a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutRefusal {
    /// There is none.
    NotFound,
    /// The key was used for something else.
    KeyReused,
    /// Not in this state.
    WrongState(PayoutState),
    /// Another upload has begun since.
    UploadSuperseded,
    /// There is no upload with faults to mend.
    NothingToMend,
    /// It has no rows in force.
    NoRows,
    /// The rows are not those that were meant.
    ContentChanged,
    /// Somebody else must agree first.
    ApprovalNeeded,
    /// Who made or asked for it cannot agree with it too.
    OwnApproval,
    /// It pays what this payout pays or has paid.
    LikelyDuplicate(PayoutId),
    /// No row that failed, or none that was paid and is not reversed.
    NothingToDo,
    /// A compensation is under way.
    CompensationUnderWay,
}

/// What became of a request about a payout.
pub type Answer<T> = Result<Result<T, PayoutRefusal>, StoreError>;

/// Payouts, durably. What was said of [`Store`](crate::Store) holds here too.
#[async_trait]
pub trait PayoutStore: Send + Sync + 'static {
    /// Makes a payout without rows.
    async fn create_payout(
        &self,
        ledger: LedgerId,
        payout: NewPayout,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Created<Payout>, StoreError>;

    /// One payout.
    async fn payout(&self, ledger: LedgerId, id: PayoutId) -> Result<Option<Payout>, StoreError>;

    /// Payouts that match, newest (highest id) first, below `before`.
    async fn payouts(
        &self,
        ledger: LedgerId,
        filter: PayoutFilter,
        before: Option<PayoutId>,
        limit: usize,
    ) -> Result<Vec<Payout>, StoreError>;

    // Rows.

    /// The main wallets in an asset of those of the users that exist and have one.
    async fn main_wallets(
        &self,
        ledger: LedgerId,
        asset: AssetCode,
        names: Vec<Username>,
    ) -> Result<Vec<(Username, WalletRecord)>, StoreError>;

    /// Begins an upload: its revision. Whatever draft there was is no more.
    async fn begin_upload(&self, ledger: LedgerId, id: PayoutId) -> Answer<i64>;

    /// The revision of the draft whose faults are to be mended, with its rows as they are. It is under way again:
    /// until this mending ends it, no other can begin, so nobody changes rows that somebody else has counted.
    async fn begin_mending(&self, ledger: LedgerId, id: PayoutId) -> Answer<i64>;

    /// Stores rows of a draft, in the place of those of the same numbers.
    async fn store_rows(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        revision: i64,
        rows: Vec<UploadedRow>,
    ) -> Answer<()>;

    /// Ends an upload: good rows come in force, and whoever had agreed with others has not with these.
    async fn end_upload(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        revision: i64,
        upload: Upload,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout>;

    /// Deletes rows that no longer count, a few thousand at a time; whether there may be more.
    async fn sweep_rows(&self, ledger: LedgerId, id: PayoutId) -> Result<bool, StoreError>;

    /// Rows of a revision that match, by their numbers, above `after`.
    async fn payout_rows(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        revision: i64,
        filter: RowFilter,
        after: RowNumber,
        limit: usize,
    ) -> Result<Vec<PayoutRow>, StoreError>;

    /// What is worth knowing of the rows in force.
    async fn findings(&self, ledger: LedgerId, id: PayoutId) -> Answer<Findings>;

    // What people want.

    /// Notes that an operator agrees with the content.
    async fn approve_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        approver: UserId,
        digest: [u8; 32],
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout>;

    /// Lets the rows be paid. A request that was made before under its key finds what became of it.
    async fn execute_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        execution: Execution,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout>;

    /// Lets the rows that failed be paid once more.
    async fn retry_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        caller: Caller,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout>;

    /// Lets rows that were paid be reversed.
    async fn compensate_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        compensation: NewCompensation,
        key: CreationKey,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout>;

    /// Stops a payout, or lets it go on. Doing what was done before changes nothing.
    async fn steer_payout(
        &self,
        ledger: LedgerId,
        id: PayoutId,
        steer: Steer,
        origin: Origin,
        now: Timestamp,
    ) -> Answer<Payout>;

    // Runs.

    /// Takes the lease of a payout that has a run, and whose lease is over: any, or the one that is held under
    /// this fence. From then on nothing can be written under an older fence.
    async fn claim_payout(
        &self,
        ledger: LedgerId,
        held: Option<(PayoutId, Fence)>,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Payout>, StoreError>;

    /// The rows that a run has not decided, by their numbers, above `after`.
    async fn undecided_rows(
        &self,
        ledger: LedgerId,
        payout: &Payout,
        run: Run,
        after: RowNumber,
        limit: usize,
    ) -> Result<Vec<PayoutRow>, StoreError>;

    /// Ends a run that has decided all its rows; `None` where the lease was given to somebody else.
    async fn end_run(
        &self,
        ledger: LedgerId,
        run: Run,
        fence: Fence,
        now: Timestamp,
    ) -> Result<Option<Payout>, StoreError>;
}
