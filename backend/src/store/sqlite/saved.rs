//! What a person saved, for themselves alone.

use super::log::room_of_member;
use super::message;
use super::personal::tell;
use super::row::{NOT_FOUND, Query as _, Sql};
use super::writer::Write;
use crate::store::{StoreError, WriteError};
use rusqlite::Connection;
use shared::error::ErrorCode;
use shared::event::{Saved, UserEvent};
use shared::id::{RoomId, Seq, UserId};
use shared::limit;
use shared::message::Message;

pub(super) fn save(
    write: &mut Write<'_>,
    user: UserId,
    room: RoomId,
    message: Seq,
) -> Result<(), WriteError> {
    if room_of_member(write.connection, user, room)?.is_none() {
        return Err(NOT_FOUND);
    }
    match message::find(write.connection, room, message)? {
        Some(Message { deleted: None, .. }) => {}
        Some(_) | None => return Err(NOT_FOUND),
    }
    let known = write.connection.first(
        "SELECT 1 FROM saved WHERE user = ?1 AND room = ?2 AND message = ?3",
        (Sql(user), Sql(room), Sql(message)),
        |_| Ok(()),
    )?;
    if known.is_some() {
        return Ok(());
    }
    let saved = write.connection.first(
        "SELECT count(*) FROM saved WHERE user = ?1",
        (Sql(user),),
        |row| row.get::<_, u32>(0),
    )?;
    if saved.and_then(|saved| usize::try_from(saved).ok()).is_some_and(|all| all >= limit::SAVED) {
        return Err(ErrorCode::TooMany { limit: limit::SAVED }.into());
    }
    tell(write, user, UserEvent::MessageSaved { room, message })?;
    write.connection.change(
        "INSERT INTO saved (user, place, room, message) \
         SELECT id, version, ?2, ?3 FROM user WHERE id = ?1",
        (Sql(user), Sql(room), Sql(message)),
    )?;
    Ok(())
}

pub(super) fn unsave(
    write: &mut Write<'_>,
    user: UserId,
    room: RoomId,
    message: Seq,
) -> Result<(), WriteError> {
    let gone = write.connection.change(
        "DELETE FROM saved WHERE user = ?1 AND room = ?2 AND message = ?3",
        (Sql(user), Sql(room), Sql(message)),
    )?;
    if gone == 0 { Ok(()) } else { tell(write, user, UserEvent::MessageUnsaved { room, message }) }
}

/// The places of everything saved in rooms that the user is in, the last saved first.
pub(super) fn places(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<Saved>> {
    connection.all(
        "SELECT saved.room, saved.message FROM saved \
         JOIN membership ON membership.user = saved.user AND membership.room = saved.room \
         WHERE saved.user = ?1 ORDER BY saved.place DESC",
        (Sql(user),),
        |row| Ok(Saved { room: row.get::<_, Sql<_>>(0)?.0, message: row.get::<_, Sql<_>>(1)?.0 }),
    )
}

/// What was saved before `before`, the last saved first, each with its place in that order.
pub(super) fn page(
    connection: &Connection,
    user: UserId,
    before: u64,
    limit: u32,
) -> Result<Vec<(Message, u64)>, StoreError> {
    let found = connection.all(
        "SELECT saved.room, saved.message, saved.place FROM saved \
         JOIN membership ON membership.user = saved.user AND membership.room = saved.room \
         WHERE saved.user = ?1 AND saved.place < ?2 ORDER BY saved.place DESC LIMIT ?3",
        (Sql(user), Sql(before), limit),
        |row| {
            let place = row.get::<_, Sql<u64>>(2)?.0;
            Ok((row.get::<_, Sql<RoomId>>(0)?.0, row.get::<_, Sql<Seq>>(1)?.0, place))
        },
    )?;
    let mut messages = Vec::with_capacity(found.len());
    for (room, seq, place) in found {
        messages.extend(message::find(connection, room, seq)?.map(|message| (message, place)));
    }
    Ok(messages)
}
