//! What is written is read back, and no spreadsheet takes it for a formula.

use super::{read, reader};
use florin_ledger::{RowNumber, WalletId};
use florin_server::payouts::file::{Cells, ErrorLine, Export, FileRow, ResultLine};
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn errors_are_written_as_they_are_uploaded_again() {
    let mut export = Export::of_errors();
    let cells = |recipient: &str, amount: &str, reference: &str, memo: &str| Cells {
        recipient: recipient.into(),
        amount: amount.into(),
        reference: reference.into(),
        memo: memo.into(),
    };
    let faults = [("amount", "The amount must be above zero."), ("reference", "The text begins with =.")];
    let error = ErrorLine::text(8, faults);
    export.error(&ErrorLine {
        number: RowNumber(7),
        cells: &cells("17", "0", "=1", "a \"b\", c"),
        error: &error,
    });
    export.error(&ErrorLine {
        number: RowNumber(9),
        cells: &cells("user:alice", "-5", "-1 day", "'@b"),
        error: "line 10",
    });
    let expected = "row,recipient_id,amount,reference,memo,error\r\n\
        7,17,0,'=1,\"a \"\"b\"\", c\",\"line 8, amount: The amount must be above zero; reference: The text begins with =\"\r\n\
        9,user:alice,'-5,'-1 day,''@b,line 10\r\n";
    assert_eq!(String::from_utf8(export.take()).unwrap(), expected);
    assert!(export.take().is_empty());
}

#[test]
fn results_tell_all_of_a_row() {
    let mut export = Export::of_results();
    export.result(&ResultLine {
        number: RowNumber(1),
        recipient: "user:alice",
        wallet: Some(WalletId(17)),
        amount: "12.50",
        reference: "June, week 1",
        memo: "@all",
        state: "PAID",
        error: "",
        transaction_id: "0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
        settled_at: "2026-01-02T03:04:05Z",
        compensation: "FAILED",
        reversed_amount: "0.00",
        compensation_error: "insufficient_funds",
        compensation_transaction_id: "",
    });
    let expected = "row,recipient_id,wallet_id,amount,reference,memo,state,error,transaction_id,settled_at,compensation,\
        reversed_amount,compensation_error,compensation_transaction_id\r\n\
        1,user:alice,17,12.50,\"June, week 1\",'@all,PAID,,0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b,2026-01-02T03:04:05Z,\
        FAILED,0.00,insufficient_funds,\r\n";
    assert_eq!(String::from_utf8(export.take()).unwrap(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_read_back(rows in vec(cells(), 1..20)) {
        let mut export = Export::of_errors();
        for (cells, number) in rows.iter().zip((1..).map(RowNumber)) {
            export.error(&ErrorLine { number, cells, error: "line 1, amount: …" });
        }
        let (read, end) = read(reader("mending"), export.take().chunks(100));
        prop_assert_eq!(end.map_err(|error| error.to_string()), Ok(u32::try_from(rows.len()).unwrap()));
        prop_assert_eq!(read.iter().map(cells_of).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn no_cell_begins_as_a_formula(recipient in text()) {
        let mut export = Export::of_errors();
        export.take();
        let cells = Cells { recipient, ..Cells::default() };
        export.error(&ErrorLine { number: RowNumber(1), cells: &cells, error: "=1" });
        let bytes = export.take();
        let line = str::from_utf8(&bytes).unwrap();
        let cell = line.strip_prefix("1,").and_then(|line| line.strip_suffix(",,,,'=1\r\n")).unwrap();
        let cell = cell.strip_prefix('"').unwrap_or(cell);
        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{line:?}");
    }
}

fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof!["[ '\"=+@\t-]{0,3}[a-z ,;\"'=ü💰]{0,20}", "[^\0]{0,40}", Just("x".repeat(500))]
}

/// Cells that a row may have had.
fn cells() -> impl Strategy<Value = Cells> {
    let recipient = prop_oneof!["[1-9][0-9]{0,17}", "user:[a-z]{3,32}", text()];
    let amount = prop_oneof!["[1-9][0-9]{0,30}\\.[0-9]{2}", text()];
    (recipient, amount, text(), text()).prop_map(|(recipient, amount, reference, memo)| Cells {
        recipient,
        amount,
        reference,
        memo,
    })
}

fn cells_of(row: &FileRow) -> Cells {
    match row {
        FileRow::Bad(row) => row.cells.clone(),
        FileRow::Good(row) => Cells {
            recipient: row.recipient.to_string(),
            amount: row.amount.to_string(),
            reference: row.reference.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
            memo: row.memo.clone().unwrap_or_default(),
        },
    }
}
