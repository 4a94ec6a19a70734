//! Rooms: making them, and how they look to a person.

use super::log::{append_events, room_of_member, standing};
use super::receipt;
use super::row::{NOT_FOUND, Query as _, RoomRow, Sql, room_columns};
use super::thread;
use super::writer::Write;
use crate::store::{NewRoom, StoreError, WriteError};
use rusqlite::{Connection, Row};
use shared::error::ErrorCode;
use shared::event::ServerEvent;
use shared::id::{Epoch, RoomId, Seq, UserId};
use shared::permission::Standing;
use shared::room::{
    Counts, Involvement, Member, Membership, Role, Room, RoomKind, RoomListing, RoomSnapshot, Seen,
    ThreadCounts,
};
use uuid::Uuid;

pub(super) fn create(write: &mut Write<'_>, new: NewRoom) -> Result<Room, WriteError> {
    let people = people(&new);
    let direct_key = match new.kind {
        RoomKind::Direct => {
            let key = direct_key(&people);
            let found = write.connection.first(
                concat!("SELECT ", room_columns!(), " FROM room WHERE direct_key = ?1"),
                (&key,),
                RoomRow::read,
            )?;
            if let Some(row) = found {
                return Ok(row.room);
            }
            Some(key)
        }
        RoomKind::Open | RoomKind::Closed => None,
    };
    for member in &people {
        let disabled = write
            .connection
            .first("SELECT disabled FROM user WHERE id = ?1", (Sql(member.user),), |row| {
                row.get::<_, bool>(0)
            })?
            .unwrap_or(true);
        if disabled {
            return Err(NOT_FOUND);
        }
    }
    if let (RoomKind::Direct, [_, other]) = (new.kind, people.as_slice())
        && blocks(write.connection, other.user, new.creator)?
    {
        return Err(ErrorCode::Blocked.into());
    }
    insert(write, new, &people, direct_key)
}

/// The creator first, everybody once.
fn people(new: &NewRoom) -> Vec<Member> {
    let own_role = match new.kind {
        RoomKind::Open | RoomKind::Closed => Role::Owner,
        RoomKind::Direct => Role::Member,
    };
    let creator = new.members.iter().find(|member| member.user == new.creator).copied();
    let mut people = vec![creator.unwrap_or(Member { user: new.creator, role: own_role })];
    for member in &new.members {
        if people.iter().all(|known| known.user != member.user) {
            people.push(*member);
        }
    }
    people
}

fn direct_key(people: &[Member]) -> Vec<u8> {
    let mut ids: Vec<UserId> = people.iter().map(|member| member.user).collect();
    ids.sort_unstable();
    ids.iter().flat_map(|id| *id.as_uuid().as_bytes()).collect()
}

fn blocks(connection: &Connection, user: UserId, other: UserId) -> rusqlite::Result<bool> {
    connection
        .first(
            "SELECT 1 FROM block WHERE user = ?1 AND other = ?2",
            (Sql(user), Sql(other)),
            |_| Ok(()),
        )
        .map(|found| found.is_some())
}

fn insert(
    write: &mut Write<'_>,
    new: NewRoom,
    people: &[Member],
    direct_key: Option<Vec<u8>>,
) -> Result<Room, WriteError> {
    let NewRoom { id, creator, kind, purpose, name, topic, members: _ } = new;
    let mut row = RoomRow {
        room: Room {
            id,
            kind,
            purpose,
            name: name.clone(),
            topic: topic.clone(),
            archived: false,
            members: 0,
            created_at: write.now,
        },
        epoch: Epoch::from_uuid(Uuid::new_v4()),
        head: Seq::ZERO,
        last_at: write.now,
        messages: 0,
        owners: 0,
    };
    write.connection.change(
        "INSERT INTO room (id, kind, purpose, name, topic, archived, created_at, epoch, head, \
         last_at, messages, members, owners, direct_key) \
         VALUES (?1, ?2, ?3, ?4, ?5, FALSE, ?6, ?7, 0, ?6, 0, 0, 0, ?8)",
        (
            Sql(id),
            Sql(kind),
            Sql(purpose),
            &name,
            &topic,
            Sql(write.now),
            Sql(row.epoch),
            direct_key,
        ),
    )?;
    let mut events = vec![ServerEvent::RoomCreated { kind, purpose, name, topic }];
    events.extend(
        people
            .iter()
            .map(|Member { user, role }| ServerEvent::MemberJoined { user: *user, role: *role }),
    );
    append_events(write, &mut row, creator, events, None)?;
    // Who is there from the beginning has missed nothing of it.
    write
        .connection
        .change("UPDATE membership SET read = ?2 WHERE room = ?1", (Sql(id), Sql(row.head)))?;
    Ok(row.room)
}

/// The counts that follow from a membership, at the room's head.
pub(super) fn counts(
    connection: &Connection,
    user: UserId,
    row: &RoomRow,
    own: &MembershipRow,
) -> rusqlite::Result<Counts> {
    let read = own.read;
    let none = Counts { read, at: row.head, ..Counts::default() };
    if read >= row.head {
        return Ok(none);
    }
    let number = |row: &Row<'_>| row.get::<_, Sql<u64>>(0).map(|Sql(number)| number);
    let read_messages = connection.first(
        "SELECT ordinal FROM message WHERE room = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1",
        (Sql(row.room.id), Sql(read)),
        number,
    )?;
    let above = row.messages.saturating_sub(read_messages.unwrap_or(0));
    let unread = above.saturating_sub(own.own_above);
    let (mentions, calls) = match row.room.kind {
        RoomKind::Direct => (unread, 0),
        RoomKind::Open | RoomKind::Closed if unread == 0 => (0, 0),
        RoomKind::Open | RoomKind::Closed => connection
            .first(
                "SELECT count(*), coalesce(sum(call), 0) FROM mention \
                 WHERE user = ?1 AND room = ?2 AND seq > ?3",
                (Sql(user), Sql(row.room.id), Sql(read)),
                |row| Ok((row.get::<_, Sql<u64>>(0)?.0, row.get::<_, Sql<u64>>(1)?.0)),
            )?
            .unwrap_or((0, 0)),
    };
    let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Counts {
        unread: small(unread),
        mentions: small(mentions),
        calls: small(calls),
        unfollowed: thread::has_unfollowed(connection, user, row.room.id, read)?,
        ..none
    })
}

/// A membership as its row holds it.
pub(super) struct MembershipRow {
    pub(super) role: Role,
    pub(super) involvement: Involvement,
    pub(super) read: Seq,
    /// How many messages above `read` are the member's own.
    pub(super) own_above: u64,
}

macro_rules! membership_columns {
    () => {
        "membership.role, membership.involvement, membership.read, membership.own_above"
    };
}

impl MembershipRow {
    /// From the columns [`membership_columns`], of which the first one is number `first`.
    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            role: row.get::<_, Sql<_>>(first)?.0,
            involvement: row.get::<_, Sql<_>>(first + 1)?.0,
            read: row.get::<_, Sql<_>>(first + 2)?.0,
            own_above: row.get::<_, Sql<_>>(first + 3)?.0,
        })
    }
}

pub(super) fn membership(
    connection: &Connection,
    user: UserId,
    room: RoomId,
) -> rusqlite::Result<Option<MembershipRow>> {
    connection.first(
        concat!("SELECT ", membership_columns!(), " FROM membership WHERE user = ?1 AND room = ?2"),
        (Sql(user), Sql(room)),
        |row| MembershipRow::read(row, 0),
    )
}

pub(super) fn snapshot(
    connection: &Connection,
    user: UserId,
    room: RoomId,
) -> Result<Option<RoomSnapshot>, StoreError> {
    let Some(row) = room_of_member(connection, user, room)? else { return Ok(None) };
    let Some(own) = membership(connection, user, room)? else { return Ok(None) };
    let threads = thread::followed(connection, user, &row)?;
    Ok(Some(snapshot_of(connection, user, row, &own, threads)?))
}

/// One snapshot for each of the user's rooms.
pub(super) fn snapshots(
    connection: &Connection,
    user: UserId,
) -> Result<Vec<RoomSnapshot>, StoreError> {
    let rows = connection.all(
        concat!(
            "SELECT ",
            room_columns!(),
            ", ",
            membership_columns!(),
            " FROM membership JOIN room ON room.id = membership.room WHERE membership.user = ?1"
        ),
        (Sql(user),),
        |row| Ok((RoomRow::read(row)?, MembershipRow::read(row, 13)?)),
    )?;
    let mut threads = thread::followed_everywhere(connection, user)?;
    let mut snapshots = Vec::with_capacity(rows.len());
    for (row, own) in rows {
        let mut threads = threads.remove(&row.room.id).unwrap_or_default();
        for thread in &mut threads {
            thread.at = row.head;
        }
        snapshots.push(snapshot_of(connection, user, row, &own, threads)?);
    }
    Ok(snapshots)
}

fn snapshot_of(
    connection: &Connection,
    user: UserId,
    row: RoomRow,
    own: &MembershipRow,
    threads: Vec<ThreadCounts>,
) -> rusqlite::Result<RoomSnapshot> {
    let counts = counts(connection, user, &row, own)?;
    let people: Vec<(Member, Seq, bool)> = match row.room.kind {
        RoomKind::Direct => connection.all(
            "SELECT membership.user, membership.role, membership.read, user.receipts \
             FROM membership JOIN user ON user.id = membership.user \
             WHERE membership.room = ?1 ORDER BY membership.user",
            (Sql(row.room.id),),
            |row| {
                let user = row.get::<_, Sql<_>>(0)?.0;
                let role = row.get::<_, Sql<_>>(1)?.0;
                Ok((Member { user, role }, row.get::<_, Sql<_>>(2)?.0, row.get(3)?))
            },
        )?,
        RoomKind::Open | RoomKind::Closed => Vec::new(),
    };
    let shows = row.room.kind == RoomKind::Direct && receipt::shows(connection, user)?;
    let seen = people
        .iter()
        .filter(|(member, _, shown)| shows && *shown && member.user != user)
        .map(|(member, read, _)| Seen { user: member.user, read: *read })
        .collect();
    Ok(RoomSnapshot {
        epoch: row.epoch,
        head: row.head,
        membership: Membership { role: own.role, involvement: own.involvement, counts, threads },
        people: people.into_iter().map(|(member, ..)| member).collect(),
        seen,
        room: row.room,
    })
}

pub(super) fn room_and_standing(
    connection: &Connection,
    user: UserId,
    room: RoomId,
) -> Result<Option<(Room, Standing)>, StoreError> {
    let found = standing(connection, room, user)?;
    Ok(found.map(|(row, standing)| (row.room, standing)))
}

pub(super) fn listings(
    connection: &Connection,
    user: UserId,
) -> Result<Vec<RoomListing>, StoreError> {
    let mut listings = connection.all(
        "SELECT room.id, room.kind, room.name, room.topic, room.members, \
         membership.user IS NOT NULL, room.archived FROM room \
         LEFT JOIN membership ON membership.user = ?1 AND membership.room = room.id \
         WHERE room.kind = 'open' \
         UNION ALL \
         SELECT room.id, room.kind, room.name, room.topic, room.members, TRUE, room.archived \
         FROM membership JOIN room ON room.id = membership.room \
         WHERE membership.user = ?1 AND room.kind <> 'open'",
        (Sql(user),),
        |row| {
            Ok(RoomListing {
                id: row.get::<_, Sql<_>>(0)?.0,
                kind: row.get::<_, Sql<_>>(1)?.0,
                name: row.get(2)?,
                topic: row.get(3)?,
                members: row.get(4)?,
                joined: row.get(5)?,
                archived: row.get(6)?,
            })
        },
    )?;
    listings.sort_by_cached_key(|listing| (listing.name.to_lowercase(), listing.id));
    Ok(listings)
}

pub(super) fn members(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
) -> Result<Option<(Vec<Member>, Seq)>, StoreError> {
    let Some(row) = room_of_member(connection, reader, room)? else { return Ok(None) };
    let members = connection.all(
        "SELECT membership.user, membership.role \
         FROM membership JOIN user ON user.id = membership.user WHERE membership.room = ?1 \
         ORDER BY membership.role DESC, user.nick_folded, user.nick",
        (Sql(room),),
        |row| Ok(Member { user: row.get::<_, Sql<_>>(0)?.0, role: row.get::<_, Sql<_>>(1)?.0 }),
    )?;
    Ok(Some((members, row.head)))
}

pub(super) fn heads(
    connection: &Connection,
    user: UserId,
) -> Result<Vec<(RoomId, Seq)>, StoreError> {
    let heads = connection.all(
        "SELECT room.id, room.head FROM membership JOIN room ON room.id = membership.room \
         WHERE membership.user = ?1",
        (Sql(user),),
        |row| Ok((row.get::<_, Sql<_>>(0)?.0, row.get::<_, Sql<_>>(1)?.0)),
    )?;
    Ok(heads)
}

pub(super) fn left_since(
    connection: &Connection,
    user: UserId,
    places: &[(RoomId, Seq)],
) -> Result<Vec<RoomId>, StoreError> {
    let mut left = Vec::new();
    for (room, seq) in places {
        let found = connection.first(
            "SELECT 1 FROM event WHERE room = ?1 AND seq > ?2 \
             AND body ->> 'type' IN ('member_left', 'member_removed') AND body ->> 'user' = ?3 \
             LIMIT 1",
            (Sql(*room), Sql(*seq), user.to_string()),
            |_| Ok(()),
        )?;
        if found.is_some() {
            left.push(*room);
        }
    }
    Ok(left)
}

pub(super) fn shared_rooms(
    connection: &Connection,
    user: UserId,
) -> Result<Vec<RoomId>, StoreError> {
    let rooms = connection.all(
        "SELECT room.id FROM membership JOIN room ON room.id = membership.room \
         WHERE membership.user = ?1 AND room.purpose <> 'announcements'",
        (Sql(user),),
        |row| row.get::<_, Sql<_>>(0).map(|Sql(room)| room),
    )?;
    Ok(rooms)
}
