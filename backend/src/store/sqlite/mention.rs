//! What mentions a person and waits to be read.

use super::message;
use super::row::{Query as _, Sql};
use crate::store::StoreError;
use rusqlite::Connection;
use shared::id::{RoomId, Seq, UserId};
use shared::message::Message;

/// By the rule of `Involvement::attention`: a call to everybody is not for whoever wants to be told
/// nothing. Direct rooms have no mentions.
pub(super) fn unread(
    connection: &Connection,
    user: UserId,
    room: Option<RoomId>,
    after: Option<(RoomId, Seq)>,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let (after_room, after_seq) = after.unzip();
    let places = connection.all(
        "SELECT mention.room, mention.seq FROM membership \
         JOIN mention ON mention.user = membership.user AND mention.room = membership.room \
         AND mention.seq > membership.read \
         WHERE membership.user = ?1 AND (?2 IS NULL OR membership.room = ?2) \
         AND (NOT mention.call OR membership.involvement IN ('everything', 'mentions')) \
         AND (?3 IS NULL OR mention.room > ?3 OR mention.room = ?3 AND mention.seq > ?4) \
         ORDER BY mention.room, mention.seq LIMIT ?5",
        (Sql(user), room.map(Sql), after_room.map(Sql), after_seq.map(Sql), limit),
        |row| Ok((row.get::<_, Sql<RoomId>>(0)?.0, row.get::<_, Sql<Seq>>(1)?.0)),
    )?;
    let mut messages = Vec::with_capacity(places.len());
    for (room, seq) in places {
        messages.extend(message::find(connection, room, seq)?);
    }
    Ok(messages)
}
