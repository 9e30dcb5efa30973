//! The ledger's records as the wire shows them: amounts with their decimal point, times as RFC 3339.

use super::rejection::failure_code;
use florin_api as api;
use florin_ledger::{
    Amount, Direction, Entry, Metadata, Owner, Principal, Scale, Settlement, Status, SystemRole, Timestamp,
    Transaction, TransactionType, WalletStatus,
};
use florin_store::{AssetRecord, AuditOutcome, AuditRecord, HistoryEntry, WalletRecord};

/// A time in UTC, to the microsecond.
pub(super) fn time(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    format!("{time:.6}")
}

/// An amount with its decimal point.
pub(super) fn amount(amount: Amount, scale: Scale) -> String {
    amount.display(scale).to_string()
}

/// An asset; the house's wallets only where the caller may see them.
pub(super) fn asset(record: &AssetRecord, shows_system_wallets: bool) -> api::Asset {
    let [treasury, bonus, revenue, world] = record.system_wallets.map(|wallet| wallet.0);
    api::Asset {
        code: record.asset.code.to_string(),
        name: record.name.clone(),
        scale: record.asset.scale.places(),
        created_at: time(record.created_at),
        system_wallets: shows_system_wallets.then_some(api::SystemWallets {
            treasury,
            bonus,
            revenue,
            world,
        }),
    }
}

/// A wallet.
pub(super) fn wallet(record: &WalletRecord) -> api::Wallet {
    let (wallet, scale) = (&record.wallet, record.scale);
    let (user_id, system_role) = match wallet.owner {
        Owner::User(user) => (Some(user.0), None),
        Owner::System(role) => (None, Some(self::system_role(role))),
    };
    api::Wallet {
        id: wallet.id.0,
        user_id,
        system_role,
        asset: wallet.asset.to_string(),
        name: record.name.as_str().to_owned(),
        status: wallet_status(wallet.status),
        posted: amount(wallet.posted, scale),
        held: amount(Amount::ZERO, scale),
        available: amount(wallet.available(), scale),
        credit_limit: amount(wallet.credit_limit, scale),
        version: wallet.version.0,
        created_at: time(record.created_at),
    }
}

/// A wallet's balance.
pub(super) fn balance(record: &WalletRecord) -> api::Balance {
    let (wallet, scale) = (&record.wallet, record.scale);
    api::Balance {
        wallet_id: wallet.id.0,
        asset: wallet.asset.to_string(),
        posted: amount(wallet.posted, scale),
        held: amount(Amount::ZERO, scale),
        available: amount(wallet.available(), scale),
        version: wallet.version.0,
    }
}

/// A line of a wallet's history.
pub(super) fn history_entry(line: &HistoryEntry) -> api::HistoryEntry {
    api::HistoryEntry {
        wallet_id: line.entry.wallet.0,
        version: line.entry.version.0,
        direction: direction(line.entry.direction),
        amount: amount(line.entry.amount, line.scale),
        balance_after: amount(line.entry.balance_after, line.scale),
        transaction_id: line.transaction.to_string(),
        kind: transaction_type(line.kind),
        counterparty_wallet_id: line.counterparty.0,
        reference: line.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        created_at: time(line.created_at),
    }
}

/// A transaction, whole.
pub(super) fn transaction(record: &Transaction) -> api::Transaction {
    let failure = match record.settlement {
        Settlement::Completed { .. } => None,
        Settlement::Failed(failure) => {
            let (available, needed) = failure.amounts();
            let (available, needed) = (amount(available, record.scale), amount(needed, record.scale));
            Some(api::Failure { code: failure_code(failure), available, needed })
        }
    };
    api::Transaction {
        id: record.id.to_string(),
        kind: transaction_type(record.kind),
        status: transaction_status(record.settlement.status()),
        asset: record.asset.to_string(),
        amount: amount(record.amount, record.scale),
        from_wallet_id: record.from.0,
        to_wallet_id: record.to.0,
        reference: record.reference.as_ref().map(|reference| reference.as_str().to_owned()),
        metadata: record.metadata.as_ref().map(metadata),
        reverses: record.reverses.map(|original| original.to_string()),
        failure,
        initiator: Some(match record.principal {
            Principal::User(user) => api::Initiator::User { id: user.0 },
            Principal::Service(api_key) => api::Initiator::ApiKey { id: api_key.0 },
        }),
        idempotency_key: Some(record.key.as_str().to_owned()),
        created_at: time(record.created_at),
        entries: record.settlement.entries().map(|line| entry(line, record.scale)).collect(),
    }
}

fn entry(entry: &Entry, scale: Scale) -> api::Entry {
    api::Entry {
        wallet_id: entry.wallet.0,
        direction: direction(entry.direction),
        amount: amount(entry.amount, scale),
        balance_after: Some(amount(entry.balance_after, scale)),
        version: Some(entry.version.0),
    }
}

fn metadata(metadata: &Metadata) -> api::Metadata {
    serde_json::from_str(metadata.as_str()).expect("metadata was a JSON object when it was stored")
}

/// A line of the audit log.
pub(super) fn audit_record(record: &AuditRecord) -> api::AuditRecord {
    let AuditRecord { id, at, origin, line } = record;
    api::AuditRecord {
        id: id.0,
        at: time(*at),
        actor: origin.actor.to_string(),
        action: line.action.as_str().to_owned(),
        subject: line.subject.map(|subject| subject.to_string()),
        outcome: match line.outcome {
            AuditOutcome::Done => api::AuditOutcome::Done,
            AuditOutcome::Refused => api::AuditOutcome::Refused,
        },
        address: origin.peer.map(|peer| peer.to_string()),
        request_id: origin.request_id.clone(),
        details: line.details.clone(),
    }
}

const fn direction(direction: Direction) -> api::Direction {
    match direction {
        Direction::Debit => api::Direction::Debit,
        Direction::Credit => api::Direction::Credit,
    }
}

const fn transaction_type(kind: TransactionType) -> api::TransactionType {
    match kind {
        TransactionType::Transfer => api::TransactionType::Transfer,
        TransactionType::Deposit => api::TransactionType::Deposit,
        TransactionType::Withdrawal => api::TransactionType::Withdrawal,
        TransactionType::TopUp => api::TransactionType::TopUp,
        TransactionType::Spend => api::TransactionType::Spend,
        TransactionType::Bonus => api::TransactionType::Bonus,
        TransactionType::Payout => api::TransactionType::Payout,
        TransactionType::Reversal => api::TransactionType::Reversal,
    }
}

const fn transaction_status(status: Status) -> api::TransactionStatus {
    match status {
        Status::Completed => api::TransactionStatus::Completed,
        Status::Failed => api::TransactionStatus::Failed,
    }
}

pub(super) const fn wallet_status(status: WalletStatus) -> api::WalletStatus {
    match status {
        WalletStatus::Active => api::WalletStatus::Active,
        WalletStatus::Frozen => api::WalletStatus::Frozen,
        WalletStatus::Closed => api::WalletStatus::Closed,
    }
}

const fn system_role(role: SystemRole) -> api::SystemRole {
    match role {
        SystemRole::Treasury => api::SystemRole::Treasury,
        SystemRole::Bonus => api::SystemRole::Bonus,
        SystemRole::Revenue => api::SystemRole::Revenue,
        SystemRole::World => api::SystemRole::World,
    }
}
