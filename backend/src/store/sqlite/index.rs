//! The index of words: what it has taken in, and what waits. A commit of messages only notes
//! which they are; they are taken in by the dozen, a moment later, since the index costs as much
//! for one as for many. Until then a search reads them one by one, so that they are found at once.

use super::message;
use super::row::{Query as _, Sql};
use super::writer::Write;
use crate::search::query::Has;
use crate::search::unit::{keys, units};
use crate::store::{StoreError, WriteError};
use core::fmt::Write as _;
use rusqlite::Connection;
use shared::id::{MessageId, RoomId, Seq, UserId};
use shared::message::MessageBody;

/// Messages taken in at once: the fewest, under a millisecond of the writer's time, and the most,
/// when people write faster than that.
pub(super) const SLICE: u32 = 64;
const LARGEST_SLICE: u32 = 1_024;
/// Of what waits, one part in so many is taken at once: the more waits, the faster it goes.
const PART: u32 = 4;
/// Messages of before there was an index, at once.
const EARLIER_SLICE: u32 = 256;
/// Pages of the index that merging writes for each slice of the fewest.
const MERGE_PAGES: u32 = 16;

/// Notes a message that has just been written.
pub(super) fn posted(connection: &Connection, room: RoomId, seq: Seq) -> rusqlite::Result<()> {
    connection.change(
        "INSERT INTO search_waiting (id, room, seq) SELECT 1 + max( \
         coalesce((SELECT max(id) FROM search_waiting), 0), \
         coalesce((SELECT max(id) FROM search_message), 0), first), ?1, ?2 FROM search_state",
        (Sql(room), Sql(seq)),
    )?;
    Ok(())
}

/// What the message said is found no longer; it waits to be taken in anew, in its old place.
pub(super) fn changed(connection: &Connection, room: RoomId, seq: Seq) -> rusqlite::Result<()> {
    let id = connection.first(
        "SELECT search_message.id FROM search_room \
         JOIN search_message ON search_message.room = search_room.number \
         WHERE search_room.room = ?1 AND search_message.seq = ?2",
        (Sql(room), Sql(seq)),
        |row| row.get::<_, i64>(0),
    )?;
    // One that waits already, or is of before there was an index, is read as it is by then.
    let Some(id) = id else { return Ok(()) };
    connection.change("DELETE FROM search_words WHERE rowid = ?1", (id,))?;
    connection.change(
        "INSERT INTO search_waiting (id, room, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        (id, Sql(room), Sql(seq)),
    )?;
    Ok(())
}

/// How many wait.
pub(super) fn waiting(connection: &Connection) -> rusqlite::Result<u32> {
    let found =
        connection.first("SELECT count(*) FROM search_waiting", (), |row| row.get::<_, u32>(0))?;
    Ok(found.unwrap_or(0))
}

/// The size of its pages.
pub(super) fn bytes(connection: &Connection) -> Result<u64, StoreError> {
    let found = connection.first(
        "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE 'search%' AND aggregate = TRUE",
        (),
        |row| row.get::<_, Sql<u64>>(0),
    )?;
    Ok(found.map_or(0, |Sql(bytes)| bytes))
}

/// Whether there are messages of before the index that have not been taken in.
pub(super) fn has_earlier(connection: &Connection) -> rusqlite::Result<bool> {
    let found =
        connection.first("SELECT 1 FROM search_state WHERE next IS NOT NULL", (), |_| Ok(()))?;
    Ok(found.is_some())
}

/// Takes in some of those that wait, oldest first, and answers how many.
pub(super) fn take_waiting(write: &mut Write<'_>) -> Result<u32, WriteError> {
    let connection = write.connection;
    let size = (waiting(connection)? / PART).clamp(SLICE, LARGEST_SLICE);
    let slice = connection.all(
        "SELECT id, room, seq FROM search_waiting ORDER BY id LIMIT ?1",
        (size,),
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Sql<_>>(1)?.0, row.get::<_, Sql<_>>(2)?.0)),
    )?;
    for (id, room, seq) in &slice {
        take(connection, *id, *room, *seq)?;
    }
    if let Some((last, _, _)) = slice.last() {
        connection.change("DELETE FROM search_waiting WHERE id <= ?1", (last,))?;
        merge(connection, MERGE_PAGES * size / SLICE)?;
    }
    Ok(u32::try_from(slice.len()).unwrap_or(u32::MAX))
}

/// Takes in some of before the index, newest first, and answers how many.
pub(super) fn take_earlier(write: &mut Write<'_>) -> Result<u32, WriteError> {
    let connection = write.connection;
    let state = connection.first(
        "SELECT earlier, next FROM search_state WHERE next IS NOT NULL",
        (),
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Sql<MessageId>>(1)?)),
    )?;
    let Some((mut id, next)) = state else { return Ok(0) };
    // One more than is taken says where to go on.
    let mut slice = connection.all(
        "SELECT id, room, seq FROM message WHERE id <= ?1 ORDER BY id DESC LIMIT ?2",
        (next, EARLIER_SLICE + 1),
        |row| {
            let id: Sql<MessageId> = row.get(0)?;
            Ok((id, row.get::<_, Sql<_>>(1)?.0, row.get::<_, Sql<_>>(2)?.0))
        },
    )?;
    let is_last = slice.len() <= usize::try_from(EARLIER_SLICE).unwrap_or(usize::MAX);
    let next = if is_last { None } else { slice.pop().map(|(id, _, _)| id) };
    id -= i64::try_from(slice.len()).unwrap_or(0);
    connection.change("UPDATE search_state SET earlier = ?1, next = ?2", (id, next))?;
    // In rising order: it is how the index takes them fastest.
    for (at, (_, room, seq)) in (1_i64..).zip(slice.iter().rev()) {
        take(connection, id + at, *room, *seq)?;
    }
    merge(connection, MERGE_PAGES * EARLIER_SLICE / SLICE)?;
    Ok(u32::try_from(slice.len()).unwrap_or(u32::MAX))
}

/// Brings some of the index's parts together, so that they stay few.
fn merge(connection: &Connection, pages: u32) -> rusqlite::Result<()> {
    connection
        .change("INSERT INTO search_words (search_words, rank) VALUES ('merge', ?1)", (pages,))?;
    Ok(())
}

/// Takes one message in, as it is now.
fn take(connection: &Connection, id: i64, room: RoomId, seq: Seq) -> Result<(), WriteError> {
    let number = number(connection, room)?;
    let added = connection.change(
        "INSERT INTO search_message (id, room, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        (id, number, Sql(seq)),
    )?;
    if added == 0 {
        let place = connection.first(
            "SELECT 1 FROM search_message WHERE id = ?1 AND room = ?2 AND seq = ?3",
            (id, number, Sql(seq)),
            |_| Ok(()),
        )?;
        if place.is_none() {
            // It has another place already.
            return Ok(());
        }
        connection.change("DELETE FROM search_words WHERE rowid = ?1", (id,))?;
    }
    let message = match message::find(connection, room, seq) {
        Ok(Some(message)) => message,
        Ok(None) => return Ok(()),
        // It is found by nothing; the others are not kept waiting.
        Err(StoreError::Damaged(damage)) => {
            tracing::error!(damage, "a message is left out of the index of words");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    // A deleted one keeps its place, and is found by nothing.
    let Some(text) = message.body.as_ref().map(MessageBody::as_str) else { return Ok(()) };
    let mut keys = keys(&units(text));
    // Writing to a string cannot fail.
    let _ = write!(keys, " {} {}", room_key(number), author_key(message.author));
    for has in [Has::Link, Has::Code] {
        if has.is_in(text) {
            let _ = write!(keys, " {}", has_key(has));
        }
    }
    connection.change("INSERT INTO search_words (rowid, keys) VALUES (?1, ?2)", (id, keys))?;
    Ok(())
}

/// No key of a text holds a `_`.
pub(super) fn room_key(number: i64) -> String {
    format!("_r{number}")
}

/// Enough of the id that others hardly share it; who it was is read from the message.
pub(super) fn author_key(author: UserId) -> String {
    let (_, low) = author.as_uuid().as_u64_pair();
    format!("_a{low:x}")
}

pub(super) const fn has_key(has: Has) -> &'static str {
    match has {
        Has::Link => "_link",
        Has::Code => "_code",
    }
}

fn number(connection: &Connection, room: RoomId) -> rusqlite::Result<i64> {
    let known = |connection: &Connection| {
        connection.first("SELECT number FROM search_room WHERE room = ?1", (Sql(room),), |row| {
            row.get::<_, i64>(0)
        })
    };
    if let Some(number) = known(connection)? {
        return Ok(number);
    }
    connection.change("INSERT INTO search_room (room) VALUES (?1)", (Sql(room),))?;
    Ok(connection.last_insert_rowid())
}
