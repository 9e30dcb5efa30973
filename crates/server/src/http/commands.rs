//! Bodies that move money, as commands. The same for a request of its own and for an item of a bulk: the same
//! checks, and the same fingerprint, so that a retry may come either way.

use super::{ApiError, parse, payouts};
use crate::auth::{Action, Identity, Intent};
use florin_api::movements::ReversalOperation;
use florin_api::{
    BonusRequest, BulkItem, DepositRequest, Metadata, Operation, ProblemCode, ReversalRequest, SpendRequest,
    TopUpRequest, TransferRequest, WithdrawalRequest,
};
use florin_ledger::{Command, Fingerprint, IdempotencyKey, Movement, TransactionId, UserId, WalletId};
use serde::Serialize;

pub(super) fn transfer(
    caller: &Identity,
    key: IdempotencyKey,
    body: &TransferRequest,
) -> Result<Command, ApiError> {
    let movement = || {
        let (from, to) = (WalletId(body.from_wallet_id), WalletId(body.to_wallet_id));
        Ok(Movement::Transfer { from, to, amount: parse::amount(&body.amount)? })
    };
    let note = (body.reference.as_deref(), body.metadata.as_ref());
    command(caller, Action::MoveMoney, "POST /v1/transfers", key, body, movement, note)
}

pub(super) fn deposit(
    caller: &Identity,
    key: IdempotencyKey,
    body: &DepositRequest,
) -> Result<Command, ApiError> {
    let movement = || {
        let wallet = WalletId(body.wallet_id);
        Ok(Movement::Deposit { wallet, amount: parse::amount(&body.amount)? })
    };
    let note = (body.reference.as_deref(), body.metadata.as_ref());
    command(caller, Action::IssueMoney, "POST /v1/deposits", key, body, movement, note)
}

pub(super) fn withdrawal(
    caller: &Identity,
    key: IdempotencyKey,
    body: &WithdrawalRequest,
) -> Result<Command, ApiError> {
    let movement = || {
        let wallet = WalletId(body.wallet_id);
        Ok(Movement::Withdrawal { wallet, amount: parse::amount(&body.amount)? })
    };
    let note = (body.reference.as_deref(), body.metadata.as_ref());
    command(caller, Action::MoveMoney, "POST /v1/withdrawals", key, body, movement, note)
}

pub(super) fn top_up(
    caller: &Identity,
    key: IdempotencyKey,
    body: &TopUpRequest,
) -> Result<Command, ApiError> {
    let movement = || {
        let (user, asset) = (UserId(body.user_id), parse::asset_code(&body.asset, "asset")?);
        Ok(Movement::TopUp { user, asset, amount: parse::amount(&body.amount)? })
    };
    let note = (body.reference.as_deref(), body.metadata.as_ref());
    command(caller, Action::IssueMoney, "POST /v1/top-ups", key, body, movement, note)
}

pub(super) fn spend(
    caller: &Identity,
    key: IdempotencyKey,
    body: &SpendRequest,
) -> Result<Command, ApiError> {
    let movement = || {
        let (user, asset) = (payer(caller, body.user_id)?, parse::asset_code(&body.asset, "asset")?);
        Ok(Movement::Spend { user, asset, amount: parse::amount(&body.amount)? })
    };
    let note = (body.reference.as_deref(), body.metadata.as_ref());
    command(caller, Action::MoveMoney, "POST /v1/spends", key, body, movement, note)
}

pub(super) fn bonus(
    caller: &Identity,
    key: IdempotencyKey,
    body: &BonusRequest,
) -> Result<Command, ApiError> {
    let movement = || {
        let (user, asset) = (UserId(body.user_id), parse::asset_code(&body.asset, "asset")?);
        Ok(Movement::Bonus { user, asset, amount: parse::amount(&body.amount)? })
    };
    let note = (body.reference.as_deref(), body.metadata.as_ref());
    command(caller, Action::IssueMoney, "POST /v1/bonuses", key, body, movement, note)
}

pub(super) fn reversal(
    caller: &Identity,
    key: IdempotencyKey,
    of: TransactionId,
    body: &ReversalRequest,
) -> Result<Command, ApiError> {
    let movement = || {
        let amount = body.amount.as_ref().map(parse::amount).transpose()?;
        Ok(Movement::Reversal { of, amount })
    };
    let note = (body.reference.as_deref(), body.metadata.as_ref());
    let operation = format!("POST /v1/transactions/{of}/reverse");
    command(caller, Action::MoveMoney, &operation, key, body, movement, note)
}

/// An item of a bulk, as its own route would take it.
pub(super) fn item(caller: &Identity, item: BulkItem) -> Result<Command, ApiError> {
    let key = |text: String| super::extract::Key::parse(&text, "idempotency_key");
    match item {
        BulkItem::Transfer(item) => {
            let (text, body) = item.into_parts();
            transfer(caller, key(text)?, &body)
        }
        BulkItem::Deposit(item) => {
            let (text, body) = item.into_parts();
            deposit(caller, key(text)?, &body)
        }
        BulkItem::Withdrawal(item) => {
            let (text, body) = item.into_parts();
            withdrawal(caller, key(text)?, &body)
        }
        BulkItem::TopUp(item) => {
            let (text, body) = item.into_parts();
            top_up(caller, key(text)?, &body)
        }
        BulkItem::Spend(item) => {
            let (text, body) = item.into_parts();
            spend(caller, key(text)?, &body)
        }
        BulkItem::Bonus(item) => {
            let (text, body) = item.into_parts();
            bonus(caller, key(text)?, &body)
        }
        BulkItem::Reversal(item) => {
            let of = original(&item.transaction_id)?;
            let key = key(item.idempotency_key)?;
            let body =
                ReversalRequest { amount: item.amount, reference: item.reference, metadata: item.metadata };
            reversal(caller, key, of, &body)
        }
    }
}

/// What is to be approved, as its own route would take it. Its key comes with the request that does it, so any
/// will do here.
pub(super) fn intent(caller: &Identity, operation: Operation) -> Result<Intent, ApiError> {
    let key = super::extract::Key::parse("step-up", "idempotency_key")?;
    let command = match operation {
        Operation::Transfer(body) => transfer(caller, key, &body),
        Operation::Deposit(body) => deposit(caller, key, &body),
        Operation::Withdrawal(body) => withdrawal(caller, key, &body),
        Operation::TopUp(body) => top_up(caller, key, &body),
        Operation::Spend(body) => spend(caller, key, &body),
        Operation::Bonus(body) => bonus(caller, key, &body),
        Operation::Reversal(ReversalOperation { transaction_id, amount, reference, metadata }) => {
            let of = original(&transaction_id)?;
            reversal(caller, key, of, &ReversalRequest { amount, reference, metadata })
        }
        Operation::PayoutExecution(body) => return payouts::execution_intent(caller, &body),
        Operation::PayoutRetry(body) => return payouts::retry_intent(caller, &body),
        Operation::PayoutApproval(body) => return payouts::approval_intent(caller, &body),
        Operation::PayoutCompensation(body) => return payouts::compensation_intent(caller, &body),
    };
    command.map(|command| Intent::Movement(command.movement))
}

fn original(transaction_id: &str) -> Result<TransactionId, ApiError> {
    parse::transaction_id(transaction_id).ok_or_else(|| {
        let detail = "A transaction's id is a UUID.";
        ApiError::invalid_field(ProblemCode::BodyInvalid, "transaction_id", detail)
    })
}

/// Whose money is spent. A person may leave it out; to one who names another the ledger shows no wallet.
fn payer(caller: &Identity, named: Option<i64>) -> Result<UserId, ApiError> {
    let own = caller.user_id().filter(|_| !caller.is_house());
    named.map(UserId).or(own).ok_or_else(user_id_required)
}

/// The house acts for many, so it must say for whom.
pub(super) fn user_id_required() -> ApiError {
    ApiError::invalid_field(ProblemCode::UserIdRequired, "user_id", "Say which user it is about.")
}

fn command(
    caller: &Identity,
    action: Action,
    operation: &str,
    key: IdempotencyKey,
    body: &impl Serialize,
    movement: impl FnOnce() -> Result<Movement, ApiError>,
    (reference, metadata): (Option<&str>, Option<&Metadata>),
) -> Result<Command, ApiError> {
    // Whether they may at all comes before whether they asked well.
    let caller = caller.caller(action)?;
    let mut command = Command::new(caller, key, fingerprint(operation, body), movement()?);
    command.reference = parse::reference(reference)?;
    command.metadata = parse::metadata(metadata)?;
    Ok(command)
}

/// What was asked for, in 16 bytes. Fields have one order and metadata is sorted, so that neither white space
/// nor the order in a client's JSON matters.
pub(super) fn fingerprint(operation: &str, body: &impl Serialize) -> Fingerprint {
    let canonical = serde_json::to_vec(body).expect("a body that was JSON is JSON");
    Fingerprint::of(operation, &canonical)
}
