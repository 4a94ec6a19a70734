//! Threads: what follows from replies, who follows a thread and how far they have read it.
#![expect(clippy::similar_names, reason = "a room, and the root of a thread in it")]

use super::log::room_of_member;
use super::message::{self, EntryRow, entry_columns, entry_tables};
use super::personal::tell;
use super::room::{counts, membership};
use super::row::{NOT_FOUND, Query as _, RoomRow, Sql};
use super::writer::Write;
use crate::store::{Follow, HistoryRange, StoreError, ThreadCursor, WriteError};
use rusqlite::{Connection, Row};
use shared::api::{FollowedThread, Thread};
use shared::event::{RoomEvent, UserEvent};
use shared::id::{RoomId, Seq, UserId};
use shared::limit;
use shared::message::{Message, Posted, Replies};
use shared::room::ThreadCounts;
use std::collections::HashMap;

/// What follows from a reply: the thread grows, and whoever it concerns follows it.
pub(super) fn replied(
    write: &mut Write<'_>,
    row: &RoomRow,
    event: &RoomEvent,
    said: &Posted,
    root: Seq,
) -> Result<(), WriteError> {
    let thread = find(write.connection, event.room, root)?;
    let (replies, mut people) = thread.map_or((0, Vec::new()), |of| (of.count, of.people));
    people.retain(|user| *user != event.actor);
    people.insert(0, event.actor);
    people.truncate(limit::REPLY_PEOPLE);
    let people =
        serde_json::to_string(&people).map_err(|error| StoreError::Internal(error.to_string()))?;
    let ordinal = replies.saturating_add(1);
    write.connection.change(
        "INSERT INTO reply (room, root, seq, author, ordinal, entry) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (Sql(event.room), Sql(root), Sql(event.seq), Sql(event.actor), ordinal, said.is_entry()),
    )?;
    write.connection.change(
        "INSERT OR REPLACE INTO thread (room, root, replies, last, last_at, people) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (Sql(event.room), Sql(root), ordinal, Sql(event.seq), Sql(event.at), people),
    )?;
    write.connection.change(
        "UPDATE message SET revised = ?3 WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(root), Sql(event.seq)),
    )?;
    let already = write.connection.change(
        "UPDATE thread_follow SET own_above = own_above + 1 \
         WHERE user = ?1 AND room = ?2 AND root = ?3 AND following",
        (Sql(event.actor), Sql(event.room), Sql(root)),
    )?;
    if already == 0 {
        begin(write, row, event.actor, root, (event.seq, ordinal))?;
    }
    // For everybody else this reply is the first unread one.
    let before = (event.seq.previous(), replies);
    for user in said.mentions.iter().filter(|user| **user != event.actor) {
        if !matches!(state(write.connection, *user, event.room, root)?, Some(Follow::Yes)) {
            begin(write, row, *user, root, before)?;
        }
    }
    let author = write.connection.first(
        "SELECT author FROM message WHERE room = ?1 AND seq = ?2",
        (Sql(event.room), Sql(root)),
        |row| row.get::<_, Sql<UserId>>(0),
    )?;
    match author {
        Some(Sql(author))
            if author != event.actor
                && state(write.connection, author, event.room, root)?.is_none() =>
        {
            begin(write, row, author, root, before)
        }
        Some(_) | None => Ok(()),
    }
}

/// Makes a member follow a thread from a place on, given with how many replies there are up to it.
/// Nothing, where they are not in the room.
fn begin(
    write: &mut Write<'_>,
    row: &RoomRow,
    user: UserId,
    root: Seq,
    (read, ordinal): (Seq, u32),
) -> Result<(), WriteError> {
    let Some(own) = membership(write.connection, user, row.room.id)? else { return Ok(()) };
    write.connection.change(
        "INSERT OR REPLACE INTO thread_follow \
         (user, room, root, following, read, ordinal, own_above) VALUES (?1, ?2, ?3, 1, ?4, ?5, 0)",
        (Sql(user), Sql(row.room.id), Sql(root), Sql(read), ordinal),
    )?;
    let room = row.room.id;
    let Some(thread) = thread_counts(write.connection, user, row, root)? else { return Ok(()) };
    let counts = counts(write.connection, user, row, &own)?;
    tell(write, user, UserEvent::ThreadFollowed { room, thread, counts })
}

/// Whether the user follows the thread; `None` when they never did or said so.
fn state(
    connection: &Connection,
    user: UserId,
    room: RoomId,
    root: Seq,
) -> rusqlite::Result<Option<Follow>> {
    connection.first(
        "SELECT following FROM thread_follow WHERE user = ?1 AND room = ?2 AND root = ?3",
        (Sql(user), Sql(room), Sql(root)),
        |row| Ok(if row.get(0)? { Follow::Yes } else { Follow::No }),
    )
}

pub(super) fn set_following(
    write: &mut Write<'_>,
    user: UserId,
    room: RoomId,
    root: Seq,
    follow: Follow,
) -> Result<(), WriteError> {
    let Some(row) = room_of_member(write.connection, user, room)? else { return Err(NOT_FOUND) };
    match message::find(write.connection, room, root)? {
        Some(Message { thread: None, .. }) => {}
        Some(_) | None => return Err(NOT_FOUND),
    }
    let present = state(write.connection, user, room, root)?;
    match (follow, present) {
        (Follow::Yes, Some(Follow::Yes)) | (Follow::No, Some(Follow::No)) => Ok(()),
        (Follow::Yes, Some(Follow::No) | None) => {
            let replies = find(write.connection, room, root)?.map_or(0, |thread| thread.count);
            begin(write, &row, user, root, (row.head, replies))
        }
        (Follow::No, before) => {
            write.connection.change(
                "INSERT OR REPLACE INTO thread_follow \
                 (user, room, root, following, read, ordinal, own_above) \
                 VALUES (?1, ?2, ?3, 0, 0, 0, 0)",
                (Sql(user), Sql(room), Sql(root)),
            )?;
            // They never followed it: nothing changes for them, but that nothing else will make
            // them.
            let (Some(_), Some(own)) = (before, membership(write.connection, user, room)?) else {
                return Ok(());
            };
            let counts = counts(write.connection, user, &row, &own)?;
            tell(write, user, UserEvent::ThreadUnfollowed { room, root, counts })
        }
    }
}

/// Moves the marker of a followed thread forward; nothing, where it is not followed.
pub(super) fn mark_read(
    write: &mut Write<'_>,
    user: UserId,
    room: RoomId,
    root: Seq,
    seq: Seq,
) -> Result<(), WriteError> {
    let Some(row) = room_of_member(write.connection, user, room)? else { return Err(NOT_FOUND) };
    let Some(before) = thread_counts(write.connection, user, &row, root)? else { return Ok(()) };
    let read = seq.min(row.head);
    if read <= before.read {
        return Ok(());
    }
    write.connection.change(
        "UPDATE thread_follow SET read = ?4, \
         ordinal = coalesce((SELECT ordinal FROM reply \
         WHERE room = ?2 AND root = ?3 AND seq <= ?4 ORDER BY seq DESC LIMIT 1), 0), \
         own_above = (SELECT count(*) FROM reply \
         WHERE room = ?2 AND root = ?3 AND seq > ?4 AND author = ?1) \
         WHERE user = ?1 AND room = ?2 AND root = ?3",
        (Sql(user), Sql(room), Sql(root), Sql(read)),
    )?;
    match thread_counts(write.connection, user, &row, root)? {
        Some(thread) => tell(write, user, UserEvent::ThreadRead { room, thread }),
        None => Ok(()),
    }
}

/// What the membership's end takes with it.
pub(super) fn forget(connection: &Connection, user: UserId, room: RoomId) -> rusqlite::Result<()> {
    connection.change(
        "DELETE FROM thread_follow WHERE user = ?1 AND room = ?2",
        (Sql(user), Sql(room)),
    )?;
    Ok(())
}

fn find(connection: &Connection, room: RoomId, root: Seq) -> rusqlite::Result<Option<Replies>> {
    connection.first(
        "SELECT replies, last, last_at, people FROM thread WHERE room = ?1 AND root = ?2",
        (Sql(room), Sql(root)),
        |row| replies(row, 0),
    )
}

/// From four columns, beginning with `first`.
pub(super) fn replies(row: &Row<'_>, first: usize) -> rusqlite::Result<Replies> {
    Ok(Replies {
        count: row.get(first)?,
        last: row.get::<_, Sql<_>>(first + 1)?.0,
        last_at: row.get::<_, Sql<_>>(first + 2)?.0,
        people: message::json(row, first + 3)?,
    })
}

macro_rules! counts_columns {
    () => {
        "follow.root, follow.read, \
         max(0, coalesce(thread.replies, 0) - follow.ordinal - follow.own_above)"
    };
}

/// From the columns [`counts_columns`].
fn read_counts(at: Seq) -> impl Fn(&Row<'_>) -> rusqlite::Result<ThreadCounts> {
    move |row| {
        Ok(ThreadCounts {
            root: row.get::<_, Sql<_>>(0)?.0,
            read: row.get::<_, Sql<_>>(1)?.0,
            unread: row.get(2)?,
            at,
        })
    }
}

fn thread_counts(
    connection: &Connection,
    user: UserId,
    row: &RoomRow,
    root: Seq,
) -> rusqlite::Result<Option<ThreadCounts>> {
    connection.first(
        concat!(
            "SELECT ",
            counts_columns!(),
            " FROM thread_follow AS follow LEFT JOIN thread ON thread.room = follow.room \
             AND thread.root = follow.root WHERE follow.user = ?1 AND follow.room = ?2 \
             AND follow.root = ?3 AND follow.following"
        ),
        (Sql(user), Sql(row.room.id), Sql(root)),
        read_counts(row.head),
    )
}

/// The threads of a room that the user follows, in the order of their roots.
pub(super) fn followed(
    connection: &Connection,
    user: UserId,
    row: &RoomRow,
) -> rusqlite::Result<Vec<ThreadCounts>> {
    connection.all(
        concat!(
            "SELECT ",
            counts_columns!(),
            " FROM thread_follow AS follow LEFT JOIN thread ON thread.room = follow.room \
             AND thread.root = follow.root WHERE follow.user = ?1 AND follow.room = ?2 \
             AND follow.following ORDER BY follow.root"
        ),
        (Sql(user), Sql(row.room.id)),
        read_counts(row.head),
    )
}

/// The threads of all rooms that the user follows, as [`followed`] has those of one, counted at no
/// place yet.
pub(super) fn followed_everywhere(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<HashMap<RoomId, Vec<ThreadCounts>>> {
    let counts = read_counts(Seq::ZERO);
    let all = connection.all(
        concat!(
            "SELECT ",
            counts_columns!(),
            ", follow.room FROM thread_follow AS follow LEFT JOIN thread \
             ON thread.room = follow.room AND thread.root = follow.root \
             WHERE follow.user = ?1 AND follow.following ORDER BY follow.room, follow.root"
        ),
        (Sql(user),),
        |row| Ok((row.get::<_, Sql<RoomId>>(3)?.0, counts(row)?)),
    )?;
    let mut by_room: HashMap<RoomId, Vec<ThreadCounts>> = HashMap::new();
    for (room, thread) in all {
        by_room.entry(room).or_default().push(thread);
    }
    Ok(by_room)
}

/// Whether others replied above `read` in threads that the user does not follow.
pub(super) fn has_unfollowed(
    connection: &Connection,
    user: UserId,
    room: RoomId,
    read: Seq,
) -> rusqlite::Result<bool> {
    let found = connection.first(
        "SELECT 1 FROM reply WHERE reply.room = ?2 AND reply.seq > ?3 AND reply.entry = 0 \
         AND reply.author <> ?1 AND NOT EXISTS (SELECT 1 FROM thread_follow AS follow \
         WHERE follow.user = ?1 AND follow.room = ?2 AND follow.root = reply.root \
         AND follow.following) LIMIT 1",
        (Sql(user), Sql(room), Sql(read)),
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// A page of a thread, of one moment; `None` where there is no such root for the reader.
pub(super) fn page(
    connection: &Connection,
    reader: UserId,
    room: RoomId,
    root: Seq,
    range: HistoryRange,
    limit: u32,
) -> Result<Option<Thread>, StoreError> {
    let Some(row) = room_of_member(connection, reader, room)? else { return Ok(None) };
    let Some(found @ Message { thread: None, .. }) = message::find(connection, room, root)? else {
        return Ok(None);
    };
    // One more than asked for says whether there are more.
    let older = |before: Seq, limit: u32| {
        connection.all(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM reply JOIN ",
                entry_tables!(),
                " WHERE reply.room = ?1 AND reply.root = ?2 AND reply.seq < ?3 \
                 AND event.room = ?1 AND event.seq = reply.seq ORDER BY reply.seq DESC LIMIT ?4"
            ),
            (Sql(room), Sql(root), Sql(before), limit.saturating_add(1)),
            EntryRow::read(room),
        )
    };
    let newer = |after: Seq, limit: u32| {
        connection.all(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM reply JOIN ",
                entry_tables!(),
                " WHERE reply.room = ?1 AND reply.root = ?2 AND reply.seq > ?3 \
                 AND event.room = ?1 AND event.seq = reply.seq ORDER BY reply.seq LIMIT ?4"
            ),
            (Sql(room), Sql(root), Sql(after), limit.saturating_add(1)),
            EntryRow::read(room),
        )
    };
    let is_there = |sql: &'static str, seq: Seq| {
        let found = connection.first(sql, (Sql(room), Sql(root), Sql(seq)), |_| Ok(()));
        found.map(|found| found.is_some())
    };
    let window = super::history::window(
        range,
        limit,
        row.head,
        (older, newer),
        |seq| is_there("SELECT 1 FROM reply WHERE room = ?1 AND root = ?2 AND seq <= ?3", seq),
        |seq| is_there("SELECT 1 FROM reply WHERE room = ?1 AND root = ?2 AND seq >= ?3", seq),
    )?;
    let replies =
        window.rows.into_iter().map(|row| row.message(connection)).collect::<Result<_, _>>()?;
    let (before, after) = (window.before, window.after);
    Ok(Some(Thread { epoch: row.epoch, head: row.head, root: found, replies, before, after }))
}

/// The threads a person follows, those with the newest replies first, after a place in that order.
pub(super) fn list(
    connection: &Connection,
    user: UserId,
    after: Option<ThreadCursor>,
    limit: u32,
) -> Result<Vec<(FollowedThread, ThreadCursor)>, StoreError> {
    let after = after.unwrap_or(ThreadCursor::NEWEST);
    let found = connection.all(
        concat!(
            "SELECT ",
            counts_columns!(),
            ", room.head, room.id, thread.last_at FROM thread_follow AS follow \
             JOIN thread ON thread.room = follow.room AND thread.root = follow.root \
             JOIN membership ON membership.user = follow.user AND membership.room = follow.room \
             JOIN room ON room.id = follow.room WHERE follow.user = ?1 AND follow.following \
             AND (thread.last_at, follow.room, follow.root) < (?2, ?3, ?4) \
             ORDER BY thread.last_at DESC, follow.room DESC, follow.root DESC LIMIT ?5"
        ),
        (Sql(user), Sql(after.last_at), Sql(after.room), Sql(after.root), limit),
        |row| {
            let at = row.get::<_, Sql<Seq>>(3)?.0;
            let counts = read_counts(at)(row)?;
            let room = row.get::<_, Sql<RoomId>>(4)?.0;
            Ok(ThreadCursor { last_at: row.get::<_, Sql<_>>(5)?.0, room, root: counts.root })
                .map(|cursor| (counts, cursor))
        },
    )?;
    let mut threads = Vec::with_capacity(found.len());
    for (counts, cursor) in found {
        if let Some(root) = message::find(connection, cursor.room, cursor.root)? {
            threads.push((FollowedThread { root, counts }, cursor));
        }
    }
    Ok(threads)
}
