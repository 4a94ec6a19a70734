//! Whether the index of words is whole, and making it anew. Nothing is lost with it: it is made from
//! what the logs say.

use super::open::{self, DATABASE, FolderLock, OpenError};
use super::row::{Query as _, Sql};
use rusqlite::Connection;
use std::path::Path;

/// Has the index of the database in `folder` made anew, and answers of how many messages. They are
/// taken in while the server serves. No server may be using the folder.
pub fn reindex(folder: &Path) -> Result<u64, OpenError> {
    let lock = FolderLock::take(folder)?;
    let path = folder.join(DATABASE);
    if !path.exists() {
        return Err(OpenError::Missing { path });
    }
    let failed = |error: rusqlite::Error| OpenError::sqlite(&path, &error);
    let mut connection = open::writer(&path)?;
    let transaction = connection.transaction().map_err(failed)?;
    begin(&transaction).map_err(failed)?;
    let messages = count(&transaction, "SELECT count(*) FROM message").map_err(failed)?;
    transaction.commit().map_err(failed)?;
    drop(connection);
    drop(lock);
    Ok(messages)
}

/// Empties it, so that all messages are taken in as those of before there was one.
pub(super) fn begin(connection: &Connection) -> rusqlite::Result<()> {
    let words = connection.first(
        "SELECT sql FROM sqlite_schema WHERE name = 'search_words'",
        (),
        |row| row.get::<_, String>(0),
    )?;
    // Made anew instead of emptied: what is damaged cannot be asked to empty itself.
    if let Some(words) = words {
        connection.execute_batch("DROP TABLE search_words")?;
        connection.execute_batch(&words)?;
        connection
            .change("INSERT INTO search_words (search_words, rank) VALUES ('automerge', 0)", ())?;
    }
    connection.execute_batch(
        "DELETE FROM search_message; DELETE FROM search_waiting; DELETE FROM search_room; \
         DELETE FROM search_state; \
         INSERT INTO search_state (only_row, first, earlier, next) \
         SELECT 1, count(*), count(*), (SELECT max(id) FROM message) FROM message;",
    )
}

/// Whether a line of `SQLite`'s own checks is about the index of words alone.
pub(super) fn is_about_index(line: &str) -> bool {
    line.contains("search_words")
}

/// What is missing in it, of so many messages that there are.
pub(super) fn gaps(connection: &Connection, messages: u64) -> rusqlite::Result<Vec<String>> {
    let is_there = connection.first(
        "SELECT 1 FROM sqlite_schema, pragma_table_info('message') AS message \
         WHERE sqlite_schema.name = 'search_message' AND message.name = 'deleted_at'",
        (),
        |_| Ok(()),
    )?;
    if is_there.is_none() {
        // Of an older version: the index is made when the database is brought up to date.
        return Ok(Vec::new());
    }
    let mut gaps = Vec::new();
    let known = count(connection, "SELECT count(*) FROM search_message")?
        + count(
            connection,
            "SELECT count(*) FROM search_waiting \
             WHERE id NOT IN (SELECT id FROM search_message)",
        )?
        + count(
            connection,
            "SELECT count(*) FROM message WHERE id <= (SELECT next FROM search_state)",
        )?;
    if known < messages {
        gaps.push(format!("{} messages are missing in it", messages - known));
    }
    let wordless = count(
        connection,
        "SELECT count(*) FROM search_message \
         JOIN search_room ON search_room.number = search_message.room \
         JOIN message ON message.room = search_room.room AND message.seq = search_message.seq \
         WHERE message.deleted_at IS NULL \
         AND search_message.id NOT IN (SELECT id FROM search_waiting) \
         AND search_message.id NOT IN (SELECT id FROM search_words_docsize)",
    )?;
    if wordless > 0 {
        gaps.push(format!("the words of {wordless} messages are missing in it"));
    }
    Ok(gaps)
}

fn count(connection: &Connection, sql: &'static str) -> rusqlite::Result<u64> {
    let found = connection.first(sql, (), |row| row.get::<_, Sql<u64>>(0))?;
    Ok(found.map_or(0, |Sql(number)| number))
}
