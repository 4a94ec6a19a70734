//! The logs: appending to them with the rows that follow, and reading them.

use super::checksum::Summed;
use super::message;
use super::projection::project;
use super::row::{NOT_FOUND, Query as _, RoomRow, Sql, broken, room_columns};
use super::writer::Write;
use crate::planted::{self, Bug};
use crate::store::{
    Append, Appended, Change, LogPage, LogRange, Once, RoomFacts, StoreError, TargetFacts,
    WriteError,
};
use rusqlite::{Connection, Row};
use shared::error::ErrorCode;
use shared::event::{Place, RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, MessageId, RoomId, Seq, UserId};
use shared::message::Acknowledgement;
use shared::permission::Standing;
use shared::room::{Role, RoomKind};
use shared::time::Timestamp;

pub(super) fn append(write: &mut Write<'_>, append: Append) -> Result<Appended, WriteError> {
    let Append { room, actor, target, about, origin, once, decide } = append;
    let Some((mut row, mut facts)) = facts(write, room, actor, target, &about)? else {
        return Err(NOT_FOUND);
    };
    if let Some((from, seq)) = origin
        && room_of_member(write.connection, actor, from)?.is_some()
    {
        facts.origin = message::find(write.connection, from, seq)?;
    }
    let earlier = match once {
        Some(once) => earlier(write.connection, actor, once.client_message_id)?,
        None => None,
    };
    if let (Some(earlier), Some(_)) = (&earlier, facts.standing.role) {
        return if earlier.hash == once.map(|once| once.hash) {
            Ok(Appended::Earlier(earlier.acknowledgement))
        } else {
            Err(ErrorCode::ClientMessageIdConflict.into())
        };
    }
    let events = decide(&facts)?;
    if earlier.is_some() {
        // Somebody who is not in the room learns nothing of what they once wrote.
        return Err(NOT_FOUND);
    }
    let events = append_events(write, &mut row, actor, events, once)?;
    Ok(Appended::Now { room: row.room, events })
}

/// Appends `events` to the room's log and brings all rows that follow from it up to date, `row`
/// included.
pub(super) fn append_events(
    write: &mut Write<'_>,
    row: &mut RoomRow,
    actor: UserId,
    events: Vec<ServerEvent>,
    once: Option<Once>,
) -> Result<Vec<RoomEvent>, WriteError> {
    let mut appended = Vec::with_capacity(events.len());
    for event in events {
        row.head = row.head.next();
        if planted::has(Bug::SkipSeq) && row.head.0.is_multiple_of(20) {
            row.head = row.head.next();
        }
        row.last_at = row.last_at.max(write.now);
        let event = RoomEvent { room: row.room.id, seq: row.head, at: row.last_at, actor, event };
        let body = serde_json::to_string(&event.event)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        write.connection.change(
            "INSERT INTO event (room, seq, at, actor, body, entry, checksum) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                Sql(event.room),
                Sql(event.seq),
                Sql(event.at),
                Sql(actor),
                &body,
                is_entry(&event),
                Summed::of(&event, &body).checksum(),
            ),
        )?;
        project(write, row, &event, once)?;
        appended.push(event);
    }
    if appended.is_empty() {
        return Ok(appended);
    }
    let room = &row.room;
    write.connection.change(
        "UPDATE room SET name = ?2, topic = ?3, archived = ?4, head = ?5, last_at = ?6, \
         messages = ?7, members = ?8, owners = ?9 WHERE id = ?1",
        (
            Sql(room.id),
            &room.name,
            &room.topic,
            room.archived,
            Sql(row.head),
            Sql(row.last_at),
            Sql(row.messages),
            room.members,
            row.owners,
        ),
    )?;
    write.changes.extend(appended.iter().cloned().map(Change::Room));
    Ok(appended)
}

/// A message that was appended before.
struct Earlier {
    acknowledgement: Acknowledgement,
    hash: Option<[u8; 32]>,
}

fn earlier(
    connection: &Connection,
    author: UserId,
    client_message_id: ClientMessageId,
) -> rusqlite::Result<Option<Earlier>> {
    connection.first(
        "SELECT message.id, message.room, message.seq, event.at, message.hash \
         FROM message JOIN event ON event.room = message.room AND event.seq = message.seq \
         WHERE message.author = ?1 AND message.client_message_id = ?2",
        (Sql(author), Sql(client_message_id)),
        |row| {
            let id: Sql<MessageId> = row.get(0)?;
            Ok(Earlier {
                acknowledgement: Acknowledgement {
                    client_message_id,
                    id: id.0,
                    room: row.get::<_, Sql<_>>(1)?.0,
                    seq: row.get::<_, Sql<_>>(2)?.0,
                    at: row.get::<_, Sql<_>>(3)?.0,
                },
                hash: row.get(4)?,
            })
        },
    )
}

/// A room and how a person stands in it; `None` when one of them does not exist.
pub(super) fn standing(
    connection: &Connection,
    room: RoomId,
    user: UserId,
) -> rusqlite::Result<Option<(RoomRow, Standing)>> {
    connection.first(
        concat!(
            "SELECT ",
            room_columns!(),
            ", user.administrator, membership.role FROM room JOIN user ON user.id = ?2 \
             LEFT JOIN membership ON membership.user = ?2 AND membership.room = ?1 \
             WHERE room.id = ?1"
        ),
        (Sql(room), Sql(user)),
        |row| {
            let found = RoomRow::read(row)?;
            let standing = Standing {
                kind: found.room.kind,
                purpose: found.room.purpose,
                archived: found.room.archived,
                site_role: row.get::<_, Sql<_>>(13)?.0,
                role: row.get::<_, Option<Sql<_>>>(14)?.map(|Sql(role)| role),
            };
            Ok((found, standing))
        },
    )
}

/// A room and the people and messages concerned, as they are inside the transaction.
pub(super) fn facts(
    write: &Write<'_>,
    room: RoomId,
    actor: UserId,
    target: Option<UserId>,
    about: &[Seq],
) -> Result<Option<(RoomRow, RoomFacts)>, StoreError> {
    let connection = write.connection;
    let Some((row, standing)) = standing(connection, room, actor)? else { return Ok(None) };
    let target = match target {
        Some(target) => connection.first(
            "SELECT membership.role, user.disabled FROM user \
             LEFT JOIN membership ON membership.user = user.id AND membership.room = ?2 \
             WHERE user.id = ?1",
            (Sql(target), Sql(room)),
            |row| {
                Ok(TargetFacts {
                    user: target,
                    role: row.get::<_, Option<Sql<_>>>(0)?.map(|Sql(role)| role),
                    disabled: row.get(1)?,
                })
            },
        )?,
        None => None,
    };
    let blocked = row.room.kind == RoomKind::Direct
        && row.room.members == 2
        && connection
            .first(
                "SELECT 1 FROM membership JOIN block ON block.user = membership.user \
                 WHERE membership.room = ?1 AND membership.user <> ?2 AND block.other = ?2",
                (Sql(room), Sql(actor)),
                |_| Ok(()),
            )?
            .is_some();
    let mut messages = Vec::with_capacity(about.len());
    for seq in about {
        messages.extend(message::find(connection, room, *seq)?);
    }
    let pins = if messages.is_empty() { 0 } else { message::count_pins(connection, room)? };
    let facts = RoomFacts {
        now: write.now,
        room: row.room.clone(),
        head: row.head,
        standing,
        owners: row.owners,
        target,
        messages,
        origin: None,
        pins,
        blocked,
    };
    Ok(Some((row, facts)))
}

pub(super) fn member_role(
    connection: &Connection,
    room: RoomId,
    user: UserId,
) -> rusqlite::Result<Option<Role>> {
    connection.first(
        "SELECT role FROM membership WHERE user = ?1 AND room = ?2",
        (Sql(user), Sql(room)),
        |row| row.get::<_, Sql<_>>(0).map(|Sql(role)| role),
    )
}

/// A room found through the membership of `reader`: `None` for whoever is not in it.
pub(super) fn room_of_member(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
) -> rusqlite::Result<Option<RoomRow>> {
    connection.first(
        concat!(
            "SELECT ",
            room_columns!(),
            " FROM membership JOIN room ON room.id = membership.room \
             WHERE membership.user = ?1 AND membership.room = ?2"
        ),
        (Sql(reader), Sql(room)),
        RoomRow::read,
    )
}

/// A row of `seq, at, actor, body, checksum`.
pub(super) fn event(room: RoomId) -> impl Fn(&Row<'_>) -> rusqlite::Result<RoomEvent> {
    move |row| {
        let Sql(seq) = row.get(0)?;
        event_from(row, room, seq, 1)
    }
}

/// The event of a row with `at, actor, body, checksum` from a column on.
pub(super) fn event_from(
    row: &Row<'_>,
    room: RoomId,
    seq: Seq,
    first: usize,
) -> rusqlite::Result<RoomEvent> {
    let (Sql(at), Sql(actor)) = (row.get(first)?, row.get(first + 1)?);
    let body = row.get_ref(first + 2)?.as_str()?;
    Summed { room, seq, at, actor, body }.check(first + 3, row.get(first + 3)?)?;
    Ok(RoomEvent { room, seq, at, actor, event: message::json(row, first + 2)? })
}

/// Whether history shows the event by itself, as its column holds it.
fn is_entry(event: &RoomEvent) -> bool {
    match event.place() {
        Place::Entry => true,
        Place::Reply | Place::Amendment => false,
    }
}

/// Time never runs back in a log, so the place is found by halves.
pub(super) fn moment(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    at: Timestamp,
) -> Result<Option<Seq>, StoreError> {
    let Some(row) = room_of_member(connection, reader, room)? else { return Ok(None) };
    let (mut low, mut high) = (Seq::FIRST.0, row.head.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = connection.first(
            "SELECT at FROM event WHERE room = ?1 AND seq = ?2",
            (Sql(room), Sql(Seq(middle))),
            |row| row.get::<_, Sql<Timestamp>>(0),
        )?;
        let Some(Sql(found)) = found else { return Err(broken("an event")) };
        if found < at { low = middle + 1 } else { high = middle }
    }
    Ok(Some(Seq(low)))
}

pub(super) fn page(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    range: LogRange,
    limit: u32,
) -> Result<Option<LogPage>, StoreError> {
    let Some(row) = room_of_member(connection, reader, room)? else { return Ok(None) };
    let before = |before: Seq| {
        connection
            .all(
                "SELECT seq, at, actor, body, checksum FROM event WHERE room = ?1 AND seq < ?2 \
                 ORDER BY seq DESC LIMIT ?3",
                (Sql(room), Sql(before), limit),
                event(room),
            )
            .map(reversed)
    };
    let events = match range {
        LogRange::After(after) => connection.all(
            "SELECT seq, at, actor, body, checksum FROM event WHERE room = ?1 AND seq > ?2 \
             ORDER BY seq LIMIT ?3",
            (Sql(room), Sql(after), limit),
            event(room),
        ),
        LogRange::Before(seq) => before(seq),
        LogRange::Latest => before(row.head.next()),
    }?;
    Ok(Some(LogPage { epoch: row.epoch, head: row.head, events }))
}

fn reversed<T>(mut list: Vec<T>) -> Vec<T> {
    list.reverse();
    list
}
