//! A real server on a port of its own, and clients that speak the wire.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use crate::doors::{Door, Way};
use async_trait::async_trait;
use backend::app::{App, Parts};
use backend::bus::{Bus, Envelope};
use backend::chat::{Limits, Rate, password};
use backend::clock::Clock;
use backend::config::Config;
use backend::live::Pace;
use backend::store::sqlite::SqliteStore;
use core::num::NonZeroU32;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::{
    CommandQuery, Endpoint, GetLog, Log, LoginRequest, Method, Nothing, PageQuery, PostCommand,
    Register, RegisterRequest, SignedIn, WEBSOCKET,
};
use shared::command::{ClientCommand, CommandReply};
use shared::error::{ErrorCode, Problem};
use shared::event::{RoomEvent, ServerEvent};
use shared::frame::{ClientFrame, Resume, Resumed, ResumedRoom, RoomCursor, ServerFrame};
use shared::id::{ClientMessageId, Epoch, RoomId, Seq, UserId};
use shared::limit;
use shared::message::Acknowledgement;
use shared::room::{RoomKind, RoomSnapshot};
use shared::user::User;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

/// Far longer than anything takes, the next heartbeat included: reached only when what is waited for
/// does not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server in this process, with a folder of its own.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) app: Arc<App>,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    folder: Arc<TempDir>,
}

/// How a server is to be started.
pub(crate) struct Builder {
    config: Config,
    limits: Limits,
    clock: Clock,
    pace: Pace,
    folder: Arc<TempDir>,
    bus: Carrying,
}

/// What becomes of that which the store has committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrying {
    Everything,
    Nothing,
}

/// A bus that loses all it is given.
#[derive(Debug)]
struct LosingBus {
    /// Kept open, as that of a bus that only loses.
    _queue: mpsc::Sender<Envelope>,
}

#[async_trait]
impl Bus for LosingBus {
    async fn publish(&self, _: Envelope) {}
}

pub(crate) fn rate(per_second: u32, burst: u32) -> Rate {
    Rate {
        per_second: NonZeroU32::new(per_second).unwrap(),
        burst: NonZeroU32::new(burst).unwrap(),
    }
}

impl TestServer {
    pub(crate) fn builder() -> Builder {
        let limits = Limits {
            messages: rate(100_000, 100_000),
            commands: rate(100_000, 100_000),
            searches: rate(100_000, 100_000),
            password_cost: password::Cost::Least,
            off_after: Duration::from_millis(limit::OFFLINE_MILLIS),
        };
        Builder {
            config: Config::default(),
            limits,
            clock: Clock::system(),
            pace: Pace::default(),
            folder: Arc::new(TempDir::new().unwrap()),
            bus: Carrying::Everything,
        }
    }

    pub(crate) async fn start() -> Self {
        Self::builder().start().await
    }

    /// Ends this server, gracefully, and starts another one on the same folder.
    pub(crate) async fn restart(self) -> Self {
        let builder = Builder { folder: Arc::clone(&self.folder), ..Self::builder() };
        self.stop().await;
        builder.start().await
    }

    /// The same, with another clock.
    pub(crate) async fn restart_at(self, clock: Clock) -> Self {
        let builder = Builder { folder: Arc::clone(&self.folder), clock, ..Self::builder() };
        self.stop().await;
        builder.start().await
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        within(self.serving).await.unwrap();
    }

    pub(crate) fn shut_down(&self) {
        self.shutdown.cancel();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Registers somebody; the first one is the administrator.
    pub(crate) async fn person(&self, nick: &str) -> Person {
        sign_in_at(self.address, nick).await
    }

    pub(crate) async fn log_in(&self, nick: &str) -> Person {
        let request =
            LoginRequest { nick: nick.to_owned(), password: PASSWORD.to_owned(), token: true };
        let signed_in =
            self.anonymous().call::<shared::api::Login>((), Nothing {}, &request).await.unwrap();
        self.signed_in(signed_in)
    }

    pub(crate) fn anonymous(&self) -> Api {
        Api { base: self.url(""), token: None, http: reqwest::Client::new() }
    }

    fn signed_in(&self, SignedIn { user, token }: SignedIn) -> Person {
        let api = Api { token, ..self.anonymous() };
        Person { user, api, address: self.address, way: Way::chosen() }
    }
}

impl Builder {
    pub(crate) fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    pub(crate) fn pace(mut self, change: impl FnOnce(&mut Pace)) -> Self {
        change(&mut self.pace);
        self
    }

    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Nobody is told of what happens, but by what is read from the store.
    pub(crate) fn losing_all(mut self) -> Self {
        self.bus = Carrying::Nothing;
        self
    }

    #[expect(clippy::unused_async, reason = "a server is waited for, however it starts")]
    pub(crate) async fn start(mut self) -> TestServer {
        let shutdown = CancellationToken::new();
        self.folder.path().clone_into(&mut self.config.data.folder);
        let listener = backend::listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let Self { config, clock, limits, pace, folder, bus } = self;
        let app = match bus {
            Carrying::Everything => {
                App::start(config, clock, limits, pace, shutdown.clone()).unwrap()
            }
            Carrying::Nothing => {
                let (changes, committed) = mpsc::channel(4_096);
                let database = SqliteStore::open(folder.path(), clock.clone(), changes).unwrap();
                let (queue, arriving) = mpsc::channel(1);
                let bus = Arc::new(LosingBus { _queue: queue });
                let parts = Parts { database, committed, bus, arriving };
                App::of(parts, config, clock, limits, pace, shutdown.clone())
            }
        };
        let serving = tokio::spawn({
            let app = Arc::clone(&app);
            async move { backend::serve(app, listener).await.unwrap() }
        });
        TestServer { address, app, shutdown, serving, folder }
    }
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it did not happen in time")
}

/// Registers with a server at this address.
pub(crate) async fn sign_in_at(address: SocketAddr, nick: &str) -> Person {
    let request = RegisterRequest {
        nick: nick.to_owned(),
        password: PASSWORD.to_owned(),
        token: true,
        ..RegisterRequest::default()
    };
    let api = Api { base: format!("http://{address}"), token: None, http: reqwest::Client::new() };
    let SignedIn { user, token } = api.call::<Register>((), Nothing {}, &request).await.unwrap();
    Person { user, api: Api { token, ..api }, address, way: Way::chosen() }
}

/// A live connection to a server that may not be there.
pub(crate) async fn dial_as(person: &Person) -> Option<Live> {
    if person.way == Way::WebSocket {
        return open_live(person.handshake("")).await;
    }
    Some(Live::new(Wire::Door(Box::new(Door::new(person.way, person.api.clone())))))
}

/// A live connection by this way, of a client that has what `resume` says.
pub(crate) async fn connect_over(person: &Person, way: Way, resume: Resume) -> (Live, Resumed) {
    let mut live = dial_as(&person.by(way)).await.unwrap();
    let resumed = live.resume(resume).await;
    (live, resumed)
}

async fn open_live(request: Request) -> Option<Live> {
    let (stream, _) =
        within(tokio_tungstenite::connect_async_with_config(request, None, true)).await.ok()?;
    Some(Live::new(Wire::WebSocket(Box::new(stream))))
}

/// HTTP, typed by the endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    base: String,
    pub(crate) token: Option<String>,
    pub(crate) http: reqwest::Client,
}

impl Api {
    pub(crate) async fn call<E: Endpoint>(
        &self,
        path: E::Path,
        query: E::Query,
        body: &E::Request,
    ) -> Result<E::Reply, Problem> {
        let response = self.send(E::METHOD, &E::url(&path, &query), body).await;
        let is_success = response.status().is_success();
        let text = response.text().await.unwrap();
        if is_success { Ok(read(&text)) } else { Err(read(&text)) }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> reqwest::Response {
        within(self.request(method, path, body).send()).await.unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> reqwest::RequestBuilder {
        let url = self.url(path);
        let request = match method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url).json(body),
            Method::Patch => self.http.patch(url).json(body),
            Method::Delete => self.http.delete(url),
        };
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Somebody with an account and a token.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) api: Api,
    address: SocketAddr,
    /// What they connect by.
    pub(crate) way: Way,
}

impl Person {
    pub(crate) fn by(&self, way: Way) -> Self {
        Self { way, ..self.clone() }
    }

    pub(crate) fn id(&self) -> UserId {
        self.user.id
    }

    /// Over HTTP.
    pub(crate) async fn command(&self, command: ClientCommand) -> Result<CommandReply, ErrorCode> {
        self.api
            .call::<PostCommand>((), CommandQuery::default(), &command)
            .await
            .map_err(|problem| problem.code)
    }

    pub(crate) async fn create_room(&self, name: &str, kind: RoomKind) -> RoomId {
        let command =
            ClientCommand::CreateRoom { name: name.to_owned(), kind, topic: String::new() };
        match self.command(command).await.unwrap() {
            CommandReply::Room { room } => room.id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn join(&self, room: RoomId) {
        self.command(ClientCommand::JoinRoom { room }).await.unwrap();
    }

    pub(crate) async fn add(&self, room: RoomId, person: &Person) {
        self.command(ClientCommand::AddMember { room, user: person.id() }).await.unwrap();
    }

    pub(crate) async fn direct(&self, people: &[&Person]) -> RoomId {
        let users = people.iter().map(|person| person.id()).collect();
        match self.command(ClientCommand::OpenDirect { users }).await.unwrap() {
            CommandReply::Room { room } => room.id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn say(&self, room: RoomId, body: &str) -> Result<Acknowledgement, ErrorCode> {
        self.say_as(room, body, ClientMessageId::new()).await
    }

    pub(crate) async fn say_as(
        &self,
        room: RoomId,
        body: &str,
        client_message_id: ClientMessageId,
    ) -> Result<Acknowledgement, ErrorCode> {
        let command = ClientCommand::say(room, client_message_id, body.to_owned());
        match self.command(command).await? {
            CommandReply::Sent(acknowledgement) => Ok(acknowledgement),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn log(&self, room: RoomId, after: Seq) -> Result<Log, ErrorCode> {
        let query = PageQuery { after: Some(after), limit: Some(200), ..PageQuery::default() };
        self.api.call::<GetLog>((room,), query, &Nothing {}).await.map_err(|problem| problem.code)
    }

    /// All of a room's log.
    pub(crate) async fn whole_log(&self, room: RoomId) -> Vec<RoomEvent> {
        let mut events: Vec<RoomEvent> = Vec::new();
        loop {
            let after = events.last().map_or(Seq::ZERO, |event| event.seq);
            let page = self.log(room, after).await.unwrap();
            if page.events.is_empty() {
                return events;
            }
            events.extend(page.events);
        }
    }

    /// Sends to a server that may not be there: `None` when nobody answered.
    pub(crate) async fn try_say_as(
        &self,
        room: RoomId,
        body: &str,
        client_message_id: ClientMessageId,
    ) -> Option<Result<Acknowledgement, ErrorCode>> {
        let command = ClientCommand::say(room, client_message_id, body.to_owned());
        let request = self.api.request(PostCommand::METHOD, PostCommand::ROUTE, &command);
        let response = within(request.send()).await.ok()?;
        let is_success = response.status().is_success();
        let text = response.text().await.ok()?;
        if !is_success {
            return Some(Err(read::<Problem>(&text).code));
        }
        match read(&text) {
            CommandReply::Sent(acknowledgement) => Some(Ok(acknowledgement)),
            other => panic!("{other:?}"),
        }
    }

    /// A live connection that has said nothing yet.
    pub(crate) async fn dial(&self) -> Live {
        dial_as(self).await.unwrap()
    }

    /// A live connection of a client that says which protocol it speaks.
    pub(crate) async fn dial_speaking(&self, protocol: u32) -> Live {
        open_live(self.handshake(&format!("?protocol={protocol}"))).await.unwrap()
    }

    fn handshake(&self, query: &str) -> Request {
        let mut request =
            format!("ws://{}{WEBSOCKET}{query}", self.address).into_client_request().unwrap();
        let token = self.api.token.as_ref().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
    }

    /// A live connection, started with nothing known.
    pub(crate) async fn connect(&self) -> (Live, Resumed) {
        let mut live = self.dial().await;
        let resumed = live.resume(Resume::default()).await;
        (live, resumed)
    }
}

/// How a connection ended, from the client's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Closed(u16),
    Cut,
}

/// What carries a live connection.
enum Wire {
    WebSocket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
    Door(Box<Door>),
}

/// One live connection.
pub(crate) struct Live {
    wire: Wire,
    /// Frames that were read while something else was looked for.
    waiting: VecDeque<ServerFrame>,
    next_id: u64,
}

impl Live {
    fn new(wire: Wire) -> Self {
        Self { wire, waiting: VecDeque::new(), next_id: 0 }
    }

    /// Sends to a server that may be gone by now.
    pub(crate) async fn try_send(&mut self, frame: &ClientFrame) {
        // What is read next tells whether it arrived.
        let _ = self.put(frame).await;
    }

    pub(crate) async fn send(&mut self, frame: &ClientFrame) {
        self.put(frame).await.unwrap();
    }

    async fn put(&mut self, frame: &ClientFrame) -> Option<()> {
        match &mut self.wire {
            Wire::Door(door) => door.send(frame.clone()).await,
            Wire::WebSocket(stream) => {
                let text = serde_json::to_string(frame).unwrap();
                within(stream.send(Message::text(text))).await.ok()
            }
        }
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        within(self.websocket().send(Message::text(text))).await.unwrap();
    }

    pub(crate) fn websocket(&mut self) -> &mut WebSocketStream<MaybeTlsStream<TcpStream>> {
        match &mut self.wire {
            Wire::WebSocket(stream) => stream,
            Wire::Door(_) => panic!("this connection is no WebSocket"),
        }
    }

    /// The next frame, or how the connection ended.
    pub(crate) async fn try_next(&mut self) -> Result<ServerFrame, Ended> {
        if let Some(frame) = self.waiting.pop_front() {
            return Ok(frame);
        }
        self.read().await
    }

    async fn read(&mut self) -> Result<ServerFrame, Ended> {
        let stream = match &mut self.wire {
            Wire::Door(door) => return door.read().await,
            Wire::WebSocket(stream) => stream,
        };
        loop {
            match within(stream.next()).await {
                Some(Ok(Message::Text(text))) => return Ok(read(&text)),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Ended::Closed(frame.code.into()));
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(Ended::Cut),
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn next(&mut self) -> ServerFrame {
        self.try_next().await.unwrap()
    }

    /// The first frame, waiting or to come, of which `pick` makes something; others wait on.
    pub(crate) async fn find<T>(&mut self, mut pick: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        for at in 0..self.waiting.len() {
            if let Some(found) = pick(&self.waiting[at]) {
                self.waiting.remove(at);
                return found;
            }
        }
        loop {
            let frame = self.read().await.unwrap();
            if let Some(found) = pick(&frame) {
                return found;
            }
            self.waiting.push_back(frame);
        }
    }

    /// Whether none of the frames that were passed over so far is such a one.
    pub(crate) fn none_waits(&self, is_such: impl Fn(&ServerFrame) -> bool) -> bool {
        !self.waiting.iter().any(is_such)
    }

    pub(crate) async fn resume(&mut self, resume: Resume) -> Resumed {
        self.send(&ClientFrame::Resume(resume)).await;
        self.find(|frame| match frame {
            ServerFrame::Resumed(resumed) => Some((**resumed).clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn ask(&mut self, command: ClientCommand) -> u64 {
        self.next_id += 1;
        self.send(&ClientFrame::Command { id: self.next_id, command }).await;
        self.next_id
    }

    pub(crate) async fn answer(&mut self, asked: u64) -> Result<CommandReply, ErrorCode> {
        self.find(|frame| match frame {
            ServerFrame::Reply { id, reply } if *id == asked => Some(Ok(reply.clone())),
            ServerFrame::Refused { id, error } if *id == asked => Some(Err(error.clone())),
            _ => None,
        })
        .await
    }

    pub(crate) async fn command(
        &mut self,
        command: ClientCommand,
    ) -> Result<CommandReply, ErrorCode> {
        let asked = self.ask(command).await;
        self.answer(asked).await
    }

    pub(crate) async fn say(
        &mut self,
        room: RoomId,
        body: &str,
    ) -> Result<Acknowledgement, ErrorCode> {
        let client_message_id = ClientMessageId::new();
        let command = ClientCommand::say(room, client_message_id, body.to_owned());
        match self.command(command).await? {
            CommandReply::Sent(acknowledgement) => Ok(acknowledgement),
            other => panic!("{other:?}"),
        }
    }

    /// The next event of the room.
    pub(crate) async fn event(&mut self, room: RoomId) -> RoomEvent {
        self.find(|frame| match frame {
            ServerFrame::Event { event } if event.room == room => Some(event.clone()),
            _ => None,
        })
        .await
    }

    /// The room's events up to and with `last`.
    pub(crate) async fn events_until(&mut self, room: RoomId, last: Seq) -> Vec<RoomEvent> {
        let mut events = Vec::new();
        loop {
            let event = self.event(room).await;
            let seq = event.seq;
            events.push(event);
            if seq >= last {
                return events;
            }
        }
    }

    /// Answers a command, and with it everything that came before: what has not arrived by then
    /// was not sent.
    pub(crate) async fn frames_so_far(&mut self) -> Vec<ServerFrame> {
        if matches!(self.wire, Wire::Door(_)) {
            // Answers come another way. What everybody is told comes by this one; and since it may
            // overtake events that came just before it, a second one follows when it is here.
            for _ in 0..2 {
                let mark = ClientMessageId::new().to_string();
                let status = mark.clone();
                let command = ClientCommand::SetStatus { status, emoji: None, until: None };
                self.command(command).await.unwrap();
                self.find(|frame| match frame {
                    ServerFrame::PersonChanged { user, .. } if user.status == mark => Some(()),
                    _ => None,
                })
                .await;
            }
            return self.waiting.drain(..).collect();
        }
        let asked = self.ask(ClientCommand::SetActive { active: true }).await;
        self.answer(asked).await.unwrap();
        self.waiting.drain(..).collect()
    }

    /// How the connection ends; frames until then are dropped.
    pub(crate) async fn end(mut self) -> Ended {
        loop {
            if let Err(ended) = self.read().await {
                return ended;
            }
        }
    }
}

/// The snapshot of a room that a resume brought.
pub(crate) fn snapshot_of(resumed: &Resumed, wanted: RoomId) -> Option<RoomSnapshot> {
    resumed.rooms.iter().find_map(|room| match room {
        ResumedRoom::Snapshot { snapshot }
        | ResumedRoom::Truncated { snapshot }
        | ResumedRoom::Reset { snapshot }
            if snapshot.room.id == wanted =>
        {
            Some(snapshot.clone())
        }
        _ => None,
    })
}

/// A resume that knows these rooms so far.
pub(crate) fn knowing(rooms: &[(RoomId, Epoch, Seq)]) -> Resume {
    let rooms: HashMap<_, _> = rooms
        .iter()
        .map(|(room, epoch, last)| (*room, RoomCursor { epoch: *epoch, last: *last }))
        .collect();
    Resume { rooms, ..Resume::default() }
}

/// The texts of the messages among the events.
pub(crate) fn texts(events: &[RoomEvent]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match &event.event {
            ServerEvent::MessagePosted(posted) => {
                posted.body.as_ref().map(|body| body.as_str().to_owned())
            }
            _ => None,
        })
        .collect()
}
