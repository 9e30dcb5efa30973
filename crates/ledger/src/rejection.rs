//! Every reason to say no.

use crate::{Amount, Scale, Version, WalletId};

/// Why the ledger refused. A result, not an error.
///
/// The variants of a movement stand in their order of precedence: where several apply, the first one is
/// the answer, so that two engines, two servers and a retry give the same one. Only a [`Failure`] is
/// recorded under its key; every other rejection leaves no trace, and the key stays free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The key was used for something else.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// Source and destination are one wallet.
    #[error("source and destination are the same wallet")]
    SameWallet,
    /// No such transaction, or none that the caller may see.
    #[error("there is no such transaction")]
    TransactionNotFound,
    /// No such asset.
    #[error("there is no such asset")]
    AssetNotFound,
    /// No such wallet, or none that the caller may use so.
    #[error("there is no such wallet")]
    WalletNotFound {
        /// The wallet asked for; `None` where it was asked for by its owner.
        wallet: Option<WalletId>,
    },
    /// The caller sees it but may not do this.
    #[error("only the house issues money, and only the receiver or the house can reverse a transaction")]
    NotPermitted,
    /// A failed transaction, or a reversal: nothing to undo.
    #[error("only a completed transaction that is not itself a reversal can be reversed")]
    NotReversible,
    /// The two wallets count different assets.
    #[error("the two wallets hold different assets")]
    AssetMismatch,
    /// The wallet is frozen; the debited one is named first.
    #[error("the wallet is frozen")]
    WalletFrozen {
        /// Which one.
        wallet: WalletId,
    },
    /// The wallet is closed; the debited one is named first.
    #[error("the wallet is closed")]
    WalletClosed {
        /// Which one.
        wallet: WalletId,
    },
    /// More decimals than the asset has.
    #[error("the amount has more decimals than the asset")]
    AmountTooPrecise {
        /// The asset's scale.
        scale: Scale,
    },
    /// Beyond 38 digits of the asset's smallest unit.
    #[error("the amount is beyond 38 digits of the asset's smallest unit")]
    AmountTooLarge,
    /// The wallet has another version than the caller expected.
    #[error("the wallet has changed")]
    VersionConflict {
        /// Which one.
        wallet: WalletId,
        /// Its version now.
        current: Version,
    },
    /// Recorded under its key.
    #[error(transparent)]
    Failure(#[from] Failure),

    // Of changes to a wallet alone, in order of precedence after those above.
    /// The house's wallets are not closed and have no credit limit.
    #[error("a system wallet cannot be closed or given a credit limit")]
    SystemWallet {
        /// Which one.
        wallet: WalletId,
    },
    /// Only an empty wallet can be closed.
    #[error("the wallet is not empty")]
    WalletNotEmpty {
        /// Which one.
        wallet: WalletId,
    },
    /// The new credit limit is below what is used.
    #[error("the wallet has used more credit than that")]
    CreditLimitInUse {
        /// Which one.
        wallet: WalletId,
    },
}

/// A refusal that is recorded as a `FAILED` transaction, so that a retry gets the same answer even after
/// funds have arrived. In order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A reversal of more than is left.
    #[error("the transaction has less left to reverse")]
    ReversalExceedsRemaining {
        /// What is left.
        available: Amount,
        /// What was asked for.
        needed: Amount,
    },
    /// The debited wallet has too little.
    #[error("the wallet has insufficient funds")]
    InsufficientFunds {
        /// What it has: posted plus credit limit.
        available: Amount,
        /// What was asked for.
        needed: Amount,
    },
    /// A balance would go beyond 38 digits.
    #[error("a balance would go beyond 38 digits")]
    BalanceLimitExceeded {
        /// What still fits.
        available: Amount,
        /// What was asked for.
        needed: Amount,
    },
}

impl Rejection {
    /// The stable code, on the wire and in metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyReused => "idempotency_key_reused",
            Self::SameWallet => "same_wallet",
            Self::TransactionNotFound => "transaction_not_found",
            Self::AssetNotFound => "asset_not_found",
            Self::WalletNotFound { .. } => "wallet_not_found",
            Self::NotPermitted => "not_permitted",
            Self::NotReversible => "not_reversible",
            Self::AssetMismatch => "asset_mismatch",
            Self::WalletFrozen { .. } => "wallet_frozen",
            Self::WalletClosed { .. } => "wallet_closed",
            Self::AmountTooPrecise { .. } => "amount_too_precise",
            Self::AmountTooLarge => "amount_too_large",
            Self::VersionConflict { .. } => "version_conflict",
            Self::Failure(failure) => failure.code(),
            Self::WalletNotEmpty { .. } => "wallet_not_empty",
            Self::SystemWallet { .. } => "system_wallet",
            Self::CreditLimitInUse { .. } => "credit_limit_in_use",
        }
    }
}

impl Failure {
    /// The stable code, on the wire, in metrics and in the database.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ReversalExceedsRemaining { .. } => "reversal_exceeds_remaining",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::BalanceLimitExceeded { .. } => "balance_limit_exceeded",
        }
    }

    /// What there was, and what was needed.
    pub const fn amounts(&self) -> (Amount, Amount) {
        match *self {
            Self::ReversalExceedsRemaining { available, needed }
            | Self::InsufficientFunds { available, needed }
            | Self::BalanceLimitExceeded { available, needed } => (available, needed),
        }
    }

    /// The failure with that code, as the database gives it back.
    pub fn from_parts(code: &str, available: Amount, needed: Amount) -> Option<Self> {
        [
            Self::ReversalExceedsRemaining { available, needed },
            Self::InsufficientFunds { available, needed },
            Self::BalanceLimitExceeded { available, needed },
        ]
        .into_iter()
        .find(|failure| failure.code() == code)
    }
}
