//! Every operation of the OpenAPI document: without a token and with bad ones here, and in `walk` with every role
//! and with another person's things. What is open to everybody is listed here; whatever else there is, or comes,
//! must ask, and `cases` says who may.

mod cases;
mod walk;

use crate::bank::Bank;
use crate::call::{Answer, Client};
use crate::contract::Contract;
use crate::engine::Engine;
use reqwest::Method;

/// The operations that need no token.
const OPEN: [&str; 12] = [
    "create_user",
    "end_session",
    "livez",
    "log_in",
    "log_out",
    "metrics",
    "open_session",
    "read_console_config",
    "read_jwks",
    "readyz",
    "refresh_session",
    "refresh_tokens",
];

struct Operation {
    id: String,
    method: Method,
    path: String,
    is_open: bool,
}

fn operations() -> Vec<Operation> {
    let document = Contract::new().document;
    let mut operations = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let security = operation["security"].as_array();
            let is_open = security.is_some_and(|ways| ways.iter().any(|way| way == &serde_json::json!({})));
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let path =
                path.replace("/transactions/{id}", "/transactions/0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b");
            operations.push(Operation { id, method, path: path.replace("{id}", "1"), is_open });
        }
    }
    operations
}

async fn send(client: &Client, operation: &Operation) -> Answer {
    client.call(operation.method.clone(), &operation.path).key("one").bytes("{}").send().await
}

#[test]
fn what_is_open_is_meant_to_be() {
    let mut open: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.is_open)
        .map(|operation| operation.id)
        .collect();
    open.sort_unstable();
    assert_eq!(open, OPEN);
}

#[tokio::test]
async fn nothing_else_answers_without_a_token() {
    let bank = Bank::open(Engine::Sqlite).await;
    let nobody = bank.operator.signed_out();
    let before = bank.everything().await;
    for operation in operations() {
        let answer = send(&nobody, &operation).await;
        assert_eq!(answer.status == 401, !operation.is_open, "{}: {answer:?}", operation.id);
        if !operation.is_open {
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{}", operation.id);
            answer.problem("authentication_required");
        }
    }
    assert_eq!(bank.everything().await, before);
    bank.close().await;
}

#[tokio::test]
async fn nothing_else_answers_to_a_bad_token() {
    let bank = Bank::open(Engine::Sqlite).await;
    let alice = bank.person("alice").await;
    let (signed, _signature) = alice.client.token.as_deref().unwrap().rsplit_once('.').unwrap();
    let unsigned = format!("{signed}.{}", "A".repeat(86));
    let unknown_key = format!("fk_{}", "A".repeat(43));
    let before = bank.everything().await;
    for token in ["florin", "..", "fk_", "null", unsigned.as_str(), unknown_key.as_str()] {
        let stranger = Client { token: Some(token.to_owned()), ..bank.operator.clone() };
        for operation in operations().iter().filter(|operation| !operation.is_open) {
            let answer = send(&stranger, operation).await;
            assert_eq!(answer.status, 401, "{} with {token}", operation.id);
            answer.problem("token_invalid");
        }
    }
    assert_eq!(bank.everything().await, before);
    bank.close().await;
}

#[tokio::test]
async fn one_bearer_token_in_one_header() {
    let bank = Bank::open(Engine::Sqlite).await;
    let alice = bank.person("alice").await;
    let (nobody, token) = (alice.client.signed_out(), alice.client.token.as_deref().unwrap());
    let me = || nobody.get("/v1/me");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        me().header("authorization", &format!("{scheme} {token}")).send().await.ok();
    }
    for value in ["", "Bearer", "Bearer ", "Basic YWxpY2U6eA==", token, "Token florin"] {
        let answer = me().header("authorization", value).send().await;
        assert_eq!(answer.status, 401, "{value}");
    }
    let twice = me().header("authorization", &format!("Bearer {token}"));
    let twice = twice.header("authorization", &format!("Bearer {token}")).send().await;
    twice.problem("authentication_required");
    let in_the_query = nobody.get(&format!("/v1/me?access_token={token}")).send().await;
    in_the_query.problem("authentication_required");
    bank.close().await;
}
