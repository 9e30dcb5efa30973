//! The pure ledger: what money is, how it may move, and why it may not.
//!
//! [`decide_batch`] takes a [`State`] (the wallets, keys and originals that a batch touches) and the
//! batch's commands, and says what happens: transactions, entries, new balances, rejections. It never
//! reads a clock, a database or a random number; whoever calls it passes time and entropy in, so every
//! decision can be replayed.
//!
//! Start reading at [`decide`](mod@decide): one function, straight-line guards, in the order of
//! precedence that [`Rejection`] documents.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`amount`] | `Amount`, `Scale`, `Decimal`: exact money, inside and as text |
//! | [`asset`], [`wallet`], [`transaction`] | the records |
//! | [`command`] | what callers ask for, already validated in form |
//! | [`decide`](mod@decide) | one command against the state |
//! | [`batch`] | many commands in order, independent or all-or-nothing |
//! | [`payout`] | commands that are rows of a payout, and what became of each |
//! | [`invariants`] | what must be true after every batch, whatever `decide` did |
//! | [`rejection`] | every reason to say no, in order of precedence |

pub mod amount;
pub mod asset;
pub mod batch;
pub mod command;
pub mod decide;
pub mod id;
pub mod invariants;
pub mod payout;
pub mod rejection;
pub mod state;
pub mod transaction;
pub mod wallet;

pub use amount::{Amount, AmountError, Decimal, Scale};
pub use asset::{Asset, AssetCode};
pub use batch::{BatchResult, Changes, Group, GroupOutcome, Outcome, ReversalRecord, decide_batch};
pub use command::{
    Caller, Command, Fingerprint, IdempotencyKey, KeyHash, Metadata, Movement, Principal, Reference,
    TextError,
};
pub use decide::{Decision, decide};
pub use id::{
    ApiKeyId, Fence, LedgerId, PayoutId, RowNumber, Timestamp, TransactionId, UserId, Version, WalletId,
};
pub use invariants::InvariantViolation;
pub use payout::{PayoutChange, PayoutSlice, RowChange, RowResult, Run, RunKind};
pub use rejection::{Failure, Rejection};
pub use state::{Clock, State};
pub use transaction::{Direction, Entry, Settlement, Status, Transaction, TransactionType};
pub use wallet::{Owner, SystemRole, Wallet, WalletChange, WalletStatus};
