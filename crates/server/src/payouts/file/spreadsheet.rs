//! What spreadsheets take for a formula. A text that could be one is written with an apostrophe before it, which is
//! their own sign for text, and read without it.

use std::borrow::Cow;

/// Whether a spreadsheet may take the text for a formula, also after it dropped blanks and apostrophes.
fn is_dangerous(text: &str) -> bool {
    text.trim_start_matches([' ', '\'']).starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// The text as it is written into a file.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if is_dangerous(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text without what [`escaped`] put before it.
pub(super) fn unescaped(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| is_dangerous(text)).unwrap_or(cell)
}

/// Whether the text cannot be meant as one.
pub(super) fn is_formula(text: &str) -> bool {
    text.trim_start().starts_with(['=', '+', '@'])
}
