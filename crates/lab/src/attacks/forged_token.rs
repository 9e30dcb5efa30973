//! Tokens that a forger makes of a good one.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// What is tried first where a signature has a shared secret.
const SECRETS: [&str; 6] = ["", "secret", "changeme", "password", "key", "florin"];

/// What it is, and the secret.
type Secret = (String, Vec<u8>);

pub(super) const ATTACK: Attack = Attack {
    id: "forged-token",
    does: "transfers with tokens that are made of mallory's: unsigned, with alice's id, without a signature, signed \
           with guessed secrets and with public keys, for another audience, long expired",
    expected: "each is refused as no sign-in at all",
    fault: "believes a token that says it needs no signature, and signs with a secret that is guessed first",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let people = &target.people;
    let before = round.amount(50..=150);
    let purse = target.wallet(&people.alice, before).await?;
    let loot = target.wallet(&people.mallory, Money::ZERO).await?;
    let transfer = Ask::Transfer { from: purse, to: loot, amount: "0.50".to_owned() };
    // With alice's own token, the same request is good.
    target.must(target.asks(Caller::Person(people.alice.clone()), transfer.clone())).await?;
    let before = target.balance(purse).await?;

    let mut evidence = Evidence::default();
    let mut answers = Vec::new();
    let mut secrets: Vec<Secret> =
        SECRETS.map(|secret| (format!("the secret \"{secret}\""), secret.into())).to_vec();
    for key in target.public_keys().await? {
        let bytes = URL_SAFE_NO_PAD.decode(&key).context("a public key")?;
        secrets.push(("the public key's bytes as a secret".to_owned(), bytes));
        secrets.push(("the public key's text as a secret".to_owned(), key.into()));
    }
    for (what, token) in forgeries(&people.mallory.token, people.alice.id, &secrets) {
        let forger = Caller::Bearer { who: "a forger", token, pin: Some(people.alice.pin.clone()) };
        let answer = target.call(target.asks(forger, transfer.clone())).await;
        evidence.against_if(answer.is_done(), || format!("a token {what} was believed"));
        answers.push(answer);
    }
    let balance = target.balance(purse).await?;
    evidence.must_be("alice's wallet", before, balance);
    evidence.judge(&answers)
}

/// What is wrong with each, and the token.
fn forgeries(good: &str, victim: i64, secrets: &[Secret]) -> Vec<(String, String)> {
    let parts: Vec<&str> = good.split('.').collect();
    let decode = |part: Option<&&str>| -> Value {
        let bytes = part.and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({}))
    };
    let (header, claims) =
        (decode(parts.first()), with(&decode(parts.get(1)), "sub", json!(victim.to_string())));
    let signature = parts.get(2).copied().unwrap_or_default();

    let mut forgeries = Vec::new();
    for alg in ["none", "None", "NONE"] {
        let token = joined(&with(&header, "alg", json!(alg)), &claims, "");
        forgeries.push((format!("that says its algorithm is {alg}"), token));
    }
    forgeries.push((
        "with somebody else's id under a good signature".to_owned(),
        joined(&header, &claims, signature),
    ));
    forgeries.push(("without a signature".to_owned(), joined(&header, &claims, "")));
    for (what, secret) in secrets {
        forgeries.push((format!("signed with {what}"), signed(&header, &claims, secret)));
    }
    for (what, claim, value) in [
        ("for another audience", "aud", json!("somewhere else")),
        ("that expired in 2001", "exp", json!(1_000_000_000)),
        ("whose end is text", "exp", json!("never")),
    ] {
        let token = joined(&header, &with(&claims, claim, value.clone()), signature);
        forgeries.push((format!("{what}, under a good signature"), token));
        forgeries.push((
            format!("{what}, signed with a guess"),
            signed(&header, &with(&claims, claim, value), b"secret"),
        ));
    }
    forgeries
}

fn with(object: &Value, member: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[member] = value;
    object
}

fn joined(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

fn signed(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let token = joined(&with(header, "alg", json!("HS256")), claims, "");
    let text = token.trim_end_matches('.');
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
