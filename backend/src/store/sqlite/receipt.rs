//! Who is told how far somebody has read: those who show it themselves, where the place shows it.

use super::log::room_of_member;
use super::row::{Query as _, Sql};
use crate::store::StoreError;
use rusqlite::Connection;
use shared::id::{RoomId, UserId};
use shared::room::Seen;

/// Whether the person shows it, and the place.
pub(super) fn shows(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    let shown = connection.first(
        "SELECT site.receipts AND user.receipts FROM site, user WHERE user.id = ?1",
        (Sql(user),),
        |row| row.get(0),
    )?;
    Ok(shown.unwrap_or(false))
}

pub(super) fn seen(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    limit: u32,
) -> Result<Option<Vec<Seen>>, StoreError> {
    if room_of_member(connection, reader, room)?.is_none() {
        return Ok(None);
    }
    if !shows(connection, reader)? {
        return Ok(Some(Vec::new()));
    }
    let seen = connection.all(
        "SELECT membership.user, membership.read FROM membership \
         JOIN user ON user.id = membership.user \
         WHERE membership.room = ?1 AND membership.user <> ?2 AND user.receipts \
         ORDER BY membership.read DESC, membership.user LIMIT ?3",
        (Sql(room), Sql(reader), limit),
        |row| Ok(Seen { user: row.get::<_, Sql<_>>(0)?.0, read: row.get::<_, Sql<_>>(1)?.0 }),
    )?;
    Ok(Some(seen))
}

pub(super) fn told(
    connection: &Connection,
    user: UserId,
    room: RoomId,
) -> rusqlite::Result<Vec<UserId>> {
    if !shows(connection, user)? {
        return Ok(Vec::new());
    }
    connection.all(
        "SELECT membership.user FROM membership JOIN user ON user.id = membership.user \
         WHERE membership.room = ?1 AND membership.user <> ?2 AND user.receipts",
        (Sql(room), Sql(user)),
        |row| row.get::<_, Sql<_>>(0).map(|Sql(user)| user),
    )
}
