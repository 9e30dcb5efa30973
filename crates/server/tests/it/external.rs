//! Tokens of an external issuer: who they are here, how its keys change, and what is no such token.

use crate::bank::{Bank, SIGNING_KEY};
use crate::call::{Answer, Client};
use crate::engine::Engine;
use crate::forgeries::{OTHER_KEY, assert_refused, with, without};
use crate::issuer::{AUDIENCE, Issuer, KeyPair, sign};
use florin_server::auth::ExternalIssuer;
use florin_server::clock;
use jsonwebtoken::{Algorithm, EncodingKey};
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

async fn linked(bank: &Bank, user: i64, issuer: &str, subject: &str) -> Answer {
    let body = json!({"issuer": issuer, "subject": subject});
    bank.operator
        .call(reqwest::Method::PUT, &format!("/v1/users/{user}/external-identity"))
        .json(&body)
        .send()
        .await
}

async fn me(bank: &Bank, token: &str) -> Answer {
    Client { token: Some(token.to_owned()), ..bank.operator.clone() }.get("/v1/me").send().await
}

#[rstest]
#[tokio::test]
async fn a_linked_subject_is_a_user_with_the_users_role(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let keys =
        [KeyPair::eddsa(OTHER_KEY, "ed"), KeyPair::es256("es"), KeyPair::rs256("rs"), KeyPair::ps256("ps")];
    let issuer = Issuer::start(&keys.each_ref()).await;
    let bank = Bank::open_with_issuer(engine, issuer.settings(10_000, 60_000)).await;
    let alice = bank.person("alice").await;

    let unknown = me(&bank, &issuer.token(&keys[0], "a-1")).await;
    assert_eq!(unknown.status, 403);
    unknown.problem("subject_unknown");
    linked(&bank, alice.id, &issuer.url, "a-1").await.ok();
    for key in &keys {
        let seen = me(&bank, &issuer.token(key, "a-1")).await.ok();
        assert_eq!((&seen["id"], &seen["role"]), (&json!(alice.id), &json!("user")), "{:?}", key.algorithm);
    }
    assert_eq!(issuer.fetches(), 1);

    // Money moves by it, under the user's name.
    let client = Client { token: Some(issuer.token(&keys[1], "a-1")), ..bank.operator.clone() };
    client.post("/v1/wallets").key("w").json(&json!({"asset": "USD"})).send().await.ok();
    let replay = alice.client.post("/v1/wallets").key("w").json(&json!({"asset": "USD"})).send().await;
    assert!(replay.is_replay(), "the two tokens are one person's");
    bank.close().await;
}

#[tokio::test]
async fn links_are_operators_to_make_and_take_away() {
    let key = KeyPair::es256("es");
    let issuer = Issuer::start(&[&key]).await;
    let bank = Bank::open_with_issuer(Engine::Sqlite, issuer.settings(10_000, 60_000)).await;
    let (alice, bob) = (bank.person("alice").await, bank.person("bob").await);
    let of_alice = format!("/v1/users/{}/external-identity", alice.id);
    let unlink = || bank.operator.call(reqwest::Method::DELETE, &of_alice).send();
    bank.operator.get(&of_alice).send().await.problem("external_identity_not_found");
    bank.operator.get("/v1/users/99/external-identity").send().await.problem("user_not_found");
    linked(&bank, 99, &issuer.url, "x").await.problem("user_not_found");
    linked(&bank, alice.id, "https://another.example", "x").await.problem("external_identity_invalid");
    for subject in ["", "a b", "\u{fc}", &"x".repeat(256)] {
        linked(&bank, alice.id, &issuer.url, subject).await.problem("external_identity_invalid");
    }

    let token = issuer.token(&key, "x");
    linked(&bank, alice.id, &issuer.url, "x").await.ok();
    assert_eq!(bank.operator.read(&of_alice).await["subject"], "x");
    linked(&bank, bob.id, &issuer.url, "x").await.problem("external_identity_taken");
    assert_eq!(me(&bank, &token).await.ok()["id"], alice.id);
    assert_eq!(unlink().await.status, 204);
    me(&bank, &token).await.problem("subject_unknown");
    assert_eq!(unlink().await.status, 204);
    linked(&bank, bob.id, &issuer.url, "x").await.ok();
    assert_eq!(me(&bank, &token).await.ok()["id"], bob.id);
    let log = bank.operator.read(&format!("/v1/audit-log?subject=user:{}", alice.id)).await;
    let actions: Vec<_> = log["data"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert_eq!(actions[..2], ["user.unlinked", "user.linked"], "{log:#}");
    bank.close().await;
}

#[tokio::test]
async fn new_keys_are_found_and_old_ones_are_over() {
    let (first, second) = (KeyPair::es256("1"), KeyPair::eddsa(OTHER_KEY, "2"));
    let issuer = Issuer::start(&[&first]).await;
    let bank = Bank::open_with_issuer(Engine::Sqlite, issuer.settings(50, 60_000)).await;
    let alice = bank.person("alice").await;
    linked(&bank, alice.id, &issuer.url, "a").await.ok();
    me(&bank, &issuer.token(&first, "a")).await.ok();
    me(&bank, &issuer.token(&second, "a")).await.problem("token_invalid");

    issuer.publish(&[&second]);
    tokio::time::sleep(Duration::from_millis(60)).await;
    me(&bank, &issuer.token(&second, "a")).await.ok();
    let old = sign(&first, &first.header(), &with(&issuer.claims("a"), "jti", json!("not remembered")));
    me(&bank, &old).await.problem("token_invalid");
    bank.close().await;
}

#[tokio::test]
async fn forged_names_do_not_make_it_fetch_without_end() {
    let key = KeyPair::es256("1");
    let issuer = Issuer::start(&[&key]).await;
    let bank = Bank::open_with_issuer(Engine::Sqlite, issuer.settings(60_000, 120_000)).await;
    for number in 0..50 {
        let header = with(&key.header(), "kid", json!(format!("forged-{number}")));
        me(&bank, &sign(&key, &header, &issuer.claims("a"))).await.problem("token_invalid");
    }
    assert_eq!(issuer.fetches(), 1);
    // What is not the issuer's anyway is not worth a fetch.
    let bank_of_others = Bank::open_with_issuer(Engine::Sqlite, issuer.settings(60_000, 120_000)).await;
    let foreign = with(&issuer.claims("a"), "iss", json!("https://another.example"));
    me(&bank_of_others, &sign(&key, &key.header(), &foreign)).await.problem("token_invalid");
    assert_eq!(issuer.fetches(), 1);
    bank_of_others.close().await;
    bank.close().await;
}

#[tokio::test]
async fn while_the_issuer_is_down_its_keys_are_good_but_not_for_ever() {
    let key = KeyPair::es256("1");
    let issuer = Issuer::start(&[&key]).await;
    let bank = Bank::open_with_issuer(Engine::Sqlite, issuer.settings(50, 1500)).await;
    let alice = bank.person("alice").await;
    linked(&bank, alice.id, &issuer.url, "a").await.ok();
    issuer.set_down(true);
    let never_seen = me(&bank, &issuer.token(&key, "a")).await;
    assert_eq!(never_seen.problem("unavailable")["retryable"], true);

    issuer.set_down(false);
    tokio::time::sleep(Duration::from_millis(60)).await;
    me(&bank, &issuer.token(&key, "a")).await.ok();
    issuer.set_down(true);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let another = |name| sign(&key, &key.header(), &with(&issuer.claims("a"), "jti", json!(name)));
    me(&bank, &another("down, and not for long")).await.ok();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    me(&bank, &another("down for too long")).await.problem("unavailable");
    // Our own tokens do not depend on it.
    me(&bank, alice.client.token.as_deref().unwrap()).await.ok();
    issuer.set_down(false);
    tokio::time::sleep(Duration::from_millis(60)).await;
    me(&bank, &another("up again")).await.ok();
    bank.close().await;
}

#[tokio::test]
async fn what_is_no_list_of_keys_leaves_the_last_one() {
    let key = KeyPair::es256("1");
    let issuer = Issuer::start(&[&key]).await;
    let bank = Bank::open_with_issuer(Engine::Sqlite, issuer.settings(20, 60_000)).await;
    let alice = bank.person("alice").await;
    linked(&bank, alice.id, &issuer.url, "a").await.ok();
    me(&bank, &issuer.token(&key, "a")).await.ok();
    for (number, document) in
        [json!({}), json!([]), json!({"keys": {}}), json!({"keys": "x".repeat(300_000)})]
            .into_iter()
            .enumerate()
    {
        issuer.publish_text(document);
        tokio::time::sleep(Duration::from_millis(30)).await;
        let another = with(&issuer.claims("a"), "jti", json!(number));
        let unknown = with(&key.header(), "kid", json!("unknown"));
        me(&bank, &sign(&key, &unknown, &another)).await.problem("token_invalid");
        me(&bank, &sign(&key, &key.header(), &another)).await.ok();
    }
    bank.close().await;
}

#[tokio::test]
async fn the_keys_address_can_be_given() {
    let key = KeyPair::rs256("1");
    let issuer = Issuer::start(&[&key]).await;
    let jwks_url = florin_server::auth::safe_url(&format!("{}/keys", issuer.url));
    issuer.set_down(true);
    let settings = ExternalIssuer { jwks_url, ..issuer.settings(10_000, 60_000) };
    let bank = Bank::open_with_issuer(Engine::Sqlite, settings).await;
    me(&bank, &issuer.token(&key, "a")).await.problem("subject_unknown");
    bank.close().await;
}

#[tokio::test]
async fn of_the_issuers_forged_tokens_none_is_accepted() {
    let (ed, rsa, stranger) =
        (KeyPair::eddsa(OTHER_KEY, "ed"), KeyPair::rs256("rs"), KeyPair::es256("stranger"));
    let ours = KeyPair::eddsa(SIGNING_KEY, "ed");
    let issuer = Issuer::start(&[&ed, &rsa]).await;
    let bank = Bank::open_with_issuer(Engine::Sqlite, issuer.settings(60_000, 120_000)).await;
    let alice = bank.person("alice").await;
    linked(&bank, alice.id, &issuer.url, "a").await.ok();
    linked(&bank, bank.operator_id.0, &issuer.url, "o").await.ok();
    let (header, claims) = (ed.header(), issuer.claims("o"));
    me(&bank, &sign(&ed, &header, &claims)).await.ok();

    let now_s = clock::now().0 / 1_000_000;
    let our_header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": ed.kid});
    let our_claims = json!({
        "iss": "florin", "aud": "florin", "sub": bank.operator_id.to_string(), "role": "operator", "ledger": 1,
        "iat": now_s, "nbf": now_s, "exp": now_s + 900, "jti": "AAAAAAAAAAAAAAAAAAAAAA",
    });
    let our_kid = florin_server::auth::SigningKey::from_pem(&SIGNING_KEY.into()).unwrap().kid().to_owned();
    let public_pem_as_secret = |secret: &[u8]| {
        let key = EncodingKey::from_secret(secret);
        let header = with(&rsa.header(), "alg", json!("HS256"));
        crate::forgeries::sign(&key, Algorithm::HS256, &header.to_string(), &claims.to_string())
    };
    let unsigned = {
        let token = sign(&ed, &with(&header, "alg", json!("none")), &claims);
        token.rsplit_once('.').unwrap().0.to_owned() + "."
    };
    let mut forgeries = vec![
        ("our key, said to be the issuer's", sign(&ours, &header, &claims)),
        (
            "our key under our kid, the issuer's claims",
            sign(&ours, &with(&header, "kid", json!(our_kid)), &claims),
        ),
        (
            "the issuer's key, said to be ours",
            sign(&ed, &with(&our_header, "kid", json!(our_kid)), &our_claims),
        ),
        ("the issuer's key, our claims", sign(&ed, &our_header, &our_claims)),
        ("a stranger's key", sign(&stranger, &stranger.header(), &claims)),
        (
            "a stranger's key under the issuer's kid",
            sign(&stranger, &with(&stranger.header(), "kid", json!("ed")), &claims),
        ),
        ("a key's kid, another's algorithm", sign(&ed, &with(&header, "kid", json!("rs")), &claims)),
        ("RSA's signature, named PS256", sign(&rsa, &with(&rsa.header(), "alg", json!("PS256")), &claims)),
        ("RSA's signature, named RS512", sign(&rsa, &with(&rsa.header(), "alg", json!("RS512")), &claims)),
        ("the modulus as a secret", public_pem_as_secret(rsa.jwk["n"].as_str().unwrap().as_bytes())),
        ("the JWK as a secret", public_pem_as_secret(rsa.jwk.to_string().as_bytes())),
        ("nothing as a secret", public_pem_as_secret(b"")),
        ("a secret that is among the keys", {
            let key = EncodingKey::from_secret(&[0, 0, 0]);
            let header = json!({"typ": "JWT", "alg": "HS256", "kid": "secret"});
            crate::forgeries::sign(&key, Algorithm::HS256, &header.to_string(), &claims.to_string())
        }),
        ("no signature", unsigned),
        ("no kid", sign(&ed, &without(&header, "kid"), &claims)),
        ("a list as kid", sign(&ed, &with(&header, "kid", json!(["ed"])), &claims)),
        ("a type of its own", sign(&ed, &with(&header, "typ", json!("logout+jwt")), &claims)),
    ];
    for name in ["crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c"] {
        forgeries.push((name, sign(&ed, &with(&header, name, json!(null)), &claims)));
    }
    for (what, claims) in [
        ("another issuer", with(&claims, "iss", json!("https://another.example"))),
        ("the issuer with a slash", with(&claims, "iss", json!(format!("{}/", issuer.url)))),
        ("no issuer", without(&claims, "iss")),
        ("another audience", with(&claims, "aud", json!("account"))),
        ("our own audience", with(&claims, "aud", json!("florin"))),
        ("part of the audience", with(&claims, "aud", json!(&AUDIENCE[..3]))),
        ("no audience", without(&claims, "aud")),
        ("no audiences", with(&claims, "aud", json!([]))),
        ("expired", with(&claims, "exp", json!(now_s - 60))),
        ("exp as text", with(&claims, "exp", json!((now_s + 300).to_string()))),
        ("no exp", without(&claims, "exp")),
        ("not yet good", with(&claims, "nbf", json!(now_s + 60))),
        ("issued later", with(&claims, "iat", json!(now_s + 60))),
        ("no subject", without(&claims, "sub")),
        ("a number as subject", with(&claims, "sub", json!(1))),
        ("an empty subject", with(&claims, "sub", json!(""))),
    ] {
        forgeries.push((what, sign(&ed, &header, &claims)));
    }
    let before = bank.everything().await;
    for (what, token) in &forgeries {
        assert_refused(what, &me(&bank, token).await);
    }
    assert!(forgeries.len() >= 40, "{}", forgeries.len());
    assert_eq!(bank.everything().await, before);
    assert_eq!(issuer.fetches(), 1);
    bank.close().await;
}

#[tokio::test]
async fn others_verify_our_tokens_with_our_keys() {
    let bank = Bank::open(Engine::Sqlite).await;
    let alice = bank.person("alice").await;
    let answer = bank.operator.signed_out().get("/.well-known/jwks.json").send().await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let jwk = answer.ok()["keys"][0].clone();
    let key = jsonwebtoken::DecodingKey::from_ed_components(jwk["x"].as_str().unwrap()).unwrap();
    let (signed, signature) = alice.client.token.as_deref().unwrap().rsplit_once('.').unwrap();
    assert!(jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key, Algorithm::EdDSA).unwrap());
    let header = jsonwebtoken::decode_header(alice.client.token.as_deref().unwrap()).unwrap();
    assert_eq!(header.kid.as_deref(), jwk["kid"].as_str());
    assert!(jwk["d"].is_null(), "{jwk}");
    bank.close().await;
}
