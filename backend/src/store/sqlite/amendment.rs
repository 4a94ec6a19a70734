//! What follows from changes of messages: edits, deletions, reactions, pins.

use super::checksum::Summed;
use super::index;
use super::log;
use super::poll;
use super::row::{Query as _, Sql};
use crate::store::{StoreError, WriteError};
use rusqlite::Connection;
use shared::event::RoomEvent;
use shared::id::{RoomId, Seq};
use shared::message::Emoji;

pub(super) fn edited(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
) -> Result<(), WriteError> {
    connection.change(
        "INSERT INTO edit (room, message, seq) VALUES (?1, ?2, ?3)",
        (Sql(event.room), Sql(message), Sql(event.seq)),
    )?;
    connection.change(
        "UPDATE message SET edited = ?3, revised = ?3 WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(message), Sql(event.seq)),
    )?;
    index::changed(connection, event.room, message)?;
    Ok(())
}

/// The one rewrite a log knows: the text goes, and that of all edits with it; what is left says
/// that there was something.
pub(super) fn deleted(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
) -> Result<(), WriteError> {
    blank(connection, event.room, message)?;
    let edits = connection.all(
        "SELECT seq FROM edit WHERE room = ?1 AND message = ?2",
        (Sql(event.room), Sql(message)),
        |row| row.get::<_, Sql<Seq>>(0),
    )?;
    for Sql(edit) in edits {
        blank(connection, event.room, edit)?;
    }
    connection.change(
        "DELETE FROM reaction WHERE room = ?1 AND message = ?2",
        (Sql(event.room), Sql(message)),
    )?;
    connection.change(
        "DELETE FROM pin WHERE room = ?1 AND message = ?2",
        (Sql(event.room), Sql(message)),
    )?;
    poll::forget(connection, event.room, message)?;
    connection.change(
        "UPDATE message SET revised = ?3, deleted_by = ?4, deleted_at = ?5, reactions = 0, \
         pinned = 0 WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(message), Sql(event.seq), Sql(event.actor), Sql(event.at)),
    )?;
    index::changed(connection, event.room, message)?;
    Ok(())
}

/// Takes the words out of an event.
fn blank(connection: &Connection, room: RoomId, seq: Seq) -> Result<(), WriteError> {
    let found = connection.first(
        "SELECT seq, at, actor, body, checksum FROM event WHERE room = ?1 AND seq = ?2",
        (Sql(room), Sql(seq)),
        log::event(room),
    )?;
    let Some(mut found) = found else { return Ok(()) };
    found.event.forget_words();
    let text = serde_json::to_string(&found.event)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    connection.change(
        "UPDATE event SET body = ?3, checksum = ?4 WHERE room = ?1 AND seq = ?2",
        (Sql(room), Sql(seq), &text, Summed::of(&found, &text).checksum()),
    )?;
    Ok(())
}

pub(super) fn reacted(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
    emoji: &Emoji,
) -> Result<(), WriteError> {
    let added = connection.change(
        "INSERT INTO reaction (room, message, emoji, user, first, seq) \
         VALUES (?1, ?2, ?3, ?4, coalesce((SELECT first FROM reaction \
         WHERE room = ?1 AND message = ?2 AND emoji = ?3 LIMIT 1), ?5), ?5) \
         ON CONFLICT DO NOTHING",
        (Sql(event.room), Sql(message), emoji.as_str(), Sql(event.actor), Sql(event.seq)),
    )?;
    connection.change(
        "UPDATE message SET revised = ?3, reactions = reactions + ?4 \
         WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(message), Sql(event.seq), added > 0),
    )?;
    Ok(())
}

pub(super) fn reaction_removed(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
    emoji: &Emoji,
) -> Result<(), WriteError> {
    let removed = connection.change(
        "DELETE FROM reaction WHERE room = ?1 AND message = ?2 AND emoji = ?3 AND user = ?4",
        (Sql(event.room), Sql(message), emoji.as_str(), Sql(event.actor)),
    )?;
    connection.change(
        "UPDATE message SET revised = ?3, reactions = reactions - ?4 \
         WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(message), Sql(event.seq), removed > 0),
    )?;
    Ok(())
}

pub(super) fn pinned(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
) -> Result<(), WriteError> {
    connection.change(
        "INSERT OR REPLACE INTO pin (room, message, by, at, seq) VALUES (?1, ?2, ?3, ?4, ?5)",
        (Sql(event.room), Sql(message), Sql(event.actor), Sql(event.at), Sql(event.seq)),
    )?;
    connection.change(
        "UPDATE message SET revised = ?3, pinned = 1 WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(message), Sql(event.seq)),
    )?;
    Ok(())
}

pub(super) fn unpinned(
    connection: &Connection,
    event: &RoomEvent,
    message: Seq,
) -> Result<(), WriteError> {
    connection.change(
        "DELETE FROM pin WHERE room = ?1 AND message = ?2",
        (Sql(event.room), Sql(message)),
    )?;
    connection.change(
        "UPDATE message SET revised = ?3, pinned = 0 WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(message), Sql(event.seq)),
    )?;
    Ok(())
}
