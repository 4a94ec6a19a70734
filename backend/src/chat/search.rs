//! Searching: who and where was meant, and in which order it is answered.
//!
//! Newest first, but for the newest hits: of up to [`limit::SEARCH_BEST_OF`] of them, those that
//! answer best come first. Ranking all would read all.

use super::{Caller, Chat, Error, nick};
use crate::search::query::{self, Now, Who};
use crate::search::sought::Quality;
use crate::search::unit::units;
use crate::store::{Hit, Position, SearchRange, Sought};
use core::cmp::Reverse;
use core::str::FromStr;
use shared::api::{Moment, MomentQuery, SearchHit, SearchHits, SearchQuery};
use shared::error::ErrorCode;
use shared::id::{RoomId, UserId};
use shared::limit;
use shared::time::Timestamp;
use std::collections::HashMap;

impl Chat {
    /// Messages of the caller's rooms. Words, people and rooms that do not exist are found
    /// nowhere; nothing that is typed is refused but for its length.
    pub async fn search(&self, caller: &Caller, query: SearchQuery) -> Result<SearchHits, Error> {
        self.searches.take(caller.user.id)?;
        let limit = query.limit.unwrap_or(limit::SEARCH_DEFAULT).clamp(1, limit::SEARCH_MAX);
        let cursor = query.cursor.as_deref().map(Cursor::from_str).transpose()?;
        let now = Now { at: self.clock.now(), offset_minutes: query.offset.unwrap_or(0) };
        let read = query::read(&query.q, now)?;
        if read.is_empty() {
            return Ok(SearchHits::default());
        }
        let sought = self.sought(caller, read, query.room).await?;
        match cursor {
            None => self.best(caller, sought, None, limit).await,
            Some(Cursor::Best(window)) => self.best(caller, sought, Some(window), limit).await,
            Some(Cursor::Older(below)) => self.older(caller, sought, below, limit).await,
        }
    }

    /// Where in a room's log a moment is.
    pub async fn moment(
        &self,
        caller: &Caller,
        room: RoomId,
        query: MomentQuery,
    ) -> Result<Moment, Error> {
        match self.store.moment(caller.user.id, room, Timestamp(query.at)).await? {
            Some(seq) => Ok(Moment { seq }),
            None => Err(self.stranger(caller, room).await),
        }
    }

    /// The newest hits, best first; after the last one of them, older ones.
    async fn best(
        &self,
        caller: &Caller,
        sought: Sought,
        window: Option<Window>,
        limit: u32,
    ) -> Result<SearchHits, Error> {
        let range = SearchRange {
            above: window.and_then(|window| window.above),
            below: window.map(|window| window.below),
            limit: limit::SEARCH_BEST_OF,
        };
        let found = self.store.search(caller.user.id, sought, range).await?;
        // What comes later neither moves the window nor what is in it.
        let window = window.unwrap_or_else(|| Window {
            below: found.hits.first().map_or(Position(i64::MAX), |hit| after(hit.position)),
            above: found.next.map(|next| Position(next.0.saturating_sub(1))),
            last: None,
        });
        let mut hits = found.hits;
        hits.sort_by_key(|hit| Reverse(rank(hit)));
        let seen = window.last.map_or(0, |last| hits.partition_point(|hit| rank(hit) >= last));
        let mut hits = hits.split_off(seen);
        let taken = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = hits.len() > taken;
        hits.truncate(taken);
        let next = if more {
            hits.last().map(|hit| Cursor::Best(Window { last: Some(rank(hit)), ..window }))
        } else {
            window.above.map(|above| Cursor::Older(after(above)))
        };
        Ok(answer(hits, next))
    }

    async fn older(
        &self,
        caller: &Caller,
        sought: Sought,
        below: Position,
        limit: u32,
    ) -> Result<SearchHits, Error> {
        let range = SearchRange { above: None, below: Some(below), limit };
        let found = self.store.search(caller.user.id, sought, range).await?;
        Ok(answer(found.hits, found.next.map(Cursor::Older)))
    }

    async fn sought(
        &self,
        caller: &Caller,
        query: query::Query,
        room: Option<RoomId>,
    ) -> Result<Sought, Error> {
        let (from, not_from) =
            (self.people(caller, query.from).await?, self.people(caller, query.not_from).await?);
        let (mut rooms, not_rooms) =
            (self.named(caller, query.rooms).await?, self.named(caller, query.not_rooms).await?);
        if let Some(room) = room {
            let is_named = rooms.as_ref().is_none_or(|rooms| rooms.contains(&room));
            rooms = Some(if is_named { vec![room] } else { Vec::new() });
        }
        Ok(Sought {
            words: query.words,
            authors: from,
            not_authors: not_from.unwrap_or_default(),
            rooms,
            not_rooms: not_rooms.unwrap_or_default(),
            since: query.since,
            until: query.until,
            has: query.has,
            has_not: query.has_not,
            is: query.is,
            is_not: query.is_not,
        })
    }

    /// `None` when nobody was named; nobody when nobody is called so.
    async fn people(&self, caller: &Caller, who: Vec<Who>) -> Result<Option<Vec<UserId>>, Error> {
        if who.is_empty() {
            return Ok(None);
        }
        let mut people = Vec::new();
        let mut nicks = Vec::new();
        for who in who {
            match who {
                Who::Me => people.push(caller.user.id),
                Who::Nick(nick) => nicks.push(nick),
            }
        }
        let keys: Vec<String> = nicks.iter().map(|nick| nick::key(nick)).collect();
        let known: HashMap<String, UserId> = self
            .store
            .users_by_nick_key(keys)
            .await?
            .into_iter()
            .map(|(_, user)| (nick::fold(&user.nick), user.id))
            .collect();
        people.extend(nicks.iter().filter_map(|nick| known.get(&nick::fold(nick)).copied()));
        Ok(Some(people))
    }

    /// `None` when no room was named. Of the caller's rooms, those that are called so; when none
    /// is, those whose names begin so.
    async fn named(
        &self,
        caller: &Caller,
        names: Vec<String>,
    ) -> Result<Option<Vec<RoomId>>, Error> {
        if names.is_empty() {
            return Ok(None);
        }
        let rooms: Vec<(RoomId, String)> = self
            .store
            .rooms(caller.user.id)
            .await?
            .into_iter()
            .map(|listing| (listing.id, words_of(&listing.name)))
            .filter(|(_, name)| !name.is_empty())
            .collect();
        let mut found = Vec::new();
        for name in names.iter().map(|name| words_of(name)) {
            let before = found.len();
            let exact = rooms.iter().filter(|(_, other)| *other == name);
            found.extend(exact.map(|(room, _)| *room));
            if found.len() == before && !name.is_empty() {
                let begun = rooms.iter().filter(|(_, other)| other.starts_with(&name));
                found.extend(begun.map(|(room, _)| *room));
            }
        }
        Ok(Some(found))
    }
}

/// A name as it is compared.
fn words_of(name: &str) -> String {
    units(name).into_iter().map(|unit| unit.text).collect::<Vec<_>>().join(" ")
}

/// Orders the newest hits; two never have the same.
fn rank(hit: &Hit) -> (Quality, Position) {
    (hit.found.quality, hit.position)
}

const fn after(position: Position) -> Position {
    Position(position.0.saturating_add(1))
}

fn answer(hits: Vec<Hit>, next: Option<Cursor>) -> SearchHits {
    let hits = hits.into_iter().map(|Hit { message, found, .. }| SearchHit {
        room: message.room,
        message,
        ranges: found.ranges,
    });
    SearchHits { hits: hits.collect(), next: next.map(|cursor| cursor.to_string()) }
}

/// The newest hits: between these places, and how far they have been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    below: Position,
    /// Absent when there is nothing further.
    above: Option<Position>,
    last: Option<(Quality, Position)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Best(Window),
    Older(Position),
}

impl core::fmt::Display for Cursor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Older(Position(below)) => write!(f, "{below}"),
            Self::Best(Window { below, above, last }) => {
                let above = above.map_or(i64::MIN, |above| above.0);
                let (Quality(quality), Position(last)) = last.unwrap_or((Quality(u8::MAX), *below));
                write!(f, "{}_{above}_{quality}_{last}", below.0)
            }
        }
    }
}

impl FromStr for Cursor {
    type Err = ErrorCode;

    fn from_str(text: &str) -> Result<Self, ErrorCode> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| ErrorCode::BadFrame);
        match text.split('_').collect::<Vec<_>>().as_slice() {
            [below] => Ok(Self::Older(Position(number(below)?))),
            [below, above, quality, last] => {
                let above = number(above)?;
                let quality = quality.parse().map_err(|_| ErrorCode::BadFrame)?;
                Ok(Self::Best(Window {
                    below: Position(number(below)?),
                    above: (above != i64::MIN).then_some(Position(above)),
                    last: Some((Quality(quality), Position(number(last)?))),
                }))
            }
            _ => Err(ErrorCode::BadFrame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_the_same_when_it_comes_back() {
        for cursor in [
            Cursor::Older(Position(-7)),
            Cursor::Best(Window {
                below: Position(9),
                above: None,
                last: Some((Quality(2), Position(5))),
            }),
            Cursor::Best(Window {
                below: Position(9),
                above: Some(Position(-3)),
                last: Some((Quality(0), Position(1))),
            }),
        ] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "x", "1_2", "1_2_300_4", "99999999999999999999"] {
            assert_eq!(bad.parse::<Cursor>(), Err(ErrorCode::BadFrame), "{bad}");
        }
    }
}
