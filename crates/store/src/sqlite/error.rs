//! What SQLite's errors mean for the store.

use crate::StoreError;
use rusqlite::{Error, ErrorCode};

impl From<Error> for StoreError {
    /// A broken constraint or an unreadable value is a fault of ours; everything else is the database's.
    fn from(error: Error) -> Self {
        let is_ours = match &error {
            Error::SqliteFailure(failure, _) => matches!(
                failure.code,
                ErrorCode::ConstraintViolation
                    | ErrorCode::DatabaseCorrupt
                    | ErrorCode::NotADatabase
                    | ErrorCode::TypeMismatch
            ),
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::QueryReturnedNoRows => true,
            _ => false,
        };
        if is_ours { Self::Inconsistent(error.to_string()) } else { Self::Unavailable(error.to_string()) }
    }
}

/// What a failed `COMMIT` means: nothing was written, unless the file's own reads and writes failed. Then the
/// commit may have reached the disk or not, and the next start may find it there.
pub(super) fn commit_failed(error: Error) -> StoreError {
    match &error {
        Error::SqliteFailure(failure, _) if failure.code == ErrorCode::SystemIoFailure => {
            StoreError::OutcomeUnknown(error.to_string())
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn only_the_file_s_own_failure_leaves_a_commit_unknown() {
        let failed = |code| commit_failed(Error::SqliteFailure(ffi::Error::new(code), None));
        for code in [ffi::SQLITE_IOERR, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_WRITE] {
            assert!(matches!(failed(code), StoreError::OutcomeUnknown(_)));
        }
        assert!(matches!(failed(ffi::SQLITE_BUSY), StoreError::Unavailable(_)));
        assert!(matches!(failed(ffi::SQLITE_FULL), StoreError::Unavailable(_)));
        assert!(matches!(failed(ffi::SQLITE_CONSTRAINT_FOREIGNKEY), StoreError::Inconsistent(_)));
    }
}
