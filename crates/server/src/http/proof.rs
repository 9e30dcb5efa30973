//! That a person wants what they ask for: their PIN, or an approval that it gave before. Services, which act by
//! their keys' scopes, need none; nor does what brings money in, which only the house may.

use super::deadline::before_any_change;
use super::edge::RequestContext;
use super::{ApiError, AppState};
use crate::auth::approval::{combined, digest};
use crate::auth::{Approvals, Identity, Intent, Pin, PinError, PinTry};
use crate::clock;
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use florin_api::ProblemCode;
use florin_ledger::{Command, KeyHash, Movement, UserId};
use florin_store::{ApprovalUse, Redemption};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// What the request's head proves with, if with anything.
pub(super) enum Proof {
    None,
    Pin(Pin),
    /// The hash under which the approval is stored, if it has the form of one.
    Approval(Option<[u8; 32]>),
}

impl Proof {
    const PIN: &'static str = "Transaction-Pin";
    const APPROVAL: &'static str = "Transaction-Approval";

    fn invalid(field: &'static str, detail: &str) -> ApiError {
        ApiError::invalid_field(ProblemCode::TransactionProofInvalid, field, detail)
    }

    /// The header's one value.
    fn header<'parts>(
        parts: &'parts Parts,
        name: &'static str,
    ) -> Result<Option<&'parts HeaderValue>, ApiError> {
        let mut values = parts.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Self::invalid(name, "Send the header once.")),
            (value, None) => Ok(value),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Proof {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        match (Self::header(parts, Self::PIN)?, Self::header(parts, Self::APPROVAL)?) {
            (None, None) => Ok(Self::None),
            (Some(_), Some(_)) => Err(Self::invalid(Self::PIN, "Send the PIN or an approval, not both.")),
            (None, Some(approval)) => {
                Ok(Self::Approval(Approvals::stored_hash(approval.to_str().unwrap_or_default())))
            }
            (Some(pin), None) => {
                let pin = pin.to_str().ok().and_then(|text| Pin::parse(text.into()));
                pin.map(Self::Pin).ok_or_else(|| Self::invalid(Self::PIN, "A PIN has 4 to 8 digits."))
            }
        }
    }
}

impl IntoParams for Proof {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = |name, pattern, description| {
            let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
            let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
            header.schema(Some(text)).description(Some(description)).build()
        };
        vec![
            header(
                Self::PIN,
                "^[0-9]{4,8}$",
                "The person's transaction PIN. Persons need it, or an approval, for what moves money out of a \
                 wallet; API keys need neither.",
            ),
            header(
                Self::APPROVAL,
                "^fta_[A-Za-z0-9_-]{43}$",
                "What `POST /v1/auth/step-up` gave for this very request, instead of the PIN. It is good for one \
                 `Idempotency-Key`, and its retries.",
            ),
        ]
    }
}

/// Lets a person's movements pass only with their PIN, or with an approval of these very movements.
pub(super) async fn demand(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    proof: Proof,
    commands: &[&Command],
) -> Result<(), ApiError> {
    if !commands.iter().any(|command| takes_out(&command.movement)) {
        return Ok(());
    }
    let asked = || {
        let keys: Vec<_> = commands.iter().map(|command| command.key_hash).collect();
        let intents = commands.iter().map(|command| Intent::Movement(command.movement));
        (digest(intents), combined(&keys))
    };
    demand_for(state, caller, context, proof, asked).await
}

/// Lets what a person wants with a payout pass only with their PIN, or with an approval of this very thing.
pub(super) async fn demand_for_payout(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    proof: Proof,
    intent: Intent,
    key_hash: KeyHash,
) -> Result<(), ApiError> {
    demand_for(state, caller, context, proof, || (digest([intent]), key_hash)).await
}

/// `asked` is the digest of what is asked for, and under which key.
async fn demand_for(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    proof: Proof,
    asked: impl FnOnce() -> ([u8; 32], KeyHash),
) -> Result<(), ApiError> {
    let Some(user) = caller.user_id() else { return Ok(()) };
    let proved = async {
        match proof {
            Proof::None => Err(ApiError::invalid(
                ProblemCode::PinRequired,
                "Send your transaction PIN in the header Transaction-Pin, or an approval of this in \
                 Transaction-Approval.",
            )),
            Proof::Pin(pin) => check_pin(state, caller, context, user, pin).await,
            Proof::Approval(hash) => {
                let hash = hash.ok_or_else(|| refusal(Redemption::Unknown))?;
                let (digest, key_hash) = asked();
                redeem(state, caller, ApprovalUse { hash, user, digest, key_hash }).await
            }
        }
    };
    // Nothing was handed to the committer or the store so far, so nothing that was asked for happens any more.
    before_any_change(context.deadline, proved).await?
}

/// Whether it takes money out of somebody's wallet. All else brings money in, and only the house may.
const fn takes_out(movement: &Movement) -> bool {
    match movement {
        Movement::Transfer { .. }
        | Movement::Withdrawal { .. }
        | Movement::Spend { .. }
        | Movement::Payout { .. }
        | Movement::Reversal { .. }
        | Movement::ReversalOfAvailable { .. } => true,
        Movement::Deposit { .. } | Movement::TopUp { .. } | Movement::Bonus { .. } => false,
    }
}

/// Lets pass who enters the person's PIN.
pub(super) async fn check_pin(
    state: &AppState,
    caller: &Identity,
    context: &RequestContext,
    user: UserId,
    pin: Pin,
) -> Result<(), ApiError> {
    let tried = PinTry { ledger: caller.ledger, user, pin, origin: context.origin(caller.actor()) };
    let (state, deadline) = (state.clone(), context.deadline);
    // A task of its own: a try that was counted is settled, whoever goes away.
    let check = async move { state.auth.pins.check(&*state.store, tried, clock::now(), deadline).await };
    match tokio::spawn(check).await {
        Ok(checked) => Ok(checked?),
        Err(error) => Err(ApiError::Panic(error.to_string())),
    }
}

async fn redeem(state: &AppState, caller: &Identity, asked: ApprovalUse) -> Result<(), ApiError> {
    match state.store.redeem_approval(caller.ledger, asked, clock::now()).await? {
        Redemption::Good => Ok(()),
        refused => Err(refusal(refused)),
    }
}

fn refusal(redemption: Redemption) -> ApiError {
    let (code, detail) = match redemption {
        Redemption::Good | Redemption::Unknown => (
            ProblemCode::ApprovalInvalid,
            "There is no such approval of yours. Get one from POST /v1/auth/step-up.",
        ),
        Redemption::OtherMovements => (
            ProblemCode::ApprovalMismatch,
            "The approval is for something else: another amount, asset, wallet, transaction, order, payout or \
             row. Get one for this.",
        ),
        Redemption::Used => (
            ProblemCode::ApprovalUsed,
            "The approval was used under another Idempotency-Key. Retry with that key, or get a new approval.",
        ),
        Redemption::Expired => {
            (ProblemCode::ApprovalExpired, "The approval was not used in time. Get a new one.")
        }
    };
    ApiError::invalid_field(code, Proof::APPROVAL, detail)
}

impl From<PinError> for ApiError {
    fn from(error: PinError) -> Self {
        match error {
            PinError::Hash(error) => error.into(),
            PinError::Store(error) => error.into(),
            error => Self::Pin(error),
        }
    }
}
