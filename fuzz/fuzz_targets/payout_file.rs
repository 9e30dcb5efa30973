//! Payout files: however a file is cut into chunks, the same rows and the same fault come out of it.

#![no_main]

use florin_ledger::Scale;
use florin_server::payouts::file::{FileError, FileRow, RowReader};
use libfuzzer_sys::fuzz_target;

type Read = (Vec<FileRow>, Result<u32, FileError>);

fn read<'file>(mut reader: RowReader, chunks: impl IntoIterator<Item = &'file [u8]>) -> Read {
    let mut rows = Vec::new();
    for chunk in chunks {
        if let Err(error) = reader.push(chunk, &mut rows) {
            return (rows, Err(error));
        }
    }
    let end = reader.finish(&mut rows);
    (rows, end)
}

/// Chunks of 0 to 9 bytes, which depend on the file alone, so that what is found is found again.
fn cut(mut file: &[u8]) -> Vec<&[u8]> {
    let mut state = file.iter().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    let mut chunks = Vec::new();
    while !file.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (chunk, rest) = file.split_at(file.len().min((state >> 16) as usize % 10));
        chunks.push(chunk);
        file = rest;
    }
    chunks
}

fuzz_target!(|file: &[u8]| {
    let cents = Scale::new(2).expect("an asset may have cents");
    let mending = |scale| RowReader::mending(99, scale);
    for reader in [RowReader::new as fn(Scale) -> RowReader, mending] {
        let whole = read(reader(cents), [file]);
        assert_eq!(read(reader(cents), cut(file)), whole);
        assert_eq!(read(reader(cents), file.chunks(1)), whole);
    }
});
