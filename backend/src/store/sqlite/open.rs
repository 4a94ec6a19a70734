//! From a folder to connections: its lock, the checks before anything is trusted, migrations.

use super::checksum;
use super::reindex;
use super::row::Query as _;
use crate::planted::{self, Bug};
use core::fmt::Write as _;
use core::time::Duration;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The database in the data folder.
pub const DATABASE: &str = "hubbub.db";
const LOCK: &str = "hubbub.lock";

/// "Hubb": says whose database it is.
pub(super) const APPLICATION_ID: i32 = 0x4875_6262;

/// In order; a database's `user_version` says how many of them it has seen. What is published
/// here never changes: a correction is a migration of its own.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_initial.sql"),
    include_str!("../../../migrations/sqlite/0002_search.sql"),
    include_str!("../../../migrations/sqlite/0003_words.sql"),
    include_str!("../../../migrations/sqlite/0004_threads.sql"),
    include_str!("../../../migrations/sqlite/0005_saved.sql"),
    include_str!("../../../migrations/sqlite/0006_calls.sql"),
    include_str!("../../../migrations/sqlite/0007_sidebar.sql"),
    include_str!("../../../migrations/sqlite/0008_drafts.sql"),
    include_str!("../../../migrations/sqlite/0009_receipts.sql"),
    include_str!("../../../migrations/sqlite/0010_polls.sql"),
    include_str!("../../../migrations/sqlite/0011_schedule.sql"),
    include_str!("../../../migrations/sqlite/0012_status.sql"),
    include_str!("../../../migrations/sqlite/0013_later_answers.sql"),
    include_str!("../../../migrations/sqlite/0014_checksums.sql"),
    include_str!("../../../migrations/sqlite/0015_site_version.sql"),
    include_str!("../../../migrations/sqlite/0016_marked_unread.sql"),
];

/// How long a lock of another process is waited for.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Databases up to this size are checked from end to end at each start.
const CHECKED_BYTES: u64 = 32 * 1024 * 1024;

/// What a look at the start has found of the index of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Index {
    Whole,
    Damaged,
}

/// Why the store does not open; each a sentence for the person who runs the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {} cannot be written: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error(
        "the data folder {} is in use by another hubbub: stop it first, or choose another folder \
         with --data-dir",
        folder.display()
    )]
    InUse { folder: PathBuf },
    #[error(
        "the database {} is newer than this program (its version is {found}, this program knows \
         {known}): start a newer hubbub, or restore a backup of before the upgrade",
        path.display()
    )]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error(
        "the database {} is older than this program: start `hubbub serve` once, which brings it \
         up to date",
        path.display()
    )]
    Older { path: PathBuf },
    #[error("there is no database {}: start `hubbub serve` once, which makes it", path.display())]
    Missing { path: PathBuf },
    #[error("{} is not a database of Hubbub's", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "the database {} is damaged ({detail}): restore a backup with `hubbub backup restore`",
        path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    #[error("the database {} cannot be opened: {detail}", path.display())]
    Other { path: PathBuf, detail: String },
}

impl OpenError {
    pub(super) fn folder(folder: &Path, source: io::Error) -> Self {
        Self::Folder { folder: folder.to_owned(), source }
    }

    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let (path, detail) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, detail },
            _ => Self::Other { path, detail },
        }
    }
}

/// The right to write in a folder: one process has it at a time, and loses it when it ends,
/// however it ends.
#[derive(Debug)]
pub(super) struct FolderLock(#[expect(dead_code, reason = "held for as long as it lives")] File);

impl FolderLock {
    /// Makes the folder if need be.
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        make_folder(folder).map_err(|error| OpenError::folder(folder, error))?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(LOCK))
            .map_err(|error| OpenError::folder(folder, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { folder: folder.to_owned() }),
            Err(TryLockError::Error(error)) => Err(OpenError::folder(folder, error)),
        }
    }
}

/// Whether another process holds the folder.
pub(super) fn is_in_use(folder: &Path) -> bool {
    let lock = OpenOptions::new().write(true).open(folder.join(LOCK));
    lock.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Only for the account that runs the server: it will hold everybody's words.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes an empty file that nobody else on the machine reads. `SQLite` gives the files it makes
/// beside it the same rights.
pub(super) fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Opens the database for writing, makes it if there is none, and brings it up to date.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    let other = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    if !path.exists() {
        private_file(path).map_err(|error| OpenError::folder(folder_of(path), error))?;
    }
    let mut connection = Connection::open(path).map_err(other)?;
    set_up(&connection).map_err(other)?;
    let version = version(&connection, path)?;
    // Nothing is written before it is known to be ours and sound.
    let index = if version > 0 { quick_check(&connection, path)? } else { Index::Whole };
    connection.pragma_update(None, "journal_mode", "wal").map_err(other)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(other)?;
    connection.pragma_update(None, "cache_size", -4096).map_err(other)?;
    migrate(&mut connection, version).map_err(other)?;
    if is_checked(path) {
        checksum::check_all(&connection).map_err(|error| OpenError::Damaged {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
    }
    if index == Index::Damaged {
        tracing::warn!("the index of words is damaged: it is made anew while the server serves");
        let transaction = connection.transaction().map_err(other)?;
        reindex::begin(&transaction).and_then(|()| transaction.commit()).map_err(other)?;
    }
    // Word left while no server ran: whoever connects now reads how things are.
    connection.change("DELETE FROM outside", ()).map_err(other)?;
    Ok(connection)
}

/// Opens the database of a server that may be running, to write beside it.
pub(super) fn beside(path: &Path) -> Result<Connection, OpenError> {
    let connection = existing(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .pragma_update(None, "wal_autocheckpoint", 0)
        .map_err(|error| OpenError::sqlite(path, &error))?;
    if version(&connection, path)? < MIGRATIONS.len() {
        return Err(OpenError::Older { path: path.to_owned() });
    }
    Ok(connection)
}

/// Opens an existing database to read it.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = existing(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let other = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    // The words of the index, in their order. Of the connection, not of the database: it holds
    // nothing of its own.
    connection
        .execute_batch(
            "CREATE VIRTUAL TABLE temp.search_term \
             USING fts5vocab('main', 'search_words', 'instance')",
        )
        .map_err(other)?;
    connection.pragma_update(None, "query_only", true).map_err(other)?;
    connection.pragma_update(None, "cache_size", -1024).map_err(other)?;
    Ok(connection)
}

pub(super) fn existing(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing { path: path.to_owned() });
    }
    let other = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(other)?;
    set_up(&connection).map_err(other)?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(96);
    // Without it a statement is planned anew whenever a number bound to it changes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What a savepoint may have to undo stays out of temporary files.
    connection.pragma_update(None, "temp_store", "memory")?;
    let flush = if planted::has(Bug::NotFlushed) { "normal" } else { "full" };
    connection.pragma_update(None, "synchronous", flush)?;
    // On Apple's systems an ordinary flush does not reach the disk.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Tables are what their columns say even to SQL that somebody smuggled into the schema.
    connection.pragma_update(None, "trusted_schema", false)
}

/// How many migrations the database has seen; none when it is new.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<usize, OpenError> {
    let other = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let number = |pragma: &'static str| -> rusqlite::Result<i32> {
        connection.pragma_query_value(None, pragma, |row| row.get(0))
    };
    let application = number("application_id").map_err(other)?;
    let version = number("user_version").map_err(other)?;
    let tables: u32 = connection
        .first("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))
        .map_err(other)?
        .unwrap_or(0);
    if (application, version, tables) == (0, 0, 0) {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let found = usize::try_from(version).unwrap_or(0);
    if found > MIGRATIONS.len() {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: u32::try_from(found).unwrap_or(u32::MAX),
            known: u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX),
        });
    }
    Ok(found)
}

/// Whether the database is looked through for damage. A large one is looked through by
/// `hubbub backup verify`, since a start must not take long.
fn is_checked(path: &Path) -> bool {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len()) <= CHECKED_BYTES
}

/// Looks through a small database for damage.
fn quick_check(connection: &Connection, path: &Path) -> Result<Index, OpenError> {
    if !is_checked(path) {
        return Ok(Index::Whole);
    }
    let found = connection
        .all("PRAGMA quick_check(5)", (), |row| row.get::<_, String>(0))
        .map_err(|error| OpenError::sqlite(path, &error))?;
    if found == ["ok"] {
        return Ok(Index::Whole);
    }
    if found.iter().all(|line| reindex::is_about_index(line)) {
        return Ok(Index::Damaged);
    }
    let mut detail = String::new();
    for line in found.iter().flat_map(|line| line.lines()) {
        let separator = if detail.is_empty() { "" } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(detail, "{separator}{line}");
    }
    Err(OpenError::Damaged { path: path.to_owned(), detail })
}

/// Each migration in a transaction of its own: a kill in between leaves a whole one.
fn migrate(connection: &mut Connection, seen: usize) -> rusqlite::Result<()> {
    for (number, migration) in (1_i32..).zip(MIGRATIONS).skip(seen) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
