//! What follows from an event: the rows beside the logs, brought up to date in the transaction
//! that appends it. One arm an event, one function an arm.

use super::amendment;
use super::draft;
use super::index;
use super::log::member_role;
use super::poll;
use super::row::{Query as _, RoomRow, Sql};
use super::schedule;
use super::thread;
use super::writer::Write;
use crate::planted::{self, Bug};
use crate::store::{Once, StoreError, WriteError};
use rusqlite::Connection;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, UserId};
use shared::message::{Call, Posted};
use shared::room::{Involvement, Role, RoomKind};

/// Brings all rows that follow from `event` up to date; `row` is written by the caller.
pub(super) fn project(
    write: &mut Write<'_>,
    row: &mut RoomRow,
    event: &RoomEvent,
    once: Option<Once>,
) -> Result<(), WriteError> {
    let connection = write.connection;
    match &event.event {
        ServerEvent::RoomCreated { kind, purpose, name, topic } => {
            row.room.kind = *kind;
            row.room.purpose = *purpose;
            row.room.name.clone_from(name);
            row.room.topic.clone_from(topic);
        }
        ServerEvent::MemberJoined { user, role } => joined(connection, row, event, *user, *role)?,
        ServerEvent::MemberLeft { user } | ServerEvent::MemberRemoved { user } => {
            left(connection, row, *user)?;
        }
        ServerEvent::RoleChanged { user, role } => role_changed(connection, row, *user, *role)?,
        ServerEvent::RoomRenamed { name } => row.room.name.clone_from(name),
        ServerEvent::TopicChanged { topic } => row.room.topic.clone_from(topic),
        ServerEvent::RoomArchived => row.room.archived = true,
        ServerEvent::RoomUnarchived => row.room.archived = false,
        ServerEvent::MessagePosted(said) => {
            posted(connection, row, event, said, once)?;
            if said.is_entry() {
                mentioned(connection, row, event, said)?;
            }
            poll::posted(connection, event, said)?;
            draft::sent(write, event, said)?;
            schedule::gone(write, event.actor, said.client_message_id)?;
            if let Some(root) = said.thread {
                thread::replied(write, row, event, said, root)?;
            }
        }
        ServerEvent::MessageEdited { message, .. } => {
            amendment::edited(connection, event, *message)?;
        }
        ServerEvent::MessageDeleted { message } => {
            amendment::deleted(connection, event, *message)?;
        }
        ServerEvent::ReactionAdded { message, emoji } => {
            amendment::reacted(connection, event, *message, emoji)?;
        }
        ServerEvent::ReactionRemoved { message, emoji } => {
            amendment::reaction_removed(connection, event, *message, emoji)?;
        }
        ServerEvent::MessagePinned { message } => amendment::pinned(connection, event, *message)?,
        ServerEvent::MessageUnpinned { message } => {
            amendment::unpinned(connection, event, *message)?;
        }
        ServerEvent::PollVoted { message, choices } => {
            poll::voted(connection, event, *message, choices)?;
        }
        ServerEvent::PollCounted { message, .. } => poll::revised(connection, event, *message)?,
        ServerEvent::PollClosed { message } => poll::closed(connection, event, *message)?,
    }
    Ok(())
}

fn joined(
    connection: &Connection,
    row: &mut RoomRow,
    event: &RoomEvent,
    user: UserId,
    role: Role,
) -> Result<(), WriteError> {
    connection.change(
        "INSERT INTO membership (user, room, role, involvement, read, own_above) \
         VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        (Sql(user), Sql(row.room.id), Sql(role), Sql(Involvement::default()), Sql(event.seq)),
    )?;
    row.room.members = row.room.members.saturating_add(1);
    row.owners = row.owners.saturating_add(u32::from(role == Role::Owner));
    Ok(())
}

fn left(connection: &Connection, row: &mut RoomRow, user: UserId) -> Result<(), WriteError> {
    let role = connection
        .first(
            "DELETE FROM membership WHERE user = ?1 AND room = ?2 RETURNING role",
            (Sql(user), Sql(row.room.id)),
            |row| row.get::<_, Sql<Role>>(0),
        )?
        .ok_or_else(not_a_member)?
        .0;
    thread::forget(connection, user, row.room.id)?;
    draft::forget(connection, user, row.room.id)?;
    row.room.members = row.room.members.saturating_sub(1);
    row.owners = row.owners.saturating_sub(u32::from(role == Role::Owner));
    Ok(())
}

fn role_changed(
    connection: &Connection,
    row: &mut RoomRow,
    user: UserId,
    role: Role,
) -> Result<(), WriteError> {
    let before = member_role(connection, row.room.id, user)?.ok_or_else(not_a_member)?;
    connection.change(
        "UPDATE membership SET role = ?3 WHERE user = ?1 AND room = ?2",
        (Sql(user), Sql(row.room.id), Sql(role)),
    )?;
    row.owners = row.owners.saturating_sub(u32::from(before == Role::Owner));
    row.owners = row.owners.saturating_add(u32::from(role == Role::Owner));
    Ok(())
}

fn posted(
    connection: &Connection,
    row: &mut RoomRow,
    event: &RoomEvent,
    said: &Posted,
    once: Option<Once>,
) -> Result<(), WriteError> {
    row.messages = row.messages.saturating_add(u64::from(said.is_entry()));
    let known_as =
        if planted::has(Bug::ForgetIds) { ClientMessageId::new() } else { said.client_message_id };
    let hash = once.filter(|once| once.client_message_id == said.client_message_id);
    let inserted = connection.change(
        "INSERT INTO message (room, seq, id, author, client_message_id, hash, ordinal, entry) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         ON CONFLICT (client_message_id, author) DO NOTHING",
        (
            Sql(event.room),
            Sql(event.seq),
            Sql(said.id),
            Sql(event.actor),
            Sql(known_as),
            hash.map(|once| once.hash),
            Sql(row.messages),
            said.is_entry(),
        ),
    )?;
    if inserted == 0 {
        return Err(ErrorCode::ClientMessageIdConflict.into());
    }
    index::posted(connection, event.room, event.seq)?;
    if !said.is_entry() {
        return Ok(());
    }
    connection.change(
        "UPDATE membership SET own_above = own_above + 1 WHERE user = ?1 AND room = ?2",
        (Sql(event.actor), Sql(event.room)),
    )?;
    Ok(())
}

fn mentioned(
    connection: &Connection,
    row: &RoomRow,
    event: &RoomEvent,
    said: &Posted,
) -> Result<(), WriteError> {
    if row.room.kind == RoomKind::Direct {
        return Ok(());
    }
    let mention = |user: UserId, call: bool| {
        connection.change(
            "INSERT INTO mention (user, room, seq, call) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO NOTHING",
            (Sql(user), Sql(event.room), Sql(event.seq), call),
        )
    };
    // A mention first: whoever is meant themselves is not one of many.
    for user in said.mentions.iter().filter(|user| **user != event.actor) {
        mention(*user, false)?;
    }
    match &said.call {
        Some(Call::Room) => {
            connection.change(
                "INSERT INTO mention (user, room, seq, call) SELECT user, room, ?2, 1 \
                 FROM membership WHERE room = ?1 AND user <> ?3 ON CONFLICT DO NOTHING",
                (Sql(event.room), Sql(event.seq), Sql(event.actor)),
            )?;
        }
        Some(Call::Here(people)) => {
            for user in people.iter().filter(|user| **user != event.actor) {
                mention(*user, true)?;
            }
        }
        None => {}
    }
    Ok(())
}

fn not_a_member() -> StoreError {
    StoreError::Internal("an event on a membership that is not there".into())
}
