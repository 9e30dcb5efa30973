//! Columns as the ledger's types. What cannot be one of them should not be in the store.

use super::codec::Stored;
use crate::StoreError;
use florin_ledger::Amount;
use rusqlite::Row;

/// The column as text, parsed.
pub(super) fn parsed<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    parsed_if_any(row, column, parse)?.ok_or_else(|| unreadable(row, column, "nothing"))
}

/// The column as text, parsed, where there is something.
pub(super) fn parsed_if_any<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    match row.get_ref(column)?.as_str_or_null() {
        Ok(Some(text)) => parse(text).map(Some).ok_or_else(|| unreadable(row, column, text)),
        Ok(None) => Ok(None),
        Err(error) => Err(unreadable(row, column, &error.to_string())),
    }
}

/// The column as an amount.
pub(super) fn amount(row: &Row<'_>, column: usize) -> Result<Amount, StoreError> {
    let Stored(amount) = row.get(column)?;
    Ok(amount)
}

/// What cannot be read, and where it stands.
pub(super) fn unreadable(row: &Row<'_>, column: usize, found: &str) -> StoreError {
    let name = row.as_ref().column_name(column).unwrap_or("?");
    StoreError::Inconsistent(format!("the column {name} holds {found:?}"))
}
