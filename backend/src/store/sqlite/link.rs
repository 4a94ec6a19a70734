//! Links with a secret: invitations and password resets. Only the secret's SHA-256 is kept.

use super::account;
use super::row::{NOT_FOUND, Query as _, Sql};
use super::session;
use super::writer::Write;
use crate::store::{NewInvitation, NewReset, StoreError, WriteError};
use rusqlite::{Connection, Row};
use shared::error::ErrorCode;
use shared::id::{InvitationId, SessionId, UserId};
use shared::site::Invitation;
use shared::time::Timestamp;
use shared::user::User;

pub(super) fn create_invitation(
    write: &mut Write<'_>,
    new: &NewInvitation,
) -> Result<Invitation, WriteError> {
    write.connection.change(
        "INSERT INTO invitation \
         (id, secret_hash, created_by, created_at, expires_at, uses_left, used, revoked) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, FALSE)",
        (
            Sql(new.id),
            new.secret_hash,
            Sql(new.created_by),
            Sql(new.created_at),
            Sql(new.expires_at),
            new.uses,
        ),
    )?;
    Ok(Invitation {
        id: new.id,
        created_by: new.created_by,
        created_at: new.created_at,
        expires_at: new.expires_at,
        uses_left: new.uses,
        used: 0,
        revoked: false,
    })
}

pub(super) fn revoke_invitation(
    write: &mut Write<'_>,
    invitation: InvitationId,
) -> Result<(), WriteError> {
    let changed = write
        .connection
        .change("UPDATE invitation SET revoked = TRUE WHERE id = ?1", (Sql(invitation),))?;
    if changed == 0 { Err(NOT_FOUND) } else { Ok(()) }
}

pub(super) fn invitation_holds(
    connection: &Connection,
    secret_hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let found = connection.first(
        "SELECT 1 FROM invitation WHERE secret_hash = ?1 AND NOT revoked AND expires_at > ?2 \
         AND coalesce(uses_left, 1) > 0",
        (secret_hash, Sql(now)),
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Takes one use of an invitation that holds.
pub(super) fn use_invitation(
    write: &mut Write<'_>,
    secret_hash: &[u8; 32],
) -> Result<(), WriteError> {
    write.connection.change(
        "UPDATE invitation SET used = used + 1, uses_left = uses_left - 1 WHERE secret_hash = ?1",
        (secret_hash,),
    )?;
    Ok(())
}

pub(super) fn invitations(connection: &Connection) -> Result<Vec<Invitation>, StoreError> {
    let invitations = connection.all(
        "SELECT id, created_by, created_at, expires_at, uses_left, used, revoked FROM invitation \
         ORDER BY created_at DESC, id DESC",
        (),
        invitation,
    )?;
    Ok(invitations)
}

fn invitation(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        id: row.get::<_, Sql<_>>(0)?.0,
        created_by: row.get::<_, Sql<_>>(1)?.0,
        created_at: row.get::<_, Sql<_>>(2)?.0,
        expires_at: row.get::<_, Sql<_>>(3)?.0,
        uses_left: row.get(4)?,
        used: row.get(5)?,
        revoked: row.get(6)?,
    })
}

pub(super) fn create_reset(write: &mut Write<'_>, new: &NewReset) -> Result<(), WriteError> {
    if account::find(write.connection, new.user)?.is_none() {
        return Err(NOT_FOUND);
    }
    write.connection.change(
        "INSERT OR REPLACE INTO reset (user, secret_hash, created_by, created_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            Sql(new.user),
            new.secret_hash,
            Sql(new.created_by),
            Sql(new.created_at),
            Sql(new.expires_at),
        ),
    )?;
    Ok(())
}

pub(super) fn use_reset(
    write: &mut Write<'_>,
    secret_hash: &[u8; 32],
    password_hash: &str,
    now: Timestamp,
) -> Result<(User, Vec<SessionId>), WriteError> {
    let user = write
        .connection
        .first(
            "DELETE FROM reset WHERE secret_hash = ?1 AND expires_at > ?2 RETURNING user",
            (secret_hash, Sql(now)),
            |row| row.get::<_, Sql<UserId>>(0),
        )?
        .map(|Sql(user)| user);
    let user = match user {
        Some(user) => account::find(write.connection, user)?.filter(|user| !user.disabled),
        None => None,
    };
    let Some(user) = user else { return Err(ErrorCode::LinkInvalid.into()) };
    account::set_password_hash(write, user.id, password_hash)?;
    let ended = session::end_all(write, user.id, None)?;
    Ok((user, ended))
}
