//! Frames over a WebSocket. What a frame is, and what a client may send, is tungstenite's to say;
//! here bytes come and go, and while none do, no buffer is held. What is deflated is so on this side
//! of it.

mod extension;

use self::extension::{Deflates, agree};
use super::Live;
use super::connection::{Gone, Incoming, Signs, Socket, serve};
use crate::chat::Caller;
use crate::deflate::{self, Compression, Fault};
use crate::hub::Encoded;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::SEC_WEBSOCKET_EXTENSIONS;
use axum::response::Response;
use core::mem::{self, MaybeUninit};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use futures_util::FutureExt;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use shared::frame::CloseCode;
use shared::limit;
use std::future::poll_fn;
use std::io::{self, Cursor, Read, Write};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::task::TaskTracker;
use tungstenite::error::CapacityError;
use tungstenite::handshake::server::create_response_with_body;
use tungstenite::protocol::frame::coding::{CloseCode as Code, Control, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

/// Bytes read in one call, on the stack, and about as many written in one.
const CHUNK: usize = 8 * 1024;
/// Beyond so much that the client does not take, nothing more is read from it: it would only be
/// owed more pongs.
const OWED: usize = 1024;
const GOODBYE: OpCode = OpCode::Control(Control::Close);
/// How long a client that broke the protocol has to hear of it.
const FAREWELL: Duration = Duration::from_secs(1);

/// Whether the request is a handshake.
pub fn is_asked_for(request: &Request) -> bool {
    create_response_with_body(request, || ()).is_ok()
}

/// Turns the request into a live connection of `caller`'s, who speaks this `protocol`; `None` if
/// it does not ask for one.
pub fn upgrade(live: Live, caller: Caller, protocol: u32, request: Request) -> Option<Response> {
    let (tasks, compression) = (live.tasks.clone(), live.compression);
    hand_over(request, &tasks, compression, move |socket| serve(live, caller, socket, protocol))
}

/// Answers the handshake. Once that is said, whoever is `serving` has the socket.
fn hand_over<Serving: Future<Output = ()> + Send>(
    mut request: Request,
    tasks: &TaskTracker,
    compression: Compression,
    serving: impl FnOnce(WebSocket<TokioIo<Upgraded>>) -> Serving + Send + 'static,
) -> Option<Response> {
    let mut response = create_response_with_body(&request, Body::empty).ok()?;
    let agreed = match compression {
        Compression::On => agree(request.headers()),
        Compression::Off => None,
    };
    let deflates = agreed.map(|(deflates, answer)| {
        response.headers_mut().insert(SEC_WEBSOCKET_EXTENSIONS, answer);
        deflates
    });
    let upgrade = hyper::upgrade::on(&mut request);
    tasks.spawn(upgrade.then(move |upgraded| async move {
        match upgraded {
            // Boxed, so that this task's memory is no more than a pointer's beside it.
            Ok(upgraded) => Box::pin(serving(WebSocket::new(upgraded, deflates))).await,
            Err(error) => tracing::debug!(%error, "a connection could not be upgraded"),
        }
    }));
    Some(response)
}

/// The server's end of a WebSocket.
struct WebSocket<Io> {
    io: Io,
    /// Whether messages may be deflated.
    deflates: Option<Deflates>,
    /// What has come and is not a whole frame yet.
    incoming: Vec<u8>,
    /// How much of that frame's payload is known to be text.
    checked: usize,
    /// A message that began and goes on in further frames.
    unfinished: Option<Box<WebSocketContext>>,
    /// A deflated message that began and goes on in further frames.
    deflated: Option<Vec<u8>>,
    /// By what the client broke the rules. Nothing but that is said from then on.
    broken: Option<Broken>,
    outgoing: Outgoing,
}

/// Bytes on their way, also when whoever sent them has stopped waiting: no frame is cut.
#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    unflushed: bool,
}

/// The client broke the rules of frames.
#[derive(Clone, Copy)]
struct Broken {
    rule: Rule,
    /// In its goodbye, after which nothing comes.
    is_last: bool,
}

/// A kind of rule.
#[derive(Clone, Copy)]
enum Rule {
    Frame,
    Length,
    Text,
    Deflate,
}

impl From<Error> for Rule {
    fn from(error: Error) -> Self {
        match error {
            Error::Capacity(_) => Self::Length,
            Error::Utf8(_) => Self::Text,
            _ => Self::Frame,
        }
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self { rule: error.into(), is_last: false }
    }
}

/// A whole frame, as it came.
struct Whole {
    header: FrameHeader,
    /// Where its payload begins.
    payload: usize,
    bytes: Vec<u8>,
}

impl WebSocket<TokioIo<Upgraded>> {
    fn new(upgraded: Upgraded, deflates: Option<Deflates>) -> Self {
        Self {
            io: TokioIo::new(upgraded),
            deflates,
            incoming: Vec::new(),
            checked: 0,
            unfinished: None,
            deflated: None,
            broken: None,
            outgoing: Outgoing::default(),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin + Send> Socket for WebSocket<Io> {
    const SIGNS: Signs = Signs::Frames;

    fn transport(&self) -> &'static str {
        "websocket"
    }

    async fn receive(&mut self) -> Incoming {
        match poll_fn(|cx| self.poll_receive(cx)).await {
            Ok(incoming) => incoming,
            Err(broken) => {
                self.broken = Some(broken);
                Incoming::Broken
            }
        }
    }

    async fn send(&mut self, frames: Vec<Encoded>) -> Result<(), Gone> {
        let mut frames = frames.into_iter().peekable();
        while frames.peek().is_some() {
            let room =
                |frame: &Encoded, taken: usize| taken == 0 || taken + frame.text().len() <= CHUNK;
            while let Some(frame) = frames.next_if(|frame| room(frame, self.outgoing.bytes.len())) {
                self.outgoing.push(self.framed(&frame))?;
            }
            poll_fn(|cx| self.outgoing.poll_write(Pin::new(&mut self.io), cx)).await?;
        }
        Ok(())
    }

    async fn close(&mut self, code: CloseCode) {
        self.say_goodbye(code.number().into(), code.reason()).await;
    }

    async fn refuse(&mut self) {
        let Some(broken) = self.broken.take() else { return };
        let (code, reason) = match broken.rule {
            Rule::Frame => (Code::Protocol, "frame"),
            Rule::Length => (CloseCode::TooBig.number().into(), CloseCode::TooBig.reason()),
            Rule::Text => (Code::Invalid, "not_utf8"),
            Rule::Deflate => (Code::Invalid, "not_deflate"),
        };
        // Whoever does not take it is not waited for.
        let _ = tokio::time::timeout(FAREWELL, async {
            self.announce(code, reason).await?;
            if !broken.is_last {
                self.await_goodbye().await;
            }
            Ok::<(), Gone>(())
        })
        .await;
    }
}

impl<Io> WebSocket<Io> {
    /// A frame as it goes over the wire to this client.
    fn framed(&self, encoded: &Encoded) -> Frame {
        let text = encoded.text();
        let deflated = self.deflates.and_then(|Deflates { window }| encoded.deflated(window));
        let Some(deflated) = deflated else {
            return Frame::message(text.clone(), OpCode::Data(Data::Text), true);
        };
        let saved = text.len() - deflated.len();
        metrics::counter!("hubbub_frame_bytes_saved_total").increment(saved as u64);
        let mut frame = Frame::message(deflated, OpCode::Data(Data::Text), true);
        frame.header_mut().rsv1 = true;
        frame
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> WebSocket<Io> {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Broken>> {
        // What has come is heard, also of a client that hears nothing any more.
        let writing = self.outgoing.poll_write(Pin::new(&mut self.io), cx);
        let nothing_yet = match writing {
            Poll::Ready(Err(Gone)) => Poll::Ready(Ok(Incoming::Gone)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        };
        loop {
            while let Some(frame) = self.next_frame()? {
                let is_last = frame.header.opcode == GOODBYE;
                let understood = self.understand(frame);
                if let Some(incoming) = understood.map_err(|rule| Broken { rule, is_last })? {
                    // A pong, or the answer to a close; what does not go now goes later.
                    let _ = self.outgoing.poll_write(Pin::new(&mut self.io), cx);
                    return Poll::Ready(Ok(incoming));
                }
            }
            if nothing_yet.is_pending() && self.outgoing.bytes.len() > OWED {
                return nothing_yet;
            }
            match self.poll_fill(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(Gone)) => return Poll::Ready(Ok(Incoming::Gone)),
                Poll::Pending => return nothing_yet,
            }
        }
    }

    /// Reads once.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        let mut space = [MaybeUninit::uninit(); CHUNK];
        let mut read = ReadBuf::uninit(&mut space);
        match ready!(Pin::new(&mut self.io).poll_read(cx, &mut read)) {
            Ok(()) if !read.filled().is_empty() => {
                self.incoming.extend_from_slice(read.filled());
                Poll::Ready(Ok(()))
            }
            Ok(()) | Err(_) => Poll::Ready(Err(Gone)),
        }
    }

    /// Takes the first frame off what has come, once all of it is there.
    fn next_frame(&mut self) -> Result<Option<Whole>, Error> {
        let mut cursor = Cursor::new(&self.incoming);
        let Some((header, length)) = FrameHeader::parse(&mut cursor)? else { return Ok(None) };
        // Refused by its length, before any of it is waited for.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > limit::FRAME_BYTES {
            return Err(too_long(length));
        }
        let payload = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        let end = payload + length;
        if self.incoming.len() < end {
            if header.opcode == OpCode::Data(Data::Text) && !header.rsv1 {
                self.check(payload, header.mask)?;
            }
            return Ok(None);
        }
        self.checked = 0;
        let rest = self.incoming.split_off(end);
        let bytes = mem::replace(&mut self.incoming, rest);
        Ok(Some(Whole { header, payload, bytes }))
    }

    /// Refuses what is no text as soon as that shows, however much of the frame is still to come.
    /// Where a message goes on in further frames, those are looked at as they are whole.
    fn check(&mut self, payload: usize, mask: Option<[u8; 4]>) -> Result<(), Error> {
        let unchecked = self.incoming.get(payload + self.checked..).unwrap_or_default();
        let mask = mask.unwrap_or_default().into_iter().cycle().skip(self.checked % 4);
        let text: Vec<u8> = unchecked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
        match str::from_utf8(&text) {
            Ok(text) => self.checked += text.len(),
            // A character that goes on in what is still to come.
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(error) => return Err(Error::Utf8(error.to_string())),
        }
        Ok(())
    }

    /// What a frame says, unless more frames must come first.
    fn understand(&mut self, frame: Whole) -> Result<Option<Incoming>, Rule> {
        let begins = frame.header.rsv1 && self.deflates.is_some() && self.unfinished.is_none();
        match frame.header.opcode {
            OpCode::Data(Data::Text) if begins && self.deflated.is_none() => {
                self.take_deflated(Vec::new(), frame, Data::Text)
            }
            // Refused however it goes on.
            OpCode::Data(Data::Binary) if begins && self.deflated.is_none() => {
                Ok(Some(Incoming::Breach(CloseCode::Protocol)))
            }
            OpCode::Data(_) => match self.deflated.take() {
                Some(begun) => self.take_deflated(begun, frame, Data::Continue),
                None => Ok(self.understand_plain(&frame)?),
            },
            OpCode::Control(_) => Ok(self.understand_plain(&frame)?),
        }
    }

    /// Adds a frame to the deflated message, and inflates that when it is whole.
    fn take_deflated(
        &mut self,
        mut begun: Vec<u8>,
        mut frame: Whole,
        expected: Data,
    ) -> Result<Option<Incoming>, Rule> {
        let FrameHeader { is_final, rsv1, rsv2, rsv3, opcode, mask } = frame.header;
        if opcode != OpCode::Data(expected) || rsv2 || rsv3 || rsv1 == (expected == Data::Continue)
        {
            return Err(Rule::Frame);
        }
        let Some(mask) = mask else { return Err(Rule::Frame) };
        let part = &mut frame.bytes[frame.payload..];
        if begun.len() + part.len() > limit::FRAME_BYTES {
            return Err(Rule::Length);
        }
        part.iter_mut().zip(mask.into_iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        if !is_final {
            begun.extend_from_slice(part);
            self.deflated = Some(begun);
            return Ok(None);
        }
        let inflated = if begun.is_empty() {
            deflate::inflate(part, limit::FRAME_BYTES)
        } else {
            begun.extend_from_slice(part);
            deflate::inflate(&begun, limit::FRAME_BYTES)
        };
        let message = inflated.map_err(|fault| match fault {
            Fault::TooLong => Rule::Length,
            Fault::Malformed => Rule::Deflate,
        })?;
        let text = String::from_utf8(message).map_err(|_| Rule::Text)?;
        Ok(Some(Incoming::Frame(text.into())))
    }

    /// The same of a frame that is not part of a deflated message.
    fn understand_plain(&mut self, frame: &Whole) -> Result<Option<Incoming>, Error> {
        let is_control = matches!(frame.header.opcode, OpCode::Control(_));
        let goes_on = if is_control { self.unfinished.is_some() } else { !frame.header.is_final };
        let mut context = self.unfinished.take().map_or_else(|| frame.context(), |begun| *begun);
        let mut feed = frame.feed(&mut self.outgoing);
        let message = context.read(&mut feed);
        // The answer to a ping or a close, if it was one. Writing to memory does not fail; that the
        // connection is closed now, the message says.
        let _ = context.flush(&mut feed);
        if goes_on {
            self.unfinished = Some(Box::new(context));
        }
        match message {
            Ok(Message::Text(text)) => Ok(Some(Incoming::Frame(text))),
            Ok(Message::Binary(_)) => Ok(Some(Incoming::Breach(CloseCode::Protocol))),
            Ok(Message::Ping(_) | Message::Pong(_)) => Ok(Some(Incoming::SignOfLife)),
            Ok(Message::Close(_) | Message::Frame(_)) => Ok(Some(Incoming::Gone)),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says why, and waits for the answer.
    async fn say_goodbye(&mut self, code: Code, reason: &'static str) {
        if self.announce(code, reason).await.is_ok() {
            self.await_goodbye().await;
        }
    }

    async fn announce(&mut self, code: Code, reason: &'static str) -> Result<(), Gone> {
        self.outgoing.push(Frame::close(Some(CloseFrame { code, reason: reason.into() })))?;
        poll_fn(|cx| self.outgoing.poll_write(Pin::new(&mut self.io), cx)).await
    }

    /// Reads until the client has said goodbye: unread bytes would turn the end into a reset, and
    /// the code would not arrive.
    async fn await_goodbye(&mut self) {
        loop {
            match self.next_frame() {
                Ok(Some(frame)) if frame.header.opcode == GOODBYE => return,
                Ok(Some(_)) => {}
                Ok(None) => {
                    if poll_fn(|cx| self.poll_fill(cx)).await.is_err() {
                        return;
                    }
                }
                // No frame is to be found any more: all there is to wait for is the end.
                Err(Error::Capacity(_)) => {
                    self.incoming = Vec::new();
                    while poll_fn(|cx| self.poll_fill(cx)).await.is_ok() {
                        self.incoming = Vec::new();
                    }
                    return;
                }
                // The frame that broke the rules is as long as it says: over it, as if it were
                // one that is not looked into.
                Err(_) => {
                    if let Some(opcode) = self.incoming.first_mut() {
                        *opcode = OpCode::Data(Data::Binary).into();
                    }
                }
            }
        }
    }
}

fn too_long(size: usize) -> Error {
    CapacityError::MessageTooLong { size, max_size: limit::FRAME_BYTES }.into()
}

impl Outgoing {
    fn push(&mut self, frame: Frame) -> Result<(), Gone> {
        self.bytes.reserve(frame.len());
        // Writing to memory does not fail.
        frame.format(&mut self.bytes).map_err(|_| Gone)
    }

    fn poll_write(
        &mut self,
        mut io: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Gone>> {
        while self.written < self.bytes.len() {
            match ready!(io.as_mut().poll_write(cx, &self.bytes[self.written..])) {
                Ok(0) | Err(_) => return Poll::Ready(Err(Gone)),
                Ok(written) => {
                    self.written += written;
                    self.unflushed = true;
                }
            }
        }
        if self.written > 0 {
            *self = Self { unflushed: self.unflushed, ..Self::default() };
        }
        if self.unflushed {
            ready!(io.poll_flush(cx)).map_err(|_| Gone)?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl Whole {
    /// Of its own, so that no memory outlives it.
    fn context(&self) -> WebSocketContext {
        let config = WebSocketConfig::default()
            .read_buffer_size(self.bytes.len())
            .write_buffer_size(0)
            .max_message_size(Some(limit::FRAME_BYTES))
            .max_frame_size(Some(limit::FRAME_BYTES));
        WebSocketContext::new(Role::Server, Some(config))
    }

    fn feed<'a>(&'a self, outgoing: &'a mut Outgoing) -> Feed<'a> {
        // The head by itself: then the payload is read to where it stays.
        let (head, payload) = self.bytes.split_at(self.payload);
        Feed { unread: [head, payload], outgoing }
    }
}

/// One frame to read, and where what is answered goes.
struct Feed<'a> {
    unread: [&'a [u8]; 2],
    outgoing: &'a mut Outgoing,
}

impl Read for Feed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.unread.iter_mut().find(|part| !part.is_empty()) {
            Some(part) => part.read(buffer),
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Feed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HttpConfig, LimitsConfig};
    use crate::limits::Admission;
    use crate::listener::{Peer, Server, bind};
    use axum::Router;
    use core::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;
    use tokio_util::sync::CancellationToken;

    /// `cargo xtask conformance` lets Autobahn's testsuite talk with it: the socket and the
    /// listener as they are in production, and behind them an echo in place of the chat.
    #[tokio::test]
    #[ignore = "serves until its input ends: `cargo xtask conformance`"]
    async fn what_was_heard_is_said_again() {
        let listener = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        println!("\nlistening on ws://{}", listener.local_addr().unwrap());
        let tasks = TaskTracker::new();
        let router = Router::new().fallback(move |request: Request| {
            request.extensions().get::<Peer>().unwrap().link.set_upgraded();
            let response = hand_over(request, &tasks, Compression::On, echo).unwrap();
            async { response }
        });
        let http = Arc::new(HttpConfig::default());
        let admission = Admission::new(&LimitsConfig::default());
        let server = Server { router, http, admission, tls: None };
        let end = CancellationToken::new();
        let serving = tokio::spawn(server.run(listener, end.clone()));
        tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await.unwrap();
        end.cancel();
        serving.await.unwrap();
    }

    async fn echo(mut socket: impl Socket) {
        loop {
            match socket.receive().await {
                Incoming::Frame(text) => {
                    if socket.send(vec![text.into()]).await.is_err() {
                        return;
                    }
                }
                Incoming::Begin(_) | Incoming::SignOfLife => {}
                Incoming::Breach(code) => return socket.close(code).await,
                Incoming::Broken => return socket.refuse().await,
                Incoming::Gone => return,
            }
        }
    }
}
