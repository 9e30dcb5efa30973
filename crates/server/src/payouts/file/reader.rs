//! The whole way from bytes to rows.

use super::encoding::{Encoding, Piece};
use super::header::Header;
use super::records::{Record, Records};
use super::{Column, FileError, FileFault, FileRow, row};
use florin_ledger::Scale;

/// The most rows of a payout.
pub const ROWS_MAX: u32 = 1_000_000;

/// The most characters of a cell that are told back.
const CELL_CHARACTERS_MAX: usize = 40;

/// Reads a payout file, chunk by chunk as it arrives. How it is cut into chunks makes no difference to what comes
/// out. After an error there is nothing more to read.
pub struct RowReader {
    encoding: Encoding,
    records: Records,
    rows: Rows,
}

impl RowReader {
    /// Reads all rows of a payout whose asset has this scale. They are numbered as they stand.
    pub fn new(scale: Scale) -> Self {
        Self::numbering(Numbering::AsTheyStand(0), scale)
    }

    /// Reads rows to be mended, of an upload that has `last` rows: each says by its column `row` which one it is.
    pub fn mending(last: u32, scale: Scale) -> Self {
        Self::numbering(Numbering::AsTheySay { last, seen: Seen::default() }, scale)
    }

    fn numbering(numbering: Numbering, scale: Scale) -> Self {
        Self {
            encoding: Encoding::default(),
            records: Records::new(),
            rows: Rows { scale, numbering, header: None, count: 0 },
        }
    }

    /// Takes the next chunk, and adds the rows that end in it.
    pub fn push(&mut self, chunk: &[u8], rows: &mut Vec<FileRow>) -> Result<(), FileError> {
        let piece = self.encoding.take(chunk);
        self.read(&piece, rows)
    }

    /// Ends the file: adds its last row, if no line break ended it, and says how many there were.
    pub fn finish(&mut self, rows: &mut Vec<FileRow>) -> Result<u32, FileError> {
        let piece = self.encoding.finish();
        self.read(&piece, rows)?;
        if let Some(record) = self.records.finish()? {
            rows.extend(self.rows.take(&record)?);
        }
        let line = self.records.line_here();
        match (&self.rows.header, self.rows.count) {
            (None, _) => Err(FileFault::Empty.in_line(line)),
            (Some(_), 0) => Err(FileFault::RowsMissing.in_line(line)),
            (Some(_), count) => Ok(count),
        }
    }

    fn read(&mut self, piece: &Piece<'_>, rows: &mut Vec<FileRow>) -> Result<(), FileError> {
        let mut text = piece.text();
        while let Some(record) = self.records.next(&mut text)? {
            rows.extend(self.rows.take(&record)?);
        }
        piece.fault.clone().map_or(Ok(()), |fault| Err(self.records.fault_here(fault)))
    }
}

/// What records become.
struct Rows {
    scale: Scale,
    numbering: Numbering,
    header: Option<Header>,
    count: u32,
}

enum Numbering {
    /// The last number.
    AsTheyStand(u32),
    AsTheySay {
        last: u32,
        seen: Seen,
    },
}

impl Rows {
    /// A row; nothing for the header.
    fn take(&mut self, record: &Record<'_>) -> Result<Option<FileRow>, FileError> {
        let Some(header) = &self.header else {
            self.header = Some(Header::read(record, self.numbering.columns_needed())?);
            return Ok(None);
        };
        if self.count == ROWS_MAX {
            return Err(FileFault::RowsTooMany.in_line(record.line));
        }
        self.count += 1;
        let number = self.numbering.next(header.cell(record, Column::Row).unwrap_or_default());
        let number = number.map_err(|fault| fault.in_line(record.line))?;
        Ok(Some(row::read(number, record, header, self.scale)))
    }
}

impl Numbering {
    const fn columns_needed(&self) -> &'static [Column] {
        match self {
            Self::AsTheyStand(_) => &[Column::RecipientId, Column::Amount],
            Self::AsTheySay { .. } => &[Column::Row, Column::RecipientId, Column::Amount],
        }
    }

    fn next(&mut self, cell: &str) -> Result<u32, FileFault> {
        match self {
            Self::AsTheyStand(last) => {
                *last += 1;
                Ok(*last)
            }
            Self::AsTheySay { last, seen } => {
                let number = cell.parse().ok().filter(|number| (1..=*last).contains(number));
                let number = number.ok_or_else(|| {
                    let found = cell.chars().take(CELL_CHARACTERS_MAX).collect();
                    FileFault::RowNumberInvalid { found, last: *last }
                })?;
                if seen.insert(number) { Ok(number) } else { Err(FileFault::RowNumberDuplicate(number)) }
            }
        }
    }
}

/// Which row numbers there were: one bit each.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// Whether the number is new.
    fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = (number as usize / 64, 1 << (number % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}
