//! How values stand in rows, both ways.

use super::checksum::Damaged;
use crate::store::{StoreError, WriteError};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, ffi};
use shared::error::ErrorCode;
use shared::id::{
    ClientMessageId, Epoch, InvitationId, MessageId, ReminderId, RoomId, Seq, SessionId, UserId,
};
use shared::message::Emoji;
use shared::room::{Involvement, Role, Room, RoomKind, RoomPurpose};
use shared::site::Registration;
use shared::time::Timestamp;
use shared::user::{Receipts, SiteRole, User};
use uuid::Uuid;

/// A value as a column holds it; `Sql(value)` goes in, `row.get::<_, Sql<T>>` comes out.
#[derive(Debug)]
pub(super) struct Sql<T>(pub(super) T);

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl ToSql for Sql<$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.as_uuid().as_bytes().as_slice().to_sql()
            }
        }

        impl FromSql for Sql<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let bytes = <[u8; 16]>::column_result(value)?;
                Ok(Self($name::from_uuid(Uuid::from_bytes(bytes))))
            }
        }
    )*};
}

ids! { UserId RoomId MessageId ClientMessageId SessionId InvitationId ReminderId Epoch }

/// Enums by their name.
macro_rules! names {
    ($($name:ident { $($variant:ident = $text:literal),* })*) => {$(
        impl ToSql for Sql<$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                match self.0 {
                    $($name::$variant => $text.to_sql(),)*
                }
            }
        }

        impl FromSql for Sql<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($text => Ok(Self($name::$variant)),)*
                    _ => Err(FromSqlError::InvalidType),
                }
            }
        }
    )*};
}

names! {
    RoomKind { Open = "open", Closed = "closed", Direct = "direct" }
    RoomPurpose { Talk = "talk", Announcements = "announcements" }
    Involvement {
        Everything = "everything", Mentions = "mentions", Nothing = "nothing",
        Invisible = "invisible"
    }
    Registration { Open = "open", Invitation = "invitation", Closed = "closed" }
}

impl ToSql for Sql<Role> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let number = match self.0 {
            Role::Member => 0,
            Role::Moderator => 1,
            Role::Owner => 2,
        };
        Ok(ToSqlOutput::from(number))
    }
}

impl FromSql for Sql<Role> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self(Role::Member)),
            1 => Ok(Self(Role::Moderator)),
            2 => Ok(Self(Role::Owner)),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

impl ToSql for Sql<SiteRole> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0 == SiteRole::Administrator))
    }
}

impl FromSql for Sql<SiteRole> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let administrator = bool::column_result(value)?;
        Ok(Self(if administrator { SiteRole::Administrator } else { SiteRole::Member }))
    }
}

impl ToSql for Sql<Receipts> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.is_shown()))
    }
}

impl FromSql for Sql<Receipts> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let shown = bool::column_result(value)?;
        Ok(Self(if shown { Receipts::Shown } else { Receipts::Hidden }))
    }
}

impl ToSql for Sql<u64> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // Nothing is ever numbered beyond what a column holds, so comparisons stay true.
        Ok(ToSqlOutput::from(i64::try_from(self.0).unwrap_or(i64::MAX)))
    }
}

impl FromSql for Sql<u64> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

impl ToSql for Sql<Seq> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(i64::try_from(self.0.0).unwrap_or(i64::MAX)))
    }
}

impl FromSql for Sql<Seq> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Sql::<u64>::column_result(value).map(|Sql(number)| Self(Seq(number)))
    }
}

impl ToSql for Sql<Timestamp> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.0))
    }
}

impl FromSql for Sql<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|millis| Self(Timestamp(millis)))
    }
}

/// Statements that stay prepared for the next time.
pub(super) trait Query {
    /// The first row.
    fn first<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>>;

    fn all<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>>;

    /// How many rows changed.
    fn change(&self, sql: &'static str, params: impl Params) -> rusqlite::Result<usize>;
}

impl Query for Connection {
    fn first<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.prepare_cached(sql)?.query_row(params, read).optional()
    }

    fn all<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.prepare_cached(sql)?.query_map(params, read)?.collect()
    }

    fn change(&self, sql: &'static str, params: impl Params) -> rusqlite::Result<usize> {
        self.prepare_cached(sql)?.execute(params)
    }
}

/// A person, from the columns [`user_columns`].
pub(super) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get::<_, Sql<_>>(0)?.0,
        nick: row.get(1)?,
        name: row.get(2)?,
        role: row.get::<_, Sql<_>>(3)?.0,
        status: row.get(4)?,
        disabled: row.get(5)?,
        status_emoji: row.get::<_, Option<String>>(6)?.map(|text| Emoji::known(&text)),
        status_until: row.get::<_, Option<Sql<_>>>(7)?.map(|Sql(until)| until),
    })
}

macro_rules! user_columns {
    () => {
        "user.id, user.nick, user.name, user.administrator, user.status, user.disabled, \
         user.status_emoji, user.status_until"
    };
}
pub(super) use user_columns;

/// A room with what its members are not told.
#[derive(Clone, Debug)]
pub(super) struct RoomRow {
    pub(super) room: Room,
    pub(super) epoch: Epoch,
    pub(super) head: Seq,
    /// When the last event was.
    pub(super) last_at: Timestamp,
    pub(super) messages: u64,
    pub(super) owners: u32,
}

impl RoomRow {
    /// From the columns [`room_columns`].
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            room: Room {
                id: row.get::<_, Sql<_>>(0)?.0,
                kind: row.get::<_, Sql<_>>(1)?.0,
                purpose: row.get::<_, Sql<_>>(2)?.0,
                name: row.get(3)?,
                topic: row.get(4)?,
                archived: row.get(5)?,
                members: row.get(6)?,
                created_at: row.get::<_, Sql<_>>(7)?.0,
            },
            epoch: row.get::<_, Sql<_>>(8)?.0,
            head: row.get::<_, Sql<_>>(9)?.0,
            last_at: row.get::<_, Sql<_>>(10)?.0,
            messages: row.get::<_, Sql<_>>(11)?.0,
            owners: row.get(12)?,
        })
    }

    pub(super) fn find(connection: &Connection, room: RoomId) -> rusqlite::Result<Option<Self>> {
        connection.first(
            concat!("SELECT ", room_columns!(), " FROM room WHERE id = ?1"),
            (Sql(room),),
            Self::read,
        )
    }
}

/// Thirteen columns; the next one is number 13.
macro_rules! room_columns {
    () => {
        "room.id, room.kind, room.purpose, room.name, room.topic, room.archived, room.members, \
         room.created_at, room.epoch, room.head, room.last_at, room.messages, room.owners"
    };
}
pub(super) use room_columns;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Sqlite;
        let text = error.to_string();
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return match error {
                rusqlite::Error::FromSqlConversionFailure(_, _, source)
                    if source.is::<Damaged>() =>
                {
                    Self::Damaged(source.to_string())
                }
                // A row that does not hold what was written into it.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..) => Self::Corrupt(text),
                _ => Self::Internal(text),
            };
        };
        match failure.code {
            Sqlite::DiskFull => Self::Full,
            // The shared index of the log could not grow.
            Sqlite::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
                Self::Full
            }
            Sqlite::SystemIoFailure => Self::Disk(text),
            Sqlite::DatabaseBusy | Sqlite::DatabaseLocked => Self::Busy,
            // The index of words follows from the logs: nobody's words depend on it.
            Sqlite::DatabaseCorrupt if failure.extended_code == ffi::SQLITE_CORRUPT_VTAB => {
                Self::Internal(text)
            }
            Sqlite::DatabaseCorrupt | Sqlite::NotADatabase => Self::Corrupt(text),
            _ => Self::Internal(text),
        }
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a row refers to and must be there.
pub(super) fn broken(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} is missing"))
}

pub(super) const NOT_FOUND: WriteError = WriteError::Refused(ErrorCode::NotFound);
