//! Wallets: one owner's balance in one asset.

use super::cached::{Cached, TakesCached, cached};
use super::caller::Caller;
use super::created::{Answer, made};
use super::edge::RequestContext;
use super::extract::{IfMatch, Json, Key, Path, Query, etag};
use super::openapi::problems;
use super::page::Window;
use super::{ApiError, AppState, commands, parse, view};
use crate::auth::{Action, Identity, NotPermitted};
use crate::cache::Item;
use crate::clock;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use florin_api as api;
use florin_api::ProblemCode;
use florin_ledger::{
    Amount, KeyHash, Rejection, Scale, UserId, Version, Wallet, WalletChange, WalletId, WalletStatus,
};
use florin_store::{CreationKey, NewWallet, WalletFilter, WalletName, WalletRecord};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::IntoParams;

/// Which wallets.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Whose. A person sees only their own.
    user_id: Option<i64>,
    /// In which asset.
    #[param(example = "USD")]
    asset: Option<String>,
    /// In which status.
    status: Option<api::WalletStatus>,
    /// How many at most; 50 if it is not there.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

problems!(ListProblems: SIGNED_IN LISTED + AssetCodeInvalid + UserNotFound);

/// Wallets, newest first: a person's own, or for the house all, also its own.
#[utoipa::path(
    get, path = "/v1/wallets", tag = "wallets", operation_id = "list_wallets",
    params(ListQuery),
    responses((status = 200, description = "A page of wallets.", body = api::Page<api::Wallet>), ListProblems),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<api::Page<api::Wallet>>, ApiError> {
    caller.permit(Action::Read)?;
    let window = Window::of("wallets", query.limit)?;
    let before = window.position(query.cursor.as_deref())?.map(WalletId);
    let filter = WalletFilter {
        user: visible_user(&caller, query.user_id)?,
        asset: query.asset.map(|code| parse::asset_code(&code, "asset")).transpose()?,
        status: query.status.map(parse::wallet_status),
    };
    let wallets = state.store.wallets(caller.ledger, filter, before, window.read_max()).await?;
    Ok(axum::Json(window.page(wallets, |record| record.wallet.id, |record| Some(view::wallet(record)))))
}

problems!(CreateProblems: SIGNED_IN BODY KEYED + AssetCodeInvalid + NameInvalid + UserIdRequired + UserNotFound
    + AssetNotFound + WalletExists);

/// Creates a wallet, active and empty: a person for themselves, the house for anybody.
#[utoipa::path(
    post, path = "/v1/wallets", tag = "wallets", operation_id = "create_wallet",
    params(Key), request_body = api::NewWallet,
    responses(
        (status = 201, description = "The wallet, as it was created.", body = api::Wallet, headers(
            ("Location" = String, description = "Where it can be read."),
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
    Json(body): Json<api::NewWallet>,
) -> Result<Answer<api::Wallet>, ApiError> {
    caller.permit(Action::WriteWallets)?;
    let user = visible_user(&caller, body.user_id)?.ok_or_else(commands::user_id_required)?;
    let name = match &body.name {
        Some(name) => WalletName::parse(name).ok_or_else(|| {
            let detail = "A wallet's name has 1 to 64 printable characters.";
            ApiError::invalid_field(ProblemCode::NameInvalid, "name", detail)
        })?,
        None => WalletName::main(),
    };
    let wallet = NewWallet { user, asset: parse::asset_code(&body.asset, "asset")?, name };
    let key = CreationKey {
        hash: KeyHash::of(caller.principal(), &key),
        fingerprint: commands::fingerprint("POST /v1/wallets", &body),
    };
    let origin = context.origin(caller.actor());
    let created = state.store.create_wallet(caller.ledger, wallet, key, origin, clock::now()).await?;
    let (wallet, is_replay) = made(created)?;
    let location = Some(format!("/v1/wallets/{}", wallet.wallet.id));
    Ok(Answer { body: view::wallet(&wallet), location, is_replay })
}

problems!(ReadProblems: SIGNED_IN + PathInvalid + WalletNotFound);

/// One wallet. The answer may come from a cache, for up to 60 seconds, and then has `Age`; who was answered that
/// something changed gets no answer from before.
#[utoipa::path(
    get, path = "/v1/wallets/{id}", tag = "wallets", operation_id = "read_wallet",
    params(("id" = i64, Path, description = "The wallet."), TakesCached),
    responses(
        (status = 200, description = "The wallet.", body = api::Wallet, headers(
            ("ETag" = String, description = "Its version, for `If-Match`."),
            ("Age" = u64, description = "How many seconds old a cached answer is."),
        )),
        ReadProblems,
    ),
)]
pub(super) async fn read(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<i64>,
    takes_cached: TakesCached,
) -> Result<Cached<WithEtag>, ApiError> {
    caller.permit(Action::Read)?;
    let id = WalletId(id);
    let not_found = || ApiError::from(Rejection::WalletNotFound { wallet: Some(id) });
    let read = async {
        let found = state.store.wallet(caller.ledger, id).await?;
        found.map(|record| view::wallet(&record)).ok_or_else(not_found)
    };
    let wallet = cached(&state, takes_cached, Item::Wallet(caller.ledger, id), read).await?;
    if !caller.reaches(wallet.body.user_id.map(UserId)) {
        return Err(not_found());
    }
    Ok(wallet.map(with_etag))
}

problems!(ChangeProblems: SIGNED_IN BODY + PathInvalid + IfMatchInvalid + WalletNotFound + AmountNotAString
    + CreditLimitInvalid + WalletClosed + WalletNotEmpty + CreditLimitInUse + SystemWallet + VersionConflict
    + OutcomeUnknown);

/// Freezes, unfreezes or closes a wallet, or sets its credit limit. Owners may close their own, the house may
/// do all of it. A closed wallet stays closed.
#[utoipa::path(
    patch, path = "/v1/wallets/{id}", tag = "wallets", operation_id = "change_wallet",
    params(("id" = i64, Path, description = "The wallet."), IfMatch), request_body = api::WalletPatch,
    responses(
        (status = 200, description = "The wallet as it is now.", body = api::Wallet,
            headers(("ETag" = String, description = "Its version, for `If-Match`."))),
        ChangeProblems,
    ),
)]
pub(super) async fn change(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<i64>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::WalletPatch>,
) -> Result<WithEtag, ApiError> {
    caller.permit(Action::WriteWallets)?;
    let before = visible(&state, &caller, WalletId(id)).await?;
    let change = WalletChange {
        status: body.status.map(parse::wallet_status),
        credit_limit: body.credit_limit.map(|limit| credit_limit(&limit, before.scale)).transpose()?,
    };
    let is_for_owners = change == WalletChange { status: Some(WalletStatus::Closed), credit_limit: None };
    if !(caller.is_house() || is_for_owners) {
        let needed =
            "an operator, or an API key with the scope wallets:write; owners may only close a wallet";
        return Err(NotPermitted { needed }.into());
    }
    if change == WalletChange::default() {
        let detail = "Say what to change: status, credit_limit, or both.";
        return Err(ApiError::invalid(ProblemCode::BodyInvalid, detail));
    }
    let (id, origin, now) = (WalletId(id), context.origin(caller.actor()), clock::now());
    // A task of its own: who hangs up must not leave in the cache what was before.
    let task = tokio::spawn(async move {
        let changed = state.store.change_wallet(caller.ledger, id, change, expected, origin, now).await;
        state.cache.forget(&[Item::Wallet(caller.ledger, id)]).await;
        changed
    });
    let changed = task.await.map_err(|error| ApiError::Panic(error.to_string()))???;
    Ok(with_etag(view::wallet(&changed)))
}

problems!(BalancesProblems: SIGNED_IN BODY + CountInvalid + WalletNotFound);

/// Many balances, all as they were at one moment: what moves between the wallets is in one of them, once.
#[utoipa::path(
    post, path = "/v1/wallets/balances", tag = "wallets", operation_id = "read_balances",
    request_body = api::BalancesRequest,
    responses((status = 200, description = "The balances.", body = api::Balances), BalancesProblems),
)]
pub(super) async fn balances(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Json(body): Json<api::BalancesRequest>,
) -> Result<axum::Json<api::Balances>, ApiError> {
    const WALLETS_MAX: usize = 1000;
    caller.permit(Action::Read)?;
    if !(1..=WALLETS_MAX).contains(&body.wallet_ids.len()) {
        let detail = format!("Ask for 1 to {WALLETS_MAX} wallets at a time.");
        return Err(ApiError::invalid_field(ProblemCode::CountInvalid, "wallet_ids", detail));
    }
    let as_of = view::time(clock::now());
    let ids: BTreeSet<_> = body.wallet_ids.iter().copied().map(WalletId).collect();
    let found = state.store.balances(caller.ledger, ids.into_iter().collect()).await?;
    let found: HashMap<_, _> = found
        .iter()
        .filter(|record| caller.reaches(record.user()))
        .map(|record| (record.wallet.id, record))
        .collect();
    let mut balances = Vec::with_capacity(body.wallet_ids.len());
    for (index, id) in body.wallet_ids.into_iter().map(WalletId).enumerate() {
        let not_found = || ApiError::from(Rejection::WalletNotFound { wallet: Some(id) }).at(index);
        balances.push(view::balance(found.get(&id).ok_or_else(not_found)?));
    }
    Ok(axum::Json(api::Balances { as_of, balances }))
}

/// A wallet with its version as a header.
pub(super) type WithEtag = ([(header::HeaderName, HeaderValue); 1], axum::Json<api::Wallet>);

fn with_etag(wallet: api::Wallet) -> WithEtag {
    ([(header::ETAG, etag(Version(wallet.version)))], axum::Json(wallet))
}

/// The wallet, if it is there for the caller.
pub(super) async fn visible(
    state: &AppState,
    caller: &Identity,
    id: WalletId,
) -> Result<WalletRecord, ApiError> {
    let found = state.store.wallet(caller.ledger, id).await?;
    let visible = found.filter(|record| caller.reaches(record.user()));
    visible.ok_or_else(|| Rejection::WalletNotFound { wallet: Some(id) }.into())
}

/// The user that a request names, if they are there for the caller; a person who names nobody means
/// themselves.
pub(super) fn visible_user(caller: &Identity, named: Option<i64>) -> Result<Option<UserId>, ApiError> {
    let named = named.map(UserId);
    if caller.is_house() {
        return Ok(named);
    }
    match named {
        Some(_) if !caller.reaches(named) => Err(florin_store::Refusal::UserNotFound.into()),
        _ => Ok(caller.user_id()),
    }
}

fn credit_limit(limit: &api::AmountText, scale: Scale) -> Result<Amount, ApiError> {
    let text = parse::text(limit, "credit_limit")?;
    let limit = Amount::parse(text, scale).ok().filter(|limit| limit.units() <= Wallet::CREDIT_LIMIT_MAX);
    limit.ok_or_else(|| {
        let detail = "A credit limit is an amount of at most 18 digits with the asset's decimals, or \"0\".";
        ApiError::invalid_field(ProblemCode::CreditLimitInvalid, "credit_limit", detail)
    })
}
