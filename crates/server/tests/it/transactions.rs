use crate::bank::Bank;
use crate::engine::Engine;
use rstest::rstest;
use serde_json::{Value, json};

fn references(page: &Value) -> Vec<String> {
    let keys = page["data"].as_array().unwrap().iter();
    keys.map(|transaction| transaction["reference"].as_str().unwrap_or("-").to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn history_is_filtered_and_paged(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "100").await;
    let (bob, his) = bank.person_with("bob", "0").await;
    let gold = bank.wallet_with(&alice, "GOLD", "main", "5").await;
    let mut times = vec![];
    for reference in ["one", "two", "three"] {
        let body =
            json!({"from_wallet_id": hers, "to_wallet_id": his, "amount": "1", "reference": reference});
        let done = alice.client.post("/v1/transfers").key(reference).json(&body).send().await.ok();
        times.push(done["created_at"].as_str().unwrap().to_owned());
    }
    let back = json!({"from_wallet_id": his, "to_wallet_id": hers, "amount": "1", "reference": "four"});
    bob.client.post("/v1/transfers").key("four").json(&back).send().await.ok();
    bob.sends("five", his, hers, "1000").await.problem("insufficient_funds");

    let list = async |client: &crate::call::Client, query: &str| {
        references(&client.read(&format!("/v1/transactions?{query}")).await)
    };
    assert_eq!(list(&alice.client, "").await, ["four", "three", "two", "one", "-", "-"]);
    assert_eq!(
        list(&bob.client, "").await,
        ["-", "four", "three", "two", "one"],
        "with what he could not do"
    );
    assert_eq!(list(&bob.client, "status=FAILED").await, ["-"]);
    assert_eq!(list(&alice.client, "status=FAILED").await, [""; 0], "it was his");
    assert_eq!(list(&alice.client, "type=deposit").await.len(), 2);
    assert_eq!(list(&alice.client, "asset=GOLD").await.len(), 1);
    assert_eq!(list(&alice.client, &format!("wallet_id={gold}")).await.len(), 1);
    assert_eq!(list(&bob.client, &format!("wallet_id={gold}")).await.len(), 0, "another's");
    let between = format!("from={}&until={}", times[1], times[2]);
    assert_eq!(list(&alice.client, &between).await, ["two"]);
    assert_eq!(list(&bank.operator, &format!("user_id={}&type=transfer", bob.id)).await.len(), 5);
    bob.client.get(&format!("/v1/transactions?user_id={}", alice.id)).send().await.problem("user_not_found");

    let page = alice.client.read("/v1/transactions?limit=4").await;
    assert_eq!(references(&page), ["four", "three", "two", "one"], "his failed one takes no place of hers");
    let rest = format!("/v1/transactions?limit=4&cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = alice.client.read(&rest).await;
    assert_eq!((references(&rest).len(), &rest["next_cursor"]), (2, &json!(null)));
    bank.close().await;
}
