//! People and their accounts.

use super::link;
use super::log::append_events;
use super::room;
use super::row::{NOT_FOUND, Query as _, RoomRow, Sql, broken, user, user_columns};
use super::session;
use super::site::{self, SiteRow};
use super::writer::Write;
use crate::reading;
use crate::store::{
    Change, Credentials, FirstRun, NewRoom, NewUser, PersonPatch, RegistrationFacts, Status,
    StoreError, WriteError,
};
use rusqlite::Connection;
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::frame::Directory;
use shared::id::{RoomId, UserId};
use shared::message::Emoji;
use shared::room::{Member, Role, RoomKind, RoomPurpose};
use shared::site::Registration;
use shared::user::{Settings, SiteRole, User};

pub(super) fn register(write: &mut Write<'_>, new: NewUser) -> Result<User, WriteError> {
    let NewUser { id, nick, nick_key, name, password_hash, invitation, first_run, decide } = new;
    let place = SiteRow::read(write.connection)?;
    let facts = RegistrationFacts {
        first_run: place.announcements.is_none(),
        registration: place.registration,
        invitation_holds: match &invitation {
            Some(secret) => link::invitation_holds(write.connection, secret, write.now)?,
            None => false,
        },
    };
    decide(&facts)?;
    let taken = write
        .connection
        .first("SELECT 1 FROM user WHERE nick_key = ?1 OR nick = ?2", (&nick_key, &nick), |_| {
            Ok(())
        })?
        .is_some();
    if taken {
        return Err(ErrorCode::NickTaken.into());
    }
    if let (true, Some(secret)) = (facts.invitation_holds, &invitation) {
        link::use_invitation(write, secret)?;
    }
    let role = if facts.first_run { SiteRole::Administrator } else { SiteRole::Member };
    let directory = site::next_directory(write)?;
    let settings = serde_json::to_string(&Settings::default())
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    write.connection.change(
        "INSERT INTO user (id, nick, nick_key, nick_folded, beginnings, name, administrator, \
         status, disabled, password_hash, settings, version, directory, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', FALSE, ?8, ?9, 0, ?10, ?11)",
        (
            Sql(id),
            &nick,
            &nick_key,
            nick.to_lowercase(),
            beginnings(&nick, &name),
            &name,
            Sql(role),
            &password_hash,
            settings,
            Sql(directory),
            Sql(write.now),
        ),
    )?;
    let person = User {
        id,
        nick,
        name,
        role,
        status: String::new(),
        status_emoji: None,
        status_until: None,
        disabled: false,
    };
    write.changes.push(Change::Person { directory, user: person.clone() });
    if facts.first_run {
        found(write, id, first_run)?;
    } else {
        for room in [place.announcements, place.first_room].into_iter().flatten() {
            land(write, id, room)?;
        }
    }
    Ok(person)
}

/// The first person makes the place: its name and the two rooms that everybody lands in.
fn found(write: &mut Write<'_>, owner: UserId, names: FirstRun) -> Result<(), WriteError> {
    let FirstRun { site_name, first_room, announcements } = names;
    let mut make = |name: String, purpose: RoomPurpose| {
        let id = RoomId::new();
        let new = NewRoom {
            id,
            creator: owner,
            kind: RoomKind::Open,
            purpose,
            name,
            topic: String::new(),
            members: vec![Member { user: owner, role: Role::Owner }],
        };
        room::create(write, new).map(|_| id)
    };
    let announcements = make(announcements, RoomPurpose::Announcements)?;
    let first_room = make(first_room, RoomPurpose::Talk)?;
    write.connection.change(
        "UPDATE site SET name = ?1, registration = ?2, announcements = ?3, first_room = ?4",
        (&site_name, Sql(Registration::Open), Sql(announcements), Sql(first_room)),
    )?;
    site::tell(write)?;
    Ok(())
}

fn land(write: &mut Write<'_>, user: UserId, room: RoomId) -> Result<(), WriteError> {
    let mut row =
        RoomRow::find(write.connection, room)?.ok_or_else(|| broken("a room of the site"))?;
    if row.room.archived {
        return Ok(());
    }
    let joined = ServerEvent::MemberJoined { user, role: Role::Member };
    append_events(write, &mut row, user, vec![joined], None)?;
    Ok(())
}

pub(super) fn update(
    write: &mut Write<'_>,
    id: UserId,
    patch: PersonPatch,
) -> Result<User, WriteError> {
    let before = find(write.connection, id)?.ok_or(NOT_FOUND)?;
    let PersonPatch { name, status, role, disabled } = patch;
    let status = status.unwrap_or_else(|| Status {
        text: before.status.clone(),
        emoji: before.status_emoji.clone(),
        until: before.status_until,
    });
    let after = User {
        id,
        nick: before.nick.clone(),
        name: name.unwrap_or_else(|| before.name.clone()),
        status: status.text,
        status_emoji: status.emoji,
        status_until: status.until,
        role: role.unwrap_or(before.role),
        disabled: disabled.unwrap_or(before.disabled),
    };
    if after == before {
        return Ok(after);
    }
    let directory = site::next_directory(write)?;
    write.connection.change(
        "UPDATE user SET name = ?2, status = ?3, administrator = ?4, disabled = ?5, \
         beginnings = ?6, directory = ?7, status_emoji = ?8, status_until = ?9 WHERE id = ?1",
        (
            Sql(id),
            &after.name,
            &after.status,
            Sql(after.role),
            after.disabled,
            beginnings(&after.nick, &after.name),
            Sql(directory),
            after.status_emoji.as_ref().map(Emoji::as_str),
            after.status_until.map(Sql),
        ),
    )?;
    let administrators = write.connection.first(
        "SELECT 1 FROM user WHERE administrator AND NOT disabled LIMIT 1",
        (),
        |_| Ok(()),
    )?;
    if administrators.is_none() {
        return Err(ErrorCode::LastOwner.into());
    }
    write.changes.push(Change::Person { directory, user: after.clone() });
    if after.disabled {
        session::end_all(write, id, None)?;
    }
    Ok(after)
}

pub(super) fn end_status(write: &mut Write<'_>, user: UserId) -> Result<(), WriteError> {
    let over = write.connection.first(
        "SELECT 1 FROM user WHERE id = ?1 AND status_until <= ?2",
        (Sql(user), Sql(write.now)),
        |_| Ok(()),
    )?;
    if over.is_some() {
        let status = Some(Status::default());
        update(write, user, PersonPatch { status, ..PersonPatch::default() })?;
    }
    Ok(())
}

pub(super) fn set_password_hash(
    write: &mut Write<'_>,
    user: UserId,
    hash: &str,
) -> Result<(), WriteError> {
    let changed = write
        .connection
        .change("UPDATE user SET password_hash = ?2 WHERE id = ?1", (Sql(user), hash))?;
    if changed == 0 { Err(NOT_FOUND) } else { Ok(()) }
}

pub(super) fn find(connection: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    let found = connection.first(
        concat!("SELECT ", user_columns!(), " FROM user WHERE id = ?1"),
        (Sql(id),),
        user,
    )?;
    Ok(found)
}

pub(super) fn by_nick_keys(
    connection: &Connection,
    keys: Vec<String>,
) -> Result<Vec<(String, User)>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let person = connection.first(
            concat!("SELECT ", user_columns!(), " FROM user WHERE nick_key = ?1"),
            (&key,),
            user,
        )?;
        found.extend(person.map(|person| (key, person)));
    }
    Ok(found)
}

pub(super) fn credentials(
    connection: &Connection,
    nick_key: &str,
) -> Result<Option<Credentials>, StoreError> {
    let found = connection.first(
        "SELECT id, password_hash, disabled FROM user WHERE nick_key = ?1",
        (nick_key,),
        |row| {
            Ok(Credentials {
                user: row.get::<_, Sql<_>>(0)?.0,
                password_hash: row.get(1)?,
                disabled: row.get(2)?,
            })
        },
    )?;
    Ok(found)
}

pub(super) fn password_hash(
    connection: &Connection,
    user: UserId,
) -> Result<Option<String>, StoreError> {
    let found =
        connection.first("SELECT password_hash FROM user WHERE id = ?1", (Sql(user),), |row| {
            row.get(0)
        })?;
    Ok(found)
}

/// Looks through all people in the order of nicks: some ten milliseconds for a hundred thousand.
pub(super) fn search(
    connection: &Connection,
    query: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<User>, StoreError> {
    let beginning = format!("\n{}", fold(query));
    let after = after.unwrap_or_default();
    let found = connection.all(
        concat!(
            "SELECT ",
            user_columns!(),
            " FROM user WHERE (nick_folded, nick) > (?1, ?2) AND instr(beginnings, ?3) > 0 \
             ORDER BY nick_folded, nick LIMIT ?4"
        ),
        (after.to_lowercase(), after, beginning, limit),
        user,
    )?;
    Ok(found)
}

pub(super) fn directory(connection: &Connection, since: u64) -> Result<Directory, StoreError> {
    let users = connection.all(
        concat!("SELECT ", user_columns!(), " FROM user WHERE directory > ?1 ORDER BY directory"),
        (Sql(since),),
        user,
    )?;
    let version = site::versions(connection)?.0;
    Ok(Directory { version, users })
}

/// Lower case, with one space for any white space.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// From how many of a name's characters on it is also kept as it is read.
const READ_FROM: usize = 8;

/// Nick and name from the beginning of each of their words on. Chinese, Japanese and Korean are
/// written without spaces: there each character begins one, and a Han character also as it is read.
fn beginnings(nick: &str, name: &str) -> String {
    let mut beginnings = String::new();
    let mut read = 0;
    for text in [fold(nick), fold(name)] {
        let mut inside = false;
        for (at, character) in text.char_indices() {
            let letter = character.is_alphanumeric();
            if at == 0 || letter && (!inside || is_ideographic(character)) {
                beginnings.push('\n');
                beginnings.push_str(&text[at..]);
                if is_ideographic(character) && read < READ_FROM {
                    read += 1;
                    for typed in reading::typed(&text[at..]) {
                        beginnings.push('\n');
                        beginnings.push_str(&typed);
                    }
                }
            }
            inside = letter;
        }
    }
    beginnings
}

/// Kana, CJK ideographs, Hangul.
const fn is_ideographic(character: char) -> bool {
    matches!(character,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_the_beginning_of_any_word() {
        let beginnings = beginnings("a.lovelace", "Ada  King-Noel 王小明");
        for query in
            ["a", "love", "ada k", "Noel", "king-n", "小明", "王", "wxm", "Wang X", "xiaom"]
        {
            assert!(beginnings.contains(&format!("\n{}", fold(query))), "{query}");
        }
        for query in ["ce", "oel", "明小", "ang", "xw"] {
            assert!(!beginnings.contains(&format!("\n{}", fold(query))), "{query}");
        }
    }
}
