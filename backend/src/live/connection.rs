//! One live client: it starts or resumes, hears what happens, asks, is asked to answer, and is
//! closed when it can't keep up. Knows nothing of how frames travel.

use super::Live;
use super::commands::Commands;
use crate::chat::resume::{Heads, PersonSnapshot};
use crate::chat::{Caller, Error, StoreError};
use crate::hub::{Ahead, Encoded, Mail, Mailbox, Past, RoomLog};
use crate::planted::{self, Bug};
use futures_util::FutureExt;
use serde::Deserialize;
use shared::PROTOCOL_VERSION;
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::frame::{
    ClientFrame, CloseCode, Resume, Resumed, ResumedRoom, RoomCursor, ServerFrame,
};
use shared::id::{ConnectionId, RoomId, Seq};
use shared::limit;
use shared::room::RoomSnapshot;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;
use tungstenite::Utf8Bytes;

const STALLED: Duration = Duration::from_millis(limit::STALLED_WRITE_MILLIS);
/// How long a client has to hear why it is closed.
const FAREWELL: Duration = Duration::from_secs(1);
/// The same for one that was too slow.
const SLOW_FAREWELL: Duration = Duration::from_secs(5);
/// How long the answers to commands under way are waited for once the server is about to end.
const DRAIN: Duration = Duration::from_secs(3);
/// How long commands under way may still take once nobody hears of them: longer than the store waits
/// for a place to write.
const CARRIED_OUT: Duration = Duration::from_secs(30);
/// Over what time clients come back after a planned restart.
const RECONNECT_SPREAD: Duration = Duration::from_secs(5);

/// A way for frames to travel, in order, both ways.
pub trait Socket: Send {
    /// How a client that comes this way shows that it is there.
    const SIGNS: Signs;

    /// As metrics call it.
    fn transport(&self) -> &'static str;
    /// What the frames of the next `send` bring the client to, for a transport that names places.
    fn note(&mut self, _note: Note) {}
    /// The next thing from the client. Dropped half-way, it loses nothing.
    fn receive(&mut self) -> impl Future<Output = Incoming> + Send;
    /// Sends all frames, in one write where that is possible.
    fn send(&mut self, frames: Vec<Encoded>) -> impl Future<Output = Result<(), Gone>> + Send;
    /// Says why, and ends.
    fn close(&mut self, code: CloseCode) -> impl Future<Output = ()> + Send;
    /// Ends what [`Incoming::Broken`] has told of.
    fn refuse(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// How a client shows that it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// By frames: the first one soon, then as often as the pace says.
    Frames,
    /// By asking for more, as often as the pace says.
    Requests,
    /// By taking what is sent. Once it has shown by commands that it is there, it goes on to.
    Taking,
}

/// What frames mean for whoever wants to go on after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The client is at this place of the room's log.
    At(RoomId, RoomCursor),
    /// The frames are the room's events up to this one, without a gap.
    Events(RoomId, Seq),
    /// The client hears no more of the room.
    Left(RoomId),
    Heartbeat,
}

#[derive(Debug)]
pub enum Incoming {
    /// What the client had said before the connection began.
    Begin(Resume),
    Frame(Utf8Bytes),
    /// Bytes that say only that the client is there.
    SignOfLife,
    /// What no client of this protocol sends.
    Breach(CloseCode),
    /// What breaks the rules of the transport.
    Broken,
    Gone,
}

/// The client is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Close(CloseCode),
    Broken,
    Gone,
}

impl From<Gone> for End {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

/// A room the client follows.
#[derive(Debug)]
struct Following {
    log: Arc<RoomLog>,
    /// The last event sent.
    sent: Seq,
    /// Up to here events come from the store, however many they are.
    replay_to: Seq,
    /// The head as the client last heard it.
    told: Seq,
}

/// The versions that the client was last told of.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    user: Option<u64>,
    /// `None` where it does not want to know.
    directory: Option<u64>,
    site: Option<u64>,
}

/// What a heartbeat says.
#[derive(Debug, Default)]
struct Changed {
    heads: HashMap<RoomId, Seq>,
    user: Option<u64>,
    directory: Option<u64>,
    site: Option<u64>,
}

struct Connection<S> {
    live: Live,
    caller: Caller,
    id: ConnectionId,
    socket: S,
    mailbox: Arc<Mailbox>,
    rooms: HashMap<RoomId, Following>,
    told: Told,
    running: Commands,
    resumed: bool,
    has_spoken: bool,
    heard: Instant,
    heartbeat: Instant,
    sent: Sent,
}

/// What was sent, as metrics count it.
struct Sent {
    frames: metrics::Counter,
    bytes: metrics::Counter,
}

impl Sent {
    fn by(transport: &'static str) -> Self {
        Self {
            frames: metrics::counter!("hubbub_frames_sent_total", "transport" => transport),
            bytes: metrics::counter!("hubbub_frame_bytes_sent_total", "transport" => transport),
        }
    }
}

/// Serves a client until it or the server ends the connection.
pub async fn serve<S: Socket>(live: Live, mut caller: Caller, mut socket: S, protocol: u32) {
    let id = ConnectionId::new();
    caller.connection = Some(id);
    let hello = ServerFrame::Hello {
        protocol: PROTOCOL_VERSION,
        connection: id,
        user: caller.user.id,
        heartbeat_ms: u64::try_from(live.pace.heartbeat.as_millis()).unwrap_or(u64::MAX),
    };
    if socket.send(Encoded::new(&hello).into_iter().collect()).await.is_err() {
        return;
    }
    if protocol != PROTOCOL_VERSION {
        let error = ErrorCode::VersionUnsupported { server: PROTOCOL_VERSION };
        let refused = ServerFrame::Error { error };
        // Whoever does not read it sees the code.
        let _ = socket.send(Encoded::new(&refused).into_iter().collect()).await;
        socket.close(CloseCode::Version).await;
        return;
    }
    let mailbox = live.hub.connect(id, caller.user.id, caller.session);
    let transport = socket.transport();
    metrics::gauge!("hubbub_connections", "transport" => transport).increment(1);
    let now = Instant::now();
    let mut connection = Connection {
        mailbox,
        id,
        socket,
        rooms: HashMap::new(),
        told: Told::default(),
        running: Commands::default(),
        resumed: false,
        has_spoken: false,
        heard: now,
        // Spread over the interval, so that many who came at once don't beat at once.
        heartbeat: now + live.pace.heartbeat.mul_f64(jitter()),
        sent: Sent::by(transport),
        live,
        caller,
    };
    let end = connection.run().await;
    // Boxed, like all that is rare: an idle connection does not hold its memory.
    Box::pin(connection.finish(end)).await;
}

impl<S: Socket> Connection<S> {
    async fn run(&mut self) -> End {
        let shutdown = self.live.shutdown.clone();
        loop {
            let reading = self.running.len() < limit::UNACKNOWLEDGED_SENDS;
            let patience = self.patience();
            let due = patience.map_or(self.heartbeat, |time| self.heartbeat.min(self.heard + time));
            let step = tokio::select! {
                incoming = self.socket.receive(), if reading => {
                    Box::pin(self.take_in(incoming)).await
                }
                Some((id, result)) = self.running.next() => {
                    if !reading {
                        // What was not read could not be heard.
                        self.heard = Instant::now();
                    }
                    Box::pin(self.answer(id, result)).await
                }
                () = self.mailbox.arrival() => {
                    let mail = self.mailbox.take();
                    Box::pin(self.bring(mail)).await
                }
                () = tokio::time::sleep_until(due) => Box::pin(self.beat(reading)).await,
                () = shutdown.cancelled() => Err(End::Close(CloseCode::Restart)),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// How long nothing may be heard.
    const fn patience(&self) -> Option<Duration> {
        let pace = self.live.pace;
        match S::SIGNS {
            Signs::Frames if !self.has_spoken => Some(pace.greeting),
            Signs::Taking if !self.has_spoken => None,
            Signs::Frames | Signs::Requests | Signs::Taking => Some(pace.silence),
        }
    }

    async fn take_in(&mut self, incoming: Incoming) -> Result<(), End> {
        if !matches!(incoming, Incoming::Begin(_)) {
            self.heard = Instant::now();
            self.has_spoken = true;
        }
        match incoming {
            Incoming::Begin(resume) => Box::pin(self.resume(resume)).await,
            Incoming::Gone => Err(End::Gone),
            Incoming::Breach(code) => Err(End::Close(code)),
            Incoming::Broken => Err(End::Broken),
            Incoming::SignOfLife => Ok(()),
            Incoming::Frame(text) => match serde_json::from_str(&text) {
                Ok(ClientFrame::Heartbeat) => Ok(()),
                Ok(ClientFrame::Resume(resume)) => Box::pin(self.resume(resume)).await,
                Ok(ClientFrame::Command { id, command }) => {
                    self.begin(id, command).await;
                    Ok(())
                }
                Err(_) => {
                    let error = ErrorCode::BadFrame;
                    let frame = match serde_json::from_str(&text) {
                        Ok(OnlyId { id }) => ServerFrame::Refused { id, error },
                        Err(_) => ServerFrame::Error { error },
                    };
                    self.send(Encoded::new(&frame).into_iter().collect()).await
                }
            },
        }
    }

    async fn answer(&mut self, id: u64, result: Result<CommandReply, Error>) -> Result<(), End> {
        let frame = match result {
            Ok(reply) => ServerFrame::Reply { id, reply },
            Err(error) => ServerFrame::Refused { id, error: told(&error) },
        };
        self.send(Encoded::new(&frame).into_iter().collect()).await
    }

    /// Sends the heartbeat when it is due, and ends the connection when nothing was heard.
    async fn beat(&mut self, reading: bool) -> Result<(), End> {
        let now = Instant::now();
        if reading && self.patience().is_some_and(|patience| now >= self.heard + patience) {
            // After a pause of the whole machine, what came meanwhile has not been read yet.
            if let Some(incoming) = self.received() {
                return self.take_in(incoming).await;
            }
            metrics::counter!("hubbub_connections_silent_total").increment(1);
            return Err(End::Gone);
        }
        if !reading {
            self.heard = now;
        }
        if now < self.heartbeat {
            return Ok(());
        }
        self.heartbeat = now + self.live.pace.heartbeat;
        let chat = Arc::clone(&self.live.chat);
        match chat.keep_session(&self.caller).await {
            Ok(true) => {}
            Ok(false) => return Err(End::Close(CloseCode::SessionEnded)),
            Err(error) => tracing::warn!(%error, "could not look at a session"),
        }
        let mut changed = Changed::default();
        if self.resumed && !planted::has(Bug::WithholdHeads) {
            match chat.heads(&self.caller).await {
                Ok(present) => {
                    Box::pin(self.go_by_memberships(&present.rooms)).await?;
                    // What has come meanwhile need not be asked for.
                    let mail = self.mailbox.take();
                    Box::pin(self.bring(mail)).await?;
                    changed = self.changed(present);
                }
                // Nothing is said of the heads then; the next heartbeat makes up for it.
                Err(error) => tracing::warn!(%error, "could not read the heads"),
            }
        }
        self.socket.note(Note::Heartbeat);
        let Changed { heads, user, directory, site } = changed;
        let frame = ServerFrame::Heartbeat { heads, user, directory, site };
        self.send(Encoded::new(&frame).into_iter().collect()).await
    }

    /// What of it the client was told otherwise before.
    fn changed(&mut self, present: Heads) -> Changed {
        let mut heads = HashMap::new();
        for (room, head) in present.rooms {
            let told = self.rooms.get_mut(&room).map(|following| &mut following.told);
            if told.as_deref() != Some(&head) {
                heads.insert(room, head);
            }
            if let Some(told) = told {
                *told = head;
            }
        }
        let user = self.told.user.replace(present.user);
        let user = (user != Some(present.user)).then_some(present.user);
        // Whoever holds no directory misses nothing of it.
        let directory = self.told.directory.filter(|told| *told != present.directory);
        let directory = directory.map(|_| present.directory);
        self.told.directory = directory.or(self.told.directory);
        let site = self.told.site.replace(present.site);
        let site = (site != Some(present.site)).then_some(present.site);
        Changed { heads, user, directory, site }
    }

    /// Follows the rooms the person is in, where the bus has lost that they came or went.
    async fn go_by_memberships(&mut self, present: &[(RoomId, Seq)]) -> Result<(), End> {
        let here: HashSet<RoomId> = present.iter().map(|(room, _)| *room).collect();
        let gone: Vec<RoomId> =
            self.rooms.keys().filter(|room| !here.contains(room)).copied().collect();
        for room in gone {
            self.catch_up(room).await?;
            // The client would show the room for ever: let it resume instead.
            if self.rooms.contains_key(&room) {
                return Err(End::Close(CloseCode::Restart));
            }
        }
        for room in here {
            if !self.rooms.contains_key(&room) {
                self.come_into(room).await?;
            }
        }
        Ok(())
    }

    /// Subscribes first, reads the heads second, replays third, then goes live: no window.
    async fn resume(&mut self, resume: Resume) -> Result<(), End> {
        let chat = Arc::clone(&self.live.chat);
        self.mailbox.want_presence(resume.presence);
        let read = match self.subscribe_and_read(resume.directory).await {
            Ok(snapshot) => {
                let missed = missed(&resume, &snapshot.rooms);
                self.left_since(missed).await.map(|left| (snapshot, left))
            }
            Err(error) => Err(error),
        };
        let (snapshot, left) = match read {
            Ok(read) => read,
            Err(error) => {
                let frame = ServerFrame::Error { error: told(&error) };
                self.send(Encoded::new(&frame).into_iter().collect()).await?;
                // Rooms are followed by now of which it is not known how far the client is.
                return if self.resumed { Err(End::Close(CloseCode::Restart)) } else { Ok(()) };
            }
        };
        let first = !self.resumed;
        self.resumed = true;
        let here: HashSet<RoomId> = snapshot.rooms.iter().map(|room| room.room.id).collect();
        let not_found = resume.rooms.keys().filter(|room| !here.contains(room)).copied().collect();
        self.forget(|room| !here.contains(room));
        let rooms = snapshot
            .rooms
            .into_iter()
            .map(|room| {
                // To whoever has left, the log ends there, also when they have come back.
                let cursor = resume.rooms.get(&room.room.id);
                let cursor = cursor.filter(|_| !left.contains(&room.room.id));
                self.follow_from(cursor, room)
            })
            .collect();
        let availability = chat.availability(&snapshot.user.settings);
        let user_version = snapshot.user.version;
        let directory = snapshot.directory.as_ref().map(|directory| directory.version);
        self.told = Told { user: Some(user_version), directory, site: Some(snapshot.site.version) };
        // Announcements bring everybody together and so nobody.
        let announcements = snapshot.site.announcements;
        let talks: HashSet<RoomId> =
            here.into_iter().filter(|room| announcements != Some(*room)).collect();
        // First, so that one sees oneself.
        if first {
            chat.connected(self.caller.user.id, self.id, availability, &talks).await;
        }
        let presence = if resume.presence {
            let people = self.live.hub.people_in(&talks);
            chat.presence_of(&people, &talks)
        } else {
            Vec::new()
        };
        let resumed = Resumed {
            user: (resume.user != Some(user_version)).then_some(snapshot.user),
            rooms,
            not_found,
            directory: snapshot.directory,
            presence,
            site: snapshot.site,
        };
        metrics::counter!("hubbub_resumes_total").increment(1);
        self.send(Encoded::new(&ServerFrame::Resumed(Box::new(resumed))).into_iter().collect())
            .await?;
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms {
            self.catch_up(room).await?;
        }
        Ok(())
    }

    /// Follows all rooms of the user, then reads what is there: whatever happens after the reading
    /// arrives by the subscriptions.
    async fn subscribe_and_read(
        &mut self,
        directory_since: Option<u64>,
    ) -> Result<PersonSnapshot, Error> {
        let chat = Arc::clone(&self.live.chat);
        let mut wanted: Vec<RoomId> =
            chat.heads(&self.caller).await?.rooms.into_iter().map(|(room, _)| room).collect();
        loop {
            for room in wanted {
                self.subscribe(room);
            }
            let snapshot = chat.person_snapshot(&self.caller, directory_since).await?;
            wanted = snapshot
                .rooms
                .iter()
                .map(|room| room.room.id)
                .filter(|room| !self.rooms.contains_key(room))
                .collect();
            // Joined between the two readings: read once more, now subscribed.
            if wanted.is_empty() {
                return Ok(snapshot);
            }
        }
    }

    /// Those of the rooms that the person has left since, also where they have come back: from memory
    /// where it is there.
    async fn left_since(&mut self, missed: Vec<Missed>) -> Result<Vec<RoomId>, Error> {
        let mut left = Vec::new();
        let mut elsewhere = Vec::new();
        for Missed { room, after, to } in missed {
            let following = self.rooms.get(&room);
            let past = following.map(|of| of.log.past(self.caller.user.id, after, to));
            match past.unwrap_or(Past::Elsewhere) {
                Past::Stayed => {}
                Past::Left => left.push(room),
                Past::Elsewhere => elsewhere.push((room, after)),
            }
        }
        left.extend(self.live.chat.left_since(&self.caller, elsewhere).await?);
        Ok(left)
    }

    fn subscribe(&mut self, room: RoomId) {
        let log = self.live.hub.subscribe(room, &self.mailbox);
        self.rooms.insert(
            room,
            Following { log, sent: Seq::ZERO, replay_to: Seq::ZERO, told: Seq::ZERO },
        );
    }

    /// Sets the room's cursor by what the client has, and says how it goes on.
    fn follow_from(&mut self, cursor: Option<&RoomCursor>, snapshot: RoomSnapshot) -> ResumedRoom {
        let (head, epoch) = (snapshot.head, snapshot.epoch);
        let (sent, how) = match cursor {
            None => (head, ResumedRoom::Snapshot { snapshot }),
            Some(cursor) if cursor.epoch != snapshot.epoch || cursor.last > head => {
                metrics::counter!("hubbub_resumed_rooms_total", "recovery" => "reset").increment(1);
                (head, ResumedRoom::Reset { snapshot })
            }
            Some(cursor) if head.0 - cursor.last.0 > limit::RESUME_EVENTS => {
                metrics::counter!("hubbub_resumed_rooms_total", "recovery" => "truncated")
                    .increment(1);
                (head, ResumedRoom::Truncated { snapshot })
            }
            Some(cursor) => {
                metrics::counter!("hubbub_resumed_rooms_total", "recovery" => "recovered")
                    .increment(1);
                let recovered = ResumedRoom::Recovered {
                    room: snapshot.room.id,
                    epoch: snapshot.epoch,
                    head,
                    membership: snapshot.membership,
                };
                let late = planted::has(Bug::ResumeOffByOne) && cursor.last < head;
                if planted::has(Bug::ReadBeforeSubscribe) {
                    (head, recovered)
                } else {
                    (if late { cursor.last.next() } else { cursor.last }, recovered)
                }
            }
        };
        let room = match &how {
            ResumedRoom::Recovered { room, .. } => *room,
            ResumedRoom::Snapshot { snapshot }
            | ResumedRoom::Truncated { snapshot }
            | ResumedRoom::Reset { snapshot } => snapshot.room.id,
        };
        if let Some(following) = self.rooms.get_mut(&room) {
            following.sent = sent;
            following.replay_to = head;
            following.told = head;
        }
        self.socket.note(Note::At(room, RoomCursor { epoch, last: sent }));
        how
    }

    /// Brings what the hub left.
    async fn bring(&mut self, mail: Mail) -> Result<(), End> {
        if let Some(code) = mail.close {
            return Err(End::Close(code));
        }
        if mail.heard {
            self.heard = Instant::now();
            self.has_spoken = true;
        }
        if !self.resumed {
            return Ok(());
        }
        if !mail.frames.is_empty() {
            self.send(mail.frames.into()).await?;
        }
        for room in mail.grown {
            self.catch_up(room).await?;
        }
        for room in mail.joined {
            self.come_into(room).await?;
        }
        if !mail.ephemeral.is_empty() {
            self.send(mail.ephemeral.into_values().collect()).await?;
        }
        Ok(())
    }

    async fn come_into(&mut self, room: RoomId) -> Result<(), End> {
        // What is followed from an earlier membership ends here; what is followed still, the resume
        // already had.
        self.catch_up(room).await?;
        if self.rooms.contains_key(&room) {
            return Ok(());
        }
        self.subscribe(room);
        let chat = Arc::clone(&self.live.chat);
        match chat.room_snapshot(&self.caller, room).await {
            Ok(Some(snapshot)) => {
                if let Some(following) = self.rooms.get_mut(&room) {
                    following.sent = snapshot.head;
                    following.replay_to = snapshot.head;
                    following.told = snapshot.head;
                }
                let place = RoomCursor { epoch: snapshot.epoch, last: snapshot.head };
                self.socket.note(Note::At(room, place));
                let frame = ServerFrame::Joined { snapshot: Box::new(snapshot) };
                self.send(Encoded::new(&frame).into_iter().collect()).await?;
                self.catch_up(room).await
            }
            // Out again already.
            Ok(None) => {
                self.forget(|other| *other == room);
                Ok(())
            }
            // The client would know nothing of the room: let it resume instead.
            Err(_) => Err(End::Close(CloseCode::Restart)),
        }
    }

    /// Sends what the room's log has beyond the cursor, from memory where it is there.
    async fn catch_up(&mut self, room: RoomId) -> Result<(), End> {
        loop {
            let Some(following) = self.rooms.get(&room) else { return Ok(()) };
            let sent = following.sent;
            let ahead = following.log.after(self.id, sent);
            let replaying = sent < following.replay_to;
            match ahead {
                Ahead::Frames(frames, last) => {
                    if replaying {
                        replayed("memory", frames.len());
                    }
                    self.socket.note(Note::Events(room, last));
                    self.send(frames).await?;
                    self.set_sent(room, last);
                }
                Ahead::Nothing if !replaying => return Ok(()),
                Ahead::Ended => {
                    self.forget(|other| *other == room);
                    return Ok(());
                }
                // Closed, not skipped: a gap here is a lost message.
                Ahead::TooFarBehind if !replaying => {
                    metrics::counter!("hubbub_connections_slow_total").increment(1);
                    return Err(End::Close(CloseCode::SlowConsumer));
                }
                Ahead::Nothing | Ahead::TooFarBehind | Ahead::Elsewhere => {
                    if !self.replay(room, sent).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Sends one page from the store; `false` when there was nothing to send.
    async fn replay(&mut self, room: RoomId, sent: Seq) -> Result<bool, End> {
        let chat = Arc::clone(&self.live.chat);
        let mut events = match chat.events_after(&self.caller, room, sent).await {
            Ok(events) => events.unwrap_or_default(),
            // The client comes back and resumes where it stands.
            Err(_) => return Err(End::Close(CloseCode::Restart)),
        };
        // Past the end of a membership it is another one, which begins with a snapshot.
        let me = Some(self.caller.user.id);
        let end = events.iter().position(|event| event.ends_membership_of() == me);
        if let Some(end) = end {
            events.truncate(end + 1);
        }
        let Some(last) = events.last().map(|event| event.seq) else { return Ok(false) };
        replayed("store", events.len());
        let frames = events
            .into_iter()
            .filter_map(|event| Encoded::new(&ServerFrame::Event { event }))
            .collect();
        self.socket.note(Note::Events(room, last));
        self.send(frames).await?;
        self.set_sent(room, last);
        if end.is_some() {
            self.forget(|other| *other == room);
            Box::pin(self.come_into(room)).await?;
            return Ok(false);
        }
        Ok(true)
    }

    fn set_sent(&mut self, room: RoomId, last: Seq) {
        if let Some(following) = self.rooms.get_mut(&room) {
            following.sent = last;
        }
    }

    fn forget(&mut self, which: impl Fn(&RoomId) -> bool) {
        let (hub, id, socket) = (&self.live.hub, self.id, &mut self.socket);
        self.rooms.retain(|room, _| {
            let forgotten = which(room);
            if forgotten {
                hub.unsubscribe(*room, id);
                socket.note(Note::Left(*room));
            }
            !forgotten
        });
    }

    async fn send(&mut self, frames: Vec<Encoded>) -> Result<(), End> {
        self.sent.frames.increment(frames.len() as u64);
        self.sent.bytes.increment(frames.iter().map(|frame| frame.text().len() as u64).sum());
        if let Ok(sent) = tokio::time::timeout(STALLED, self.socket.send(frames)).await {
            return Ok(sent?);
        }
        metrics::counter!("hubbub_connections_slow_total").increment(1);
        Err(End::Close(CloseCode::SlowConsumer))
    }

    async fn finish(&mut self, end: End) {
        if end == End::Gone {
            // Still known to the hub, which tells when their session ends.
            self.carry_out().await;
        }
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        self.live.hub.disconnect(&self.mailbox, &rooms);
        self.live.chat.disconnected(self.caller.user.id, self.id, rooms);
        let transport = self.socket.transport();
        metrics::gauge!("hubbub_connections", "transport" => transport).decrement(1);
        if end == End::Close(CloseCode::Restart) {
            self.drain().await;
        }
        let Self { id, socket, running, .. } = self;
        let closing = async {
            let code = match end {
                End::Close(code) => code,
                End::Broken => return socket.refuse().await,
                End::Gone => return,
            };
            tracing::debug!(connection.id = %id, code = code.number(), "connection closed");
            // Whoever does not read is not waited for; whoever was slow has much to read before.
            let patience = if code == CloseCode::SlowConsumer { SLOW_FAREWELL } else { FAREWELL };
            let _ = tokio::time::timeout(patience, socket.close(code)).await;
        };
        let ending = async { while running.next().await.is_some() {} };
        let _ = tokio::join!(closing, tokio::time::timeout(CARRIED_OUT, ending));
    }

    /// What has come whole is carried out to its end, in its order: whoever closes a tab has not taken
    /// back what they did before.
    async fn carry_out(&mut self) {
        let all = async {
            let mut may_ask = true;
            loop {
                while may_ask && self.running.len() < limit::UNACKNOWLEDGED_SENDS {
                    // Whose session has ended asks for nothing more.
                    may_ask = self.mailbox.take().close.is_none();
                    if !may_ask {
                        break;
                    }
                    let Some(incoming) = self.received() else { break };
                    let text = match incoming {
                        Incoming::Frame(text) => text,
                        Incoming::Begin(_) | Incoming::SignOfLife => continue,
                        Incoming::Breach(_) | Incoming::Broken | Incoming::Gone => break,
                    };
                    if let Ok(ClientFrame::Command { id, command }) = serde_json::from_str(&text) {
                        self.begin(id, command).await;
                    }
                }
                if self.running.next().await.is_none() {
                    return;
                }
            }
        };
        if tokio::time::timeout(CARRIED_OUT, all).await.is_err() {
            tracing::warn!("commands of a client that has gone were not carried out in time");
        }
    }

    /// What has come already. All of it: tokio would have a task that has done enough for now believe
    /// that there is nothing.
    fn received(&mut self) -> Option<Incoming> {
        unconstrained(self.socket.receive()).now_or_never()
    }

    async fn begin(&mut self, id: u64, command: ClientCommand) {
        let is_message = matches!(command, ClientCommand::SendMessage { .. });
        let running = self.live.chat.begin(&self.caller, command).await;
        if is_message {
            self.running.push_message(id, running).await;
        } else {
            self.running.push_in_turn(id, running);
        }
    }

    /// Lets commands under way finish, then says when to come back.
    async fn drain(&mut self) {
        let deadline = Instant::now() + DRAIN;
        while let Ok(Some((id, result))) =
            tokio::time::timeout_at(deadline, self.running.next()).await
        {
            if self.answer(id, result).await.is_err() {
                return;
            }
        }
        let reconnect_in = RECONNECT_SPREAD.mul_f64(jitter()).as_millis();
        let reconnect_in = u64::try_from(reconnect_in).unwrap_or_default();
        let frame = ServerFrame::GoingAway { reconnect_in };
        let frames = Encoded::new(&frame).into_iter().collect();
        let _ = tokio::time::timeout(FAREWELL, self.socket.send(frames)).await;
    }
}

/// Events of a room that the client has not had.
#[derive(Clone, Copy, Debug)]
struct Missed {
    room: RoomId,
    after: Seq,
    to: Seq,
}

/// Where the client has missed something, and no more than can be replayed.
fn missed(resume: &Resume, rooms: &[RoomSnapshot]) -> Vec<Missed> {
    let missed = rooms.iter().filter_map(|room| {
        let (after, to) = (resume.rooms.get(&room.room.id)?.last, room.head);
        let missed = to.0.checked_sub(after.0)?;
        let can_be_replayed = (1..=limit::RESUME_EVENTS).contains(&missed);
        can_be_replayed.then_some(Missed { room: room.room.id, after, to })
    });
    missed.collect()
}

/// Events that somebody had missed, by where they came from.
fn replayed(from: &'static str, events: usize) {
    metrics::counter!("hubbub_replayed_events_total", "from" => from).increment(events as u64);
}

/// The `id` of a command that is otherwise not understood.
#[derive(Deserialize)]
struct OnlyId {
    id: u64,
}

/// The code that crosses the wire; what is behind it is logged here, once.
fn told(error: &Error) -> ErrorCode {
    match error {
        Error::Refused(_) => {}
        Error::Store(StoreError::Busy | StoreError::Closed) => {
            tracing::warn!(%error, "command failed");
        }
        Error::Store(_) | Error::Internal(_) => tracing::error!(%error, "command failed"),
    }
    error.code()
}

/// A number between 0 and 1, different each time.
fn jitter() -> f64 {
    let mut bytes = [0_u8; 2];
    // Without randomness everybody waits the same time, which is no worse than no jitter.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}
