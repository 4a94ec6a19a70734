//! What an event's row adds up to. `SQLite` keeps no checksums of its pages: a byte that a disk has
//! changed within somebody's words would be shown as theirs.

use super::row::Sql;
use crc32fast::Hasher;
use rusqlite::Connection;
use rusqlite::types::Type;
use shared::event::RoomEvent;
use shared::id::{RoomId, Seq, UserId};
use shared::time::Timestamp;

/// A row that holds something else than was written.
#[derive(Debug, thiserror::Error)]
#[error("event {seq} of room {room} is not what was written")]
pub(super) struct Damaged {
    room: RoomId,
    seq: Seq,
}

/// The columns of an event, but for those that follow from them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summed<'a> {
    pub(super) room: RoomId,
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) actor: UserId,
    pub(super) body: &'a str,
}

impl<'a> Summed<'a> {
    pub(super) const fn of(event: &RoomEvent, body: &'a str) -> Self {
        let &RoomEvent { room, seq, at, actor, .. } = event;
        Self { room, seq, at, actor, body }
    }

    pub(super) fn checksum(self) -> u32 {
        let mut hasher = Hasher::new();
        hasher.update(self.room.as_uuid().as_bytes());
        hasher.update(&self.seq.0.to_be_bytes());
        hasher.update(&self.at.0.to_be_bytes());
        hasher.update(self.actor.as_uuid().as_bytes());
        hasher.update(self.body.as_bytes());
        hasher.finalize()
    }

    /// Against what the `column` holds: nothing for events of before there were checksums.
    pub(super) fn check(self, column: usize, checksum: Option<u32>) -> rusqlite::Result<()> {
        let Self { room, seq, .. } = self;
        match checksum {
            Some(checksum) if checksum != self.checksum() => {
                Err(rusqlite::Error::FromSqlConversionFailure(
                    column,
                    Type::Integer,
                    Box::new(Damaged { room, seq }),
                ))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Reads all events, to the first one that is not what was written.
pub(super) fn check_all(connection: &Connection) -> rusqlite::Result<()> {
    let mut events =
        connection.prepare("SELECT room, seq, at, actor, body, checksum FROM event")?;
    let mut rows = events.query(())?;
    while let Some(row) = rows.next()? {
        let (Sql(room), Sql(seq), Sql(at)) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Sql(actor) = row.get(3)?;
        let body = row.get_ref(4)?.as_str()?;
        Summed { room, seq, at, actor, body }.check(5, row.get(5)?)?;
    }
    Ok(())
}
