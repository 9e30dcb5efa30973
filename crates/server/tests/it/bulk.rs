use crate::bank::{Bank, Person};
use crate::call::Answer;
use crate::engine::Engine;
use rstest::rstest;
use serde_json::{Value, json};

async fn send(person: &Person, mode: &str, items: Vec<Value>) -> Answer {
    let body = json!({"mode": mode, "transactions": items});
    person.client.post("/v1/transactions/bulk").json(&body).send().await
}

fn transfer(key: &str, from: i64, to: i64, amount: &str) -> Value {
    json!({"type": "transfer", "idempotency_key": key, "from_wallet_id": from, "to_wallet_id": to, "amount": amount})
}

#[rstest]
#[tokio::test]
async fn independent_items_are_done_each_on_its_own(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "10").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let items = vec![
        transfer("a", from, to, "4"),
        transfer("b", from, to, "-4"),
        transfer("c", from, to, "40"),
        json!({"type": "spend", "idempotency_key": "d", "asset": "USD", "amount": "1"}),
        json!({"type": "deposit", "idempotency_key": "e", "wallet_id": from, "amount": "1000"}),
        json!({"type": "nothing", "idempotency_key": "f"}),
        json!(null),
        json!(["transfer"]),
        transfer("", from, to, "1"),
        transfer("a", from, to, "4"),
        transfer("a", from, to, "5"),
        transfer("g", from, to, "1"),
    ];
    let first = send(&alice, "independent", items.clone()).await;
    assert_eq!(first.status, 200);
    let outcomes = |answer: &Answer| -> Vec<(u64, bool, String)> {
        let results = answer.json()["results"].as_array().unwrap().clone();
        let outcome = |result: Value| {
            let code = result["problem"]["code"].as_str().unwrap_or("done").to_owned();
            (result["status"].as_u64().unwrap(), result["replayed"].as_bool().unwrap(), code)
        };
        results.into_iter().map(outcome).collect()
    };
    let expected = [
        (201, false, "done"),
        (422, false, "amount_malformed"),
        (422, false, "insufficient_funds"),
        (201, false, "done"),
        (403, false, "not_permitted"),
        (422, false, "body_invalid"),
        (422, false, "body_invalid"),
        (422, false, "body_invalid"),
        (400, false, "idempotency_key_invalid"),
        (201, true, "done"),
        (422, false, "idempotency_key_reused"),
        (201, false, "done"),
    ];
    let expected: Vec<_> =
        expected.map(|(status, replayed, code)| (status, replayed, code.to_owned())).into();
    assert_eq!(outcomes(&first), expected);
    assert_eq!((bank.posted(from).await, bank.posted(to).await), ("4.00".into(), "5.00".into()));

    // The whole again: what was done or refused by the ledger is replayed, nothing happens twice.
    let again = send(&alice, "independent", items).await;
    let replays: Vec<_> = outcomes(&again).into_iter().map(|(_, replayed, _)| replayed).collect();
    let is_recorded = |(index, _): (usize, &_)| [0, 2, 3, 9, 11].contains(&index);
    assert_eq!(replays, expected.iter().enumerate().map(is_recorded).collect::<Vec<_>>());
    assert_eq!(first.json()["results"][0]["transaction"], again.json()["results"][0]["transaction"]);
    assert_eq!(bank.posted(from).await, "4.00");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn an_item_and_its_own_route_share_a_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "10").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let alone = alice.sends("k", from, to, "1").await.ok();
    let bulk = send(&alice, "independent", vec![transfer("k", from, to, "1")]).await.ok();
    assert_eq!(bulk["results"][0], json!({"status": 201, "replayed": true, "transaction": alone}));

    let id = alone["id"].as_str().unwrap();
    let reversal =
        json!({"type": "reversal", "idempotency_key": "r", "transaction_id": id, "amount": "0.40"});
    let operator = Person { id: 0, client: bank.operator.clone() };
    let bulk = send(&operator, "atomic", vec![reversal]).await.ok();
    let body = json!({"amount": "0.40"});
    let alone =
        bank.operator.post(&format!("/v1/transactions/{id}/reverse")).key("r").json(&body).send().await;
    assert!(alone.is_replay());
    assert_eq!(bulk["results"][0]["transaction"], alone.json());
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn atomic_items_are_done_all_or_none(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "10").await;
    let (_, to) = bank.person_with("bob", "0").await;
    let before = bank.everything().await;
    let bad = [
        (transfer("c", from, to, "9"), "insufficient_funds"),
        (transfer("c", from, 4711, "1"), "wallet_not_found"),
        (transfer("c", from, to, "0"), "amount_zero"),
        (transfer("a", from, to, "9"), "idempotency_key_reused"),
        (
            json!({"type": "bonus", "idempotency_key": "c", "user_id": alice.id, "asset": "USD", "amount": "1"}),
            "not_permitted",
        ),
    ];
    for (item, code) in bad {
        let items = vec![transfer("a", from, to, "1"), transfer("b", from, to, "1"), item];
        let refused = send(&alice, "atomic", items).await.problem(code);
        assert_eq!((&refused["index"], &refused["transaction_id"]), (&json!(2), &json!(null)));
        assert_eq!(bank.everything().await, before, "{code} left a trace");
    }
    let items = vec![transfer("a", from, to, "1"), transfer("b", from, to, "9")];
    let done = send(&alice, "atomic", items.clone()).await;
    assert_eq!(done.status, 201);
    let replay = send(&alice, "atomic", items).await.ok();
    for (index, result) in done.json()["results"].as_array().unwrap().iter().enumerate() {
        assert_eq!((&result["status"], &result["replayed"]), (&json!(201), &json!(false)));
        assert_eq!(replay["results"][index]["transaction"], result["transaction"]);
        assert_eq!(replay["results"][index]["replayed"], true);
    }
    assert_eq!(bank.posted(to).await, "10.00");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_bulk_has_its_bounds(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, from) = bank.person_with("alice", "10").await;
    let (_, to) = bank.person_with("bob", "0").await;
    send(&alice, "independent", vec![]).await.problem("count_invalid");
    send(&alice, "independent", vec![json!(0); 10_001]).await.problem("count_invalid");
    send(&alice, "sometimes", vec![json!(0)]).await.problem("body_invalid");
    let spaces = " ".repeat(8 * 1024 * 1024);
    let body = format!("{{\"mode\":\"atomic\",\"transactions\":[]}}{spaces}");
    alice.client.post("/v1/transactions/bulk").bytes(body).send().await.problem("body_too_large");

    // More items than one group: in order, so that a later one finds the earlier ones done.
    let mut items = vec![];
    for round in 0..1200 {
        let (one, other) = if round % 2 == 0 { (from, to) } else { (to, from) };
        items.push(transfer(&format!("k{round}"), one, other, "10"));
    }
    let operator = Person { id: 0, client: bank.operator.clone() };
    let done = send(&operator, "independent", items).await.ok();
    assert!(done["results"].as_array().unwrap().iter().all(|result| result["status"] == 201));
    assert_eq!(bank.posted(from).await, "10.00");
    bank.close().await;
}
