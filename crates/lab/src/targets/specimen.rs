//! How the specimen is asked.

use super::demand;
use crate::call::{Answer, Ask, Call, Caller, Person, Wallet};
use crate::history::Entry;
use crate::money::Money;
use crate::wire::Request;
use crate::witness::{Shown, figure};
use anyhow::Context;
use serde_json::{Value, json};

/// A specimen at an address.
pub(crate) struct Specimen {
    /// `host:port`.
    pub(crate) address: String,
    token: String,
}

impl Specimen {
    pub(crate) async fn begin(address: String) -> anyhow::Result<Self> {
        let mut specimen = Self { address, token: String::new() };
        specimen.token = specimen.sign_up("house").await.context("the house signs up")?.token;
        Ok(specimen)
    }

    pub(super) async fn sign_up(&self, name: &str) -> anyhow::Result<Person> {
        let pin = "2846".to_owned();
        let user =
            demand(&self.address, &Request::post("/users", &json!({"name": name, "pin": pin}))).await?;
        Ok(Person {
            id: user["id"].as_i64().context("a user's id")?,
            name: name.to_owned(),
            token: user["token"].as_str().context("a token")?.to_owned(),
            pin,
        })
    }

    pub(super) fn request(&self, call: &Call) -> Request {
        let request = match &call.ask {
            Ask::OpenWallet { owner } => Request::post("/wallets", &json!({"user_id": owner})),
            Ask::Deposit { wallet, amount } => {
                Request::post("/deposits", &json!({"wallet_id": wallet.id, "amount": number(amount)}))
            }
            // Whose wallet it is stands in the body in any case.
            Ask::Transfer { from, to, amount } | Ask::TransferAsOwner { from, to, amount } => {
                let amount = number(amount);
                let body = json!({"user_id": from.owner, "from": from.id, "to": to.id, "amount": amount});
                Request::post("/transfers", &body)
            }
            Ask::TransferUnderLock { from, to, amount } => {
                let owner = matches!(call.caller, Caller::Person(_)).then_some(from.owner);
                let amount = number(amount);
                let body = json!({"user_id": owner, "from": from.id, "to": to.id, "amount": amount});
                Request::post("/locked-transfers", &body)
            }
            Ask::Reverse { transaction, part } => {
                let amount = part.as_deref().map(number);
                Request::post(format!("/transactions/{transaction}/refund"), &json!({"amount": amount}))
            }
            Ask::Freeze { wallet } => {
                Request::post(format!("/wallets/{}/status", wallet.id), &json!({"status": "frozen"}))
            }
            Ask::OpenPayout { source } => Request::post("/batches", &json!({"from": source.id})),
            Ask::UploadRows { payout, csv } => {
                let upload = Request { method: "POST", ..Request::get(format!("/batches/{payout}/rows")) };
                upload.with_body("text/csv", csv.clone())
            }
            Ask::ExecutePayout { payout, .. } => {
                Request::post(format!("/batches/{payout}/execute"), &json!({}))
            }
            Ask::WatchPayout { payout } => Request::get(format!("/batches/{payout}")),
            Ask::Look { wallet } => Request::post("/balances", &json!({"wallet_ids": [wallet.id]})),
            Ask::ReadErrors { payout } | Ask::ReadResults { payout } => {
                Request::get(format!("/batches/{payout}/rows.csv"))
            }
            Ask::Balances { wallets } => {
                let ids: Vec<i64> = wallets.iter().map(|wallet| wallet.id).collect();
                Request::post("/balances", &json!({"wallet_ids": ids}))
            }
        };
        let (token, pin) = match &call.caller {
            Caller::House => (&self.token, None),
            Caller::Person(person) => (&person.token, Some(&person.pin)),
            Caller::Bearer { token, pin, .. } => (token, pin.as_ref()),
        };
        let request =
            request.header("authorization", format!("Bearer {token}")).header("idempotency-key", &*call.key);
        match pin {
            Some(pin) => request.header("transaction-pin", pin),
            None => request,
        }
    }
}

/// As the number that its JSON has; text that is none goes as text.
fn number(amount: &str) -> Value {
    serde_json::from_str(amount).ok().filter(Value::is_number).unwrap_or_else(|| amount.into())
}

/// What an answer means that says that it was done.
pub(super) fn done(ask: &Ask, body: &Value) -> Answer {
    if let Ask::Balances { .. } | Ask::Look { .. } = ask {
        let floats = body["balances"].as_array().into_iter().flatten();
        let balances = floats.map(|float| Money::parse(&float.as_f64()?.to_string()));
        return match balances.collect() {
            Some(balances) => Answer::Balances { balances },
            None => Answer::Unclear { why: format!("balances that are no amounts: {body}") },
        };
    }
    if let Ask::WatchPayout { .. } = ask {
        return Answer::Watched { is_over: body["pending"] == 0 };
    }
    match body["id"].as_i64() {
        Some(id) => Answer::Done { id: id.to_string() },
        None => Answer::Unclear { why: format!("an answer without an id: {body}") },
    }
}

/// The balances that a transfer says it wrote.
pub(super) fn shown(ask: &Ask, body: &Value) -> Shown {
    let Ask::Transfer { from, to, amount } = ask else { return Shown::default() };
    let Some(amount) = Money::parse(amount) else { return Shown::default() };
    let entry = |wallet: &Wallet, amount: Money, after: &Value| {
        let balance_after = Money::parse(&after.as_f64()?.to_string()).map(figure);
        Some(Entry { wallet: wallet.id, amount: figure(amount), balance_after, version: None })
    };
    let entries =
        [entry(from, Money::ZERO - amount, &body["from_balance"]), entry(to, amount, &body["to_balance"])];
    Shown { entries: entries.into_iter().flatten().collect(), versions: Vec::new() }
}
