//! Why a payout file is not taken, as a problem.

use crate::payouts::file::FileError;
use crate::payouts::upload::{BadUpload, ErrorAt};
use florin_api::{Problem, ProblemCode, RowError};

/// It is no payout file.
pub(in crate::http) fn file_problem(error: &FileError) -> Problem {
    let FileError { line, column, fault } = error;
    Problem {
        line: Some(*line),
        column: *column,
        fault: Some(fault.code().to_owned()),
        ..Problem::new(ProblemCode::PayoutFileInvalid, format!("Line {line}: {fault}"))
    }
}

/// Rows of it have faults.
pub(in crate::http) fn rows_problem(upload: &BadUpload) -> Problem {
    let (rows, bad_rows) = (upload.counts.rows, upload.counts.bad_rows);
    let detail = format!(
        "{bad_rows} of {rows} rows have faults, so none of them is in force. Get them all from errors.csv, mend them, \
         and send that file with PATCH."
    );
    Problem {
        rows: Some(rows),
        good_rows: Some(rows - bad_rows),
        bad_rows: Some(bad_rows),
        errors: upload.errors.iter().map(row_error).collect(),
        ..Problem::new(ProblemCode::PayoutRowsInvalid, detail)
    }
}

fn row_error(at: &ErrorAt) -> RowError {
    RowError {
        row: at.number.into(),
        line: at.line.cast_signed(),
        column: at.error.column.as_str().to_owned(),
        code: at.error.fault.code().to_owned(),
        detail: at.error.fault.to_string(),
    }
}
