//! Tokens that nobody may believe, each sent to the server as a forger would. The checks themselves are tested
//! beside them, in `auth/access_token`; here it is that nothing between the socket and a route lets one through.

use crate::bank::{Bank, SIGNING_KEY};
use crate::call::Answer;
use crate::engine::Engine;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use florin_server::auth::SigningKey;
use florin_server::clock;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a forger puts into `Authorization` headers, and what it is.
type Forgery = (String, Vec<String>);

/// Somebody with the server's own key, so that what is wrong with a token is nothing but what they did to it.
struct Forger {
    ours: Key,
    other: Key,
    claims: Value,
}

struct Key {
    private: EncodingKey,
    public: florin_server::auth::PublicJwk,
}

impl Key {
    fn of(pem: &str) -> Self {
        let key = SigningKey::from_pem(&pem.into()).unwrap();
        Self { private: EncodingKey::from_ed_pem(pem.as_bytes()).unwrap(), public: key.public_jwk() }
    }
}

/// Another key; it is nobody's.
pub(crate) const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banQ4QexT/+pNFb6RbrZ3sluD4bsPTpiZ7\n\
    -----END PRIVATE KEY-----\n";

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

pub(crate) fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

pub(crate) fn without(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(name);
    object
}

impl Forger {
    fn of(bank: &Bank) -> Self {
        let now_s = clock::now().0 / 1_000_000;
        let claims = json!({
            "iss": "florin", "aud": "florin", "sub": bank.operator_id.to_string(), "role": "operator", "ledger": 1,
            "iat": now_s, "nbf": now_s, "exp": now_s + 900, "jti": "AAAAAAAAAAAAAAAAAAAAAA",
        });
        Self { ours: Key::of(SIGNING_KEY), other: Key::of(OTHER_KEY), claims }
    }

    fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.ours.public.kid})
    }

    /// Signed with our own key, whatever the header says.
    fn sign(&self, header: &str, claims: &str) -> String {
        sign(&self.ours.private, Algorithm::EdDSA, header, claims)
    }

    fn genuine(&self) -> String {
        self.sign(&self.header().to_string(), &self.claims.to_string())
    }

    /// Other headers over genuine claims.
    fn headers(&self) -> Vec<Forgery> {
        let good = self.header();
        let jwk = serde_json::to_value(&self.other.public).unwrap();
        let mut headers: Vec<Value> =
            ["none", "None", "NONE", "nOnE", "HS256", "RS256", "PS256", "ES256", "eddsa", ""]
                .map(|alg| with(&good, "alg", json!(alg)))
                .into();
        headers.extend(["JWT", "AT+JWT", "refresh+jwt", "id+jwt"].map(|typ| with(&good, "typ", json!(typ))));
        headers.extend(
            [
                "",
                "../../../../dev/null",
                "/proc/self/environ",
                "' UNION SELECT 'florin' --",
                "http://127.0.0.1:1/keys",
                "; touch /tmp/florin",
            ]
            .map(|kid| with(&good, "kid", json!(kid))),
        );
        headers.extend([
            with(&good, "kid", json!(self.other.public.kid)),
            with(&good, "kid", json!([self.ours.public.kid])),
            without(&good, "kid"),
            without(&good, "typ"),
            without(&good, "alg"),
            with(&good, "jwk", jwk),
            with(&good, "jku", json!("http://127.0.0.1:1/jwks.json")),
            with(&good, "x5u", json!("http://127.0.0.1:1/certificate.pem")),
            with(&good, "x5c", json!(["MIIB"])),
            with(&good, "crit", json!(["exp"])),
            with(&good, "b64", json!(false)),
            with(&good, "zip", json!("DEF")),
            with(&good, "cty", json!("JWT")),
            with(&good, "enc", json!("A128GCM")),
        ]);
        let token = |header: Value| {
            (
                format!("header {header}"),
                vec![bearer(&self.sign(&header.to_string(), &self.claims.to_string()))],
            )
        };
        let unsigned = |alg: &str| {
            let header = with(&good, "alg", json!(alg)).to_string();
            let token = format!("{}.{}.", encode(header), encode(self.claims.to_string()));
            (format!("{alg}, and no signature"), vec![bearer(&token)])
        };
        headers
            .into_iter()
            .map(token)
            .chain(["none", "None", "NONE", "nOnE", "EdDSA"].map(unsigned))
            .collect()
    }

    /// Other claims under a genuine header.
    fn claims(&self) -> Vec<Forgery> {
        let good = &self.claims;
        let now_s = good["iat"].as_i64().unwrap();
        let float: Value = serde_json::from_str(&format!("{}.5", now_s + 900)).unwrap();
        let claims = [
            with(good, "iss", json!("https://florin.example")),
            without(good, "iss"),
            with(good, "aud", json!("another")),
            with(good, "aud", json!(["florin", "another"])),
            without(good, "aud"),
            with(good, "ledger", json!(2)),
            with(good, "ledger", json!("1")),
            with(good, "exp", json!((now_s + 900).to_string())),
            with(good, "exp", float),
            with(good, "exp", json!(-1)),
            with(good, "exp", json!(now_s - 5)),
            with(good, "exp", json!(i64::MAX)),
            with(good, "exp", json!(null)),
            without(good, "exp"),
            with(good, "nbf", json!(now_s + 600)),
            with(good, "iat", json!(now_s + 600)),
            with(good, "sub", json!("-1")),
            with(good, "sub", json!(1)),
            with(good, "sub", json!("house")),
            with(good, "sub", json!("1 OR 1=1")),
            with(good, "sub", json!("\u{661}")),
            with(good, "role", json!("root")),
            with(good, "scope", json!("transactions:write")),
        ];
        let mut forgeries: Vec<Forgery> = claims
            .iter()
            .map(|claims| {
                (
                    format!("claims {claims}"),
                    vec![bearer(&self.sign(&self.header().to_string(), &claims.to_string()))],
                )
            })
            .collect();
        let text = good.to_string();
        for (first, second) in
            [("\"role\":\"operator\"", "\"role\":\"user\""), ("\"ledger\":1", "\"ledger\":1")]
        {
            let twice = text.replacen(first, &format!("{second},{first}"), 1);
            assert_ne!(twice, text);
            forgeries.push((
                format!("{first} twice"),
                vec![bearer(&self.sign(&self.header().to_string(), &twice))],
            ));
        }
        forgeries
    }

    /// Other keys, and other algorithms with our public key as their secret.
    fn keys(&self) -> Vec<Forgery> {
        let (header, claims) = (self.header(), self.claims.to_string());
        let of_another =
            |header: &Value| sign(&self.other.private, Algorithm::EdDSA, &header.to_string(), &claims);
        let with_its_jwk = with(&header, "jwk", serde_json::to_value(&self.other.public).unwrap());
        let mut tokens = vec![
            ("another's signature under our kid".to_owned(), of_another(&header)),
            (
                "another's, under its own kid".to_owned(),
                of_another(&with(&header, "kid", json!(self.other.public.kid))),
            ),
            ("another's, with its key in the header".to_owned(), of_another(&with_its_jwk)),
        ];
        let x = URL_SAFE_NO_PAD.decode(&self.ours.public.x).unwrap();
        let der = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(), &x].concat();
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
        let secrets = [
            ("bytes", x.clone()),
            ("base64url", self.ours.public.x.clone().into_bytes()),
            ("JWK", serde_json::to_vec(&self.ours.public).unwrap()),
            ("DER", der),
            ("PEM", pem.clone().into_bytes()),
            ("PEM without its last line", pem.trim_end().as_bytes().to_vec()),
            ("nothing", vec![]),
        ];
        for (name, secret) in secrets {
            let header = with(&header, "alg", json!("HS256")).to_string();
            let token = sign(&EncodingKey::from_secret(&secret), Algorithm::HS256, &header, &claims);
            tokens.push((format!("HS256 with our public key as its secret: {name}"), token));
        }
        tokens.into_iter().map(|(what, token)| (what, vec![bearer(&token)])).collect()
    }

    /// A person's token, with a person's signature and an operator's claims; and what is no token of three parts.
    fn shapes(&self, person: &str) -> Vec<Forgery> {
        let token = self.genuine();
        let parts: Vec<&str> = token.split('.').collect();
        let (header, claims, signature) = (parts[0], parts[1], parts[2]);
        let of_person: Vec<&str> = person.split('.').collect();
        let altered = |at: usize| {
            let was = token.as_bytes()[at];
            format!("{}{}{}", &token[..at], if was == b'A' { 'B' } else { 'A' }, &token[at + 1..])
        };
        // 64 bytes leave four bits of the last character over, which must be zero.
        let last = signature.chars().last().unwrap();
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let twin = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
        let nested = self.sign(&with(&self.header(), "cty", json!("JWT")).to_string(), &token);
        let shapes = [
            ("a person's signature, an operator's claims", format!("{header}.{claims}.{}", of_person[2])),
            ("a person's claims, an operator's signature", format!("{header}.{}.{signature}", of_person[1])),
            ("an altered header", altered(10)),
            ("altered claims", altered(header.len() + 20)),
            ("an altered signature", altered(token.len() - 40)),
            ("bits left over in the signature", format!("{header}.{claims}.{}{twin}", &signature[..85])),
            ("half a signature", format!("{header}.{claims}.{}", &signature[..43])),
            ("no signature", format!("{header}.{claims}")),
            ("no claims", format!("{header}..{signature}")),
            ("a fourth part", format!("{token}.{signature}")),
            (
                "five parts, as of an encrypted token",
                format!("{header}.{claims}.{signature}.{claims}.{header}"),
            ),
            ("a dot before", format!(".{token}")),
            ("a dot behind", format!("{token}.")),
            ("dots", "..".to_owned()),
            ("padding", format!("{token}==")),
            (
                "padding inside",
                format!("{}.{claims}.{signature}", URL_SAFE.encode(self.header().to_string() + " ")),
            ),
            ("another alphabet", format!("{header}.{claims}.{}+/", &signature[..84])),
            ("a space inside", format!("{header}. {claims}.{signature}")),
            ("a tab inside", format!("{header}.\t{claims}.{signature}")),
            ("two tokens", format!("{token} {token}")),
            ("two tokens with a comma", format!("{token},{token}")),
            ("quotes", format!("\"{token}\"")),
            ("a token in a token", nested),
            ("16 KiB", format!("{header}.{}.{signature}", "A".repeat(16 * 1024))),
            ("null", "null".to_owned()),
            ("undefined", "undefined".to_owned()),
            ("a refresh token's form", format!("frt_{}", "A".repeat(43))),
            ("an API key's form", format!("fk_{}", "A".repeat(43))),
        ];
        shapes.into_iter().map(|(what, token)| (what.to_owned(), vec![bearer(&token)])).collect()
    }

    /// A genuine token, presented in other ways.
    fn ways(&self) -> Vec<Forgery> {
        let token = self.genuine();
        let basic = format!("Basic {}", STANDARD.encode(format!("house:{token}")));
        let mut forgeries: Vec<Forgery> =
            ["DPoP", "Token", "JWT", "MAC", "Digest", "Bearer:", "Bearer,", "Bear"]
                .map(|scheme| (format!("the scheme {scheme}"), vec![format!("{scheme} {token}")]))
                .into();
        forgeries.extend([
            ("no scheme".to_owned(), vec![token.clone()]),
            ("Basic".to_owned(), vec![basic]),
            ("a scheme alone".to_owned(), vec!["Bearer".to_owned()]),
            ("twice".to_owned(), vec![bearer(&token), bearer(&token)]),
            ("twice, the second one empty".to_owned(), vec![bearer(&token), String::new()]),
            ("a tab for the space".to_owned(), vec![format!("Bearer\t{token}")]),
        ]);
        forgeries
    }
}

pub(crate) fn sign(key: &EncodingKey, algorithm: Algorithm, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// 401, how to sign in, and one of three texts that say nothing of the token.
pub(crate) fn assert_refused(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{what}");
    let problem = answer.json();
    let members: Vec<_> = problem.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["code", "detail", "request_id", "retryable", "status", "title", "type"], "{what}");
    let (code, detail) = (problem["code"].as_str().unwrap(), problem["detail"].as_str().unwrap());
    let known = [
        (
            "authentication_required",
            "Sign in, and send the access token in one header: Authorization: Bearer <token>.",
        ),
        ("token_invalid", "The token is none of Florin's, or was revoked. Sign in again."),
        ("token_expired", "The access token has expired. Refresh it, or sign in again."),
    ];
    assert!(known.contains(&(code, detail)), "{what}: {problem}");
}

async fn present(bank: &Bank, method: reqwest::Method, path: &str, values: &[String]) -> Answer {
    let nobody = bank.operator.signed_out();
    let request = nobody.call(method, path).key("forged").json(&json!({"wallet_id": 1, "amount": "1000000"}));
    values.iter().fold(request, |request, value| request.header("authorization", value)).send().await
}

#[tokio::test]
async fn of_more_than_100_forged_tokens_none_is_accepted() {
    let bank = Bank::open(Engine::Sqlite).await;
    let alice = bank.person("alice").await;
    let forger = Forger::of(&bank);
    // What they start from would do.
    let genuine = [bearer(&forger.genuine())];
    assert_eq!(present(&bank, reqwest::Method::GET, "/v1/me", &genuine).await.status, 200);

    let person = alice.client.token.as_deref().unwrap();
    let revoked = bank.revoked_api_key().await;
    let foreign = Bank::foreign_token(bank.operator_id.0);
    let others = [("a revoked API key", revoked), ("another server's token", foreign)];
    let others = others.into_iter().map(|(what, token)| (what.to_owned(), vec![bearer(&token)]));
    let forgeries: Vec<Forgery> =
        [forger.headers(), forger.claims(), forger.keys(), forger.shapes(person), forger.ways()]
            .into_iter()
            .flatten()
            .chain(others)
            .collect();
    let distinct: BTreeSet<_> = forgeries.iter().map(|(_, values)| values).collect();
    assert_eq!(distinct.len(), forgeries.len());
    assert!(forgeries.len() > 100, "{}", forgeries.len());

    let before = bank.everything().await;
    for (what, values) in &forgeries {
        assert_refused(what, &present(&bank, reqwest::Method::GET, "/v1/me", values).await);
        assert_refused(what, &present(&bank, reqwest::Method::POST, "/v1/deposits", values).await);
    }
    assert_eq!(bank.everything().await, before);
    // None of them has stopped the genuine one.
    assert_eq!(present(&bank, reqwest::Method::GET, "/v1/me", &genuine).await.status, 200);
    bank.close().await;
}
