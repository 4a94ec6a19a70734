//! Finding messages: those that wait are read one by one, all others by the index, newest first.
//! Both are read through the reader's memberships, and what is answered is what the texts say now.

use super::index::{author_key, has_key, room_key};
use super::message;
use super::row::{Query as _, Sql};
use crate::search::query::Is;
use crate::search::sought::{End, Term};
use crate::store::{Found, Hit, Position, SearchRange, Sought, StoreError};
use core::time::Duration;
use rusqlite::Connection;
use shared::id::{RoomId, Seq, UserId};
use shared::limit;
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
/// With a page of hits, it is enough to have read so many texts.
const TEXTS_OF_A_PAGE: u32 = 500;
/// The index is asked for the reader's rooms when they hold less than one in so many messages…
const FEW: u64 = 8;
/// …and are no more than this.
const ROOMS: usize = 400;
/// How far the server's clock may have been set back: places are found by time up to this.
const CLOCK_MILLIS: i64 = 24 * 3_600_000;
/// Words with the same beginning that are asked for one by one.
const WORDS: usize = 100;
/// Of words of which more begin so, some stand in this many of the newest texts; or they are rare.
const GLANCE: u32 = 1_000;
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
        reader,
        sought,
        range,
        waiting: Vec::new(),
        found: Found::default(),
        places: 0,
        texts: 0,
        until: Instant::now() + TIME,
    };
    walk.waiting = walk.waiting(&rooms)?;
    walk.down(&rooms)?;
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

fn above(range: SearchRange) -> i64 {
    range.above.map_or(i64::MIN, |above| above.0)
}

struct Walk<'s> {
    connection: &'s Connection,
    reader: UserId,
    sought: &'s Sought,
    range: SearchRange,
    /// What comes next is at the end; what has been passed is gone.
    waiting: Vec<Hit>,
    found: Found,
    places: u32,
    texts: u32,
    until: Instant,
}

/// How far a walk has come.
enum Way {
    /// Through all there is.
    End,
    /// There was one more than asked for, or as much was looked through as one answer may.
    Enough,
    /// To this place, below which another stage goes on.
    Here(i64),
}

impl Walk<'_> {
    /// Those that wait, read one by one.
    fn waiting(&self, rooms: &Rooms) -> Result<Vec<Hit>, StoreError> {
        let all = self.connection.all(
            "SELECT id, room, seq FROM search_waiting WHERE id < ?1 AND id > ?2 \
             ORDER BY id DESC LIMIT ?3",
            (self.range.below.map_or(i64::MAX, |below| below.0), above(self.range), WAITING),
            |row| {
                let room: Sql<RoomId> = row.get(1)?;
                Ok((row.get::<_, i64>(0)?, room.0, row.get::<_, Sql<_>>(2)?.0))
            },
        )?;
        let mut hits = Vec::new();
        for (id, room, seq) in all.into_iter().rev() {
            if rooms.ids.contains(&room) {
                hits.extend(self.hit(id, room, seq)?);
            }
        }
        Ok(hits)
    }

    /// The message, if it is what is sought.
    fn hit(&self, id: i64, room: RoomId, seq: Seq) -> Result<Option<Hit>, StoreError> {
        let Some(message) = message::find(self.connection, room, seq)? else { return Ok(None) };
        let Some(text) = message.body.as_ref().map(MessageBody::as_str) else { return Ok(None) };
        if !self.is_sought(&message, text) {
            return Ok(None);
        }
        let Some(found) = self.sought.words.find(text) else { return Ok(None) };
        for (wanted, kinds) in [(true, &self.sought.is), (false, &self.sought.is_not)] {
            for is in kinds {
                if self.is(*is, &message)? != wanted {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Hit { position: Position(id), message, found }))
    }

    fn is_sought(&self, message: &Message, text: &str) -> bool {
        let sought = self.sought;
        sought.authors.as_ref().is_none_or(|authors| authors.contains(&message.author))
            && !sought.not_authors.contains(&message.author)
            && sought.since.is_none_or(|since| message.at >= since)
            && sought.until.is_none_or(|until| message.at < until)
            && sought.has.iter().all(|has| has.is_in(text))
            && !sought.has_not.iter().any(|has| has.is_in(text))
    }

    fn is(&self, is: Is, message: &Message) -> rusqlite::Result<bool> {
        let sql = match is {
            Is::Pinned => return Ok(message.pinned.is_some()),
            Is::InThread => return Ok(message.thread.is_some() || message.replies.is_some()),
            Is::Saved => "SELECT 1 FROM saved WHERE user = ?1 AND room = ?2 AND message = ?3",
            Is::Mention => "SELECT 1 FROM mention WHERE user = ?1 AND room = ?2 AND seq = ?3",
        };
        let place = (Sql(self.reader), Sql(message.room), Sql(message.seq));
        Ok(self.connection.first(sql, place, |_| Ok(()))?.is_some())
    }

    /// Down what may be sought, with those that wait in their places.
    fn down(&mut self, rooms: &Rooms) -> Result<(), StoreError> {
        let (low, mut high) = self.bounds()?;
        let way = if let Some(few) = self.sought.is.iter().find_map(|is| few(*is)) {
            self.few(few, rooms, low, high)?
        } else {
            let mut way = Way::End;
            for stage in stages(self.connection, self.sought, rooms)? {
                way = self.stage(rooms, &stage, low, high)?;
                match way {
                    Way::Here(place) if !self.has_page() => high = place,
                    Way::Here(_) | Way::End | Way::Enough => break,
                }
            }
            way
        };
        match way {
            Way::Enough => {}
            Way::Here(place) => self.found.next = Some(Position(place)),
            Way::End => {
                while let Some(hit) = self.waiting.pop() {
                    if self.push(hit) {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Between which places, themselves excluded, it may stand.
    fn bounds(&self) -> Result<(i64, i64), StoreError> {
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
        Ok((low, high))
    }

    /// Walks down what there is little of.
    fn few(
        &mut self,
        sql: &'static str,
        rooms: &Rooms,
        low: i64,
        high: i64,
    ) -> Result<Way, StoreError> {
        // Those that are not in the index yet wait.
        let places = self.connection.all(sql, (Sql(self.reader), low, high), |row| {
            let room: Sql<RoomId> = row.get(1)?;
            Ok((row.get::<_, i64>(0)?, room.0, row.get::<_, Sql<Seq>>(2)?.0))
        })?;
        for (id, room, seq) in places {
            if self.come_to(id) || rooms.ids.contains(&room) && self.look_at(id, room, seq)? {
                return Ok(Way::Enough);
            }
            if self.is_over(TEXTS) {
                return Ok(Way::Here(id));
            }
        }
        Ok(Way::End)
    }

    /// Walks down the index.
    fn stage(
        &mut self,
        rooms: &Rooms,
        stage: &Stage,
        low: i64,
        high: i64,
    ) -> Result<Way, StoreError> {
        let mut statement = self.connection.prepare_cached(match stage.keys {
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
        let mut rows = statement.query((low, high, &stage.keys))?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if self.come_to(id) {
                return Ok(Way::Enough);
            }
            self.places += 1;
            if let Some(room) = rooms.numbers.get(&row.get::<_, i64>(1)?) {
                let seq: Sql<Seq> = row.get(2)?;
                if self.look_at(id, *room, seq.0)? {
                    return Ok(Way::Enough);
                }
            }
            if self.is_over(stage.texts) {
                return Ok(Way::Here(id));
            }
        }
        Ok(Way::End)
    }

    /// Takes up those that wait and stand before `id`. Whether it is enough then.
    fn come_to(&mut self, id: i64) -> bool {
        while let Some(hit) = self.waiting.pop_if(|hit| hit.position.0 >= id) {
            if self.push(hit) {
                return true;
            }
        }
        false
    }

    /// Reads the message. Whether it is enough then.
    fn look_at(&mut self, id: i64, room: RoomId, seq: Seq) -> Result<bool, StoreError> {
        self.texts += 1;
        let hit = self.hit(id, room, seq)?;
        Ok(hit.is_some_and(|hit| self.push(hit)))
    }

    fn has_page(&self) -> bool {
        let page = usize::try_from(limit::SEARCH_DEFAULT).unwrap_or(usize::MAX);
        self.found.hits.len() >= page
    }

    fn is_over(&self, texts: u32) -> bool {
        let texts = if self.has_page() { TEXTS_OF_A_PAGE.min(texts) } else { texts };
        self.places >= PLACES || self.texts >= texts || Instant::now() >= self.until
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

/// Where messages stand of which there are few: looked at instead of the index, newest first.
const fn few(is: Is) -> Option<&'static str> {
    match is {
        Is::Pinned => Some(
            "SELECT search_message.id, pin.room, pin.message FROM membership \
             JOIN pin ON pin.room = membership.room \
             JOIN search_room ON search_room.room = pin.room \
             JOIN search_message ON search_message.room = search_room.number \
             AND search_message.seq = pin.message \
             WHERE membership.user = ?1 AND search_message.id > ?2 AND search_message.id < ?3 \
             ORDER BY search_message.id DESC",
        ),
        Is::Saved => Some(
            "SELECT search_message.id, saved.room, saved.message FROM saved \
             JOIN search_room ON search_room.room = saved.room \
             JOIN search_message ON search_message.room = search_room.number \
             AND search_message.seq = saved.message \
             WHERE saved.user = ?1 AND search_message.id > ?2 AND search_message.id < ?3 \
             ORDER BY search_message.id DESC",
        ),
        Is::Mention => Some(
            "SELECT search_message.id, mention.room, mention.seq FROM mention \
             JOIN search_room ON search_room.room = mention.room \
             JOIN search_message ON search_message.room = search_room.number \
             AND search_message.seq = mention.seq \
             WHERE mention.user = ?1 AND search_message.id > ?2 AND search_message.id < ?3 \
             ORDER BY search_message.id DESC",
        ),
        Is::InThread => None,
    }
}

/// One way of asking the index, for as many texts as it may take.
struct Stage {
    /// What the index must hold; absent when it cannot help.
    keys: Option<String>,
    texts: u32,
}

/// How the index is asked, one after the other: the next one goes on where the one before it
/// ended early.
fn stages(connection: &Connection, sought: &Sought, rooms: &Rooms) -> rusqlite::Result<Vec<Stage>> {
    let mut all: Vec<String> = Vec::new();
    let mut open = None;
    for (key, end) in sought.words.all.iter().flat_map(Term::keys) {
        if end == End::Open && key.chars().count() >= BEGINNING_CHARS {
            open = Some(key);
        } else {
            all.push(one(&key));
        }
    }
    if let Some(authors) = &sought.authors {
        all.push(any(authors.iter().map(|author| author_key(*author))));
    }
    all.extend(sought.has.iter().map(|has| one(has_key(*has))));
    let total = connection
        .first("SELECT max(id) FROM search_message", (), |row| row.get::<_, Option<i64>>(0))?
        .flatten()
        .and_then(|total| u64::try_from(total).ok())
        .unwrap_or(0);
    let are_few = rooms.messages.saturating_mul(FEW) < total && rooms.numbers.len() <= ROOMS;
    if are_few && !rooms.numbers.is_empty() {
        all.push(any(rooms.numbers.keys().map(|number| room_key(*number))));
    }
    let stage = |more: Option<String>, texts: u32| {
        let keys: Vec<String> = all.iter().cloned().chain(more).collect();
        Stage { keys: (!keys.is_empty()).then(|| keys.join(" AND ")), texts }
    };
    let Some(open) = open else { return Ok(vec![stage(None, TEXTS)]) };
    Ok(match words_from(connection, &open)? {
        Some(words) if words.is_empty() => Vec::new(),
        // FTS5 walks down any of several words step by step, but gathers all that begins so.
        Some(words) => vec![stage(Some(any(words)), TEXTS)],
        // So many words are said all the time; only if they are not, all is gathered.
        None => vec![stage(None, GLANCE), stage(Some(format!("{} *", one(&open))), TEXTS)],
    })
}

// Keys hold no quotes and no spaces: see `search::unit`.
fn one(key: &str) -> String {
    format!("\"{key}\"")
}

fn any(keys: impl IntoIterator<Item = String>) -> String {
    let keys: Vec<String> = keys.into_iter().map(|key| one(&key)).collect();
    format!("({})", keys.join(" OR "))
}

/// The words in the index that begin so; `None` when they are many.
fn words_from(connection: &Connection, beginning: &str) -> rusqlite::Result<Option<Vec<String>>> {
    let mut words: Vec<String> = Vec::new();
    let mut from = beginning.to_owned();
    loop {
        // One seek a word: to go on would read where else the word stands.
        let next = connection.first(
            "SELECT term FROM search_term WHERE term >= ?1 LIMIT 1",
            (&from,),
            |row| row.get::<_, String>(0),
        )?;
        let Some(word) = next.filter(|word| word.starts_with(beginning)) else {
            return Ok(Some(words));
        };
        if words.len() >= WORDS {
            return Ok(None);
        }
        // The least that is greater.
        from = format!("{word}\u{1}");
        words.push(word);
    }
}

/// Where in the index messages of this time begin.
fn place_of(connection: &Connection, at: Timestamp) -> rusqlite::Result<i64> {
    // One by one: asked for both at once, SQLite reads all.
    let bounds = connection.first(
        "SELECT (SELECT min(id) FROM search_message), (SELECT max(id) FROM search_message)",
        (),
        |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?)),
    )?;
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
