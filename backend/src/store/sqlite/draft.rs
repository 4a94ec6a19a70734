//! What people typed and have not sent. One that was sent or emptied leaves an empty row behind, so
//! that an older text, from a device that was away, does not come back.

use super::log::room_of_member;
use super::personal::tell;
use super::row::{NOT_FOUND, Query as _, Sql};
use super::writer::Write;
use crate::store::WriteError;
use rusqlite::{Connection, Row};
use shared::draft::Draft;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, UserEvent};
use shared::id::{RoomId, Seq, UserId};
use shared::limit;
use shared::message::Posted;

/// Empty rows older than the oldest text that may still come are of no use.
const FORGOTTEN_MILLIS: i64 = 31 * 24 * 3_600_000;

pub(super) fn keep(write: &mut Write<'_>, user: UserId, draft: Draft) -> Result<(), WriteError> {
    if room_of_member(write.connection, user, draft.room)?.is_none() {
        return Err(NOT_FOUND);
    }
    let known = find(write.connection, user, draft.room, draft.thread)?;
    if let Some(known) = &known {
        let same = known.text == draft.text && known.reply_to == draft.reply_to;
        if known.at > draft.at {
            // Whoever sent this learns what stands.
            return if same { Ok(()) } else { announce(write, user, known.clone()) };
        }
        if same {
            return Ok(());
        }
    } else if draft.text.is_empty() {
        return Ok(());
    }
    let is_new = known.is_none_or(|known| known.text.is_empty());
    if is_new && !draft.text.is_empty() && count(write.connection, user)? >= limit::DRAFTS {
        return Err(ErrorCode::TooMany { limit: limit::DRAFTS }.into());
    }
    write.connection.change(
        "DELETE FROM draft WHERE user = ?1 AND text = '' AND at < ?2",
        (Sql(user), Sql(write.now.plus_millis(-FORGOTTEN_MILLIS))),
    )?;
    write.connection.change(
        "INSERT OR REPLACE INTO draft (user, room, thread, text, reply_to, at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            Sql(user),
            Sql(draft.room),
            Sql(draft.thread.unwrap_or(Seq::ZERO)),
            &draft.text,
            draft.reply_to.map(Sql),
            Sql(draft.at),
        ),
    )?;
    announce(write, user, draft)
}

/// What was typed of a message that is posted now is no draft any more: all of it, or as much as had
/// come from the device it was typed on.
pub(super) fn sent(
    write: &mut Write<'_>,
    event: &RoomEvent,
    said: &Posted,
) -> Result<(), WriteError> {
    let Some(draft) = find(write.connection, event.actor, event.room, said.thread)? else {
        return Ok(());
    };
    let text = draft.text.trim();
    let is_this = said.body.as_ref().is_some_and(|body| body.as_str().starts_with(text));
    if text.is_empty() || !is_this {
        return Ok(());
    }
    write.connection.change(
        "UPDATE draft SET text = '', reply_to = NULL, at = max(at, ?4) \
         WHERE user = ?1 AND room = ?2 AND thread = ?3",
        (Sql(event.actor), Sql(event.room), Sql(said.thread.unwrap_or(Seq::ZERO)), Sql(write.now)),
    )?;
    announce(write, event.actor, Draft { text: String::new(), ..draft })
}

/// What the membership's end takes with it.
pub(super) fn forget(connection: &Connection, user: UserId, room: RoomId) -> rusqlite::Result<()> {
    connection.change("DELETE FROM draft WHERE user = ?1 AND room = ?2", (Sql(user), Sql(room)))?;
    Ok(())
}

pub(super) fn all(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<Draft>> {
    connection.all(
        "SELECT room, thread, text, reply_to, at FROM draft WHERE user = ?1 AND text <> ''",
        (Sql(user),),
        draft,
    )
}

fn find(
    connection: &Connection,
    user: UserId,
    room: RoomId,
    thread: Option<Seq>,
) -> rusqlite::Result<Option<Draft>> {
    connection.first(
        "SELECT room, thread, text, reply_to, at FROM draft \
         WHERE user = ?1 AND room = ?2 AND thread = ?3",
        (Sql(user), Sql(room), Sql(thread.unwrap_or(Seq::ZERO))),
        draft,
    )
}

fn draft(row: &Row<'_>) -> rusqlite::Result<Draft> {
    let thread: Seq = row.get::<_, Sql<_>>(1)?.0;
    Ok(Draft {
        room: row.get::<_, Sql<_>>(0)?.0,
        thread: (!thread.is_zero()).then_some(thread),
        text: row.get(2)?,
        reply_to: row.get::<_, Option<Sql<_>>>(3)?.map(|Sql(seq)| seq),
        at: row.get::<_, Sql<_>>(4)?.0,
    })
}

fn count(connection: &Connection, user: UserId) -> rusqlite::Result<usize> {
    let count = connection.first(
        "SELECT count(*) FROM draft WHERE user = ?1 AND text <> ''",
        (Sql(user),),
        |row| row.get::<_, u32>(0),
    )?;
    Ok(count.map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX)))
}

fn announce(write: &mut Write<'_>, user: UserId, draft: Draft) -> Result<(), WriteError> {
    let Draft { room, thread, .. } = draft;
    let event = if draft.text.is_empty() {
        UserEvent::DraftDropped { room, thread }
    } else {
        UserEvent::DraftKept { draft }
    };
    tell(write, user, event)
}
