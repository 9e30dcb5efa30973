//! Every operation, with every role, about one person's things.

use super::cases::{CASES, Case, Services};
use crate::bank::{Bank, Person};
use crate::call::{Call, Client};
use crate::contract::Contract;
use crate::engine::Engine;
use florin_store::Scope;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

/// A bank in which alice has something that others may want.
pub(super) struct World {
    bank: Bank,
    alice: Person,
    bob: Person,
    /// Alice's, with money in it.
    wallet: i64,
    /// Carol's.
    others: i64,
    /// What carol sent to alice.
    received: String,
    number: AtomicU32,
}

impl World {
    async fn open() -> Self {
        let bank = Bank::open(Engine::Sqlite).await;
        let (alice, wallet) = bank.person_with("alice", "1000").await;
        let bob = bank.person("bob").await;
        let (carol, others) = bank.person_with("carol", "10").await;
        let received = carol.sends("gift", others, wallet, "5").await.ok()["id"].as_str().unwrap().to_owned();
        Self { bank, alice, bob, wallet, others, received, number: AtomicU32::new(0) }
    }

    /// What words in capitals stand for. A number is new each time, and so is an empty wallet.
    pub(super) async fn fill(&self, text: &str) -> String {
        let number = self.number.fetch_add(1, Ordering::Relaxed).to_string();
        let mut text = text
            .replace("NUMBER", &number)
            .replace("OWNER", &self.alice.id.to_string())
            .replace("WALLET", &self.wallet.to_string())
            .replace("OTHERS", &self.others.to_string())
            .replace("RECEIVED", &self.received)
            .replace("DIGEST", &"0".repeat(64));
        if text.contains("EMPTY") {
            let wallet = self.bank.wallet_with(&self.alice, "GOLD", &format!("empty-{number}"), "0").await;
            text = text.replace("EMPTY", &wallet.to_string());
        }
        if text.contains("API_KEY") {
            let _ = self.bank.service(&[Scope::Read]).await;
            let newest = self.bank.operator.read("/v1/api-keys?limit=1").await;
            text = text.replace("API_KEY", &newest["data"][0]["id"].to_string());
        }
        if text.contains("PAYOUT") {
            text = text.replace("PAYOUT", &self.bank.payout(&self.alice, self.wallet).await.to_string());
        }
        if text.contains("CANCELLED") {
            let payout = self.bank.payout(&self.alice, self.wallet).await.to_string();
            self.alice.client.post(&format!("/v1/payouts/{payout}/cancel")).send().await.ok();
            text = text.replace("CANCELLED", &payout);
        }
        text
    }

    /// Who asks, with what each is to be told.
    async fn callers(&self, case: &Case) -> Vec<(String, Client, &'static str)> {
        let mut callers = vec![
            ("nobody".to_owned(), self.bank.operator.signed_out(), case.nobody),
            ("another person".to_owned(), self.bob.client.clone(), case.stranger),
            ("a person, of what is theirs".to_owned(), self.alice.client.clone(), case.owner),
            ("an operator".to_owned(), self.bank.operator.clone(), case.operator),
        ];
        let services: Vec<Vec<Scope>> =
            std::iter::once(vec![]).chain(Scope::ALL.map(|scope| vec![scope])).collect();
        for scopes in services {
            let told = match case.services {
                Services::All(told) => told,
                Services::With(scope) if scopes.contains(&scope) => case.operator,
                Services::With(_) | Services::Never => "not_permitted",
            };
            callers.push((format!("a service with {scopes:?}"), self.bank.service(&scopes).await, told));
        }
        callers
    }

    async fn request(&self, client: &Client, method: &Method, path: &str, case: &Case) -> Call {
        let path = self.fill(&format!("{}{}", path.replace("{id}", case.id), case.query)).await;
        let key = self.fill("walk-NUMBER").await;
        let call = client.call(method.clone(), &path).key(&key);
        let body = self.fill(case.body).await;
        if body.is_empty() { call } else { call.header("content-type", case.content_type).body(body) }
    }
}

/// Where the document has an operation.
fn place(contract: &Contract, operation: &str) -> Option<(Method, String)> {
    let found = contract.operations().find(|(_, _, found)| found["operationId"] == operation);
    found.map(|(path, method, _)| (method.to_uppercase().parse().unwrap(), path.to_owned()))
}

/// Operations of which nobody has said who may use them.
fn without_a_case(contract: &Contract) -> BTreeSet<&str> {
    let known: BTreeSet<_> = CASES.iter().map(|case| case.operation).collect();
    let operations =
        contract.operations().map(|(_, _, operation)| operation["operationId"].as_str().unwrap());
    operations.filter(|operation| !known.contains(operation)).collect()
}

#[test]
fn every_operation_says_who_may_use_it() {
    let contract = Contract::new();
    let none = BTreeSet::new();
    assert_eq!(without_a_case(&contract), none, "tests/it/authorization/cases.rs has no row for these");
    for case in CASES {
        assert!(place(&contract, case.operation).is_some(), "there is no operation {}", case.operation);
    }
}

#[test]
fn an_operation_that_is_added_without_a_case_is_found() {
    let mut contract = Contract::new();
    let added: Value = json!({"get": {"operationId": "read_all_secrets"}});
    contract.document["paths"].as_object_mut().unwrap().insert("/v1/secrets".to_owned(), added);
    assert_eq!(without_a_case(&contract), BTreeSet::from(["read_all_secrets"]));
}

#[tokio::test]
async fn every_operation_with_every_role_and_anothers_things() {
    let world = World::open().await;
    let contract = Contract::new();
    for case in CASES {
        let (method, path) = place(&contract, case.operation).unwrap();
        for (who, client, told) in world.callers(case).await {
            let request = world.request(&client, &method, &path, case).await;
            let before = world.bank.everything().await;
            let answer = request.send().await;
            let told_instead = String::from_utf8_lossy(&answer.body);
            let what = format!("{} {} for {who}: {told_instead}", case.operation, case.body);
            if told == "ok" {
                assert!((200..300).contains(&answer.status), "{what}");
            } else {
                assert_eq!(answer.json()["code"], told, "{what}");
                assert!(world.bank.everything().await == before, "{what} changed something");
            }
        }
    }
    world.bank.close().await;
}
