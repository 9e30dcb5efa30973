//! Opaque secrets that Florin hands out: a prefix that says what it is, and 32 random bytes. Florin keeps
//! only their SHA-256; with 256 random bits there is nothing that a slower hash would protect.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// How many characters 32 bytes have in base64url without padding.
const ENCODED_LENGTH: usize = 43;

/// A fresh secret: what its holder gets, once, and what Florin keeps.
#[derive(Debug)]
pub struct OpaqueSecret {
    /// For its holder.
    pub text: SecretString,
    /// For the store.
    pub hash: [u8; 32],
}

impl OpaqueSecret {
    /// A secret of 32 random bytes behind `prefix`.
    pub(super) fn generate(prefix: &str) -> Self {
        Self::of(prefix, &random_bytes())
    }

    /// The secret that has these bytes behind `prefix`. Nobody may be able to guess them.
    pub(super) fn of(prefix: &str, bytes: &[u8; 32]) -> Self {
        let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes));
        let hash = sha256(&text);
        Self { text: text.into(), hash }
    }
}

/// The hash under which a presented secret is stored; `None` where it has not the form of one, so that
/// nonsense costs no look-up.
pub(super) fn stored_hash(prefix: &str, presented: &str) -> Option<[u8; 32]> {
    let encoded = presented.strip_prefix(prefix)?;
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (encoded.len() == ENCODED_LENGTH && encoded.bytes().all(is_base64url)).then(|| sha256(presented))
}

/// SHA-256 of a text.
pub(super) fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Bytes from the operating system's generator.
pub(super) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("an operating system without randomness cannot keep secrets");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_secret_is_found_by_the_hash_it_is_stored_under() {
        let secret = OpaqueSecret::generate("frt_");
        assert_eq!(stored_hash("frt_", secret.text.expose_secret()), Some(secret.hash));
    }

    #[test]
    fn no_two_secrets_are_alike() {
        assert_ne!(OpaqueSecret::generate("frt_").hash, OpaqueSecret::generate("frt_").hash);
    }

    #[test]
    fn what_has_another_form_has_no_hash() {
        let secret = OpaqueSecret::generate("frt_");
        let text = secret.text.expose_secret();
        let mut short = text.to_owned();
        short.pop();
        for presented in ["", "frt_", "fk_", &text[4..], &format!("{text}A"), &format!("{short}="), &short] {
            assert_eq!(stored_hash("frt_", presented), None, "{presented}");
        }
        assert_eq!(stored_hash("fk_", text), None);
    }

    #[test]
    fn its_debug_text_says_nothing_of_it() {
        let secret = OpaqueSecret::generate("frt_");
        assert!(!format!("{secret:?}").contains(&secret.text.expose_secret()[4..]));
    }
}
