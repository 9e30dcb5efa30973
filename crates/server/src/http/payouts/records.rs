//! Payouts as records: made, listed, read.

use super::{Seen, view, visible};
use crate::auth::Action;
use crate::clock;
use crate::http::caller::Caller;
use crate::http::created::{self, Answer, made};
use crate::http::edge::RequestContext;
use crate::http::extract::{Json, Key, Path, Query};
use crate::http::openapi::problems;
use crate::http::page::Window;
use crate::http::{ApiError, AppState, commands, wallets};
use axum::Extension;
use axum::extract::State;
use florin_api as api;
use florin_ledger::{KeyHash, PayoutId, Scale, WalletId};
use florin_store::payouts::{NewPayout, PayoutFilter};
use florin_store::{CreationKey, Payout, StoreError};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::IntoParams;

problems!(CreateProblems: SIGNED_IN BODY KEYED + WalletNotFound + NameInvalid);

/// Makes a payout, so far without rows: a person from their own wallets, the house from any.
#[utoipa::path(
    post, path = "/v1/payouts", tag = "payouts", operation_id = "create_payout",
    params(Key), request_body = api::NewPayout,
    responses(
        (status = 201, description = "The payout, as it was made.", body = api::Payout, headers(
            ("Location" = String, description = "Where it can be read."),
            ("Idempotency-Replayed" = bool, description = "There on a replay."),
        )),
        CreateProblems,
    ),
)]
pub(in crate::http) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Key(key): Key,
    Json(body): Json<api::NewPayout>,
) -> Result<Answer<api::Payout>, ApiError> {
    caller.permit(Action::MoveMoney)?;
    let source = wallets::visible(&state, &caller, WalletId(body.source_wallet_id)).await?;
    let name = body.name.as_deref().map(created::name).transpose()?;
    let payout = NewPayout {
        source: source.wallet.id,
        asset: source.wallet.asset,
        name: name.map(str::to_owned),
        creator: caller.principal(),
    };
    let key = CreationKey {
        hash: KeyHash::of(caller.principal(), &key),
        fingerprint: commands::fingerprint("POST /v1/payouts", &body),
    };
    let (origin, now) = (context.origin(caller.actor()), clock::now());
    let created = state.store.create_payout(caller.ledger, payout, key, origin, now).await?;
    let (payout, is_replay) = made(created)?;
    let location = Some(format!("/v1/payouts/{}", payout.id));
    Ok(Answer { body: view::payout(&state, &caller, &payout, source.scale, now), location, is_replay })
}

/// Which payouts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ListQuery {
    /// In which state.
    state: Option<api::PayoutState>,
    /// From which wallet.
    #[param(example = 1)]
    source_wallet_id: Option<i64>,
    /// How many at most; 50 if it is not there.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

problems!(ListProblems: SIGNED_IN LISTED + WalletNotFound);

/// Payouts, newest first: a person's are those from their wallets; the house sees all.
#[utoipa::path(
    get, path = "/v1/payouts", tag = "payouts", operation_id = "list_payouts",
    params(ListQuery),
    responses((status = 200, description = "A page of payouts.", body = api::Page<api::Payout>), ListProblems),
)]
pub(in crate::http) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<api::Page<api::Payout>>, ApiError> {
    caller.permit(Action::Read)?;
    let window = Window::of("payouts", query.limit)?;
    let before = window.position(query.cursor.as_deref())?.map(PayoutId);
    let source = match query.source_wallet_id {
        Some(wallet) => Some(wallets::visible(&state, &caller, WalletId(wallet)).await?.wallet.id),
        None => None,
    };
    let filter = PayoutFilter {
        owner: caller.user_id().filter(|_| !caller.is_house()),
        source,
        state: query.state.map(view::parse_state),
    };
    let payouts = state.store.payouts(caller.ledger, filter, before, window.read_max()).await?;
    let sources: BTreeSet<_> = payouts.iter().map(|payout| payout.source).collect();
    let sources = state.store.balances(caller.ledger, sources.into_iter().collect()).await?;
    let scales: HashMap<WalletId, Scale> =
        sources.iter().map(|record| (record.wallet.id, record.scale)).collect();
    let now = clock::now();
    let print = |payout: &Payout| {
        let scale = scales.get(&payout.source)?;
        Some(view::payout(&state, &caller, payout, *scale, now))
    };
    if let Some(lost) = payouts.iter().find(|payout| !scales.contains_key(&payout.source)) {
        return Err(StoreError::Inconsistent(format!("payout {} has no source", lost.id)).into());
    }
    Ok(axum::Json(window.page(payouts, |payout| payout.id, print)))
}

problems!(ReadProblems: SIGNED_IN + PathInvalid + PayoutNotFound);

/// One payout: where it stands, and how far it is.
#[utoipa::path(
    get, path = "/v1/payouts/{id}", tag = "payouts", operation_id = "read_payout",
    params(("id" = i64, Path, description = "The payout.", example = 4)),
    responses(
        (status = 200, description = "The payout.", body = api::Payout,
            headers(("ETag" = String, description = "Its version."))),
        ReadProblems,
    ),
)]
pub(in crate::http) async fn read(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
) -> Result<Seen, ApiError> {
    caller.permit(Action::Read)?;
    let (payout, source) = visible(&state, &caller, PayoutId(id)).await?;
    Ok(Seen(view::payout(&state, &caller, &payout, source.scale, clock::now())))
}
