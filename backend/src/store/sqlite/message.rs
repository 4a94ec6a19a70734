//! Messages in their present state: as they were posted, with all that was done to them since.

use super::log::{event, event_from, room_of_member};
use super::poll;
use super::row::{Query as _, Sql, broken};
use super::thread;
use crate::store::StoreError;
use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;
use shared::api::HistoryEntry;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{MessageId, RoomId, Seq, UserId};
use shared::message::{Emoji, Message, Posted, Reaction, Replies, Revision, Stamp};

/// An event, and what a message's row adds to it. The next column is number 19.
macro_rules! entry_columns {
    () => {
        "event.seq, event.at, event.actor, event.body, event.checksum, message.revised, \
         message.edited, message.deleted_by, message.deleted_at, message.reactions, \
         message.pinned, change.at, change.actor, change.body, change.checksum, \
         thread.replies, thread.last, thread.last_at, thread.people"
    };
}
pub(super) use entry_columns;

/// The tables that [`entry_columns`] are of, beginning with `event`.
macro_rules! entry_tables {
    () => {
        "event LEFT JOIN message ON message.room = event.room AND message.seq = event.seq \
         LEFT JOIN event AS change ON change.room = message.room AND change.seq = message.edited \
         LEFT JOIN thread ON thread.room = message.room AND thread.root = message.seq"
    };
}
pub(super) use entry_tables;

/// An event as it stands in the log, and what has become of the message it posted.
pub(super) struct EntryRow {
    event: RoomEvent,
    present: Option<Present>,
}

/// What a message's row says beyond what was posted.
struct Present {
    revised: Seq,
    /// When and to what the text was changed last.
    change: Option<RoomEvent>,
    deleted: Option<Stamp>,
    has_reactions: bool,
    is_pinned: bool,
    replies: Option<Replies>,
}

impl EntryRow {
    /// From the columns [`entry_columns`].
    pub(super) fn read(room: RoomId) -> impl Fn(&Row<'_>) -> rusqlite::Result<Self> {
        let read_event = event(room);
        move |row| Ok(Self { event: read_event(row)?, present: present(room, row)? })
    }

    pub(super) fn seq(&self) -> Seq {
        self.event.seq
    }

    /// The message in its present state, or what else happened.
    pub(super) fn entry(self, connection: &Connection) -> rusqlite::Result<HistoryEntry> {
        let Self { event, present } = self;
        let (Some(mut message), Some(present)) = (event.message(), present) else {
            return Ok(HistoryEntry::Event(event));
        };
        if let Some(RoomEvent {
            at,
            event: ServerEvent::MessageEdited { body, mentions, rooms, .. },
            ..
        }) = present.change
        {
            message.body = body;
            message.mentions = mentions;
            message.rooms = rooms;
            message.edited_at = Some(at);
        }
        if present.has_reactions {
            message.reactions = reactions(connection, message.room, message.seq)?;
        }
        if let Some(poll) = message.poll.take() {
            let state = poll::state(connection, message.room, message.seq, poll.poll)?;
            message.poll = Some(Box::new(state));
        }
        if present.is_pinned {
            message.pinned = pin(connection, message.room, message.seq)?;
        }
        if present.deleted.is_some() {
            message.edited_at = None;
            message.mentions.clear();
            message.rooms.clear();
            message.deleted = present.deleted;
        }
        message.replies = present.replies;
        message.revised = present.revised;
        Ok(HistoryEntry::Message(Box::new(message)))
    }

    /// The message of a row that is one's.
    pub(super) fn message(self, connection: &Connection) -> Result<Message, StoreError> {
        match self.entry(connection)? {
            HistoryEntry::Message(message) => Ok(*message),
            HistoryEntry::Event(_) => Err(broken("the event of a message")),
        }
    }
}

fn present(room: RoomId, row: &Row<'_>) -> rusqlite::Result<Option<Present>> {
    let Some(Sql(revised)) = row.get::<_, Option<Sql<Seq>>>(5)? else { return Ok(None) };
    let deleted_by = row.get::<_, Option<Sql<UserId>>>(7)?;
    let deleted_at = row.get::<_, Option<Sql<_>>>(8)?;
    let change = match row.get::<_, Option<Sql<Seq>>>(6)? {
        Some(Sql(seq)) => Some(event_from(row, room, seq, 11)?),
        None => None,
    };
    Ok(Some(Present {
        revised,
        change,
        deleted: deleted_by.zip(deleted_at).map(|(Sql(by), Sql(at))| Stamp { by, at }),
        has_reactions: row.get::<_, u32>(9)? > 0,
        is_pinned: row.get(10)?,
        replies: match row.get::<_, Option<u32>>(15)? {
            Some(_) => Some(thread::replies(row, 15)?),
            None => None,
        },
    }))
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn reactions(
    connection: &Connection,
    room: RoomId,
    message: Seq,
) -> rusqlite::Result<Vec<Reaction>> {
    let rows = connection.all(
        "SELECT emoji, user FROM reaction WHERE room = ?1 AND message = ?2 ORDER BY first, seq",
        (Sql(room), Sql(message)),
        |row| Ok((Emoji::known(row.get_ref(0)?.as_str()?), row.get::<_, Sql<UserId>>(1)?.0)),
    )?;
    let mut reactions: Vec<Reaction> = Vec::new();
    for (emoji, user) in rows {
        match reactions.last_mut() {
            Some(last) if last.emoji == emoji => last.users.push(user),
            Some(_) | None => reactions.push(Reaction { emoji, users: vec![user] }),
        }
    }
    Ok(reactions)
}

fn pin(connection: &Connection, room: RoomId, message: Seq) -> rusqlite::Result<Option<Stamp>> {
    connection.first(
        "SELECT by, at FROM pin WHERE room = ?1 AND message = ?2",
        (Sql(room), Sql(message)),
        |row| Ok(Stamp { by: row.get::<_, Sql<_>>(0)?.0, at: row.get::<_, Sql<_>>(1)?.0 }),
    )
}

/// A message, for whoever has made sure of the reader.
pub(super) fn find(
    connection: &Connection,
    room: RoomId,
    seq: Seq,
) -> Result<Option<Message>, StoreError> {
    let row = connection.first(
        concat!(
            "SELECT ",
            entry_columns!(),
            " FROM ",
            entry_tables!(),
            " WHERE event.room = ?1 AND event.seq = ?2 AND message.seq IS NOT NULL"
        ),
        (Sql(room), Sql(seq)),
        EntryRow::read(room),
    )?;
    row.map(|row| row.message(connection)).transpose()
}

pub(super) fn by_id(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    id: MessageId,
) -> Result<Option<Message>, StoreError> {
    let seq = connection.first(
        "SELECT message.seq FROM message JOIN membership ON membership.room = message.room \
         WHERE message.id = ?3 AND message.room = ?2 AND membership.user = ?1",
        (Sql(reader), Sql(room), Sql(id)),
        |row| row.get::<_, Sql<Seq>>(0),
    )?;
    match seq {
        Some(Sql(seq)) => find(connection, room, seq),
        None => Ok(None),
    }
}

/// What the message said, from the beginning until now; nothing of a deleted one.
pub(super) fn revisions(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    id: MessageId,
) -> Result<Option<Vec<Revision>>, StoreError> {
    let Some(message) = by_id(connection, reader, room, id)? else { return Ok(None) };
    let events = connection.all(
        "SELECT seq, at, actor, body, checksum FROM event WHERE room = ?1 AND seq = ?2 UNION ALL \
         SELECT event.seq, event.at, event.actor, event.body, event.checksum \
         FROM edit JOIN event ON event.room = edit.room AND event.seq = edit.seq \
         WHERE edit.room = ?1 AND edit.message = ?2 ORDER BY 1",
        (Sql(room), Sql(message.seq)),
        event(room),
    )?;
    let revisions = events.into_iter().filter_map(|RoomEvent { seq, at, event, .. }| {
        let (ServerEvent::MessageEdited { body: Some(body), .. }
        | ServerEvent::MessagePosted(Posted { body: Some(body), .. })) = event
        else {
            return None;
        };
        Some(Revision { seq, at, body })
    });
    Ok(Some(revisions.collect()))
}

pub(super) fn count_pins(connection: &Connection, room: RoomId) -> rusqlite::Result<usize> {
    let count =
        connection.first("SELECT count(*) FROM pin WHERE room = ?1", (Sql(room),), |row| {
            row.get::<_, u32>(0)
        })?;
    Ok(count.map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX)))
}

pub(super) fn pins(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
) -> Result<Option<Vec<Message>>, StoreError> {
    if room_of_member(connection, reader, room)?.is_none() {
        return Ok(None);
    }
    let rows = connection.all(
        concat!(
            "SELECT ",
            entry_columns!(),
            " FROM pin JOIN ",
            entry_tables!(),
            " WHERE pin.room = ?1 AND event.room = ?1 AND event.seq = pin.message \
             ORDER BY pin.seq DESC"
        ),
        (Sql(room),),
        EntryRow::read(room),
    )?;
    rows.into_iter().map(|row| row.message(connection)).collect::<Result<_, _>>().map(Some)
}
