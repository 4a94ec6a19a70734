//! Finding messages: those that wait are read one by one, all others by the index, newest first.
//! Both are read through the reader's memberships, and what is answered is what the texts say now.

use super::index::{author_key, has_key, room_key};
use super::message;
use super::row::{Query as _, Sql};
use crate::search::sought::{End, Term};
use crate::store::{Found, Hit, Position, SearchRange, Sought, StoreError};
use core::time::Duration;
use rusqlite::Connection;
use shared::id::{RoomId, Seq, UserId};
use shared::message::{Message, MessageBody};
use shared::time::Timestamp;
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// Messages that wait which one search reads.
const WAITING: u32 = 4_000;
/// Places in the index that one search looks at, and the texts it reads. Whoever wants more goes
/// on from where it ended.
const PLACES: u32 = 20_000;
const TEXTS: u32 = 2_000;
const TIME: Duration = Duration::from_secs(1);
/// The index is asked for the reader's rooms when they hold less than one in so many messages…
const FEW: u64 = 8;
/// …and are no more than this.
const ROOMS: usize = 400;
/// How far the server's clock may have been set back: places are found by time up to this.
const CLOCK_MILLIS: i64 = 24 * 3_600_000;
/// Shorter beginnings of words match too much.
const BEGINNING_CHARS: usize = 2;

pub(super) fn search(
    connection: &Connection,
    reader: UserId,
    sought: &Sought,
    range: SearchRange,
) -> Result<Found, StoreError> {
    let rooms = Rooms::of(connection, reader, sought)?;
    if rooms.ids.is_empty() || sought.authors.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Found::default());
    }
    let mut walk = Walk {
        connection,
        sought,
        range,
        waiting: waiting(connection, &rooms, sought, range)?,
        found: Found::default(),
        places: 0,
        texts: 0,
        until: Instant::now() + TIME,
    };
    walk.index(&rooms)?;
    Ok(walk.found)
}

/// The rooms that are looked through: the reader's, of those asked for.
struct Rooms {
    ids: HashSet<RoomId>,
    numbers: HashMap<i64, RoomId>,
    messages: u64,
}

impl Rooms {
    fn of(connection: &Connection, reader: UserId, sought: &Sought) -> rusqlite::Result<Self> {
        let all = connection.all(
            "SELECT room.id, room.messages, search_room.number \
             FROM membership JOIN room ON room.id = membership.room \
             LEFT JOIN search_room ON search_room.room = room.id WHERE membership.user = ?1",
            (Sql(reader),),
            |row| {
                let id: Sql<RoomId> = row.get(0)?;
                Ok((id.0, row.get::<_, Sql<u64>>(1)?.0, row.get::<_, Option<i64>>(2)?))
            },
        )?;
        let mut rooms = Self { ids: HashSet::new(), numbers: HashMap::new(), messages: 0 };
        for (id, messages, number) in all {
            let asked = sought.rooms.as_ref().is_none_or(|asked| asked.contains(&id));
            if asked && !sought.not_rooms.contains(&id) {
                rooms.ids.insert(id);
                rooms.messages += messages;
                rooms.numbers.extend(number.map(|number| (number, id)));
            }
        }
        Ok(rooms)
    }
}

/// Newest first.
fn waiting(
    connection: &Connection,
    rooms: &Rooms,
    sought: &Sought,
    range: SearchRange,
) -> Result<Vec<Hit>, StoreError> {
    let all = connection.all(
        "SELECT id, room, seq FROM search_waiting WHERE id < ?1 AND id > ?2 \
         ORDER BY id DESC LIMIT ?3",
        (range.below.map_or(i64::MAX, |below| below.0), above(range), WAITING),
        |row| {
            let room: Sql<RoomId> = row.get(1)?;
            Ok((row.get::<_, i64>(0)?, room.0, row.get::<_, Sql<_>>(2)?.0))
        },
    )?;
    let mut hits = Vec::new();
    for (id, room, seq) in all {
        if rooms.ids.contains(&room) {
            hits.extend(hit(connection, sought, id, room, seq)?);
        }
    }
    Ok(hits)
}

fn above(range: SearchRange) -> i64 {
    range.above.map_or(i64::MIN, |above| above.0)
}

/// The message, if it is what is sought.
fn hit(
    connection: &Connection,
    sought: &Sought,
    id: i64,
    room: RoomId,
    seq: Seq,
) -> Result<Option<Hit>, StoreError> {
    let Some(message) = message::find(connection, room, seq)? else { return Ok(None) };
    let Some(text) = message.body.as_ref().map(MessageBody::as_str) else { return Ok(None) };
    if !is_sought(sought, &message, text) {
        return Ok(None);
    }
    let found = sought.words.find(text);
    Ok(found.map(|found| Hit { position: Position(id), message, found }))
}

fn is_sought(sought: &Sought, message: &Message, text: &str) -> bool {
    sought.authors.as_ref().is_none_or(|authors| authors.contains(&message.author))
        && !sought.not_authors.contains(&message.author)
        && sought.since.is_none_or(|since| message.at >= since)
        && sought.until.is_none_or(|until| message.at < until)
        && sought.has.iter().all(|has| has.is_in(text))
        && !sought.has_not.iter().any(|has| has.is_in(text))
}

struct Walk<'s> {
    connection: &'s Connection,
    sought: &'s Sought,
    range: SearchRange,
    /// Newest first; what has been passed is gone.
    waiting: Vec<Hit>,
    found: Found,
    places: u32,
    texts: u32,
    until: Instant,
}

impl Walk<'_> {
    /// Walks down the index, with those that wait in their places.
    fn index(&mut self, rooms: &Rooms) -> Result<(), StoreError> {
        // What comes next is at the end.
        self.waiting.reverse();
        let (mut low, mut high) = (above(self.range), i64::MAX);
        if let Some(since) = self.sought.since {
            low = low.max(place_of(self.connection, since.plus_millis(-CLOCK_MILLIS))? - 1);
        }
        if let Some(until) = self.sought.until {
            high = place_of(self.connection, until.plus_millis(CLOCK_MILLIS))?;
        }
        if let Some(below) = self.range.below {
            high = high.min(below.0);
        }
        let keys = keys(self.connection, self.sought, rooms)?;
        let mut statement = self.connection.prepare_cached(match keys {
            Some(_) => {
                "SELECT search_words.rowid, search_message.room, search_message.seq \
                 FROM search_words CROSS JOIN search_message \
                 ON search_message.id = search_words.rowid \
                 WHERE search_words MATCH ?3 \
                 AND search_words.rowid > ?1 AND search_words.rowid < ?2 \
                 ORDER BY search_words.rowid DESC"
            }
            None => {
                "SELECT id, room, seq FROM search_message WHERE id > ?1 AND id < ?2 AND ?3 IS NULL \
                 ORDER BY id DESC"
            }
        })?;
        let mut rows = statement.query((low, high, keys))?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            while let Some(hit) = self.waiting.pop_if(|hit| hit.position.0 >= id) {
                if self.push(hit) {
                    return Ok(());
                }
            }
            self.places += 1;
            if let Some(room) = rooms.numbers.get(&row.get::<_, i64>(1)?) {
                self.texts += 1;
                let seq: Sql<Seq> = row.get(2)?;
                let hit = hit(self.connection, self.sought, id, *room, seq.0)?;
                if hit.is_some_and(|hit| self.push(hit)) {
                    return Ok(());
                }
            }
            if self.places >= PLACES || self.texts >= TEXTS || Instant::now() >= self.until {
                self.found.next = Some(Position(id));
                return Ok(());
            }
        }
        while let Some(hit) = self.waiting.pop() {
            if self.push(hit) {
                break;
            }
        }
        Ok(())
    }

    /// Whether it is enough now: there was one more than asked for.
    fn push(&mut self, hit: Hit) -> bool {
        let hits = &mut self.found.hits;
        // One that waits to be taken in anew may be in the index still.
        if hits.last().is_some_and(|last| last.position <= hit.position) {
            return false;
        }
        if hits.len() >= usize::try_from(self.range.limit).unwrap_or(usize::MAX) {
            self.found.next = hits.last().map(|last| last.position);
            return true;
        }
        hits.push(hit);
        false
    }
}

/// What the index must hold: nothing, when it cannot help.
fn keys(
    connection: &Connection,
    sought: &Sought,
    rooms: &Rooms,
) -> rusqlite::Result<Option<String>> {
    // Keys hold no quotes and no spaces: see `search::unit`.
    let one = |key: &str| format!("\"{key}\"");
    let any = |keys: Vec<String>| {
        let keys: Vec<String> = keys.iter().map(|key| one(key)).collect();
        format!("({})", keys.join(" OR "))
    };
    let mut all: Vec<String> = Vec::new();
    for (key, end) in sought.words.all.iter().flat_map(Term::keys) {
        let open = end == End::Open && key.chars().count() >= BEGINNING_CHARS;
        all.push(if open { format!("{} *", one(&key)) } else { one(&key) });
    }
    if let Some(authors) = &sought.authors {
        all.push(any(authors.iter().map(|author| author_key(*author)).collect()));
    }
    all.extend(sought.has.iter().map(|has| one(has_key(*has))));
    let total = connection
        .first("SELECT max(id) FROM search_message", (), |row| row.get::<_, Option<i64>>(0))?
        .flatten()
        .and_then(|total| u64::try_from(total).ok())
        .unwrap_or(0);
    let are_few = rooms.messages.saturating_mul(FEW) < total && rooms.numbers.len() <= ROOMS;
    if are_few && !rooms.numbers.is_empty() {
        all.push(any(rooms.numbers.keys().map(|number| room_key(*number)).collect()));
    }
    Ok((!all.is_empty()).then(|| all.join(" AND ")))
}

/// Where in the index messages of this time begin.
fn place_of(connection: &Connection, at: Timestamp) -> rusqlite::Result<i64> {
    let bounds = connection.first("SELECT min(id), max(id) FROM search_message", (), |row| {
        Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?))
    })?;
    let Some((mut low, high)) = bounds.flatten() else { return Ok(0) };
    let mut high = high + 1;
    while low < high {
        let middle = low + (high - low) / 2;
        let found = connection.first(
            "SELECT event.at FROM search_message \
             JOIN search_room ON search_room.number = search_message.room \
             JOIN event ON event.room = search_room.room AND event.seq = search_message.seq \
             WHERE search_message.id >= ?1 ORDER BY search_message.id LIMIT 1",
            (middle,),
            |row| row.get::<_, Sql<Timestamp>>(0),
        )?;
        if found.is_some_and(|Sql(found)| found < at) { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}
