//! Signing in, staying signed in, signing out.

use crate::bank::Bank;
use crate::call::{Answer, Client};
use crate::engine::Engine;
use florin_ledger::{LedgerId, Timestamp};
use florin_server::auth::Refreshed;
use florin_server::clock;
use florin_store::Origin;
use rstest::rstest;
use serde_json::{Value, json};

/// Somebody who signed up with the password that [`log_in`] uses, without a token.
async fn carol(bank: &Bank) -> Client {
    let nobody = bank.operator.signed_out();
    let body = json!({"username": "carol", "email": "carol@example.com", "password": "correct horse"});
    nobody.post("/v1/users").key("carol").json(&body).send().await.ok();
    nobody
}

async fn log_in(client: &Client, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password});
    client.post("/v1/auth/login").json(&body).send().await
}

async fn signed_in(client: &Client) -> Value {
    log_in(client, "carol", "correct horse").await.ok()
}

async fn refresh(client: &Client, tokens: &Value) -> Answer {
    let body = json!({"refresh_token": tokens["refresh_token"]});
    client.post("/v1/auth/refresh").json(&body).send().await
}

async fn log_out(client: &Client, refresh_token: &Value) -> Answer {
    client.post("/v1/auth/logout").json(&json!({"refresh_token": refresh_token})).send().await
}

/// Who the access token says that one is.
async fn me(client: &Client, tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    Client { token: Some(token), ..client.clone() }.read("/v1/me").await
}

#[rstest]
#[tokio::test]
async fn signing_in_gives_tokens(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let nobody = carol(&bank).await;
    let answer = log_in(&nobody, "Carol", "correct horse").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.ok();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!((&tokens["expires_in"], &tokens["refresh_expires_in"]), (&json!(900), &json!(2_592_000)));
    assert_eq!(me(&nobody, &tokens).await["username"], "carol");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_get_one_answer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = carol(&bank).await;
    let mut problems = vec![];
    for (username, password) in
        [("carol", "wrong horse"), ("carol", ""), ("nobody", "correct horse"), ("!", "correct horse")]
    {
        let answer = log_in(&nobody, username, password).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
        problems.push(answer.redacted_problem("credentials_invalid"));
    }
    problems.dedup();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_refresh_token_is_good_for_one_exchange(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = carol(&bank).await;
    let (first, elsewhere) = (signed_in(&nobody).await, signed_in(&nobody).await);
    let second = refresh(&nobody, &first).await.ok();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(me(&nobody, &second).await["username"], "carol");
    let third = refresh(&nobody, &second).await.ok();

    // Somebody has a copy of the first: the whole sign-in ends, and no other.
    let reused = refresh(&nobody, &first).await;
    assert_eq!((reused.status, reused.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(reused.problem("refresh_token_reused")["field"], "refresh_token");
    refresh(&nobody, &third).await.problem("refresh_token_invalid");
    refresh(&nobody, &elsewhere).await.ok();
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn simultaneous_exchanges_have_one_successor(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = carol(&bank).await;
    let tokens = signed_in(&nobody).await;
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (nobody, tokens) = (nobody.clone(), tokens.clone());
            tokio::spawn(async move { refresh(&nobody, &tokens).await.ok()["refresh_token"].clone() })
        })
        .collect();
    let mut successors = vec![];
    for attempt in attempts {
        successors.push(attempt.await.unwrap());
    }
    successors.dedup();
    assert_eq!(successors.len(), 1, "{successors:?}");
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn an_exchange_whose_answer_was_lost_can_be_repeated_for_a_while(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = carol(&bank).await;
    let (first, elsewhere) = (signed_in(&nobody).await, signed_in(&nobody).await);
    let lost = refresh(&nobody, &first).await.ok();
    let second = refresh(&nobody, &first).await.ok();
    assert_eq!(lost["refresh_token"], second["refresh_token"]);
    assert_eq!(me(&nobody, &second).await["username"], "carol");
    assert!(matches!(later(&bank, &elsewhere, 0).await, Refreshed::Good(..)));
    assert!(matches!(later(&bank, &elsewhere, 9).await, Refreshed::Good(..)));

    // From then on it is a copy.
    assert!(matches!(later(&bank, &elsewhere, 11).await, Refreshed::Reused));
    refresh(&nobody, &elsewhere).await.problem("refresh_token_reused");
    refresh(&nobody, &second).await.ok();
    refresh(&nobody, &first).await.problem("refresh_token_reused");
    bank.close().await;
}

/// An exchange in so many seconds.
async fn later(bank: &Bank, tokens: &Value, seconds: i64) -> Refreshed {
    let (sessions, token) = (bank.auth().sessions, tokens["refresh_token"].as_str().unwrap());
    let now = Timestamp(clock::now().0 + seconds * 1_000_000);
    sessions.refresh(&*bank.store, LedgerId::MAIN, token, Origin::SYSTEM, now).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn signing_out_ends_the_sign_in(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let nobody = carol(&bank).await;
    let (tokens, elsewhere) = (signed_in(&nobody).await, signed_in(&nobody).await);
    let next = refresh(&nobody, &tokens).await.ok();
    // Even an earlier token of the sign-in ends it; ending it twice is no fault.
    for token in [&tokens["refresh_token"], &next["refresh_token"]] {
        let answer = log_out(&nobody, token).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
    }
    refresh(&nobody, &next).await.problem("refresh_token_invalid");
    refresh(&nobody, &elsewhere).await.ok();
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn what_is_no_refresh_token_is_worth_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bank = Bank::open(engine).await;
    let nobody = carol(&bank).await;
    let tokens = signed_in(&nobody).await;
    let unknown = format!("frt_{}", "A".repeat(43));
    for token in ["", "frt_", "florin", &unknown, tokens["access_token"].as_str().unwrap()] {
        let tokens = json!({"refresh_token": token});
        refresh(&nobody, &tokens).await.problem("refresh_token_invalid");
        assert_eq!(log_out(&nobody, &tokens["refresh_token"]).await.status, 204);
    }
    // Nor is a refresh token an access token.
    let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    let confused = Client { token: Some(refresh_token), ..nobody.clone() };
    confused.get("/v1/me").send().await.problem("token_invalid");
    for body in [json!({}), json!({"refresh_token": 7}), json!({"refresh_token": "x", "user_id": 1})] {
        nobody.post("/v1/auth/refresh").json(&body).send().await.problem("body_invalid");
    }
    bank.close().await;
}
