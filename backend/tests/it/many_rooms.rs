//! A cursor names 64 rooms. Whoever is in more loses nothing by that, whatever they come back by.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::doors::{Events, Way, poll};
use crate::support::{Person, TestServer, connect_over};
use shared::frame::{Resume, Resumed, ResumedRoom, RoomCursor, ServerFrame};
use shared::id::{RoomId, Seq};
use shared::room::RoomKind;
use std::collections::HashMap;

const ROOMS: usize = 200;
const NAMED: usize = 64;

/// What a client holds that follows `docs/protocol.md`.
struct Client {
    person: Person,
    held: HashMap<RoomId, RoomCursor>,
    /// How many rooms went on at the last resume where they had stopped.
    recovered: usize,
}

impl Client {
    fn new(person: &Person) -> Self {
        Self { person: person.clone(), held: HashMap::new(), recovered: 0 }
    }

    async fn apply(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Resumed(resumed) => self.resumed(resumed).await,
            ServerFrame::Event { event } => {
                let held = self.held.get_mut(&event.room).unwrap();
                assert_eq!(event.seq, held.last.next(), "neither twice nor left out");
                held.last = event.seq;
            }
            _ => {}
        }
    }

    async fn resumed(&mut self, resumed: &Resumed) {
        assert!(resumed.rooms.len() > ROOMS, "all rooms are named");
        self.recovered = 0;
        for room in &resumed.rooms {
            let snapshot = match room {
                ResumedRoom::Recovered { .. } => {
                    self.recovered += 1;
                    continue;
                }
                ResumedRoom::Snapshot { snapshot } => snapshot,
                other => panic!("{other:?}"),
            };
            let (id, epoch, head) = (snapshot.room.id, snapshot.epoch, snapshot.head);
            if let Some(held) = self.held.get(&id).copied() {
                assert_eq!(held.epoch, epoch);
                // A gap like any other.
                let mut last = held.last;
                while last < head {
                    for event in self.person.log(id, last).await.unwrap().events {
                        assert_eq!(event.seq, last.next());
                        last = event.seq;
                    }
                }
            }
            let place = self.held.entry(id).or_insert(RoomCursor { epoch, last: head });
            place.last = head.max(place.last);
        }
    }

    fn has(&self, heads: &HashMap<RoomId, Seq>) -> bool {
        heads.iter().all(|(room, head)| self.held.get(room).is_some_and(|held| held.last >= *head))
    }

    /// Hears by events until it has all that; the last id of it.
    async fn hear(&mut self, from: Option<&str>, heads: &HashMap<RoomId, Seq>) -> String {
        let mut events = Events::open(&self.person, from).await;
        self.go_on(&mut events, heads).await
    }

    async fn go_on(&mut self, events: &mut Events, heads: &HashMap<RoomId, Seq>) -> String {
        let mut last = None;
        while last.is_none() || !self.has(heads) {
            let event = events.next().await;
            self.apply(&event.frame).await;
            last = event.id.or(last);
        }
        last.unwrap()
    }

    async fn fetch(&mut self, from: &str, heads: &HashMap<RoomId, Seq>) -> String {
        let mut cursor = from.to_owned();
        loop {
            let query = if cursor.is_empty() {
                "wait=0".to_owned()
            } else {
                format!("wait=5&cursor={cursor}")
            };
            let polled = poll(&self.person, &query).await;
            for frame in &polled.frames {
                self.apply(frame).await;
            }
            cursor = polled.cursor;
            if self.has(heads) {
                return cursor;
            }
        }
    }
}

/// Something is said in each of the rooms.
async fn talk(person: &Person, rooms: &[RoomId]) -> HashMap<RoomId, Seq> {
    let mut heads = HashMap::new();
    for room in rooms {
        heads.insert(*room, person.say(*room, "and on").await.unwrap().seq);
    }
    heads
}

#[tokio::test]
async fn in_two_hundred_rooms_nothing_is_lost_by_a_cursor_that_names_sixty_four() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let mut rooms = Vec::new();
    for number in 0..ROOMS {
        let room = ines.create_room(&format!("Berth {number}"), RoomKind::Open).await;
        wen.join(room).await;
        rooms.push(room);
    }
    let (mut hearing, mut polling) = (Client::new(&wen), Client::new(&wen));
    let nothing = HashMap::new();
    let mut events = Events::open(&wen, None).await;
    hearing.go_on(&mut events, &nothing).await;
    let cursor = polling.fetch("", &nothing).await;
    // While they are there.
    let heads = talk(&ines, &rooms).await;
    let id = hearing.go_on(&mut events, &heads).await;
    let cursor = polling.fetch(&cursor, &heads).await;
    drop(events);
    // While they are not, and so that nobody remembers them.
    let server = server.restart().await;
    let (ines, wen) = (server.log_in("ines").await, server.log_in("wen").await);
    (hearing.person, polling.person) = (wen.clone(), wen.clone());
    let heads = talk(&ines, &rooms).await;
    let id = hearing.hear(Some(&id), &heads).await;
    assert_eq!(hearing.recovered, NAMED);
    let cursor = polling.fetch(&cursor, &heads).await;
    assert_eq!(polling.recovered, NAMED);
    // Again, and there is nothing more to come.
    hearing.hear(Some(&id), &heads).await;
    polling.fetch(&cursor, &heads).await;

    // Who says by themselves what they hold is not bound to so many.
    for way in Way::ALL {
        let resume = Resume { rooms: hearing.held.clone(), ..Resume::default() };
        let (_, resumed) = connect_over(&wen, way, resume).await;
        hearing.resumed(&resumed).await;
        assert_eq!(hearing.recovered, hearing.held.len());
    }
}
