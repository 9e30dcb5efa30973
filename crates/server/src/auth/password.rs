//! Passwords: argon2id, on a small pool of its own, so that a flood of sign-ins cannot starve the rest.
//!
//! One permit a core runs a hash (some 20 ms and 19 MiB each); a bounded number of callers wait for one, and
//! the next is refused at once. A caller that goes away gives up its place in the queue, never a hash that
//! runs.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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

/// Why a password was neither hashed nor checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait already. Nothing happened.
    #[error("too many passwords wait to be checked")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// A stored hash is not one, or the hash could not be computed.
    #[error("a password could not be hashed, or a stored hash is malformed")]
    Failed,
}

/// Hashes and checks passwords. Cheap to clone: all clones share one pool.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// One permit a hash that runs.
    running: Arc<Semaphore>,
    /// One permit a caller that waits or runs.
    admitted: Arc<Semaphore>,
}

impl Passwords {
    /// What a password that is stored for nobody is checked against: the result of no known password, made
    /// with the parameters of all others, so that an unknown name costs what a wrong password costs.
    const NOBODYS_HASH: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$oVdteFt2at3Eesh7Fg82QQ$a1CzYTKDYBiRpMvbxpOSxwVBmqHBRNndEch9zrIDKeo";
    const RETRY_AFTER: Duration = Duration::from_secs(1);

    /// A pool of `running_max` hashes at a time, with room for `waiting_max` callers more.
    pub fn new(running_max: usize, waiting_max: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(running_max)),
            admitted: Arc::new(Semaphore::new(running_max.saturating_add(waiting_max))),
        }
    }

    /// The PHC string to store for a password.
    pub async fn hash(&self, password: NewPassword) -> Result<String, PasswordError> {
        let hashed = move || {
            let hash = argon2id().hash_password(password.0.expose_secret().as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Failed)
        };
        self.run(hashed).await?
    }

    /// Whether the password is the one whose PHC string is given. Without one it never is, at the same cost.
    pub async fn verify(&self, password: SecretString, phc: Option<String>) -> Result<bool, PasswordError> {
        let verified = move || {
            let stored = phc.as_deref().unwrap_or(Self::NOBODYS_HASH);
            match argon2id().verify_password(password.expose_secret().as_bytes(), stored) {
                Ok(()) => Ok(phc.is_some()),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(_) => Err(PasswordError::Failed),
            }
        };
        self.run(verified).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admission = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| PasswordError::Overloaded { retry_after: Self::RETRY_AFTER })?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        // The permits go with the work, which runs on when its caller goes away.
        tokio::task::spawn_blocking(move || {
            let _held: [OwnedSemaphorePermit; 2] = [admission, permit];
            work()
        })
        .await
        .map_err(|_| PasswordError::Failed)
    }
}

impl Default for Passwords {
    /// A hash a core, and as many callers waiting as are served in about two seconds.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new(cores, cores.saturating_mul(64))
    }
}

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
fn argon2id() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("these parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[tokio::test]
    async fn a_malformed_hash_is_an_error_and_no_answer() {
        let result = Passwords::new(1, 1).verify("correct horse".into(), Some("florin".to_owned())).await;
        assert_eq!(result, Err(PasswordError::Failed));
    }

    #[tokio::test]
    async fn refuses_more_callers_than_may_wait_and_takes_them_again_later() {
        let passwords = Passwords::new(1, 1);
        let (open, closed) = std::sync::mpsc::channel::<()>();
        let running = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.run(move || closed.recv()).await }
        });
        let waiting = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.run(|| ()).await }
        });
        while passwords.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.run(|| ()).await;
        assert!(matches!(refused, Err(PasswordError::Overloaded { .. })), "{refused:?}");
        open.send(()).unwrap();
        running.await.unwrap().unwrap().unwrap();
        waiting.await.unwrap().unwrap();
        passwords.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_pool_whole() {
        let passwords = Passwords::new(1, 1);
        let (open, closed) = std::sync::mpsc::channel::<()>();
        let (start, started) = tokio::sync::oneshot::channel();
        let work = move || (start.send(()), closed.recv());
        let running = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.run(work).await }
        });
        started.await.unwrap();
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert_eq!(passwords.running.available_permits(), 0, "the work runs on and keeps its permit");
        open.send(()).unwrap();
        passwords.run(|| ()).await.unwrap();
    }

    #[test]
    fn its_debug_text_says_nothing_of_it() {
        assert!(!format!("{:?}", new_password("correct horse")).contains("correct"));
    }
}
