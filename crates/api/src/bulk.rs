//! Many movements in one request.

use crate::movements::{
    BonusItem, DepositItem, ReversalItem, SpendItem, TopUpItem, TransferItem, WithdrawalItem,
};
use crate::{Problem, Transaction};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What happens to the others when one item is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkMode {
    /// Nothing: each item is done, or refused, on its own.
    Independent,
    /// None of them is done.
    Atomic,
}

/// Many movements, done in the order in which they stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// Each on its own, or all or nothing.
    pub mode: BulkMode,
    /// The movements: 1 to 10,000.
    #[schema(min_items = 1, max_items = 10000)]
    pub transactions: Vec<BulkItem>,
}

/// One movement of a bulk: its type, its own key, and what its own route takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BulkItem {
    /// As `POST /v1/transfers`.
    Transfer(TransferItem),
    /// As `POST /v1/deposits`.
    Deposit(DepositItem),
    /// As `POST /v1/withdrawals`.
    Withdrawal(WithdrawalItem),
    /// As `POST /v1/top-ups`.
    TopUp(TopUpItem),
    /// As `POST /v1/spends`.
    Spend(SpendItem),
    /// As `POST /v1/bonuses`.
    Bonus(BonusItem),
    /// As `POST /v1/transactions/{id}/reverse`.
    Reversal(ReversalItem),
}

/// By hand: the derived schema would add `type` beside a schema that allows no other field, and so allow
/// nothing at all.
impl PartialSchema for BulkItem {
    fn schema() -> RefOr<Schema> {
        let items = [
            tagged("transfer", TransferItem::schema()),
            tagged("deposit", DepositItem::schema()),
            tagged("withdrawal", WithdrawalItem::schema()),
            tagged("top_up", TopUpItem::schema()),
            tagged("spend", SpendItem::schema()),
            tagged("bonus", BonusItem::schema()),
            tagged("reversal", ReversalItem::schema()),
        ];
        let any = items.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
        any.description(Some("One movement of a bulk: its type, its own key, and what its own route takes."))
            .into()
    }
}

impl ToSchema for BulkItem {
    fn name() -> Cow<'static, str> {
        "BulkItem".into()
    }
}

/// An item's schema with its type as one more field.
pub(crate) fn tagged(name: &'static str, schema: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut item)) = schema else { return schema };
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([name]));
    item.properties.insert("type".to_owned(), kind.into());
    item.required.push("type".to_owned());
    item.into()
}

/// What became of a bulk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkResponse {
    /// One result an item, in the order of the items.
    pub results: Vec<BulkResult>,
}

/// What became of one item: what its own route would have answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkResult {
    /// The HTTP status that its own route would have answered with.
    #[schema(example = 201)]
    pub status: u16,
    /// Whether it is the first answer of an earlier request with its key.
    pub replayed: bool,
    /// The transaction, if it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub transaction: Option<Transaction>,
    /// Why it was not done, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub problem: Option<Problem>,
}
