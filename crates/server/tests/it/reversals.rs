use crate::bank::{Bank, Person};
use crate::call::{Answer, Client};
use crate::engine::Engine;
use rstest::rstest;
use serde_json::{Value, json};

struct Sale {
    bank: Bank,
    alice: Person,
    bob: Person,
    hers: i64,
    his: i64,
    path: String,
}

/// Alice has sent Bob 10 of her 100.
async fn sale(engine: Engine) -> Sale {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "100").await;
    let (bob, his) = bank.person_with("bob", "0").await;
    let done = alice.sends("sale", hers, his, "10").await.ok();
    let path = format!("/v1/transactions/{}/reverse", done["id"].as_str().unwrap());
    Sale { bank, alice, bob, hers, his, path }
}

impl Sale {
    async fn reverse(&self, client: &Client, key: &str, body: Value) -> Answer {
        client.post(&self.path).key(key).json(&body).send().await
    }
}

#[rstest]
#[tokio::test]
async fn what_is_left_can_be_reversed_in_parts(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let sale = sale(engine).await;
    let part = sale.reverse(&sale.bob.client, "part", json!({"amount": "4", "reference": "damaged"})).await;
    let part = part.ok();
    let seen = [&part["type"], &part["amount"], &part["reference"]];
    assert_eq!(seen, ["reversal", "4.00", "damaged"]);
    assert!(sale.path.contains(part["reverses"].as_str().unwrap()));
    let too_much = sale.reverse(&sale.bob.client, "too-much", json!({"amount": "6.01"})).await;
    let too_much = too_much.problem("reversal_exceeds_remaining");
    assert_eq!([&too_much["available"], &too_much["needed"]], ["6.00", "6.01"]);
    let rest = sale.reverse(&sale.bank.operator, "rest", json!({})).await;
    assert_eq!(rest.ok()["amount"], "6.00");
    sale.reverse(&sale.bank.operator, "more", json!({})).await.problem("reversal_exceeds_remaining");
    assert!(sale.reverse(&sale.bank.operator, "rest", json!({})).await.is_replay());
    assert_eq!(
        (sale.bank.posted(sale.hers).await, sale.bank.posted(sale.his).await),
        ("100.00".into(), "0.00".into())
    );
    sale.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn only_the_receiver_and_the_house_reverse(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let sale = sale(engine).await;
    let (carol, _) = sale.bank.person_with("carol", "0").await;
    sale.reverse(&sale.alice.client, "k", json!({})).await.problem("not_permitted");
    sale.reverse(&carol.client, "k", json!({})).await.problem("transaction_not_found");
    sale.reverse(&carol.client.signed_out(), "k", json!({})).await.problem("authentication_required");
    let back = sale.reverse(&sale.bob.client, "k", json!({})).await.ok();
    let again = format!("/v1/transactions/{}/reverse", back["id"].as_str().unwrap());
    sale.bank.operator.post(&again).key("k").json(&json!({})).send().await.problem("not_reversible");
    sale.bank
        .operator
        .post("/v1/transactions/17/reverse")
        .key("k")
        .json(&json!({}))
        .send()
        .await
        .problem("path_invalid");
    sale.bank.close().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_64_reversals_one_is_done(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let sale = sale(engine).await;
    let mut running = tokio::task::JoinSet::new();
    for index in 0..64 {
        let call =
            sale.bank.operator.post(&sale.path).key(&format!("k{index}")).json(&json!({"amount": "10"}));
        running.spawn(call.send());
    }
    let answers = running.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    let refused = answers.into_iter().filter(|answer| answer.status != 201);
    refused.for_each(|answer| drop(answer.problem("reversal_exceeds_remaining")));
    assert_eq!(sale.bank.posted(sale.hers).await, "100.00");
    sale.bank.close().await;
}
