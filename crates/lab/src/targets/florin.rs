//! How Florin is asked.

use super::demand;
use crate::call::{Answer, Ask, Call, Caller, Person};
use crate::history::Entry;
use crate::money::Money;
use crate::wire::Request;
use crate::witness::{Shown, figure};
use anyhow::Context;
use florin_api::{
    AmountText, BalancesRequest, DepositRequest, Direction, ExecutePayout, JwkSet, NewApiKey, NewAsset,
    NewPayout, NewUser, NewWallet, ReversalRequest, Scope, TransferRequest, WalletPatch, WalletStatus,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// What `florin serve --demo` has.
const OPERATOR: &str = "house";
const PASSWORD: &str = "florin-demo";

/// The PIN of whoever signs up here.
const PIN: &str = "2846";

/// A Florin at an address, and an asset of the lab's own in it.
pub(crate) struct Florin {
    /// `host:port`.
    pub(crate) address: String,
    /// The secret of an API key with all scopes.
    token: String,
    asset: String,
    wallets: AtomicU64,
}

impl Florin {
    /// One with the demo: its operator makes an API key.
    pub(crate) async fn begin_demo(address: String) -> anyhow::Result<Self> {
        let house = log_in(&address, OPERATOR, PASSWORD).await?;
        let name = "lab".to_owned();
        let scopes = vec![
            Scope::Read,
            Scope::TransactionsWrite,
            Scope::WalletsWrite,
            Scope::UsersWrite,
            Scope::AssetsWrite,
        ];
        let request = keyed(&house, Request::post("/v1/api-keys", &to_json(&NewApiKey { name, scopes })));
        let api_key = demand(&address, &request).await.context("making an API key")?;
        let token = api_key["secret"].as_str().context("an API key's secret")?.to_owned();
        Self::begin(address, token).await
    }

    /// One that is there already, with an API key of it.
    pub(crate) async fn begin(address: String, token: String) -> anyhow::Result<Self> {
        let asset = format!("LAB{:08X}", rand::random::<u32>());
        let new = NewAsset { code: asset.clone(), name: "failure lab".to_owned(), scale: 2 };
        let request = keyed(&token, Request::post("/v1/assets", &to_json(&new)));
        demand(&address, &request).await.context("making an asset")?;
        Ok(Self { address, token, asset, wallets: AtomicU64::new(0) })
    }

    pub(super) async fn sign_up(&self, name: &str) -> anyhow::Result<Person> {
        let password = format!("{:032x}", rand::random::<u128>());
        let new = NewUser {
            username: name.to_owned(),
            email: format!("{name}@lab.example"),
            password: password.as_str().into(),
            role: None,
        };
        let user =
            demand(&self.address, &keyed(&self.token, Request::post("/v1/users", &to_json(&new)))).await?;
        let token = log_in(&self.address, name, &password).await?;
        let pin = json!({"password": password, "pin": PIN});
        let set_pin = Request { method: "PUT", ..keyed(&token, Request::post("/v1/me/pin", &pin)) };
        demand(&self.address, &set_pin).await?;
        let id = user["id"].as_i64().context("a user's id")?;
        Ok(Person { id, name: name.to_owned(), token, pin: PIN.to_owned() })
    }

    pub(super) async fn public_keys(&self) -> anyhow::Result<Vec<String>> {
        let published = demand(&self.address, &Request::get("/.well-known/jwks.json")).await?;
        let published: JwkSet = serde_json::from_value(published).context("the public keys")?;
        Ok(published.keys.into_iter().map(|key| key.x).collect())
    }

    pub(super) async fn audit(&self) -> anyhow::Result<Vec<String>> {
        let request = keyed(&self.token, Request::post("/v1/ledger/audit", &json!({})));
        let report = demand(&self.address, &request).await?;
        let faults = report["faults"].as_array().context("an audit's faults")?;
        Ok(faults.iter().map(|fault| format!("the audit says: {fault}")).collect())
    }

    pub(super) fn request(&self, call: &Call) -> Request {
        let mut request = self.ask(&call.ask).header("idempotency-key", &*call.key);
        if let Some(within) = call.within {
            request = request.header("request-timeout", within.as_secs_f64().to_string());
        }
        let (token, pin) = match &call.caller {
            Caller::House => (&self.token, None),
            Caller::Person(person) => (&person.token, Some(&person.pin)),
            Caller::Bearer { token, pin, .. } => (token, pin.as_ref()),
        };
        let request = request.header("authorization", format!("Bearer {token}"));
        match pin {
            Some(pin) => request.header("transaction-pin", pin),
            None => request,
        }
    }

    fn ask(&self, ask: &Ask) -> Request {
        let (reference, metadata) = (None, None);
        match ask {
            Ask::OpenWallet { owner } => {
                let name = format!("lab {}", self.wallets.fetch_add(1, Ordering::Relaxed));
                let new = NewWallet { user_id: Some(*owner), asset: self.asset.clone(), name: Some(name) };
                Request::post("/v1/wallets", &to_json(&new))
            }
            Ask::Deposit { wallet, amount } => {
                let amount = AmountText::from(amount.as_str());
                let deposit = DepositRequest { wallet_id: wallet.id, amount, reference, metadata };
                Request::post("/v1/deposits", &to_json(&deposit))
            }
            // There is one way here.
            Ask::Transfer { from, to, amount }
            | Ask::TransferAsOwner { from, to, amount }
            | Ask::TransferUnderLock { from, to, amount } => {
                let amount = AmountText::from(amount.as_str());
                let (from_wallet_id, to_wallet_id) = (from.id, to.id);
                let transfer = TransferRequest { from_wallet_id, to_wallet_id, amount, reference, metadata };
                let mut body = to_json(&transfer);
                if let Ask::TransferAsOwner { .. } = ask {
                    body["user_id"] = from.owner.into();
                }
                Request::post("/v1/transfers", &body)
            }
            Ask::Reverse { transaction, part } => {
                let path = format!("/v1/transactions/{transaction}/reverse");
                let amount = part.as_deref().map(AmountText::from);
                Request::post(path, &to_json(&ReversalRequest { amount, ..ReversalRequest::default() }))
            }
            Ask::Freeze { wallet } => {
                let patch = WalletPatch { status: Some(WalletStatus::Frozen), credit_limit: None };
                Request {
                    method: "PATCH",
                    ..Request::post(format!("/v1/wallets/{}", wallet.id), &to_json(&patch))
                }
            }
            Ask::OpenPayout { source } => {
                let payout = NewPayout { source_wallet_id: source.id, name: None };
                Request::post("/v1/payouts", &to_json(&payout))
            }
            Ask::UploadRows { payout, csv } => {
                let upload = Request { method: "PUT", ..Request::get(format!("/v1/payouts/{payout}/rows")) };
                upload.with_body("text/csv", csv.clone())
            }
            Ask::ExecutePayout { payout, rows } => {
                let execute = ExecutePayout { digest: rows.clone(), allow_duplicate: false };
                Request::post(format!("/v1/payouts/{payout}/execute"), &to_json(&execute))
            }
            Ask::WatchPayout { payout } => Request::get(format!("/v1/payouts/{payout}")),
            Ask::Look { wallet } => Request::get(format!("/v1/wallets/{}", wallet.id)),
            Ask::ReadErrors { payout } => Request::get(format!("/v1/payouts/{payout}/errors.csv")),
            Ask::ReadResults { payout } => Request::get(format!("/v1/payouts/{payout}/results.csv")),
            Ask::Balances { wallets } => {
                let wallet_ids = wallets.iter().map(|wallet| wallet.id).collect();
                Request::post("/v1/wallets/balances", &to_json(&BalancesRequest { wallet_ids }))
            }
        }
    }
}

/// What an answer means that says that it was done.
pub(super) fn done(ask: &Ask, body: &Value) -> Answer {
    if let Ask::Balances { .. } = ask {
        let listed = body["balances"].as_array().into_iter().flatten();
        return match listed.map(|balance| Money::parse(balance["posted"].as_str()?)).collect() {
            Some(balances) => Answer::Balances { balances },
            None => Answer::Unclear { why: format!("balances that are no amounts: {body}") },
        };
    }
    if let Ask::Look { .. } = ask {
        return match body["posted"].as_str().and_then(Money::parse) {
            Some(balance) => Answer::Balances { balances: vec![balance] },
            None => Answer::Unclear { why: format!("a wallet without a balance: {body}") },
        };
    }
    if let Ask::WatchPayout { .. } = ask {
        return Answer::Watched { is_over: !body["payment"]["ended_at"].is_null() };
    }
    let id = if let Ask::UploadRows { .. } = ask { &body["digest"] } else { &body["id"] };
    match id {
        Value::String(id) => Answer::Done { id: id.clone() },
        Value::Number(id) => Answer::Done { id: id.to_string() },
        _ => Answer::Unclear { why: format!("an answer without an id: {body}") },
    }
}

/// The entries and versions in an answer.
pub(super) fn shown(body: &Value) -> Shown {
    let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let entries = list("entries").into_iter().filter_map(|entry| serde_json::from_value(entry).ok());
    let entries = entries.filter_map(|entry: florin_api::Entry| {
        let amount = Money::parse(&entry.amount)?;
        let signed = if entry.direction == Direction::Debit { Money::ZERO - amount } else { amount };
        let balance_after = entry.balance_after.and_then(|after| Money::parse(&after)).map(figure);
        Some(Entry { wallet: entry.wallet_id, amount: figure(signed), balance_after, version: entry.version })
    });
    // One wallet's stands by itself.
    let balances = list("balances");
    let versions = balances.iter().chain([body]).filter_map(|balance| balance["version"].as_i64()).collect();
    Shown { entries: entries.collect(), versions }
}

async fn log_in(address: &str, username: &str, password: &str) -> anyhow::Result<String> {
    let body = json!({"username": username, "password": password});
    let tokens = demand(address, &Request::post("/v1/auth/login", &body)).await.context("signing in")?;
    Ok(tokens["access_token"].as_str().context("an access token")?.to_owned())
}

/// With the sign-in, and a key of its own.
fn keyed(token: &str, request: Request) -> Request {
    let key = format!("lab-{:032x}", rand::random::<u128>());
    request.header("authorization", format!("Bearer {token}")).header("idempotency-key", key)
}

fn to_json(body: &impl Serialize) -> Value {
    serde_json::to_value(body).expect("wire types are JSON")
}
