//! From the ledger's types to the wire's and back. Amounts get their decimal point here, times their form.

use super::ApiError;
use super::owners::Sight;
use crate::auth::Identity;
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{
    Amount, Direction, Entry, Failure, Principal, Scale, Settlement, Status, Timestamp, Transaction,
    TransactionId, TransactionType,
};
use florin_store::HistoryEntry;

/// RFC 3339, in UTC, to the microsecond.
pub(super) fn time(time: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(time.0).map(|time| format!("{time:.6}")).unwrap_or_default()
}

/// Reads RFC 3339 with any offset.
pub(super) fn parse_time(text: &str, field: &'static str) -> Result<Timestamp, ApiError> {
    let time = text.parse::<jiff::Timestamp>().map(|time| Timestamp(time.as_microsecond()));
    time.map_err(|_| {
        let detail = "Write times as RFC 3339 does: 2026-01-02T03:04:05Z.";
        ApiError::invalid_field(ProblemCode::QueryInvalid, field, detail)
    })
}

/// Reads a transaction's id; what does not have the form of one is not there.
pub(super) fn parse_transaction_id(text: &str) -> Result<TransactionId, ApiError> {
    let id = uuid::Uuid::try_parse(text).map(|id| TransactionId(id.as_u128()));
    id.map_err(|_| transaction_not_found(text))
}

pub(super) fn transaction_not_found(id: impl std::fmt::Display) -> ApiError {
    let detail = format!("There is no transaction {id} that you can see. Check the id.");
    ApiError::invalid(ProblemCode::TransactionNotFound, detail)
}

/// A transaction as the caller may see it: balances on wallets within reach alone, and the key only for whom
/// it belongs to.
pub(super) fn transaction(transaction: &Transaction, caller: &Identity, sight: &Sight) -> api::Transaction {
    let scale = transaction.scale;
    let failure = match transaction.settlement {
        Settlement::Completed { .. } => None,
        Settlement::Failed(failure) => Some(wire_failure(failure, scale)),
    };
    let is_theirs = caller.is_house() || transaction.principal == caller.principal();
    api::Transaction {
        id: transaction.id.to_string(),
        kind: kind(transaction.kind),
        status: status(transaction.settlement.status()),
        asset: transaction.asset.to_string(),
        amount: decimal(transaction.amount, scale),
        from_wallet_id: transaction.from.0,
        to_wallet_id: transaction.to.0,
        reference: transaction.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        metadata: transaction.metadata.as_ref().and_then(|json| serde_json::from_str(json.as_str()).ok()),
        reverses: transaction.reverses.map(|id| id.to_string()),
        failure,
        initiator: is_theirs.then(|| initiator(transaction.principal)),
        idempotency_key: is_theirs.then(|| transaction.key.as_str().to_owned()),
        created_at: time(transaction.created_at),
        entries: transaction.settlement.entries().map(|line| entry(line, scale, sight)).collect(),
    }
}

fn entry(entry: &Entry, scale: Scale, sight: &Sight) -> api::Entry {
    let is_seen = sight.sees(entry.wallet);
    api::Entry {
        wallet_id: entry.wallet.0,
        direction: direction(entry.direction),
        amount: decimal(entry.amount, scale),
        balance_after: is_seen.then(|| decimal(entry.balance_after, scale)),
        version: is_seen.then_some(entry.version.0),
    }
}

/// A line of a wallet's history.
pub(super) fn history_entry(history: HistoryEntry) -> api::HistoryEntry {
    let HistoryEntry { entry, scale, .. } = history;
    api::HistoryEntry {
        wallet_id: entry.wallet.0,
        version: entry.version.0,
        direction: direction(entry.direction),
        amount: decimal(entry.amount, scale),
        balance_after: decimal(entry.balance_after, scale),
        transaction_id: history.transaction.to_string(),
        kind: kind(history.kind),
        counterparty_wallet_id: history.counterparty.0,
        reference: history.reference.map(|reference| reference.as_str().to_owned()),
        created_at: time(history.created_at),
    }
}

fn wire_failure(failure: Failure, scale: Scale) -> api::Failure {
    let code = match failure {
        Failure::ReversalExceedsRemaining { .. } => ProblemCode::ReversalExceedsRemaining,
        Failure::InsufficientFunds { .. } => ProblemCode::InsufficientFunds,
        Failure::BalanceLimitExceeded { .. } => ProblemCode::BalanceLimitExceeded,
    };
    let (available, needed) = failure.amounts();
    api::Failure { code, available: decimal(available, scale), needed: decimal(needed, scale) }
}

/// An amount as people write it.
pub(super) fn decimal(amount: Amount, scale: Scale) -> String {
    amount.display(scale).to_string()
}

fn initiator(principal: Principal) -> api::Initiator {
    match principal {
        Principal::User(user) => api::Initiator::User { id: user.0 },
        Principal::Service(api_key) => api::Initiator::ApiKey { id: api_key.0 },
    }
}

fn direction(direction: Direction) -> api::Direction {
    match direction {
        Direction::Debit => api::Direction::Debit,
        Direction::Credit => api::Direction::Credit,
    }
}

/// A direction, back.
pub(super) fn ledger_direction(direction: api::Direction) -> Direction {
    match direction {
        api::Direction::Debit => Direction::Debit,
        api::Direction::Credit => Direction::Credit,
    }
}

fn status(status: Status) -> api::TransactionStatus {
    match status {
        Status::Completed => api::TransactionStatus::Completed,
        Status::Failed => api::TransactionStatus::Failed,
    }
}

/// A status, back.
pub(super) fn ledger_status(status: api::TransactionStatus) -> Status {
    match status {
        api::TransactionStatus::Completed => Status::Completed,
        api::TransactionStatus::Failed => Status::Failed,
    }
}

fn kind(kind: TransactionType) -> api::TransactionType {
    match kind {
        TransactionType::Transfer => api::TransactionType::Transfer,
        TransactionType::Deposit => api::TransactionType::Deposit,
        TransactionType::Withdrawal => api::TransactionType::Withdrawal,
        TransactionType::TopUp => api::TransactionType::TopUp,
        TransactionType::Spend => api::TransactionType::Spend,
        TransactionType::Bonus => api::TransactionType::Bonus,
        TransactionType::Reversal => api::TransactionType::Reversal,
    }
}

/// A type, back.
pub(super) fn ledger_kind(kind: api::TransactionType) -> TransactionType {
    match kind {
        api::TransactionType::Transfer => TransactionType::Transfer,
        api::TransactionType::Deposit => TransactionType::Deposit,
        api::TransactionType::Withdrawal => TransactionType::Withdrawal,
        api::TransactionType::TopUp => TransactionType::TopUp,
        api::TransactionType::Spend => TransactionType::Spend,
        api::TransactionType::Bonus => TransactionType::Bonus,
        api::TransactionType::Reversal => TransactionType::Reversal,
    }
}
