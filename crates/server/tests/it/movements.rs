use crate::bank::Bank;
use crate::engine::Engine;
use florin_store::Scope;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn a_transfer_moves_money_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "100.00").await;
    let to = bank.wallet_with(&alice, "USD", "savings", "0").await;
    let body = json!({
        "from_wallet_id": from, "to_wallet_id": to, "amount": "12.50",
        "reference": "lunch", "metadata": {"b": [1, {"z": null, "a": true}], "a": "x"},
    });
    let first = alice.client.post("/v1/transfers").key("lunch").json(&body).send().await;
    assert_eq!((first.status, first.is_replay()), (201, false));
    let done = first.json();
    let id = done["id"].as_str().unwrap();
    assert_eq!(first.header("location"), Some(format!("/v1/transactions/{id}").as_str()));
    assert_eq!(
        done,
        json!({
            "id": id, "type": "transfer", "status": "COMPLETED", "asset": "USD", "amount": "12.50",
            "from_wallet_id": from, "to_wallet_id": to, "reference": "lunch",
            "metadata": {"a": "x", "b": [1, {"a": true, "z": null}]},
            "initiator": {"type": "user", "id": alice.id}, "idempotency_key": "lunch",
            "created_at": done["created_at"],
            "entries": [
                {"wallet_id": from, "direction": "DEBIT", "amount": "12.50", "balance_after": "87.50", "version": 2},
                {"wallet_id": to, "direction": "CREDIT", "amount": "12.50", "balance_after": "12.50", "version": 1},
            ],
        })
    );

    alice.sends("more", from, to, "1.00").await.ok();
    // White space and the order of fields do not matter.
    let shuffled = format!(
        r#" {{"metadata": {{"a": "x", "b": [1, {{"a":true,"z":null}}]}}, "reference":"lunch",
              "amount": "12.50", "to_wallet_id": {to}, "from_wallet_id": {from}}} "#
    );
    let replay = alice.client.post("/v1/transfers").key("lunch").bytes(shuffled).send().await;
    assert_eq!((replay.status, replay.is_replay(), &replay.body), (201, true, &first.body));
    assert_eq!(bank.posted(from).await, "86.50");
    assert_eq!(alice.client.read(&format!("/v1/transactions/{id}")).await, done);
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn every_type_moves_between_its_wallets(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, wallet) = bank.person_with("alice", "0").await;
    let assets = bank.operator.read("/v1/assets").await;
    let usd = assets["data"].as_array().unwrap().iter().find(|asset| asset["code"] == "USD").unwrap();
    let system = &usd["system_wallets"];
    let own = json!(wallet);
    let by_wallet = |amount: &str| json!({"wallet_id": wallet, "amount": amount});
    let by_user = |amount: &str| json!({"user_id": alice.id, "asset": "USD", "amount": amount});
    let cases = [
        ("/v1/deposits", "deposit", by_wallet("10"), &system["world"], &own, "10.00"),
        ("/v1/top-ups", "top_up", by_user("5.5"), &system["treasury"], &own, "15.50"),
        ("/v1/bonuses", "bonus", by_user("0.50"), &system["bonus"], &own, "16.00"),
        ("/v1/spends", "spend", by_user("6"), &own, &system["revenue"], "10.00"),
        ("/v1/withdrawals", "withdrawal", by_wallet("10.00"), &own, &system["world"], "0.00"),
    ];
    for (route, kind, body, from, to, left) in cases {
        let done = bank.operator.post(route).key(kind).json(&body).send().await.ok();
        let seen = [&done["type"], &done["status"], &done["from_wallet_id"], &done["to_wallet_id"]];
        assert_eq!(seen, [&json!(kind), &json!("COMPLETED"), from, to], "{done:#}");
        assert_eq!(bank.posted(wallet).await, left, "{route}");
    }
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_rejection_sticks_to_its_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "3.00").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let refused = alice.sends("dinner", from, to, "12.50").await;
    assert!(!refused.is_replay());
    let refused = refused.problem("insufficient_funds");
    assert_eq!([&refused["available"], &refused["needed"]], ["3.00", "12.50"]);

    bank.operator
        .post("/v1/deposits")
        .key("salary")
        .json(&json!({"wallet_id": from, "amount": "100"}))
        .send()
        .await
        .ok();
    let again = alice.sends("dinner", from, to, "12.50").await;
    assert!(again.is_replay());
    let again = again.problem("insufficient_funds");
    for member in ["detail", "available", "needed", "transaction_id", "status"] {
        assert_eq!(again[member], refused[member]);
    }
    let failed =
        alice.client.read(&format!("/v1/transactions/{}", refused["transaction_id"].as_str().unwrap())).await;
    assert_eq!([&failed["status"], &failed["failure"]["available"]], ["FAILED", "3.00"]);
    assert_eq!(failed["entries"], json!([]));
    alice.sends("dinner-again", from, to, "12.50").await.ok();
    assert_eq!(bank.posted(from).await, "90.50");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_caller(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "100").await;
    let (bob, his) = bank.person_with("bob", "100").await;
    alice.sends("k", hers, his, "1").await.ok();
    alice.sends("k", hers, his, "2").await.problem("idempotency_key_reused");
    let spend = json!({"asset": "USD", "amount": "1"});
    alice.client.post("/v1/spends").key("k").json(&spend).send().await.problem("idempotency_key_reused");
    // Another's equal key is another key.
    let done = bob.sends("k", his, hers, "1").await;
    assert!(!done.is_replay());
    done.ok();
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn only_the_house_brings_money_in(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, wallet) = bank.person_with("alice", "0").await;
    let by_wallet = json!({"wallet_id": wallet, "amount": "10"});
    let by_user = json!({"user_id": alice.id, "asset": "USD", "amount": "10"});
    let (writer, reader) =
        (bank.service(&[Scope::TransactionsWrite]).await, bank.service(&[Scope::Read]).await);
    for (route, body) in [("/v1/deposits", &by_wallet), ("/v1/top-ups", &by_user), ("/v1/bonuses", &by_user)]
    {
        for refused in [&alice.client, &reader] {
            refused.post(route).key("k").json(body).send().await.problem("not_permitted");
        }
        alice
            .client
            .signed_out()
            .post(route)
            .key("k")
            .json(body)
            .send()
            .await
            .problem("authentication_required");
        writer.post(route).key(route).json(body).send().await.ok();
    }
    assert_eq!(bank.posted(wallet).await, "30.00");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn anothers_wallet_is_not_there(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "100").await;
    let (bob, his) = bank.person_with("bob", "100").await;
    let before = bank.everything().await;
    bob.sends("k", hers, his, "1").await.problem("wallet_not_found");
    let withdrawal = json!({"wallet_id": hers, "amount": "1"});
    bob.client.post("/v1/withdrawals").key("k").json(&withdrawal).send().await.problem("wallet_not_found");
    let spend = json!({"user_id": alice.id, "asset": "USD", "amount": "1"});
    bob.client.post("/v1/spends").key("k").json(&spend).send().await.problem("wallet_not_found");
    // The same as for what does not exist.
    let nobodys = json!({"user_id": 4711, "asset": "USD", "amount": "1"});
    bob.client.post("/v1/spends").key("k").json(&nobodys).send().await.problem("wallet_not_found");
    // The house's wallets are no destination for a person.
    let assets = bank.operator.read("/v1/assets").await;
    for role in ["treasury", "bonus", "revenue", "world"] {
        let system = assets["data"][1]["system_wallets"][role].as_i64().unwrap();
        bob.sends("k", his, system, "1").await.problem("wallet_not_found");
    }
    assert_eq!(bank.everything().await, before);
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn if_match_is_about_the_wallet_that_gives(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "100").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let body = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": "1"});
    let post = || alice.client.post("/v1/transfers").key("k").json(&body);
    let stale = post().if_match(0).send().await;
    assert_eq!(stale.header("etag"), Some("\"1\""));
    let stale = stale.problem("version_conflict");
    assert_eq!((stale["current_version"].as_i64(), stale["wallet_id"].as_i64()), (Some(1), Some(from)));
    // The conflict left the key free.
    post().if_match(1).send().await.ok();
    // A replay is one whatever the version has become.
    assert!(post().if_match(1).send().await.is_replay());
    for broken in ["4", "W/\"4\"", "\"x\"", "\"-1\"", "\"1\", \"2\"", "\"\"", "\"99999999999999999999\""] {
        post().header("if-match", broken).send().await.problem("if_match_invalid");
    }
    post().header("if-match", "*").send().await.ok();
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn the_other_sides_balance_stays_theirs(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, hers) = bank.person_with("alice", "100").await;
    let (bob, his) = bank.person_with("bob", "1234.56").await;
    let done = alice.sends("k", hers, his, "1").await.ok();
    let path = format!("/v1/transactions/{}", done["id"].as_str().unwrap());
    let balances = |seen: &Value| {
        let entries = seen["entries"].as_array().unwrap().clone();
        entries.into_iter().map(|entry| entry["balance_after"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(balances(&done), [json!("99.00"), json!(null)]);
    let his_view = bob.client.read(&path).await;
    assert_eq!(balances(&his_view), [json!(null), json!("1235.56")]);
    assert_eq!((his_view.get("idempotency_key"), his_view.get("initiator")), (None, None));
    assert_eq!(balances(&bank.operator.read(&path).await), [json!("99.00"), json!("1235.56")]);
    let (carol, _) = bank.person_with("carol", "0").await;
    carol.client.get(&path).send().await.problem("transaction_not_found");
    // What bob could not do says nothing to alice.
    let failed = bob.sends("k", his, hers, "99999").await.problem("insufficient_funds");
    let path = format!("/v1/transactions/{}", failed["transaction_id"].as_str().unwrap());
    bob.client.read(&path).await;
    alice.client.get(&path).send().await.problem("transaction_not_found");
    bank.close().await;
}
