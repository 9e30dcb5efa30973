//! The specimen's routes.

use super::database::{Database, DatabaseError};
use super::{keys, locks, tokens, wallets};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

/// What stands against a request.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) StatusCode, pub(super) &'static str);

type Answer = Result<Json<Value>, Refusal>;

pub(super) fn router(database: Database) -> Router {
    Router::new()
        .route("/health", get(async || "ok"))
        .route("/users", post(create_user))
        .route("/wallets", post(create_wallet))
        .route("/wallets/{id}/status", post(set_status))
        .route("/balances", post(balances))
        .route("/deposits", post(deposit))
        .route("/transfers", post(transfer))
        .route("/locked-transfers", post(transfer_locked))
        .route("/transactions/{id}/refund", post(refund))
        .route("/batches", post(create_batch))
        .route("/batches/{id}", get(read_batch))
        .route("/batches/{id}/rows", post(add_rows))
        .route("/batches/{id}/rows.csv", get(export_rows))
        .route("/batches/{id}/execute", post(execute_batch))
        // The largest customers' files did not fit into what the framework allows.
        .layer(DefaultBodyLimit::disable())
        .with_state(database)
}

#[derive(Deserialize)]
struct NewUser {
    name: String,
    pin: String,
}

async fn create_user(State(database): State<Database>, Json(user): Json<NewUser>) -> Answer {
    let insert = "INSERT INTO users (name, pin) VALUES ($1, $2) RETURNING id";
    let id = database.insert(insert, &[user.name.as_str().into(), user.pin.as_str().into()]).await?;
    Ok(Json(json!({"id": id, "token": tokens::issue(id)})))
}

#[derive(Deserialize)]
struct NewWallet {
    user_id: i64,
}

async fn create_wallet(State(database): State<Database>, Json(wallet): Json<NewWallet>) -> Answer {
    let insert = "INSERT INTO wallets (user_id) VALUES ($1) RETURNING id";
    let id = database.insert(insert, &[wallet.user_id.into()]).await?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct NewStatus {
    status: String,
}

async fn set_status(
    State(database): State<Database>,
    Path(id): Path<i64>,
    Json(new): Json<NewStatus>,
) -> Answer {
    database.set_status(id, &new.status).await?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct Wallets {
    wallet_ids: Vec<i64>,
}

async fn balances(State(database): State<Database>, Json(wallets): Json<Wallets>) -> Answer {
    let mut balances = Vec::new();
    for id in wallets.wallet_ids {
        balances.push(database.wallet(id).await?.balance);
    }
    Ok(Json(json!({"balances": balances})))
}

#[derive(Deserialize)]
struct Deposit {
    wallet_id: i64,
    amount: f64,
}

async fn deposit(State(database): State<Database>, Json(deposit): Json<Deposit>) -> Answer {
    let id = database.deposit(deposit.wallet_id, wallets::round(deposit.amount)).await?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct Transfer {
    user_id: i64,
    from: i64,
    to: i64,
    amount: f64,
}

async fn transfer(
    State(database): State<Database>,
    headers: HeaderMap,
    Json(transfer): Json<Transfer>,
) -> Result<Response, Refusal> {
    tokens::check(&headers)?;
    let key = keys::key(&headers);
    if let Some(key) = &key
        && let Some(answer) = database.answer_of(key).await?
    {
        return Ok(([("content-type", "application/json")], answer).into_response());
    }
    let from = database.wallet(transfer.from).await?;
    if from.user_id != transfer.user_id {
        return Err(Refusal(StatusCode::FORBIDDEN, "not_your_wallet"));
    }
    let to = database.wallet(transfer.to).await?;
    let amount = wallets::round(transfer.amount);
    let id = database.transfer(&from, &to, amount).await?;
    let (from_balance, to_balance) = (from.balance - amount, to.balance + amount);
    let answer = json!({"id": id, "from_balance": from_balance, "to_balance": to_balance}).to_string();
    if let Some(key) = &key {
        database.remember(key, &answer).await?;
    }
    Ok(([("content-type", "application/json")], answer).into_response())
}

#[derive(Deserialize)]
struct LockedTransfer {
    user_id: Option<i64>,
    from: i64,
    to: i64,
    amount: f64,
}

async fn transfer_locked(
    State(database): State<Database>,
    headers: HeaderMap,
    Json(transfer): Json<LockedTransfer>,
) -> Answer {
    tokens::check(&headers)?;
    let LockedTransfer { user_id: owner, from, to, amount } = transfer;
    let amount = wallets::round(amount);
    let id = database.transfer_locked(&locks::LockedTransfer { owner, from, to, amount }).await?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct Refund {
    amount: Option<f64>,
}

async fn refund(State(database): State<Database>, Path(id): Path<i64>, Json(refund): Json<Refund>) -> Answer {
    let id = database.refund(id, refund.amount).await?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct NewBatch {
    from: i64,
}

async fn create_batch(State(database): State<Database>, Json(batch): Json<NewBatch>) -> Answer {
    let id = database.create_batch(batch.from).await?;
    Ok(Json(json!({"id": id})))
}

async fn add_rows(State(database): State<Database>, Path(id): Path<i64>, csv: Bytes) -> Answer {
    database.add_rows(id, &String::from_utf8_lossy(&csv)).await?;
    Ok(Json(json!({"id": id})))
}

async fn read_batch(State(database): State<Database>, Path(id): Path<i64>) -> Answer {
    let pending = database.pending_rows(id).await?;
    Ok(Json(json!({"id": id, "pending": pending})))
}

async fn export_rows(
    State(database): State<Database>,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse, Refusal> {
    let csv = database.export_rows(id).await?;
    Ok(([("content-type", "text/csv")], csv))
}

async fn execute_batch(State(database): State<Database>, Path(id): Path<i64>) -> Answer {
    database.execute_batch(id).await?;
    Ok(Json(json!({"id": id})))
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        error.log();
        Self(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"code": self.1}))).into_response()
    }
}
