//! What a client is told when the ledger, or a creation, says no: a code, and a sentence to act on.

use florin_api::{Problem, ProblemCode};
use florin_ledger::{Failure, Rejection, Transaction, WalletId};
use florin_store::Refusal;
use florin_store::payouts::PayoutRefusal;

/// A rejection that left no trace.
pub(super) fn problem(rejection: &Rejection) -> Problem {
    match *rejection {
        Rejection::KeyReused => key_reused(),
        Rejection::SameWallet => Problem::new(
            ProblemCode::SameWallet,
            "Source and destination are the same wallet. Name two different ones.",
        ),
        Rejection::TransactionNotFound => Problem::new(
            ProblemCode::TransactionNotFound,
            "There is no transaction with this id that you can see.",
        ),
        Rejection::AssetNotFound => asset_not_found(),
        Rejection::WalletNotFound { wallet: Some(wallet) } => wallet_not_found(wallet),
        Rejection::WalletNotFound { wallet: None } => Problem::new(
            ProblemCode::WalletNotFound,
            "The user has no main wallet of this asset that you can use. Create one first.",
        ),
        Rejection::NotPermitted => Problem::new(
            ProblemCode::NotPermitted,
            "Only the house issues money, and only the receiver of a transaction, or the house, can reverse it.",
        ),
        Rejection::NotReversible => Problem::new(
            ProblemCode::NotReversible,
            "Only a completed transaction that is not itself a reversal can be reversed.",
        ),
        Rejection::AssetMismatch => Problem::new(
            ProblemCode::AssetMismatch,
            "The two wallets hold different assets. Name wallets of one asset.",
        ),
        Rejection::WalletFrozen { wallet } => about(
            wallet,
            ProblemCode::WalletFrozen,
            format!("Wallet {wallet} is frozen and moves no money until the house unfreezes it."),
        ),
        Rejection::WalletClosed { wallet } => about(
            wallet,
            ProblemCode::WalletClosed,
            format!("Wallet {wallet} is closed, for ever. Use another one."),
        ),
        Rejection::AmountTooPrecise { scale } => amount(
            ProblemCode::AmountTooPrecise,
            format!(
                "The asset has {} decimals, and the amount has more. Nothing is rounded.",
                scale.places()
            ),
        ),
        Rejection::AmountTooLarge => amount(
            ProblemCode::AmountTooLarge,
            "The amount is beyond 38 digits of the asset's smallest unit.".to_owned(),
        ),
        Rejection::VersionConflict { wallet, current } => Problem {
            current_version: Some(current.0),
            ..about(
                wallet,
                ProblemCode::VersionConflict,
                format!(
                    "Wallet {wallet} is at version {current} now. Look at it again, and send that version \
                     in If-Match if you still want this."
                ),
            )
        },
        Rejection::Failure(failure) => Problem::new(failure_code(failure), failure_text(failure)),
        Rejection::WalletNotEmpty { wallet } => about(
            wallet,
            ProblemCode::WalletNotEmpty,
            format!("Wallet {wallet} is not empty. Move its balance away before you close it."),
        ),
        Rejection::SystemWallet { wallet } => about(
            wallet,
            ProblemCode::SystemWallet,
            format!("Wallet {wallet} is the house's: it cannot be closed or given a credit limit."),
        ),
        Rejection::CreditLimitInUse { wallet } => about(
            wallet,
            ProblemCode::CreditLimitInUse,
            format!("Wallet {wallet} has used more credit than the new limit allows."),
        ),
    }
}

/// A rejection that was recorded as a failed transaction.
pub(super) fn recorded(transaction: &Transaction, failure: Failure) -> Problem {
    let problem = failed(transaction, failure);
    Problem {
        detail: format!("{} A retry with this key gets this answer again.", problem.detail),
        transaction_id: Some(transaction.id.to_string()),
        ..problem
    }
}

/// A rejection of what would have been this transaction.
pub(super) fn failed(transaction: &Transaction, failure: Failure) -> Problem {
    let (available, needed) = failure.amounts();
    let available = available.display(transaction.scale).to_string();
    let needed = needed.display(transaction.scale).to_string();
    let detail = match failure {
        Failure::InsufficientFunds { .. } => format!(
            "Wallet {} has {available} {} available, and {needed} are needed.",
            transaction.from, transaction.asset
        ),
        Failure::ReversalExceedsRemaining { .. } => format!(
            "{available} {} of the transaction are left to reverse, and {needed} were asked for.",
            transaction.asset
        ),
        Failure::BalanceLimitExceeded { .. } => format!(
            "A balance would go beyond 38 digits: {available} {} still fit, and {needed} were asked for.",
            transaction.asset
        ),
    };
    Problem {
        available: Some(available),
        needed: Some(needed),
        ..Problem::new(failure_code(failure), detail)
    }
}

/// The code of a failure.
pub(super) const fn failure_code(failure: Failure) -> ProblemCode {
    match failure {
        Failure::ReversalExceedsRemaining { .. } => ProblemCode::ReversalExceedsRemaining,
        Failure::InsufficientFunds { .. } => ProblemCode::InsufficientFunds,
        Failure::BalanceLimitExceeded { .. } => ProblemCode::BalanceLimitExceeded,
    }
}

/// The sentence for a failure whose amounts cannot be printed, for want of the asset's scale.
const fn failure_text(failure: Failure) -> &'static str {
    match failure {
        Failure::ReversalExceedsRemaining { .. } => "The transaction has less left to reverse.",
        Failure::InsufficientFunds { .. } => "The debited wallet has too little.",
        Failure::BalanceLimitExceeded { .. } => "A balance would go beyond 38 digits.",
    }
}

/// Why something cannot be created.
pub(super) fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::UsernameTaken => field(
            Problem::new(ProblemCode::UsernameTaken, "Another user has this username. Choose another one."),
            "username",
        ),
        Refusal::EmailTaken => {
            field(Problem::new(ProblemCode::EmailTaken, "Another user has this email address."), "email")
        }
        Refusal::ExternalIdentityTaken => Problem::new(
            ProblemCode::ExternalIdentityTaken,
            "Another user is linked to this subject. Take that link away first.",
        ),
        Refusal::AssetExists => {
            field(Problem::new(ProblemCode::AssetExists, "There is an asset with this code."), "code")
        }
        Refusal::AssetNotFound => asset_not_found(),
        Refusal::UserNotFound => user_not_found(),
        Refusal::WalletExists => field(
            Problem::new(
                ProblemCode::WalletExists,
                "The user has an open wallet of this asset and name. Use it, or choose another name.",
            ),
            "name",
        ),
    }
}

/// Why something cannot be done with a payout.
pub(super) fn payout(refusal: PayoutRefusal) -> Problem {
    match refusal {
        PayoutRefusal::NotFound => {
            Problem::new(ProblemCode::PayoutNotFound, "There is no payout with this id that you can see.")
        }
        PayoutRefusal::KeyReused => key_reused(),
        PayoutRefusal::WrongState(state) => Problem::new(
            ProblemCode::PayoutState,
            format!("The payout is {}, in which this cannot be done with it.", state.as_str()),
        ),
        PayoutRefusal::UploadSuperseded => Problem::new(
            ProblemCode::PayoutUploadSuperseded,
            "Another upload has begun since, or the payout no longer takes rows. Look at it again.",
        ),
        PayoutRefusal::NothingToMend => Problem::new(
            ProblemCode::PayoutNothingToMend,
            "No upload of this payout has faults. Upload all rows with PUT instead.",
        ),
        PayoutRefusal::NoRows => {
            Problem::new(ProblemCode::PayoutEmpty, "The payout has no rows in force. Upload a file first.")
        }
        PayoutRefusal::ContentChanged => field(
            Problem::new(
                ProblemCode::PayoutChanged,
                "The payout's rows are not those that this digest names. Look at its preflight again.",
            ),
            "digest",
        ),
        PayoutRefusal::ApprovalNeeded => Problem::new(
            ProblemCode::PayoutApprovalNeeded,
            "An operator who neither made nor executes the payout must agree first: POST …/approve.",
        ),
        PayoutRefusal::OwnApproval => Problem::new(
            ProblemCode::PayoutOwnApproval,
            "Who agrees with a payout must neither have made it nor let it be paid. Ask somebody else.",
        ),
        PayoutRefusal::LikelyDuplicate(other) => Problem {
            payout_id: Some(other.0),
            ..Problem::new(
                ProblemCode::PayoutDuplicate,
                format!(
                    "Payout {other} pays or has paid these very rows from this wallet. Send allow_duplicate if they \
                     are to be paid once more."
                ),
            )
        },
        PayoutRefusal::NothingToDo => Problem::new(
            ProblemCode::PayoutNothingToDo,
            "The payout has no such row: none that failed to pay once more, or none that was paid to reverse.",
        ),
        PayoutRefusal::CompensationUnderWay => Problem::new(
            ProblemCode::PayoutCompensating,
            "A compensation of the payout is under way. Wait until it has ended.",
        ),
    }
}

/// No such user, or none that the caller may see.
pub(super) fn user_not_found() -> Problem {
    field(Problem::new(ProblemCode::UserNotFound, "There is no such user that you can see."), "user_id")
}

pub(super) fn wallet_not_found(wallet: WalletId) -> Problem {
    let detail = format!("There is no wallet {wallet} that you can use here.");
    about(wallet, ProblemCode::WalletNotFound, detail)
}

pub(super) fn key_reused() -> Problem {
    field(
        Problem::new(
            ProblemCode::IdempotencyKeyReused,
            "This Idempotency-Key was used for another request. Use a new key for a new request, and the same \
             body for a retry.",
        ),
        "Idempotency-Key",
    )
}

fn asset_not_found() -> Problem {
    field(Problem::new(ProblemCode::AssetNotFound, "There is no asset with this code."), "asset")
}

fn about(wallet: WalletId, code: ProblemCode, detail: String) -> Problem {
    Problem { wallet_id: Some(wallet.0), ..Problem::new(code, detail) }
}

fn amount(code: ProblemCode, detail: String) -> Problem {
    field(Problem::new(code, detail), "amount")
}

fn field(problem: Problem, field: &str) -> Problem {
    Problem { field: Some(field.to_owned()), ..problem }
}
