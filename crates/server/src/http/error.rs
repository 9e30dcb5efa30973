//! Every reason not to answer 2xx, in one enum, and what the client is told: a [`Problem`] and a few headers.
//!
//! What operators must know travels beside the problem, to the log; it never reaches the client. The problem
//! becomes a body in [`edge`](super::edge), where the request's name is known.

use super::{limited, payouts, rejection};
use crate::auth::{HashError, NotPermitted, PinError};
use crate::committer::SubmitError;
use crate::limits::{Policy, Refused};
use crate::payouts::file::FileError;
use crate::payouts::upload::{BadUpload, UploadError};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use florin_api::{Problem, ProblemCode};
use florin_ledger::{Failure, Rejection, Transaction};
use florin_store::payouts::PayoutRefusal;
use florin_store::{Refusal, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// `Idempotency-Replayed: true` is on every answer that was given before.
pub(super) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Headers count whole seconds, and none may be too few.
const LAST_SECOND: Duration = Duration::from_millis(999);

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub enum ApiError {
    /// The request shows by itself that it cannot be done.
    Invalid {
        /// What is wrong.
        code: ProblemCode,
        /// What to do about it.
        detail: String,
        /// The member, header or parameter at fault.
        field: Option<&'static str>,
    },
    /// The caller may not do such a thing.
    NotPermitted(NotPermitted),
    /// The ledger said no, and recorded nothing.
    Rejected(Rejection),
    /// The ledger said no, and recorded that under the key.
    Failed {
        /// The record.
        transaction: Arc<Transaction>,
        /// What it says.
        failure: Failure,
        /// Whether the record was there before this request.
        is_replay: bool,
    },
    /// It cannot be created.
    Refused(Refusal),
    /// It cannot be done with the payout.
    Payout(PayoutRefusal),
    /// It is no payout file.
    PayoutFile(FileError),
    /// Rows of a payout file have faults.
    PayoutRows(BadUpload),
    /// The committer has no outcome.
    Submit(SubmitError),
    /// The store has no answer.
    Store(StoreError),
    /// A PIN opens nothing.
    Pin(PinError),
    /// A secret cannot be checked.
    Hash(HashError),
    /// The caller, the address or the account has made too many requests.
    RateLimited(Refused),
    /// Too many requests are under way.
    Overloaded,
    /// The answer took too long.
    Deadline {
        /// Whether the request may have changed something.
        is_write: bool,
    },
    /// It is about one item of a list; nothing of the list was done.
    Item {
        /// Which item, from 0.
        index: usize,
        /// Why.
        error: Box<ApiError>,
    },
    /// A handler panicked.
    Panic(String),
}

impl ApiError {
    /// The request shows by itself that it cannot be done.
    pub fn invalid(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self::Invalid { code, detail: detail.into(), field: None }
    }

    /// The same, for one member, header or parameter.
    pub fn invalid_field(code: ProblemCode, field: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid { code, detail: detail.into(), field: Some(field) }
    }

    /// The same, for one item of a list.
    #[must_use]
    pub fn at(self, index: usize) -> Self {
        Self::Item { index, error: Box::new(self) }
    }

    /// What the client is told; the request's name comes later.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Invalid { code, detail, field } => {
                Problem { field: field.map(str::to_owned), ..Problem::new(*code, detail) }
            }
            Self::NotPermitted(error) => {
                Problem::new(ProblemCode::NotPermitted, format!("This needs {}.", error.needed))
            }
            Self::Rejected(rejection) => rejection::problem(rejection),
            Self::Failed { transaction, failure, .. } => rejection::recorded(transaction, *failure),
            Self::Refused(refusal) => rejection::refused(*refusal),
            Self::Payout(refusal) => rejection::payout(*refusal),
            Self::PayoutFile(error) => payouts::file_problem(error),
            Self::PayoutRows(upload) => payouts::rows_problem(upload),
            Self::Submit(error) => submit_problem(error),
            Self::Store(error) => store_problem(error),
            Self::Overloaded | Self::Hash(HashError::Overloaded { .. }) => overloaded(),
            Self::Pin(error) => pin_problem(error),
            Self::RateLimited(refused) => rate_limited(refused),
            Self::Deadline { is_write: true } => outcome_unknown(),
            Self::Deadline { is_write: false } => {
                let detail = "The answer took too long. Nothing happened; try again later.";
                Problem::new(ProblemCode::Unavailable, detail)
            }
            Self::Item { index, error } => {
                let problem = match &**error {
                    Self::Failed { transaction, failure, .. } => rejection::failed(transaction, *failure),
                    error => error.problem(),
                };
                Problem { index: Some(*index), ..problem }
            }
            Self::Hash(HashError::Failed) | Self::Panic(_) => internal(),
        }
    }

    /// What operators must know, and clients must not.
    fn internal_text(&self) -> Option<String> {
        match self {
            Self::Store(error) => Some(error.to_string()),
            Self::Submit(SubmitError::Inconsistent) => Some(SubmitError::Inconsistent.to_string()),
            Self::Hash(error @ HashError::Failed) => Some(error.to_string()),
            Self::Pin(error @ PinError::PepperMissing(_)) => Some(error.to_string()),
            Self::Panic(text) => Some(format!("a handler panicked: {text}")),
            Self::Item { error, .. } => error.internal_text(),
            _ => None,
        }
    }

    fn headers(&self, headers: &mut HeaderMap) {
        match self {
            Self::Submit(SubmitError::Overloaded { retry_after })
            | Self::Hash(HashError::Overloaded { retry_after }) => {
                headers.insert(header::RETRY_AFTER, seconds(*retry_after));
            }
            Self::Pin(PinError::Locked { for_how_long }) => {
                headers.insert(header::RETRY_AFTER, seconds(*for_how_long + LAST_SECOND));
            }
            Self::RateLimited(refused) => {
                headers.insert(header::RETRY_AFTER, seconds(refused.retry_after));
                limited::insert_headers(headers, &refused.standing);
            }
            Self::Overloaded
            | Self::Submit(_)
            | Self::Store(_)
            | Self::Deadline { .. }
            | Self::Payout(PayoutRefusal::CompensationUnderWay) => {
                headers.insert(header::RETRY_AFTER, seconds(Duration::from_secs(1)));
            }
            Self::Rejected(Rejection::VersionConflict { current, .. }) => {
                headers.insert(header::ETAG, super::extract::etag(*current));
            }
            Self::Failed { is_replay: true, .. } => {
                headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
            }
            Self::Item { error, .. } => error.headers(headers),
            _ => {}
        }
    }
}

fn rate_limited(refused: &Refused) -> Problem {
    let seconds = refused.retry_after.as_secs();
    let what = match refused.policy {
        Policy::Default => "Too many requests",
        Policy::Sensitive => "Too many requests of this kind",
        Policy::Names => "Too many questions about who somebody is",
        Policy::SignIn => "Too many tries to sign in to this account",
    };
    Problem::new(
        ProblemCode::RateLimited,
        format!("{what}. Nothing happened; try again in {seconds} seconds, as the header Retry-After says."),
    )
}

fn submit_problem(error: &SubmitError) -> Problem {
    match error {
        SubmitError::Overloaded { .. } => overloaded(),
        SubmitError::Stopping => {
            Problem::new(ProblemCode::Unavailable, "The server is stopping. Nothing happened; try again.")
        }
        SubmitError::Expired => Problem::new(
            ProblemCode::Unavailable,
            "The request's time was over before its turn came. Nothing happened; try again later.",
        ),
        SubmitError::Unavailable => unavailable(),
        SubmitError::OutcomeUnknown => outcome_unknown(),
        SubmitError::Inconsistent => internal(),
    }
}

fn pin_problem(error: &PinError) -> Problem {
    match error {
        PinError::NotSet => Problem::new(
            ProblemCode::PinNotSet,
            "You have no transaction PIN. Set one with your password: PUT /v1/me/pin.",
        ),
        PinError::Wrong { tries_left } => Problem {
            tries_left: Some(*tries_left),
            ..Problem::new(
                ProblemCode::PinWrong,
                format!("The PIN is wrong. Tries that are left: {tries_left}."),
            )
        },
        PinError::Locked { for_how_long } => Problem::new(
            ProblemCode::PinLocked,
            format!(
                "Too many PINs were wrong. It is locked for another {} minutes; an operator can reset it.",
                (*for_how_long + LAST_SECOND).as_secs().div_ceil(60)
            ),
        ),
        PinError::Hash(HashError::Overloaded { .. }) => overloaded(),
        PinError::Store(error) => store_problem(error),
        PinError::PepperMissing(_) | PinError::Hash(HashError::Failed) => internal(),
    }
}

fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(_) | StoreError::Unsuitable(_) => unavailable(),
        StoreError::OutcomeUnknown(_) => outcome_unknown(),
        StoreError::Inconsistent(_) | StoreError::RowsAffected { .. } => internal(),
    }
}

fn overloaded() -> Problem {
    Problem::new(ProblemCode::Overloaded, "Too much waits already. Nothing happened; try again later.")
}

fn unavailable() -> Problem {
    Problem::new(
        ProblemCode::Unavailable,
        "The database cannot be reached. Nothing happened; try again later.",
    )
}

fn outcome_unknown() -> Problem {
    Problem::new(
        ProblemCode::OutcomeUnknown,
        "Whether it happened is not known. Send the same request with the same Idempotency-Key again: it \
         happens once, and the answer says what became of it.",
    )
}

fn internal() -> Problem {
    Problem::new(
        ProblemCode::Internal,
        "Something is wrong with the server, not with the request. Tell its operators the request_id.",
    )
}

fn seconds(duration: Duration) -> HeaderValue {
    // Retry-After counts whole seconds; 0 would mean at once.
    HeaderValue::from(duration.as_secs().max(1))
}

/// A problem on its way to [`edge`](super::edge), which makes it a body.
#[derive(Clone, Debug)]
pub(super) struct PendingProblem {
    pub(super) problem: Problem,
    /// For the log alone.
    pub(super) internal_text: Option<String>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let mut response = Response::default();
        *response.status_mut() =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.headers(response.headers_mut());
        if problem.status == 401 {
            // RFC 9110, 11.6.1: a 401 says how to authenticate.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let internal_text = self.internal_text();
        response.extensions_mut().insert(PendingProblem { problem, internal_text });
        response
    }
}

impl From<NotPermitted> for ApiError {
    fn from(error: NotPermitted) -> Self {
        Self::NotPermitted(error)
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<PayoutRefusal> for ApiError {
    fn from(refusal: PayoutRefusal) -> Self {
        Self::Payout(refusal)
    }
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::File(error) => Self::PayoutFile(error),
            UploadError::Rows(upload) => Self::PayoutRows(upload),
            UploadError::Refused(refusal) => Self::Payout(refusal),
            UploadError::Store(error) => Self::Store(error),
        }
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        Self::Submit(error)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::RateLimited(refused)
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        Self::Hash(error)
    }
}
