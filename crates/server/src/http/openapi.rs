//! The OpenAPI document: what is common to all routes. Each route documents itself, beside its handler; the
//! problems it can answer with are named there, and spelled out here from the one table of codes.

use super::deadline;
use florin_api::{Problem, ProblemCode};
use std::collections::BTreeMap;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

/// The name of the parameter that all operations share.
const REQUEST_TIMEOUT: &str = "RequestTimeout";

/// The document without its routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Florin",
        description = "A wallet and ledger engine: it keeps people's balances in any asset, moves money between \
                       wallets exactly once, and can prove it.\n\n\
                       Amounts are decimal strings. Every request that moves money or creates something has an \
                       `Idempotency-Key`: a retry with the same key and body gets the first answer, with \
                       `Idempotency-Replayed: true`, and simultaneous requests with one key are done once, one \
                       after the other. Whatever is not done is answered with a problem (RFC 9457); programs \
                       decide by its `code`. Every answer has an `X-Request-Id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "people", description = "Who there is, and how they sign in."),
        (name = "assets", description = "What is counted."),
        (name = "wallets", description = "One owner's balance in one asset."),
        (name = "money", description = "What moves money."),
        (name = "payouts", description = "Many transfers from one wallet, from a file."),
        (name = "transactions", description = "What was moved."),
        (name = "proof", description = "That the books balance."),
        (name = "house", description = "For operators and their tools."),
    ),
    components(schemas(Problem)),
    security(("token" = [])),
    modifiers(&BearerToken, &ProblemExamples),
)]
pub(super) struct Base;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An access token from `POST /v1/auth/login`, or the secret of an API key."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

/// One example a code, which responses refer to.
struct ProblemExamples;

impl Modify for ProblemExamples {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        for code in ProblemCode::ALL {
            let problem = Problem::new(*code, format!("{}.", code.title()));
            let problem = serde_json::to_value(problem).ok();
            let example = ExampleBuilder::new().summary(code.title()).value(problem).build();
            components.examples.insert(code.as_str().to_owned(), example.into());
        }
    }
}

/// What every request passes before its route, on every operation.
pub(super) fn describe_edge(document: &mut Document) {
    let components = document.components.get_or_insert_default();
    components.parameters.insert(REQUEST_TIMEOUT.to_owned(), deadline::parameter().into());
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch];
        for operation in operations.into_iter().flatten() {
            let reference = Ref::new(format!("#/components/parameters/{REQUEST_TIMEOUT}"));
            operation.parameters.get_or_insert_default().push(RefOr::Ref(reference));
        }
    }
}

/// What can be wrong with any request.
const ANY: &[ProblemCode] = &[ProblemCode::RequestTimeoutInvalid, ProblemCode::HeadersTooMany];

/// What can be wrong with any request that needs a token.
pub(super) const SIGNED_IN: &[ProblemCode] = &[
    ProblemCode::AuthenticationRequired,
    ProblemCode::TokenInvalid,
    ProblemCode::TokenExpired,
    ProblemCode::SubjectUnknown,
    ProblemCode::NotPermitted,
    ProblemCode::Internal,
    ProblemCode::Unavailable,
    ProblemCode::Overloaded,
];

/// What can be wrong with any JSON body.
pub(super) const BODY: &[ProblemCode] = &[
    ProblemCode::BodyMalformed,
    ProblemCode::RequestTimeout,
    ProblemCode::BodyTooLarge,
    ProblemCode::ContentTypeUnsupported,
    ProblemCode::BodyInvalid,
    ProblemCode::Overloaded,
];

/// What can be wrong with any request that has an idempotency key, beside its body.
pub(super) const KEYED: &[ProblemCode] = &[
    ProblemCode::IdempotencyKeyMissing,
    ProblemCode::IdempotencyKeyInvalid,
    ProblemCode::IdempotencyKeyReused,
    ProblemCode::OutcomeUnknown,
];

/// What can be wrong with anything that moves money, beside its key and its body.
pub(super) const MOVEMENT: &[ProblemCode] = &[
    ProblemCode::IfMatchInvalid,
    ProblemCode::WalletNotFound,
    ProblemCode::WalletFrozen,
    ProblemCode::WalletClosed,
    ProblemCode::VersionConflict,
    ProblemCode::AmountNotAString,
    ProblemCode::AmountMalformed,
    ProblemCode::AmountZero,
    ProblemCode::AmountTooPrecise,
    ProblemCode::AmountTooLarge,
    ProblemCode::ReferenceInvalid,
    ProblemCode::MetadataInvalid,
    ProblemCode::InsufficientFunds,
    ProblemCode::BalanceLimitExceeded,
];

/// What can be wrong with what proves that a person wants a movement.
pub(super) const PROOF: &[ProblemCode] = &[
    ProblemCode::TransactionProofInvalid,
    ProblemCode::PinRequired,
    ProblemCode::PinNotSet,
    ProblemCode::PinWrong,
    ProblemCode::PinLocked,
    ProblemCode::ApprovalInvalid,
    ProblemCode::ApprovalExpired,
    ProblemCode::ApprovalMismatch,
    ProblemCode::ApprovalUsed,
];

/// What can be wrong with any movement by itself.
pub(super) const OPERATION: &[ProblemCode] = &[
    ProblemCode::AmountNotAString,
    ProblemCode::AmountMalformed,
    ProblemCode::AmountZero,
    ProblemCode::AmountTooPrecise,
    ProblemCode::AmountTooLarge,
    ProblemCode::AssetCodeInvalid,
    ProblemCode::ReferenceInvalid,
    ProblemCode::MetadataInvalid,
];

/// What can be wrong with any list.
pub(super) const LISTED: &[ProblemCode] =
    &[ProblemCode::QueryInvalid, ProblemCode::LimitInvalid, ProblemCode::CursorInvalid];

/// Declares the problems that a route can answer with, as a type that its documentation names.
macro_rules! problems {
    ($name:ident: $($set:ident)* $(+ $code:ident)*) => {
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                $crate::http::openapi::problem_responses(&[
                    $($crate::http::openapi::$set,)* &[$(florin_api::ProblemCode::$code),*],
                ])
            }
        }
    };
}
pub(super) use problems;

/// One response a status, with an example of each code.
pub(super) fn problem_responses(sets: &[&[ProblemCode]]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
    for code in ProblemCode::ALL.iter().filter(|code| sets.iter().chain([&ANY]).any(|set| set.contains(code)))
    {
        by_status.entry(code.status()).or_default().push(*code);
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), response(&codes).into())).collect()
}

/// One response, with an example of each code.
pub(super) fn response(codes: &[ProblemCode]) -> Response {
    let titles: Vec<_> = codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.title())).collect();
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    for code in codes {
        let example = Ref::new(format!("#/components/examples/{}", code.as_str()));
        let example: RefOr<Example> = RefOr::Ref(example);
        content = content.examples_from_iter([(code.as_str(), example)]);
    }
    ResponseBuilder::new()
        .description(titles.join(" "))
        .content("application/problem+json", content.build())
        .build()
}
