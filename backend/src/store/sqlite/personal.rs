//! What belongs to one person: a stream of its own, whose version grows by one with each event.

use super::draft;
use super::log::room_of_member;
use super::message::json;
use super::poll;
use super::room::{counts, membership};
use super::row::{NOT_FOUND, Query as _, Sql};
use super::saved;
use super::schedule;
use super::writer::Write;
use crate::store::{Blocked, Change, MarkerMove, StoreError, WriteError};
use rusqlite::Connection;
use shared::event::{UserEvent, UserState};
use shared::id::{RoomId, Seq, UserId};
use shared::room::{Counts, Involvement};
use shared::sidebar::Sidebar;
use shared::time::Timestamp;
use shared::user::Settings;

pub(super) fn move_marker(
    write: &mut Write<'_>,
    user: UserId,
    room: RoomId,
    to: MarkerMove,
) -> Result<Counts, WriteError> {
    let Some(row) = room_of_member(write.connection, user, room)? else { return Err(NOT_FOUND) };
    let Some(mut own) = membership(write.connection, user, room)? else { return Err(NOT_FOUND) };
    let before = own.read;
    let read = match to {
        MarkerMove::Forward(seq) => before.max(seq.min(row.head)),
        MarkerMove::ReadAt(seq, at) if marked_unread_at(write, user, room)? <= Some(at) => {
            before.max(seq.min(row.head))
        }
        MarkerMove::ReadAt(..) => {
            // Whoever sent this learns what stands.
            let counts = counts(write.connection, user, &row, &own)?;
            tell(write, user, UserEvent::ReadMarkerMoved { room, counts })?;
            return Ok(counts);
        }
        MarkerMove::Before(seq) => {
            write.connection.change(
                "UPDATE membership SET marked_unread_at = ?3 WHERE user = ?1 AND room = ?2",
                (Sql(user), Sql(room), Sql(write.now)),
            )?;
            seq.previous().min(row.head)
        }
    };
    if read == before {
        return Ok(counts(write.connection, user, &row, &own)?);
    }
    own.own_above = if read == row.head {
        0
    } else if read > before {
        own.own_above.saturating_sub(own_between(write, user, room, before, read)?)
    } else {
        own.own_above.saturating_add(own_between(write, user, room, read, before)?)
    };
    own.read = read;
    write.connection.change(
        "UPDATE membership SET read = ?3, own_above = ?4 WHERE user = ?1 AND room = ?2",
        (Sql(user), Sql(room), Sql(read), Sql(own.own_above)),
    )?;
    let counts = counts(write.connection, user, &row, &own)?;
    tell(write, user, UserEvent::ReadMarkerMoved { room, counts })?;
    Ok(counts)
}

/// When the member last said from where on the room is unread to them.
fn marked_unread_at(
    write: &Write<'_>,
    user: UserId,
    room: RoomId,
) -> rusqlite::Result<Option<Timestamp>> {
    let at = write.connection.first(
        "SELECT marked_unread_at FROM membership WHERE user = ?1 AND room = ?2",
        (Sql(user), Sql(room)),
        |row| row.get::<_, Option<Sql<_>>>(0),
    )?;
    Ok(at.flatten().map(|Sql(at)| at))
}

/// How many of the messages after `after`, up to `to`, are the user's own. Goes through them all:
/// a marker seldom moves far without moving to the head.
fn own_between(
    write: &Write<'_>,
    user: UserId,
    room: RoomId,
    after: Seq,
    to: Seq,
) -> Result<u64, WriteError> {
    let count = write.connection.first(
        "SELECT count(*) FROM message WHERE room = ?1 AND seq > ?2 AND seq <= ?3 AND author = ?4 \
         AND entry",
        (Sql(room), Sql(after), Sql(to), Sql(user)),
        |row| row.get::<_, Sql<u64>>(0),
    )?;
    Ok(count.map_or(0, |Sql(count)| count))
}

pub(super) fn set_involvement(
    write: &mut Write<'_>,
    user: UserId,
    room: RoomId,
    involvement: Involvement,
) -> Result<(), WriteError> {
    let Some(own) = membership(write.connection, user, room)? else { return Err(NOT_FOUND) };
    if own.involvement == involvement {
        return Ok(());
    }
    write.connection.change(
        "UPDATE membership SET involvement = ?3 WHERE user = ?1 AND room = ?2",
        (Sql(user), Sql(room), Sql(involvement)),
    )?;
    tell(write, user, UserEvent::InvolvementChanged { room, involvement })
}

pub(super) fn update_settings(
    write: &mut Write<'_>,
    user: UserId,
    settings: Settings,
) -> Result<(), WriteError> {
    let Some((_, before)) = version_and_settings(write.connection, user)? else {
        return Err(NOT_FOUND);
    };
    if before == settings {
        return Ok(());
    }
    let text = serde_json::to_string(&settings)
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    write.connection.change(
        "UPDATE user SET settings = ?2, receipts = ?3 WHERE id = ?1",
        (Sql(user), text, Sql(settings.receipts)),
    )?;
    tell(write, user, UserEvent::SettingsChanged { settings })
}

pub(super) fn set_quiet_edge(
    write: &mut Write<'_>,
    user: UserId,
    at: Option<Timestamp>,
) -> Result<(), WriteError> {
    write
        .connection
        .change("UPDATE user SET quiet_edge = ?2 WHERE id = ?1", (Sql(user), at.map(Sql)))?;
    Ok(())
}

pub(super) fn arrange_sidebar(
    write: &mut Write<'_>,
    user: UserId,
    sidebar: Sidebar,
) -> Result<(), WriteError> {
    let text =
        serde_json::to_string(&sidebar).map_err(|error| StoreError::Internal(error.to_string()))?;
    let changed = write.connection.change(
        "UPDATE user SET sidebar = ?2 WHERE id = ?1 AND sidebar <> ?2",
        (Sql(user), text),
    )?;
    if changed == 0 { Ok(()) } else { tell(write, user, UserEvent::SidebarArranged { sidebar }) }
}

pub(super) fn set_blocked(
    write: &mut Write<'_>,
    user: UserId,
    other: UserId,
    blocked: Blocked,
) -> Result<(), WriteError> {
    let known = write
        .connection
        .first("SELECT 1 FROM user WHERE id = ?1", (Sql(other),), |_| Ok(()))?
        .is_some();
    if !known {
        return Err(NOT_FOUND);
    }
    let (changed, event) = match blocked {
        Blocked::Yes => (
            write.connection.change(
                "INSERT INTO block (user, other) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                (Sql(user), Sql(other)),
            )?,
            UserEvent::PersonBlocked { user: other },
        ),
        Blocked::No => (
            write.connection.change(
                "DELETE FROM block WHERE user = ?1 AND other = ?2",
                (Sql(user), Sql(other)),
            )?,
            UserEvent::PersonUnblocked { user: other },
        ),
    };
    if changed == 0 { Ok(()) } else { tell(write, user, event) }
}

/// The next event of the user's stream.
pub(super) fn tell(
    write: &mut Write<'_>,
    user: UserId,
    event: UserEvent,
) -> Result<(), WriteError> {
    let version = write
        .connection
        .first(
            "UPDATE user SET version = version + 1 WHERE id = ?1 RETURNING version",
            (Sql(user),),
            |row| row.get::<_, Sql<u64>>(0),
        )?
        .ok_or(NOT_FOUND)?
        .0;
    write.changes.push(Change::User { user, version, event });
    Ok(())
}

pub(super) fn state(connection: &Connection, user: UserId) -> Result<UserState, StoreError> {
    let (version, settings) = version_and_settings(connection, user)?.ok_or_else(no_such_person)?;
    let blocked = connection.all(
        "SELECT other FROM block WHERE user = ?1 ORDER BY other",
        (Sql(user),),
        |row| row.get::<_, Sql<_>>(0).map(|Sql(other)| other),
    )?;
    let saved = saved::places(connection, user)?;
    let sidebar = connection
        .first("SELECT sidebar FROM user WHERE id = ?1", (Sql(user),), |row| json(row, 0))?
        .unwrap_or_default();
    let drafts = draft::all(connection, user)?;
    let votes = poll::own(connection, user)?;
    let scheduled = schedule::all(connection, user)?;
    let reminders = schedule::reminders(connection, user)?;
    Ok(UserState {
        version,
        settings,
        blocked,
        saved,
        sidebar,
        drafts,
        votes,
        scheduled,
        reminders,
    })
}

/// The version of the user's stream.
pub(super) fn version(connection: &Connection, user: UserId) -> Result<u64, StoreError> {
    connection
        .first("SELECT version FROM user WHERE id = ?1", (Sql(user),), |row| {
            row.get::<_, Sql<u64>>(0)
        })?
        .map(|Sql(version)| version)
        .ok_or_else(no_such_person)
}

/// Sessions end before people do; nobody asks for one who isn't there.
fn no_such_person() -> StoreError {
    StoreError::Internal("no such person".into())
}

fn version_and_settings(
    connection: &Connection,
    user: UserId,
) -> Result<Option<(u64, Settings)>, StoreError> {
    let Some((Sql(version), settings)) = connection.first(
        "SELECT version, settings FROM user WHERE id = ?1",
        (Sql(user),),
        |row| Ok((row.get::<_, Sql<u64>>(0)?, row.get::<_, String>(1)?)),
    )?
    else {
        return Ok(None);
    };
    let settings = serde_json::from_str(&settings)
        .map_err(|error| StoreError::Corrupt(format!("a person's settings: {error}")))?;
    Ok(Some((version, settings)))
}
