//! Pages of history: messages in their present state, and what happened to the room.

use super::log::room_of_member;
use super::message::{EntryRow, entry_columns, entry_tables};
use super::row::{Query as _, Sql};
use crate::store::{HistoryRange, LogRange, MessagePage, StoreError};
use rusqlite::Connection;
use shared::api::History;
use shared::id::{RoomId, Seq, UserId};

/// What the room's page shows, of one moment.
pub(super) fn page(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    range: HistoryRange,
    limit: u32,
) -> Result<Option<History>, StoreError> {
    let Some(row) = room_of_member(connection, reader, room)? else { return Ok(None) };
    // One more than asked for says whether there are more.
    let upwards = |before: Seq, limit: u32| {
        connection.all(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM ",
                entry_tables!(),
                " WHERE event.room = ?1 AND event.seq < ?2 AND event.entry \
                 ORDER BY event.seq DESC LIMIT ?3"
            ),
            (Sql(room), Sql(before), limit.saturating_add(1)),
            EntryRow::read(room),
        )
    };
    let downwards = |after: Seq, limit: u32| {
        connection.all(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM ",
                entry_tables!(),
                " WHERE event.room = ?1 AND event.seq > ?2 AND event.entry \
                 ORDER BY event.seq LIMIT ?3"
            ),
            (Sql(room), Sql(after), limit.saturating_add(1)),
            EntryRow::read(room),
        )
    };
    let exists = |sql: &'static str, seq: Seq| {
        connection.first(sql, (Sql(room), Sql(seq)), |_| Ok(())).map(|found| found.is_some())
    };
    let window = window(
        range,
        limit,
        row.head,
        (upwards, downwards),
        |seq| exists("SELECT 1 FROM event WHERE room = ?1 AND seq <= ?2 AND entry LIMIT 1", seq),
        |seq| exists("SELECT 1 FROM event WHERE room = ?1 AND seq >= ?2 AND entry LIMIT 1", seq),
    )?;
    let (before, after) = (window.before, window.after);
    let entries = window
        .rows
        .into_iter()
        .map(|row| row.entry(connection))
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(History { epoch: row.epoch, head: row.head, entries, before, after }))
}

/// A page's rows in rising order, and where the next ones begin.
pub(super) struct Window {
    pub(super) rows: Vec<EntryRow>,
    pub(super) before: Option<Seq>,
    pub(super) after: Option<Seq>,
}

/// The rows of a range, by queries that give one more row than they are asked for: the last ones
/// before a place, falling, and the first ones after it, rising.
pub(super) fn window<E>(
    range: HistoryRange,
    limit: u32,
    head: Seq,
    (before, after): (
        impl Fn(Seq, u32) -> Result<Vec<EntryRow>, E>,
        impl Fn(Seq, u32) -> Result<Vec<EntryRow>, E>,
    ),
    any_up_to: impl Fn(Seq) -> Result<bool, E>,
    any_from: impl Fn(Seq) -> Result<bool, E>,
) -> Result<Window, E> {
    let cut = |mut rows: Vec<EntryRow>, keep: u32| {
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        let more = rows.len() > keep;
        rows.truncate(keep);
        (rows, more)
    };
    let none = (Vec::new(), false);
    let (older, newer) = match range {
        HistoryRange::Latest => (cut(before(head.next(), limit)?, limit), none),
        HistoryRange::Before(seq) => {
            (cut(before(seq, limit)?, limit), (Vec::new(), any_from(seq)?))
        }
        HistoryRange::After(seq) => ((Vec::new(), any_up_to(seq)?), cut(after(seq, limit)?, limit)),
        HistoryRange::Around(seq) => {
            let (above, below) = (limit.div_ceil(2), limit / 2);
            (cut(before(seq.next(), above)?, above), cut(after(seq, below)?, below))
        }
    };
    let ((mut rows, more_before), (newer, more_after)) = (older, newer);
    rows.reverse();
    rows.extend(newer);
    Ok(Window {
        before: rows.first().filter(|_| more_before).map(EntryRow::seq),
        after: rows.last().filter(|_| more_after).map(EntryRow::seq),
        rows,
    })
}

/// A page of all messages of a room.
pub(super) fn messages(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    range: LogRange,
    limit: u32,
) -> Result<Option<MessagePage>, StoreError> {
    let Some(row) = room_of_member(connection, reader, room)? else { return Ok(None) };
    let exists = |sql: &'static str, seq: Seq| {
        connection.first(sql, (Sql(room), Sql(seq)), |_| Ok(())).map(|found| found.is_some())
    };
    let asked = usize::try_from(limit).unwrap_or(usize::MAX);
    // One more than asked for says whether there are more.
    let one_more = limit.saturating_add(1);
    let (rows, more_before, more_after) = match range {
        LogRange::After(after) => {
            let mut rows = connection.all(
                concat!(
                    "SELECT ",
                    entry_columns!(),
                    " FROM message JOIN event ON event.room = message.room \
                     AND event.seq = message.seq LEFT JOIN event AS change \
                     ON change.room = message.room AND change.seq = message.edited \
                     LEFT JOIN thread ON thread.room = message.room \
                     AND thread.root = message.seq \
                     WHERE message.room = ?1 AND message.seq > ?2 ORDER BY message.seq LIMIT ?3"
                ),
                (Sql(room), Sql(after), one_more),
                EntryRow::read(room),
            )?;
            let more_after = rows.len() > asked;
            rows.truncate(asked);
            let more_before =
                exists("SELECT 1 FROM message WHERE room = ?1 AND seq <= ?2 LIMIT 1", after)?;
            (rows, more_before, more_after)
        }
        LogRange::Before(_) | LogRange::Latest => {
            let seq = if let LogRange::Before(seq) = range { seq } else { row.head.next() };
            let mut rows = connection.all(
                concat!(
                    "SELECT ",
                    entry_columns!(),
                    " FROM message JOIN event ON event.room = message.room \
                     AND event.seq = message.seq LEFT JOIN event AS change \
                     ON change.room = message.room AND change.seq = message.edited \
                     LEFT JOIN thread ON thread.room = message.room \
                     AND thread.root = message.seq \
                     WHERE message.room = ?1 AND message.seq < ?2 \
                     ORDER BY message.seq DESC LIMIT ?3"
                ),
                (Sql(room), Sql(seq), one_more),
                EntryRow::read(room),
            )?;
            let more_before = rows.len() > asked;
            rows.truncate(asked);
            rows.reverse();
            let more_after =
                exists("SELECT 1 FROM message WHERE room = ?1 AND seq >= ?2 LIMIT 1", seq)?;
            (rows, more_before, more_after)
        }
    };
    let messages = rows.into_iter().map(|row| row.message(connection)).collect::<Result<_, _>>()?;
    Ok(Some(MessagePage { messages, more_before, more_after }))
}
