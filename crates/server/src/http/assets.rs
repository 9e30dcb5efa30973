//! Assets: what is counted.

use super::caller::Caller;
use super::created::{Answer, made, name};
use super::edge::RequestContext;
use super::extract::{Json, Key};
use super::openapi::problems;
use super::{ApiError, AppState, commands, parse, view};
use crate::auth::Action;
use crate::clock;
use axum::Extension;
use axum::extract::State;
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{Asset, KeyHash, Scale};
use florin_store::{CreationKey, NewAsset};

problems!(ListProblems: SIGNED_IN);

/// All assets, by code.
#[utoipa::path(
    get, path = "/v1/assets", tag = "assets", operation_id = "list_assets",
    responses((status = 200, description = "The assets.", body = api::AssetList), ListProblems),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<axum::Json<api::AssetList>, ApiError> {
    caller.permit(Action::Read)?;
    let assets = state.store.assets(caller.ledger).await?;
    let data = assets.iter().map(|asset| view::asset(asset, caller.is_house())).collect();
    Ok(axum::Json(api::AssetList { data }))
}

problems!(CreateProblems: SIGNED_IN BODY KEYED + AssetCodeInvalid + NameInvalid + ScaleInvalid + AssetExists);

/// Creates an asset, and the house's four wallets of it. For operators, and API keys with `assets:write`.
#[utoipa::path(
    post, path = "/v1/assets", tag = "assets", operation_id = "create_asset",
    params(Key), request_body = api::NewAsset,
    responses(
        (status = 201, description = "The asset.", body = api::Asset, headers(
            ("Idempotency-Replayed" = bool, description = "There on a replay."),
        )),
        CreateProblems,
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Key(key): Key,
    Json(body): Json<api::NewAsset>,
) -> Result<Answer<api::Asset>, ApiError> {
    caller.permit(Action::CreateAssets)?;
    let code = parse::asset_code(&body.code, "code")?;
    let scale = Scale::new(body.scale).ok_or_else(|| {
        let detail = "A scale is a number of decimal places between 0 and 18.";
        ApiError::invalid_field(ProblemCode::ScaleInvalid, "scale", detail)
    })?;
    let asset = NewAsset { asset: Asset { code, scale }, name: name(&body.name)?.to_owned() };
    let key = CreationKey {
        hash: KeyHash::of(caller.principal(), &key),
        fingerprint: commands::fingerprint("POST /v1/assets", &body),
    };
    let origin = context.origin(caller.actor());
    let created = state.store.create_asset(caller.ledger, asset, key, origin, clock::now()).await?;
    let (asset, is_replay) = made(created)?;
    Ok(Answer { body: view::asset(&asset, true), location: None, is_replay })
}
