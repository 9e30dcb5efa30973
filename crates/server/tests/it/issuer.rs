//! An OpenID Connect issuer on this machine: a real HTTP server, with keys that a test changes as it likes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use florin_server::auth::{ExternalIssuer, KeyTimes, SigningKey};
use florin_server::clock;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// The `aud` of tokens that are for Florin.
pub(crate) const AUDIENCE: &str = "wallets";

/// An issuer that answers until it is told not to.
pub(crate) struct Issuer {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    keys: Mutex<Value>,
    is_down: AtomicBool,
    fetches: AtomicUsize,
}

/// A key pair of the issuer's, or of somebody who would like to be.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) private: EncodingKey,
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: String,
    pub(crate) jwk: Value,
}

impl KeyPair {
    pub(crate) fn es256(kid: &str) -> Self {
        let pem = include_bytes!("keys/p256.pem");
        Self::of(EncodingKey::from_ec_pem(pem).unwrap(), Algorithm::ES256, kid)
    }

    pub(crate) fn rs256(kid: &str) -> Self {
        Self::of(EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")).unwrap(), Algorithm::RS256, kid)
    }

    pub(crate) fn ps256(kid: &str) -> Self {
        Self::of(EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")).unwrap(), Algorithm::PS256, kid)
    }

    pub(crate) fn eddsa(pem: &str, kid: &str) -> Self {
        let public = SigningKey::from_pem(&pem.into()).unwrap().public_jwk();
        let jwk =
            json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": public.x});
        let private = EncodingKey::from_ed_pem(pem.as_bytes()).unwrap();
        Self { private, algorithm: Algorithm::EdDSA, kid: kid.to_owned(), jwk }
    }

    fn of(private: EncodingKey, algorithm: Algorithm, kid: &str) -> Self {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&private, algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(kid);
        Self { private, algorithm, kid: kid.to_owned(), jwk }
    }

    pub(crate) fn header(&self) -> Value {
        json!({"typ": "JWT", "alg": format!("{:?}", self.algorithm), "kid": self.kid})
    }
}

impl Issuer {
    pub(crate) async fn start(keys: &[&KeyPair]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            url: url.clone(),
            keys: Mutex::default(),
            is_down: AtomicBool::new(false),
            fetches: AtomicUsize::new(0),
        });
        let issuer = Self { url, shared: Arc::clone(&shared) };
        issuer.publish(keys);
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys_now))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        issuer
    }

    /// From now on it has these keys, and what else one finds in such lists.
    pub(crate) fn publish(&self, keys: &[&KeyPair]) {
        let others =
            [json!({"kty": "oct", "kid": "secret", "k": "AAAA"}), json!({"kty": "new"}), json!(null)];
        let keys: Vec<_> = keys.iter().map(|key| key.jwk.clone()).chain(others).collect();
        self.publish_text(json!({"keys": keys}));
    }

    pub(crate) fn publish_text(&self, document: Value) {
        *self.shared.keys.lock().unwrap() = document;
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::SeqCst);
    }

    /// How often its keys were asked for.
    pub(crate) fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    /// What a server is told of it. Fetches are apart by `apart_ms`, and keys are good for `stale_ms`.
    pub(crate) fn settings(&self, apart_ms: u64, stale_ms: u64) -> ExternalIssuer {
        ExternalIssuer {
            issuer: self.url.clone(),
            audience: AUDIENCE.to_owned(),
            jwks_url: None,
            key_times: KeyTimes {
                fresh: Duration::from_millis(apart_ms),
                apart: Duration::from_millis(apart_ms),
                stale_max: Duration::from_millis(stale_ms),
            },
        }
    }

    pub(crate) fn claims(&self, subject: &str) -> Value {
        let now_s = clock::now().0 / 1_000_000;
        json!({
            "iss": self.url, "sub": subject, "aud": [AUDIENCE, "account"], "iat": now_s, "exp": now_s + 300,
            "azp": "shop", "realm_access": {"roles": ["operator"]}, "role": "operator", "ledger": 1,
        })
    }

    /// A good token.
    pub(crate) fn token(&self, key: &KeyPair, subject: &str) -> String {
        sign(key, &key.header(), &self.claims(subject))
    }
}

/// Signed with the key, whatever the header says.
pub(crate) fn sign(key: &KeyPair, header: &Value, claims: &Value) -> String {
    crate::forgeries::sign(&key.private, key.algorithm, &header.to_string(), &claims.to_string())
}

async fn configuration(State(shared): State<Arc<Shared>>) -> Result<Json<Value>, StatusCode> {
    if shared.is_down.load(Ordering::SeqCst) {
        return Err(StatusCode::BAD_GATEWAY);
    }
    Ok(Json(json!({"issuer": shared.url, "jwks_uri": format!("{}/keys", shared.url)})))
}

async fn keys_now(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.fetches.fetch_add(1, Ordering::SeqCst);
    Json(shared.keys.lock().unwrap().clone())
}
