//! What the page knows: who is looking, the rooms and their history, people, presence, what waits
//! to be sent. [`State::apply`] takes over what the server says; components read signals, each as
//! small a part as it draws.

mod room;

pub use room::{Left, RoomEntry};

use crate::clock::server_time;
use crate::drafts::{self, Keeping};
use crate::outbox::{Item, Outbox, Status, What};
use crate::timeline::{Deed, Delivery, Pending, PendingDeed, PendingMessage};
use leptos::prelude::*;
use shared::api::Me;
use shared::draft::Draft;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, Saved, ServerEvent, UserEvent, UserState};
use shared::frame::{Resume, Resumed, ResumedRoom, RoomCursor, ServerFrame};
use shared::id::{ClientMessageId, RoomId, Seq, UserId};
use shared::keyed::{self, Map};
use shared::limit;
use shared::message::{Acknowledgement, Emoji, Message, MessageBody};
use shared::permission::{RoomAction, Standing};
use shared::reduce::RoomState;
use shared::room::{RoomKind, RoomPurpose, RoomSnapshot};
use shared::schedule::{Reminder, Scheduled};
use shared::sidebar::Sidebar;
use shared::site::Site;
use shared::time::Timestamp;
use shared::user::{Availability, Presence, Settings, SiteRole, User};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Who is looking at the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Viewer {
    /// The server has not been asked yet.
    #[default]
    Unknown,
    Nobody,
    Person(UserId),
}

/// The live connection, as far as a person cares.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Link {
    #[default]
    Connecting,
    Live,
    /// Lost; the next attempt is made at this moment of [`crate::state::now_millis`].
    Waiting {
        next_try: u64,
    },
    /// The server said that it restarts.
    Restarting {
        next_try: u64,
    },
    /// Another tab took this one's place; nothing is tried until the person wants it.
    Replaced,
    /// The server will not talk to this page as it is.
    Refused,
}

/// What applying a frame asks for in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Events of the room after this one are missing.
    Log { room: RoomId, after: Seq },
    /// Something was missed that only a new resume can tell.
    Resume,
}

/// What was typed, and when at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub text: String,
    pub reply_to: Option<Seq>,
    pub at: Timestamp,
}

/// A draft from another device, or found in the database; empty, when it was sent or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Grows with each.
    pub number: u64,
    pub draft: Draft,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Typist {
    room: RoomId,
    user: UserId,
    thread: Option<Seq>,
    until: u64,
}

/// Signals all the way down: `Copy`, and each changes alone.
#[derive(Clone, Copy, Debug)]
pub struct State {
    pub viewer: RwSignal<Viewer>,
    /// The session ended without the person's doing; they may wonder why they are asked to sign in.
    pub put_out: RwSignal<bool>,
    /// `None` until the server has answered.
    pub site: RwSignal<Option<Site>>,
    pub settings: RwSignal<Settings>,
    /// They are on their way to the server: what comes back meanwhile is older.
    pub saving_settings: StoredValue<bool>,
    pub blocked: RwSignal<HashSet<UserId>>,
    /// What one chose in anonymous polls that are open.
    pub votes: RwSignal<Map<(RoomId, Seq), Vec<u32>>>,
    /// By their time.
    pub reminders: RwSignal<Vec<Reminder>>,
    pub scheduled: RwSignal<Vec<Scheduled>>,
    /// How one arranges one's rooms.
    pub sidebar: RwSignal<Sidebar>,
    pub people: RwSignal<HashMap<UserId, Arc<User>>>,
    pub presence: RwSignal<HashMap<UserId, Presence>>,
    /// The rooms one is in. Changes when one comes or goes; what happens inside is each entry's.
    pub rooms: RwSignal<Map<RoomId, RoomEntry>>,
    pub link: RwSignal<Link>,
    /// What carries the live connection, and why it is no WebSocket: two words, the first one empty
    /// where it is.
    pub way: RwSignal<String>,
    /// Whether the server has said once what there is: before, a missing room may still come.
    pub synchronised: RwSignal<bool>,
    pub outbox: RwSignal<Outbox>,
    /// Whether the browser keeps what is written until the server has it.
    pub keeping: RwSignal<Keeping>,
    /// Notices above the read marker, oldest first.
    pub notices: RwSignal<Vec<Message>>,
    /// The last reaction of somebody else that came live.
    pub reacted: RwSignal<Option<RoomEvent>>,
    /// Something was done at once and had to be undone: why.
    pub undone: RwSignal<Option<ErrorCode>>,
    /// The messages one keeps for oneself, the last saved first.
    pub saved: RwSignal<Vec<Saved>>,
    /// What was typed here and the server has not been told, by room and thread.
    pub typed: RwSignal<Map<(RoomId, Option<Seq>), Typed>>,
    /// What came from another device, or went there, until an open box has taken it.
    pub drafts_from_elsewhere: RwSignal<Vec<Arrived>>,
    /// Rooms with an unsent draft.
    pub drafts: RwSignal<HashSet<RoomId>>,
    /// How Chinese characters are read, in their order, as far as it was asked.
    pub readings: RwSignal<Vec<(char, String)>>,
    typing: RwSignal<Vec<Typist>>,
    user_version: StoredValue<Option<u64>>,
    directory: StoredValue<u64>,
}

pub fn provide_state() -> State {
    let state = State::new();
    provide_context(state);
    state
}

/// # Panics
/// Outside the app, which provides it before anything is drawn.
pub fn use_state() -> State {
    expect_context()
}

/// Milliseconds of a clock that only moves forward, from the page's beginning.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds since the page opened: positive, and far below 2^53"
)]
pub fn now_millis() -> u64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or(0, |performance| performance.now() as u64)
}

impl State {
    pub fn new() -> Self {
        Self {
            viewer: RwSignal::new(Viewer::Unknown),
            put_out: RwSignal::new(false),
            site: RwSignal::new(None),
            settings: RwSignal::new(Settings::default()),
            saving_settings: StoredValue::new(false),
            blocked: RwSignal::new(HashSet::new()),
            votes: RwSignal::new(Map::new()),
            reminders: RwSignal::new(Vec::new()),
            scheduled: RwSignal::new(Vec::new()),
            sidebar: RwSignal::new(Sidebar::default()),
            people: RwSignal::new(HashMap::new()),
            presence: RwSignal::new(HashMap::new()),
            rooms: RwSignal::new(Map::new()),
            link: RwSignal::new(Link::Connecting),
            way: RwSignal::default(),
            synchronised: RwSignal::new(false),
            outbox: RwSignal::new(Outbox::default()),
            keeping: RwSignal::new(Keeping::Keeps),
            notices: RwSignal::new(Vec::new()),
            reacted: RwSignal::new(None),
            undone: RwSignal::new(None),
            saved: RwSignal::new(Vec::new()),
            typed: RwSignal::new(Map::new()),
            drafts_from_elsewhere: RwSignal::new(Vec::new()),
            drafts: RwSignal::new(HashSet::new()),
            readings: RwSignal::new(Vec::new()),
            typing: RwSignal::new(Vec::new()),
            user_version: StoredValue::new(None),
            directory: StoredValue::new(0),
        }
    }

    // --- who is looking ---------------------------------------------------------------------

    /// Somebody has signed in, registered or chosen a new password.
    pub fn signed_in(self, user: User) {
        let id = user.id;
        if self.viewer.get_untracked() != Viewer::Person(id) {
            self.forget();
        }
        self.set_person(user);
        self.put_out.set(false);
        self.viewer.set(Viewer::Person(id));
    }

    /// The answer to who is asking.
    pub fn set_me(self, me: Me) {
        self.signed_in(me.user);
        self.set_settings(me.settings);
    }

    /// Nobody is signed in (any more). What the page knew of the person is forgotten; what the
    /// browser keeps is not.
    pub fn signed_out(self) {
        self.viewer.set(Viewer::Nobody);
        self.forget();
    }

    /// The session ended elsewhere.
    pub fn put_out(self) {
        self.put_out.set(true);
        self.signed_out();
    }

    /// Somebody else is signed in than was; who they are is yet to be asked.
    pub fn becomes(self, user: UserId) {
        self.forget();
        self.viewer.set(Viewer::Person(user));
    }

    fn forget(self) {
        self.rooms.set(Map::new());
        self.people.set(HashMap::new());
        self.presence.set(HashMap::new());
        self.blocked.set(HashSet::new());
        self.sidebar.set(Sidebar::default());
        self.votes.set(Map::new());
        self.reminders.set(Vec::new());
        self.scheduled.set(Vec::new());
        self.settings.set(Settings::default());
        self.outbox.set(Outbox::default());
        self.notices.set(Vec::new());
        self.saved.set(Vec::new());
        self.typed.set(Map::new());
        self.drafts_from_elsewhere.set(Vec::new());
        self.drafts.set(HashSet::new());
        self.typing.set(Vec::new());
        self.synchronised.set(false);
        self.user_version.set_value(None);
        self.directory.set_value(0);
    }

    pub fn me(self) -> Option<UserId> {
        match self.viewer.get() {
            Viewer::Person(id) => Some(id),
            Viewer::Unknown | Viewer::Nobody => None,
        }
    }

    pub fn me_untracked(self) -> Option<UserId> {
        untrack(|| self.me())
    }

    /// The viewer's own account.
    pub fn my_user(self) -> Option<Arc<User>> {
        self.person(self.me()?)
    }

    pub fn is_administrator(self) -> bool {
        self.my_user().is_some_and(|user| user.role == SiteRole::Administrator)
    }

    pub fn set_settings(self, settings: Settings) {
        if self.settings.get_untracked() != settings {
            self.settings.set(settings);
        }
    }

    /// Something was typed, or sent: the other devices are to know.
    pub fn typed(self, room: RoomId, thread: Option<Seq>, typed: Typed) {
        if let Some(me) = self.me_untracked() {
            drafts::set_untold(me, room, thread, typed.at);
        }
        self.typed.update(|all| {
            all.insert((room, thread), typed);
        });
    }

    /// What another device has typed, unless something was typed here since.
    fn take_draft(self, draft: Draft) {
        let place = (draft.room, draft.thread);
        if !self.typed.with_untracked(|typed| typed.contains_key(&place)) {
            self.arrived(draft);
        }
    }

    /// A draft that boxes which are open do not have yet.
    pub fn arrived(self, draft: Draft) {
        self.drafts_from_elsewhere.update(|all| {
            let number = all.last().map_or(0, |last| last.number) + 1;
            let surplus = (all.len() + 1).saturating_sub(limit::DRAFTS);
            all.drain(..surplus);
            all.push(Arrived { number, draft });
        });
    }

    fn set_sidebar(self, sidebar: Sidebar) {
        if self.sidebar.with_untracked(|known| *known != sidebar) {
            self.sidebar.set(sidebar);
        }
    }

    pub fn site_name(self) -> Option<String> {
        self.site.with(|site| site.as_ref().map(|site| site.name.clone()))
    }

    // --- people -----------------------------------------------------------------------------

    pub fn person(self, id: UserId) -> Option<Arc<User>> {
        self.people.with(|people| people.get(&id).cloned())
    }

    pub fn set_person(self, user: User) {
        let known = self.people.with_untracked(|people| people.get(&user.id).cloned());
        if known.as_deref() != Some(&user) {
            self.people.update(|people| {
                people.insert(user.id, Arc::new(user));
            });
        }
    }

    /// Of oneself by one's own choice and connection; the server tells of others.
    pub fn presence_of(self, id: UserId) -> Presence {
        let told = self.presence.with(|presence| presence.get(&id).copied());
        if self.me() != Some(id) {
            return told.unwrap_or_default();
        }
        if self.link.with(|link| *link != Link::Live) {
            return Presence::Off;
        }
        match self.settings.with(|settings| settings.availability) {
            Availability::Automatic => told.unwrap_or(Presence::Here),
            Availability::Away => Presence::Away,
            Availability::DoNotDisturb => Presence::DoNotDisturb,
        }
    }

    pub fn is_blocked(self, id: UserId) -> bool {
        self.blocked.with(|blocked| blocked.contains(&id))
    }

    /// Who is typing in the room itself or in one of its threads, in the order in which they began.
    pub fn typing_in(self, room: RoomId, thread: Option<Seq>) -> Vec<UserId> {
        let here = |typist: &&Typist| typist.room == room && typist.thread == thread;
        self.typing.with(|typing| typing.iter().filter(here).map(|typist| typist.user).collect())
    }

    /// Lets typing signals end whose time is over.
    pub fn expire_typing(self, now: u64) {
        let over = |typist: &Typist| typist.until <= now;
        if self.typing.with_untracked(|typing| typing.iter().any(over)) {
            self.typing.update(|typing| typing.retain(|typist| !over(typist)));
        }
    }

    fn stop_typing(self, room: RoomId, user: UserId) {
        let theirs = |typist: &Typist| typist.room == room && typist.user == user;
        if self.typing.with_untracked(|typing| typing.iter().any(theirs)) {
            self.typing.update(|typing| typing.retain(|typist| !theirs(typist)));
        }
    }

    // --- rooms ------------------------------------------------------------------------------

    pub fn room(self, id: RoomId) -> Option<RoomEntry> {
        self.rooms.with(|rooms| rooms.get(&id).cloned())
    }

    pub fn room_untracked(self, id: RoomId) -> Option<RoomEntry> {
        self.rooms.with_untracked(|rooms| rooms.get(&id).cloned())
    }

    /// One is no longer in it.
    pub fn forget_room(self, id: RoomId) {
        if self.room_untracked(id).is_some() {
            self.rooms.update(|rooms| {
                rooms.remove(&id);
            });
        }
    }

    /// A direct room's other people, oneself left out; alone with oneself, oneself.
    pub fn others(self, entry: &RoomEntry) -> Vec<UserId> {
        let me = self.me();
        entry.view.with(|view| {
            let others: Vec<_> =
                view.people.keys().copied().filter(|user| Some(*user) != me).collect();
            if others.is_empty() { view.people.keys().copied().collect() } else { others }
        })
    }

    /// What the viewer may do in the room.
    pub fn may(self, entry: &RoomEntry, action: RoomAction) -> bool {
        let site_role = self.my_user().map_or(SiteRole::Member, |user| user.role);
        entry.view.with(|view| {
            let standing = Standing {
                kind: view.room.kind,
                purpose: view.room.purpose,
                archived: view.room.archived,
                site_role,
                role: view.ended.is_none().then_some(view.role),
            };
            standing.may(action).is_ok()
        })
    }

    /// The room in which these people and the viewer, and nobody else, talk.
    pub fn direct_with(self, user: UserId) -> Option<RoomId> {
        self.rooms.with_untracked(|rooms| {
            rooms.values().find_map(|entry| {
                entry.view.with_untracked(|view| {
                    let both = view.people.len() == 2 && view.people.contains_key(&user);
                    (view.room.kind == RoomKind::Direct && both).then_some(entry.id)
                })
            })
        })
    }

    pub fn announcements(self) -> Option<RoomEntry> {
        let id = self.site.with(|site| site.as_ref().and_then(|site| site.announcements))?;
        self.room(id)
    }

    // --- what waits to be sent --------------------------------------------------------------

    /// The browser was to keep something. As long as something waits that it refused, a smaller thing
    /// that it took makes no difference.
    pub fn keeps(self, keeping: Keeping) {
        let waits = self.outbox.with_untracked(|outbox| outbox.unsent() > 0);
        if (keeping == Keeping::Refuses || !waits) && self.keeping.get_untracked() != keeping {
            self.keeping.set(keeping);
        }
    }

    /// Takes something over for sending. Shown at once.
    pub fn send(self, item: Item) {
        self.outbox.update(|outbox| outbox.add(item));
    }

    /// Something new to say in the room.
    pub fn new_item(self, room: RoomId, body: String) -> Item {
        let id = self.outbox.with_untracked(|outbox| outbox.next(ClientMessageId::new()));
        Item::say(id, room, body, server_time())
    }

    /// Does something to a message of the room. Shown at once; on a refusal undone.
    pub fn act_on(self, room: RoomId, what: What, body: String) {
        self.send(Item { what, ..self.new_item(room, body) });
    }

    /// What the conversation's log does not hold yet.
    pub fn pending(self, entry: &RoomEntry) -> Pending {
        let live = self.link.with(|link| *link == Link::Live);
        let mut pending = Pending::default();
        self.outbox.with(|outbox| {
            for (item, status) in outbox.of_room(entry.id) {
                let delivery = delivery(item, status, live);
                match deed_of(item) {
                    Some((message, deed)) => pending.deeds.push(PendingDeed {
                        id: item.id,
                        message,
                        deed,
                        made_at: item.made_at,
                        delivery,
                    }),
                    None if item.thread != entry.thread
                        && !(item.in_room && entry.thread.is_none()) => {}
                    None => pending.messages.push(PendingMessage {
                        id: item.id,
                        text: item.body.as_str().into(),
                        reply_to: item.reply_to,
                        made_at: item.made_at,
                        day: room::day_of(item.made_at),
                        delivery,
                    }),
                }
            }
        });
        pending
    }

    /// The server has done what the item of this id asked for.
    pub fn done(self, room: RoomId, id: ClientMessageId) {
        let head = self
            .room_untracked(room)
            .map_or(Seq::ZERO, |entry| entry.view.with_untracked(|view| view.head));
        self.outbox.update(|outbox| outbox.done(id, head));
    }

    pub fn is_saved(self, room: RoomId, message: Seq) -> bool {
        self.saved.with(|saved| saved.contains(&Saved { room, message }))
    }

    pub fn acknowledged(self, acknowledgement: &Acknowledgement) {
        let head = self
            .room_untracked(acknowledgement.room)
            .map_or(Seq::ZERO, |entry| entry.view.with_untracked(|view| view.head));
        self.outbox.update(|outbox| outbox.acknowledged(acknowledgement, head));
    }

    // --- what the server says ---------------------------------------------------------------

    /// What to resume from.
    pub fn cursors(self) -> Resume {
        let rooms = self.rooms.with_untracked(|rooms| {
            let cursor = |(id, entry): (&RoomId, &RoomEntry)| {
                let of = |view: &RoomState| RoomCursor { epoch: view.epoch, last: view.head };
                (*id, entry.view.with_untracked(of))
            };
            rooms.iter().map(cursor).collect()
        });
        Resume {
            user: self.user_version.get_value(),
            rooms,
            directory: Some(self.directory.get_value()),
            presence: true,
        }
    }

    pub fn apply(self, frame: ServerFrame) -> Vec<Need> {
        match frame {
            ServerFrame::Resumed(resumed) => {
                self.resumed(*resumed);
                Vec::new()
            }
            ServerFrame::Event { event } => {
                let room = event.room;
                self.apply_events(room, [event])
            }
            ServerFrame::UserEvent { version, event } => self.apply_user_event(version, event),
            ServerFrame::Joined { snapshot } => {
                self.take_snapshot(*snapshot, room::History::Kept);
                Vec::new()
            }
            ServerFrame::Typing { room, user, thread } => {
                self.started_typing(room, user, thread);
                Vec::new()
            }
            ServerFrame::Presence { user, presence } => {
                self.set_presence(user, presence);
                Vec::new()
            }
            ServerFrame::Seen { room, user, read } => {
                if let Some(entry) = self.room_untracked(room) {
                    entry.view.update(|view| {
                        if read.is_zero() {
                            view.seen.remove(&user);
                        } else {
                            let seen = view.seen.entry(user).or_default();
                            *seen = (*seen).max(read);
                        }
                    });
                }
                Vec::new()
            }
            ServerFrame::PersonChanged { directory, user } => {
                let known = self.directory.get_value();
                if directory > known + 1 {
                    return vec![Need::Resume];
                }
                if directory > known {
                    self.directory.set_value(directory);
                    self.set_person(user);
                }
                Vec::new()
            }
            ServerFrame::SiteChanged { site } => {
                if Some(site.version) >= self.site_version() {
                    self.site.set(Some(site));
                }
                Vec::new()
            }
            ServerFrame::Heartbeat { heads, user, directory, site } => {
                self.behind(&heads, user, directory, site)
            }
            // The connection's own business.
            ServerFrame::Hello { .. }
            | ServerFrame::Reply { .. }
            | ServerFrame::Refused { .. }
            | ServerFrame::GoingAway { .. }
            | ServerFrame::Closed { .. }
            | ServerFrame::Error { .. } => Vec::new(),
        }
    }

    /// Whether it is told here how far people have read.
    pub fn shows_receipts(self) -> bool {
        self.settings.with(|settings| settings.receipts.is_shown())
            && self.site.with(|site| site.as_ref().is_none_or(|site| site.receipts.is_shown()))
    }

    /// A fetched page of the log that fills a gap.
    pub fn fill(self, room: RoomId, events: Vec<RoomEvent>) -> Vec<Need> {
        self.apply_events(room, events)
    }

    fn apply_events(self, room: RoomId, events: impl IntoIterator<Item = RoomEvent>) -> Vec<Need> {
        let (Some(me), Some(entry)) = (self.me_untracked(), self.room_untracked(room)) else {
            return Vec::new();
        };
        let applied = entry.take(events, me);
        for event in &applied {
            self.follow(event, me);
        }
        if !applied.is_empty() {
            let (head, ended) = entry.view.with_untracked(|view| (view.head, view.ended));
            if self.outbox.with_untracked(|outbox| outbox.of_room(room).next().is_some()) {
                self.outbox.update(|outbox| outbox.log_reached(room, head));
            }
            if ended.is_some() {
                self.forget_room(room);
            }
        }
        match entry.gap_after() {
            Some(after) => vec![Need::Log { room, after }],
            None => Vec::new(),
        }
    }

    /// What an event means beyond its room.
    fn follow(self, event: &RoomEvent, me: UserId) {
        if let ServerEvent::MessageDeleted { message } = event.event {
            self.notices.update(|notices| {
                notices.retain(|notice| notice.room != event.room || notice.seq != message);
            });
        }
        if event.actor == me {
            // Most of what one does elsewhere was not asked for here.
            self.outbox.maybe_update(|outbox| outbox.arrived(event));
        } else if matches!(event.event, ServerEvent::ReactionAdded { .. }) {
            self.reacted.set(Some(event.clone()));
        }
        let Some(posted) = event.posted() else { return };
        if event.actor != me {
            self.stop_typing(event.room, event.actor);
        }
        if posted.notice
            && let Some(message) = event.message()
        {
            self.add_notices([message]);
        }
    }

    /// Notices that the viewer may not have read yet.
    pub fn add_notices(self, messages: impl IntoIterator<Item = Message>) {
        self.notices.update(|notices| {
            for message in messages {
                if message.notice
                    && message.body.is_some()
                    && notices.iter().all(|known| known.id != message.id)
                {
                    let place = notices.partition_point(|known| known.seq < message.seq);
                    notices.insert(place, message);
                }
            }
        });
    }

    fn resumed(self, resumed: Resumed) {
        let Resumed { user, rooms, not_found, directory, presence, site } = resumed;
        if let Some(user) = user {
            self.set_user_state(user);
        }
        if let Some(directory) = directory {
            self.directory.set_value(directory.version);
            if !directory.users.is_empty() {
                self.people.update(|people| {
                    for user in directory.users {
                        people.insert(user.id, Arc::new(user));
                    }
                });
            }
        }
        self.presence.set(presence.iter().map(|of| (of.user, of.presence)).collect());
        for room in not_found {
            self.forget_room(room);
        }
        for room in rooms {
            match room {
                ResumedRoom::Recovered { room, epoch: _, head: _, membership } => {
                    if let Some(entry) = self.room_untracked(room) {
                        entry.recover(&membership);
                    }
                }
                ResumedRoom::Snapshot { snapshot } | ResumedRoom::Truncated { snapshot } => {
                    self.take_snapshot(snapshot, room::History::Kept);
                }
                ResumedRoom::Reset { snapshot } => {
                    self.take_snapshot(snapshot, room::History::Dropped);
                }
            }
        }
        if self.site.get_untracked().as_ref() != Some(&site) {
            self.site.set(Some(site));
        }
        self.synchronised.set(true);
    }

    fn take_snapshot(self, snapshot: RoomSnapshot, history: room::History) {
        let (id, head) = (snapshot.room.id, snapshot.head);
        if let Some(entry) = self.room_untracked(id) {
            entry.replace(snapshot, history);
        } else {
            let entry = RoomEntry::new(snapshot);
            self.rooms.update(|rooms| {
                rooms.insert(id, entry);
            });
        }
        self.outbox.update(|outbox| outbox.log_reached(id, head));
    }

    fn set_user_state(self, state: UserState) {
        let UserState {
            version,
            settings,
            blocked,
            drafts,
            saved,
            votes,
            scheduled,
            reminders,
            sidebar,
            ..
        } = state;
        self.user_version.set_value(Some(version));
        self.set_settings(settings);
        self.blocked.set(blocked.into_iter().collect());
        self.saved.set(saved);
        self.set_sidebar(sidebar);
        let votes = votes.into_iter().map(|vote| ((vote.room, vote.message), vote.choices));
        self.votes.set(keyed::map(votes));
        self.scheduled.set(scheduled);
        self.reminders.set(reminders);
        for draft in drafts {
            self.take_draft(draft);
        }
    }

    fn apply_user_event(self, version: u64, event: UserEvent) -> Vec<Need> {
        let known = self.user_version.get_value().unwrap_or(0);
        if version <= known {
            return Vec::new();
        }
        if version > known + 1 {
            return vec![Need::Resume];
        }
        self.user_version.set_value(Some(version));
        match event {
            UserEvent::ReadMarkerMoved { room, counts } => {
                if let Some(entry) = self.room_untracked(room) {
                    entry.view.update(|view| view.marker_moved(counts));
                }
            }
            UserEvent::InvolvementChanged { room, involvement } => {
                if let Some(entry) = self.room_untracked(room) {
                    entry.view.update(|view| view.involvement = involvement);
                }
            }
            UserEvent::ThreadFollowed { room, thread, counts } => {
                if let Some(entry) = self.room_untracked(room) {
                    entry.view.update(|view| view.follow(thread, counts));
                }
            }
            UserEvent::ThreadUnfollowed { room, root, counts } => {
                if let Some(entry) = self.room_untracked(room) {
                    entry.view.update(|view| view.unfollow(root, counts));
                }
            }
            UserEvent::ThreadRead { room, thread } => {
                if let Some(entry) = self.room_untracked(room) {
                    entry.view.update(|view| view.set_thread(thread));
                }
            }
            UserEvent::MessageSaved { room, message } => {
                self.saved.update(|saved| saved.insert(0, Saved { room, message }));
            }
            UserEvent::MessageUnsaved { room, message } => {
                self.saved.update(|saved| saved.retain(|of| *of != Saved { room, message }));
            }
            UserEvent::DraftKept { draft } => self.take_draft(draft),
            UserEvent::DraftDropped { room, thread } => {
                let (text, reply_to, at) = (String::new(), None, server_time());
                self.take_draft(Draft { room, thread, text, reply_to, at });
            }
            UserEvent::VoteCast { vote } => self.votes.update(|votes| {
                votes.insert((vote.room, vote.message), vote.choices);
            }),
            UserEvent::MessageScheduled { scheduled } => self.scheduled.update(|all| {
                all.retain(|other| other.client_message_id != scheduled.client_message_id);
                let place = all.partition_point(|other| other.at <= scheduled.at);
                all.insert(place, scheduled);
            }),
            UserEvent::ScheduledGone { client_message_id } => self.scheduled.update(|all| {
                all.retain(|other| other.client_message_id != client_message_id);
            }),
            UserEvent::ReminderSet { reminder } => self.reminders.update(|all| {
                all.retain(|other| other.id != reminder.id);
                let place = all.partition_point(|other| other.at <= reminder.at);
                all.insert(place, reminder);
            }),
            UserEvent::ReminderCleared { id } => self.reminders.update(|all| {
                all.retain(|other| other.id != id);
            }),
            UserEvent::SidebarArranged { sidebar } => self.set_sidebar(sidebar),
            UserEvent::SettingsChanged { .. } if self.saving_settings.get_value() => {}
            UserEvent::SettingsChanged { settings } => self.set_settings(settings),
            UserEvent::PersonBlocked { user } => self.blocked.update(|blocked| {
                blocked.insert(user);
            }),
            UserEvent::PersonUnblocked { user } => self.blocked.update(|blocked| {
                blocked.remove(&user);
            }),
        }
        Vec::new()
    }

    fn started_typing(self, room: RoomId, user: UserId, thread: Option<Seq>) {
        let until = now_millis() + limit::TYPING_MILLIS;
        self.typing.update(|typing| {
            match typing.iter_mut().find(|typist| typist.room == room && typist.user == user) {
                Some(typist) => (typist.thread, typist.until) = (thread, until),
                None => typing.push(Typist { room, user, thread, until }),
            }
        });
    }

    fn set_presence(self, user: UserId, presence: Presence) {
        let known = self.presence.with_untracked(|known| known.get(&user).copied());
        if known != Some(presence) {
            self.presence.update(|known| {
                known.insert(user, presence);
            });
        }
    }

    fn site_version(self) -> Option<u64> {
        self.site.with_untracked(|site| site.as_ref().map(|site| site.version))
    }

    /// What has gone on without this page hearing of it.
    fn behind(
        self,
        heads: &HashMap<RoomId, Seq>,
        user: Option<u64>,
        directory: Option<u64>,
        site: Option<u64>,
    ) -> Vec<Need> {
        let mut needs = Vec::new();
        let mut unheard = user > self.user_version.get_value()
            || directory > Some(self.directory.get_value())
            || site > self.site_version();
        self.rooms.with_untracked(|rooms| {
            for (room, head) in heads {
                let Some(entry) = rooms.get(room) else {
                    unheard = true;
                    continue;
                };
                let last = entry.view.with_untracked(|view| view.head);
                if last < *head {
                    needs.push(Need::Log { room: *room, after: last });
                }
            }
        });
        if unheard {
            needs.push(Need::Resume);
        }
        needs
    }

    /// Everybody's room, to which only moderators write.
    pub fn is_announcements(entry: &RoomEntry) -> bool {
        entry.view.with(|view| view.room.purpose == RoomPurpose::Announcements)
    }
}

fn delivery(item: &Item, status: Status, live: bool) -> Delivery {
    match (&item.refused, status) {
        (Some(error), _) => Delivery::Failed(error.clone()),
        (None, Status::Waiting { .. } | Status::Unkept | Status::Sending) if !live => {
            Delivery::Waiting
        }
        (
            None,
            Status::Waiting { .. }
            | Status::Unkept
            | Status::Sending
            | Status::Acknowledged(_)
            | Status::Refused,
        ) => Delivery::Sending,
    }
}

/// What the item does to which message; `None` for something new to say.
fn deed_of(item: &Item) -> Option<(Seq, Deed)> {
    let emoji = || Emoji::known(&item.body);
    Some(match item.what {
        What::Say | What::Read(_) => return None,
        What::Edit(message) => (message, Deed::Edit(MessageBody::new(&item.body).ok()?)),
        What::Delete(message) => (message, Deed::Delete),
        What::React(message) => (message, Deed::React(emoji())),
        What::TakeBack(message) => (message, Deed::TakeBack(emoji())),
        What::Pin(message) => (message, Deed::Pin),
        What::Unpin(message) => (message, Deed::Unpin),
    })
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}
