//! What moves money: each type's body, for its own route and as an item of a bulk.

use crate::{AmountText, Metadata};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A movement's body twice: as it is sent to its own route, where the key is a header, and as an item of a
/// bulk, where the key stands beside the same fields. Unknown fields are refused in both.
macro_rules! movement_body {
    (
        $(#[doc = $doc:literal])+
        $request:ident, $item:ident {
            $($(#[$attribute:meta])* $field:ident: $kind:ty,)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $request {
            $($(#[$attribute])* pub $field: $kind,)+
            /// A note: 1 to 140 printable characters.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(example = "lunch", min_length = 1, max_length = 140)]
            pub reference: Option<String>,
            /// A JSON object of the caller's own.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub metadata: Option<Metadata>,
        }

        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $item {
            /// The item's own idempotency key: 1 to 255 visible ASCII characters.
            #[schema(example = "4c1a0a2e-lunch", min_length = 1, max_length = 255)]
            pub idempotency_key: String,
            $($(#[$attribute])* pub $field: $kind,)+
            /// A note: 1 to 140 printable characters.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(example = "lunch", min_length = 1, max_length = 140)]
            pub reference: Option<String>,
            /// A JSON object of the caller's own.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub metadata: Option<Metadata>,
        }

        impl $item {
            /// The key, and the body as it would be sent to its own route.
            pub fn into_parts(self) -> (String, $request) {
                let Self { idempotency_key, $($field,)+ reference, metadata } = self;
                (idempotency_key, $request { $($field,)+ reference, metadata })
            }
        }
    };
}

movement_body! {
    /// From one wallet to another of the same asset.
    TransferRequest, TransferItem {
        /// The wallet that gives.
        #[schema(example = 1)]
        from_wallet_id: i64,
        /// The wallet that gets.
        #[schema(example = 2)]
        to_wallet_id: i64,
        /// How much.
        amount: AmountText,
    }
}

movement_body! {
    /// Into a wallet, from outside.
    DepositRequest, DepositItem {
        /// The wallet that gets.
        #[schema(example = 1)]
        wallet_id: i64,
        /// How much.
        amount: AmountText,
    }
}

movement_body! {
    /// Out of a wallet, to outside.
    WithdrawalRequest, WithdrawalItem {
        /// The wallet that gives.
        #[schema(example = 1)]
        wallet_id: i64,
        /// How much.
        amount: AmountText,
    }
}

movement_body! {
    /// To a user's main wallet, from the treasury.
    TopUpRequest, TopUpItem {
        /// Whose wallet.
        #[schema(example = 7)]
        user_id: i64,
        /// Which asset.
        #[schema(example = "GOLD")]
        asset: String,
        /// How much.
        amount: AmountText,
    }
}

movement_body! {
    /// From a user's main wallet, to revenue.
    SpendRequest, SpendItem {
        /// Whose wallet; a person's own if it is not there. The house must say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(example = 7)]
        user_id: Option<i64>,
        /// Which asset.
        #[schema(example = "GOLD")]
        asset: String,
        /// How much.
        amount: AmountText,
    }
}

movement_body! {
    /// To a user's main wallet, from the bonus pool.
    BonusRequest, BonusItem {
        /// Whose wallet.
        #[schema(example = 7)]
        user_id: i64,
        /// Which asset.
        #[schema(example = "GOLD")]
        asset: String,
        /// How much.
        amount: AmountText,
    }
}

/// Back, what an earlier transaction moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalRequest {
    /// How much of it; all that is left if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// A note: 1 to 140 printable characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "returned goods", min_length = 1, max_length = 140)]
    pub reference: Option<String>,
    /// A JSON object of the caller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// Back, what an earlier transaction moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalItem {
    /// The item's own idempotency key: 1 to 255 visible ASCII characters.
    #[schema(example = "4c1a0a2e-return", min_length = 1, max_length = 255)]
    pub idempotency_key: String,
    /// The earlier transaction.
    #[schema(format = "uuid", example = "0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b")]
    pub transaction_id: String,
    /// How much of it; all that is left if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// A note: 1 to 140 printable characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "returned goods", min_length = 1, max_length = 140)]
    pub reference: Option<String>,
    /// A JSON object of the caller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// Back, what an earlier transaction moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalOperation {
    /// The earlier transaction.
    #[schema(format = "uuid", example = "0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b")]
    pub transaction_id: String,
    /// How much of it; all that is left if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountText>,
    /// A note: 1 to 140 printable characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "returned goods", min_length = 1, max_length = 140)]
    pub reference: Option<String>,
    /// A JSON object of the caller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}
