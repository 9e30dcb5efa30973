//! Whom one can send to: a name's wallet, or a wallet's name. It says what a sender needs to be sure of the person,
//! and nothing of balances; asking is limited, or the names of all users could be read off it.

use super::caller::Caller;
use super::extract::Query;
use super::openapi::problems;
use super::{ApiError, AppState, parse};
use crate::auth::Action;
use axum::extract::State;
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{AssetCode, LedgerId, Owner, UserId, WalletId, WalletStatus};
use florin_store::{StoreError, Username};
use serde::Deserialize;
use utoipa::IntoParams;

/// Whom: `username` and `asset`, or `wallet_id`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipientQuery {
    /// The name of who is to get something, in any case.
    #[param(example = "bob")]
    username: Option<String>,
    /// In which asset.
    #[param(example = "USD")]
    asset: Option<String>,
    /// The wallet that is to get something.
    wallet_id: Option<i64>,
}

problems!(RecipientProblems: SIGNED_IN + QueryInvalid + AssetCodeInvalid + RecipientNotFound);

/// Finds the wallet that a transfer to somebody would go to.
///
/// By name it is their main wallet in the asset; by its id it is that wallet, with its owner's name, to be shown
/// before anything is sent. Wallets of the house, and closed ones, are not found.
#[utoipa::path(
    get, path = "/v1/recipients", tag = "wallets", operation_id = "find_recipient",
    params(RecipientQuery),
    responses((status = 200, description = "Who would get it.", body = api::Recipient), RecipientProblems),
)]
pub(super) async fn find(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(query): Query<RecipientQuery>,
) -> Result<axum::Json<api::Recipient>, ApiError> {
    caller.permit(Action::Read)?;
    let found = match (&query.username, &query.asset, query.wallet_id) {
        (Some(name), Some(asset), None) => {
            by_name(&state, caller.ledger, name, parse::asset_code(asset, "asset")?).await?
        }
        (None, None, Some(id)) => by_wallet(&state, caller.ledger, WalletId(id)).await?,
        _ => {
            let detail = "Send username and asset, or wallet_id alone.";
            return Err(ApiError::invalid(ProblemCode::QueryInvalid, detail));
        }
    };
    found.map(axum::Json).ok_or_else(|| {
        let detail = "Nobody can be paid so. Check the name, or the wallet's number, and the asset.";
        ApiError::invalid(ProblemCode::RecipientNotFound, detail)
    })
}

async fn by_name(
    state: &AppState,
    ledger: LedgerId,
    name: &str,
    asset: AssetCode,
) -> Result<Option<api::Recipient>, StoreError> {
    let Some(name) = Username::parse(name) else { return Ok(None) };
    let found = state.store.main_wallets(ledger, asset, vec![name]).await?;
    Ok(found.first().and_then(|(name, record)| {
        let Owner::User(user) = record.wallet.owner else { return None };
        Some(recipient(user, name, record.wallet.id, asset))
    }))
}

async fn by_wallet(
    state: &AppState,
    ledger: LedgerId,
    id: WalletId,
) -> Result<Option<api::Recipient>, StoreError> {
    let Some(record) = state.store.wallet(ledger, id).await? else { return Ok(None) };
    let Owner::User(user) = record.wallet.owner else { return Ok(None) };
    if record.wallet.status == WalletStatus::Closed {
        return Ok(None);
    }
    let owner = state.store.user(ledger, user).await?;
    Ok(owner.map(|owner| recipient(user, &owner.username, id, record.wallet.asset)))
}

fn recipient(user: UserId, name: &Username, wallet: WalletId, asset: AssetCode) -> api::Recipient {
    api::Recipient {
        user_id: user.0,
        username: name.as_str().to_owned(),
        wallet_id: wallet.0,
        asset: asset.to_string(),
    }
}
