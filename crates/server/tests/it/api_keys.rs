//! How services sign in, and what their keys let them do.

use crate::bank::Bank;
use crate::call::{Answer, Client};
use crate::engine::Engine;
use florin_store::Scope;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

fn shop() -> Value {
    json!({"name": "web shop", "scopes": ["transactions:write", "read"]})
}

async fn create(client: &Client, key: &str, body: &Value) -> Answer {
    client.post("/v1/api-keys").key(key).json(body).send().await
}

async fn revoke(client: &Client, id: &Value) -> Answer {
    client.call(Method::DELETE, &format!("/v1/api-keys/{id}")).send().await
}

fn with_secret(bank: &Bank, created: &Value) -> Client {
    let secret = created["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("fk_"), "{secret}");
    Client { token: Some(secret), ..bank.operator.clone() }
}

#[rstest]
#[tokio::test]
async fn a_keys_secret_is_shown_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let first = create(&bank.operator, "shop", &shop()).await;
    assert_eq!((first.status, first.is_replay()), (201, false));
    let created = first.json();
    assert_eq!(
        created,
        json!({
            "id": created["id"], "name": "web shop", "scopes": ["read", "transactions:write"],
            "created_by": created["created_by"], "created_at": created["created_at"],
            "secret": created["secret"],
        })
    );
    assert_eq!(with_secret(&bank, &created).read("/v1/me").await["id"], created["id"]);

    let replay = create(&bank.operator, "shop", &shop()).await;
    assert_eq!((replay.status, replay.is_replay()), (201, true));
    let mut without_secret = created.clone();
    without_secret["secret"] = Value::Null;
    assert_eq!(replay.json(), without_secret);
    let other = json!({"name": "other shop", "scopes": ["read"]});
    create(&bank.operator, "shop", &other).await.problem("idempotency_key_reused");

    let listed = bank.operator.get("/v1/api-keys").send().await;
    assert!(!String::from_utf8_lossy(&listed.body).contains("fk_"));
    assert_eq!(listed.ok()["data"].as_array().unwrap().len(), 1);
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_revoked_key_is_worth_nothing_at_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let created = create(&bank.operator, "shop", &shop()).await.ok();
    let service = with_secret(&bank, &created);
    service.read("/v1/me").await;
    let revoked = revoke(&bank.operator, &created["id"]).await.ok();
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    let refused = service.get("/v1/me").send().await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    refused.problem("token_invalid");

    assert_eq!(revoke(&bank.operator, &created["id"]).await.ok(), revoked, "twice is as good as once");
    assert_eq!(bank.operator.read("/v1/api-keys").await["data"][0], revoked);
    let replay = create(&bank.operator, "shop", &shop()).await.ok();
    assert_eq!(replay.get("revoked_at"), None, "the first answer again");
    revoke(&bank.operator, &json!(4711)).await.problem("api_key_not_found");
    revoke(&bank.operator, &json!("shop")).await.problem("path_invalid");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn keys_are_the_operators_business_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let created = create(&bank.operator, "shop", &shop()).await.ok();
    let alice = bank.person("alice").await;
    for caller in [&alice.client, &bank.service(&Scope::ALL).await] {
        create(caller, "mine", &shop()).await.problem("not_permitted");
        caller.get("/v1/api-keys").send().await.problem("not_permitted");
        revoke(caller, &created["id"]).await.problem("not_permitted");
    }
    with_secret(&bank, &created).read("/v1/me").await;
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_key_does_what_its_scopes_say(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, wallet) = bank.person_with("alice", "0").await;
    let deposit = json!({"wallet_id": wallet, "amount": "1.00"});
    let asset = json!({"code": "EUR", "name": "Euro", "scale": 2});
    let new_wallet = json!({"user_id": alice.id, "asset": "GOLD"});
    let user = json!({"username": "carol", "email": "carol@example.com", "password": "correct horse"});
    let table: [(Scope, &str, Option<&Value>); 6] = [
        (Scope::Read, "/v1/users", None),
        (Scope::Read, "/v1/ledger/trial-balance", None),
        (Scope::TransactionsWrite, "/v1/deposits", Some(&deposit)),
        (Scope::AssetsWrite, "/v1/assets", Some(&asset)),
        (Scope::WalletsWrite, "/v1/wallets", Some(&new_wallet)),
        (Scope::UsersWrite, "/v1/users", Some(&user)),
    ];
    for held in Scope::ALL {
        let service = bank.service(&[held]).await;
        for (needed, path, body) in &table {
            let answer = match body {
                Some(body) => service.post(path).key(path).json(body).send().await,
                None => service.get(path).send().await,
            };
            if held == *needed {
                answer.ok();
            } else {
                let detail = answer.problem("not_permitted")["detail"].to_string();
                assert!(detail.contains(needed.as_str()), "{detail}");
            }
        }
    }
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_is_no_key_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let long = "a".repeat(65);
    for (body, code) in [
        (json!({"name": "shop", "scopes": []}), "scopes_invalid"),
        (json!({"name": "shop", "scopes": ["admin"]}), "body_invalid"),
        (json!({"name": "shop", "scopes": "read"}), "body_invalid"),
        (json!({"name": "", "scopes": ["read"]}), "name_invalid"),
        (json!({"name": long, "scopes": ["read"]}), "name_invalid"),
        (json!({"name": "shop\n", "scopes": ["read"]}), "name_invalid"),
        (json!({"name": "shop", "scopes": ["read"], "secret": "fk_mine"}), "body_invalid"),
    ] {
        create(&bank.operator, "bad", &body).await.problem(code);
    }
    assert_eq!(bank.operator.read("/v1/api-keys").await["data"], json!([]));
    let twice = json!({"name": "shop", "scopes": ["read", "read"]});
    assert_eq!(create(&bank.operator, "bad", &twice).await.ok()["scopes"], json!(["read"]));
    bank.close().await;
}
