//! A client: it folds what it hears by the reducer that the page uses, and sends what it is told to
//! by the page's outbox. It comes back when the connection breaks, and asks for what is missing.

use crate::chance::Chance;
use crate::network::Fate;
use crate::node::{Down, Machine, Person, Phone};
use crate::outbox::{Item, Outbox, What};
use crate::record::{Record, Run};
use core::cell::RefCell;
use core::time::Duration;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use shared::api::Log;
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::{RoomEvent, UserEvent, UserState};
use shared::frame::{
    ClientFrame, Directory, Resume, Resumed, ResumedRoom, RoomCursor, ServerFrame,
};
use shared::id::{ClientMessageId, RoomId, Seq, UserId};
use shared::limit;
use shared::message::{Acknowledgement, Message};
use shared::reduce::{Applied, RoomState};
use shared::room::RoomSnapshot;
use shared::site::Site;
use shared::time::Timestamp;
use shared::user::{Settings, User};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Whoever has not sent anything for so long is gone.
const SILENCE: Duration = Duration::from_millis(limit::SILENCE_MILLIS);
/// How long a frame may wait to be taken.
const STALLED: Duration = Duration::from_millis(limit::STALLED_WRITE_MILLIS);

/// A heartbeat, and a way there and back for the question, while the store is slow, and the answer.
const FOUND: Duration = Duration::from_millis(limit::HEARTBEAT_MILLIS + 10_000);

/// What a client is told to do, by the person or by fate.
#[derive(Clone, Debug)]
pub enum Order {
    Say,
    Reply,
    Edit,
    Delete,
    React,
    MarkRead,
    /// Sends what was sent before once more, by a request of its own.
    Repeat,
    /// The same id for other words.
    Misuse,
    Ask(ClientCommand),
    /// The page is loaded anew: what was not sent is kept.
    Reload,
    Cut,
    Hole,
    /// Does not read for so long.
    Pause(Duration),
}

/// What a client knows, for itself and for whoever judges it.
#[derive(Debug)]
pub struct Known {
    pub rooms: BTreeMap<RoomId, View>,
    pub outbox: Outbox,
    /// The last event shown of rooms it is not in any more.
    pub left: BTreeMap<RoomId, Seq>,
    pub own: Option<Own>,
    pub people: People,
    pub site: Option<Site>,
    /// What commands under way are about.
    pub asked: BTreeMap<u64, Option<ClientMessageId>>,
    /// Whether it does not read, and does not do what it was told meanwhile.
    pub pauses: bool,
    /// Since when it hears everything.
    pub live_since: Option<Instant>,
    /// When its connection was last interfered with.
    pub disturbed: Instant,
}

/// What of a person's own stream a client keeps.
#[derive(Clone, Debug)]
pub struct Own {
    pub version: u64,
    pub settings: Settings,
    pub blocked: BTreeSet<UserId>,
}

/// The directory as a client has it.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub version: u64,
    pub known: BTreeMap<UserId, User>,
}

/// A room as a client has it.
#[derive(Debug)]
pub struct View {
    pub state: RoomState,
    /// The messages it was shown, as they are now.
    pub messages: BTreeMap<Seq, Message>,
    /// Which of the record's runs it is.
    run: usize,
    /// The furthest head it has heard of.
    wanted: Seq,
    fetching: bool,
}

/// Why something was asked by a request of its own.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    /// To send it, at the same time as by the connection.
    Send,
    /// To get the same answer again.
    Again(Seq),
    /// To be refused.
    Conflict,
}

type Fetched = (RoomId, Option<Result<Log, ErrorCode>>);
type Posted = (Purpose, Option<Result<CommandReply, ErrorCode>>);

pub struct Tab {
    index: usize,
    name: String,
    person: Person,
    machine: Rc<Machine>,
    record: Rc<RefCell<Record>>,
    chance: Chance,
    known: Rc<RefCell<Known>>,
    orders: mpsc::Receiver<Order>,
    fetches: FuturesUnordered<LocalBoxFuture<'static, Fetched>>,
    posts: FuturesUnordered<LocalBoxFuture<'static, Posted>>,
    /// The rooms that each unanswered resume named.
    named: VecDeque<BTreeSet<RoomId>>,
    next_id: u64,
    /// Messages sent, to be sent again.
    said: Vec<(Item, Acknowledgement)>,
    attempts: u32,
}

impl core::fmt::Debug for Tab {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tab").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The connection is of no use any more.
struct Over;

impl Tab {
    pub fn new(
        name: String,
        person: Person,
        machine: Rc<Machine>,
        record: Rc<RefCell<Record>>,
        chance: Chance,
        orders: mpsc::Receiver<Order>,
    ) -> (Self, Rc<RefCell<Known>>) {
        let index = {
            let mut record = record.borrow_mut();
            record.clients.push(crate::record::Client {
                name: name.clone(),
                user: person.id(),
                runs: Vec::new(),
                acknowledged: Vec::new(),
                reached: Vec::new(),
                given: Vec::new(),
            });
            record.clients.len() - 1
        };
        let known = Rc::new(RefCell::new(Known {
            rooms: BTreeMap::new(),
            outbox: Outbox::default(),
            left: BTreeMap::new(),
            own: None,
            people: People::default(),
            site: None,
            asked: BTreeMap::new(),
            pauses: false,
            live_since: None,
            disturbed: Instant::now(),
        }));
        let tab = Self {
            index,
            name,
            person,
            machine,
            record,
            chance,
            known: Rc::clone(&known),
            orders,
            fetches: FuturesUnordered::new(),
            posts: FuturesUnordered::new(),
            named: VecDeque::new(),
            next_id: 0,
            said: Vec::new(),
            attempts: 0,
        };
        (tab, known)
    }

    /// Until it is dropped.
    pub async fn live(mut self) {
        loop {
            if let Some((phone, fate)) = self.machine.dial(&self.person) {
                // Whatever the reason: it comes back.
                let Err(Over) = self.talk(phone, &fate).await else { return };
            }
            self.happened("disconnected");
            {
                let mut known = self.known.borrow_mut();
                known.outbox.disconnected();
                known.live_since = None;
                known.asked.clear();
            }
            self.named.clear();
            self.rest().await;
        }
    }

    /// Waits before it tries again.
    async fn rest(&mut self) {
        let most = (500_u64 << self.attempts.min(6)).min(30_000);
        self.attempts += 1;
        let until = Instant::now() + self.chance.millis(0, most).max(Duration::from_millis(10));
        loop {
            tokio::select! {
                biased;
                Some(order) = self.orders.recv() => { self.obey(&order); }
                Some((room, log)) = self.fetches.next() => self.fill(room, log),
                Some((purpose, answer)) = self.posts.next() => self.answered_apart(purpose, answer),
                () = sleep_until(until) => return,
            }
        }
    }

    async fn talk(&mut self, mut phone: Phone, fate: &Fate) -> Result<(), Over> {
        let mut heard = Instant::now();
        loop {
            self.send_ready(&mut phone).await?;
            let wakes = self.known.borrow().outbox.wakes_at();
            let begun = Instant::now() - Duration::from_millis(self.machine.elapsed());
            let wake = wakes.map_or(heard + SILENCE, |at| begun + Duration::from_millis(at));
            tokio::select! {
                biased;
                order = self.orders.recv() => {
                    let Some(order) = order else { return Ok(()) };
                    self.obey_connected(order, &mut phone, fate).await?;
                }
                down = phone.receive() => {
                    self.machine.tick();
                    heard = Instant::now();
                    match down {
                        Some(Down::Frames(frames)) => {
                            for frame in frames {
                                self.hear(&frame, &mut phone).await?;
                            }
                        }
                        Some(Down::Closed(code)) => {
                            if code == shared::frame::CloseCode::SlowConsumer.number() {
                                self.record.borrow_mut().counts.slow += 1;
                            }
                            self.happened(&format!("closed {code}"));
                            return Err(Over);
                        }
                        None => return Err(Over),
                    }
                }
                Some((room, log)) = self.fetches.next() => {
                    self.fill(room, log);
                    // Whether it has come back, the same hole may have swallowed.
                    if !self.known.borrow().rooms.contains_key(&room) {
                        self.resume(&mut phone).await?;
                    }
                }
                Some((purpose, answer)) = self.posts.next() => self.answered_apart(purpose, answer),
                () = sleep_until(heard + SILENCE) => return Err(Over),
                () = sleep_until(wake), if wakes.is_some() => {}
            }
        }
    }

    async fn send_ready(&mut self, phone: &mut Phone) -> Result<(), Over> {
        let ready = {
            let mut known = self.known.borrow_mut();
            if known.live_since.is_none() {
                return Ok(());
            }
            known.outbox.take_ready(self.machine.elapsed())
        };
        for item in ready {
            let (id, is_message) = (item.id, item.what == What::Say);
            if is_message && self.chance.one_in(10) {
                self.post(Purpose::Send, item.clone().command());
            }
            self.ask(phone, item.command(), Some(id)).await?;
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        phone: &mut Phone,
        command: ClientCommand,
        about: Option<ClientMessageId>,
    ) -> Result<(), Over> {
        self.next_id += 1;
        let id = self.next_id;
        self.known.borrow_mut().asked.insert(id, about);
        self.send(phone, &ClientFrame::Command { id, command }).await
    }

    async fn send(&mut self, phone: &mut Phone, frame: &ClientFrame) -> Result<(), Over> {
        let text = serde_json::to_string(frame).expect("a frame can be written");
        self.happened(&format!("> {text}"));
        match timeout(STALLED, phone.send(text.into())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }

    async fn resume(&mut self, phone: &mut Phone) -> Result<(), Over> {
        let resume = {
            let known = self.known.borrow();
            let cursor =
                |view: &View| RoomCursor { epoch: view.state.epoch, last: view.state.head };
            Resume {
                user: known.own.as_ref().map(|own| own.version),
                rooms: known.rooms.iter().map(|(room, view)| (*room, cursor(view))).collect(),
                directory: Some(known.people.version),
                presence: self.chance.one_in(2),
            }
        };
        self.named.push_back(resume.rooms.keys().copied().collect());
        self.record.borrow_mut().counts.resumes += 1;
        self.send(phone, &ClientFrame::Resume(resume)).await
    }

    async fn hear(&mut self, text: &str, phone: &mut Phone) -> Result<(), Over> {
        self.happened(&format!("< {text}"));
        let frame = serde_json::from_str(text).expect("the server's frames can be read");
        match frame {
            ServerFrame::Hello { .. } => self.resume(phone).await?,
            ServerFrame::Resumed(resumed) => self.resumed(*resumed),
            ServerFrame::Event { event } => self.offer(&event, Source::Connection),
            ServerFrame::UserEvent { version, event } => {
                let known = self.own_version().unwrap_or(0);
                if version > known + 1 {
                    self.resume(phone).await?;
                } else if version == known + 1 {
                    self.reached_version(version);
                    self.apply_user_event(&event);
                }
            }
            ServerFrame::PersonChanged { directory, user } => {
                let known = self.known.borrow().people.version;
                if directory > known + 1 {
                    self.resume(phone).await?;
                } else if directory == known + 1 {
                    self.reached_directory(directory);
                    self.known.borrow_mut().people.known.insert(user.id, user);
                }
            }
            ServerFrame::SiteChanged { site } => {
                if Some(site.version) > self.site_version() {
                    self.reached_site(site);
                }
            }
            ServerFrame::Joined { snapshot } => self.take_snapshot(*snapshot),
            ServerFrame::Reply { id, reply } => self.answered(id, Ok(reply)),
            ServerFrame::Refused { id, error } => self.answered(id, Err(error)),
            ServerFrame::Heartbeat { heads, user, directory, site } => {
                self.send(phone, &ClientFrame::Heartbeat).await?;
                let unheard = user > self.own_version()
                    || directory > Some(self.known.borrow().people.version)
                    || site > self.site_version();
                let (mut unknown, mut behind) = (unheard, Vec::new());
                for (room, head) in heads {
                    match self.known.borrow_mut().rooms.get_mut(&room) {
                        Some(view) => {
                            view.wanted = view.wanted.max(head);
                            behind.push(room);
                        }
                        None => unknown = true,
                    }
                }
                behind.sort_unstable();
                for room in behind {
                    self.fetch_missing(room);
                }
                if unknown {
                    self.resume(phone).await?;
                }
            }
            ServerFrame::Error { error } => {
                self.happened(&format!("error {error:?}"));
                // A resume that failed is tried again on a connection of its own.
                return Err(Over);
            }
            ServerFrame::Typing { .. }
            | ServerFrame::Presence { .. }
            | ServerFrame::Seen { .. }
            | ServerFrame::GoingAway { .. }
            | ServerFrame::Closed { .. } => {}
        }
        Ok(())
    }

    fn resumed(&mut self, resumed: Resumed) {
        let named = self.named.pop_front().unwrap_or_default();
        let Resumed { user, rooms, not_found, directory, presence: _, site } = resumed;
        self.reached_site(site);
        if let Some(UserState { version, settings, blocked, .. }) = user {
            self.reached_version(version);
            let blocked = blocked.into_iter().collect();
            self.known.borrow_mut().own = Some(Own { version, settings, blocked });
        }
        if let Some(Directory { version, users }) = directory {
            self.reached_directory(version);
            let people = users.into_iter().map(|user| (user.id, user));
            self.known.borrow_mut().people.known.extend(people);
        }
        let mut here = BTreeSet::new();
        for room in rooms {
            match room {
                ResumedRoom::Recovered { room, epoch: _, head, membership } => {
                    here.insert(room);
                    self.record.borrow_mut().counts.recovered += 1;
                    if let Some(view) = self.known.borrow_mut().rooms.get_mut(&room) {
                        view.state.set_membership(&membership);
                        view.wanted = view.wanted.max(head);
                    }
                    if !named.contains(&room) {
                        self.broke("D6", &format!("{room} is recovered, which was not named"));
                    }
                }
                ResumedRoom::Snapshot { snapshot } | ResumedRoom::Truncated { snapshot } => {
                    here.insert(snapshot.room.id);
                    self.take_snapshot(snapshot);
                }
                ResumedRoom::Reset { snapshot } => {
                    // No log is ever put back here.
                    self.broke("D6", &format!("{} is reset", snapshot.room.id));
                    here.insert(snapshot.room.id);
                    self.take_snapshot(snapshot);
                }
            }
        }
        let not_found: BTreeSet<RoomId> = not_found.into_iter().collect();
        for room in named {
            if here.contains(&room) == not_found.contains(&room) {
                self.broke("D6", &format!("{room} is neither there nor not, or both"));
            }
        }
        let mut known = self.known.borrow_mut();
        known.rooms.retain(|room, _| here.contains(room));
        known.live_since.get_or_insert_with(Instant::now);
        drop(known);
        self.attempts = 0;
    }

    fn own_version(&self) -> Option<u64> {
        self.known.borrow().own.as_ref().map(|own| own.version)
    }

    /// Notes how far the person's own stream is known.
    fn reached_version(&self, version: u64) {
        let before = self.own_version();
        let me = self.person.id();
        let committed =
            before.and_then(|before| self.record.borrow().personal.get(&(me, before + 1)).copied());
        if before.is_some_and(|before| before < version) {
            self.found("a change of their own", committed);
        }
        if let Some(own) = &mut self.known.borrow_mut().own {
            own.version = version;
        }
    }

    fn reached_directory(&self, version: u64) {
        let before = self.known.borrow().people.version;
        let committed = self.record.borrow().directory.get(&(before + 1)).copied();
        if (1..version).contains(&before) {
            self.found("who somebody is", committed);
        }
        self.known.borrow_mut().people.version = version;
    }

    fn site_version(&self) -> Option<u64> {
        self.known.borrow().site.as_ref().map(|site| site.version)
    }

    fn reached_site(&self, site: Site) {
        if let Some(before) = self.site_version().filter(|before| *before < site.version) {
            let committed = self.record.borrow().site.get(&(before + 1)).copied();
            self.found("what the place is called", committed);
        }
        self.known.borrow_mut().site = Some(site);
    }

    /// D5: whatever was lost on the way is found soon after it was committed.
    fn found(&self, what: &str, committed: Option<Instant>) {
        let (live_since, disturbed) = {
            let known = self.known.borrow();
            (known.live_since, known.disturbed)
        };
        let now = Instant::now();
        if let (Some(committed), Some(live_since)) = (committed, live_since)
            && live_since < committed
            && disturbed < committed
            && now.duration_since(committed) > FOUND
        {
            let late = now.duration_since(committed).as_millis();
            self.broke("D5", &format!("{what} came {late} ms late"));
        }
    }

    fn take_snapshot(&mut self, snapshot: RoomSnapshot) {
        let (room, epoch, base) = (snapshot.room.id, snapshot.epoch, snapshot.head);
        if !self.known.borrow().rooms.contains_key(&room) {
            let came = self.record.borrow().came.get(&(room, self.person.id())).copied();
            self.found("a room", came);
        }
        let run = {
            let runs = &mut self.record.borrow_mut().clients[self.index].runs;
            runs.push(Run { room, epoch, base, shown: Vec::new() });
            runs.len() - 1
        };
        let mut known = self.known.borrow_mut();
        known.outbox.log_reached(room, base);
        let state = RoomState::new(snapshot);
        let messages = BTreeMap::new();
        known.rooms.insert(room, View { state, messages, run, wanted: base, fetching: false });
    }

    /// Takes an event in, whichever way it came.
    fn offer(&mut self, event: &RoomEvent, source: Source) {
        let now = Instant::now();
        let me = self.person.id();
        self.record.borrow_mut().clients[self.index].reached.push((event.room, event.seq, now));
        let mut known = self.known.borrow_mut();
        let known = &mut *known;
        let Some(view) = known.rooms.get_mut(&event.room) else {
            // Its own leaving may have been fetched before it is told.
            let is_known = known.left.get(&event.room).is_some_and(|last| event.seq <= *last);
            if source == Source::Connection && !is_known {
                let how = format!("an event of {}, where it is not", event.room);
                self.broke("D12", &how);
            }
            return;
        };
        match view.state.apply(event, me) {
            Applied::Duplicate => return,
            Applied::Gap { after } => {
                if source == Source::Connection {
                    let how = format!("{} after {after} of {}", event.seq, event.room);
                    self.broke("D7", &format!("left out on a connection: {how}"));
                }
                return;
            }
            Applied::Advanced => {}
        }
        if let Some(message) = event.message() {
            view.messages.insert(event.seq, message);
        }
        if let Some(message) = event.amends().and_then(|seq| view.messages.get_mut(&seq)) {
            message.apply(event);
        }
        let run = view.run;
        let (head, ended) = (view.state.head, view.state.ended.is_some());
        if event.actor == me {
            known.outbox.arrived(event);
        }
        known.outbox.log_reached(event.room, head);
        if ended {
            known.rooms.remove(&event.room);
            known.left.insert(event.room, event.seq);
        }
        let mut record = self.record.borrow_mut();
        record.clients[self.index].runs[run].shown.push(event.clone());
        // A heartbeat, and a way there and back for the question and the answer.
        let soon = Duration::from_millis(limit::HEARTBEAT_MILLIS + 6_000);
        let committed = record.commits.get(&(event.room, event.seq)).copied();
        if let (Some(committed), Some(live_since)) = (committed, known.live_since)
            && live_since < committed
            && known.disturbed < committed
            && now.duration_since(committed) > soon
        {
            let late = now.duration_since(committed).as_millis();
            let how = format!("{}: {} of {} came {late} ms late", self.name, event.seq, event.room);
            record.broke("D5", &how);
        }
    }

    fn apply_user_event(&mut self, event: &UserEvent) {
        let mut known = self.known.borrow_mut();
        let known = &mut *known;
        let mut in_room = |room: RoomId, change: &dyn Fn(&mut RoomState)| {
            if let Some(view) = known.rooms.get_mut(&room) {
                change(&mut view.state);
            }
        };
        match *event {
            UserEvent::ReadMarkerMoved { room, counts } => {
                in_room(room, &|state| state.set_counts(counts));
            }
            UserEvent::InvolvementChanged { room, involvement } => {
                in_room(room, &|state| state.involvement = involvement);
            }
            UserEvent::ThreadFollowed { room, thread, counts } => {
                in_room(room, &|state| state.follow(thread, counts));
            }
            UserEvent::ThreadUnfollowed { room, root, counts } => {
                in_room(room, &|state| state.unfollow(root, counts));
            }
            UserEvent::ThreadRead { room, thread } => {
                in_room(room, &|state| state.set_thread(thread));
            }
            UserEvent::MessageSaved { .. }
            | UserEvent::MessageUnsaved { .. }
            | UserEvent::VoteCast { .. }
            | UserEvent::MessageScheduled { .. }
            | UserEvent::ScheduledGone { .. }
            | UserEvent::ReminderSet { .. }
            | UserEvent::ReminderCleared { .. }
            | UserEvent::DraftKept { .. }
            | UserEvent::DraftDropped { .. }
            | UserEvent::SidebarArranged { .. } => {}
            UserEvent::SettingsChanged { ref settings } => {
                if let Some(own) = &mut known.own {
                    own.settings.clone_from(settings);
                }
            }
            UserEvent::PersonBlocked { user } => {
                if let Some(own) = &mut known.own {
                    own.blocked.insert(user);
                }
            }
            UserEvent::PersonUnblocked { user } => {
                if let Some(own) = &mut known.own {
                    own.blocked.remove(&user);
                }
            }
        }
    }

    fn answered(&mut self, id: u64, answer: Result<CommandReply, ErrorCode>) {
        let asked = self.known.borrow_mut().asked.remove(&id);
        let Some(about) = asked else {
            return self.broke("D3", &format!("an answer to {id}, which was not asked"));
        };
        let Some(about) = about else { return };
        match answer {
            Ok(CommandReply::Sent(acknowledgement)) => self.acknowledged(acknowledgement),
            Ok(_) => {
                let mut known = self.known.borrow_mut();
                let room = known.outbox.get(about).map(|item| item.room);
                let head = room
                    .and_then(|room| known.rooms.get(&room))
                    .map_or(Seq(u64::MAX - 1), |view| view.state.head);
                known.outbox.done(about, head);
            }
            Err(error) => {
                if error == ErrorCode::ClientMessageIdConflict {
                    self.broke("D3", &format!("{about} was refused as another message"));
                }
                let now = self.machine.elapsed();
                self.known.borrow_mut().outbox.refused(about, error, now);
            }
        }
    }

    fn acknowledged(&mut self, acknowledgement: Acknowledgement) {
        {
            let mut known = self.known.borrow_mut();
            if let Some(item) = known.outbox.get(acknowledgement.client_message_id) {
                self.said.push((item.clone(), acknowledgement));
            }
            let view = known.rooms.get(&acknowledgement.room);
            let head = view.map_or(acknowledgement.seq, |view| view.state.head);
            known.outbox.acknowledged(&acknowledgement, head);
        }
        self.note_acknowledged(acknowledgement);
    }

    fn note_acknowledged(&mut self, acknowledgement: Acknowledgement) {
        let mut record = self.record.borrow_mut();
        record.counts.acknowledged += 1;
        record.clients[self.index].acknowledged.push(acknowledgement);
    }

    fn answered_apart(
        &mut self,
        purpose: Purpose,
        answer: Option<Result<CommandReply, ErrorCode>>,
    ) {
        self.happened(&format!("apart: {answer:?}"));
        match (purpose, answer) {
            (Purpose::Send, Some(Ok(CommandReply::Sent(sent)))) => self.note_acknowledged(sent),
            (Purpose::Again(seq), Some(Ok(CommandReply::Sent(sent)))) if sent.seq != seq => {
                self.broke("D3", &format!("sent again as {} what is {seq}", sent.seq));
            }
            (Purpose::Conflict, Some(Ok(_))) => {
                self.broke("D3", "other words went through under the same id");
            }
            (Purpose::Send | Purpose::Again(_) | Purpose::Conflict, _) => {}
        }
    }

    fn post(&mut self, purpose: Purpose, command: ClientCommand) {
        let (machine, person) = (Rc::clone(&self.machine), self.person.clone());
        self.posts.push(Box::pin(async move { (purpose, machine.post(&person, command).await) }));
    }

    /// Asks for what is known to be missing, one page at a time.
    fn fetch_missing(&mut self, room: RoomId) {
        let mut known = self.known.borrow_mut();
        let Some(view) = known.rooms.get_mut(&room) else { return };
        if view.fetching || view.wanted <= view.state.head {
            return;
        }
        view.fetching = true;
        let after = view.state.head;
        let (machine, person) = (Rc::clone(&self.machine), self.person.clone());
        self.record.borrow_mut().counts.fetched += 1;
        self.fetches.push(Box::pin(async move {
            // What was on its way when the heads were read may arrive by itself.
            tokio::time::sleep(Duration::from_millis(200)).await;
            (room, machine.log(&person, room, after).await)
        }));
    }

    fn fill(&mut self, room: RoomId, log: Option<Result<Log, ErrorCode>>) {
        if let Some(view) = self.known.borrow_mut().rooms.get_mut(&room) {
            view.fetching = false;
        }
        match log {
            Some(Ok(log)) => {
                self.happened(&format!("fetched {} of {room}", log.events.len()));
                for event in &log.events {
                    self.offer(event, Source::Log);
                }
                self.fetch_missing(room);
            }
            // Not in the room any more, which it will be told.
            Some(Err(_)) => {
                if let Some(view) = self.known.borrow_mut().rooms.get_mut(&room) {
                    view.wanted = view.state.head;
                }
            }
            None => self.fetch_missing(room),
        }
    }

    async fn obey_connected(
        &mut self,
        order: Order,
        phone: &mut Phone,
        fate: &Fate,
    ) -> Result<(), Over> {
        match order {
            Order::Cut | Order::Hole | Order::Pause(_) | Order::Reload => {
                self.happened(&format!("{order:?}"));
                self.record.borrow_mut().counts.broken += 1;
                self.known.borrow_mut().disturbed = Instant::now();
                match order {
                    Order::Cut => fate.cut(),
                    Order::Hole => fate.hole(),
                    Order::Pause(time) => {
                        self.known.borrow_mut().pauses = true;
                        tokio::time::sleep(time).await;
                        self.known.borrow_mut().pauses = false;
                    }
                    Order::Reload => {
                        self.reload();
                        return Err(Over);
                    }
                    _ => {}
                }
                self.known.borrow_mut().disturbed = Instant::now();
                Ok(())
            }
            Order::MarkRead => {
                let read = self.chosen_room().and_then(|room| {
                    let known = self.known.borrow();
                    known.rooms.get(&room).map(|view| (room, view.state.head))
                });
                match read {
                    Some((room, seq)) => {
                        self.ask(phone, ClientCommand::MarkRead { room, seq, age_ms: 0 }, None)
                            .await
                    }
                    None => Ok(()),
                }
            }
            Order::Ask(command) => self.ask(phone, command, None).await,
            order => {
                self.obey(&order);
                Ok(())
            }
        }
    }

    /// What needs no connection.
    fn obey(&mut self, order: &Order) {
        match order {
            Order::Say | Order::Reply => {
                let Some(room) = self.chosen_room() else { return };
                let number = self.chance.number(0, 999_999);
                let body = match self.chance.number(0, 9) {
                    0 => format!("@p0 @p1 look at {number}"),
                    1 => format!("@room {number}"),
                    _ => format!("{} says {number}", self.name),
                };
                let mut item = Item::say(ClientMessageId::new(), room, body, Timestamp(0));
                if matches!(order, Order::Reply) {
                    item.thread = self.chosen_message(room, |message| message.thread.is_none());
                }
                self.record.borrow_mut().clients[self.index].given.push((room, item.id));
                self.add(item);
            }
            Order::Edit => self.amend(What::Edit, "said better", Whose::Own),
            Order::Delete => self.amend(What::Delete, "", Whose::Own),
            Order::React => self.amend(What::React, "👍", Whose::Anybodys),
            Order::Repeat | Order::Misuse => {
                let Some((item, sent)) = self.chance.pick(&self.said).cloned() else { return };
                if matches!(order, Order::Repeat) {
                    self.post(Purpose::Again(sent.seq), item.command());
                } else {
                    let body = format!("{} or not", item.body);
                    self.post(Purpose::Conflict, Item { body, ..item }.command());
                }
            }
            Order::Reload => self.reload(),
            Order::MarkRead | Order::Ask(_) | Order::Cut | Order::Hole | Order::Pause(_) => {}
        }
    }

    fn amend(&mut self, what: fn(Seq) -> What, body: &str, whose: Whose) {
        let me = self.person.id();
        let Some(room) = self.chosen_room() else { return };
        let fits = |message: &Message| whose == Whose::Anybodys || message.author == me;
        let Some(seq) = self.chosen_message(room, fits) else { return };
        let mut item = Item::say(ClientMessageId::new(), room, body.to_owned(), Timestamp(0));
        item.what = what(seq);
        self.add(item);
    }

    fn add(&mut self, item: Item) {
        let mut known = self.known.borrow_mut();
        let id = item.id;
        known.outbox.add(item);
        known.outbox.kept(id);
    }

    fn chosen_room(&self) -> Option<RoomId> {
        let known = self.known.borrow();
        let talk = known
            .rooms
            .values()
            .filter(|view| view.state.room.purpose == shared::room::RoomPurpose::Talk);
        let rooms: Vec<RoomId> = talk.map(|view| view.state.room.id).collect();
        self.chance.pick(&rooms).copied()
    }

    fn chosen_message(&self, room: RoomId, fits: impl Fn(&Message) -> bool) -> Option<Seq> {
        let known = self.known.borrow();
        let messages = known.rooms.get(&room)?.messages.values();
        let fitting: Vec<Seq> = messages.filter(|of| fits(of)).map(|of| of.seq).collect();
        self.chance.pick(&fitting).copied()
    }

    /// All is forgotten but what the browser keeps.
    fn reload(&mut self) {
        let mut known = self.known.borrow_mut();
        known.rooms.clear();
        known.own = None;
        known.people = People::default();
        known.site = None;
        let kept: Vec<Item> = known.outbox.unacknowledged().cloned().collect();
        known.outbox.clear();
        known.outbox.restore(kept);
    }

    fn happened(&self, what: &str) {
        self.record.borrow_mut().happened(&self.name, what);
    }

    fn broke(&self, promise: &str, how: &str) {
        self.record.borrow_mut().broke(promise, &format!("{}: {how}", self.name));
    }
}

/// By which way an event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Connection,
    Log,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Anybodys,
}
