//! Payout files, without a server: what is read of every file under `tests/data/payouts`, however it is cut into
//! chunks.

mod expected;
mod exports;

use expected::FILES;
use florin_ledger::Scale;
use florin_server::payouts::file::{FileError, FileRow, GoodRow, ROWS_MAX, RowReader};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::fs;
use std::path::PathBuf;

/// A file of the folder, as it is.
pub(crate) fn file(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

/// All files' names.
pub(crate) fn files() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/payouts")
}

type Read = (Vec<FileRow>, Result<u32, FileError>);

pub(super) fn read<'file>(mut reader: RowReader, chunks: impl IntoIterator<Item = &'file [u8]>) -> Read {
    let mut rows = Vec::new();
    for chunk in chunks {
        if let Err(error) = reader.push(chunk, &mut rows) {
            return (rows, Err(error));
        }
    }
    let end = reader.finish(&mut rows);
    (rows, end)
}

/// Cents; files whose name says so are read as mending.
pub(crate) fn reader(name: &str) -> RowReader {
    let cents = Scale::new(2).unwrap();
    if name.contains("mending") { RowReader::mending(99, cents) } else { RowReader::new(cents) }
}

#[test]
fn each_file_is_read_as_expected_whole_and_byte_by_byte() {
    for (name, expected) in FILES {
        let bytes = file(name);
        let whole = read(reader(name), [&bytes[..]]);
        assert_eq!(printed(&whole), *expected, "{name}");
        assert_eq!(read(reader(name), bytes.chunks(1)), whole, "{name}, byte by byte");
    }
}

#[test]
fn every_file_of_the_folder_is_expected() {
    let mut names: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn a_million_rows_are_read_and_not_one_more() {
    let mut reader = reader("");
    let mut rows = Vec::new();
    let chunk = "17,1.00\n".repeat(1000);
    reader.push(b"recipient_id,amount\n", &mut rows).unwrap();
    for _ in 0..ROWS_MAX / 1000 {
        rows.clear();
        reader.push(chunk.as_bytes(), &mut rows).unwrap();
    }
    let FileRow::Good(GoodRow { number, line, .. }) = rows[999] else { panic!("{:?}", rows[999]) };
    assert_eq!((number, line), (ROWS_MAX, u64::from(ROWS_MAX) + 1));
    let error = reader.push(b"17,1.00\n", &mut rows).unwrap_err();
    assert_eq!((error.line, error.fault.code()), (u64::from(ROWS_MAX) + 2, "rows_too_many"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_a_file_is_cut_makes_no_difference(
        name in select(files()),
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let bytes = file(name);
        prop_assert_eq!(read(reader(name), cut(&bytes, &cuts)), read(reader(name), [&bytes[..]]));
    }

    #[test]
    fn nor_does_it_in_a_file_of_anything(
        pieces in vec(select(PIECES), 0..80),
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let bytes = pieces.concat();
        let whole = read(reader(""), [&bytes[..]]);
        prop_assert_eq!(&read(reader(""), cut(&bytes, &cuts)), &whole);
        prop_assert_eq!(&read(reader(""), bytes.chunks(1)), &whole);
    }
}

/// What files are made of, good and bad.
const PIECES: &[&[u8]] = &[
    b"recipient_id,amount\n",
    b"recipient_id,amount,memo\r\n",
    b"17",
    b"user:alice",
    b"12.50",
    b",",
    b",",
    b",",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"",
    b"\"\"",
    b"'",
    b"=",
    b" ",
    b"\t",
    "ü".as_bytes(),
    "給".as_bytes(),
    "💰".as_bytes(),
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\xf0\x9f",
    b"\x80",
    b"\0",
    &[b'x'; 8192],
];

fn cut<'file>(bytes: &'file [u8], cuts: &[Index]) -> Vec<&'file [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    places.push(bytes.len());
    let mut from = 0;
    places.into_iter().map(|to| &bytes[std::mem::replace(&mut from, to)..to]).collect()
}

/// Rows and end, one text each.
fn printed((rows, end): &Read) -> Vec<String> {
    let end = match end {
        Ok(count) => format!("rows: {count}"),
        Err(FileError { line, column, fault }) => {
            let column = column.map(|column| format!(":{column}")).unwrap_or_default();
            format!("{line}{column} {}: {fault}", fault.code())
        }
    };
    rows.iter().map(printed_row).chain([end]).collect()
}

/// A long cell is told by its length.
fn printed_row(row: &FileRow) -> String {
    let short = |text: &str| match text.chars().count() {
        0..40 => format!("{text:?}"),
        count => format!("{count}x{:?}", text.chars().last().unwrap()),
    };
    match row {
        FileRow::Good(row) => {
            let reference = row.reference.as_ref().map(|text| short(text.as_str())).unwrap_or_default();
            let memo = row.memo.as_deref().map(short).unwrap_or_default();
            let text = format!(
                "#{} at {}: {} to {} {reference} {memo}",
                row.number, row.line, row.amount, row.recipient
            );
            text.trim_end().to_owned()
        }
        FileRow::Bad(row) => {
            let errors = row.errors.iter().map(|error| format!("{} {}", error.column, error.fault.code()));
            let errors = errors.collect::<Vec<_>>().join(", ");
            let cells = &row.cells;
            let cells =
                [&cells.recipient, &cells.amount, &cells.reference, &cells.memo].map(|cell| short(cell));
            format!("#{} at {}: {errors} in {}", row.number, row.line, cells.join(" "))
        }
    }
}
