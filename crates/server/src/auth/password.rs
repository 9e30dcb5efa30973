//! Passwords: argon2id, on a pool of their own, so that a flood of sign-ins cannot starve the rest.

use super::hash_pool::{HashError, HashPool, cores};
use secrecy::{ExposeSecret, SecretString};

/// A password that somebody chooses: 8 to 128 characters.
#[derive(Debug)]
pub struct NewPassword(SecretString);

impl NewPassword {
    /// The fewest characters.
    pub const LENGTH_MIN: usize = 8;
    /// The most characters.
    pub const LENGTH_MAX: usize = 128;

    /// Takes a password; `None` unless it has the length that [`NewPassword`] states.
    pub fn parse(text: SecretString) -> Option<Self> {
        let length = text.expose_secret().chars().count();
        (Self::LENGTH_MIN..=Self::LENGTH_MAX).contains(&length).then_some(Self(text))
    }
}

/// Hashes and checks passwords. Cheap to clone: all clones share one pool.
#[derive(Clone, Debug)]
pub struct Passwords {
    pool: HashPool,
}

impl Passwords {
    /// What a password that is stored for nobody is checked against: the result of no known password, made
    /// with the parameters of all others, so that an unknown name costs what a wrong password costs.
    const NOBODYS_HASH: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$oVdteFt2at3Eesh7Fg82QQ$a1CzYTKDYBiRpMvbxpOSxwVBmqHBRNndEch9zrIDKeo";

    /// A pool of `running_max` hashes at a time, with room for `waiting_max` callers more.
    pub fn new(running_max: usize, waiting_max: usize) -> Self {
        Self { pool: HashPool::new(running_max, waiting_max) }
    }

    /// The PHC string to store for a password.
    pub async fn hash(&self, password: NewPassword) -> Result<String, HashError> {
        self.pool.hash(self.pool.admit()?, Exposed(password.0)).await
    }

    /// Whether the password is the one whose PHC string is given. Without one it never is, at the same cost.
    pub async fn verify(&self, password: SecretString, phc: Option<String>) -> Result<bool, HashError> {
        let is_somebodys = phc.is_some();
        let phc = phc.unwrap_or_else(|| Self::NOBODYS_HASH.to_owned());
        Ok(self.pool.verify(self.pool.admit()?, Exposed(password), phc).await? && is_somebodys)
    }
}

impl Default for Passwords {
    /// Half the cores at most are busy with passwords, and as many callers wait as are served in about two seconds:
    /// with all of them, transfers took three times as long during a flood of sign-ins.
    fn default() -> Self {
        let running_max = (cores() / 2).max(1);
        Self::new(running_max, running_max.saturating_mul(128))
    }
}

/// A secret text as the bytes to hash.
struct Exposed(SecretString);

impl AsRef<[u8]> for Exposed {
    fn as_ref(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::Params;
    use argon2::password_hash::phc::PasswordHash;

    fn new_password(text: &str) -> NewPassword {
        NewPassword::parse(text.into()).unwrap()
    }

    #[test]
    fn a_password_has_8_to_128_characters() {
        let long = "ü".repeat(128);
        for good in ["12345678", "Größer!!", long.as_str()] {
            assert!(NewPassword::parse(good.into()).is_some(), "{good}");
        }
        let too_long = "a".repeat(129);
        for bad in ["", "1234567", too_long.as_str()] {
            assert!(NewPassword::parse(bad.into()).is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn accepts_the_password_and_no_other() {
        let passwords = Passwords::new(2, 2);
        let phc = passwords.hash(new_password("correct horse")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        for (password, expected) in [("correct horse", true), ("correct horsf", false), ("", false)] {
            assert_eq!(
                passwords.verify(password.into(), Some(phc.clone())).await,
                Ok(expected),
                "{password}"
            );
        }
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let passwords = Passwords::new(2, 2);
        let first = passwords.hash(new_password("correct horse")).await.unwrap();
        assert_ne!(first, passwords.hash(new_password("correct horse")).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_password_is_never_right_and_costs_as_much() {
        assert_eq!(Passwords::new(1, 1).verify("correct horse".into(), None).await, Ok(false));
        let nobodys = PasswordHash::new(Passwords::NOBODYS_HASH).unwrap();
        assert_eq!(Params::try_from(&nobodys).unwrap(), argon2id_params_as_stored().await);
        assert_eq!(nobodys.algorithm.as_str(), "argon2id");
    }

    async fn argon2id_params_as_stored() -> Params {
        let phc = Passwords::new(1, 1).hash(new_password("correct horse")).await.unwrap();
        Params::try_from(&PasswordHash::new(&phc).unwrap()).unwrap()
    }

    #[test]
    fn its_debug_text_says_nothing_of_it() {
        assert!(!format!("{:?}", new_password("correct horse")).contains("correct"));
    }
}
