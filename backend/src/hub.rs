//! This node's connections. Each event is encoded once, into one bounded log of frames a room;
//! a connection holds a cursor into it and is woken when there is more. The bound is how far a
//! connection may lag.

mod encoded;
#[cfg(test)]
mod schedules;
mod sync;
#[cfg(test)]
mod tests;

pub use self::encoded::Encoded;

use self::sync::{Mutex, MutexGuard, Notify};
use crate::bus::{Audience, Content, Envelope};
use crate::planted::{self, Bug};
use shared::event::RoomEvent;
use shared::frame::{CloseCode, ServerFrame};
use shared::id::{ConnectionId, RoomId, Seq, SessionId, UserId};
use shared::limit;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Ephemeral frames a connection may have waiting; beyond it further ones are dropped.
const EPHEMERAL_FRAMES: usize = 256;
/// Frames handed out in one read.
const READ_FRAMES: usize = 64;
/// How long a room's log is kept once nobody follows it: until those have come back whose connections
/// a proxy, a network or a machine that woke up has cut all at once.
const LINGERING: Duration = Duration::from_mins(1);
/// Rooms whose logs are kept so, and how much of each.
const LINGERING_ROOMS: usize = 256;
const LINGERING_EVENTS: u64 = 64;
const LINGERING_BYTES: usize = 64 * 1024;
/// From the look-up of a session to the connection's being known here: longer than a request may
/// take to be answered.
const OPENING: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct Hub {
    rooms: Mutex<Rooms>,
    people: Mutex<HashMap<UserId, Vec<Arc<Mailbox>>>>,
    /// Sessions that ended a moment ago, oldest first: of them a connection may still be opening.
    ended: Mutex<VecDeque<(Instant, SessionId)>>,
    connections_per_user: usize,
}

#[derive(Debug, Default)]
struct Rooms {
    logs: HashMap<RoomId, Arc<RoomLog>>,
    /// When rooms were left by the last one who followed them, oldest first.
    left: VecDeque<(Instant, RoomId)>,
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
    /// Which of the events held ended somebody's membership.
    ends: VecDeque<(Seq, UserId)>,
    subscribers: HashMap<ConnectionId, Subscriber>,
    /// Since when nobody follows the room.
    left: Option<Instant>,
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

/// What became of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    Stayed,
    /// It ended, though they may have come back.
    Left,
    /// The store knows.
    Elsewhere,
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
        let is_over = || lock(&self.ended).iter().any(|(_, ended)| *ended == session);
        let was_over = planted::has(Bug::LookFirst).then(is_over);
        {
            let mut people = lock(&self.people);
            let mine = people.entry(user).or_default();
            mine.push(Arc::clone(&mailbox));
            if mine.len() > self.connections_per_user {
                mine.remove(0).close(CloseCode::Replaced);
            }
        }
        // After the connection can be found: whichever comes first, the other one sees it.
        if was_over.unwrap_or_else(is_over) {
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
        rooms.let_go(Instant::now());
        let log =
            rooms.logs.entry(room).or_insert_with(|| Arc::new(RoomLog { inner: Mutex::default() }));
        let subscriber = Subscriber { mailbox: Arc::clone(mailbox), until: None };
        let mut held = lock(&log.inner);
        held.subscribers.insert(mailbox.connection, subscriber);
        held.left = None;
        Arc::clone(log)
    }

    pub fn unsubscribe(&self, room: RoomId, connection: ConnectionId) {
        let now = Instant::now();
        let mut rooms = lock(&self.rooms);
        let Some(log) = rooms.logs.get(&room).map(Arc::clone) else { return };
        let mut held = lock(&log.inner);
        held.subscribers.remove(&connection);
        if held.subscribers.is_empty() && held.left.is_none() {
            held.left = Some(now);
            held.shorten();
            // What is not held cannot be missed.
            held.unbroken_since = held.base;
            drop(held);
            rooms.left.push_back((now, room));
            rooms.let_go(now);
        }
    }

    /// Whoever is connected here and in one of the rooms.
    pub fn people_in(&self, rooms: &HashSet<RoomId>) -> HashSet<UserId> {
        let logs: Vec<_> = {
            let all = lock(&self.rooms);
            rooms.iter().filter_map(|room| all.logs.get(room).map(Arc::clone)).collect()
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
        let log = {
            let mut rooms = lock(&self.rooms);
            rooms.let_go(Instant::now());
            rooms.logs.get(&event.room).map(Arc::clone)
        };
        if let Some(log) = log {
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
        let log = lock(&self.rooms).logs.get(&room).map(Arc::clone);
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
        if planted::has(Bug::SkipOnLag) && end.0 - next.0 > 4 {
            return Ahead::Frames(
                held.frames.back().cloned().into_iter().collect(),
                Seq(end.0 - 1),
            );
        }
        if next < held.base {
            return if next < held.unbroken_since { Ahead::Elsewhere } else { Ahead::TooFarBehind };
        }
        let end = until.map_or(end, |until| end.min(until.next()));
        let skip = usize::try_from(next.0 - held.base.0).unwrap_or(usize::MAX);
        let available = usize::try_from(end.0.saturating_sub(next.0)).unwrap_or(usize::MAX);
        let mut taken: Vec<_> =
            held.frames.iter().skip(skip).take(available.min(READ_FRAMES)).cloned().collect();
        if planted::has(Bug::Reorder) && taken.len() > 1 {
            taken.swap(0, 1);
        }
        if taken.is_empty() {
            return Ahead::Nothing;
        }
        let last = Seq(sent.0 + taken.len() as u64);
        Ahead::Frames(taken, last)
    }

    /// Whether the user's membership ended after `after`, up to and with `to`.
    pub fn past(&self, user: UserId, after: Seq, to: Seq) -> Past {
        let held = lock(&self.inner);
        if held.frames.is_empty() || after.next() < held.base || held.end() <= to {
            return Past::Elsewhere;
        }
        let ended = |(seq, whose): &(Seq, UserId)| *whose == user && after < *seq && *seq <= to;
        if held.ends.iter().any(ended) { Past::Left } else { Past::Stayed }
    }

    fn push(&self, event: &RoomEvent) {
        if planted::has(Bug::WakeFirst) {
            lock(&self.inner).wake(event.room);
        }
        self.append(event);
    }

    fn append(&self, event: &RoomEvent) {
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
            held.ends.clear();
            held.bytes = 0;
            if event.seq != end {
                held.unbroken_since = event.seq;
            }
            held.base = event.seq;
        }
        held.bytes += encoded.text().len();
        held.frames.push_back(encoded);
        held.ends.extend(event.ends_membership_of().map(|user| (event.seq, user)));
        held.shorten();
        if held.subscribers.is_empty() {
            held.unbroken_since = held.base;
        }
        if !planted::has(Bug::DeliverAfterRemoval) {
            held.note_end(event);
        }
        if !planted::has(Bug::WakeFirst) {
            held.wake(event.room);
        }
    }
}

impl Rooms {
    /// Drops the logs of rooms that were left long ago, or of too many.
    fn let_go(&mut self, now: Instant) {
        while let Some((at, room)) = self.left.front().copied() {
            if self.left.len() <= LINGERING_ROOMS && now.duration_since(at) < LINGERING {
                return;
            }
            self.left.pop_front();
            // Unless somebody has come back since.
            if let Entry::Occupied(log) = self.logs.entry(room)
                && (planted::has(Bug::DropFollowed) || lock(&log.get().inner).left == Some(at))
            {
                log.remove();
            }
        }
    }
}

impl Held {
    /// To whom the event is the last one, if it ends their membership.
    fn note_end(&mut self, event: &RoomEvent) {
        let Some(ended) = event.ends_membership_of() else { return };
        for Subscriber { mailbox, until } in self.subscribers.values_mut() {
            if mailbox.user == ended {
                until.get_or_insert(event.seq);
            }
        }
    }

    /// Tells all who follow that the room's log has grown.
    fn wake(&self, room: RoomId) {
        for Subscriber { mailbox, .. } in self.subscribers.values() {
            mailbox.put(|mail| {
                mail.grown.insert(room);
            });
        }
    }

    /// Drops the oldest frames beyond what is kept.
    fn shorten(&mut self) {
        let (events, bytes) = match self.left {
            None => (limit::LAG_EVENTS, limit::LAG_BYTES),
            Some(_) => (LINGERING_EVENTS, LINGERING_BYTES),
        };
        while self.frames.len() as u64 > events || (self.bytes > bytes && self.frames.len() > 1) {
            let Some(dropped) = self.frames.pop_front() else { break };
            self.bytes -= dropped.text().len();
            self.base = self.base.next();
        }
        while self.ends.front().is_some_and(|(seq, _)| *seq < self.base) {
            self.ends.pop_front();
        }
    }

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
