//! Signing up, and who may read whom.

use crate::bank::Bank;
use crate::call::{Answer, Client};
use crate::engine::Engine;
use florin_store::Scope;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

fn carol() -> Value {
    json!({"username": "carol", "email": "carol@example.com", "password": "correct horse"})
}

fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

async fn sign_up(client: &Client, key: &str, body: &Value) -> Answer {
    client.post("/v1/users").key(key).json(body).send().await
}

#[rstest]
#[tokio::test]
async fn everybody_signs_up_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let nobody = bank.operator.signed_out();
    let first = sign_up(&nobody, "carol-signs-up", &carol()).await;
    assert_eq!((first.status, first.is_replay()), (201, false));
    let user = first.json();
    assert_eq!(
        user,
        json!({
            "id": user["id"], "username": "carol", "email": "carol@example.com", "role": "user",
            "created_at": user["created_at"],
        })
    );
    assert_eq!(first.header("location"), Some(format!("/v1/users/{}", user["id"]).as_str()));

    let in_capitals = with(with(carol(), "username", "CAROL"), "role", "user");
    for retry in [carol(), in_capitals, with(carol(), "password", "another one")] {
        let replay = sign_up(&nobody, "carol-signs-up", &retry).await;
        assert_eq!((replay.status, replay.is_replay(), &replay.body), (201, true, &first.body));
    }
    let body = json!({"username": "carol", "password": "correct horse"});
    nobody.post("/v1/auth/login").json(&body).send().await.ok();
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_key_is_for_one_request_of_one_caller(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let nobody = bank.operator.signed_out();
    sign_up(&nobody, "one", &carol()).await.ok();
    for (name, value) in [("username", "carola"), ("email", "carola@example.com")] {
        let other = with(carol(), name, value);
        sign_up(&nobody, "one", &other).await.problem("idempotency_key_reused");
    }
    // The operator's keys are the operator's own.
    let dave = with(with(carol(), "username", "dave"), "email", "dave@example.com");
    let by_operator = sign_up(&bank.operator, "one", &dave).await;
    assert_eq!((by_operator.status, by_operator.is_replay()), (201, false));

    let keyless = nobody.post("/v1/users").json(&carol()).send().await;
    assert_eq!(keyless.problem("idempotency_key_missing")["field"], "Idempotency-Key");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn simultaneous_sign_ups_with_one_key_are_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = bank.operator.signed_out();
    let attempts: Vec<_> = (0..4)
        .map(|_| {
            let nobody = nobody.clone();
            tokio::spawn(async move { sign_up(&nobody, "one", &carol()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.unwrap());
    }
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:#?}");
    assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:#?}");
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn names_and_addresses_are_unique_in_any_case(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = bank.operator.signed_out();
    sign_up(&nobody, "first", &carol()).await.ok();
    let before = bank.everything().await;
    for (other, field, code) in [
        (with(carol(), "email", "other@example.com"), "username", "username_taken"),
        (with(carol(), "username", "other"), "email", "email_taken"),
    ] {
        for value in
            [carol()[field].as_str().unwrap().to_owned(), carol()[field].as_str().unwrap().to_uppercase()]
        {
            let answer = sign_up(&nobody, "second", &with(other.clone(), field, value)).await;
            assert_eq!(answer.status, 409);
            assert_eq!(answer.problem(code)["field"], field);
        }
    }
    assert_eq!(bank.everything().await, before);
    // A refusal binds no key.
    let free = json!({"username": "other", "email": "other@example.com", "password": "correct horse"});
    sign_up(&nobody, "second", &free).await.ok();
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_is_no_user_is_refused_and_leaves_no_trace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = bank.operator.signed_out();
    let before = bank.everything().await;
    let long = |length: usize| "a".repeat(length);
    let mut table = vec![];
    for username in ["", "ab", "1carol", ".carol", "carol smith", "cärol", "carol\n", "carol\0", &long(33)] {
        table.push(("username", Value::from(username), "username_invalid"));
    }
    for email in [
        "",
        "carol",
        "@example.com",
        "carol@",
        "carol@example",
        "a b@example.com",
        "c@x..com",
        "ö@example.com",
    ] {
        table.push(("email", email.into(), "email_invalid"));
    }
    table.push(("email", format!("{}@example.com", long(65)).into(), "email_invalid"));
    for password in ["", "1234567", &long(129)] {
        table.push(("password", password.into(), "password_invalid"));
    }
    for (field, value) in
        [("role", json!("admin")), ("username", json!(7)), ("password", json!(null)), ("id", json!(1))]
    {
        table.push((field, value, "body_invalid"));
    }
    for (field, value, code) in table {
        let problem = sign_up(&nobody, "bad", &with(carol(), field, value.clone())).await.problem(code);
        assert_eq!(problem["status"], 422, "{field} {value}");
        if code != "body_invalid" {
            assert_eq!(problem["field"], field);
        }
    }
    assert_eq!(bank.everything().await, before);
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn only_operators_create_operators(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let alice = bank.person("alice").await;
    let nobody = bank.operator.signed_out();
    let may_all = bank.service(&Scope::ALL).await;
    let reads = bank.service(&[Scope::Read]).await;
    let operator = with(carol(), "role", "operator");
    for caller in [&nobody, &alice.client, &may_all, &reads] {
        sign_up(caller, "operator", &operator).await.problem("not_permitted");
    }
    sign_up(&reads, "user", &carol()).await.problem("not_permitted");
    let dave = with(with(carol(), "username", "dave"), "email", "dave@example.com");
    assert_eq!(sign_up(&may_all, "user", &dave).await.ok()["role"], "user");

    assert_eq!(sign_up(&bank.operator, "operator", &operator).await.ok()["role"], "operator");
    let body = json!({"username": "carol", "password": "correct horse"});
    let tokens = nobody.post("/v1/auth/login").json(&body).send().await.ok();
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    let carol = Client { token: Some(token), ..nobody.clone() };
    carol.read("/v1/users").await;
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_bad_token_is_not_taken_for_nobody(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let stranger = Client { token: Some("florin".to_owned()), ..bank.operator.clone() };
    sign_up(&stranger, "one", &carol()).await.problem("token_invalid");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn the_house_lists_users_page_by_page(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let mut expected = vec!["house".to_owned()];
    for name in ["alice", "bob", "carol", "dave"] {
        bank.person(name).await;
        expected.insert(0, name.to_owned());
    }
    for caller in [&bank.operator, &bank.service(&[Scope::Read]).await] {
        let mut listed = vec![];
        let mut path = "/v1/users?limit=2".to_owned();
        loop {
            let page = caller.read(&path).await;
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= 2);
            listed.extend(data.iter().map(|user| user["username"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/users?limit=2&cursor={cursor}");
        }
        assert_eq!(listed, expected);
    }
    for (query, code) in [
        ("limit=0", "limit_invalid"),
        ("limit=1000000", "limit_invalid"),
        ("limit=two", "query_invalid"),
        ("cursor=florin", "cursor_invalid"),
        ("name=alice", "query_invalid"),
    ] {
        bank.operator.get(&format!("/v1/users?{query}")).send().await.problem(code);
    }
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_person_sees_no_other(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let (alice, bob) = (bank.person("alice").await, bank.person("bob").await);
    let address = |id: i64| format!("/v1/users/{id}");
    let seen = alice.client.read(&address(alice.id)).await;
    assert_eq!(seen["username"], "alice");
    assert!(seen.get("password_hash").is_none() && seen.get("password").is_none());

    let others = alice.client.get(&address(bob.id)).send().await.redacted_problem("user_not_found");
    let missing = alice.client.get(&address(i64::MAX)).send().await.redacted_problem("user_not_found");
    assert_eq!(others, missing, "another's account looks as if it were not there");
    alice.client.get("/v1/users").send().await.problem("not_permitted");

    for house in [&bank.operator, &bank.service(&[Scope::Read]).await] {
        assert_eq!(house.read(&address(bob.id)).await["username"], "bob");
        house.get(&address(-1)).send().await.problem("user_not_found");
    }
    let blind = bank.service(&[Scope::TransactionsWrite]).await;
    blind.get(&address(bob.id)).send().await.problem("not_permitted");
    bank.operator.get("/v1/users/alice").send().await.problem("path_invalid");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn the_token_says_who_you_are(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let alice = bank.person("alice").await;
    let me = alice.client.read("/v1/me").await;
    assert_eq!((&me["type"], &me["id"], &me["role"]), (&json!("user"), &json!(alice.id), &json!("user")));
    let service = bank.service(&[Scope::UsersWrite]).await;
    let me = service.read("/v1/me").await;
    assert_eq!((&me["type"], &me["scopes"]), (&json!("api_key"), &json!(["users:write"])));
    service.call(Method::POST, "/v1/me").send().await.problem("method_not_allowed");
    bank.close().await;
}
