//! The audit log: who did what, from where. For operators alone; nothing here writes it.

use super::caller::Caller;
use super::extract::Query;
use super::openapi::problems;
use super::page::{self, Window};
use super::{ApiError, AppState, view};
use crate::auth::Action;
use axum::extract::State;
use florin_api as api;
use florin_api::{Page, ProblemCode};
use florin_store::{Actor, AuditAction, AuditFilter, AuditId, Subject};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// By whom, as a line says it.
    #[param(example = "user:7")]
    actor: Option<String>,
    /// Of what.
    #[param(example = "wallet.frozen")]
    action: Option<String>,
    /// About what, as a line says it.
    #[param(example = "wallet:9")]
    subject: Option<String>,
    /// Written at this time or later.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Written before this time.
    #[param(format = DateTime)]
    until: Option<String>,
    /// How many at most; 50 if it is not there.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

problems!(ListProblems: SIGNED_IN LISTED);

/// Who did what, from where, when, and what came of it; newest first. For operators.
#[utoipa::path(
    get, path = "/v1/audit-log", tag = "proof", operation_id = "list_audit_log",
    params(ListQuery),
    responses((status = 200, description = "A page of the log.", body = Page<api::AuditRecord>), ListProblems),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Page<api::AuditRecord>>, ApiError> {
    caller.permit(Action::ReadAuditLog)?;
    let window = Window::of("audit-log", query.limit)?;
    let before = window.position(query.cursor.as_deref())?.map(AuditId);
    let filter = AuditFilter {
        actor: named("actor", query.actor.as_deref(), Actor::parse)?,
        action: named("action", query.action.as_deref(), AuditAction::parse)?,
        subject: named("subject", query.subject.as_deref(), Subject::parse)?,
        from: page::time("from", query.from.as_deref())?,
        until: page::time("until", query.until.as_deref())?,
    };
    let lines = state.store.audit_log(caller.ledger, filter, before, window.read_max()).await?;
    Ok(axum::Json(window.page(lines, |record| record.id, |record| Some(view::audit_record(record)))))
}

fn named<T>(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let parse = |text| {
        parse(text).ok_or_else(|| {
            let detail = "Write it as a line of the log does, such as user:7, wallet:9 or wallet.frozen.";
            ApiError::invalid_field(ProblemCode::QueryInvalid, field, detail)
        })
    };
    text.map(parse).transpose()
}
