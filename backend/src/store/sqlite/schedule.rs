//! What people want done later: messages to be sent, and reminders.

use super::message::json;
use super::personal::tell;
use super::row::{Query as _, Sql};
use super::writer::Write;
use crate::store::{StoreError, WriteError};
use rusqlite::{Connection, Row};
use shared::error::ErrorCode;
use shared::event::UserEvent;
use shared::id::{ClientMessageId, ReminderId, UserId};
use shared::limit;
use shared::message::MessageBody;
use shared::schedule::{Reminder, Scheduled};

pub(super) fn schedule(
    write: &mut Write<'_>,
    author: UserId,
    scheduled: Scheduled,
) -> Result<(), WriteError> {
    let id = scheduled.client_message_id;
    let known = find(write.connection, author, id)?;
    if known.as_ref() == Some(&scheduled) {
        return Ok(());
    }
    let sent = write.connection.first(
        "SELECT 1 FROM message WHERE client_message_id = ?1 AND author = ?2",
        (Sql(id), Sql(author)),
        |_| Ok(()),
    )?;
    if sent.is_some() {
        return Err(ErrorCode::ClientMessageIdConflict.into());
    }
    if known.is_none() {
        let waiting = write.connection.first(
            "SELECT count(*) FROM scheduled WHERE author = ?1",
            (Sql(author),),
            |row| row.get::<_, u32>(0),
        )?;
        refuse_many(waiting, limit::SCHEDULED)?;
    }
    write.connection.change(
        "INSERT OR REPLACE INTO scheduled \
         (author, client_message_id, room, thread, body, at, reply_to, failed) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)",
        (
            Sql(author),
            Sql(id),
            Sql(scheduled.room),
            scheduled.thread.map(Sql),
            scheduled.body.as_str(),
            Sql(scheduled.at),
            scheduled.reply_to.map(Sql),
        ),
    )?;
    tell(write, author, UserEvent::MessageScheduled { scheduled })
}

/// It is sent now, or shall not be.
pub(super) fn gone(
    write: &mut Write<'_>,
    author: UserId,
    client_message_id: ClientMessageId,
) -> Result<(), WriteError> {
    let gone = write.connection.change(
        "DELETE FROM scheduled WHERE author = ?1 AND client_message_id = ?2",
        (Sql(author), Sql(client_message_id)),
    )?;
    if gone == 0 {
        return Ok(());
    }
    tell(write, author, UserEvent::ScheduledGone { client_message_id })
}

pub(super) fn fail(
    write: &mut Write<'_>,
    author: UserId,
    id: ClientMessageId,
    code: &ErrorCode,
) -> Result<(), WriteError> {
    let text =
        serde_json::to_string(code).map_err(|error| StoreError::Internal(error.to_string()))?;
    write.connection.change(
        "UPDATE scheduled SET failed = ?3 WHERE author = ?1 AND client_message_id = ?2",
        (Sql(author), Sql(id), text),
    )?;
    match find(write.connection, author, id)? {
        Some(scheduled) => tell(write, author, UserEvent::MessageScheduled { scheduled }),
        None => Ok(()),
    }
}

pub(super) fn find(
    connection: &Connection,
    author: UserId,
    id: ClientMessageId,
) -> rusqlite::Result<Option<Scheduled>> {
    connection.first(
        "SELECT client_message_id, room, thread, body, at, failed, reply_to FROM scheduled \
         WHERE author = ?1 AND client_message_id = ?2",
        (Sql(author), Sql(id)),
        scheduled,
    )
}

pub(super) fn all(connection: &Connection, author: UserId) -> rusqlite::Result<Vec<Scheduled>> {
    connection.all(
        "SELECT client_message_id, room, thread, body, at, failed, reply_to FROM scheduled \
         WHERE author = ?1 ORDER BY at",
        (Sql(author),),
        scheduled,
    )
}

fn scheduled(row: &Row<'_>) -> rusqlite::Result<Scheduled> {
    let failed = match row.get_ref(5)?.as_str_or_null()? {
        Some(_) => Some(json(row, 5)?),
        None => None,
    };
    Ok(Scheduled {
        client_message_id: row.get::<_, Sql<_>>(0)?.0,
        room: row.get::<_, Sql<_>>(1)?.0,
        reply_to: row.get::<_, Option<Sql<_>>>(6)?.map(|Sql(seq)| seq),
        thread: row.get::<_, Option<Sql<_>>>(2)?.map(|Sql(root)| root),
        body: body(row, 3)?,
        at: row.get::<_, Sql<_>>(4)?.0,
        failed,
    })
}

/// A text that was one when it was kept.
fn body(row: &Row<'_>, column: usize) -> rusqlite::Result<MessageBody> {
    MessageBody::new(row.get_ref(column)?.as_str()?).map_err(|_| rusqlite::Error::InvalidQuery)
}

pub(super) fn set_reminder(
    write: &mut Write<'_>,
    user: UserId,
    reminder: Reminder,
) -> Result<(), WriteError> {
    let known = find_reminder(write.connection, user, reminder.id)?;
    if known.as_ref() == Some(&reminder) {
        return Ok(());
    }
    if known.is_none() {
        let waiting = write.connection.first(
            "SELECT count(*) FROM reminder WHERE user = ?1",
            (Sql(user),),
            |row| row.get::<_, u32>(0),
        )?;
        refuse_many(waiting, limit::REMINDERS)?;
    }
    write.connection.change(
        "INSERT OR REPLACE INTO reminder (user, id, room, message, text, at, due) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
        (
            Sql(user),
            Sql(reminder.id),
            reminder.room.map(Sql),
            reminder.message.map(Sql),
            &reminder.text,
            Sql(reminder.at),
        ),
    )?;
    tell(write, user, UserEvent::ReminderSet { reminder })
}

pub(super) fn clear_reminder(
    write: &mut Write<'_>,
    user: UserId,
    id: ReminderId,
) -> Result<(), WriteError> {
    let gone = write
        .connection
        .change("DELETE FROM reminder WHERE user = ?1 AND id = ?2", (Sql(user), Sql(id)))?;
    if gone == 0 { Ok(()) } else { tell(write, user, UserEvent::ReminderCleared { id }) }
}

pub(super) fn reminder_due(
    write: &mut Write<'_>,
    user: UserId,
    id: ReminderId,
) -> Result<(), WriteError> {
    let due = write.connection.change(
        "UPDATE reminder SET due = 1 WHERE user = ?1 AND id = ?2 AND due = 0 AND at <= ?3",
        (Sql(user), Sql(id), Sql(write.now)),
    )?;
    match find_reminder(write.connection, user, id)? {
        Some(reminder) if due > 0 => tell(write, user, UserEvent::ReminderSet { reminder }),
        Some(_) | None => Ok(()),
    }
}

fn find_reminder(
    connection: &Connection,
    user: UserId,
    id: ReminderId,
) -> rusqlite::Result<Option<Reminder>> {
    connection.first(
        "SELECT id, room, message, text, at, due FROM reminder WHERE user = ?1 AND id = ?2",
        (Sql(user), Sql(id)),
        reminder,
    )
}

pub(super) fn reminders(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<Reminder>> {
    connection.all(
        "SELECT id, room, message, text, at, due FROM reminder WHERE user = ?1 ORDER BY at",
        (Sql(user),),
        reminder,
    )
}

fn reminder(row: &Row<'_>) -> rusqlite::Result<Reminder> {
    Ok(Reminder {
        id: row.get::<_, Sql<_>>(0)?.0,
        room: row.get::<_, Option<Sql<_>>>(1)?.map(|Sql(room)| room),
        message: row.get::<_, Option<Sql<_>>>(2)?.map(|Sql(seq)| seq),
        text: row.get(3)?,
        at: row.get::<_, Sql<_>>(4)?.0,
        due: row.get(5)?,
    })
}

fn refuse_many(count: Option<u32>, limit: usize) -> Result<(), WriteError> {
    let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
    if count < limit { Ok(()) } else { Err(ErrorCode::TooMany { limit }.into()) }
}
