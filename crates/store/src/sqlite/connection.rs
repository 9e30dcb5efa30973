//! Opening the file: the lock that keeps a second server out, and settings that are read back, because a
//! setting that did not take effect loses money in silence.

use crate::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Another connection holds the write lock only while a migration or a checkpoint runs.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared for each connection: more than there are.
const STATEMENTS: usize = 128;

/// What the writer keeps of the file in memory: wallets, and as much of the key index as has room.
const WRITER_CACHE_KIB: i64 = 256 * 1024;

/// How large the write-ahead log's file stays when the log starts again.
const LOG_BYTES_KEPT: i64 = 128 * 1024 * 1024;

/// What a reader keeps in memory; the operating system keeps the rest.
const READER_CACHE_KIB: i64 = 16 * 1024;

/// The database within the data folder.
pub(super) fn database_path(data_dir: &Path) -> PathBuf {
    data_dir.join("florin.db")
}

/// Takes the data folder for this process, until the file is dropped. The operating system lets go of it
/// when the process dies, however it dies. What the one before left in the log is on the disk then.
pub(super) fn take(data_dir: &Path) -> Result<File, StoreError> {
    let lock = lock(data_dir)?;
    let log = data_dir.join("florin.db-wal");
    write_again(&log).map_err(|error| StoreError::Unsuitable(format!("{}: {error}", log.display())))?;
    Ok(lock)
}

/// Writes all of a file over itself, and syncs it.
///
/// A commit that was under way when the server was killed can stand whole in the log, and only in the system's
/// memory; SQLite believes it and would not sync it before it is told to somebody. A sync alone is not enough: one
/// that failed before left pages that pass for written, and only what is written again comes to the disk.
fn write_again(path: &Path) -> std::io::Result<()> {
    let mut file = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut bytes = vec![0; 1024 * 1024];
    let mut at = 0;
    loop {
        file.seek(SeekFrom::Start(at))?;
        let count = file.read(&mut bytes)?;
        if count == 0 {
            return file.sync_all();
        }
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&bytes[..count])?;
        at += u64::try_from(count).unwrap_or_default();
    }
}

fn lock(data_dir: &Path) -> Result<File, StoreError> {
    let path = data_dir.join("florin.lock");
    let unsuitable = |error| StoreError::Unsuitable(format!("{}: {error}", path.display()));
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unsuitable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unsuitable(format!(
            "another server uses {}: stop it first, or give this one a data folder of its own",
            data_dir.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unsuitable(error)),
    }
}

/// Makes the data folder, for its owner's eyes alone: the store has everybody's balances in it.
pub(super) fn make_folder(data_dir: &Path) -> Result<(), StoreError> {
    let mut folder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    let made = folder.recursive(true).create(data_dir);
    made.map_err(|error| StoreError::Unsuitable(format!("{}: {error}", data_dir.display())))
}

/// The file, for its owner's eyes alone even where the folder is not: SQLite itself would let everybody read it.
/// What SQLite puts beside it gets the same rights.
fn make_file(path: &Path) -> Result<(), StoreError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StoreError::Unsuitable(format!("{}: {error}", path.display())))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A connection that makes the file where there is none.
pub(super) fn create(path: &Path) -> Result<Connection, StoreError> {
    make_file(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Most of what a batch writes are wallets and keys, each on a page of its own that is written whole: half of
    // the usual size is two fifths less to write. It can be chosen only while the file is empty.
    connection.pragma_update(None, "page_size", 2048)?;
    make_durable(&connection)?;
    Ok(connection)
}

/// The one connection that writes.
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    must_exist(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    make_durable(&connection)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // Not inside a commit: see `checkpoints`. What a long read made of the log is given back.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    Ok(connection)
}

/// A connection that can only read.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    must_exist(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    require(&connection, "journal_mode", "wal", "readers would block the writer")?;
    Ok(connection)
}

fn must_exist(path: &Path) -> Result<(), StoreError> {
    if path.is_file() {
        return Ok(());
    }
    let advice = "`florin migrate up` makes one";
    Err(StoreError::Unsuitable(format!("there is no store at {}: {advice}", path.display())))
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    // No mutex: a connection is only ever used by one thread at a time, and the compiler sees to it.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it, this build of SQLite plans a statement again whenever its values change, which took four fifths
    // of a batch's time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A file that somebody prepared must not run functions of ours from its schema.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Sets what durability rests on, and reads it back.
fn make_durable(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    check(connection)
}

fn check(connection: &Connection) -> Result<(), StoreError> {
    require(connection, "journal_mode", "wal", "readers would block the writer")?;
    require(connection, "synchronous", "2", "a power cut could take back what was acknowledged")?;
    require(connection, "foreign_keys", "1", "rows could refer to what is not there")
}

fn require(connection: &Connection, pragma: &str, wanted: &str, why: &str) -> Result<(), StoreError> {
    let found: Value = connection.pragma_query_value(None, pragma, |row| row.get(0))?;
    let found = match found {
        Value::Text(text) => text,
        Value::Integer(number) => number.to_string(),
        Value::Null | Value::Real(_) | Value::Blob(_) => "unknown".to_owned(),
    };
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::Unsuitable(format!("SQLite's {pragma} is {found} and must be {wanted}: otherwise {why}")))
}
