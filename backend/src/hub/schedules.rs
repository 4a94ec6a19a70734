//! What the hub promises whatever the order in which its threads go on: each of these stories is told
//! in thousands of orders, and with a bug planted it must fail in one of them.

use super::{Ahead, Hub, LINGERING, Mailbox, RoomLog, lock};
use crate::bus::{Audience, Content, Envelope};
use crate::planted::{self, Bug};
use shared::event::{RoomEvent, ServerEvent, UserEvent};
use shared::frame::{CloseCode, ServerFrame};
use shared::id::{ClientMessageId, ConnectionId, MessageId, RoomId, Seq, SessionId, UserId};
use shared::message::{MessageBody, Posted};
use shared::time::Timestamp;
use shuttle::future::block_on;
use shuttle::sync::{Mutex, mpsc};
use shuttle::thread;
use std::sync::Arc;
use tokio::time::Instant;

/// In so many orders.
const ORDERS: usize = 2_000;
/// Of a thread, so many times another one goes first.
const TURNS: usize = 3;

/// Told in orders drawn at random, and in those in which few threads are kept from going on.
fn holds(story: fn()) {
    holds_in(ORDERS, story);
}

fn holds_in(orders: usize, story: fn()) {
    shuttle::check_random(story, orders / 2);
    shuttle::check_pct(story, orders / 2, TURNS);
}

/// Whether a story finds a bug. On a thread of its own, which ends with it.
#[track_caller]
fn finds(bug: Bug, story: fn()) {
    let told = std::thread::spawn(move || {
        planted::plant_here(bug);
        holds(story);
    });
    assert!(told.join().is_err(), "{bug:?} was not found");
}

/// A room's log as the store has it, and the way from there to the hub.
struct Room {
    id: RoomId,
    events: Mutex<Vec<RoomEvent>>,
    hub: Hub,
}

impl Room {
    fn new() -> Arc<Self> {
        Arc::new(Self { id: RoomId::new(), events: Mutex::default(), hub: Hub::new(16) })
    }

    fn head(&self) -> Seq {
        Seq(self.events.lock().unwrap().len() as u64)
    }

    fn after(&self, sent: Seq) -> Vec<RoomEvent> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| event.seq > sent).cloned().collect()
    }

    fn commit(&self, event: ServerEvent) -> RoomEvent {
        let mut events = self.events.lock().unwrap();
        let seq = Seq(events.len() as u64 + 1);
        let event = RoomEvent { room: self.id, seq, at: Timestamp(1), actor: UserId::new(), event };
        events.push(event.clone());
        event
    }

    fn deliver(&self, event: RoomEvent) {
        let content = Content::Frame(ServerFrame::Event { event });
        self.hub.deliver(&Envelope { audience: Audience::Room(self.id), content });
    }

    /// Commits these, and has them brought to the hub by another thread, but for those lost.
    fn happens(self: &Arc<Self>, what: Vec<ServerEvent>, lost: &'static [u64]) {
        let (committed, arriving) = mpsc::channel::<RoomEvent>();
        let room = Arc::clone(self);
        thread::spawn(move || {
            for event in what {
                committed.send(room.commit(event)).unwrap();
            }
        });
        let room = Arc::clone(self);
        thread::spawn(move || {
            while let Ok(event) = arriving.recv() {
                if !lost.contains(&event.seq.0) {
                    room.deliver(event);
                }
            }
        });
    }
}

fn said() -> ServerEvent {
    let body = MessageBody::new("and on").unwrap();
    ServerEvent::MessagePosted(Posted::new(MessageId::new(), ClientMessageId::new(), body))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    On,
    Ended,
    TooSlow,
}

/// Does what a live connection does.
struct Reader {
    room: Arc<Room>,
    mailbox: Arc<Mailbox>,
    log: Arc<RoomLog>,
    sent: Seq,
    replay_to: Seq,
}

impl Reader {
    /// Follows, and reads the head only then.
    fn begin(room: &Arc<Room>, user: UserId, from: Option<Seq>) -> Self {
        let mailbox = room.hub.connect(ConnectionId::new(), user, SessionId::new());
        let log = room.hub.subscribe(room.id, &mailbox);
        let head = room.head();
        let sent = from.unwrap_or(head);
        Self { room: Arc::clone(room), mailbox, log, sent, replay_to: head }
    }

    fn catch_up(&mut self) -> Going {
        loop {
            let is_replaying = self.sent < self.replay_to;
            match self.log.after(self.mailbox.connection, self.sent) {
                Ahead::Frames(frames, last) => {
                    for frame in frames {
                        self.hear(seq_of(frame.text()));
                    }
                    assert_eq!(self.sent, last);
                }
                Ahead::Nothing if !is_replaying => return Going::On,
                Ahead::Ended => return Going::Ended,
                Ahead::TooFarBehind if !is_replaying => return Going::TooSlow,
                Ahead::Nothing | Ahead::TooFarBehind | Ahead::Elsewhere => {
                    let events = self.room.after(self.sent);
                    if events.is_empty() {
                        return Going::On;
                    }
                    for event in events {
                        self.hear(event.seq);
                        if event.ends_membership_of() == Some(self.mailbox.user) {
                            return Going::Ended;
                        }
                    }
                }
            }
        }
    }

    fn hear(&mut self, seq: Seq) {
        assert_eq!(seq, self.sent.next(), "neither twice nor left out");
        self.sent = seq;
    }

    /// Until it has this one, or cannot go on. Where it is not woken it waits for ever, which shuttle
    /// finds out.
    fn hear_until(&mut self, last: Seq) -> Going {
        loop {
            let going = self.catch_up();
            if self.sent >= last || going != Going::On {
                return going;
            }
            block_on(self.mailbox.arrival());
            self.mailbox.take();
        }
    }

    fn leave(self) -> Seq {
        self.room.hub.disconnect(&self.mailbox, &[self.room.id]);
        self.sent
    }
}

fn seq_of(text: &str) -> Seq {
    let ServerFrame::Event { event } = serde_json::from_str(text).unwrap() else {
        panic!("{text} is no event")
    };
    event.seq
}

fn some_follow_while_others_speak() {
    let room = Room::new();
    room.happens(vec![said(), said(), said(), said()], &[]);
    let readers: Vec<_> = [Some(Seq::ZERO), None]
        .map(|from| {
            let room = Arc::clone(&room);
            thread::spawn(move || {
                let mut reader = Reader::begin(&room, UserId::new(), from);
                assert_eq!(reader.hear_until(Seq(4)), Going::On);
            })
        })
        .into_iter()
        .collect();
    for reader in readers {
        reader.join().unwrap();
    }
}

#[test]
fn whoever_follows_hears_each_event_once_and_in_order() {
    holds(some_follow_while_others_speak);
    finds(Bug::WakeFirst, some_follow_while_others_speak);
}

fn the_bus_loses_some() {
    let room = Room::new();
    let mut reader = Reader::begin(&room, UserId::new(), None);
    room.happens(vec![said(), said(), said(), said(), said()], &[1, 3]);
    assert_eq!(reader.hear_until(Seq(5)), Going::On);
}

#[test]
fn what_the_bus_has_lost_is_read_from_the_store_and_nothing_twice() {
    holds(the_bus_loses_some);
}

fn somebody_is_removed() {
    let room = Room::new();
    let gone = UserId::new();
    let mut goes = Reader::begin(&room, gone, None);
    let mut stays = Reader::begin(&room, UserId::new(), None);
    room.happens(vec![said(), ServerEvent::MemberRemoved { user: gone }, said(), said()], &[]);
    let going = thread::spawn(move || {
        assert_eq!(goes.hear_until(Seq(3)), Going::Ended);
        assert_eq!(goes.sent, Seq(2), "the removal is the last of it");
    });
    assert_eq!(stays.hear_until(Seq(4)), Going::On);
    going.join().unwrap();
}

#[test]
fn the_end_of_a_membership_is_the_last_that_is_heard() {
    holds(somebody_is_removed);
    finds(Bug::DeliverAfterRemoval, somebody_is_removed);
}

fn all_leave_and_one_comes_back() {
    let room = Room::new();
    let me = UserId::new();
    room.happens(vec![said(), said(), said(), said()], &[]);
    let later = Arc::clone(&room);
    thread::spawn(move || lock(&later.hub.rooms).let_go(Instant::now() + 2 * LINGERING));
    let mut reader = Reader::begin(&room, me, Some(Seq::ZERO));
    assert_eq!(reader.hear_until(Seq(1)), Going::On);
    let sent = reader.leave();
    let mut reader = Reader::begin(&room, me, Some(sent));
    assert_eq!(reader.hear_until(Seq(4)), Going::On);
}

#[test]
fn a_room_that_all_have_left_is_the_same_for_whoever_comes_back() {
    holds(all_leave_and_one_comes_back);
    finds(Bug::DropFollowed, all_leave_and_one_comes_back);
}

fn somebody_reads_slowly() {
    let room = Room::new();
    let mut reader = Reader::begin(&room, UserId::new(), None);
    // Nearly as far behind as one may be.
    for _ in 0..255 {
        room.deliver(room.commit(said()));
    }
    room.happens(vec![said(), said(), said()], &[]);
    let going = reader.hear_until(Seq(258));
    assert!(going == Going::TooSlow || reader.sent == Seq(258), "{going:?} at {}", reader.sent);
}

#[test]
fn whoever_falls_too_far_behind_is_told_so_and_misses_nothing_in_silence() {
    holds_in(ORDERS / 20, somebody_reads_slowly);
}

fn mail_comes_while_it_is_taken() {
    let hub = Arc::new(Hub::new(16));
    let (me, session) = (UserId::new(), SessionId::new());
    let mailbox = hub.connect(ConnectionId::new(), me, session);
    let bus = Arc::clone(&hub);
    thread::spawn(move || {
        for version in 1..=4 {
            let event = UserEvent::PersonBlocked { user: me };
            let content = Content::Frame(ServerFrame::UserEvent { version, event });
            bus.deliver(&Envelope { audience: Audience::User(me), content });
        }
        let content = Content::Close(CloseCode::SessionEnded);
        bus.deliver(&Envelope { audience: Audience::Sessions(vec![session]), content });
    });
    let mut versions = Vec::new();
    loop {
        block_on(mailbox.arrival());
        let mail = mailbox.take();
        for frame in mail.frames {
            let ServerFrame::UserEvent { version, .. } =
                serde_json::from_str(frame.text()).unwrap()
            else {
                panic!("{} is not of a person's own stream", frame.text())
            };
            versions.push(version);
        }
        if mail.close.is_some() {
            break;
        }
    }
    assert_eq!(versions, [1, 2, 3, 4]);
}

#[test]
fn what_comes_while_mail_is_taken_is_there_the_next_time() {
    holds(mail_comes_while_it_is_taken);
}

fn a_session_ends_while_a_connection_opens() {
    let hub = Arc::new(Hub::new(16));
    let session = SessionId::new();
    let bus = Arc::clone(&hub);
    thread::spawn(move || {
        let content = Content::Close(CloseCode::SessionEnded);
        bus.deliver(&Envelope { audience: Audience::Sessions(vec![session]), content });
    });
    let mailbox = hub.connect(ConnectionId::new(), UserId::new(), session);
    block_on(mailbox.arrival());
    assert_eq!(mailbox.take().close, Some(CloseCode::SessionEnded));
}

#[test]
fn a_session_that_ends_while_its_connection_opens_closes_it() {
    holds(a_session_ends_while_a_connection_opens);
    finds(Bug::LookFirst, a_session_ends_while_a_connection_opens);
}

#[test]
#[ignore = "minutes: cargo test -p backend --lib schedules -- --ignored"]
fn all_of_it_holds_in_many_more_orders() {
    let stories = [
        some_follow_while_others_speak,
        the_bus_loses_some,
        somebody_is_removed,
        all_leave_and_one_comes_back,
        mail_comes_while_it_is_taken,
        a_session_ends_while_a_connection_opens,
    ];
    for story in stories {
        holds_in(100 * ORDERS, story);
    }
    holds_in(5 * ORDERS, somebody_reads_slowly);
}
