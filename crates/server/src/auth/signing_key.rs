//! The Ed25519 key that signs access tokens: made on the first start, or given. It never leaves this module
//! but as a signature's key in memory, or as a key derived from it for one purpose; what others may see of it is
//! its public JWK.

use super::opaque::random_bytes;
use super::secret_file::{self, SecretFileError};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// Its file cannot be used.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// It is no Ed25519 key.
    #[error("the signing key is not an Ed25519 private key in PKCS #8 PEM (-----BEGIN PRIVATE KEY-----)")]
    Malformed,
}

/// The key that signs access tokens.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    kid: String,
}

/// A public key as RFC 7517 and RFC 8037 write it; the parameters that every Ed25519 key shares come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    /// The key's name.
    pub kid: String,
    /// The public key, in base64url.
    pub x: String,
}

impl SigningKey {
    /// The name of the key's file in the data folder.
    pub const FILE_NAME: &'static str = "signing-key.pem";

    /// A fresh key.
    pub fn generate() -> Self {
        Self::new(ed25519_dalek::SigningKey::from_bytes(&random_bytes()))
    }

    /// Reads a key from PKCS #8 PEM.
    pub fn from_pem(pem: &SecretString) -> Result<Self, SigningKeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem.expose_secret().trim());
        key.map(Self::new).map_err(|_| SigningKeyError::Malformed)
    }

    /// Reads the key of a data folder; makes one where there is none. Of processes that start at the same
    /// moment one makes the key and the others read it.
    pub fn load_or_create(data_dir: &Path) -> Result<Self, SigningKeyError> {
        let make = || {
            let pem = Self::generate().key.to_pkcs8_pem(LineEnding::LF);
            SecretString::from(pem.expect("an Ed25519 key has a PKCS #8 form").as_str())
        };
        Self::from_pem(&secret_file::load_or_create(data_dir, Self::FILE_NAME, make)?)
    }

    /// The key's name: the thumbprint of its JWK.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What everybody may know of the key.
    pub fn public_jwk(&self) -> PublicJwk {
        PublicJwk {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            usage: "sig",
            kid: self.kid.clone(),
            x: encode_public(&self.key),
        }
    }

    /// For signing.
    pub(super) fn encoding_key(&self) -> EncodingKey {
        let der = self.key.to_pkcs8_der().expect("an Ed25519 key has a PKCS #8 form");
        EncodingKey::from_ed_der(der.as_bytes())
    }

    /// A key for another purpose, which tells nothing of this one: HMAC-SHA256 of the purpose's name.
    pub(super) fn derived(&self, purpose: &str) -> SecretBox<[u8; 32]> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).expect("HMAC takes any key");
        hmac.update(purpose.as_bytes());
        SecretBox::new(Box::new(hmac.finalize().into_bytes().into()))
    }

    /// For verifying.
    pub(super) fn decoding_key(&self) -> DecodingKey {
        // The library reads 32 plain bytes here, whatever the name says.
        DecodingKey::from_ed_der(self.key.verifying_key().as_bytes())
    }

    fn new(key: ed25519_dalek::SigningKey) -> Self {
        let kid = thumbprint(&encode_public(&key));
        Self { key, kid }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn encode_public(key: &ed25519_dalek::SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())
}

/// RFC 7638: SHA-256 of the JWK's required members in the order of their names; for Ed25519 they are those
/// of RFC 8037, appendix A.3.
fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, appendix A.1, as `openssl genpkey` would write it.
    const RFC_8037_PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn names_a_key_by_its_thumbprint() {
        let key = SigningKey::from_pem(&RFC_8037_PEM.into()).unwrap();
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(
            serde_json::to_value(key.public_jwk()).unwrap(),
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            }),
        );
    }

    #[test]
    fn the_first_start_makes_the_key_and_the_second_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let made = SigningKey::load_or_create(folder.path()).unwrap();
        let found = SigningKey::load_or_create(folder.path()).unwrap();
        assert_eq!(made.public_jwk(), found.public_jwk());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else may be left behind");
    }

    #[test]
    fn starts_at_the_same_moment_end_with_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let kids: Vec<String> = std::thread::scope(|scope| {
            let start = || SigningKey::load_or_create(folder.path()).unwrap().kid().to_owned();
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(kids.iter().all(|kid| *kid == kids[0]), "{kids:?}");
    }

    #[test]
    fn refuses_what_is_no_key() {
        let truncated = RFC_8037_PEM.replace("rn9g", "");
        for pem in
            ["", "florin", truncated.as_str(), "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"]
        {
            assert!(matches!(SigningKey::from_pem(&pem.into()), Err(SigningKeyError::Malformed)), "{pem}");
        }
        let folder = tempfile::tempdir().unwrap();
        let error = SigningKey::load_or_create(&folder.path().join("missing")).unwrap_err();
        assert!(matches!(error, SigningKeyError::File(_)), "{error}");
    }

    #[test]
    fn its_debug_text_says_nothing_of_it() {
        let key = SigningKey::from_pem(&RFC_8037_PEM.into()).unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey {{ kid: {:?}, .. }}", key.kid()));
    }
}
