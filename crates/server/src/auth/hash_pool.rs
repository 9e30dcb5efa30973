//! argon2id on a small pool of threads that give way to all others, so that a flood of secrets to check cannot
//! starve the rest.
//!
//! A permit runs a hash (some 20 ms and 19 MiB each); a bounded number of callers wait for one, and the next is
//! refused at once. A caller that goes away gives up its place in the queue, never a hash that runs.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Why a secret was neither hashed nor checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait already. Nothing happened.
    #[error("too many secrets wait to be checked")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// A stored hash is not one, or the hash could not be computed.
    #[error("a secret could not be hashed, or a stored hash is malformed")]
    Failed,
}

/// Hashes and checks secrets. Cheap to clone: all clones share one pool.
#[derive(Clone, Debug)]
pub(super) struct HashPool {
    /// One permit a hash that runs.
    running: Arc<Semaphore>,
    /// One permit a caller that waits or runs.
    admitted: Arc<Semaphore>,
    /// To the threads, one a hash that runs.
    jobs: mpsc::Sender<Job>,
}

/// A place in the pool: its holder waits for a hash at most as long as those before it take.
pub(super) struct Place(OwnedSemaphorePermit);

impl HashPool {
    const RETRY_AFTER: Duration = Duration::from_secs(1);

    /// A pool of `running_max` hashes at a time, with room for `waiting_max` callers more.
    pub(super) fn new(running_max: usize, waiting_max: usize) -> Self {
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..running_max {
            let waiting = Arc::clone(&waiting);
            std::thread::spawn(move || work_off(&waiting));
        }
        Self {
            running: Arc::new(Semaphore::new(running_max)),
            admitted: Arc::new(Semaphore::new(running_max.saturating_add(waiting_max))),
            jobs,
        }
    }

    /// A place, if one is free.
    pub(super) fn admit(&self) -> Result<Place, HashError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned();
        admitted.map(Place).map_err(|_| HashError::Overloaded { retry_after: Self::RETRY_AFTER })
    }

    /// The PHC string to store for a secret.
    pub(super) async fn hash(
        &self,
        place: Place,
        secret: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<String, HashError> {
        let hashed = move || {
            let hash = argon2id().hash_password(secret.as_ref());
            hash.map(|hash| hash.to_string()).map_err(|_| HashError::Failed)
        };
        self.run(place, hashed).await?
    }

    /// Whether the secret is the one whose PHC string is given.
    pub(super) async fn verify(
        &self,
        place: Place,
        secret: impl AsRef<[u8]> + Send + 'static,
        phc: String,
    ) -> Result<bool, HashError> {
        let verified = move || match argon2id().verify_password(secret.as_ref(), phc.as_str()) {
            Ok(()) => Ok(true),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(_) => Err(HashError::Failed),
        };
        self.run(place, verified).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| HashError::Failed)?;
        let (answer, answered) = oneshot::channel();
        // The permits go with the work, which runs on when its caller goes away.
        let job = Box::new(move || {
            let _held: [OwnedSemaphorePermit; 2] = [place.0, permit];
            // Nobody listens when the caller has gone away.
            let _ = answer.send(work());
        });
        self.jobs.send(job).map_err(|_| HashError::Failed)?;
        answered.await.map_err(|_| HashError::Failed)
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Takes jobs until nobody can bring any more.
fn work_off(jobs: &Mutex<mpsc::Receiver<Job>>) {
    give_way();
    loop {
        // Taken before it runs: the others must be able to take theirs.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { break };
        if std::panic::catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a hash ended in a panic");
        }
    }
}

/// Lets every other thread of the machine go first: a hash takes longer than most requests, and nobody minds if it
/// takes a little longer still.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19) {
        tracing::warn!(%error, "hashes run with the priority of everything else");
    }
}

/// How many hashes may run at a time, where they may take the whole machine.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane. What is verified brings its own.
fn argon2id() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("these parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_malformed_hash_is_an_error_and_no_answer() {
        let pool = HashPool::new(1, 1);
        let result = pool.verify(pool.admit().unwrap(), "correct horse", "florin".to_owned()).await;
        assert_eq!(result, Err(HashError::Failed));
    }

    #[tokio::test]
    async fn refuses_more_callers_than_may_wait_and_takes_them_again_later() {
        let pool = HashPool::new(1, 1);
        let (open, closed) = std::sync::mpsc::channel::<()>();
        let running = tokio::spawn({
            let (pool, place) = (pool.clone(), pool.admit().unwrap());
            async move { pool.run(place, move || closed.recv()).await }
        });
        let waiting = tokio::spawn({
            let (pool, place) = (pool.clone(), pool.admit().unwrap());
            async move { pool.run(place, || ()).await }
        });
        assert!(matches!(pool.admit(), Err(HashError::Overloaded { .. })));
        open.send(()).unwrap();
        running.await.unwrap().unwrap().unwrap();
        waiting.await.unwrap().unwrap();
        pool.run(pool.admit().unwrap(), || ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_pool_whole() {
        let pool = HashPool::new(1, 1);
        let (open, closed) = std::sync::mpsc::channel::<()>();
        let (start, started) = tokio::sync::oneshot::channel();
        let work = move || (start.send(()), closed.recv());
        let running = tokio::spawn({
            let (pool, place) = (pool.clone(), pool.admit().unwrap());
            async move { pool.run(place, work).await }
        });
        started.await.unwrap();
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert_eq!(pool.running.available_permits(), 0, "the work runs on and keeps its permit");
        open.send(()).unwrap();
        pool.run(pool.admit().unwrap(), || ()).await.unwrap();
    }
}
