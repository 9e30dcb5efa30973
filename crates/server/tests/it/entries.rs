use crate::bank::Bank;
use crate::engine::Engine;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn a_wallets_history_has_no_gaps(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "10").await;
    let (bob, his) = bank.person_with("bob", "0").await;
    for round in 1..=6 {
        alice.sends(&format!("k{round}"), hers, his, "1").await.ok();
    }
    let back = json!({"from_wallet_id": his, "to_wallet_id": hers, "amount": "0.5", "reference": "change"});
    let back = bob.client.post("/v1/transfers").key("back").json(&back).send().await.ok();

    let path = format!("/v1/wallets/{hers}/entries");
    let (mut seen, mut next) = (vec![], format!("{path}?limit=3"));
    loop {
        let page = alice.client.read(&next).await;
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=3&cursor={cursor}");
    }
    assert_eq!(
        seen[0],
        json!({
            "wallet_id": hers, "version": 8, "direction": "CREDIT", "amount": "0.50", "balance_after": "4.50",
            "transaction_id": back["id"], "type": "transfer", "counterparty_wallet_id": his,
            "reference": "change", "created_at": back["created_at"],
        })
    );
    let column = |name: &str| seen.iter().map(|entry| entry[name].clone()).collect::<Vec<Value>>();
    assert_eq!(column("version"), (1..=8).rev().map(Value::from).collect::<Vec<_>>());
    let balances = ["4.50", "4.00", "5.00", "6.00", "7.00", "8.00", "9.00", "10.00"];
    assert_eq!(column("balance_after"), balances);

    let count = async |query: &str| {
        let page = alice.client.read(&format!("{path}?{query}")).await;
        page["data"].as_array().unwrap().len()
    };
    assert_eq!((count("direction=CREDIT").await, count("direction=DEBIT").await), (2, 6));
    assert_eq!((count("type=deposit").await, count("type=bonus").await), (1, 0));
    let from = back["created_at"].as_str().unwrap();
    assert_eq!((count(&format!("from={from}")).await, count(&format!("until={from}")).await), (1, 7));
    bob.client.get(&path).send().await.problem("wallet_not_found");
    bank.close().await;
}
