//! Assets: what is counted.

use super::cached::{Cached, TakesCached, cached};
use super::caller::Caller;
use super::created::{Answer, made, name};
use super::edge::RequestContext;
use super::extract::{Json, Key};
use super::openapi::problems;
use super::{ApiError, AppState, commands, parse, view};
use crate::auth::Action;
use crate::cache::Item;
use crate::clock;
use axum::Extension;
use axum::extract::State;
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{Asset, KeyHash, Scale};
use florin_store::{CreationKey, NewAsset};

problems!(ListProblems: SIGNED_IN);

/// All assets, by code. The answer may come from a cache, for up to an hour, and then has `Age`.
#[utoipa::path(
    get, path = "/v1/assets", tag = "assets", operation_id = "list_assets",
    params(TakesCached),
    responses(
        (status = 200, description = "The assets.", body = api::AssetList,
            headers(("Age" = u64, description = "How many seconds old a cached answer is."))),
        ListProblems,
    ),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    takes_cached: TakesCached,
) -> Result<Cached<axum::Json<api::AssetList>>, ApiError> {
    caller.permit(Action::Read)?;
    let read = async {
        let assets = state.store.assets(caller.ledger).await?;
        Ok(api::AssetList { data: assets.iter().map(|asset| view::asset(asset, true)).collect() })
    };
    let mut assets = cached(&state, takes_cached, Item::Assets(caller.ledger), read).await?;
    if !caller.is_house() {
        assets.body.data.iter_mut().for_each(|asset| asset.system_wallets = None);
    }
    Ok(assets.map(axum::Json))
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
    // A task of its own: who hangs up must not leave in the cache what was before.
    let task = tokio::spawn(async move {
        let created = state.store.create_asset(caller.ledger, asset, key, origin, clock::now()).await;
        state.cache.forget(&[Item::Assets(caller.ledger)]).await;
        created
    });
    let created = task.await.map_err(|error| ApiError::Panic(error.to_string()))??;
    let (asset, is_replay) = made(created)?;
    Ok(Answer { body: view::asset(&asset, true), location: None, is_replay })
}
