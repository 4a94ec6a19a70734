//! Joins outbox, connection and state: what waits goes out, what comes in is applied, what is
//! missing is fetched, what is read is told.

use super::drafts_sync;
use crate::actions::{Answer, Perform};
use crate::api;
use crate::clock::{age_of, server_time};
use crate::connection::{Connection, Owner, Session};
use crate::database::Database;
use crate::drafts::{self, Keeping};
use crate::held;
use crate::outbox::{Item, Outbox, Refusal, pause};
use crate::read_markers::ReadMarkers;
use crate::state::{Link, Need, State, Viewer, now_millis};
use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::{
    GetHistory, GetLog, GetMe, GetThread, History, HistoryEntry, HistoryQuery, ListMessages,
    ListPins, Log, Logout, Nothing, PageQuery, Pins, Thread,
};
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::event::RoomEvent;
use shared::frame::{Resume, ServerFrame};
use shared::id::{ClientMessageId, RoomId, Seq, UserId};
use shared::keyed::Map;
use shared::limit;
use shared::message::Message;
use shared::reduce::RoomState;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::rc::{Rc, Weak};
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, Event, MessageEvent};

/// An event that the heartbeat knows of may still be on its way.
const GAP_GRACE_MILLIS: u32 = 150;
/// Read markers are told at most this often.
const READ_MILLIS: u32 = 500;
/// What the database does not do in so long is not waited for.
const DATABASE_MILLIS: u32 = 3_000;
/// Tabs tell each other which waiting messages are gone, and that they close.
const CHANNEL: &str = "hubbub.outbox";

#[derive(Clone)]
pub(super) struct Wiring(Rc<Parts>);

struct Parts {
    state: State,
    connection: OnceCell<Connection>,
    database: RefCell<Option<Rc<Database>>>,
    /// Whose messages from before are in the outbox: only then does anything go out.
    restored: Cell<Option<UserId>>,
    /// What the database holds, or is about to.
    kept: RefCell<HashSet<ClientMessageId>>,
    wake: RefCell<Option<Timeout>>,
    /// Rooms whose missing events are being fetched.
    fetching: RefCell<HashSet<RoomId>>,
    /// What the server does not know yet.
    reading: RefCell<ReadMarkers>,
    telling: RefCell<Option<Timeout>>,
    /// How often in a row the server would not hear of it.
    refused: Cell<u32>,
    active: Cell<bool>,
    tabs: Option<BroadcastChannel>,
}

impl Wiring {
    pub(super) fn new(state: State) -> Self {
        let wiring = Self(Rc::new(Parts {
            state,
            connection: OnceCell::new(),
            database: RefCell::new(None),
            restored: Cell::new(None),
            kept: RefCell::new(HashSet::new()),
            wake: RefCell::new(None),
            fetching: RefCell::new(HashSet::new()),
            reading: RefCell::new(ReadMarkers::default()),
            telling: RefCell::new(None),
            refused: Cell::new(0),
            active: Cell::new(true),
            // Without it two tabs still agree through the log; ids make a double send harmless.
            tabs: BroadcastChannel::new(CHANNEL).ok(),
        }));
        let owner = Receiver(Rc::downgrade(&wiring.0));
        // The cell is empty: it was made above.
        let _ = wiring.0.connection.set(Connection::new(Box::new(owner)));
        wiring.listen_to_tabs();
        wiring.listen_to_leaving();
        wiring
    }

    /// Somebody is there: finds what they had waiting, and connects.
    pub(super) fn begin(&self, user: UserId) {
        let wiring = self.clone();
        let state = self.0.state;
        state.drafts.set(drafts::rooms(user));
        drafts_sync::restore(state, user);
        self.connection().start();
        let without = self.clone();
        Timeout::new(DATABASE_MILLIS, move || {
            if without.0.restored.get() != Some(user) {
                without.restore(user, Vec::new());
            }
        })
        .forget();
        spawn_local(async move {
            if wiring.0.database.borrow().is_none() {
                let database = Database::open().await.ok().map(Rc::new);
                *wiring.0.database.borrow_mut() = database;
            }
            let database = wiring.0.database.borrow().clone();
            if let Some(database) = database {
                drafts::durable::keep_in(&database);
                drafts_sync::recover(state, user, &database).await;
            }
            wiring.find(user).await;
        });
    }

    /// What the browser keeps of the person: from before, or of a tab that is gone.
    async fn find(&self, user: UserId) {
        let database = self.0.database.borrow().clone();
        let items = match database {
            Some(database) => database.items(user).await.unwrap_or_default(),
            None => Vec::new(),
        };
        self.restore(user, items);
    }

    fn restore(&self, user: UserId, items: Vec<Item>) {
        let state = self.0.state;
        if state.me_untracked() != Some(user) {
            return;
        }
        self.0.kept.borrow_mut().extend(items.iter().map(|item| item.id));
        let first = self.0.restored.replace(Some(user)) != Some(user);
        let held = held::items(user);
        let mut waiting = Vec::new();
        for item in items {
            // Of a marker, what is held may go further than what the database has.
            if item.read_up_to().is_none() {
                held::release(user, item.id);
            }
            waiting.push(item);
        }
        waiting.extend(held);
        waiting.retain(|item| {
            let is_marker = item.read_up_to().is_some();
            if is_marker {
                self.add_read(item);
            }
            !is_marker
        });
        state.outbox.maybe_update(|outbox| outbox.restore(waiting) || first);
    }

    /// Goes on with what another tab has left behind.
    fn take_over(&self) {
        let Some(user) = self.0.restored.get() else { return };
        let wiring = self.clone();
        spawn_local(async move { wiring.find(user).await });
    }

    /// Nobody is there any more; what is kept stays for when they come back.
    pub(super) fn end(&self) {
        self.connection().stop();
        self.0.restored.set(None);
        self.0.kept.borrow_mut().clear();
        self.0.reading.borrow_mut().clear();
    }

    pub(super) fn set_active(&self, active: bool) {
        if self.0.active.replace(active) != active {
            self.tell_activity();
        }
    }

    fn connection(&self) -> &Connection {
        self.0
            .connection
            .get_or_init(|| Connection::new(Box::new(Receiver(Rc::downgrade(&self.0)))))
    }

    fn tell(&self, command: ClientCommand) {
        let connection = self.connection().clone();
        spawn_local(async move {
            // Ephemeral: the next one says it again.
            let _ = connection.ask(command).await;
        });
    }

    fn tell_activity(&self) {
        self.tell(ClientCommand::SetActive { active: self.0.active.get() });
    }

    // --- the outbox --------------------------------------------------------------------------

    /// Keeps what is new, forgets what is done, sends what may go. Called whenever the outbox or
    /// the connection changes.
    pub(super) fn pump(&self) {
        let state = self.0.state;
        let Some(user) = state.me_untracked() else { return };
        if self.0.restored.get() != Some(user) {
            return;
        }
        self.keep(user);
        if state.link.get_untracked() != Link::Live {
            return;
        }
        let now = now_millis();
        let mut ready = Vec::new();
        state.outbox.maybe_update(|outbox| {
            ready = outbox.take_ready(now);
            !ready.is_empty()
        });
        for item in ready {
            self.send(user, item);
        }
        let wakes_at = state.outbox.with_untracked(Outbox::wakes_at);
        let wake = wakes_at.map(|at| {
            let wiring = self.clone();
            let pause = u32::try_from(at.saturating_sub(now)).unwrap_or(u32::MAX);
            Timeout::new(pause, move || wiring.pump())
        });
        *self.0.wake.borrow_mut() = wake;
    }

    /// Makes the database hold what the outbox does.
    fn keep(&self, user: UserId) {
        let state = self.0.state;
        let items: Vec<Item> =
            state.outbox.with_untracked(|outbox| outbox.unacknowledged().cloned().collect());
        let present: HashSet<_> = items.iter().map(|item| item.id).collect();
        let mut gone = Vec::new();
        self.0.kept.borrow_mut().retain(|id| {
            let stays = present.contains(id) || self.0.reading.borrow().holds(*id);
            if !stays {
                gone.push(*id);
            }
            stays
        });
        for id in gone {
            self.remove(user, id);
        }
        for item in items {
            if self.0.kept.borrow_mut().insert(item.id) {
                self.write(user, item);
            }
        }
    }

    fn write(&self, user: UserId, item: Item) {
        let database = self.0.database.borrow().clone();
        let state = self.0.state;
        let id = item.id;
        let held = held::hold(user, &item);
        // Where nothing can be kept, sending is the best there is.
        let patience = Timeout::new(DATABASE_MILLIS, move || {
            state.outbox.update(|outbox| outbox.kept(id));
        });
        spawn_local(async move {
            let kept = match database {
                Some(database) => Keeping::of(&database.keep(user, &item).await),
                None => Keeping::Refuses,
            };
            drop(patience);
            if kept == Keeping::Keeps {
                held::release(user, id);
                state.keeps(kept);
            } else {
                state.keeps(held);
            }
            state.outbox.update(|outbox| outbox.kept(id));
        });
    }

    fn remove(&self, user: UserId, id: ClientMessageId) {
        if let Some(tabs) = &self.0.tabs {
            // The other tabs also learn it from the log.
            let _ = tabs.post_message(&JsValue::from_str(&id.to_string()));
        }
        held::release(user, id);
        let database = self.0.database.borrow().clone();
        spawn_local(async move {
            if let Some(database) = database {
                // What stays is sent again under the same id, which changes nothing.
                let _ = database.remove(user, id).await;
            }
        });
    }

    fn send(&self, user: UserId, item: Item) {
        let wiring = self.clone();
        spawn_local(async move {
            let (id, room) = (item.id, item.room);
            let answer = wiring.connection().ask(item.command()).await;
            let state = wiring.0.state;
            if state.me_untracked() != Some(user) {
                return;
            }
            match answer {
                Ok(CommandReply::Sent(acknowledgement)) => state.acknowledged(&acknowledgement),
                Ok(CommandReply::Done) => state.done(room, id),
                Ok(
                    CommandReply::Room { .. }
                    | CommandReply::User { .. }
                    | CommandReply::InvitationMade { .. }
                    | CommandReply::ResetLink { .. },
                ) => leptos::logging::warn!("a message was answered with something else"),
                // The connection has gone, and with it the attempt: it is made again on the next.
                Err(_) if state.link.get_untracked() != Link::Live => {}
                Err(error) => {
                    let mut refusal = Refusal::Passing;
                    state.outbox.update(|outbox| {
                        refusal = outbox.refused(id, error.clone(), now_millis());
                    });
                    match refusal {
                        Refusal::Passing => {}
                        Refusal::Kept(item) => wiring.write(user, item),
                        Refusal::Undone => state.undone.set(Some(error)),
                    }
                }
            }
        });
    }

    fn listen_to_tabs(&self) {
        let Some(tabs) = &self.0.tabs else { return };
        let state = self.0.state;
        let parts = Rc::downgrade(&self.0);
        let gone = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let (Some(text), Some(parts)) = (event.data().as_string(), parts.upgrade()) else {
                return;
            };
            let Ok(id) = text.parse() else { return Wiring(parts).take_over() };
            parts.kept.borrow_mut().remove(&id);
            if state.outbox.with_untracked(|outbox| outbox.get(id).is_some()) {
                state.outbox.update(|outbox| {
                    outbox.remove(id);
                });
            }
        });
        tabs.set_onmessage(Some(gone.as_ref().unchecked_ref()));
        // The channel lives as long as the page.
        gone.forget();
    }

    /// A tab that is closed leaves what waits to the others; where nothing is kept, it asks before.
    fn listen_to_leaving(&self) {
        let state = self.0.state;
        let tabs = self.0.tabs.clone();
        let leaving = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let waits = state.outbox.with_untracked(|outbox| outbox.unsent() > 0);
            if event.type_() == "pagehide" {
                if let Some(tabs) = tabs.as_ref().filter(|_| waits) {
                    // Nobody's id. Without it the others look now and then.
                    let _ = tabs.post_message(&JsValue::from_str(""));
                }
            } else if state.keeping.get_untracked() == Keeping::Refuses
                && (waits || !state.typed.with_untracked(Map::is_empty))
            {
                event.prevent_default();
            }
        });
        let listener = leaving.as_ref().unchecked_ref();
        for name in ["pagehide", "beforeunload"] {
            // Without these events nothing is lost that is kept.
            let _ = window().add_event_listener_with_callback(name, listener);
        }
        leaving.forget();
    }

    // --- what is missing ---------------------------------------------------------------------

    fn attend(&self, needs: Vec<Need>) {
        for need in needs {
            match need {
                Need::Resume => self.connection().resume(),
                Need::Log { room, after } => self.fetch(room, after),
            }
        }
    }

    /// Fetches a room's missing events, unless they come by themselves in a moment.
    fn fetch(&self, room: RoomId, after: Seq) {
        if !self.0.fetching.borrow_mut().insert(room) {
            return;
        }
        let wiring = self.clone();
        spawn_local(async move {
            TimeoutFuture::new(GAP_GRACE_MILLIS).await;
            wiring.fetch_now(room, after).await;
            wiring.0.fetching.borrow_mut().remove(&room);
        });
    }

    async fn fetch_now(&self, room: RoomId, mut after: Seq) {
        let state = self.0.state;
        loop {
            let Some(entry) = state.room_untracked(room) else { return };
            let last = entry.view.with_untracked(|view| view.head);
            if last > after && !entry.has_gap() {
                return;
            }
            after = last;
            let page = PageQuery { before: None, after: Some(after), limit: Some(limit::PAGE_MAX) };
            // What fails now is found again by the next heartbeat or resume.
            let Ok(log) = Self::log(room, page).await else { return };
            if log.events.is_empty() {
                return;
            }
            let complete = log.events.last().is_some_and(|event| event.seq >= log.head);
            state.fill(room, log.events);
            if state.room_untracked(room).is_none() {
                // It was left. Whether one has come back, the same hole may have swallowed.
                self.connection().resume();
                return;
            }
            if complete {
                return;
            }
        }
    }

    fn log(room: RoomId, page: PageQuery) -> Answer<Log> {
        Box::pin(async move { Ok(api::call::<GetLog>(&(room,), &page, &Nothing {}).await?) })
    }

    /// Notices that came while nobody was looking.
    fn find_notices(&self) {
        let state = self.0.state;
        let Some(entry) = untrack(|| state.announcements()) else { return };
        let counts = entry.view.with_untracked(RoomState::counts);
        if counts.unread == 0 {
            return;
        }
        spawn_local(async move {
            let page =
                PageQuery { before: None, after: Some(counts.read), limit: Some(limit::PAGE_MAX) };
            if let Ok(log) = Self::log(entry.id, page).await {
                state.add_notices(log.events.iter().filter_map(RoomEvent::message));
            }
        });
    }

    // --- what is read ------------------------------------------------------------------------

    fn tell_read(&self) {
        self.tell_read_after(READ_MILLIS);
    }

    fn tell_read_after(&self, millis: u32) {
        let wiring = self.clone();
        let mut telling = self.0.telling.borrow_mut();
        if telling.is_none() {
            *telling = Some(Timeout::new(millis, move || {
                wiring.0.telling.borrow_mut().take();
                wiring.flush_read();
            }));
        }
    }

    /// It was refused for now. Where the connection has gone instead, it is kept soon.
    fn tell_read_later(&self, error: &ErrorCode) {
        let refused = self.0.refused.get();
        let is_live = self.0.state.link.get_untracked() == Link::Live;
        match pause(error, refused).filter(|_| is_live) {
            Some(pause) if self.0.telling.borrow().is_none() => {
                self.0.refused.set(refused.saturating_add(1));
                self.tell_read_after(u32::try_from(pause).unwrap_or(u32::MAX));
            }
            Some(_) => {}
            None => self.tell_read(),
        }
    }

    /// How far somebody has read. Whether or not there is a connection, it is told at last: a tab
    /// that is closed leaves it to the next.
    fn add_read(&self, marker: &Item) {
        let Some(user) = self.0.state.me_untracked() else { return };
        if self.0.reading.borrow_mut().add(marker) {
            self.show_read(marker);
            // Where nothing can be kept, telling it is the best there is.
            let _ = held::hold(user, marker);
            self.tell_read();
        }
    }

    /// What is read looks so, whether or not the server knows it.
    fn show_read(&self, marker: &Item) {
        let entry = self.0.state.room_untracked(marker.room);
        if let (Some(entry), Some(seq)) = (entry, marker.read_up_to()) {
            entry.view.maybe_update(|view| view.read_here(marker.thread, seq));
        }
    }

    fn flush_read(&self) {
        let state = self.0.state;
        let Some(user) = state.me_untracked() else { return };
        let live = state.link.get_untracked() == Link::Live;
        let reading = self.0.reading.borrow().all().to_vec();
        for marker in reading {
            let wiring = self.clone();
            if live {
                self.show_read(&marker);
                let mut command = marker.clone().command();
                if let ClientCommand::MarkRead { age_ms, .. } = &mut command {
                    *age_ms = age_of(marker.made_at);
                }
                spawn_local(async move {
                    match wiring.connection().ask(command).await {
                        Err(error) if error.is_retryable() => wiring.tell_read_later(&error),
                        Ok(_) | Err(_) => wiring.told_read(user, &marker),
                    }
                });
            } else {
                self.0.kept.borrow_mut().insert(marker.id);
                let database = self.0.database.borrow().clone();
                spawn_local(async move {
                    if let Some(database) = database
                        && database.keep(user, &marker).await.is_ok()
                    {
                        held::release(user, marker.id);
                    }
                });
            }
        }
    }

    fn told_read(&self, user: UserId, marker: &Item) {
        self.0.refused.set(0);
        if !self.0.reading.borrow_mut().told(marker) {
            return;
        }
        if self.0.kept.borrow_mut().remove(&marker.id) {
            self.remove(user, marker.id);
        } else {
            held::release(user, marker.id);
        }
    }
}

impl Perform for Wiring {
    fn ask(&self, command: ClientCommand) -> Answer<CommandReply> {
        let (state, connection) = (self.0.state, self.connection().clone());
        if let ClientCommand::MarkUnread { room, .. } = command
            && state.link.get_untracked() == Link::Live
        {
            // It was read before, and that is not told after it.
            let before = self.0.reading.borrow().of_room(room).cloned();
            if let (Some(user), Some(before)) = (state.me_untracked(), before) {
                self.told_read(user, &before);
            }
            if let Some(entry) = state.room_untracked(room) {
                entry.view.update(RoomState::forget_read_here);
            }
        }
        Box::pin(async move { connection.ask(command).await })
    }

    fn history(&self, room: RoomId, thread: Option<Seq>, query: HistoryQuery) -> Answer<History> {
        Box::pin(async move {
            let Some(thread) = thread else {
                return Ok(api::call::<GetHistory>(&(room,), &query, &Nothing {}).await?);
            };
            let thread = api::call::<GetThread>(&(room, thread), &query, &Nothing {}).await?;
            Ok(history_of(thread, query))
        })
    }

    fn message(&self, room: RoomId, seq: Seq) -> Answer<Option<Message>> {
        Box::pin(async move {
            let page = PageQuery { before: None, after: Some(seq.previous()), limit: Some(1) };
            let found = api::call::<ListMessages>(&(room,), &page, &Nothing {}).await?;
            Ok(found.messages.into_iter().find(|message| message.seq == seq))
        })
    }

    fn pins(&self, room: RoomId) -> Answer<Pins> {
        Box::pin(
            async move { Ok(api::call::<ListPins>(&(room,), &Nothing {}, &Nothing {}).await?) },
        )
    }

    fn read(&self, room: RoomId, thread: Option<Seq>, seq: Seq) {
        let entry = self.0.state.room_untracked(room);
        let marker =
            entry.map_or(Seq::ZERO, |entry| entry.view.with_untracked(|view| view.counts().read));
        if thread.is_some() || seq > marker {
            self.add_read(&Item { made_at: server_time(), ..Item::read(room, thread, seq) });
        }
    }

    fn reconnect(&self) {
        self.connection().reconnect();
    }

    fn sign_out(&self) -> Answer<()> {
        let wiring = self.clone();
        Box::pin(async move {
            // Else the connection would be told of the session's end, and ask what it means.
            wiring.connection().stop();
            match api::post::<Logout>(&Nothing {}).await.map_err(ErrorCode::from) {
                Ok(Nothing {}) | Err(ErrorCode::Unauthorized) => {}
                Err(error) => {
                    wiring.connection().start();
                    return Err(error);
                }
            }
            let state = wiring.0.state;
            if let Some(user) = state.me_untracked() {
                drafts::forget(user);
                let database = wiring.0.database.borrow().clone();
                if let Some(database) = database {
                    // A database that cannot be written to holds nothing either.
                    let _ = database.forget(user).await;
                }
            }
            state.signed_out();
            Ok(())
        })
    }
}

/// A page of a thread as one of its history: its root stands at its beginning.
fn history_of(thread: Thread, query: HistoryQuery) -> History {
    let Thread { epoch, head, root, replies, before, after } = thread;
    let begins = before.is_none() && query.after.is_none();
    let root = begins.then_some(root);
    let messages = root.into_iter().chain(replies);
    let entries = messages.map(|message| HistoryEntry::Message(Box::new(message))).collect();
    History { epoch, head, entries, before, after }
}

/// What the connection tells; it lives no longer than the wiring.
struct Receiver(Weak<Parts>);

impl Receiver {
    fn wiring(&self) -> Option<Wiring> {
        self.0.upgrade().map(Wiring)
    }
}

impl Owner for Receiver {
    fn cursors(&self) -> Resume {
        self.wiring().map_or_else(Resume::default, |wiring| wiring.0.state.cursors())
    }

    fn link(&self, link: Link) {
        if let Some(wiring) = self.wiring() {
            wiring.0.state.link.set(link);
        }
    }

    fn greeted(&self, user: UserId) {
        let Some(wiring) = self.wiring() else { return };
        let state = wiring.0.state;
        if state.me_untracked() == Some(user) {
            return;
        }
        // Another tab of this browser signed somebody else in.
        state.becomes(user);
        spawn_local(async move {
            if let Ok(me) = api::get::<GetMe>().await {
                state.set_me(me);
            }
        });
    }

    fn frame(&self, frame: ServerFrame) {
        if let Some(wiring) = self.wiring() {
            if matches!(frame, ServerFrame::Heartbeat { .. }) {
                // A tab that was killed has told nobody.
                wiring.take_over();
            }
            let needs = wiring.0.state.apply(frame);
            wiring.attend(needs);
        }
    }

    fn live(&self) {
        if let Some(wiring) = self.wiring() {
            wiring.find_notices();
            wiring.flush_read();
            wiring.tell_activity();
            wiring.take_over();
            wiring.pump();
        }
    }

    fn lost(&self) {
        if let Some(wiring) = self.wiring() {
            wiring.0.state.outbox.update(Outbox::disconnected);
        }
    }

    fn carried(&self, way: String) {
        if let Some(wiring) = self.wiring() {
            wiring.0.state.way.set(way);
        }
    }

    fn check_session(&self, answer: Box<dyn FnOnce(Session)>) {
        let Some(wiring) = self.wiring() else { return };
        let state = wiring.0.state;
        spawn_local(async move {
            let session = match api::get::<GetMe>().await {
                Ok(_) => Session::Lasts,
                Err(api::Failure::Refused(ErrorCode::Unauthorized)) => Session::Ended,
                Err(_) => Session::Unknown,
            };
            answer(session);
            if session == Session::Ended && state.viewer.get_untracked() != Viewer::Nobody {
                state.put_out();
            }
        });
    }
}
