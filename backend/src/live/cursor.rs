//! Where a client stands in the logs it follows, as one opaque word: the id of a server-sent event
//! and the cursor of a poll. It says all that is needed to go on, on any node, after any time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::fmt;
use core::str::FromStr;
use shared::frame::{Resume, RoomCursor};
use shared::id::{ConnectionId, Epoch, RoomId, Seq};
use uuid::Uuid;

use super::connection::Note;

/// Rooms in one cursor, those that changed last. A cursor travels in headers, which are short; a
/// room that it does not name comes as a snapshot.
const ROOMS: usize = 64;
const ROOM_BYTES: usize = 16 + 16 + 8;
const HEAD_BYTES: usize = 16 + 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Who gave it.
    pub door: ConnectionId,
    /// Which of its answers it came with.
    pub answer: u32,
    pub places: Places,
}

/// Not a cursor of this server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCursor;

/// The last event of each room, those that changed last at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(Vec<(RoomId, RoomCursor)>);

impl Places {
    pub fn apply(&mut self, note: Note) {
        match note {
            Note::At(room, cursor) => {
                self.0.retain(|(of, _)| *of != room);
                self.0.push((room, cursor));
            }
            Note::Events(room, last) => {
                if let Some(at) = self.0.iter().position(|(of, _)| *of == room) {
                    self.0[at].1.last = last;
                    self.0[at..].rotate_left(1);
                }
            }
            Note::Left(room) => self.0.retain(|(of, _)| *of != room),
            Note::Heartbeat => {}
        }
    }

    /// What a client that stands here has.
    pub fn resume(&self) -> Resume {
        Resume { rooms: self.0.iter().copied().collect(), ..Resume::default() }
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rooms = &self.places.0[self.places.0.len().saturating_sub(ROOMS)..];
        let mut bytes = Vec::with_capacity(HEAD_BYTES + rooms.len() * ROOM_BYTES);
        bytes.extend_from_slice(self.door.as_uuid().as_bytes());
        bytes.extend_from_slice(&self.answer.to_be_bytes());
        for (room, RoomCursor { epoch, last }) in rooms {
            bytes.extend_from_slice(room.as_uuid().as_bytes());
            bytes.extend_from_slice(epoch.as_uuid().as_bytes());
            bytes.extend_from_slice(&last.0.to_be_bytes());
        }
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor)?;
        let (head, rooms) = bytes.split_at_checked(HEAD_BYTES).ok_or(NoCursor)?;
        let mut head = head;
        let cursor = Self {
            door: ConnectionId::from_uuid(take_uuid(&mut head)?),
            answer: u32::from_be_bytes(take(&mut head)?),
            places: Places(
                rooms.chunks(ROOM_BYTES).map(read_room).collect::<Result<Vec<_>, NoCursor>>()?,
            ),
        };
        if cursor.places.0.len() > ROOMS { Err(NoCursor) } else { Ok(cursor) }
    }
}

fn read_room(mut bytes: &[u8]) -> Result<(RoomId, RoomCursor), NoCursor> {
    let room = RoomId::from_uuid(take_uuid(&mut bytes)?);
    let epoch = Epoch::from_uuid(take_uuid(&mut bytes)?);
    let last = Seq(u64::from_be_bytes(take(&mut bytes)?));
    Ok((room, RoomCursor { epoch, last }))
}

fn take<const LENGTH: usize>(bytes: &mut &[u8]) -> Result<[u8; LENGTH], NoCursor> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(NoCursor)?;
    *bytes = rest;
    Ok(*taken)
}

fn take_uuid(bytes: &mut &[u8]) -> Result<Uuid, NoCursor> {
    take(bytes).map(Uuid::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(last: u64) -> RoomCursor {
        RoomCursor { epoch: Epoch::new(), last: Seq(last) }
    }

    #[test]
    fn a_cursor_reads_as_it_was_written_and_nonsense_is_none() {
        let mut places = Places::default();
        for last in 0..3 {
            places.apply(Note::At(RoomId::new(), at(last)));
        }
        let cursor = Cursor { door: ConnectionId::new(), answer: 7, places };
        let text = cursor.to_string();
        assert_eq!(text.parse(), Ok(cursor));
        for nonsense in ["", "x", "!", &text[1..], &text[..text.len() - 2], &"A".repeat(10_000)] {
            assert_eq!(nonsense.parse::<Cursor>(), Err(NoCursor), "{nonsense}");
        }
    }

    #[test]
    fn the_rooms_that_changed_last_are_named_and_those_that_were_left_are_not() {
        let mut places = Places::default();
        let rooms: Vec<RoomId> = (0..ROOMS + 10).map(|_| RoomId::new()).collect();
        for room in &rooms {
            places.apply(Note::At(*room, at(1)));
        }
        places.apply(Note::Events(rooms[0], Seq(9)));
        places.apply(Note::Left(rooms[20]));
        let cursor = Cursor { door: ConnectionId::new(), answer: 0, places };
        let read: Cursor = cursor.to_string().parse().unwrap();
        let resume = read.places.resume();
        assert_eq!(resume.rooms.len(), ROOMS);
        assert_eq!(resume.rooms[&rooms[0]].last, Seq(9));
        assert!(!resume.rooms.contains_key(&rooms[20]) && !resume.rooms.contains_key(&rooms[1]));
    }
}
