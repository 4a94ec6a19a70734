//! This node's connections. Each event is encoded once, into one bounded log of frames a room;
//! a connection holds a cursor into it and is woken when there is more. The bound is how far a
//! connection may lag.

mod encoded;

pub use self::encoded::Encoded;

use crate::bus::{Audience, Content, Envelope};
use shared::event::RoomEvent;
use shared::frame::{CloseCode, ServerFrame};
use shared::id::{ConnectionId, RoomId, Seq, SessionId, UserId};
use shared::limit;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Ephemeral frames a connection may have waiting; beyond it further ones are dropped.
const EPHEMERAL_FRAMES: usize = 256;
/// Frames handed out in one read.
const READ_FRAMES: usize = 64;
/// From the look-up of a session to the connection's being known here: longer than a request may
/// take to be answered.
const OPENING: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct Hub {
    rooms: Mutex<HashMap<RoomId, Arc<RoomLog>>>,
    people: Mutex<HashMap<UserId, Vec<Arc<Mailbox>>>>,
    /// Sessions that ended a moment ago, oldest first: of them a connection may still be opening.
    ended: Mutex<VecDeque<(Instant, SessionId)>>,
    connections_per_user: usize,
}

/// One room's recent frames, and who waits for more.
#[derive(Debug)]
pub struct RoomLog {
    inner: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    frames: VecDeque<Encoded>,
    /// The seq of the first frame held; of the next one to come when none is held.
    base: Seq,
    bytes: usize,
    /// Where the frames began to follow each other without a gap.
    unbroken_since: Seq,
    subscribers: HashMap<ConnectionId, Subscriber>,
}

#[derive(Debug)]
struct Subscriber {
    mailbox: Arc<Mailbox>,
    /// The event with which the person's membership ended: the last one for them. Set under the
    /// same lock as the event itself, so that nothing after it can be read.
    until: Option<Seq>,
}

/// What a room's log holds beyond a cursor.
#[derive(Clone, Debug)]
pub enum Ahead {
    Nothing,
    /// The next frames, and the seq of the last of them.
    Frames(Vec<Encoded>, Seq),
    /// Events are missing here, through no fault of the reader's: the store has them.
    Elsewhere,
    /// The reader fell further behind than the bound.
    TooFarBehind,
    /// The reader has everything up to the end of their membership.
    Ended,
}

/// Where the hub leaves what concerns one connection.
#[derive(Debug)]
pub struct Mailbox {
    pub connection: ConnectionId,
    pub user: UserId,
    pub session: SessionId,
    mail: Mutex<Mail>,
    wake: Notify,
}

/// Everything that came since the last look.
#[derive(Debug, Default)]
pub struct Mail {
    /// Rooms whose logs have grown.
    pub grown: HashSet<RoomId>,
    /// Rooms the user came into.
    pub joined: Vec<RoomId>,
    /// Frames of the user's own stream and of the directory, in order.
    pub frames: VecDeque<Encoded>,
    /// Typing, presence and the like: the newest of each kind and subject.
    pub ephemeral: HashMap<EphemeralKey, Encoded>,
    pub close: Option<CloseCode>,
    /// Whether the client has shown by some other way that it is there.
    pub heard: bool,
    wants_presence: bool,
}

/// What makes a later ephemeral frame replace an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EphemeralKey {
    Typing(RoomId, UserId),
    Presence(UserId),
    Seen(RoomId, UserId),
}

impl Hub {
    pub fn new(connections_per_user: usize) -> Self {
        Self {
            rooms: Mutex::default(),
            people: Mutex::default(),
            ended: Mutex::default(),
            connections_per_user,
        }
    }

    /// Takes a connection in. Of a user with too many, the oldest is closed; one whose session has
    /// ended since it was looked up is closed itself.
    pub fn connect(
        &self,
        connection: ConnectionId,
        user: UserId,
        session: SessionId,
    ) -> Arc<Mailbox> {
        let mailbox = Arc::new(Mailbox {
            connection,
            user,
            session,
            mail: Mutex::default(),
            wake: Notify::new(),
        });
        {
            let mut people = lock(&self.people);
            let mine = people.entry(user).or_default();
            mine.push(Arc::clone(&mailbox));
            if mine.len() > self.connections_per_user {
                mine.remove(0).close(CloseCode::Replaced);
            }
        }
        // After the connection can be found: whichever comes first, the other one sees it.
        if lock(&self.ended).iter().any(|(_, ended)| *ended == session) {
            mailbox.close(CloseCode::SessionEnded);
        }
        mailbox
    }

    /// Lets a connection go, with its subscriptions to `rooms`.
    pub fn disconnect(&self, mailbox: &Mailbox, rooms: &[RoomId]) {
        for room in rooms {
            self.unsubscribe(*room, mailbox.connection);
        }
        let mut people = lock(&self.people);
        if let Entry::Occupied(mut mine) = people.entry(mailbox.user) {
            mine.get_mut().retain(|other| other.connection != mailbox.connection);
            if mine.get().is_empty() {
                mine.remove();
            }
        }
    }

    /// From now on the mailbox is told when the room's log grows.
    pub fn subscribe(&self, room: RoomId, mailbox: &Arc<Mailbox>) -> Arc<RoomLog> {
        let mut rooms = lock(&self.rooms);
        let log =
            rooms.entry(room).or_insert_with(|| Arc::new(RoomLog { inner: Mutex::default() }));
        let subscriber = Subscriber { mailbox: Arc::clone(mailbox), until: None };
        lock(&log.inner).subscribers.insert(mailbox.connection, subscriber);
        Arc::clone(log)
    }

    pub fn unsubscribe(&self, room: RoomId, connection: ConnectionId) {
        let mut rooms = lock(&self.rooms);
        if let Entry::Occupied(log) = rooms.entry(room) {
            let is_empty = {
                let mut held = lock(&log.get().inner);
                held.subscribers.remove(&connection);
                held.subscribers.is_empty()
            };
            if is_empty {
                log.remove();
            }
        }
    }

    /// Whoever is connected here and in one of the rooms.
    pub fn people_in(&self, rooms: &HashSet<RoomId>) -> HashSet<UserId> {
        let logs: Vec<_> = {
            let all = lock(&self.rooms);
            rooms.iter().filter_map(|room| all.get(room).map(Arc::clone)).collect()
        };
        logs.iter()
            .flat_map(|log| {
                lock(&log.inner)
                    .subscribers
                    .values()
                    .map(|subscriber| subscriber.mailbox.user)
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    pub fn connections(&self) -> usize {
        lock(&self.people).values().map(Vec::len).sum()
    }

    /// Closes every connection.
    pub fn close_all(&self, code: CloseCode) {
        for mailbox in lock(&self.people).values().flatten() {
            mailbox.close(code);
        }
    }

    /// Brings an envelope to the connections here that it concerns.
    pub fn deliver(&self, envelope: &Envelope) {
        match &envelope.content {
            Content::Frame(ServerFrame::Event { event }) => self.deliver_event(event),
            Content::Frame(frame) => {
                let Some(encoded) = Encoded::new(frame) else { return };
                match ephemeral_key(frame) {
                    Some((key, doer)) => self.for_audience(&envelope.audience, |mailbox| {
                        if doer != Some(mailbox.user) {
                            mailbox.put_ephemeral(key, &encoded);
                        }
                    }),
                    None => {
                        self.for_audience(&envelope.audience, |mailbox| {
                            mailbox.put_frame(&encoded);
                        });
                    }
                }
            }
            Content::SignOfLife => {
                self.for_audience(&envelope.audience, |mailbox| {
                    mailbox.put(|mail| mail.heard = true);
                });
            }
            Content::Close(code) => {
                if let Audience::Sessions(sessions) = &envelope.audience {
                    self.note_ended(sessions);
                }
                self.for_audience(&envelope.audience, |mailbox| mailbox.close(*code));
            }
        }
    }

    fn note_ended(&self, sessions: &[SessionId]) {
        let now = Instant::now();
        let mut ended = lock(&self.ended);
        ended.retain(|(at, _)| now.duration_since(*at) < OPENING);
        ended.extend(sessions.iter().map(|session| (now, *session)));
    }

    fn deliver_event(&self, event: &RoomEvent) {
        if let Some(log) = lock(&self.rooms).get(&event.room).map(Arc::clone) {
            log.push(event);
        }
        if let Some(user) = event.begins_membership_of() {
            for mailbox in self.mailboxes_of(user) {
                mailbox.put(|mail| mail.joined.push(event.room));
            }
        }
    }

    fn mailboxes_of(&self, user: UserId) -> Vec<Arc<Mailbox>> {
        lock(&self.people).get(&user).cloned().unwrap_or_default()
    }

    fn for_audience(&self, audience: &Audience, act: impl Fn(&Mailbox)) {
        match audience {
            Audience::Room(room) => self.for_room(*room, &act),
            Audience::Rooms(rooms) => rooms.iter().for_each(|room| self.for_room(*room, &act)),
            Audience::Among(room, people) => self.for_room(*room, &|mailbox: &Mailbox| {
                if people.contains(&mailbox.user) {
                    act(mailbox);
                }
            }),
            Audience::User(user) => {
                self.mailboxes_of(*user).iter().for_each(|mailbox| act(mailbox));
            }
            Audience::Connection(user, connection) => self
                .mailboxes_of(*user)
                .iter()
                .filter(|mailbox| mailbox.connection == *connection)
                .for_each(|mailbox| act(mailbox)),
            Audience::Everyone => {
                lock(&self.people).values().flatten().for_each(|mailbox| act(mailbox));
            }
            Audience::Sessions(sessions) => lock(&self.people)
                .values()
                .flatten()
                .filter(|mailbox| sessions.contains(&mailbox.session))
                .for_each(|mailbox| act(mailbox)),
        }
    }

    fn for_room(&self, room: RoomId, act: &impl Fn(&Mailbox)) {
        let log = lock(&self.rooms).get(&room).map(Arc::clone);
        if let Some(log) = log {
            lock(&log.inner)
                .subscribers
                .values()
                .filter(|subscriber| subscriber.until.is_none())
                .for_each(|subscriber| act(&subscriber.mailbox));
        }
    }
}

impl RoomLog {
    /// What comes after `sent` for this subscriber.
    pub fn after(&self, subscriber: ConnectionId, sent: Seq) -> Ahead {
        let held = lock(&self.inner);
        let Some(Subscriber { until, .. }) = held.subscribers.get(&subscriber) else {
            return Ahead::Ended;
        };
        let next = sent.next();
        if until.is_some_and(|until| next > until) {
            return Ahead::Ended;
        }
        let end = held.end();
        if held.frames.is_empty() || next >= end {
            return Ahead::Nothing;
        }
        if next < held.base {
            return if next < held.unbroken_since { Ahead::Elsewhere } else { Ahead::TooFarBehind };
        }
        let end = until.map_or(end, |until| end.min(until.next()));
        let skip = usize::try_from(next.0 - held.base.0).unwrap_or(usize::MAX);
        let available = usize::try_from(end.0.saturating_sub(next.0)).unwrap_or(usize::MAX);
        let taken: Vec<_> =
            held.frames.iter().skip(skip).take(available.min(READ_FRAMES)).cloned().collect();
        if taken.is_empty() {
            return Ahead::Nothing;
        }
        let last = Seq(sent.0 + taken.len() as u64);
        Ahead::Frames(taken, last)
    }

    fn push(&self, event: &RoomEvent) {
        let mut held = lock(&self.inner);
        let end = held.end();
        if event.seq < end && !held.frames.is_empty() {
            return; // The bus repeated itself.
        }
        let Some(encoded) = Encoded::new(&ServerFrame::Event { event: event.clone() }) else {
            return;
        };
        if held.frames.is_empty() || event.seq > end {
            // The first one, or the bus lost some: what came before is in the store alone.
            held.frames.clear();
            held.bytes = 0;
            if event.seq != end {
                held.unbroken_since = event.seq;
            }
            held.base = event.seq;
        }
        held.bytes += encoded.text().len();
        held.frames.push_back(encoded);
        while held.frames.len() as u64 > limit::LAG_EVENTS
            || (held.bytes > limit::LAG_BYTES && held.frames.len() > 1)
        {
            let Some(dropped) = held.frames.pop_front() else { break };
            held.bytes -= dropped.text().len();
            held.base = held.base.next();
        }
        let ended = event.ends_membership_of();
        for Subscriber { mailbox, until } in held.subscribers.values_mut() {
            if ended == Some(mailbox.user) {
                until.get_or_insert(event.seq);
            }
            mailbox.put(|mail| {
                mail.grown.insert(event.room);
            });
        }
    }
}

impl Held {
    /// The seq after the last frame held.
    fn end(&self) -> Seq {
        Seq(self.base.0 + self.frames.len() as u64)
    }
}

impl Mailbox {
    /// Waits until there is mail.
    pub async fn arrival(&self) {
        self.wake.notified().await;
    }

    /// Takes everything that has come.
    pub fn take(&self) -> Mail {
        let mut mail = lock(&self.mail);
        let wants_presence = mail.wants_presence;
        core::mem::replace(&mut *mail, Mail { wants_presence, ..Mail::default() })
    }

    /// Whether presence is of interest to the client.
    pub fn want_presence(&self, wanted: bool) {
        lock(&self.mail).wants_presence = wanted;
    }

    pub fn close(&self, code: CloseCode) {
        self.put(|mail| {
            mail.close.get_or_insert(code);
        });
    }

    fn put_frame(&self, frame: &Encoded) {
        self.put(|mail| {
            if mail.frames.len() as u64 >= limit::LAG_EVENTS {
                mail.close.get_or_insert(CloseCode::SlowConsumer);
            } else {
                mail.frames.push_back(frame.clone());
            }
        });
    }

    fn put_ephemeral(&self, key: EphemeralKey, frame: &Encoded) {
        self.put(|mail| {
            let wanted = !matches!(key, EphemeralKey::Presence(_)) || mail.wants_presence;
            let has_room =
                mail.ephemeral.len() < EPHEMERAL_FRAMES || mail.ephemeral.contains_key(&key);
            if wanted && has_room {
                mail.ephemeral.insert(key, frame.clone());
            }
        });
    }

    fn put(&self, change: impl FnOnce(&mut Mail)) {
        change(&mut lock(&self.mail));
        self.wake.notify_one();
    }
}

/// What the frame is the newest of, and whom it need not be told, if it is ephemeral.
fn ephemeral_key(frame: &ServerFrame) -> Option<(EphemeralKey, Option<UserId>)> {
    match frame {
        ServerFrame::Typing { room, user, .. } => {
            Some((EphemeralKey::Typing(*room, *user), Some(*user)))
        }
        ServerFrame::Presence { user, .. } => Some((EphemeralKey::Presence(*user), None)),
        ServerFrame::Seen { room, user, .. } => {
            Some((EphemeralKey::Seen(*room, *user), Some(*user)))
        }
        ServerFrame::Hello { .. }
        | ServerFrame::Resumed(_)
        | ServerFrame::Event { .. }
        | ServerFrame::UserEvent { .. }
        | ServerFrame::Joined { .. }
        | ServerFrame::Reply { .. }
        | ServerFrame::Refused { .. }
        | ServerFrame::PersonChanged { .. }
        | ServerFrame::SiteChanged { .. }
        | ServerFrame::Heartbeat { .. }
        | ServerFrame::GoingAway { .. }
        | ServerFrame::Closed { .. }
        | ServerFrame::Error { .. } => None,
    }
}

/// A poisoned lock's data is whole: nothing panics between two writes under it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(session: SessionId) -> Envelope {
        Envelope {
            audience: Audience::Sessions(vec![session]),
            content: Content::Close(CloseCode::SessionEnded),
        }
    }

    #[test]
    fn a_connection_that_opens_while_its_session_ends_is_closed() {
        let hub = Hub::new(16);
        let (user, session) = (UserId::new(), SessionId::new());
        let before = hub.connect(ConnectionId::new(), user, session);
        hub.deliver(&ended(session));
        let after = hub.connect(ConnectionId::new(), user, session);
        let other = hub.connect(ConnectionId::new(), user, SessionId::new());
        let closes = [before, after, other].map(|mailbox| mailbox.take().close);
        assert_eq!(closes, [Some(CloseCode::SessionEnded), Some(CloseCode::SessionEnded), None]);
    }
}
