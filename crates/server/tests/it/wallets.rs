use crate::bank::Bank;
use crate::engine::Engine;
use florin_store::Scope;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn a_wallet_is_created_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let alice = bank.person("alice").await;
    let post = |key: &str, body: Value| alice.client.post("/v1/wallets").key(key).json(&body);
    let first = post("k", json!({"asset": "USD"})).send().await;
    let wallet = first.json();
    let id = wallet["id"].as_i64().unwrap();
    assert_eq!((first.status, first.header("location")), (201, Some(format!("/v1/wallets/{id}").as_str())));
    assert_eq!(
        wallet,
        json!({
            "id": id, "user_id": alice.id, "asset": "USD", "name": "main", "status": "active", "posted": "0.00",
            "held": "0.00", "available": "0.00", "credit_limit": "0.00", "version": 0,
            "created_at": wallet["created_at"],
        })
    );
    bank.operator
        .post("/v1/deposits")
        .key("d")
        .json(&json!({"wallet_id": id, "amount": "5"}))
        .send()
        .await
        .ok();
    // A replay shows it as it was created, byte for byte.
    let replay = post("k", json!({"asset": "USD"})).send().await;
    assert_eq!((replay.is_replay(), &replay.body), (true, &first.body));
    post("k", json!({"asset": "GOLD"})).send().await.problem("idempotency_key_reused");
    post("k2", json!({"asset": "USD"})).send().await.problem("wallet_exists");
    post("k2", json!({"asset": "EUR"})).send().await.problem("asset_not_found");
    post("k2", json!({"asset": "usd"})).send().await.problem("asset_code_invalid");
    post("k2", json!({"asset": "USD", "name": ""})).send().await.problem("name_invalid");
    post("k2", json!({"asset": "USD", "user_id": 1})).send().await.problem("user_not_found");
    bank.operator
        .post("/v1/wallets")
        .key("k2")
        .json(&json!({"asset": "USD"}))
        .send()
        .await
        .problem("user_id_required");
    post("k2", json!({"asset": "USD", "name": "savings", "user_id": alice.id})).send().await.ok();
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_person_sees_their_own_and_the_house_all(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "1").await;
    let (bob, his) = bank.person_with("bob", "2").await;
    let gold = bank.wallet_with(&alice, "GOLD", "main", "0").await;
    let ids = |page: &Value| -> Vec<_> {
        page["data"].as_array().unwrap().iter().map(|wallet| wallet["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&alice.client.read("/v1/wallets").await), [gold, hers]);
    assert_eq!(ids(&alice.client.read("/v1/wallets?asset=USD").await), [hers]);
    assert_eq!(ids(&bob.client.read("/v1/wallets").await), [his]);
    let named = format!("/v1/wallets?user_id={}", alice.id);
    assert_eq!(ids(&bank.operator.read(&named).await), [gold, hers]);
    bob.client.get(&named).send().await.problem("user_not_found");
    let all = bank.operator.read("/v1/wallets").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 3 + 2 * 4, "the house's are there too");

    let system =
        bank.operator.read("/v1/assets").await["data"][0]["system_wallets"]["treasury"].as_i64().unwrap();
    bank.operator.read(&format!("/v1/wallets/{system}")).await;
    for others in [his, system, 4711] {
        for path in [format!("/v1/wallets/{others}"), format!("/v1/wallets/{others}/entries")] {
            alice.client.get(&path).send().await.problem("wallet_not_found");
        }
        let body = json!({"wallet_ids": [hers, others]});
        let refused = alice.client.post("/v1/wallets/balances").json(&body).send().await;
        let refused = refused.problem("wallet_not_found");
        assert_eq!((refused["wallet_id"].as_i64(), refused["index"].as_i64()), (Some(others), Some(1)));
        let close = json!({"status": "closed"});
        alice
            .client
            .patch(&format!("/v1/wallets/{others}"))
            .json(&close)
            .send()
            .await
            .problem("wallet_not_found");
    }
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn pages_lead_through_all(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let alice = bank.person("alice").await;
    let mut made = vec![];
    for index in 0..7 {
        made.push(bank.wallet_with(&alice, "USD", &format!("w{index}"), "0").await);
    }
    made.reverse();
    let mut seen = vec![];
    let mut path = "/v1/wallets?limit=3".to_owned();
    loop {
        let page = alice.client.read(&path).await;
        seen.extend(page["data"].as_array().unwrap().iter().map(|wallet| wallet["id"].as_i64().unwrap()));
        // What is added meanwhile shifts nothing.
        bank.wallet_with(&alice, "GOLD", &format!("late-{}", seen.len()), "0").await;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/wallets?limit=3&cursor={cursor}");
    }
    assert_eq!(seen, made);
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn the_house_freezes_and_the_owner_closes(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, wallet) = bank.person_with("alice", "10").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let path = format!("/v1/wallets/{wallet}");
    let change = |client: &crate::call::Client, body: Value| client.patch(&path).json(&body);
    for not_for_owners in
        [json!({"status": "frozen"}), json!({"status": "active"}), json!({"credit_limit": "5"})]
    {
        change(&alice.client, not_for_owners).send().await.problem("not_permitted");
    }
    let frozen = change(&bank.operator, json!({"status": "frozen"})).send().await;
    assert_eq!(frozen.header("etag"), Some("\"1\""));
    assert_eq!(frozen.ok()["status"], "frozen");
    alice.sends("k", wallet, to, "1").await.problem("wallet_frozen");
    let service = bank.service(&[Scope::WalletsWrite]).await;
    change(&service, json!({"status": "active"})).send().await.ok();
    // The refusal left the key free.
    alice.sends("k", wallet, to, "1").await.ok();

    change(&alice.client, json!({"status": "closed"})).send().await.problem("wallet_not_empty");
    alice.sends("rest", wallet, to, "9").await.ok();
    let stale = change(&alice.client, json!({"status": "closed"})).if_match(1).send().await;
    assert_eq!(stale.header("etag"), Some("\"3\""));
    stale.problem("version_conflict");
    change(&alice.client, json!({"status": "closed"})).if_match(3).send().await.ok();
    change(&bank.operator, json!({"status": "active"})).send().await.problem("wallet_closed");
    change(&bank.operator, json!({})).send().await.problem("body_invalid");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_credit_limit_is_the_floor(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "10").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let path = format!("/v1/wallets/{from}");
    let limit = |limit: Value| bank.operator.patch(&path).json(&json!({"credit_limit": limit}));
    let raised = limit(json!("5.50")).send().await.ok();
    assert_eq!([&raised["available"], &raised["credit_limit"]], ["15.50", "5.50"]);
    alice.sends("too much", from, to, "15.51").await;
    alice.sends("too-much", from, to, "15.51").await.problem("insufficient_funds");
    alice.sends("all", from, to, "15.50").await.ok();
    assert_eq!(bank.posted(from).await, "-5.50");
    limit(json!("5.49")).send().await.problem("credit_limit_in_use");
    limit(json!("5.555")).send().await.problem("credit_limit_invalid");
    limit(json!("99999999999999999.99")).send().await.problem("credit_limit_invalid");
    limit(json!(5)).send().await.problem("amount_not_a_string");
    let world =
        bank.operator.read("/v1/assets").await["data"][1]["system_wallets"]["world"].as_i64().unwrap();
    let body = json!({"status": "closed"});
    bank.operator.patch(&format!("/v1/wallets/{world}")).json(&body).send().await.problem("system_wallet");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn balances_come_in_the_order_asked_for(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, usd) = bank.person_with("alice", "12.34").await;
    let gold = bank.wallet_with(&alice, "GOLD", "main", "7").await;
    let ask = |ids: Value| alice.client.post("/v1/wallets/balances").json(&json!({"wallet_ids": ids}));
    let read = ask(json!([gold, usd, gold])).send().await.ok();
    let of_gold = json!({"wallet_id": gold, "asset": "GOLD", "posted": "7", "held": "0", "available": "7", "version": 1});
    let of_usd = json!({
        "wallet_id": usd, "asset": "USD", "posted": "12.34", "held": "0.00", "available": "12.34", "version": 1,
    });
    assert_eq!(read["balances"], json!([of_gold, of_usd, of_gold]));
    ask(json!([])).send().await.problem("count_invalid");
    ask(json!(vec![usd; 1001])).send().await.problem("count_invalid");
    ask(json!(vec![usd; 1000])).send().await.ok();
    bank.close().await;
}
