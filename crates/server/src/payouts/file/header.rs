//! The first line: which column is which.

use super::records::Record;
use super::{FileError, FileFault};
use std::fmt;

/// A column of a payout file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The row's number. Needed where rows are mended; not read elsewhere, because rows are numbered as they stand.
    Row,
    /// Who is paid.
    RecipientId,
    /// How much.
    Amount,
    /// The note on the transaction.
    Reference,
    /// A longer text, for those who run the payout.
    Memo,
    /// What was wrong, in files that Florin wrote. Not read.
    Error,
}

impl Column {
    const ALL: [Self; 6] =
        [Self::Row, Self::RecipientId, Self::Amount, Self::Reference, Self::Memo, Self::Error];

    /// The column's name, as the header has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::RecipientId => "recipient_id",
            Self::Amount => "amount",
            Self::Reference => "reference",
            Self::Memo => "memo",
            Self::Error => "error",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.as_str().eq_ignore_ascii_case(name.trim()))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The most characters of an unknown column's name that are told back.
const NAME_CHARACTERS_MAX: usize = 40;

/// Where each column stands.
pub(super) struct Header {
    /// How many cells a row has.
    pub(super) width: usize,
    places: [Option<usize>; Column::ALL.len()],
}

impl Header {
    /// Reads the header, which must have these columns.
    pub(super) fn read(record: &Record<'_>, needed: &[Column]) -> Result<Self, FileError> {
        let mut header = Self { width: record.width, places: [None; Column::ALL.len()] };
        for (index, name) in record.cells().enumerate() {
            let fault = match Column::parse(name) {
                Some(column) if header.place(column).is_none() => {
                    header.places[column as usize] = Some(index);
                    continue;
                }
                Some(column) => FileFault::ColumnDuplicate(column),
                None => unknown(name),
            };
            return Err(fault.at(record.line, index as u64 + 1));
        }
        let missing = needed.iter().find(|column| header.place(**column).is_none());
        missing.map_or(Ok(header), |column| Err(FileFault::ColumnMissing(*column).in_line(record.line)))
    }

    /// The column's cell of a row; `None` where the file has no such column.
    pub(super) fn cell<'record>(&self, record: &Record<'record>, column: Column) -> Option<&'record str> {
        self.place(column).and_then(|place| record.cell(place))
    }

    const fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }
}

/// A name that is none: most often a separator that spreadsheets write where the comma is the decimal point.
fn unknown(name: &str) -> FileFault {
    match name.chars().find(|character| matches!(character, ';' | '\t' | '|')) {
        Some(separator) => FileFault::Separator(separator),
        None => FileFault::ColumnUnknown(name.chars().take(NAME_CHARACTERS_MAX).collect()),
    }
}
