//! What a request carries, parsed once at the edge: bodies, queries, paths and headers. Whatever does not
//! parse is an [`ApiError`], never one of the framework's own answers.

use super::ApiError;
use super::edge::RequestContext;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use florin_api::ProblemCode;
use florin_ledger::{IdempotencyKey, Version};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// The most bytes of a body.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A JSON body of at most [`BODY_BYTES_MAX`] bytes, as a `T`.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let JsonBytes(bytes) = JsonBytes::<BODY_BYTES_MAX>::from_request(request, state).await?;
        parse_json(&bytes).map(Self)
    }
}

/// A body that says it is JSON, whole, of at most `BYTES_MAX` bytes.
pub struct JsonBytes<const BYTES_MAX: usize>(pub Bytes);

impl<const BYTES_MAX: usize, S: Sync> FromRequest<S> for JsonBytes<BYTES_MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let context = RequestContext::of(request.extensions()).clone();
        if !is_json(request.headers()) {
            return Err(ApiError::invalid_field(
                ProblemCode::ContentTypeUnsupported,
                "Content-Type",
                "Send the body as JSON, with the header Content-Type: application/json.",
            ));
        }
        context.body.read(request.into_body(), BYTES_MAX, context.deadline).await.map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Reads a JSON object. What is not JSON is malformed; JSON of another shape is invalid. `serde_json` refuses
/// what follows the object, fields that stand there twice, and nesting beyond 128.
pub fn parse_json<'text, T: Deserialize<'text>>(text: &'text [u8]) -> Result<T, ApiError> {
    let is_array = text.trim_ascii_start().starts_with(b"[");
    let invalid = |text| ApiError::invalid(ProblemCode::BodyInvalid, text);
    match serde_json::from_slice(text) {
        Err(error) if !error.is_data() => {
            Err(ApiError::invalid(ProblemCode::BodyMalformed, format!("The body is not JSON: {error}.")))
        }
        // An array of the fields' values would pass for the object.
        _ if is_array => Err(invalid("The body must be a JSON object.".to_owned())),
        Err(error) => Err(invalid(format!("The body is not valid: {error}."))),
        Ok(body) => Ok(body),
    }
}

/// The parameters in a path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(parameters)) => Ok(Self(parameters)),
            Err(error) => {
                let text = error.body_text();
                let text = text.strip_prefix("Invalid URL: ").unwrap_or(&text);
                Err(ApiError::invalid(ProblemCode::PathInvalid, format!("The path is not valid: {text}.")))
            }
        }
    }
}

/// The parameters in a query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(parameters)) => Ok(Self(parameters)),
            Err(error) => {
                let text = error.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                Err(ApiError::invalid(ProblemCode::QueryInvalid, format!("The query is not valid: {text}.")))
            }
        }
    }
}

/// The `Idempotency-Key` header, which every request needs that moves money or creates something.
pub struct Key(pub IdempotencyKey);

impl Key {
    const NAME: &'static str = "Idempotency-Key";

    /// Reads a key from wherever it stands.
    pub fn parse(text: &str, field: &'static str) -> Result<IdempotencyKey, ApiError> {
        IdempotencyKey::parse(text).map_err(|_| Self::invalid(field))
    }

    fn invalid(field: &'static str) -> ApiError {
        ApiError::invalid_field(
            ProblemCode::IdempotencyKeyInvalid,
            field,
            "An idempotency key has 1 to 255 visible ASCII characters, and there is one only.",
        )
    }
}

impl IntoParams for Key {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
        let header = ParameterBuilder::new()
            .name(Self::NAME)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .schema(Some(text.pattern(Some("^[!-~]{1,255}$"))))
            .example(Some("4c1a0a2e-lunch".into()))
            .description(Some(
                "The caller's own name for this request: new for every request, the same for every retry. 1 to \
                 255 visible ASCII characters. A retry with the same body gets the first answer; another body \
                 is refused. Retries that arrive together are done one after the other.",
            ));
        vec![header.build()]
    }
}

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(Self::NAME).iter();
        match (values.next(), values.next()) {
            (None, _) => Err(ApiError::invalid_field(
                ProblemCode::IdempotencyKeyMissing,
                Self::NAME,
                "Send an Idempotency-Key header: a name of your own for this request, new for every request \
                 and the same for every retry.",
            )),
            (Some(value), None) => {
                let text = value.to_str().map_err(|_| Self::invalid(Self::NAME))?;
                Self::parse(text, Self::NAME).map(Self)
            }
            (Some(_), Some(_)) => Err(Self::invalid(Self::NAME)),
        }
    }
}

/// The `If-Match` header as a wallet's version; `None` where there is none, or `*`.
pub struct IfMatch(pub Option<Version>);

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).pattern(Some("^(\\*|\"[0-9]{1,18}\")$"))))
            .example(Some("\"4\"".into()))
            .description(Some(
                "A wallet's `ETag`: do it only if the wallet still has that version. On a movement it is about \
                 the wallet that gives, or the one that gets where the house gives.",
            ));
        vec![header.build()]
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let text = value.to_str().ok().filter(|_| values.next().is_none());
        if text == Some("*") {
            return Ok(Self(None));
        }
        let version = text
            .and_then(|text| text.strip_prefix('"')?.strip_suffix('"'))
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        match version {
            Some(version) => Ok(Self(Some(Version(version)))),
            None => Err(ApiError::invalid_field(
                ProblemCode::IfMatchInvalid,
                "If-Match",
                "Send one wallet's ETag as it was given, with its quotes: If-Match: \"4\".",
            )),
        }
    }
}

/// A wallet's version as an entity tag.
pub fn etag(version: Version) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes are a header's value")
}
