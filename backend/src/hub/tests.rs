//! What the hub does where one thing happens after the other.

use super::*;
use shared::event::ServerEvent;
use shared::id::{ClientMessageId, MessageId};
use shared::message::{MessageBody, Posted};
use shared::time::Timestamp;

fn ended(session: SessionId) -> Envelope {
    Envelope {
        audience: Audience::Sessions(vec![session]),
        content: Content::Close(CloseCode::SessionEnded),
    }
}

fn said(room: RoomId, seq: u64) -> Envelope {
    let body = MessageBody::new("and on").unwrap();
    let posted = Posted::new(MessageId::new(), ClientMessageId::new(), body);
    happened(room, seq, ServerEvent::MessagePosted(posted))
}

fn happened(room: RoomId, seq: u64, event: ServerEvent) -> Envelope {
    let event = RoomEvent { room, seq: Seq(seq), at: Timestamp(1), actor: UserId::new(), event };
    let content = Content::Frame(ServerFrame::Event { event });
    Envelope { audience: Audience::Room(room), content }
}

/// Its locks want to be asked for under shuttle.
fn once(test: fn()) {
    shuttle::check_random(test, 1);
}

fn connected(hub: &Hub) -> Arc<Mailbox> {
    hub.connect(ConnectionId::new(), UserId::new(), SessionId::new())
}

#[test]
fn what_is_said_after_all_were_cut_is_there_when_they_come_back_at_once() {
    once(said_after_all_were_cut);
}

fn said_after_all_were_cut() {
    let hub = Hub::new(16);
    let room = RoomId::new();
    let before = connected(&hub);
    hub.subscribe(room, &before);
    (1..=100).for_each(|seq| hub.deliver(&said(room, seq)));
    hub.disconnect(&before, &[room]);
    (101..=110).for_each(|seq| hub.deliver(&said(room, seq)));
    let back = connected(&hub);
    let log = hub.subscribe(room, &back);
    let Ahead::Frames(frames, last) = log.after(back.connection, Seq(95)) else {
        panic!("they are not there")
    };
    assert_eq!((frames.len(), last), (15, Seq(110)));
    // Less is kept than while somebody is there, and the rest is in the store.
    assert!(matches!(log.after(back.connection, Seq(45)), Ahead::Elsewhere));
    assert!(matches!(log.after(back.connection, Seq(46)), Ahead::Frames(..)));
    // It is followed again: the time that began when it was left does not end it.
    lock(&hub.rooms).let_go(Instant::now() + LINGERING);
    assert_eq!(lock(&hub.rooms).logs.len(), 1);
    hub.disconnect(&back, &[room]);
    lock(&hub.rooms).let_go(Instant::now() + LINGERING);
    assert_eq!(lock(&hub.rooms).logs.len(), 0);
}

#[test]
fn rooms_that_nobody_follows_are_remembered_for_a_while_and_not_too_many() {
    once(rooms_that_nobody_follows);
}

fn rooms_that_nobody_follows() {
    let hub = Hub::new(16);
    let mailbox = connected(&hub);
    let rooms: Vec<RoomId> = (0..LINGERING_ROOMS + 50).map(|_| RoomId::new()).collect();
    for room in &rooms {
        hub.subscribe(*room, &mailbox);
    }
    hub.disconnect(&mailbox, &rooms);
    let held = lock(&hub.rooms);
    assert_eq!((held.logs.len(), held.left.len()), (LINGERING_ROOMS, LINGERING_ROOMS));
    assert!(!held.logs.contains_key(&rooms[49]) && held.logs.contains_key(&rooms[50]));
}

#[test]
fn a_connection_that_opens_while_its_session_ends_is_closed() {
    once(a_connection_opens_while_its_session_ends);
}

fn a_connection_opens_while_its_session_ends() {
    let hub = Hub::new(16);
    let (user, session) = (UserId::new(), SessionId::new());
    let before = hub.connect(ConnectionId::new(), user, session);
    hub.deliver(&ended(session));
    let after = hub.connect(ConnectionId::new(), user, session);
    let other = hub.connect(ConnectionId::new(), user, SessionId::new());
    let closes = [before, after, other].map(|mailbox| mailbox.take().close);
    assert_eq!(closes, [Some(CloseCode::SessionEnded), Some(CloseCode::SessionEnded), None]);
}

#[test]
fn whether_somebody_has_left_is_known_as_far_as_the_log_reaches() {
    once(somebody_has_left);
}

fn somebody_has_left() {
    let hub = Hub::new(16);
    let (room, gone) = (RoomId::new(), UserId::new());
    let stays = connected(&hub);
    let log = hub.subscribe(room, &stays);
    (1..=3).for_each(|seq| hub.deliver(&said(room, seq)));
    hub.deliver(&happened(room, 4, ServerEvent::MemberRemoved { user: gone }));
    hub.deliver(&said(room, 5));
    assert_eq!(log.past(gone, Seq(3), Seq(5)), Past::Left);
    assert_eq!(log.past(gone, Seq(4), Seq(5)), Past::Stayed);
    assert_eq!(log.past(gone, Seq(0), Seq(3)), Past::Stayed);
    assert_eq!(log.past(stays.user, Seq(0), Seq(5)), Past::Stayed);
    // Not here yet, as far as the store says.
    assert_eq!(log.past(gone, Seq(4), Seq(6)), Past::Elsewhere);
    // After a hole, and after as much as is held.
    hub.deliver(&said(room, 7));
    assert_eq!(log.past(gone, Seq(3), Seq(7)), Past::Elsewhere);
    assert_eq!(log.past(gone, Seq(6), Seq(7)), Past::Stayed);
    (8..=300).for_each(|seq| hub.deliver(&said(room, seq)));
    assert_eq!(log.past(gone, Seq(7), Seq(300)), Past::Elsewhere);
}
