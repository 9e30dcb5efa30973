//! Request bodies: read as they come, by the deadline and without long pauses. Small ones need no more than their
//! request's place; of larger ones there are so many at a time, so that memory has a bound whatever clients send.

use super::ApiError;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use florin_api::ProblemCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The most bytes of a small body: far more than any movement has.
const SMALL_BYTES_MAX: usize = 64 * 1024;

/// How many larger ones there may be.
const LARGE_MAX: usize = 64;

/// Places for large bodies.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LARGE_MAX))
}

/// On what terms a request's body is taken.
#[derive(Clone)]
pub(super) struct BodyTerms {
    timeout: Duration,
    places: Arc<Semaphore>,
    /// Held until the request is answered, once its body has turned out to be large.
    place: Arc<OnceLock<OwnedSemaphorePermit>>,
}

impl BodyTerms {
    /// It may pause for so long, and finds its place here.
    pub(super) fn new(timeout: Duration, places: Arc<Semaphore>) -> Self {
        Self { timeout, places, place: Arc::default() }
    }

    /// Reads a body of at most `bytes_max`, whole.
    pub(super) async fn read(
        &self,
        body: Body,
        bytes_max: usize,
        deadline: Instant,
    ) -> Result<Bytes, ApiError> {
        let mut body = Limited::new(body, bytes_max);
        let mut bytes = BytesMut::new();
        while let Some(data) = self.chunk(&mut body, bytes_max, deadline).await? {
            bytes.extend_from_slice(&data);
            self.find_place(bytes.len())?;
        }
        Ok(bytes.freeze())
    }

    /// The next part of a body of at most `bytes_max`, if there is one.
    pub(super) async fn chunk(
        &self,
        body: &mut Limited<Body>,
        bytes_max: usize,
        deadline: Instant,
    ) -> Result<Option<Bytes>, ApiError> {
        loop {
            match self.in_time(deadline, body.frame()).await? {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    // Other frames are trailers.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large(bytes_max)),
                Some(Err(_)) => return Err(ended_too_early()),
            }
        }
    }

    /// Waits for what the client is to send next.
    pub(super) async fn in_time<T>(
        &self,
        deadline: Instant,
        next: impl Future<Output = T>,
    ) -> Result<T, ApiError> {
        let patience = deadline.min(Instant::now() + self.timeout);
        timeout_at(patience, next).await.map_err(|_| {
            ApiError::invalid(
                ProblemCode::RequestTimeout,
                "The body did not arrive in time. Nothing happened; try again.",
            )
        })
    }

    /// A place for what has become large, if one is free.
    fn find_place(&self, length: usize) -> Result<(), ApiError> {
        if length > SMALL_BYTES_MAX && self.place.get().is_none() {
            let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| ApiError::Overloaded)?;
            // Nobody else reads this body.
            let _ = self.place.set(place);
        }
        Ok(())
    }
}

/// The body is larger than what is taken.
pub(super) fn too_large(bytes_max: usize) -> ApiError {
    let detail = format!("The body may have {bytes_max} bytes at most. Send less at a time.");
    ApiError::invalid(ProblemCode::BodyTooLarge, detail)
}

/// The client went away.
pub(super) fn ended_too_early() -> ApiError {
    ApiError::invalid(ProblemCode::BodyMalformed, "The body ended too early.")
}
