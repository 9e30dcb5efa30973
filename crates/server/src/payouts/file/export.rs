//! Writes the files that clients fetch, line by line (RFC 4180), so that they can be sent as they are made.

use super::Cells;
use super::spreadsheet::escaped;
use csv_core::{Terminator, Writer, WriterBuilder};
use florin_ledger::{RowNumber, WalletId};
use std::mem;

const ERRORS_HEADER: [&str; 6] = ["row", "recipient_id", "amount", "reference", "memo", "error"];

const RESULTS_HEADER: [&str; 14] = [
    "row",
    "recipient_id",
    "wallet_id",
    "amount",
    "reference",
    "memo",
    "state",
    "error",
    "transaction_id",
    "settled_at",
    "compensation",
    "reversed_amount",
    "compensation_error",
    "compensation_transaction_id",
];

/// A file that is written. What is written waits in it until it is taken.
pub struct Export {
    csv: Writer,
    bytes: Vec<u8>,
}

/// A row to mend.
#[derive(Clone, Copy, Debug)]
pub struct ErrorLine<'row> {
    /// Its number in the payout, from 1.
    pub number: RowNumber,
    /// What stands in it.
    pub cells: &'row Cells,
    /// What is wrong.
    pub error: &'row str,
}

impl ErrorLine<'_> {
    /// What [`ErrorLine::error`] says of a row of an upload: its line there, and each column's fault.
    pub fn text<'fault>(line: u64, faults: impl IntoIterator<Item = (&'fault str, &'fault str)>) -> String {
        let faults =
            faults.into_iter().map(|(column, detail)| format!("{column}: {}", detail.trim_end_matches('.')));
        format!("line {line}, {}", faults.collect::<Vec<_>>().join("; "))
    }
}

/// What became of a row. Texts are empty where there is nothing to say.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is a column of the file, of its name")]
pub struct ResultLine<'row> {
    pub number: RowNumber,
    pub recipient: &'row str,
    pub wallet: Option<WalletId>,
    pub amount: &'row str,
    pub reference: &'row str,
    pub memo: &'row str,
    pub state: &'row str,
    pub error: &'row str,
    pub transaction_id: &'row str,
    pub settled_at: &'row str,
    pub compensation: &'row str,
    pub reversed_amount: &'row str,
    pub compensation_error: &'row str,
    pub compensation_transaction_id: &'row str,
}

impl Export {
    /// A file of rows to mend, with its header: [`crate::payouts::file::RowReader`] takes it as it is.
    pub fn of_errors() -> Self {
        Self::under(ERRORS_HEADER)
    }

    /// A file of what became of each row, with its header.
    pub fn of_results() -> Self {
        Self::under(RESULTS_HEADER)
    }

    /// Adds a row to mend.
    pub fn error(&mut self, row: &ErrorLine<'_>) {
        let Cells { recipient, amount, reference, memo } = row.cells;
        self.line([&row.number.to_string(), recipient, amount, reference, memo, row.error]);
    }

    /// Adds what became of a row.
    pub fn result(&mut self, row: &ResultLine<'_>) {
        let wallet = row.wallet.map(|wallet| wallet.to_string()).unwrap_or_default();
        self.line([
            &row.number.to_string(),
            row.recipient,
            &wallet,
            row.amount,
            row.reference,
            row.memo,
            row.state,
            row.error,
            row.transaction_id,
            row.settled_at,
            row.compensation,
            row.reversed_amount,
            row.compensation_error,
            row.compensation_transaction_id,
        ]);
    }

    /// What was written since it was last asked for.
    pub fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.bytes)
    }

    fn under<const WIDTH: usize>(header: [&str; WIDTH]) -> Self {
        let csv = WriterBuilder::new().terminator(Terminator::CRLF).build();
        let mut export = Self { csv, bytes: Vec::new() };
        export.line(header);
        export
    }

    fn line<const WIDTH: usize>(&mut self, cells: [&str; WIDTH]) {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                // A cell's closing quote comes with what is behind it.
                self.write(2, |csv, room| csv.delimiter(room).1);
            }
            let cell = escaped(cell);
            // At worst each character is a quote.
            self.write(2 * cell.len() + 1, |csv, room| csv.field(cell.as_bytes(), room).2);
        }
        self.write(3, |csv, room| csv.terminator(room).1);
    }

    /// Lets the writer write into room for so many bytes; it says how many it wrote.
    fn write(&mut self, bytes_max: usize, write: impl FnOnce(&mut Writer, &mut [u8]) -> usize) {
        let start = self.bytes.len();
        self.bytes.resize(start + bytes_max, 0);
        let written = write(&mut self.csv, &mut self.bytes[start..]);
        self.bytes.truncate(start + written);
    }
}
