use crate::bank::Bank;
use crate::engine::Engine;
use florin_store::Scope;
use rstest::rstest;
use serde_json::json;

#[rstest]
#[tokio::test]
async fn the_books_balance_and_prove_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "10").await;
    let (_, his) = bank.person_with("bob", "0").await;
    alice.sends("k", hers, his, "1").await.ok();
    let balance = bank.operator.read("/v1/ledger/trial-balance").await;
    assert_eq!(balance["is_balanced"], true);
    let usd = balance["assets"].as_array().unwrap().iter().find(|asset| asset["asset"] == "USD").unwrap();
    assert_eq!(usd["sum"], "0.00");
    let line =
        |owner: &str| usd["lines"].as_array().unwrap().iter().find(|line| line["owner"] == owner).unwrap();
    assert_eq!(line("users"), &json!({"owner": "users", "wallets": 2, "posted": "10.00"}));
    assert_eq!(line("world"), &json!({"owner": "world", "wallets": 1, "posted": "-10.00"}));

    bank.operator.get("/v1/ledger/audit").send().await.problem("audit_not_found");
    let audit = bank.operator.post("/v1/ledger/audit").send().await.ok();
    let expected = json!({
        "is_ok": true, "assets": 2, "wallets": 10, "transactions": 2, "entries": 4, "faults": [],
    });
    assert_eq!(audit, expected);
    alice.sends("k2", hers, his, "1").await.ok();
    let last = bank.operator.read("/v1/ledger/audit").await;
    assert_eq!(last["report"], expected, "what was found then");
    let as_of: jiff::Timestamp = last["as_of"].as_str().unwrap().parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(as_of);
    assert!(!age.is_negative() && age.as_secs() < 60, "{last}");
    let (reader, writer) =
        (bank.service(&[Scope::Read]).await, bank.service(&[Scope::TransactionsWrite]).await);
    reader.post("/v1/ledger/audit").send().await.ok();
    for client in [&alice.client, &writer] {
        client.post("/v1/ledger/audit").send().await.problem("not_permitted");
        client.get("/v1/ledger/audit").send().await.problem("not_permitted");
        client.get("/v1/ledger/trial-balance").send().await.problem("not_permitted");
    }
    bank.close().await;
}
