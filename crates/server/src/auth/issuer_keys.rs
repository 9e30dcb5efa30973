//! The public keys of an external issuer: fetched, kept, and fetched again when they are old or a token names one
//! that is not known. Names are cheap to forge, so fetches have a distance in time; and while the issuer is down
//! its last keys are good, but not for ever.

use super::fetch::{FetchError, Fetcher, safe_url};
use axum::http::Uri;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The most keys that an issuer may have.
const KEYS_MAX: usize = 64;

/// When keys are fetched.
#[derive(Clone, Copy, Debug)]
pub struct KeyTimes {
    /// Until when they are as good as new.
    pub fresh: Duration,
    /// How far apart fetches are, at least.
    pub apart: Duration,
    /// Until when they are good while no others can be had.
    pub stale_max: Duration,
}

impl Default for KeyTimes {
    fn default() -> Self {
        Self {
            fresh: Duration::from_mins(10),
            apart: Duration::from_secs(10),
            stale_max: Duration::from_hours(24),
        }
    }
}

/// A public key, and what it may verify.
#[derive(Clone)]
pub(super) struct IssuerKey {
    pub(super) key: DecodingKey,
    algorithms: Vec<Algorithm>,
}

impl IssuerKey {
    /// The key's algorithm of that name; no other will do, whatever a token says.
    pub(super) fn algorithm(&self, name: &str) -> Option<Algorithm> {
        self.algorithms.iter().copied().find(|algorithm| self::name(*algorithm) == name)
    }
}

/// The issuer has not given its keys for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeysUnavailable;

/// The keys of one issuer. Cheap to clone: all clones are one.
#[derive(Clone)]
pub(super) struct IssuerKeys(Arc<Shared>);

struct Shared {
    fetcher: Fetcher,
    issuer: String,
    jwks_url: Option<Uri>,
    times: KeyTimes,
    known: Mutex<Known>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, IssuerKey>,
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
}

impl IssuerKeys {
    /// Fetches nothing yet. Without an address the issuer's discovery document names it.
    pub(super) fn new(issuer: &str, jwks_url: Option<Uri>, times: KeyTimes) -> Self {
        Self(Arc::new(Shared {
            fetcher: Fetcher::new(),
            issuer: issuer.to_owned(),
            jwks_url,
            times,
            known: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }))
    }

    /// The key of that name.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<IssuerKey>, KeysUnavailable> {
        let known = self.0.usable(kid);
        if let Ok(Some(key)) = &known {
            if self.0.is_due(self.0.times.fresh) {
                // Nobody waits for it.
                self.refresh();
            }
            return Ok(Some(key.clone()));
        }
        // A task of its own: who goes away does not take it from others.
        let _ = self.refresh().await;
        self.0.usable(kid)
    }

    fn refresh(&self) -> tokio::task::JoinHandle<()> {
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move { shared.refresh().await })
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn usable(&self, kid: &str) -> Result<Option<IssuerKey>, KeysUnavailable> {
        let known = self.known();
        match known.fetched_at {
            Some(at) if at.elapsed() < self.times.stale_max => Ok(known.keys.get(kid).cloned()),
            _ => Err(KeysUnavailable),
        }
    }

    /// Whether keys of this age are worth a fetch, and it is far enough from the last one.
    fn is_due(&self, age: Duration) -> bool {
        let known = self.known();
        let is_old = known.fetched_at.is_none_or(|at| at.elapsed() >= age);
        is_old && known.tried_at.is_none_or(|at| at.elapsed() >= self.times.apart)
    }

    /// Fetches the keys, if it is time; whoever comes meanwhile waits for the same fetch.
    async fn refresh(&self) {
        let _one_at_a_time = self.fetching.lock().await;
        if !self.is_due(Duration::ZERO) {
            return;
        }
        self.known().tried_at = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                let mut known = self.known();
                known.keys = keys;
                known.fetched_at = Some(Instant::now());
            }
            Err(error) => {
                tracing::warn!(issuer = self.issuer, error, "an issuer's keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, IssuerKey>, FetchError> {
        let url = match &self.jwks_url {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let document: JwkSet = self.fetcher.fetch(&url).await?;
        Ok(document.keys.iter().take(KEYS_MAX).filter_map(read_key).collect())
    }

    /// OpenID Connect Discovery, 4.
    async fn discover(&self) -> Result<Uri, FetchError> {
        #[derive(Deserialize)]
        struct Configuration {
            issuer: String,
            jwks_uri: String,
        }
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let url = safe_url(&address).ok_or("the issuer is no address")?;
        let Configuration { issuer, jwks_uri } = self.fetcher.fetch(&url).await?;
        if issuer != self.issuer {
            return Err(format!("the configuration is of another issuer: {issuer:?}").into());
        }
        safe_url(&jwks_uri).ok_or_else(|| format!("the keys are at no safe address: {jwks_uri:?}").into())
    }
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

/// RFC 7517, as far as it matters here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// A key that signs tokens, with its name; what else an issuer publishes is left out.
fn read_key(jwk: &Value) -> Option<(String, IssuerKey)> {
    let jwk = Jwk::deserialize(jwk).ok()?;
    let signs = jwk.usage.as_deref().is_none_or(|usage| usage == "sig")
        && jwk.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"));
    if !signs {
        return None;
    }
    let of_length = |text: &Option<String>, bytes: std::ops::RangeInclusive<usize>| {
        let text = text.as_deref()?;
        let length = URL_SAFE_NO_PAD.decode(text).ok()?.len();
        bytes.contains(&length).then(|| text.to_owned())
    };
    let (key, mut algorithms) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("OKP", Some("Ed25519")) => {
            (DecodingKey::from_ed_components(&of_length(&jwk.x, 32..=32)?), vec![Algorithm::EdDSA])
        }
        ("EC", Some("P-256")) => {
            let (x, y) = (of_length(&jwk.x, 32..=32)?, of_length(&jwk.y, 32..=32)?);
            (DecodingKey::from_ec_components(&x, &y), vec![Algorithm::ES256])
        }
        // From 2048 bits on; more than 8192 would only cost time.
        ("RSA", _) => {
            let (n, e) = (of_length(&jwk.n, 256..=1024)?, of_length(&jwk.e, 1..=8)?);
            (DecodingKey::from_rsa_components(&n, &e), vec![Algorithm::RS256, Algorithm::PS256])
        }
        _ => return None,
    };
    if let Some(alg) = &jwk.alg {
        algorithms.retain(|algorithm| name(*algorithm) == alg);
    }
    let is_useful = !algorithms.is_empty();
    Some((jwk.kid, IssuerKey { key: key.ok()?, algorithms })).filter(|_| is_useful)
}

/// The algorithms that are accepted, by their names (RFC 7518, 3.1, and RFC 8037, 3.1).
const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDSA => "EdDSA",
        Algorithm::ES256 => "ES256",
        Algorithm::RS256 => "RS256",
        Algorithm::PS256 => "PS256",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn reads_keys_that_sign_and_leaves_out_all_others() {
        let ed = json!({"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": X});
        let with = |name: &str, value: Value| {
            let mut jwk = ed.clone();
            jwk[name] = value;
            jwk
        };
        let rsa = |bytes: usize| json!({"kty": "RSA", "kid": "1", "n": URL_SAFE_NO_PAD.encode(vec![255; bytes]), "e": "AQAB"});
        for good in [
            ed.clone(),
            with("use", json!("sig")),
            with("alg", json!("EdDSA")),
            with("key_ops", json!(["verify"])),
            with("more", json!({})),
            rsa(256),
            json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": X, "y": X}),
        ] {
            assert!(read_key(&good).is_some(), "{good}");
        }
        for bad in [
            with("use", json!("enc")),
            with("key_ops", json!(["sign"])),
            with("alg", json!("HS256")),
            with("alg", json!("RS256")),
            with("crv", json!("X25519")),
            with("x", json!("AAAA")),
            with("x", json!(null)),
            with("kid", json!(null)),
            rsa(255),
            rsa(1025),
            json!({"kty": "oct", "kid": "1", "k": X}),
            json!({"kty": "EC", "crv": "P-384", "kid": "1", "x": X, "y": X}),
            json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": X}),
            json!([]),
            json!(null),
        ] {
            assert!(read_key(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_key_verifies_what_its_kind_and_its_owner_say() {
        let rsa = json!({"kty": "RSA", "kid": "1", "n": URL_SAFE_NO_PAD.encode([255; 256]), "e": "AQAB"});
        let any = read_key(&rsa).unwrap().1;
        assert!(any.algorithm("RS256").is_some() && any.algorithm("PS256").is_some());
        for name in ["HS256", "ES256", "EdDSA", "none", "rs256", ""] {
            assert_eq!(any.algorithm(name), None, "{name}");
        }
        let mut one = rsa;
        one["alg"] = json!("PS256");
        assert_eq!(read_key(&one).unwrap().1.algorithm("RS256"), None);
    }
}
