//! Every refusal is a problem with a stable code and a sentence to act on, and leaves no trace.

use crate::bank::{Bank, Person};
use crate::call::{Call, Client};
use crate::engine::Engine;
use florin_ledger::Timestamp;
use rstest::rstest;
use serde_json::{Map, Value, json};

/// What the refused requests are about.
struct Scene {
    bank: Bank,
    alice: Person,
    /// Hers, with 100.00 in it.
    from: i64,
    /// Bob's.
    to: i64,
    frozen: i64,
    closed: i64,
    gold: i64,
}

impl Scene {
    async fn set(engine: Engine) -> Self {
        let bank = Bank::open(engine).await;
        let (alice, from) = bank.person_with("alice", "100.00").await;
        let (bob, to) = bank.person_with("bob", "0").await;
        let frozen = bank.wallet_with(&bob, "USD", "frozen", "0").await;
        let closed = bank.wallet_with(&bob, "USD", "closed", "0").await;
        let gold = bank.wallet_with(&bob, "GOLD", "main", "0").await;
        for (wallet, status) in [(frozen, "frozen"), (closed, "closed")] {
            let path = format!("/v1/wallets/{wallet}");
            bank.operator.patch(&path).json(&json!({"status": status})).send().await.ok();
        }
        alice.sends("used", from, to, "1").await.ok();
        Self { bank, alice, from, to, frozen, closed, gold }
    }

    fn transfer(&self) -> Call {
        self.alice.client.post("/v1/transfers").key("k")
    }

    fn body(&self) -> Value {
        json!({"from_wallet_id": self.from, "to_wallet_id": self.to, "amount": "1"})
    }

    fn with(&self, field: &str, value: Value) -> Call {
        let mut body = self.body();
        body[field] = value;
        self.transfer().json(&body)
    }

    fn without(&self, field: &str) -> Call {
        let mut body = self.body();
        body.as_object_mut().unwrap().remove(field);
        self.transfer().json(&body)
    }

    fn presents(&self, token: &str) -> Call {
        let client = Client { token: Some(token.to_owned()), ..self.alice.client.clone() };
        client.post("/v1/transfers").key("k").json(&self.body())
    }
}

/// Fails unless the request is refused so, and nothing is changed by it.
async fn refuse(scene: &Scene, snapshot: &mut Map<String, Value>, name: &str, code: &str, call: Call) {
    let before = scene.bank.everything().await;
    let problem = call.send().await.redacted_problem(code);
    assert_eq!(scene.bank.everything().await, before, "{name} left a trace");
    snapshot.insert(name.to_owned(), problem);
}

fn amounts() -> Vec<(&'static str, Value)> {
    let text = |code, text: &str| (code, json!(text));
    let mut amounts = vec![
        ("amount_not_a_string", json!(1)),
        ("amount_not_a_string", json!(-1000)),
        ("amount_not_a_string", json!(12.5)),
        ("amount_not_a_string", json!(0.1 + 0.2)),
        ("body_invalid", json!(null)),
        ("body_invalid", json!(true)),
        ("body_invalid", json!(["1"])),
        text("amount_zero", "0"),
        text("amount_zero", "0.00"),
        text("amount_too_precise", "10.999"),
        text("amount_too_precise", "1.0000000000000000001"),
        text("amount_too_large", "340282366920938463463374607431768211456"),
        text("amount_too_large", "1000000000000000000000000000000000000"),
    ];
    let malformed = [
        "", " ", "-1", "+1", "1e3", "1E3", "1e309", "NaN", "Infinity", ".5", "1.", "1.2.3", "01", "1 000",
        "1,50", "1_000", "0x10", "１０", "1٫5", "٣", "1\u{0}", " 1", "1\n", "$1",
    ];
    amounts.extend(malformed.map(|malformed| text("amount_malformed", malformed)));
    amounts
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_done_is_refused_without_a_trace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let mut problems = Map::new();
    for (code, amount) in amounts() {
        let name = format!("amount {amount}");
        refuse(&scene, &mut problems, &name, code, scene.with("amount", amount)).await;
    }
    let valid = scene.body().to_string();
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let long = |length| "x".repeat(length);
    let wallet = |id: i64| scene.with("to_wallet_id", json!(id));
    let keyed = |key: &str| scene.alice.client.post("/v1/transfers").key(key).json(&scene.body());
    let unkeyed = || scene.alice.client.post("/v1/transfers").json(&scene.body());
    let raw = |body: &str| scene.transfer().bytes(body);
    let other_body =
        |key| scene.alice.client.post("/v1/transfers").key(key).bytes(valid.replace("\"1\"", "\"2\""));
    let cases = [
        ("no body", "body_malformed", raw("")),
        ("not JSON", "body_malformed", raw("amount=1")),
        ("half of the JSON", "body_malformed", raw(&valid[..20])),
        ("two bodies", "body_malformed", raw(&format!("{valid}{valid}"))),
        ("not UTF-8", "body_malformed", scene.transfer().bytes(b"{\"\xff\": 1}")),
        (
            "deep JSON",
            "body_malformed",
            raw(&valid.replace("\"1\"", &format!("\"1\",\"metadata\":{{\"a\":{deep}}}"))),
        ),
        ("an array", "body_invalid", raw("[]")),
        (
            "an array of the fields",
            "body_invalid",
            raw(&format!("[{},{},\"1\",null,null]", scene.from, scene.to)),
        ),
        ("a field twice", "body_invalid", raw(&valid.replace("\"1\"", "\"1\",\"amount\":\"2\""))),
        ("an unknown field", "body_invalid", scene.with("amuont", json!("1"))),
        ("a user in the body", "body_invalid", scene.with("user_id", json!(1))),
        ("no amount", "body_invalid", scene.without("amount")),
        ("a wallet's id as text", "body_invalid", scene.with("from_wallet_id", json!("1"))),
        ("a wallet's id with a fraction", "body_invalid", scene.with("from_wallet_id", json!(1.5))),
        (
            "a wallet's id beyond 64 bits",
            "body_invalid",
            raw(&valid.replace("\"amount\"", "\"to_wallet_id\":9223372036854775808,\"amount\"")),
        ),
        ("no content type", "content_type_unsupported", scene.transfer().body(valid.clone())),
        (
            "another content type",
            "content_type_unsupported",
            scene.transfer().header("content-type", "text/plain").body(valid.clone()),
        ),
        ("more than 1 MiB", "body_too_large", raw(&format!("{valid}{}", " ".repeat(1024 * 1024)))),
        ("an empty reference", "reference_invalid", scene.with("reference", json!(""))),
        ("a long reference", "reference_invalid", scene.with("reference", json!(long(141)))),
        ("a reference with a line end", "reference_invalid", scene.with("reference", json!("a\nb"))),
        ("metadata that is no object", "body_invalid", scene.with("metadata", json!([]))),
        ("large metadata", "metadata_invalid", scene.with("metadata", json!({"a": long(4090)}))),
        ("metadata with a NUL", "metadata_invalid", scene.with("metadata", json!({"a": "\u{0}"}))),
        (
            "metadata with a key twice",
            "body_invalid",
            raw(&valid.replace("\"1\"", "\"1\",\"metadata\":{\"a\":{\"b\":1,\"b\":2}}")),
        ),
        ("an unknown wallet", "wallet_not_found", wallet(4711)),
        ("a negative wallet", "wallet_not_found", wallet(-1)),
        ("a frozen wallet", "wallet_frozen", wallet(scene.frozen)),
        ("a closed wallet", "wallet_closed", wallet(scene.closed)),
        ("another asset", "asset_mismatch", wallet(scene.gold)),
        ("the same wallet", "same_wallet", wallet(scene.from)),
        ("no key", "idempotency_key_missing", unkeyed()),
        ("an empty key", "idempotency_key_invalid", keyed("")),
        ("a long key", "idempotency_key_invalid", keyed(&long(256))),
        ("a key that is not ASCII", "idempotency_key_invalid", keyed("schlüssel")),
        ("a key with a space", "idempotency_key_invalid", keyed("a b")),
        ("two keys", "idempotency_key_invalid", keyed("a").key("b")),
        ("a used key", "idempotency_key_reused", other_body("used")),
    ];
    for (name, code, call) in cases {
        refuse(&scene, &mut problems, name, code, call).await;
    }
    if matches!(engine, Engine::Sqlite) {
        insta::assert_json_snapshot!("refused_movements", problems);
    }
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn who_does_not_prove_who_they_are_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let mut problems = Map::new();
    let good = scene.alice.client.token.clone().unwrap();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let altered = if signature.starts_with('A') { "B" } else { "A" };
    let expired = scene.bank.token(scene.alice.id, Timestamp(0));
    let bare = || scene.alice.client.signed_out().post("/v1/transfers").key("k").json(&scene.body());
    let authorization = |value: &str| bare().header("authorization", value);
    let cases = [
        ("no token", "authentication_required", bare()),
        ("another scheme", "authentication_required", authorization("Basic YTpi")),
        ("no scheme", "authentication_required", authorization(&good)),
        ("two tokens", "authentication_required", scene.presents(&good).header("authorization", "Bearer x")),
        ("not a token", "token_invalid", scene.presents("florin")),
        ("an empty token", "authentication_required", authorization("Bearer ")),
        ("a token of another server", "token_invalid", scene.presents(&Bank::foreign_token(scene.alice.id))),
        ("a token without a signature", "token_invalid", scene.presents(&format!("{signed}."))),
        (
            "an altered token",
            "token_invalid",
            scene.presents(&format!("{signed}.{altered}{}", &signature[1..])),
        ),
        ("an unknown API key", "token_invalid", scene.presents(&format!("fk_{}", "A".repeat(43)))),
        ("an expired token", "token_expired", scene.presents(&expired)),
    ];
    for (name, code, call) in cases {
        refuse(&scene, &mut problems, name, code, call).await;
    }
    // However it is written, the scheme is the scheme.
    authorization(&format!("bearer {good}")).send().await.ok();
    if matches!(engine, Engine::Sqlite) {
        insta::assert_json_snapshot!("refused_callers", problems);
    }
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_is_asked_wrongly_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let mut problems = Map::new();
    let get = |path: &str| scene.bank.operator.get(path);
    let page = scene.bank.operator.read("/v1/wallets?limit=1").await;
    let others = page["next_cursor"].as_str().unwrap();
    let entries = format!("/v1/wallets/{}/entries", scene.from);
    let cases = [
        ("a limit of 0", "limit_invalid", get("/v1/wallets?limit=0")),
        ("a limit of a million", "limit_invalid", get("/v1/transactions?limit=1000000")),
        ("a limit below 0", "limit_invalid", get(&format!("{entries}?limit=-1"))),
        ("a limit that is no number", "query_invalid", get("/v1/wallets?limit=many")),
        ("a limit twice", "query_invalid", get("/v1/wallets?limit=1&limit=2")),
        ("an unknown parameter", "query_invalid", get("/v1/wallets?limits=1")),
        ("a broken cursor", "cursor_invalid", get("/v1/transactions?cursor=!!!")),
        ("an empty cursor", "cursor_invalid", get("/v1/wallets?cursor=")),
        ("another list's cursor", "cursor_invalid", get(&format!("/v1/transactions?cursor={others}"))),
        ("another wallet's cursor", "cursor_invalid", get(&format!("{entries}?cursor={others}"))),
        ("an unknown status", "query_invalid", get("/v1/wallets?status=lost")),
        ("an asset of no form", "asset_code_invalid", get("/v1/wallets?asset=usd")),
        ("a time of no form", "query_invalid", get(&format!("{entries}?from=yesterday"))),
        ("a wallet's id of no form", "path_invalid", get("/v1/wallets/first")),
        ("a wallet's id beyond 64 bits", "path_invalid", get("/v1/wallets/9223372036854775808")),
        ("a transaction's id of no form", "path_invalid", get("/v1/transactions/17")),
        ("an unknown wallet", "wallet_not_found", get("/v1/wallets/4711")),
        (
            "an unknown transaction",
            "transaction_not_found",
            get("/v1/transactions/0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b"),
        ),
        ("an unknown address", "route_not_found", get("/v1/walets")),
        (
            "another method",
            "method_not_allowed",
            scene.bank.operator.call(reqwest::Method::DELETE, "/v1/wallets"),
        ),
    ];
    for (name, code, call) in cases {
        refuse(&scene, &mut problems, name, code, call).await;
    }
    let refused = scene.bank.operator.call(reqwest::Method::DELETE, "/v1/wallets").send().await;
    assert_eq!(refused.header("allow"), Some("GET,HEAD,POST"));
    if matches!(engine, Engine::Sqlite) {
        insta::assert_json_snapshot!("refused_reads", problems);
    }
    scene.bank.close().await;
}
