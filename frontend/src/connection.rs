//! The one live connection: opens it, resumes, answers, notices its death, comes back.
//!
//! Everything arrives at [`Connection`]'s callbacks on the page's one thread; what it learns it
//! tells its [`Owner`].

use crate::clock;
use crate::state::{Link, now_millis};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use gloo_timers::callback::{Interval, Timeout};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Reflect};
use leptos::prelude::{document, window};
use shared::PROTOCOL_VERSION;
use shared::command::{ClientCommand, CommandReply};
use shared::error::ErrorCode;
use shared::frame::{ClientFrame, CloseCode, Reconnect, Resume, ServerFrame};
use shared::id::UserId;
use shared::json;
use shared::{api, limit};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::rc::{Rc, Weak};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, Event, EventTarget, MessageEvent, VisibilityState, WebSocket};

const BACKOFF_MIN_MILLIS: u64 = 500;
const BACKOFF_MAX_MILLIS: u64 = 30_000;
/// From opening a socket to the server's first word.
const HANDSHAKE_MILLIS: u64 = 10_000;
/// A command without an answer for so long has an unknown outcome.
const ANSWER_MILLIS: u32 = 20_000;
/// A connection that was silent for longer is asked for a sign of life when the page comes back.
const DOUBT_AFTER_MILLIS: u64 = 10_000;
/// How long it has for that.
const SIGN_OF_LIFE_MILLIS: u64 = 5_000;
const WATCH_MILLIS: u32 = 1_000;

/// `sessionStorage` key: the protocol version for which this tab has reloaded itself.
const RELOADED_KEY: &str = "hubbub.reloaded";

/// Where the other ways are, and what opens them once they are here.
const DOORS: &str = "/doors/doors.js";
const DOOR: &str = "hubbubDoor";
/// How long they have to come before the WebSocket is tried again.
const DOORS_MILLIS: u64 = 400;

/// What the server says of the session, if it says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    Lasts,
    Ended,
    Unknown,
}

/// Who is told, and asked.
pub trait Owner {
    /// Where to go on.
    fn cursors(&self) -> Resume;
    fn link(&self, link: Link);
    /// What carries the connection and why it is no WebSocket, as `doors.js` calls them; nothing
    /// when it is one.
    fn carried(&self, way: String);
    /// Whom the server takes this connection to be.
    fn greeted(&self, user: UserId);
    fn frame(&self, frame: ServerFrame);
    /// Everything is synchronised: what waited can go out.
    fn live(&self);
    /// What was being asked has an unknown outcome.
    fn lost(&self);
    /// The connection ended in a way that may mean that nobody is signed in any more.
    fn check_session(&self, answer: Box<dyn FnOnce(Session)>);
}

type Answer = oneshot::Sender<Result<CommandReply, ErrorCode>>;

#[derive(Clone)]
pub struct Connection(Rc<Inner>);

impl core::fmt::Debug for Connection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Connection")
    }
}

struct Inner {
    owner: Box<dyn Owner>,
    /// Whether there is somebody to connect for.
    wanted: Cell<bool>,
    socket: RefCell<Option<Socket>>,
    /// Tells a socket's late callbacks from those of the one in use.
    generation: Cell<u64>,
    synchronised: Cell<bool>,
    /// Failed attempts in a row.
    attempts: Cell<u32>,
    heard_at: Cell<u64>,
    /// By when the server must be heard again; earlier than silence allows when there is doubt.
    deadline: Cell<u64>,
    /// Whether there ever was a connection, and whether one fell silent while the page was awake.
    was_live: Cell<bool>,
    fell_silent: Cell<bool>,
    going_away: Cell<Option<u64>>,
    next_id: Cell<u64>,
    unanswered: RefCell<HashMap<u64, Answer>>,
    retry: RefCell<Option<Timeout>>,
    watch: RefCell<Option<Interval>>,
}

struct Socket {
    web: WebSocket,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.web.set_onmessage(None);
        self.web.set_onclose(None);
        // Closing what is closed already is allowed; nothing else can be refused here.
        let _ = self.web.close();
    }
}

impl Connection {
    pub fn new(owner: Box<dyn Owner>) -> Self {
        let connection = Self(Rc::new(Inner {
            owner,
            wanted: Cell::new(false),
            socket: RefCell::new(None),
            generation: Cell::new(0),
            synchronised: Cell::new(false),
            attempts: Cell::new(0),
            heard_at: Cell::new(0),
            deadline: Cell::new(u64::MAX),
            was_live: Cell::new(false),
            fell_silent: Cell::new(false),
            going_away: Cell::new(None),
            next_id: Cell::new(1),
            unanswered: RefCell::new(HashMap::new()),
            retry: RefCell::new(None),
            watch: RefCell::new(None),
        }));
        connection.0.watch_page();
        connection
    }

    /// Connects and stays connected until [`Connection::stop`].
    pub fn start(&self) {
        if !self.0.wanted.replace(true) {
            self.0.attempts.set(0);
            self.0.connect();
        }
    }

    /// Nobody is there to connect for.
    pub fn stop(&self) {
        self.0.wanted.set(false);
        self.0.retry.borrow_mut().take();
        self.0.drop_socket();
    }

    /// Tries now instead of when the pause is over; also after the server said to stop.
    pub fn reconnect(&self) {
        if self.0.socket.borrow().is_none() && self.0.wanted.get() {
            self.0.attempts.set(0);
            self.0.connect();
        }
    }

    /// Synchronises anew.
    pub fn resume(&self) {
        self.0.resume();
    }

    /// Asks; [`ErrorCode::Unavailable`] when there is no connection, or it ends before the answer.
    pub async fn ask(&self, command: ClientCommand) -> Result<CommandReply, ErrorCode> {
        let inner = &self.0;
        if !inner.synchronised.get() {
            return Err(ErrorCode::Unavailable);
        }
        let id = inner.next_id.get();
        inner.next_id.set(id + 1);
        let (sender, receiver) = oneshot::channel();
        inner.unanswered.borrow_mut().insert(id, sender);
        if !inner.send(&ClientFrame::Command { id, command }) {
            inner.unanswered.borrow_mut().remove(&id);
            return Err(ErrorCode::Unavailable);
        }
        let too_long = pin!(TimeoutFuture::new(ANSWER_MILLIS));
        let answer = select(receiver, too_long).await;
        match answer {
            Either::Left((answer, _)) => answer.unwrap_or(Err(ErrorCode::Unavailable)),
            Either::Right(((), _)) => {
                inner.unanswered.borrow_mut().remove(&id);
                Err(ErrorCode::Unavailable)
            }
        }
    }
}

impl Inner {
    /// For as long as the page lives, as the connection does.
    fn watch_page(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        // Not in every browser.
        let network = Reflect::get(&window().navigator(), &"connection".into());
        let network = network.ok().filter(JsValue::is_object);
        let kind = {
            let network = network.clone().unwrap_or_default();
            move || Reflect::get(&network, &"type".into()).unwrap_or_default()
        };
        let mut before = kind();
        let woken = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let Some(inner) = weak.upgrade() else { return };
            // What was said a moment ago came by the network there was. How fast it is changes all
            // the time; what it is, only when it is another one.
            let now = kind();
            let moved = now != before || event.type_() == "online";
            before = now;
            if moved || document().visibility_state() == VisibilityState::Visible {
                inner.woken(if moved { 0 } else { DOUBT_AFTER_MILLIS });
            }
        });
        let listener = woken.as_ref().unchecked_ref();
        // Without these events the pauses still end by themselves.
        let _ = window().add_event_listener_with_callback("online", listener);
        let _ = document().add_event_listener_with_callback("visibilitychange", listener);
        if let Some(network) = network {
            let network: EventTarget = network.unchecked_into();
            let _ = network.add_event_listener_with_callback("change", listener);
        }
        woken.forget();
        let weak = Rc::downgrade(self);
        *self.watch.borrow_mut() = Some(Interval::new(WATCH_MILLIS, move || {
            if let Some(inner) = weak.upgrade() {
                inner.check_deadline();
            }
        }));
    }

    /// The network or the person came back.
    fn woken(self: &Rc<Self>, doubt_after: u64) {
        if !self.wanted.get() {
            return;
        }
        if self.socket.borrow().is_some() {
            let now = now_millis();
            if self.synchronised.get() && now.saturating_sub(self.heard_at.get()) >= doubt_after {
                // A laptop that slept, or has gone elsewhere, finds its socket open and dead. A resume
                // must be answered.
                self.resume();
                self.deadline.set(now + SIGN_OF_LIFE_MILLIS);
            }
        } else if self.retry.borrow().is_some() {
            self.connect();
        }
    }

    fn check_deadline(self: &Rc<Self>) {
        if clock::has_jumped() && self.wanted.get() {
            self.owner.check_session(Box::new(|_| {}));
        }
        let (now, deadline) = (now_millis(), self.deadline.get());
        if self.socket.borrow().is_some() && now > deadline {
            let doubted =
                self.synchronised.get() && deadline != self.heard_at.get() + limit::SILENCE_MILLIS;
            self.fell_silent.set(!doubted && now < deadline + DOUBT_AFTER_MILLIS);
            self.drop_socket();
            self.ended(1006);
        }
    }

    fn connect(self: &Rc<Self>) {
        self.retry.borrow_mut().take();
        self.drop_socket();
        let generation = self.generation.get() + 1;
        self.generation.set(generation);
        self.deadline.set(now_millis() + HANDSHAKE_MILLIS);
        let Some(socket) = self.open(generation) else {
            self.ended(1006);
            return;
        };
        *self.socket.borrow_mut() = Some(socket);
    }

    fn open(self: &Rc<Self>, generation: u64) -> Option<Socket> {
        let socket = door(self.was_live.get(), self.fell_silent.get()).or_else(|| {
            let location = window().location();
            let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
            let url = format!("{scheme}://{}{}", location.host().ok()?, api::WEBSOCKET);
            WebSocket::new(&url).ok()
        })?;
        let current = {
            let weak: Weak<Self> = Rc::downgrade(self);
            move || weak.upgrade().filter(|inner| inner.generation.get() == generation)
        };
        let message = {
            let current = current.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                if let (Some(inner), Some(text)) = (current(), event.data().as_string()) {
                    inner.received(&text);
                }
            })
        };
        let close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            if let Some(inner) = current() {
                inner.drop_socket();
                inner.ended(event.code());
            }
        });
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Some(Socket { web: socket, _message: message, _close: close })
    }

    fn drop_socket(&self) {
        let socket = self.socket.borrow_mut().take();
        if let Some(socket) = socket {
            self.generation.set(self.generation.get() + 1);
            self.synchronised.set(false);
            // Its callbacks may be running: they go when the page's current turn is over.
            Timeout::new(0, move || drop(socket)).forget();
        }
        let unanswered = core::mem::take(&mut *self.unanswered.borrow_mut());
        if !unanswered.is_empty() {
            drop(unanswered);
            self.owner.lost();
        }
    }

    fn send(&self, frame: &ClientFrame) -> bool {
        let socket = self.socket.borrow();
        let (Some(socket), Ok(text)) = (socket.as_ref(), serde_json::to_string(frame)) else {
            return false;
        };
        socket.web.ready_state() == WebSocket::OPEN && socket.web.send_with_str(&text).is_ok()
    }

    fn resume(&self) {
        let cursors = self.owner.cursors();
        self.send(&ClientFrame::Resume(cursors));
    }

    fn received(self: &Rc<Self>, text: &str) {
        let now = now_millis();
        self.heard_at.set(now);
        self.deadline.set(now + limit::SILENCE_MILLIS);
        let Ok(frame) = json::read::<ServerFrame>(text) else {
            // A server newer than this page says so in its first frame; this is a defect.
            leptos::logging::warn!("a frame this page cannot read was left out");
            return;
        };
        match frame {
            ServerFrame::Hello { protocol, user, .. } => {
                if protocol > PROTOCOL_VERSION {
                    self.outdated(protocol);
                } else {
                    self.owner.greeted(user);
                    self.resume();
                }
            }
            ServerFrame::Reply { id, reply } => self.answer(id, Ok(reply)),
            ServerFrame::Refused { id, error } => self.answer(id, Err(error)),
            ServerFrame::Heartbeat { .. } => {
                self.send(&ClientFrame::Heartbeat);
                self.owner.frame(frame);
            }
            ServerFrame::Resumed(_) => {
                self.attempts.set(0);
                self.going_away.set(None);
                self.was_live.set(true);
                self.tell_way();
                self.owner.frame(frame);
                if !self.synchronised.replace(true) {
                    self.owner.link(Link::Live);
                    self.owner.live();
                }
            }
            ServerFrame::GoingAway { reconnect_in } => self.going_away.set(Some(reconnect_in)),
            ServerFrame::Closed { code } => {
                self.drop_socket();
                self.ended(code);
            }
            ServerFrame::Error { error: ErrorCode::VersionUnsupported { server } } => {
                self.outdated(server);
            }
            // Without an answer to the resume nothing goes on: begin again, after a pause.
            ServerFrame::Error { .. } if !self.synchronised.get() => {
                self.drop_socket();
                self.ended(1006);
            }
            ServerFrame::Error { .. } => {
                // Which one, its log says.
                leptos::logging::warn!("the server could not read a frame");
            }
            ServerFrame::Event { .. }
            | ServerFrame::UserEvent { .. }
            | ServerFrame::Joined { .. }
            | ServerFrame::Typing { .. }
            | ServerFrame::Presence { .. }
            | ServerFrame::Seen { .. }
            | ServerFrame::PersonChanged { .. }
            | ServerFrame::SiteChanged { .. } => self.owner.frame(frame),
        }
    }

    fn answer(&self, id: u64, answer: Result<CommandReply, ErrorCode>) {
        let waiting = self.unanswered.borrow_mut().remove(&id);
        if let Some(waiting) = waiting {
            // Whoever asked may have gone.
            let _ = waiting.send(answer);
        }
    }

    fn ended(self: &Rc<Self>, code: u16) {
        if !self.wanted.get() {
            return;
        }
        match CloseCode::advice(code) {
            Reconnect::Never => {
                let replaced = code == CloseCode::Replaced.number();
                self.owner.link(if replaced { Link::Replaced } else { Link::Refused });
            }
            Reconnect::SignIn => self.check_session(),
            Reconnect::ReloadOnce => self.outdated(PROTOCOL_VERSION + 1),
            Reconnect::BackOff => {
                if let Some(reconnect_in) = self.going_away.take() {
                    let next_try = self.try_in(reconnect_in);
                    self.owner.link(Link::Restarting { next_try });
                } else {
                    self.check_session();
                }
            }
        }
    }

    fn check_session(self: &Rc<Self>) {
        let next_try = self.try_in(self.pause());
        self.owner.link(Link::Waiting { next_try });
        let weak = Rc::downgrade(self);
        self.owner.check_session(Box::new(move |session| {
            let Some(inner) = weak.upgrade() else { return };
            match session {
                Session::Unknown => {}
                // What ended the connection is neither the server nor the network as such.
                Session::Lasts => inner.fetch_doors(),
                Session::Ended => {
                    inner.wanted.set(false);
                    inner.retry.borrow_mut().take();
                    inner.drop_socket();
                }
            }
        }));
    }

    /// Has the other ways at hand for the next attempt. Which of them is gone, they know.
    fn fetch_doors(self: &Rc<Self>) {
        if doors().is_some() || self.synchronised.get() {
            return;
        }
        if let (Ok(script), Some(head)) = (document().create_element("script"), document().head()) {
            // Without it the WebSocket goes on being tried. One that did not come is another one.
            let _ = script.set_attribute("type", "module");
            let _ = script.set_attribute("src", &format!("{DOORS}?{}", self.attempts.get()));
            let _ = head.append_child(&script);
            self.drop_socket();
            self.try_in(DOORS_MILLIS);
        }
    }

    fn tell_way(&self) {
        let how = self
            .socket
            .borrow()
            .as_ref()
            .and_then(|socket| Reflect::get(&socket.web, &"how".into()).ok()?.as_string());
        self.owner.carried(how.unwrap_or_default());
    }

    /// Full jitter: anything up to a bound that doubles.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "between 0 and 30,000"
    )]
    fn pause(&self) -> u64 {
        let attempts = self.attempts.get();
        self.attempts.set(attempts.saturating_add(1));
        let bound = (BACKOFF_MIN_MILLIS << attempts.min(10)).min(BACKOFF_MAX_MILLIS);
        (js_sys::Math::random() * bound as f64) as u64
    }

    /// When the next attempt will be made, by the page's clock.
    fn try_in(self: &Rc<Self>, millis: u64) -> u64 {
        let weak = Rc::downgrade(self);
        let pause = u32::try_from(millis).unwrap_or(u32::MAX);
        let timeout = Timeout::new(pause, move || {
            if let Some(inner) = weak.upgrade() {
                inner.connect();
            }
        });
        // A timeout that is replaced is cancelled: there is one next attempt.
        *self.retry.borrow_mut() = Some(timeout);
        now_millis() + millis
    }

    /// The server is newer than this page: reload, but never in a circle.
    fn outdated(&self, server: u32) {
        self.wanted.set(false);
        self.retry.borrow_mut().take();
        self.drop_socket();
        let storage = window().session_storage().ok().flatten();
        let known = storage.as_ref().and_then(|storage| storage.get_item(RELOADED_KEY).ok()?);
        let version = server.to_string();
        let remembered = known.as_deref() != Some(&version)
            && storage.is_some_and(|storage| storage.set_item(RELOADED_KEY, &version).is_ok());
        if remembered {
            // A page that cannot reload stays as it is, and says so below.
            let _ = window().location().reload();
        }
        self.owner.link(Link::Refused);
    }
}

fn doors() -> Option<Function> {
    Reflect::get(&window(), &DOOR.into()).ok()?.dyn_into().ok()
}

/// Something shaped like a WebSocket that goes by what works, once what makes it is here.
fn door(was_live: bool, fell_silent: bool) -> Option<WebSocket> {
    let opened = doors()?.call2(&JsValue::NULL, &was_live.into(), &fell_silent.into());
    Some(opened.ok()?.unchecked_into())
}
