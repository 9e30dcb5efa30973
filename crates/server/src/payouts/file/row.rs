//! One row: its cells, and what they mean or why they mean nothing.

use super::header::Header;
use super::records::Record;
use super::spreadsheet::{is_formula, unescaped};
use super::{Column, RowError, RowFault};
use florin_ledger::{AmountError, Decimal, Reference, Scale, WalletId};
use florin_store::Username;
use std::fmt;

pub(super) const RECIPIENT_FORM: &str = "Write a wallet's number, or user: and a user's name.";

const MEMO_CHARACTERS_MAX: usize = 500;

/// A row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRow {
    /// It can be read.
    Good(GoodRow),
    /// It cannot.
    Bad(BadRow),
}

/// A row that says whom to pay and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodRow {
    /// Its number in the payout, from 1.
    pub number: u32,
    /// The line in which it begins.
    pub line: u64,
    /// Who is paid.
    pub recipient: Recipient,
    /// How much; it fits the asset's scale.
    pub amount: Decimal,
    /// The note on the transaction.
    pub reference: Option<Reference>,
    /// The longer text: 1 to 500 printable characters.
    pub memo: Option<String>,
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A wallet.
    Wallet(WalletId),
    /// A user, on the main wallet in the payout's asset.
    User(Username),
}

/// A row with faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its number in the payout, from 1.
    pub number: u32,
    /// The line in which it begins.
    pub line: u64,
    /// What stands in it.
    pub cells: Cells,
    /// All that is wrong, from left to right; never empty.
    pub errors: Vec<RowError>,
}

/// A row's cells as they stood. What no good cell can be as long as is cut, and ends with `…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Who is paid.
    pub recipient: String,
    /// How much.
    pub amount: String,
    /// The note on the transaction.
    pub reference: String,
    /// The longer text.
    pub memo: String,
}

impl GoodRow {
    /// The row with something that is wrong with it after all.
    #[must_use]
    pub fn with(self, error: RowError) -> BadRow {
        let cells = Cells {
            recipient: self.recipient.to_string(),
            amount: self.amount.to_string(),
            reference: self.reference.map(|reference| reference.as_str().to_owned()).unwrap_or_default(),
            memo: self.memo.unwrap_or_default(),
        };
        BadRow { number: self.number, line: self.line, cells, errors: vec![error] }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wallet(id) => id.fmt(f),
            Self::User(name) => write!(f, "user:{}", name.as_str()),
        }
    }
}

impl Recipient {
    /// Reads `17`, a wallet's id, or `user:alice`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("user:") {
            return Username::parse(name).map(Self::User);
        }
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|_| is_number).map(|id| Self::Wallet(WalletId(id)))
    }
}

/// Reads a row under its header.
pub(super) fn read(number: u32, record: &Record<'_>, header: &Header, scale: Scale) -> FileRow {
    let line = record.line;
    let cell = |column| unescaped(header.cell(record, column).unwrap_or_default());
    let mut errors = Errors(Vec::new());
    if record.width == header.width {
        let recipient = errors.keep(Column::RecipientId, recipient(cell(Column::RecipientId)));
        let amount = errors.keep(Column::Amount, amount(cell(Column::Amount), scale));
        let reference = errors.keep(Column::Reference, reference(cell(Column::Reference)));
        let memo = errors.keep(Column::Memo, memo(cell(Column::Memo)));
        if let (Some(recipient), Some(amount), Some(reference), Some(memo)) =
            (recipient, amount, reference, memo)
        {
            return FileRow::Good(GoodRow { number, line, recipient, amount, reference, memo });
        }
    } else {
        // Which cell is missing or too much nobody knows: what stands where means nothing.
        errors.0.push(ragged(record.width, header.width).of(Column::Row));
    }
    let cells = Cells {
        recipient: cut(cell(Column::RecipientId)),
        amount: cut(cell(Column::Amount)),
        reference: cut(cell(Column::Reference)),
        memo: cut(cell(Column::Memo)),
    };
    FileRow::Bad(BadRow { number, line, cells, errors: errors.0 })
}

struct Errors(Vec<RowError>);

impl Errors {
    fn keep<T>(&mut self, column: Column, read: Result<T, RowFault>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault.of(column))).ok()
    }
}

const fn ragged(found: usize, expected: usize) -> RowFault {
    if found < expected {
        RowFault::CellsTooFew { found, expected }
    } else {
        RowFault::CellsTooMany { found, expected }
    }
}

fn recipient(text: &str) -> Result<Recipient, RowFault> {
    let fault = if text.is_empty() { RowFault::RecipientMissing } else { RowFault::RecipientInvalid };
    Recipient::parse(text).ok_or(fault)
}

fn amount(text: &str, scale: Scale) -> Result<Decimal, RowFault> {
    if text.is_empty() {
        return Err(RowFault::AmountMissing);
    }
    let read = Decimal::parse(text).and_then(|amount| amount.to_amount(scale).map(|_| amount));
    read.map_err(|error| match error {
        AmountError::Malformed => RowFault::AmountMalformed,
        AmountError::Zero => RowFault::AmountZero,
        AmountError::TooPrecise(_) => RowFault::AmountTooPrecise(scale.places()),
        AmountError::TooLarge => RowFault::AmountTooLarge,
    })
}

fn reference(text: &str) -> Result<Option<Reference>, RowFault> {
    let text = printable(text, Reference::LENGTH_MAX)?;
    text.map(Reference::parse).transpose().map_err(|_| RowFault::TextTooLong(Reference::LENGTH_MAX))
}

fn memo(text: &str) -> Result<Option<String>, RowFault> {
    printable(text, MEMO_CHARACTERS_MAX).map(|text| text.map(str::to_owned))
}

/// A text of one line that is no formula; `None` for an empty cell.
fn printable(text: &str, characters_max: usize) -> Result<Option<&str>, RowFault> {
    if is_formula(text) {
        Err(RowFault::TextFormula)
    } else if text.contains(['\n', '\r']) {
        Err(RowFault::TextLineBreak)
    } else if text.contains(char::is_control) {
        Err(RowFault::TextControlCharacter)
    } else if text.chars().count() > characters_max {
        Err(RowFault::TextTooLong(characters_max))
    } else {
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

/// A memo is the longest that a cell may be. One character more is kept, so that what was too long still is.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MEMO_CHARACTERS_MAX + 1) {
        Some(_) => text.chars().take(MEMO_CHARACTERS_MAX).chain(['…']).collect(),
        None => text.to_owned(),
    }
}
