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
    let mut due = connection.all(
        "SELECT room, message FROM poll WHERE open AND closes_at <= ?1 ORDER BY closes_at LIMIT ?2",
        (Sql(now), limit),
        |row| {
            Ok(Due::Poll { room: row.get::<_, Sql<_>>(0)?.0, message: row.get::<_, Sql<_>>(1)?.0 })
        },
    )?;
    due.extend(connection.all(
        "SELECT author, client_message_id FROM scheduled WHERE failed IS NULL AND at <= ?1 \
         ORDER BY at LIMIT ?2",
        (Sql(now), limit),
        |row| {
            let client_message_id = row.get::<_, Sql<_>>(1)?.0;
            Ok(Due::Send { author: row.get::<_, Sql<_>>(0)?.0, client_message_id })
        },
    )?);
    due.extend(connection.all(
        "SELECT user, id FROM reminder WHERE NOT due AND at <= ?1 ORDER BY at LIMIT ?2",
        (Sql(now), limit),
        |row| {
            Ok(Due::Reminder { user: row.get::<_, Sql<_>>(0)?.0, id: row.get::<_, Sql<_>>(1)?.0 })
        },
    )?);
    due.extend(connection.all(
        "SELECT id FROM user WHERE status_until <= ?1 ORDER BY status_until LIMIT ?2",
        (Sql(now), limit),
        |row| Ok(Due::StatusEnds { user: row.get::<_, Sql<_>>(0)?.0 }),
    )?);
    due.extend(connection.all(
        "SELECT id FROM user WHERE quiet_edge <= ?1 ORDER BY quiet_edge LIMIT ?2",
        (Sql(now), limit),
        |row| Ok(Due::QuietEdge { user: row.get::<_, Sql<_>>(0)?.0 }),
    )?);
    Ok(due)
}

pub(super) fn next(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let times = connection.all(
        "SELECT min(closes_at) FROM poll WHERE open AND closes_at IS NOT NULL UNION ALL \
         SELECT min(at) FROM scheduled WHERE failed IS NULL UNION ALL \
         SELECT min(at) FROM reminder WHERE NOT due UNION ALL \
         SELECT min(status_until) FROM user WHERE status_until IS NOT NULL UNION ALL \
         SELECT min(quiet_edge) FROM user WHERE quiet_edge IS NOT NULL",
        (),
        |row| row.get::<_, Option<Sql<Timestamp>>>(0),
    )?;
    Ok(times.into_iter().flatten().map(|Sql(at)| at).min())
}
