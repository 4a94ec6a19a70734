//! Copies of the database: taken while a server writes, looked through, and put back.

use super::log::event;
use super::open::{self, DATABASE, FolderLock, OpenError};
use super::reindex;
use super::row::{Query as _, RoomRow, Sql, room_columns};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use shared::id::{Epoch, RoomId};
use shared::message::Posted;
use shared::time::Timestamp;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use uuid::Uuid;

/// A database that is being made ready; of no use when it is found later.
const UNFINISHED: &str = "hubbub.db.restoring";
/// A database that is ready to take its place: whoever finds it finishes that.
const READY: &str = "hubbub.db.restored";
/// Then the time of the restore in milliseconds.
const REPLACED: &str = "hubbub.db.replaced-";

/// How far versions are moved on by a restore: beyond all that clients may have seen since.
const AHEAD: i64 = 1 << 32;

/// What was wrong with a backup, or in the way of making or restoring one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{} is there already", path.display())]
    Exists { path: PathBuf },
    #[error("{} cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} cannot be copied: {detail}", path.display())]
    Copy { path: PathBuf, detail: String },
    #[error("{} is not sound: {}", path.display(), problems.join("; "))]
    Unsound { path: PathBuf, problems: Vec<String> },
    #[error(
        "the index of words in {} is damaged, and nothing else is ({}): stop the server and run \
         `hubbub reindex`; until then searches may find nothing",
        path.display(),
        problems.join("; ")
    )]
    Index { path: PathBuf, problems: Vec<String> },
}

/// What a sound database holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub people: u64,
    pub rooms: u64,
    pub events: u64,
    pub messages: u64,
    /// When the newest event was.
    pub last_at: Option<Timestamp>,
}

/// Copies the database in `folder` into the new file `to`, as it is at one moment. A server may
/// be writing: it is not held up.
pub fn copy(folder: &Path, to: &Path) -> Result<(), BackupError> {
    let path = folder.join(DATABASE);
    let source = open::existing(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    open::version(&source, &path)?;
    if to.exists() {
        return Err(BackupError::Exists { path: to.to_owned() });
    }
    let unfinished = with_suffix(to, ".unfinished");
    let copied = copy_pages(&source, &unfinished);
    // Under its own name there is never anything but a whole copy.
    copied
        .and_then(|()| rename_durably(&unfinished, to))
        .inspect_err(|_| drop(fs::remove_file(&unfinished)))
}

fn copy_pages(source: &Connection, to: &Path) -> Result<(), BackupError> {
    let write = |source: io::Error| BackupError::Write { path: to.to_owned(), source };
    let failed = |error: rusqlite::Error| BackupError::Copy {
        path: to.to_owned(),
        detail: error.to_string(),
    };
    if to.exists() {
        fs::remove_file(to).map_err(write)?;
    }
    open::private_file(to).map_err(write)?;
    let mut target = Connection::open(to).map_err(failed)?;
    let backup = Backup::new(source, &mut target).map_err(failed)?;
    // All at once: in steps it would begin anew with each commit of the server's.
    let result = backup.step(-1).map_err(failed)?;
    drop(backup);
    if result != StepResult::Done {
        return Err(BackupError::Copy {
            path: to.to_owned(),
            detail: "the database is busy; try again".into(),
        });
    }
    // One file that can be read anywhere, without a log beside it.
    target.pragma_update(None, "journal_mode", "delete").map_err(failed)?;
    drop(target);
    File::open(to).and_then(|file| file.sync_all()).map_err(write)
}

/// Looks through a database from end to end, without changing it: its pages, that every log
/// is whole, and that what follows from the logs is what they say.
pub fn verify(path: &Path) -> Result<Contents, BackupError> {
    let Found { contents, index, .. } = examine(path)?;
    if index.is_empty() {
        Ok(contents)
    } else {
        Err(BackupError::Index { path: path.to_owned(), problems: index })
    }
}

/// What a look from end to end has found.
#[derive(Debug, Default)]
struct Found {
    contents: Contents,
    problems: Vec<String>,
    /// With the index of words, which can be made anew.
    index: Vec<String>,
}

/// The same, for which a damaged index is no reason to refuse.
fn examine(path: &Path) -> Result<Found, BackupError> {
    let connection = open::existing(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if open::version(&connection, path)? == 0 {
        return Err(OpenError::Foreign { path: path.to_owned() }.into());
    }
    // One moment, should a server be writing.
    let checked = connection.unchecked_transaction().and_then(|moment| check(&moment));
    let unsound = |problems| BackupError::Unsound { path: path.to_owned(), problems };
    match checked {
        Ok(found) if found.problems.is_empty() => Ok(found),
        Ok(found) => Err(unsound(found.problems)),
        Err(error) => Err(unsound(vec![error.to_string()])),
    }
}

fn check(connection: &Connection) -> rusqlite::Result<Found> {
    let text = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let lines = connection.all("PRAGMA integrity_check(10)", (), text)?.into_iter();
    let (index, problems) =
        lines.filter(|line| line != "ok").partition(|line| reindex::is_about_index(line));
    let mut found = Found { problems, index, ..Found::default() };
    if !found.problems.is_empty() {
        // What rows of damaged pages say is not worth telling.
        return Ok(found);
    }
    let problems = &mut found.problems;
    let unbound = connection.all("PRAGMA foreign_key_check", (), text)?;
    problems.extend(unbound.into_iter().map(|table| format!("a row of {table} refers to none")));
    let rooms =
        connection.all(concat!("SELECT ", room_columns!(), " FROM room"), (), RoomRow::read)?;
    let contents = &mut found.contents;
    contents.people = count(connection, "SELECT count(*) FROM user")?;
    contents.rooms = rooms.len().try_into().unwrap_or(u64::MAX);
    for room in &rooms {
        check_room(connection, room, contents, problems)?;
    }
    if contents.events != count(connection, "SELECT count(*) FROM event")? {
        problems.push("there are events of no room".into());
    }
    if contents.messages != count(connection, "SELECT count(*) FROM message")? {
        problems.push("there are messages without an event".into());
    }
    found.index.extend(reindex::gaps(connection, found.contents.messages)?);
    Ok(found)
}

fn count(connection: &Connection, sql: &'static str) -> rusqlite::Result<u64> {
    let found = connection.first(sql, (), |row| row.get::<_, Sql<u64>>(0))?;
    Ok(found.map_or(0, |Sql(number)| number))
}

/// Reads the room's log from its first event on.
fn check_room(
    connection: &Connection,
    room: &RoomRow,
    contents: &mut Contents,
    problems: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let id = room.room.id;
    let before = problems.len();
    let mut last = 0;
    let mut last_at = Timestamp(i64::MIN);
    // All, and those that stand in the room itself: threads are beside its count.
    let (mut messages, mut entries) = (0, 0);
    let mut statement = connection.prepare_cached(
        "SELECT event.seq, event.at, event.actor, event.body, event.checksum, message.ordinal FROM event \
         LEFT JOIN message ON message.room = event.room AND message.seq = event.seq \
         WHERE event.room = ?1 ORDER BY event.seq",
    )?;
    let mut rows = statement.query((Sql(id),))?;
    let read = event(id);
    while let Some(row) = rows.next()? {
        let event = match read(row) {
            Ok(event) => event,
            Err(error) => {
                problems.push(format!("room {id}: an event cannot be read: {error}"));
                return Ok(());
            }
        };
        let ordinal = row.get::<_, Option<Sql<u64>>>(5)?.map(|Sql(ordinal)| ordinal);
        if event.seq.0 != last + 1 {
            problems.push(format!("room {id}: after event {last} comes {}", event.seq));
            return Ok(());
        }
        last = event.seq.0;
        if event.at < last_at {
            problems.push(format!("room {id}: time runs back at event {last}"));
        }
        last_at = event.at;
        messages += u64::from(event.posted().is_some());
        entries += u64::from(event.posted().is_some_and(Posted::is_entry));
        if ordinal != event.posted().map(|_| entries) {
            problems.push(format!("room {id}: event {last} and its message disagree"));
        }
        if problems.len() > before {
            return Ok(());
        }
    }
    if last != room.head.0 {
        problems.push(format!("room {id}: the log ends at {last}, not at {}", room.head));
    }
    if entries != room.messages {
        problems.push(format!("room {id}: {entries} messages are counted as {}", room.messages));
    }
    check_members(connection, room, problems)?;
    contents.events += last;
    contents.messages += messages;
    contents.last_at = contents.last_at.max((last > 0).then_some(last_at));
    Ok(())
}

fn check_members(
    connection: &Connection,
    room: &RoomRow,
    problems: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let id = room.room.id;
    let found = connection.first(
        "SELECT count(*), coalesce(sum(role = 2), 0), coalesce(max(read), 0) \
         FROM membership WHERE room = ?1",
        (Sql(id),),
        |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?, row.get::<_, Sql<u64>>(2)?)),
    )?;
    let Some((members, owners, Sql(read))) = found else { return Ok(()) };
    if (members, owners) != (room.room.members, room.owners) {
        problems.push(format!("room {id}: its members are counted wrongly"));
    }
    if read > room.head.0 {
        problems.push(format!("room {id}: somebody has read beyond its end"));
    }
    Ok(())
}

/// Puts the database in the file `from` in the place of the one in `folder`, which no server may
/// be using. The old one stays beside it under the name that is answered, if there was one. Logs
/// get new identities, so that clients which have seen more start anew.
pub fn restore(folder: &Path, from: &Path) -> Result<(Contents, Option<PathBuf>), BackupError> {
    let lock = FolderLock::take(folder)?;
    let Found { contents, index, .. } = examine(from)?;
    let unfinished = folder.join(UNFINISHED);
    let write = |source: io::Error| BackupError::Write { path: unfinished.clone(), source };
    // Through SQLite, since a database that was in use has a log beside it.
    let source = open::existing(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    copy_pages(&source, &unfinished)?;
    drop(source);
    renew(&unfinished, &index)?;
    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(write)?;
    rename_durably(&unfinished, &folder.join(READY))?;
    let replaced = finish_restore(folder)?;
    drop(lock);
    Ok((contents, replaced))
}

/// Makes the copy another database than the one it was, and brings it up to date; its index of words
/// is made anew where something is wrong with it.
fn renew(path: &Path, index: &[String]) -> Result<(), BackupError> {
    let failed = |error: rusqlite::Error| BackupError::from(OpenError::sqlite(path, &error));
    let mut connection = open::writer(path)?;
    let transaction = connection.transaction().map_err(failed)?;
    let rooms = transaction
        .all("SELECT id FROM room", (), |row| row.get::<_, Sql<RoomId>>(0))
        .map_err(failed)?;
    for room in rooms {
        transaction
            .change(
                "UPDATE room SET epoch = ?2 WHERE id = ?1",
                (room, Sql(Epoch::from_uuid(Uuid::new_v4()))),
            )
            .map_err(failed)?;
    }
    transaction
        .change("UPDATE site SET directory = directory + ?1, version = version + ?1", (AHEAD,))
        .map_err(failed)?;
    transaction
        .change("UPDATE user SET directory = directory + ?1, version = version + ?1", (AHEAD,))
        .map_err(failed)?;
    if !index.is_empty() {
        reindex::begin(&transaction).map_err(failed)?;
    }
    // A link that was used since must not open a second time.
    transaction.change("DELETE FROM reset", ()).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "delete").map_err(failed)
}

/// Does what is left of a restore that has been made ready, if one has.
pub(super) fn finish_restore(folder: &Path) -> Result<Option<PathBuf>, BackupError> {
    let ready = folder.join(READY);
    if !ready.exists() {
        return Ok(None);
    }
    let path = folder.join(DATABASE);
    // Its own time, so that what goes on after a kill uses the same name.
    let made = fs::metadata(&ready)
        .and_then(|metadata| metadata.modified())
        .map_err(|source| BackupError::Read { path: ready.clone(), source })?;
    let made = made.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let replaced = folder.join(format!("{REPLACED}{made}"));
    let mut moved = None;
    // The log goes with its database: under that name SQLite finds it again.
    for (suffix, keep) in [("", true), ("-wal", true), ("-shm", false)] {
        let from = with_suffix(&path, suffix);
        if !from.exists() {
            continue;
        }
        if keep {
            rename_durably(&from, &with_suffix(&replaced, suffix))?;
            moved = Some(replaced.clone());
        } else {
            fs::remove_file(&from).map_err(|source| BackupError::Write { path: from, source })?;
        }
    }
    rename_durably(&ready, &path)?;
    Ok(moved)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn rename_durably(from: &Path, to: &Path) -> Result<(), BackupError> {
    let renamed = fs::rename(from, to).and_then(|()| {
        // The name is durable only once the folder is.
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
    });
    renamed.map_err(|source| BackupError::Write { path: to.to_owned(), source })
}
