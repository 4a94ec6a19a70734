//! What a delivery costs on each way that it can come: bytes on the socket both ways, headers and
//! all, how long it took, and the server's processor time.

use crate::report::Row;
use crate::seed::{self, Person, Place};
use crate::server::{Server, pause};
use crate::wire::{self, Frame, Offer};
use crate::workload::Plan;
use anyhow::{Context as _, Result, anyhow, ensure};
use core::net::SocketAddrV4;
use memchr::memmem;
use shared::api::{
    EVENTS, Endpoint as _, POLL, PollRequest, Polled, PostCommand, STREAM, WEBSOCKET,
};
use shared::command::ClientCommand;
use shared::frame::Resume;
use shared::id::{ClientMessageId, RoomId};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LISTENERS: usize = 20;
const PER_SECOND: u32 = 10;
/// Bytes of a message's text.
const TEXT: usize = 100;
/// How long whoever only looks in waits before the next look.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Before the moment in nanoseconds at which a message was sent.
const MARK: &[u8] = b"\"body\":\"~";
const DIGITS: usize = 16;
/// No answer to a resume is longer.
const LARGEST_FRAME: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
enum Way {
    WebSocket(Offer),
    /// One answer that stays open.
    Open {
        title: &'static str,
        path: &'static str,
        begins: bool,
    },
    Poll {
        title: &'static str,
        looks: bool,
    },
}

const WAYS: [Way; 7] = [
    Way::WebSocket(Offer::Nothing),
    Way::WebSocket(Offer::Deflate),
    Way::Open { title: "Events, POST", path: EVENTS, begins: true },
    Way::Open { title: "Events, GET with ids", path: EVENTS, begins: false },
    Way::Open { title: "Stream", path: STREAM, begins: true },
    Way::Poll { title: "Long-polling", looks: false },
    Way::Poll { title: "Polling every second", looks: true },
];

impl Way {
    const fn title(self) -> &'static str {
        match self {
            Self::WebSocket(Offer::Nothing) => "WebSocket",
            Self::WebSocket(Offer::Deflate) => "WebSocket, deflated",
            Self::Open { title, .. } | Self::Poll { title, .. } => title,
        }
    }
}

pub(crate) fn transports(plan: &Plan) -> Result<Vec<Row>> {
    let messages = if plan.short { 30 } else { 200 };
    WAYS.into_iter().map(|way| measure(plan, way, messages)).collect()
}

fn measure(plan: &Plan, way: Way, messages: usize) -> Result<Row> {
    let folder = TempDir::with_prefix_in("data-", &plan.folder)?;
    let data = folder.path().join("data");
    let everybody = (0..=LISTENERS).collect();
    let Place { people, rooms } = seed::place(&data, LISTENERS + 1, &[everybody])?;
    let (sender, listeners) = people.split_last().context("nobody is there")?;
    let room = *rooms.first().context("no room is there")?;
    let server = Server::start(&plan.binary, &data)?;
    let origin = Instant::now();
    let ready = Barrier::new(LISTENERS + 1);
    let (heard, cpu) = thread::scope(|scope| -> Result<_> {
        let listening: Vec<_> = listeners
            .iter()
            .map(|person| {
                let (ready, address) = (&ready, server.address);
                scope.spawn(move || {
                    let listener = Listener::open(address, person, way, origin);
                    // Whoever failed lets the others begin, and says so at the end.
                    ready.wait();
                    listener?.listen(messages)
                })
            })
            .collect();
        ready.wait();
        let before = server.cpu()?;
        send(server.address, sender, room, messages, origin)?;
        let mut heard = Vec::new();
        for listener in listening {
            heard.push(listener.join().map_err(|_| anyhow!("a listener failed"))??);
        }
        Ok((heard, server.cpu()?.saturating_sub(before)))
    })?;
    server.stop()?;
    folder.close()?;
    let deliveries = (LISTENERS * messages) as f64;
    let sum = |bytes: fn(&Heard) -> usize| heard.iter().map(bytes).sum::<usize>() as f64;
    let mut took: Vec<f64> = heard.iter().flat_map(|heard| heard.millis.iter().copied()).collect();
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() as f64 * part) as usize).min(took.len() - 1)];
    Ok(Row::new(way.title())
        .with("B to client", sum(|heard| heard.bytes_in) / deliveries)
        .with("B to server", sum(|heard| heard.bytes_out) / deliveries)
        .with("p50 ms", at(0.5))
        .with("p99 ms", at(0.99))
        .with("CPU µs", cpu.as_secs_f64() * 1e6 / deliveries))
}

/// Posts at an even pace, each message when it is due.
fn send(
    address: SocketAddrV4,
    person: &Person,
    room: RoomId,
    messages: usize,
    origin: Instant,
) -> Result<()> {
    let mut socket = connect(address)?;
    let begin = Instant::now();
    for number in 0..messages {
        let due = begin + Duration::from_secs(1) / PER_SECOND * u32::try_from(number)?;
        pause(due.saturating_duration_since(Instant::now()));
        let sent = origin.elapsed().as_nanos() as u64;
        let mut body = format!("~{sent:0DIGITS$x}");
        body.extend(wire::prose(sent, TEXT - DIGITS - 1));
        let command = ClientCommand::say(room, ClientMessageId::new(), body);
        let request = post(address, person, PostCommand::ROUTE, &serde_json::to_string(&command)?);
        socket.write_all(request.as_bytes())?;
        let mut buffer = Vec::new();
        let answer = whole_answer(&mut socket, &mut buffer)?;
        ensure!(answer.starts_with(b"HTTP/1.1 200"), "a message was refused");
    }
    Ok(())
}

fn connect(address: SocketAddrV4) -> Result<TcpStream> {
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn post(address: SocketAddrV4, person: &Person, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        person.token,
        body.len()
    )
}

fn get(address: SocketAddrV4, person: &Person, path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n{more}\r\n",
        person.token
    )
}

/// An answer that says how long it is, taken off the front of what has come.
fn whole_answer(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Vec<u8>> {
    loop {
        if let Some(head) = memmem::find(buffer, b"\r\n\r\n") {
            let text = str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let end = head + 4 + length.context("an answer of unknown length")?.parse::<usize>()?;
            if buffer.len() >= end {
                return Ok(buffer.drain(..end).collect());
            }
        }
        read_more(socket, buffer)?;
    }
}

fn read_more(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize> {
    let mut space = [0; 16 * 1024];
    let read = socket.read(&mut space)?;
    ensure!(read > 0, "the server ended a connection");
    buffer.extend_from_slice(&space[..read]);
    Ok(read)
}

/// What one listener met.
#[derive(Debug, Default)]
struct Heard {
    bytes_in: usize,
    bytes_out: usize,
    millis: Vec<f64>,
}

struct Listener<'p> {
    socket: TcpStream,
    address: SocketAddrV4,
    person: &'p Person,
    way: Way,
    origin: Instant,
    /// What has come and was not looked at.
    buffer: Vec<u8>,
    /// What has come of frames that are not whole.
    unread: Vec<u8>,
    cursor: String,
}

impl<'p> Listener<'p> {
    /// Returns once everything before the first message is here.
    fn open(address: SocketAddrV4, person: &'p Person, way: Way, origin: Instant) -> Result<Self> {
        let socket = connect(address)?;
        let (buffer, cursor) = (Vec::new(), String::new());
        let unread = Vec::new();
        let mut listener = Self { socket, address, person, way, origin, buffer, unread, cursor };
        let nothing = serde_json::to_string(&Resume::default())?;
        match way {
            Way::WebSocket(offer) => {
                let more = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\
                    \r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
                let more = format!("{more}{}", offer.line());
                let mut request = get(address, person, WEBSOCKET, &more).into_bytes();
                wire::push_resume(&mut request, Resume::default())?;
                listener.socket.write_all(&request)?;
                let head = loop {
                    if let Some(head) = memmem::find(&listener.unread, b"\r\n\r\n") {
                        break head;
                    }
                    read_more(&mut listener.socket, &mut listener.unread)?;
                };
                listener.unread.drain(..head + 4);
                listener.take_frames()?;
                while memmem::find(&listener.buffer, b"\"type\":\"resumed\"").is_none() {
                    listener.read_frames()?;
                }
            }
            Way::Open { path, begins, .. } => {
                let request = if begins {
                    post(address, person, path, &nothing)
                } else {
                    get(address, person, path, "")
                };
                listener.socket.write_all(request.as_bytes())?;
                listener.read_until(b"\"type\":\"resumed\"")?;
            }
            Way::Poll { .. } => {
                listener.poll(&PollRequest::default())?;
            }
        }
        Ok(listener)
    }

    /// Reads once, and adds what the frames say that are whole by then; how many bytes came.
    fn read_frames(&mut self) -> Result<usize> {
        let read = read_more(&mut self.socket, &mut self.unread)?;
        self.take_frames()?;
        Ok(read)
    }

    fn take_frames(&mut self) -> Result<()> {
        while let Some(Frame { is_deflated, start, end, .. }) = wire::parse(&self.unread) {
            let payload = &self.unread[start..end];
            if is_deflated {
                let inflated = backend::deflate::inflate(payload, LARGEST_FRAME);
                let inflated = inflated.map_err(|fault| anyhow!("not inflated: {fault:?}"))?;
                self.buffer.extend_from_slice(&inflated);
            } else {
                self.buffer.extend_from_slice(payload);
            }
            self.unread.drain(..end);
        }
        Ok(())
    }

    /// Drops everything up to where this was found, and what follows it within the same moment.
    fn read_until(&mut self, wanted: &[u8]) -> Result<()> {
        while memmem::find(&self.buffer, wanted).is_none() {
            read_more(&mut self.socket, &mut self.buffer)?;
        }
        self.buffer.clear();
        Ok(())
    }

    /// Asks once; how many bytes went there and came back.
    fn poll(&mut self, request: &PollRequest) -> Result<(usize, usize)> {
        let path = match self.way {
            Way::Poll { looks: true, .. } => format!("{POLL}?wait=0"),
            Way::WebSocket(_) | Way::Open { .. } | Way::Poll { .. } => POLL.to_owned(),
        };
        let asked = post(self.address, self.person, &path, &serde_json::to_string(request)?);
        self.socket.write_all(asked.as_bytes())?;
        let mut unread = Vec::new();
        let answer = whole_answer(&mut self.socket, &mut unread)?;
        ensure!(answer.starts_with(b"HTTP/1.1 200"), "a poll was refused");
        let body = memmem::find(&answer, b"\r\n\r\n").context("an answer without a body")? + 4;
        let Polled { cursor, .. } = serde_json::from_slice::<Polled>(&answer[body..])?;
        self.cursor = cursor;
        self.buffer.extend_from_slice(&answer[body..]);
        Ok((asked.len(), answer.len()))
    }

    fn listen(mut self, messages: usize) -> Result<Heard> {
        self.buffer.clear();
        let mut heard = Heard::default();
        while heard.millis.len() < messages {
            match self.way {
                Way::WebSocket(_) => heard.bytes_in += self.read_frames()?,
                Way::Open { .. } => {
                    heard.bytes_in += read_more(&mut self.socket, &mut self.buffer)?;
                }
                Way::Poll { looks, .. } => {
                    if looks {
                        pause(LOOK_EVERY);
                    }
                    let cursor = Some(self.cursor.clone());
                    let request = PollRequest { cursor, resume: Resume::default() };
                    let (asked, answered) = self.poll(&request)?;
                    heard.bytes_out += asked;
                    heard.bytes_in += answered;
                }
            }
            self.take_messages(&mut heard)?;
        }
        Ok(heard)
    }

    fn take_messages(&mut self, heard: &mut Heard) -> Result<()> {
        let now = self.origin.elapsed().as_nanos() as u64;
        let mut taken = 0;
        while let Some(at) = memmem::find(&self.buffer[taken..], MARK) {
            let begin = taken + at + MARK.len();
            let Some(digits) = self.buffer.get(begin..begin + DIGITS) else { break };
            let sent = u64::from_str_radix(str::from_utf8(digits)?, 16)?;
            heard.millis.push(now.saturating_sub(sent) as f64 / 1e6);
            taken = begin;
        }
        self.buffer.drain(..taken);
        Ok(())
    }
}
