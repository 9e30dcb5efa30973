//! Cuts text into records of cells (RFC 4180), one at a time, and knows in which line each begins.

use super::{FileError, FileFault};
use csv_core::{ReadRecordResult, Reader};

/// The most bytes of a row, with its commas and quotes.
pub const ROW_BYTES_MAX: usize = 16 * 1024;

/// How many cells of a record are kept: more than there are columns. Of what is beyond only the count matters.
const CELLS_KEPT: usize = 16;

/// The cutter.
pub(super) struct Records {
    csv: Reader,
    /// The cells of the record that is being read, one after the other.
    text: Box<[u8]>,
    text_length: usize,
    /// Where each cell ends in `text`.
    ends: [usize; CELLS_KEPT],
    cells: usize,
    /// How much of the record has come; 0 between two.
    bytes: usize,
    /// The line in which it begins.
    line: u64,
    position: Position,
}

/// One record: a header or a row.
pub(super) struct Record<'records> {
    pub(super) line: u64,
    /// How many cells it has.
    pub(super) width: usize,
    text: &'records str,
    ends: &'records [usize],
}

impl<'records> Record<'records> {
    /// The cells, up to those that no file should have.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'records str> {
        let (text, ends) = (self.text, self.ends);
        let starts = [0].into_iter().chain(ends.iter().copied());
        starts.zip(ends).map(move |(start, end)| &text[start..*end])
    }

    /// One cell, if it is there.
    pub(super) fn cell(&self, index: usize) -> Option<&'records str> {
        let start = if index == 0 { 0 } else { *self.ends.get(index - 1)? };
        self.ends.get(index).map(|end| &self.text[start..*end])
    }
}

impl Records {
    pub(super) fn new() -> Self {
        Self {
            csv: Reader::new(),
            // One byte more than fits, so that what is too long is known to be.
            text: vec![0; ROW_BYTES_MAX + 1].into(),
            text_length: 0,
            ends: [0; CELLS_KEPT],
            cells: 0,
            bytes: 0,
            line: 1,
            position: Position::default(),
        }
    }

    /// Takes from `input` up to a record's end. `None` when more is needed, and then all of it is taken.
    pub(super) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Record<'_>>, FileError> {
        if self.bytes == 0 {
            self.skip_blank_lines(input);
            self.line = self.position.line;
        }
        while !input.is_empty() {
            let room = (ROW_BYTES_MAX + 1).saturating_sub(self.bytes);
            if self.read(input, room) == ReadRecordResult::Record {
                return Ok(Some(self.record()));
            }
            if self.bytes > ROW_BYTES_MAX {
                return Err(FileFault::RowTooLong.in_line(self.line));
            }
        }
        Ok(None)
    }

    /// The last record, where no line break ends it.
    pub(super) fn finish(&mut self) -> Result<Option<Record<'_>>, FileError> {
        if self.bytes == 0 {
            return Ok(None);
        }
        // Only inside quotes does a line break end nothing.
        match self.read(&mut &b"\n"[..], 1) {
            ReadRecordResult::Record => Ok(Some(self.record())),
            _ => Err(FileFault::QuoteUnclosed.in_line(self.line)),
        }
    }

    /// The fault at the place up to which all is read.
    pub(super) fn fault_here(&self, fault: FileFault) -> FileError {
        fault.at(self.position.line, self.position.column)
    }

    /// The line up to which all is read.
    pub(super) fn line_here(&self) -> u64 {
        self.position.line
    }

    fn skip_blank_lines(&mut self, input: &mut &[u8]) {
        let is_content = |byte: &u8| !matches!(byte, b'\r' | b'\n');
        let (blank, rest) = input.split_at(input.iter().position(is_content).unwrap_or(input.len()));
        self.position.advance(blank);
        *input = rest;
    }

    /// One step of the parser, which is never given an empty input: to it, that is the end.
    fn read(&mut self, input: &mut &[u8], room: usize) -> ReadRecordResult {
        let piece = &input[..room.min(input.len())];
        // Cells beyond those that are kept share the last place.
        let ends = &mut self.ends[self.cells.min(CELLS_KEPT - 1)..];
        let (result, taken, written, ended) =
            self.csv.read_record(piece, &mut self.text[self.text_length..], ends);
        self.position.advance(&piece[..taken]);
        self.bytes += taken;
        self.text_length += written;
        self.cells += ended;
        *input = &input[taken..];
        result
    }

    /// What was read, and room for the next.
    fn record(&mut self) -> Record<'_> {
        let (length, width) = (self.text_length, self.cells);
        (self.text_length, self.cells, self.bytes) = (0, 0, 0);
        let text = str::from_utf8(&self.text[..length]).expect("UTF-8 cut at ASCII characters is UTF-8");
        Record { line: self.line, width, text, ends: &self.ends[..width.min(CELLS_KEPT)] }
    }
}

/// The place of the next character: its line, and which character of the line it is, both from 1. A line ends with
/// LF, CR or both.
struct Position {
    line: u64,
    column: u64,
    is_after_cr: bool,
}

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1, is_after_cr: false }
    }
}

impl Position {
    fn advance(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' if self.is_after_cr => self.is_after_cr = false,
                b'\r' | b'\n' => {
                    (self.line, self.column) = (self.line + 1, 1);
                    self.is_after_cr = *byte == b'\r';
                }
                // All but the first byte of a character.
                0x80..0xC0 => {}
                _ => {
                    self.column += 1;
                    self.is_after_cr = false;
                }
            }
        }
    }
}
