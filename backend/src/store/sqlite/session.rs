//! Logins.

use super::row::{NOT_FOUND, Query as _, Sql, user, user_columns};
use super::writer::Write;
use crate::store::{
    Change, NewSession, SESSION_ABSOLUTE_MILLIS, SESSION_IDLE_MILLIS, SessionOf, StoreError,
    WriteError,
};
use rusqlite::Connection;
use shared::id::{SessionId, UserId};
use shared::site::Session;
use shared::time::Timestamp;

pub(super) fn create(write: &mut Write<'_>, new: &NewSession) -> Result<(), WriteError> {
    let enabled = write
        .connection
        .first("SELECT 1 FROM user WHERE id = ?1 AND NOT disabled", (Sql(new.user),), |_| Ok(()))?
        .is_some();
    if !enabled {
        return Err(NOT_FOUND);
    }
    let (used_since, created_since) = bounds(new.at);
    write.connection.change(
        "DELETE FROM session WHERE user = ?1 AND (last_used_at <= ?2 OR created_at <= ?3)",
        (Sql(new.user), Sql(used_since), Sql(created_since)),
    )?;
    write.connection.change(
        "INSERT INTO session (id, user, token_hash, created_at, last_used_at, agent, address) \
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
        (Sql(new.id), Sql(new.user), new.token_hash, Sql(new.at), &new.agent, &new.address),
    )?;
    Ok(())
}

pub(super) fn touch(
    write: &mut Write<'_>,
    session: SessionId,
    at: Timestamp,
) -> Result<(), WriteError> {
    write.connection.change(
        "UPDATE session SET last_used_at = ?2 WHERE id = ?1 AND last_used_at < ?2",
        (Sql(session), Sql(at)),
    )?;
    Ok(())
}

pub(super) fn end(
    write: &mut Write<'_>,
    user: UserId,
    session: SessionId,
) -> Result<bool, WriteError> {
    let ended = write
        .connection
        .change("DELETE FROM session WHERE user = ?1 AND id = ?2", (Sql(user), Sql(session)))?;
    if ended > 0 {
        write.changes.push(Change::SessionsEnded(vec![session]));
    }
    Ok(ended > 0)
}

pub(super) fn end_all(
    write: &mut Write<'_>,
    user: UserId,
    except: Option<SessionId>,
) -> Result<Vec<SessionId>, WriteError> {
    let ended = write.connection.all(
        "DELETE FROM session WHERE user = ?1 AND id IS NOT ?2 RETURNING id",
        (Sql(user), except.map(Sql)),
        |row| row.get::<_, Sql<SessionId>>(0).map(|Sql(id)| id),
    )?;
    if !ended.is_empty() {
        write.changes.push(Change::SessionsEnded(ended.clone()));
    }
    Ok(ended)
}

pub(super) fn find(
    connection: &Connection,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<SessionOf>, StoreError> {
    let (used_since, created_since) = bounds(now);
    let found = connection.first(
        concat!(
            "SELECT ",
            user_columns!(),
            ", session.id, session.created_at, session.last_used_at \
             FROM session JOIN user ON user.id = session.user \
             WHERE session.token_hash = ?1 AND session.last_used_at > ?2 \
             AND session.created_at > ?3 AND NOT user.disabled"
        ),
        (token_hash, Sql(used_since), Sql(created_since)),
        |row| {
            Ok(SessionOf {
                user: user(row)?,
                id: row.get::<_, Sql<_>>(8)?.0,
                created_at: row.get::<_, Sql<_>>(9)?.0,
                last_used_at: row.get::<_, Sql<_>>(10)?.0,
            })
        },
    )?;
    Ok(found)
}

pub(super) fn list(
    connection: &Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    let (used_since, created_since) = bounds(now);
    let sessions = connection.all(
        "SELECT id, created_at, last_used_at, agent, address FROM session \
         WHERE user = ?1 AND last_used_at > ?2 AND created_at > ?3 \
         ORDER BY created_at DESC, id DESC",
        (Sql(user), Sql(used_since), Sql(created_since)),
        |row| {
            Ok(Session {
                id: row.get::<_, Sql<_>>(0)?.0,
                created_at: row.get::<_, Sql<_>>(1)?.0,
                last_used_at: row.get::<_, Sql<_>>(2)?.0,
                agent: row.get(3)?,
                address: row.get(4)?,
                current: false,
            })
        },
    )?;
    Ok(sessions)
}

/// What a living session was used after, and what it was made after.
const fn bounds(now: Timestamp) -> (Timestamp, Timestamp) {
    (now.plus_millis(-SESSION_IDLE_MILLIS), now.plus_millis(-SESSION_ABSOLUTE_MILLIS))
}
