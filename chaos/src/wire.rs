//! A client's end of the wire: commands over HTTP, and frames by any of the ways they come.

use crate::checker::{Entry, Fingerprint, What};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::de::DeserializeOwned;
use shared::api::{
    CommandQuery, EVENTS, Endpoint as _, GetLog, Log, POLL, PageQuery, PollRequest, Polled,
    PostCommand, Register, RegisterRequest, STREAM, SignedIn, WEBSOCKET,
};
use shared::command::{ClientCommand, CommandReply};
use shared::error::{ErrorCode, Problem};
use shared::event::RoomEvent;
use shared::frame::{ClientFrame, Resume, ServerFrame};
use shared::id::{ClientMessageId, ConnectionId, RoomId, Seq, UserId};
use shared::limit;
use shared::message::Acknowledgement;
use shared::room::RoomKind;
use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

const PASSWORD: &str = "correct horse battery";
/// How long an answer is waited for before the connection counts as dead.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// For how long a connection on which nothing is asked is used again: later it may be forgotten on the
/// way, and whoever asks would only find out by waiting.
const AT_REST: Duration = Duration::from_secs(1);
/// Without a byte for this long, what should go on by itself is dead (contract, D9).
const SILENCE: Duration = Duration::from_millis(limit::SILENCE_MILLIS);

/// Somebody with an account and a token, who reaches the server at an address.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) nick: String,
    token: String,
    address: SocketAddr,
    /// The address they come from, where it matters.
    pub(crate) source: Option<Ipv4Addr>,
    /// Bytes that the kernel keeps for them, where it matters.
    pub(crate) receive_buffer: Option<u32>,
    http: reqwest::Client,
}

/// Why a command was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(ErrorCode),
    /// Nobody answered: whether it was carried out is unknown.
    Unknown,
}

fn http(source: Option<Ipv4Addr>) -> Result<reqwest::Client> {
    let source = source.map(IpAddr::V4);
    let client = reqwest::Client::builder().no_proxy().local_address(source);
    Ok(client.pool_idle_timeout(AT_REST).build()?)
}

impl Person {
    /// Makes an account. The first one on a server is its administrator.
    pub(crate) async fn register(address: SocketAddr, nick: &str, number: usize) -> Result<Self> {
        /// So many a minute are let through from one address.
        const FROM_ONE_ADDRESS: usize = 25;
        let request = RegisterRequest {
            nick: nick.to_owned(),
            password: PASSWORD.to_owned(),
            token: true,
            ..RegisterRequest::default()
        };
        let source = Ipv4Addr::new(127, 0, 1, 1 + u8::try_from(number / FROM_ONE_ADDRESS)?);
        let url = format!("http://{address}{}", Register::ROUTE);
        let answer = http(Some(source))?.post(url).json(&request).send().await?;
        let SignedIn { user, token } = read(&answer.error_for_status()?.text().await?)?;
        Ok(Self {
            user: user.id,
            nick: nick.to_owned(),
            token: token.context("no token")?,
            address,
            source: None,
            receive_buffer: None,
            http: http(None)?,
        })
    }

    /// The same person, reaching the server another way.
    pub(crate) fn by(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Failure> {
        let answer = timeout(PATIENCE, async {
            let answer = request.bearer_auth(&self.token).send().await.ok()?;
            let is_success = answer.status().is_success();
            Some((is_success, answer.text().await.ok()?))
        });
        let Ok(Some((is_success, text))) = answer.await else { return Err(Failure::Unknown) };
        if is_success {
            return read(&text).map_err(|_| Failure::Unknown);
        }
        match read::<Problem>(&text) {
            Ok(problem) => Err(Failure::Refused(problem.code)),
            Err(_) => Err(Failure::Unknown),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn command(&self, command: &ClientCommand) -> Result<CommandReply, Failure> {
        let url = self.url(&PostCommand::url(&(), &CommandQuery::default()));
        self.ask(self.http.post(url).json(command)).await
    }

    /// A command that has to succeed.
    pub(crate) async fn must(&self, command: ClientCommand) -> Result<CommandReply> {
        let answer = self.command(&command).await;
        answer.map_err(|failure| anyhow!("{command:?} was not carried out: {failure:?}"))
    }

    pub(crate) async fn create_room(&self, name: &str, kind: RoomKind) -> Result<RoomId> {
        let (name, topic) = (name.to_owned(), String::new());
        match self.must(ClientCommand::CreateRoom { name, kind, topic }).await? {
            CommandReply::Room { room } => Ok(room.id),
            other => bail!("{other:?}"),
        }
    }

    pub(crate) async fn say(&self, room: RoomId, body: &str) -> Result<Acknowledgement> {
        let command = ClientCommand::say(room, ClientMessageId::new(), body.to_owned());
        match self.must(command).await? {
            CommandReply::Sent(acknowledgement) => Ok(acknowledgement),
            other => bail!("{other:?}"),
        }
    }

    pub(crate) async fn log(&self, room: RoomId, after: Seq) -> Result<Log, Failure> {
        let query = PageQuery { after: Some(after), limit: Some(limit::PAGE_MAX), before: None };
        self.ask(self.http.get(self.url(&GetLog::url(&(room,), &query)))).await
    }

    pub(crate) async fn head(&self, room: RoomId) -> Result<Seq> {
        let log = self.log(room, Seq(u64::MAX)).await;
        Ok(log.map_err(|failure| anyhow!("the head of {room}: {failure:?}"))?.head)
    }

    /// All of a room's log, as the checker looks at it.
    pub(crate) async fn whole_log(&self, room: RoomId) -> Result<crate::checker::Log> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let after = entries.last().map_or(Seq::ZERO, |entry| entry.seq);
            let page = self.log(room, after).await;
            let page = page.map_err(|failure| anyhow!("the log of {room}: {failure:?}"))?;
            if page.events.is_empty() {
                return Ok(crate::checker::Log { room, entries });
            }
            entries.extend(page.events.iter().map(entry));
        }
    }

    /// A WebSocket, on which nothing has been said.
    pub(crate) async fn dial(&self) -> Result<WebSocketStream<TcpStream>> {
        let mut request = format!("ws://{}{WEBSOCKET}", self.address).into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token).parse()?);
        // Ten thousand of them fit into one process.
        let config = WebSocketConfig::default().read_buffer_size(2 * 1024).write_buffer_size(0);
        let opening = async {
            let socket = TcpSocket::new_v4()?;
            if let Some(source) = self.source {
                socket.bind((source, 0).into())?;
            }
            if let Some(bytes) = self.receive_buffer {
                socket.set_recv_buffer_size(bytes)?;
            }
            socket.set_nodelay(true)?;
            let stream = socket.connect(self.address).await?;
            let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config));
            Ok::<_, anyhow::Error>(opened.await?.0)
        };
        timeout(PATIENCE, opening).await?
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).with_context(|| format!("not of the protocol: {text:.200}"))
}

/// What carries frames to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    WebSocket,
    Events,
    Stream,
    Poll,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::WebSocket, Self::Events, Self::Stream, Self::Poll];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Events => "events",
            Self::Stream => "stream",
            Self::Poll => "poll",
        }
    }
}

/// One live connection. Every error is its end.
pub(crate) struct Live {
    carrier: Carrier,
    /// Frames that have come and were not looked at.
    frames: VecDeque<ServerFrame>,
    person: Person,
    /// What the server calls it.
    id: Option<ConnectionId>,
}

enum Carrier {
    WebSocket(Box<WebSocketStream<TcpStream>>),
    Answer { answer: reqwest::Response, text: Vec<u8>, prefix: &'static str },
    Poll { request: Box<PollRequest> },
}

impl Live {
    /// Connects, and says what the client has.
    pub(crate) async fn open(person: &Person, way: Way, resume: Resume) -> Result<Self> {
        let carrier = match way {
            Way::WebSocket => Carrier::WebSocket(Box::new(person.dial().await?)),
            Way::Events => Self::answer(person, EVENTS, "data: ", &resume).await?,
            Way::Stream => Self::answer(person, STREAM, "", &resume).await?,
            Way::Poll => {
                let request = PollRequest { cursor: None, resume: resume.clone() };
                Carrier::Poll { request: Box::new(request) }
            }
        };
        let mut live = Self::by(carrier, person);
        if way == Way::WebSocket {
            live.send(&ClientFrame::Resume(resume)).await?;
        }
        Ok(live)
    }

    /// A WebSocket that follows no room: commands and their answers alone.
    pub(crate) async fn to_ask(person: &Person) -> Result<Self> {
        let carrier = Carrier::WebSocket(Box::new(person.dial().await?));
        Ok(Self::by(carrier, person))
    }

    fn by(carrier: Carrier, person: &Person) -> Self {
        Self { carrier, frames: VecDeque::new(), person: person.clone(), id: None }
    }

    /// Shows that the client is there; polls do by being asked.
    pub(crate) async fn beat(&mut self) -> Result<()> {
        match &self.carrier {
            Carrier::WebSocket(_) => self.send(&ClientFrame::Heartbeat).await,
            Carrier::Poll { .. } => Ok(()),
            Carrier::Answer { .. } => {
                let query = CommandQuery { connection: self.id };
                let url = self.person.url(&PostCommand::url(&(), &query));
                let command = ClientCommand::SetActive { active: true };
                let request = self.person.http.post(url).json(&command);
                let answer = self.person.ask::<CommandReply>(request).await;
                answer.map(drop).map_err(|failure| anyhow!("a heartbeat: {failure:?}"))
            }
        }
    }

    async fn answer(
        person: &Person,
        path: &str,
        prefix: &'static str,
        resume: &Resume,
    ) -> Result<Carrier> {
        let request = person.http.post(person.url(path)).bearer_auth(&person.token).json(resume);
        let answer = timeout(PATIENCE, request.send()).await??.error_for_status()?;
        Ok(Carrier::Answer { answer, text: Vec::new(), prefix })
    }

    /// Sends by the WebSocket; what goes by other ways is said over HTTP.
    pub(crate) async fn send(&mut self, frame: &ClientFrame) -> Result<()> {
        self.feed(frame).await?;
        self.flush().await
    }

    pub(crate) async fn feed(&mut self, frame: &ClientFrame) -> Result<()> {
        let Carrier::WebSocket(stream) = &mut self.carrier else { return Ok(()) };
        let text = Utf8Bytes::from(serde_json::to_string(frame)?);
        Ok(timeout(PATIENCE, stream.feed(Message::Text(text))).await??)
    }

    pub(crate) async fn flush(&mut self) -> Result<()> {
        let Carrier::WebSocket(stream) = &mut self.carrier else { return Ok(()) };
        Ok(timeout(PATIENCE, stream.flush()).await??)
    }

    /// The next frame; an error after a silence too long. Dropped half-way, it loses nothing.
    pub(crate) async fn next(&mut self) -> Result<ServerFrame> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                if let ServerFrame::Closed { code } = frame {
                    bail!("closed: {code}");
                }
                if let ServerFrame::Hello { connection, .. } = frame {
                    self.id = Some(connection);
                }
                return Ok(frame);
            }
            timeout(SILENCE, self.hear()).await.context("silence")??;
        }
    }

    async fn hear(&mut self) -> Result<()> {
        match &mut self.carrier {
            Carrier::WebSocket(stream) => match stream.next().await.context("cut")?? {
                Message::Text(text) => self.frames.push_back(read(&text)?),
                Message::Close(frame) => bail!("closed: {:?}", frame.map(|frame| frame.code)),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            },
            Carrier::Answer { answer, text, prefix } => {
                text.extend_from_slice(&answer.chunk().await?.context("cut")?);
                let mut taken = 0;
                while let Some(end) = text[taken..].iter().position(|byte| *byte == b'\n') {
                    let line = str::from_utf8(&text[taken..taken + end])?;
                    if let Some(frame) = line.strip_prefix(*prefix) {
                        self.frames.push_back(read(frame)?);
                    }
                    taken += end + 1;
                }
                text.drain(..taken);
            }
            Carrier::Poll { request } => {
                let person = &self.person;
                let asked = person.http.post(person.url(POLL)).bearer_auth(&person.token);
                let answer = asked.json(&**request).send().await?;
                ensure!(answer.status().is_success(), "closed: {}", answer.status());
                let Polled { frames, cursor } = read(&answer.text().await?)?;
                self.frames.extend(frames);
                **request = PollRequest { cursor: Some(cursor), resume: Resume::default() };
            }
        }
        Ok(())
    }
}

/// Of a text.
pub(crate) fn fingerprint_of(text: &str) -> Fingerprint {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Of an event, all of it.
pub(crate) fn fingerprint(event: &RoomEvent) -> Fingerprint {
    let mut hasher = DefaultHasher::new();
    (event.room, event.seq, event.at, event.actor).hash(&mut hasher);
    // An event is what it is on the wire.
    serde_json::to_string(&event.event).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

fn entry(event: &RoomEvent) -> Entry {
    let what = if let Some(posted) = event.posted() {
        let body = posted.body.as_ref().map_or("", |body| body.as_str());
        let body = fingerprint_of(body);
        What::Message { author: event.actor, id: posted.client_message_id, body }
    } else if let Some(user) = event.begins_membership_of() {
        What::Came(user)
    } else if let Some(user) = event.ends_membership_of() {
        What::Went(user)
    } else {
        What::Other
    };
    Entry { seq: event.seq, event: fingerprint(event), what }
}
