//! Lets UTF-8 through, in pieces of any size, and says what is none.

use super::FileFault;
use std::borrow::Cow;
use std::mem;
use std::ops::Range;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// How many of a file's first bytes tell its encoding.
const HEAD_BYTES: usize = 4;

/// The way in. What cannot be judged yet waits here: the first bytes, and a character whose end is still to come.
#[derive(Default)]
pub(super) struct Encoding {
    held: Vec<u8>,
    is_head_read: bool,
}

/// What of a chunk is text, and what comes right after it where that is none.
#[derive(Default)]
pub(super) struct Piece<'chunk> {
    bytes: Cow<'chunk, [u8]>,
    text: Range<usize>,
    pub(super) fault: Option<FileFault>,
}

impl Piece<'_> {
    /// Whole characters of UTF-8, none of them NUL.
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[self.text.clone()]
    }
}

impl Encoding {
    pub(super) fn take<'chunk>(&mut self, chunk: &'chunk [u8]) -> Piece<'chunk> {
        let bytes = if self.held.is_empty() {
            Cow::Borrowed(chunk)
        } else {
            self.held.extend_from_slice(chunk);
            Cow::Owned(mem::take(&mut self.held))
        };
        if !self.is_head_read && bytes.len() < HEAD_BYTES {
            self.held = bytes.into_owned();
            return Piece::default();
        }
        self.examine(bytes, false)
    }

    /// What was held until now. Nothing comes after it.
    pub(super) fn finish(&mut self) -> Piece<'static> {
        let held = mem::take(&mut self.held);
        self.examine(Cow::Owned(held), true)
    }

    fn examine<'chunk>(&mut self, bytes: Cow<'chunk, [u8]>, is_last: bool) -> Piece<'chunk> {
        let mut start = 0;
        if !mem::replace(&mut self.is_head_read, true) {
            if is_utf16(&bytes) {
                return Piece { fault: Some(FileFault::Utf16), ..Piece::default() };
            }
            start = if bytes.starts_with(UTF8_MARK) { UTF8_MARK.len() } else { 0 };
        }
        let (mut end, mut fault) = (bytes.len(), None);
        if let Err(error) = str::from_utf8(&bytes[start..]) {
            end = start + error.valid_up_to();
            // Without a length it is the beginning of a character, whose rest may come.
            if error.error_len().is_some() || is_last {
                fault = Some(FileFault::NotUtf8);
            } else {
                self.held.extend_from_slice(&bytes[end..]);
            }
        }
        if let Some(place) = bytes[start..end].iter().position(|byte| *byte == 0) {
            (end, fault) = (start + place, Some(FileFault::Nul));
        }
        Piece { bytes, text: start..end, fault }
    }
}

/// It has UTF-16's byte order mark; or every other byte is NUL, as in ASCII characters of 16 bits.
fn is_utf16(head: &[u8]) -> bool {
    let is_marked = UTF16_MARKS.iter().any(|mark| head.starts_with(mark));
    let is_nul = |index: usize| head.get(index) == Some(&0);
    let is_ascii = |high: usize| is_nul(high) && is_nul(high + 2) && !is_nul(1 - high);
    is_marked || is_ascii(0) || is_ascii(1)
}
