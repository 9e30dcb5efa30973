//! Every code that a problem can have, with its status and title: one table, for the server, its document and
//! its clients. A code never changes its meaning; new ones may come.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! problem_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $status:literal, $code:literal, $title:literal;)+) => {
        /// A problem's stable name. Clients decide by it, never by the texts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $name,)+
        }

        impl ProblemCode {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The HTTP status that it comes with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// What it is, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

problem_codes! {
    // The request cannot be understood.
    /// The body is not JSON, or there is none.
    BodyMalformed = 400, "body_malformed", "The body is not JSON";
    /// The path has a parameter of another form.
    PathInvalid = 400, "path_invalid", "The path is not valid";
    /// The query has a parameter that does not exist or has another form.
    QueryInvalid = 400, "query_invalid", "The query is not valid";
    /// The limit is not between 1 and 1,000.
    LimitInvalid = 400, "limit_invalid", "The limit is not valid";
    /// The cursor did not come from this list.
    CursorInvalid = 400, "cursor_invalid", "The cursor is not valid";
    /// There is no `Idempotency-Key` header.
    IdempotencyKeyMissing = 400, "idempotency_key_missing", "The idempotency key is missing";
    /// The idempotency key does not have 1 to 255 visible ASCII characters.
    IdempotencyKeyInvalid = 400, "idempotency_key_invalid", "The idempotency key is not valid";
    /// `Transaction-Pin` is not 4 to 8 digits, there are two of them, or `Transaction-Approval` is there too.
    TransactionProofInvalid = 400, "transaction_proof_invalid", "The PIN's or approval's header is not valid";
    /// The `If-Match` header is not one entity tag.
    IfMatchInvalid = 400, "if_match_invalid", "The If-Match header is not valid";
    /// The `Request-Timeout` header is not one number of seconds above zero.
    RequestTimeoutInvalid = 400, "request_timeout_invalid", "The Request-Timeout header is not valid";

    // Who asks.
    /// There is no `Authorization` header with a bearer token.
    AuthenticationRequired = 401, "authentication_required", "Authentication is required";
    /// The token is not one of Florin's.
    TokenInvalid = 401, "token_invalid", "The token is not valid";
    /// The access token has expired.
    TokenExpired = 401, "token_expired", "The token has expired";
    /// There is no such user, or the password is not theirs.
    CredentialsInvalid = 401, "credentials_invalid", "The username or the password is wrong";
    /// The refresh token is unknown, has expired, or was ended.
    RefreshTokenInvalid = 401, "refresh_token_invalid", "The refresh token is not valid";
    /// The refresh token was exchanged before; all that descend from its sign-in are ended.
    RefreshTokenReused = 401, "refresh_token_reused", "The refresh token was used before";
    /// The external issuer's token is good, and its subject is linked to nobody here.
    SubjectUnknown = 403, "subject_unknown", "The subject is not known here";
    /// The caller may not do this.
    NotPermitted = 403, "not_permitted", "Not permitted";
    /// The request carries a browser's cookie, and does not show that one of Florin's own pages sent it.
    CrossSiteRequest = 403, "cross_site_request", "It is not from a page of Florin's";
    /// The movement needs a `Transaction-Pin` or a `Transaction-Approval`.
    PinRequired = 403, "pin_required", "The PIN is required";
    /// The person has no PIN yet, or an operator has reset it.
    PinNotSet = 403, "pin_not_set", "There is no PIN";
    /// The PIN is another one.
    PinWrong = 403, "pin_wrong", "The PIN is wrong";
    /// There is no such approval, or it is another person's.
    ApprovalInvalid = 403, "approval_invalid", "The approval is not valid";
    /// The approval was not used in time.
    ApprovalExpired = 403, "approval_expired", "The approval has expired";
    /// The approval is for other movements.
    ApprovalMismatch = 403, "approval_mismatch", "The approval is for something else";
    /// The approval was used under another key.
    ApprovalUsed = 403, "approval_used", "The approval was used before";
    /// Who agrees with a payout neither made nor executes it.
    PayoutOwnApproval = 403, "payout_own_approval", "Somebody else must agree";
    /// It is too long ago for a person to take back what a payout paid.
    PayoutCompensationLate = 403, "payout_compensation_late", "It is too late to take the payout back";

    // What is not there, or not for this caller.
    /// There is no such address.
    RouteNotFound = 404, "route_not_found", "There is nothing at this address";
    /// There is no such user, or none that the caller may see.
    UserNotFound = 404, "user_not_found", "There is no such user";
    /// The user is linked to no external identity.
    ExternalIdentityNotFound = 404, "external_identity_not_found", "There is no external identity";
    /// There is no such API key.
    ApiKeyNotFound = 404, "api_key_not_found", "There is no such API key";
    /// There is no such asset.
    AssetNotFound = 404, "asset_not_found", "There is no such asset";
    /// There is no such wallet, or none that the caller may use so.
    WalletNotFound = 404, "wallet_not_found", "There is no such wallet";
    /// There is no such transaction, or none that the caller may see.
    TransactionNotFound = 404, "transaction_not_found", "There is no such transaction";
    /// There is no such user or wallet, or none that can be paid so.
    RecipientNotFound = 404, "recipient_not_found", "There is no such recipient";
    /// No audit has been made since this server started.
    AuditNotFound = 404, "audit_not_found", "There is no audit yet";
    /// There is no such payout, or none that the caller may see.
    PayoutNotFound = 404, "payout_not_found", "There is no such payout";
    /// The address does not take this method.
    MethodNotAllowed = 405, "method_not_allowed", "The method is not allowed here";
    /// The request did not arrive in time.
    RequestTimeout = 408, "request_timeout", "The request did not arrive in time";

    // What stands against it now.
    /// Another user has the username.
    UsernameTaken = 409, "username_taken", "The username is taken";
    /// Another user has the email address.
    EmailTaken = 409, "email_taken", "The email address is taken";
    /// Another user is linked to the external identity.
    ExternalIdentityTaken = 409, "external_identity_taken", "The external identity is taken";
    /// There is an asset with this code.
    AssetExists = 409, "asset_exists", "The asset exists";
    /// The user has an open wallet of this asset and name.
    WalletExists = 409, "wallet_exists", "The wallet exists";
    /// The wallet is frozen.
    WalletFrozen = 409, "wallet_frozen", "The wallet is frozen";
    /// The wallet is closed.
    WalletClosed = 409, "wallet_closed", "The wallet is closed";
    /// Only an empty wallet can be closed.
    WalletNotEmpty = 409, "wallet_not_empty", "The wallet is not empty";
    /// The wallet has used more credit than the new limit.
    CreditLimitInUse = 409, "credit_limit_in_use", "The credit limit is in use";
    /// Only a completed transaction that is not itself a reversal can be reversed.
    NotReversible = 409, "not_reversible", "The transaction cannot be reversed";
    /// An audit is under way; one at a time is enough.
    AuditRunning = 409, "audit_running", "An audit is under way";
    /// The payout is in another state than this needs.
    PayoutState = 409, "payout_state", "The payout is in another state";
    /// The payout has no rows in force.
    PayoutEmpty = 409, "payout_empty", "The payout has no rows";
    /// The payout's rows are not those that the digest names.
    PayoutChanged = 409, "payout_changed", "The payout's rows have changed";
    /// An operator must agree with the payout first.
    PayoutApprovalNeeded = 409, "payout_approval_needed", "Somebody else must agree first";
    /// Another payout pays or has paid the same rows from the same wallet.
    PayoutDuplicate = 409, "payout_duplicate", "The payout is likely a duplicate";
    /// There is no row that this could be done with.
    PayoutNothingToDo = 409, "payout_nothing_to_do", "No row is left for this";
    /// A compensation of the payout is under way.
    PayoutCompensating = 409, "payout_compensating", "A compensation is under way";
    /// Another upload has begun since.
    PayoutUploadSuperseded = 409, "payout_upload_superseded", "Another upload has begun";
    /// There is no upload with faults to mend.
    PayoutNothingToMend = 409, "payout_nothing_to_mend", "There is nothing to mend";
    /// The wallet has another version than `If-Match` says.
    VersionConflict = 412, "version_conflict", "The wallet has changed";
    /// The body is larger than what is taken here.
    BodyTooLarge = 413, "body_too_large", "The body is too large";
    /// The body is of another type than what is taken here.
    ContentTypeUnsupported = 415, "content_type_unsupported", "The content type is not supported";

    // Understood, and not acceptable.
    /// The body has an unknown field, lacks one, or has one of another type.
    BodyInvalid = 422, "body_invalid", "The body is not valid";
    /// The username does not have 3 to 32 letters, digits, dots, underscores and hyphens.
    UsernameInvalid = 422, "username_invalid", "The username is not valid";
    /// The email address does not have the form of one.
    EmailInvalid = 422, "email_invalid", "The email address is not valid";
    /// The password does not have 8 to 128 characters.
    PasswordInvalid = 422, "password_invalid", "The password is not valid";
    /// The PIN does not have 4 to 8 digits.
    PinInvalid = 422, "pin_invalid", "The PIN is not valid";
    /// The PIN is among those that are tried first.
    PinGuessable = 422, "pin_guessable", "The PIN is too easy to guess";
    /// The issuer is not the one that is configured, or the subject does not have 1 to 255 visible ASCII characters.
    ExternalIdentityInvalid = 422, "external_identity_invalid", "The external identity is not valid";
    /// The API key has no scope.
    ScopesInvalid = 422, "scopes_invalid", "The scopes are not valid";
    /// The amount is a JSON number; amounts are strings.
    AmountNotAString = 422, "amount_not_a_string", "The amount is not a string";
    /// The amount is not plain digits with at most one point.
    AmountMalformed = 422, "amount_malformed", "The amount is not a decimal number";
    /// The amount is zero.
    AmountZero = 422, "amount_zero", "The amount is zero";
    /// The amount has more decimals than the asset.
    AmountTooPrecise = 422, "amount_too_precise", "The amount has too many decimals";
    /// The amount is beyond 38 digits of the asset's smallest unit.
    AmountTooLarge = 422, "amount_too_large", "The amount is too large";
    /// The asset's code does not have the form of one.
    AssetCodeInvalid = 422, "asset_code_invalid", "The asset's code is not valid";
    /// The name does not have 1 to 64 printable characters.
    NameInvalid = 422, "name_invalid", "The name is not valid";
    /// The scale is not between 0 and 18.
    ScaleInvalid = 422, "scale_invalid", "The scale is not valid";
    /// The credit limit is not an amount, or is above 18 digits.
    CreditLimitInvalid = 422, "credit_limit_invalid", "The credit limit is not valid";
    /// The reference does not have 1 to 140 printable characters.
    ReferenceInvalid = 422, "reference_invalid", "The reference is not valid";
    /// The metadata has more than 4,096 bytes, or a NUL.
    MetadataInvalid = 422, "metadata_invalid", "The metadata is not valid";
    /// The house must say which user.
    UserIdRequired = 422, "user_id_required", "A user is required";
    /// The list is empty, or longer than what is taken here.
    CountInvalid = 422, "count_invalid", "The number of items is not valid";
    /// Source and destination are one wallet.
    SameWallet = 422, "same_wallet", "Source and destination are the same wallet";
    /// The two wallets hold different assets.
    AssetMismatch = 422, "asset_mismatch", "The assets differ";
    /// A system wallet cannot be closed or given a credit limit.
    SystemWallet = 422, "system_wallet", "It is a system wallet";
    /// It is no payout file; the line, and where in it, are named. Nothing of it is taken.
    PayoutFileInvalid = 422, "payout_file_invalid", "It is no payout file";
    /// Rows of the upload have faults, so it is not in force. The first faults are named.
    PayoutRowsInvalid = 422, "payout_rows_invalid", "Rows have faults";
    /// The key was used for another request.
    IdempotencyKeyReused = 422, "idempotency_key_reused", "The idempotency key was used before";
    /// The debited wallet has too little.
    InsufficientFunds = 422, "insufficient_funds", "Insufficient funds";
    /// The transaction has less left to reverse.
    ReversalExceedsRemaining = 422, "reversal_exceeds_remaining", "There is less left to reverse";
    /// A balance would go beyond 38 digits.
    BalanceLimitExceeded = 422, "balance_limit_exceeded", "The balance would be too large";
    /// Wrong tries locked the PIN.
    PinLocked = 423, "pin_locked", "The PIN is locked";
    /// The caller, the address or the account has made too many requests. Nothing happened.
    RateLimited = 429, "rate_limited", "Too many requests";
    /// The request has more headers than are taken here.
    HeadersTooMany = 431, "headers_too_many", "There are too many headers";

    // Not the caller's fault.
    /// A fault of the server's.
    Internal = 500, "internal", "Internal error";
    /// Too many requests are under way, or too many commands wait. Nothing happened.
    Overloaded = 503, "overloaded", "The server is overloaded";
    /// The server is stopping, the store cannot be reached, or the answer took too long. Nothing happened.
    Unavailable = 503, "unavailable", "The service is unavailable";
    /// It may have happened, or not. The same request with the same key tells.
    OutcomeUnknown = 503, "outcome_unknown", "The outcome is unknown";
}

impl ProblemCode {
    /// Whether the same request, sent again with the same key, may succeed.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RequestTimeout
                | Self::AuditRunning
                | Self::PayoutCompensating
                | Self::RateLimited
                | Self::Overloaded
                | Self::Unavailable
                | Self::OutcomeUnknown
        )
    }
}

/// By hand: the macro that derives it does not see names that the table's macro passes on.
impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A problem's stable name: what programs decide by. New ones may come."))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

impl ToSchema for ProblemCode {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}

#[cfg(test)]
mod tests {
    use super::ProblemCode;

    /// The page for users lists every code once, in this order, and no other.
    #[test]
    fn the_reference_page_is_the_table() {
        let page = include_str!("../../../docs/reference/errors.md");
        let listed = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let status: u16 = cells.next()?.parse().ok()?;
            Some((status, cells.next()?.trim_matches('`'), cells.nth(1)?.starts_with("yes")))
        });
        let table = ProblemCode::ALL.iter().map(|code| (code.status(), code.as_str(), code.is_retryable()));
        assert_eq!(listed.collect::<Vec<_>>(), table.collect::<Vec<_>>());
    }
}
