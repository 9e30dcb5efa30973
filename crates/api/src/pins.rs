//! Transaction PINs, and the approvals that a right one gives.

use crate::movements::{
    BonusRequest, DepositRequest, ReversalOperation, SpendRequest, TopUpRequest, TransferRequest,
    WithdrawalRequest,
};
use crate::payouts::{CompensationFilter, CompensationOperation, PayoutOperation};
use crate::{SecretText, bulk};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A new transaction PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPin {
    /// The password that the person signs in with.
    #[schema(value_type = String, format = Password, example = "florin-demo")]
    pub password: SecretText,
    /// 4 to 8 digits, and none that is guessed first, such as 0000 or 1234.
    #[schema(value_type = String, format = Password, example = "2846", pattern = "^[0-9]{4,8}$")]
    pub pin: SecretText,
}

/// What is to be approved, by whom.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUpRequest {
    /// The transaction PIN.
    #[schema(value_type = String, format = Password, example = "2846", pattern = "^[0-9]{4,8}$")]
    pub pin: SecretText,
    /// The movement, or those of a bulk in their order: as items of a bulk, without their keys. Or what is to be
    /// done with a payout.
    pub operation: Operations,
}

/// An approval: to be sent as `Transaction-Approval`, with the request that was named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// What to send. It is good for one `Idempotency-Key`, and its retries.
    #[schema(value_type = String, example = "fta_8mZb0cG3xk0o2m1v5n7Qw9RtYuIoPaSdFgHjKlZxCvB")]
    pub approval: SecretText,
    /// For how many seconds it is good.
    #[schema(example = 120)]
    pub expires_in: u64,
}

/// A movement, or something to be done with a payout, without its key.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Operation {
    /// As `POST /v1/transfers`.
    Transfer(TransferRequest),
    /// As `POST /v1/deposits`.
    Deposit(DepositRequest),
    /// As `POST /v1/withdrawals`.
    Withdrawal(WithdrawalRequest),
    /// As `POST /v1/top-ups`.
    TopUp(TopUpRequest),
    /// As `POST /v1/spends`.
    Spend(SpendRequest),
    /// As `POST /v1/bonuses`.
    Bonus(BonusRequest),
    /// As `POST /v1/transactions/{id}/reverse`.
    Reversal(ReversalOperation),
    /// As `POST /v1/payouts/{id}/execute`.
    PayoutExecution(PayoutOperation),
    /// As `POST /v1/payouts/{id}/retry`.
    PayoutRetry(PayoutOperation),
    /// As `POST /v1/payouts/{id}/approve`.
    PayoutApproval(PayoutOperation),
    /// As `POST /v1/payouts/{id}/compensate`.
    PayoutCompensation(CompensationOperation),
}

/// By hand, as [`BulkItem`](crate::BulkItem)'s.
impl PartialSchema for Operation {
    fn schema() -> RefOr<Schema> {
        let items = [
            bulk::tagged("transfer", TransferRequest::schema()),
            bulk::tagged("deposit", DepositRequest::schema()),
            bulk::tagged("withdrawal", WithdrawalRequest::schema()),
            bulk::tagged("top_up", TopUpRequest::schema()),
            bulk::tagged("spend", SpendRequest::schema()),
            bulk::tagged("bonus", BonusRequest::schema()),
            bulk::tagged("reversal", ReversalOperation::schema()),
            bulk::tagged("payout_execution", PayoutOperation::schema()),
            bulk::tagged("payout_retry", PayoutOperation::schema()),
            bulk::tagged("payout_approval", PayoutOperation::schema()),
            bulk::tagged("payout_compensation", CompensationOperation::schema()),
        ];
        let any = items.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
        any.description(Some("A movement, or something to be done with a payout, without its key.")).into()
    }
}

impl ToSchema for Operation {
    fn name() -> Cow<'static, str> {
        "Operation".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((CompensationFilter::name().into_owned(), CompensationFilter::schema()));
    }
}

/// One operation, or many.
#[derive(Clone, Debug, PartialEq)]
pub struct Operations(pub Vec<Operation>);

impl<'de> Deserialize<'de> for Operations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |value| serde_json::from_value(value).map_err(D::Error::custom);
        match Value::deserialize(deserializer)? {
            Value::Array(many) => many.into_iter().map(read).collect::<Result<_, _>>().map(Self),
            one => read(one).map(|one| Self(vec![one])),
        }
    }
}

impl PartialSchema for Operations {
    fn schema() -> RefOr<Schema> {
        let one = Ref::from_schema_name(Operation::name());
        let many = ArrayBuilder::new().items(one.clone()).min_items(Some(1)).max_items(Some(10_000));
        OneOfBuilder::new().item(one).item(many).into()
    }
}

impl ToSchema for Operations {
    fn name() -> Cow<'static, str> {
        "Operations".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Operation::name().into_owned(), Operation::schema()));
        Operation::schemas(schemas);
    }
}
