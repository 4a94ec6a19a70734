//! What happens by itself: what is due, and when the next thing will be. One index for each kind, so
//! that nobody looks through what is far ahead.

use super::row::{Query as _, Sql};
use crate::store::Due;
use rusqlite::Connection;
use shared::time::Timestamp;

pub(super) fn by(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> rusqlite::Result<Vec<Due>> {
    connection.all(
        "SELECT room, message FROM poll WHERE open AND closes_at <= ?1 ORDER BY closes_at LIMIT ?2",
        (Sql(now), limit),
        |row| {
            Ok(Due::Poll { room: row.get::<_, Sql<_>>(0)?.0, message: row.get::<_, Sql<_>>(1)?.0 })
        },
    )
}

pub(super) fn next(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let next = connection.first(
        "SELECT min(closes_at) FROM poll WHERE open AND closes_at IS NOT NULL",
        (),
        |row| row.get::<_, Option<Sql<Timestamp>>>(0),
    )?;
    Ok(next.flatten().map(|Sql(at)| at))
}
