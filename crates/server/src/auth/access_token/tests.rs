//! What is accepted, and that nothing else is: more than 200 forgeries, each refused.

use super::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
const NOW_S: i64 = 1_800_000_000;

fn tokens(key: &SigningKey) -> AccessTokens {
    AccessTokens::new(key, AccessTokenSettings::default())
}

fn after(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds * 1_000_000)
}

/// A header that only the holder of the key can make good.
fn header(key: &SigningKey) -> Value {
    json!({"typ": "at+jwt", "alg": "EdDSA", "kid": key.kid()})
}

fn claims() -> Value {
    json!({
        "iss": "florin", "aud": "florin", "sub": "7", "role": "operator", "ledger": 1,
        "iat": NOW_S, "nbf": NOW_S, "exp": NOW_S + 900, "jti": "AAAAAAAAAAAAAAAAAAAAAA",
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// Signs whatever it is given with the right key: what remains wrong is what the test is about.
fn sign(key: &SigningKey, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.encoding_key(), Algorithm::EdDSA);
    format!("{message}.{}", signature.unwrap())
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    sign(key, &header.to_string(), &claims.to_string())
}

fn issued(tokens: &AccessTokens) -> String {
    tokens.issue(UserId(7), Role::Operator, LedgerId::MAIN, NOW).expose_secret().to_owned()
}

/// None is accepted: neither the first time nor after the genuine one has been remembered.
fn assert_refused(tokens: &AccessTokens, forgeries: impl IntoIterator<Item = (String, String)>) -> usize {
    let mut count = 0;
    for (what, token) in forgeries {
        assert_eq!(tokens.verify(&token, NOW), Err(AccessTokenError::Invalid), "{what}: {token}");
        count += 1;
    }
    count
}

#[test]
fn a_token_says_who_signed_in() {
    let tokens = tokens(&SigningKey::generate());
    let grant = tokens.verify(&issued(&tokens), NOW).unwrap();
    assert_eq!((grant.user, grant.role, grant.ledger), (UserId(7), Role::Operator, LedgerId::MAIN));
}

#[test]
fn the_token_that_the_forgeries_start_from_is_accepted() {
    let key = SigningKey::generate();
    assert!(tokens(&key).verify(&signed(&key, &header(&key), &claims()), NOW).is_ok());
}

#[test]
fn no_two_tokens_are_alike() {
    let tokens = tokens(&SigningKey::generate());
    assert_ne!(issued(&tokens), issued(&tokens));
}

#[test]
fn is_good_for_its_lifetime_and_the_leeway_remembered_or_not() {
    let key = SigningKey::generate();
    let remembering = tokens(&key);
    let token = issued(&remembering);
    for (seconds, expected) in [
        (-6, Err(AccessTokenError::Invalid)),
        (-5, Ok(())),
        (0, Ok(())),
        (904, Ok(())),
        (905, Err(AccessTokenError::Expired)),
        (100_000, Err(AccessTokenError::Expired)),
    ] {
        let fresh = tokens(&key);
        assert_eq!(fresh.verify(&token, after(seconds)).map(drop), expected, "{seconds} s, first use");
        remembering.verify(&token, NOW).unwrap();
        assert_eq!(remembering.verify(&token, after(seconds)).map(drop), expected, "{seconds} s, remembered");
    }
}

#[test]
fn another_issuer_audience_or_key_is_not_ours() {
    let key = SigningKey::generate();
    let ours = tokens(&key);
    let of = |settings| issued(&AccessTokens::new(&key, settings));
    let issuer = AccessTokenSettings { issuer: "other".to_owned(), ..AccessTokenSettings::default() };
    let audience = AccessTokenSettings { audience: "other".to_owned(), ..AccessTokenSettings::default() };
    let other_key = SigningKey::generate();
    assert_refused(
        &ours,
        [
            ("issuer".to_owned(), of(issuer)),
            ("audience".to_owned(), of(audience)),
            ("key".to_owned(), issued(&tokens(&other_key))),
            ("another's signature under our kid".to_owned(), signed(&other_key, &header(&key), &claims())),
        ],
    );
}

#[test]
fn a_header_that_is_not_ours_is_refused_whoever_signed() {
    let key = SigningKey::generate();
    let good = header(&key);
    let mut headers = vec![
        without(good.clone(), "kid"),
        without(good.clone(), "typ"),
        without(good.clone(), "alg"),
        with(good.clone(), "kid", json!("")),
        with(good.clone(), "kid", json!(null)),
        with(good.clone(), "kid", json!(1)),
        with(good.clone(), "kid", json!(SigningKey::generate().kid())),
        with(good.clone(), "kid", json!("../../signing-key.pem")),
        with(good.clone(), "kid", json!(format!("{} ", key.kid()))),
        with(good.clone(), "kid", json!(key.kid().to_lowercase())),
        with(good.clone(), "crit", json!(["exp"])),
        with(good.clone(), "crit", json!([])),
        with(good.clone(), "b64", json!(false)),
        with(good.clone(), "jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": key.public_jwk().x})),
        with(good.clone(), "jku", json!("https://keys.example/jwks.json")),
        with(good.clone(), "x5u", json!("https://keys.example/cert.pem")),
        with(good.clone(), "zip", json!("DEF")),
        with(good.clone(), "enc", json!("A128GCM")),
        with(good.clone(), "cty", json!("JWT")),
        with(good.clone(), "extra", json!("florin")),
        json!([]),
        json!("at+jwt"),
        json!(null),
    ];
    for typ in ["JWT", "jwt", "AT+JWT", "application/at+jwt", "at+jwt ", "dpop+jwt", "refresh+jwt", ""] {
        headers.push(with(good.clone(), "typ", json!(typ)));
    }
    for alg in
        ["none", "None", "NONE", "nOnE", "HS256", "HS512", "RS256", "PS256", "ES256", "eddsa", "Ed25519", ""]
    {
        headers.push(with(good.clone(), "alg", json!(alg)));
    }
    let forgeries = headers.iter().map(|header| (header.to_string(), signed(&key, header, &claims())));
    let count = assert_refused(&tokens(&key), forgeries);
    assert!(count >= 40, "{count}");
}

#[test]
fn a_claim_that_is_missing_or_of_another_type_is_refused_whoever_signed() {
    let key = SigningKey::generate();
    let names: Vec<String> = claims().as_object().unwrap().keys().cloned().collect();
    let mut forgeries = vec![];
    for name in &names {
        forgeries.push(without(claims(), name));
        let value = &claims()[name];
        let other_types = if value.is_string() {
            [json!(7), json!(null), json!(true), json!([value]), json!({"value": value})]
        } else {
            let number = value.as_i64().unwrap();
            let float: Value = serde_json::from_str(&format!("{number}.0")).unwrap();
            [json!(number.to_string()), json!(null), json!(true), json!([value]), float]
        };
        forgeries.extend(other_types.into_iter().map(|other| with(claims(), name, other)));
    }
    let forgeries = forgeries.iter().map(|claims| (claims.to_string(), signed(&key, &header(&key), claims)));
    let count = assert_refused(&tokens(&key), forgeries);
    assert_eq!(count, 9 * 6);
}

#[test]
fn a_claim_with_another_value_is_refused_whoever_signed() {
    let key = SigningKey::generate();
    let far = 9_300_000_000_000_000_000_u64;
    let forgeries = [
        with(claims(), "iss", json!("")),
        with(claims(), "iss", json!("Florin")),
        with(claims(), "iss", json!("florin ")),
        with(claims(), "aud", json!("")),
        with(claims(), "aud", json!(["florin", "other"])),
        with(claims(), "sub", json!("")),
        with(claims(), "sub", json!("alice")),
        with(claims(), "sub", json!("7; DROP TABLE users")),
        with(claims(), "sub", json!("7.0")),
        with(claims(), "sub", json!(" 7")),
        with(claims(), "sub", json!("+7")),
        with(claims(), "sub", json!("07")),
        with(claims(), "sub", json!("-7")),
        with(claims(), "sub", json!("0")),
        with(claims(), "role", json!("admin")),
        with(claims(), "role", json!("Operator")),
        with(claims(), "role", json!("")),
        with(claims(), "nbf", json!(NOW_S + 6)),
        with(claims(), "nbf", json!(i64::MAX)),
        with(claims(), "iat", json!(NOW_S + 1)),
        with(claims(), "iat", json!(i64::MIN)),
        with(claims(), "exp", json!(far)),
        with(claims(), "exp", json!(i64::MAX)),
        with(claims(), "exp", json!(NOW_S + 24 * 60 * 60 + 1)),
        with(claims(), "admin", json!(true)),
    ];
    let signed = forgeries.iter().map(|claims| (claims.to_string(), signed(&key, &header(&key), claims)));
    assert_refused(&tokens(&key), signed);

    let text = claims().to_string();
    let twice = text.replacen("\"role\":\"operator\"", "\"role\":\"user\",\"role\":\"operator\"", 1);
    assert_ne!(twice, text);
    let twice = sign(&key, &header(&key).to_string(), &twice);
    let expired = sign(&key, &header(&key).to_string(), &with(claims(), "exp", json!(NOW_S - 5)).to_string());
    assert_refused(&tokens(&key), [("role twice".to_owned(), twice)]);
    assert_eq!(tokens(&key).verify(&expired, NOW), Err(AccessTokenError::Expired));
}

#[test]
fn another_algorithm_with_the_public_key_as_its_secret_is_refused() {
    let key = SigningKey::generate();
    let public = key.public_jwk();
    let raw = URL_SAFE_NO_PAD.decode(&public.x).unwrap();
    let as_jwk = serde_json::to_string(&public).unwrap();
    let secrets: [&[u8]; 4] = [&raw, public.x.as_bytes(), as_jwk.as_bytes(), b""];
    let mut forgeries = vec![];
    for (alg, algorithm) in
        [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
    {
        for secret in secrets {
            for named in [alg, "EdDSA"] {
                let header = with(header(&key), "alg", json!(named)).to_string();
                let message = format!("{}.{}", encode(header), encode(claims().to_string()));
                let secret = EncodingKey::from_secret(secret);
                let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, algorithm).unwrap();
                forgeries.push((format!("{algorithm:?} named {named}"), format!("{message}.{signature}")));
            }
        }
    }
    assert_eq!(assert_refused(&tokens(&key), forgeries), 24);
}

#[test]
fn what_is_no_token_of_three_parts_is_refused() {
    let key = SigningKey::generate();
    let tokens = tokens(&key);
    let token = issued(&tokens);
    tokens.verify(&token, NOW).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let huge = json!({"padding": "x".repeat(100_000)});
    let forgeries = [
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("a word", "florin".to_owned()),
        ("no signature", format!("{header}.{claims}.")),
        ("no signature part", format!("{header}.{claims}")),
        ("no claims", format!("{header}..{signature}")),
        ("no header", format!(".{claims}.{signature}")),
        ("a fourth part", format!("{token}.{signature}")),
        ("a dot behind", format!("{token}.")),
        ("a dot before", format!(".{token}")),
        ("two dots", format!("{header}..{claims}.{signature}")),
        ("twice", format!("{token}.{token}")),
        ("a space before", format!(" {token}")),
        ("a space behind", format!("{token} ")),
        ("a line behind", format!("{token}\n")),
        ("a NUL behind", format!("{token}\0")),
        ("a space inside", format!("{header}. {claims}.{signature}")),
        ("half a signature", format!("{header}.{claims}.{}", &signature[..43])),
        ("a signature cut by one", format!("{header}.{claims}.{}", &signature[..85])),
        ("a signature and more", format!("{header}.{claims}.{signature}AAAA")),
        ("padding", format!("{token}==")),
        ("zeros as signature", format!("{header}.{claims}.{}", encode([0; 64]))),
        ("another encoding", token.replace('-', "+").replace('_', "/") + "="),
        ("huge claims", signed(&key, &self::header(&key), &huge)),
        ("a megabyte", "A".repeat(1 << 20)),
        ("a megabyte of dots", ".".repeat(1 << 20)),
    ];
    assert_refused(&tokens, forgeries.map(|(what, token)| (what.to_owned(), token)));
}

#[test]
fn a_token_altered_anywhere_is_refused() {
    let tokens = tokens(&SigningKey::generate());
    let token = issued(&tokens);
    tokens.verify(&token, NOW).unwrap();
    let altered = token.char_indices().filter(|(_, was)| *was != '.').map(|(at, was)| {
        let now = if was == 'A' { 'B' } else { 'A' };
        (format!("character {at}"), format!("{}{now}{}", &token[..at], &token[at + 1..]))
    });
    let count = assert_refused(&tokens, altered);
    assert!(count > 200, "{count}");
}

#[test]
fn the_parts_of_two_tokens_do_not_mix() {
    let key = SigningKey::generate();
    let tokens = tokens(&key);
    let person = signed(&key, &header(&key), &with(claims(), "role", json!("user")));
    let operator = signed(&key, &header(&key), &claims());
    let (person_message, person_signature) = person.rsplit_once('.').unwrap();
    let (operator_message, operator_signature) = operator.rsplit_once('.').unwrap();
    let forgeries = [
        ("an operator's claims".to_owned(), format!("{operator_message}.{person_signature}")),
        ("a person's claims".to_owned(), format!("{person_message}.{operator_signature}")),
    ];
    assert_refused(&tokens, forgeries);
}

#[test]
fn refused_tokens_are_not_remembered() {
    let key = SigningKey::generate();
    let tokens = tokens(&key);
    let early = signed(&key, &header(&key), &with(claims(), "nbf", json!(NOW_S + 60)));
    assert_eq!(tokens.verify(&early, NOW), Err(AccessTokenError::Invalid));
    assert_eq!(tokens.verified.len(), 0);
    assert!(tokens.verify(&early, after(60)).is_ok());
    assert_eq!(tokens.verified.len(), 1);
}
