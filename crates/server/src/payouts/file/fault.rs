//! All that can be wrong: with a file, so that nothing of it is taken, or with one of its rows.

use super::Column;
use super::reader::ROWS_MAX;
use super::records::ROW_BYTES_MAX;
use super::row::RECIPIENT_FORM;

/// Why a file is no payout file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct FileError {
    /// The line, counted from 1; every line of the file counts. A row of several lines has its first.
    pub line: u64,
    /// Where in the line, counted from 1: the character where the text is wrong, the cell where the header is.
    /// `None` where it is the whole line.
    pub column: Option<u64>,
    /// What is wrong.
    pub fault: FileFault,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each one's sentence says it")]
pub enum FileFault {
    #[error("The file is UTF-16. Save it as \"CSV UTF-8\".")]
    Utf16,
    #[error("The file has a NUL byte here, so it is no text. Save it as \"CSV UTF-8\".")]
    Nul,
    #[error("What stands here is no UTF-8. Save the file as \"CSV UTF-8\".")]
    NotUtf8,
    #[error("The file is empty. Its first line names the columns: recipient_id,amount.")]
    Empty,
    #[error("The file has a header and no rows. Write one line for everybody to pay.")]
    RowsMissing,
    #[error("The columns stand apart by {0:?}. Write commas: recipient_id,amount.")]
    Separator(char),
    #[error("The column {0} is missing. The first line names the columns, with commas between them.")]
    ColumnMissing(Column),
    #[error(
        "{0:?} is no column of a payout file. The first line names them: recipient_id, amount, and where wanted \
         reference and memo."
    )]
    ColumnUnknown(String),
    #[error("The column {0} is there twice. Remove one.")]
    ColumnDuplicate(Column),
    #[error(
        "The row that begins here is longer than {ROW_BYTES_MAX} bytes. Most likely it has a quote that is opened \
         and never closed."
    )]
    RowTooLong,
    #[error("The row that begins here has a quote that is opened and never closed.")]
    QuoteUnclosed,
    #[error("The file has more than {ROWS_MAX} rows. Make several payouts of it.")]
    RowsTooMany,
    #[error(
        "{found:?} is no row to mend. The column row has the row's number, and the upload has rows 1 to {last}."
    )]
    RowNumberInvalid { found: String, last: u32 },
    #[error("Row {0} is there twice. Keep the line that is right.")]
    RowNumberDuplicate(u32),
    #[error("Up to this row the amounts add up to more than 38 digits of the asset's smallest unit.")]
    TotalTooLarge,
}

impl FileFault {
    /// The fault's name, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Utf16 => "utf16",
            Self::Nul => "nul_byte",
            Self::NotUtf8 => "not_utf8",
            Self::Empty => "file_empty",
            Self::RowsMissing => "rows_missing",
            Self::Separator(_) => "separator_invalid",
            Self::ColumnMissing(_) => "column_missing",
            Self::ColumnUnknown(_) => "column_unknown",
            Self::ColumnDuplicate(_) => "column_duplicate",
            Self::RowTooLong => "row_too_long",
            Self::QuoteUnclosed => "quote_unclosed",
            Self::RowsTooMany => "rows_too_many",
            Self::RowNumberInvalid { .. } => "row_number_invalid",
            Self::RowNumberDuplicate(_) => "row_number_duplicate",
            Self::TotalTooLarge => "total_too_large",
        }
    }

    /// The fault in this line, as a whole.
    pub const fn in_line(self, line: u64) -> FileError {
        FileError { line, column: None, fault: self }
    }

    /// The fault at this place.
    pub(super) const fn at(self, line: u64, column: u64) -> FileError {
        FileError { line, column: Some(column), fault: self }
    }
}

/// What is wrong with one cell of a row, or with the row as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The cell's column; [`Column::Row`] where it is the row as a whole.
    pub column: Column,
    /// What is wrong.
    pub fault: RowFault,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each one's sentence says it")]
pub enum RowFault {
    #[error("The row has {found} of {expected} cells. Every row has as many as the header.")]
    CellsTooFew { found: usize, expected: usize },
    #[error(
        "The row has {found} cells, and the header {expected}. Put a text that has a comma into double quotes."
    )]
    CellsTooMany { found: usize, expected: usize },
    #[error("There is no recipient. {RECIPIENT_FORM}")]
    RecipientMissing,
    #[error("This is no recipient. {RECIPIENT_FORM}")]
    RecipientInvalid,
    #[error("There is no such wallet, or no such user with a main wallet in the payout's asset.")]
    RecipientUnknown,
    #[error("The wallet holds another asset than the payout pays.")]
    RecipientOfAnotherAsset,
    #[error("It is the wallet that pays.")]
    RecipientIsSource,
    #[error("There is no amount.")]
    AmountMissing,
    #[error(
        "Write plain digits with at most one point, such as 125.50: no sign, exponent, space, comma or currency."
    )]
    AmountMalformed,
    #[error("The amount must be above zero.")]
    AmountZero,
    #[error("The amount has more decimals than the {0} that the asset has.")]
    AmountTooPrecise(u8),
    #[error("The amount is beyond 38 digits of the asset's smallest unit.")]
    AmountTooLarge,
    #[error(
        "The text begins with =, + or @, as a formula does in spreadsheets. Begin with another character."
    )]
    TextFormula,
    #[error("The text has a line break. Write it in one line, and see that every quote is closed.")]
    TextLineBreak,
    #[error("The text has a character that cannot be printed, such as a tab. Remove it.")]
    TextControlCharacter,
    #[error("The text is longer than {0} characters.")]
    TextTooLong(usize),
}

impl RowFault {
    /// The fault's name, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CellsTooFew { .. } => "cells_too_few",
            Self::CellsTooMany { .. } => "cells_too_many",
            Self::RecipientMissing => "recipient_missing",
            Self::RecipientInvalid => "recipient_invalid",
            Self::RecipientUnknown => "recipient_unknown",
            Self::RecipientOfAnotherAsset => "recipient_of_another_asset",
            Self::RecipientIsSource => "recipient_is_source",
            Self::AmountMissing => "amount_missing",
            Self::AmountMalformed => "amount_malformed",
            Self::AmountZero => "amount_zero",
            Self::AmountTooPrecise(_) => "amount_too_precise",
            Self::AmountTooLarge => "amount_too_large",
            Self::TextFormula => "text_formula",
            Self::TextLineBreak => "text_line_break",
            Self::TextControlCharacter => "text_control_character",
            Self::TextTooLong(_) => "text_too_long",
        }
    }

    /// The fault in this column.
    pub const fn of(self, column: Column) -> RowError {
        RowError { column, fault: self }
    }
}
