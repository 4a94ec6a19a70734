//! What was said last in each of a person's rooms.

use super::message::{EntryRow, entry_columns, entry_tables};
use super::row::{Query as _, Sql};
use crate::store::StoreError;
use rusqlite::Connection;
use shared::api::LatestMessage;
use shared::id::{RoomId, Seq, UserId};
use shared::latest::Preview;

pub(super) fn list(
    connection: &Connection,
    user: UserId,
) -> Result<Vec<LatestMessage>, StoreError> {
    let rooms = connection.all(
        "SELECT room.id, room.head FROM membership JOIN room ON room.id = membership.room \
         WHERE membership.user = ?1",
        (Sql(user),),
        |row| Ok((row.get::<_, Sql<RoomId>>(0)?.0, row.get::<_, Sql<Seq>>(1)?.0)),
    )?;
    rooms
        .into_iter()
        .map(|(room, head)| Ok(LatestMessage { room, head, said: said(connection, room)? }))
        .collect()
}

fn said(connection: &Connection, room: RoomId) -> Result<Option<Preview>, StoreError> {
    let row = connection.first(
        concat!(
            "SELECT ",
            entry_columns!(),
            " FROM ",
            entry_tables!(),
            " WHERE event.room = ?1 AND event.seq = (SELECT seq FROM message \
             WHERE room = ?1 AND entry ORDER BY seq DESC LIMIT 1)"
        ),
        (Sql(room),),
        EntryRow::read(room),
    )?;
    let Some(row) = row else { return Ok(None) };
    let message = row.message(connection)?;
    Ok(Some(Preview {
        seq: message.seq,
        at: message.at,
        author: message.author,
        text: message.body.as_ref().map(Preview::beginning),
        poll: message.poll.is_some(),
    }))
}
