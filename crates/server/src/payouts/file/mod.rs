//! Payout files. [`RowReader`] takes a file as it arrives, in chunks of any size, and keeps no more of it than one
//! row: what memory an upload takes does not depend on its length. [`Export`] writes what clients fetch. Bad rows come
//! back in a file that is mended in a spreadsheet and uploaded as it is.
//!
//! What a chunk of bytes passes, in this order:
//!
//! | module | what it does |
//! | --- | --- |
//! | `encoding` | lets UTF-8 through: takes a byte order mark off, refuses UTF-16, NUL and what is no character |
//! | `records` | cuts it into lines and cells (RFC 4180), and knows in which line it is |
//! | `header` | which column is which |
//! | `row` | cells become a [`GoodRow`], or a [`BadRow`] that says what is wrong with each of them |
//! | `fault` | all that can be wrong with a file or a row, with codes and sentences |
//!
//! `export` writes lines, and `spreadsheet` knows what must not stand in one as it is.
//!
//! Nothing here knows a store: whether a recipient exists is not asked.

mod encoding;
mod export;
mod fault;
mod header;
mod reader;
mod records;
mod row;
mod spreadsheet;

pub use export::{ErrorLine, Export, ResultLine};
pub use fault::{FileError, FileFault, RowError, RowFault};
pub use header::Column;
pub use reader::{ROWS_MAX, RowReader};
pub use records::ROW_BYTES_MAX;
pub use row::{BadRow, Cells, FileRow, GoodRow, Recipient};
