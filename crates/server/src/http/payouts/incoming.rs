//! A payout file on its way in: as a body of its own (`text/csv`), or as the one file of a form
//! (`multipart/form-data`). It is taken as it comes, and never kept.

use crate::http::ApiError;
use crate::http::body::{self, BodyTerms};
use crate::http::edge::RequestContext;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use bytes::Bytes;
use florin_api::ProblemCode;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::Limited;
use multer::{Constraints, Field, Multipart, SizeLimit};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use tokio::time::Instant;

/// The most bytes of a file: a million rows, each of a kilobyte.
const BYTES_MAX: usize = 1024 * 1024 * 1024;

/// How many bytes of a form may come before its file begins, or after it: these are kept until then.
const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// How much of a file is taken that is of no use any more.
const DISCARDED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A file, and on what terms it is taken.
pub(super) struct Incoming {
    terms: BodyTerms,
    deadline: Instant,
    source: Source,
}

enum Source {
    Plain(Limited<Body>),
    Form(Box<Form>),
}

struct Form {
    parts: Multipart<'static>,
    file: Option<Field<'static>>,
    frame_bytes: Arc<AtomicUsize>,
}

impl Incoming {
    /// The file of a request.
    pub(super) fn of(request: Request, context: &RequestContext) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (terms, deadline) = (context.body.clone(), context.deadline);
        let source = match (media_type.as_str(), multer::parse_boundary(&content_type)) {
            ("text/csv", _) => Source::Plain(Limited::new(request.into_body(), BYTES_MAX)),
            ("multipart/form-data", Ok(boundary)) => {
                Source::Form(Box::new(Form::of(request.into_body(), boundary)))
            }
            _ => {
                return Err(ApiError::invalid_field(
                    ProblemCode::ContentTypeUnsupported,
                    "Content-Type",
                    "Send the file as text/csv, or as the only part of multipart/form-data.",
                ));
            }
        };
        Ok(Self { terms, deadline, source })
    }

    /// The file's next chunk; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let Self { terms, deadline, source } = self;
        match source {
            Source::Plain(body) => terms.chunk(body, BYTES_MAX, *deadline).await,
            Source::Form(form) => form.chunk(terms, *deadline).await,
        }
    }

    /// Takes the rest, for nothing: many clients listen only when they have sent everything.
    pub(super) async fn discard(mut self) {
        let mut room = DISCARDED_BYTES_MAX;
        while let Ok(Some(chunk)) = self.chunk().await {
            room = room.saturating_sub(chunk.len());
            if room == 0 {
                return;
            }
        }
    }
}

impl Form {
    fn of(body: Body, boundary: String) -> Self {
        let frame_bytes = Arc::new(AtomicUsize::new(0));
        let chunks = one_at_a_time(body, Arc::clone(&frame_bytes));
        let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(BYTES_MAX as u64));
        Self { parts: Multipart::with_constraints(chunks, boundary, limits), file: None, frame_bytes }
    }

    async fn chunk(&mut self, terms: &BodyTerms, deadline: Instant) -> Result<Option<Bytes>, ApiError> {
        if self.file.is_none() {
            self.file = self.next_part(terms, deadline).await?;
        }
        let Some(file) = &mut self.file else {
            return Err(unsuitable("The form has no part. Send one: the file."));
        };
        let chunk = terms.in_time(deadline, file.chunk()).await?.map_err(malformed)?;
        self.frame_bytes.store(0, Ordering::Relaxed);
        if chunk.is_none() {
            self.file = None;
            if self.next_part(terms, deadline).await?.is_some() {
                return Err(unsuitable("The form has more than one part. Send one: the file."));
            }
        }
        Ok(chunk)
    }

    async fn next_part(
        &mut self,
        terms: &BodyTerms,
        deadline: Instant,
    ) -> Result<Option<Field<'static>>, ApiError> {
        terms.in_time(deadline, self.parts.next_field()).await?.map_err(malformed)
    }
}

/// The body's chunks, each only when the one before has been looked at: the parser takes whatever is there, and
/// would keep all that a quick client sends. They end where the parser finds no part in too many.
fn one_at_a_time(
    body: Body,
    frame_bytes: Arc<AtomicUsize>,
) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
    let mut body = body.into_data_stream();
    let mut waits = false;
    stream::poll_fn(move |task| {
        if mem::take(&mut waits) {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        let chunk = body.poll_next_unpin(task);
        if let Poll::Ready(Some(Ok(bytes))) = &chunk {
            waits = true;
            let before = frame_bytes.fetch_add(bytes.len(), Ordering::Relaxed);
            if before > FRAME_BYTES_MAX {
                return Poll::Ready(None);
            }
        }
        chunk
    })
}

fn malformed(error: multer::Error) -> ApiError {
    match error {
        multer::Error::StreamSizeExceeded { .. } => body::too_large(BYTES_MAX),
        multer::Error::StreamReadFailed(_) | multer::Error::IncompleteStream => body::ended_too_early(),
        error => {
            let detail = format!("The body is no form with a file in it: {error}.");
            ApiError::invalid(ProblemCode::BodyMalformed, detail)
        }
    }
}

fn unsuitable(detail: &str) -> ApiError {
    ApiError::invalid(ProblemCode::BodyInvalid, detail)
}
