//! Whatever is thrown at whatever route by whomever: it is answered, with something that is documented, by a
//! server that goes on, and the books balance.

use crate::bank::Bank;
use crate::call::Client;
use crate::contract::Contract;
use crate::engine::Engine;
use florin_store::Scope;
use proptest::collection::{btree_map, vec};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use rstest::rstest;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

/// What is sent, beside who sends it and where.
#[derive(Clone, Debug)]
struct Thrown {
    path_parameter: String,
    query: String,
    key: Option<Vec<u8>>,
    if_match: Option<Vec<u8>>,
    content_type: &'static str,
    body: Vec<u8>,
}

#[rstest]
#[case(Engine::Sqlite, 24)]
#[case(Engine::Postgres, 4)]
fn nothing_that_is_thrown_breaks_anything(#[case] engine: Engine, #[case] cases: u32) {
    let runtime = Runtime::new().unwrap();
    let bank = runtime.block_on(Bank::open(engine));
    let (alice, wallet) = runtime.block_on(bank.person_with("alice", "100.00"));
    runtime.block_on(bank.payout(&alice, wallet));
    let service = runtime.block_on(bank.service(&Scope::ALL));
    let callers = [&alice.client.signed_out(), &alice.client, &bank.operator, &service];
    let contract = Contract::new();
    for (path, method, _) in contract.operations() {
        let fields = fields(&contract, path, method);
        let queries = query_names(&contract, path, method);
        for caller in callers {
            let config = Config { cases, failure_persistence: None, ..Config::default() };
            let thrown = thrown(fields.clone(), queries.clone());
            let sent = TestRunner::new(config).run(&thrown, |thrown| {
                let status = runtime.block_on(send(caller, method, path, &thrown));
                prop_assert!(status < 500, "{method} {path}: {status}");
                Ok(())
            });
            sent.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        }
    }
    runtime.block_on(async {
        bank.operator.read(&format!("/v1/wallets/{wallet}")).await;
        bank.close().await;
    });
}

async fn send(caller: &Client, method: &str, path: &str, thrown: &Thrown) -> u16 {
    let path = match path.split_once('{') {
        Some((before, rest)) => {
            format!("{before}{}{}", thrown.path_parameter, rest.split_once('}').unwrap().1)
        }
        None => path.to_owned(),
    };
    let path = if thrown.query.is_empty() { path } else { format!("{path}?{}", thrown.query) };
    let mut call = caller.call(method.to_uppercase().parse().unwrap(), &path);
    call = thrown.key.iter().fold(call, |call, key| call.header_bytes("idempotency-key", key));
    call = thrown.if_match.iter().fold(call, |call, version| call.header_bytes("if-match", version));
    if method != "get" {
        call = call.header("content-type", thrown.content_type).body(thrown.body.clone());
    }
    call.send().await.status
}

fn thrown(fields: Vec<(String, Kind)>, queries: Vec<String>) -> impl Strategy<Value = Thrown> {
    let id = prop_oneof![
        3 => (0_i64..20).prop_map(|id| id.to_string()),
        1 => select(vec!["-1", "9223372036854775807", "9223372036854775808", "x", "%00", "%ff", "%2F..%2F", "1.0",
            "0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", "balances", "%F0%9F%92%B0"]).prop_map(str::to_owned),
    ];
    let queries = if queries.is_empty() { vec!["surprise".to_owned()] } else { queries };
    let value = prop_oneof![
        select(vec![
            "0",
            "1",
            "-1",
            "1000000",
            "USD",
            "usd",
            "active",
            "DEBIT",
            "transfer",
            "FAILED",
            "MQ",
            "%00",
            "2026-01-02T03:04:05Z",
            "9999-12-31T23:59:59.999999999Z",
            "-009999-01-01T00:00:00Z",
            "%ff",
            ""
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9_-]{0,40}",
    ];
    let query = vec((select(queries), value), 0..3);
    let query = query.prop_map(|pairs| {
        let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    });
    let header = vec(prop_oneof![4 => 0x21_u8..0x7f, 1 => 0x80_u8..=0xff, 1 => Just(b' ')], 0..300);
    let version =
        prop_oneof![(0..5).prop_map(|version| format!("\"{version}\"").into_bytes()), header.clone()];
    let key = prop_oneof![5 => "[a-z]{1,8}".prop_map(String::into_bytes), 1 => header];
    let body = prop_oneof![
        1 => vec(any::<u8>(), 0..200),
        1 => any_json().prop_map(|body| body.to_string().into_bytes()),
        4 => nearly(fields).prop_map(|body| body.to_string().into_bytes()),
    ];
    let others = vec!["text/plain", "application/jsonx", "text/csv", "multipart/form-data; boundary=b", ""];
    let content_type = prop_oneof![9 => Just("application/json"), 3 => select(others)];
    (id, query, weighted(0.9, key), weighted(0.1, version), content_type, body).prop_map(
        |(path_parameter, query, key, if_match, content_type, body)| Thrown {
            path_parameter,
            query,
            key,
            if_match,
            content_type,
            body,
        },
    )
}

/// Any JSON.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..6)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

/// What a field holds, as far as it matters for meaning something by it.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Id,
    Ids,
    Amount,
    Object,
    Items,
    Text,
}

/// A body with the fields of the route, most of them with values that might be meant: some of it is done.
fn nearly(fields: Vec<(String, Kind)>) -> impl Strategy<Value = Value> {
    let each: Vec<_> = fields
        .into_iter()
        .map(|(name, kind)| {
            weighted(
                0.9,
                prop_oneof![12 => meant(kind), 1 => any_json().boxed()]
                    .prop_map(move |value| (name.clone(), value)),
            )
        })
        .collect();
    let surprise = weighted(0.1, any_json().prop_map(|value| ("surprise".to_owned(), value)));
    (each, surprise).prop_map(|(fields, surprise)| {
        Value::Object(fields.into_iter().flatten().chain(surprise).collect::<Map<_, _>>())
    })
}

fn meant(kind: Kind) -> BoxedStrategy<Value> {
    let amounts =
        ["1", "1.00", "0.01", "3", "0", "-1", "1e3", "99999999999999999999999999999999999999", "１０"];
    let texts = [
        "USD",
        "USD",
        "GOLD",
        "main",
        "frozen",
        "active",
        "closed",
        "atomic",
        "independent",
        "alice",
        "user",
        "a@b.example",
        "florin-demo",
        "\u{0}",
    ];
    match kind {
        // The house's wallets are 1 to 8, and Alice's is 9.
        Kind::Id => prop_oneof![(0_i64..12), Just(9)].prop_map(Value::from).boxed(),
        Kind::Ids => vec(1_i64..11, 0..4).prop_map(Value::from).boxed(),
        Kind::Amount => select(amounts.to_vec()).prop_map(Value::from).boxed(),
        Kind::Object => btree_map("[a-z]{0,3}", any_json(), 0..3).prop_map(|object| json!(object)).boxed(),
        Kind::Text => select(texts.to_vec()).prop_map(Value::from).boxed(),
        Kind::Items => {
            let kinds = select(vec!["transfer", "deposit", "withdrawal", "nothing"]);
            let item = (kinds, "[a-z]{0,3}", meant(Kind::Amount), meant(Kind::Id));
            let item = item.prop_map(|(kind, key, amount, to)| match kind {
                "transfer" => json!({
                    "type": kind, "idempotency_key": key, "amount": amount, "from_wallet_id": 9, "to_wallet_id": to,
                }),
                _ => json!({"type": kind, "idempotency_key": key, "amount": amount, "wallet_id": to}),
            });
            vec(item, 0..4).prop_map(Value::from).boxed()
        }
    }
}

/// The fields of a route's body; of none, one that is none.
fn fields(contract: &Contract, path: &str, method: &str) -> Vec<(String, Kind)> {
    let body =
        &contract.document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
    let schema = body["$ref"].as_str().and_then(|reference| contract.document.pointer(&reference[1..]));
    let properties = schema.and_then(|schema| schema["properties"].as_object());
    let fields = properties.into_iter().flatten();
    fields.map(|(name, schema)| (name.clone(), kind(name, &schema.to_string()))).collect()
}

fn kind(name: &str, schema: &str) -> Kind {
    match name {
        "transactions" => Kind::Items,
        "wallet_ids" => Kind::Ids,
        _ if schema.contains("AmountText") => Kind::Amount,
        "metadata" => Kind::Object,
        _ if schema.contains("integer") => Kind::Id,
        _ => Kind::Text,
    }
}

fn query_names(contract: &Contract, path: &str, method: &str) -> Vec<String> {
    let parameters = contract.document["paths"][path][method]["parameters"].as_array();
    let queries = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query");
    queries.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}
