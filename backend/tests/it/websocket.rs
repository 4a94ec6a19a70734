//! The live connection byte by byte: what no browser sends, and how frames may be cut.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw;
use crate::support::{Person, TestServer, within};
use backend::live::Pace;
use shared::limit;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
pub(crate) const FINAL: u8 = 0x80;
/// Of the first frame of a deflated message.
pub(crate) const DEFLATED: u8 = 0x40;
pub(crate) const MASK: [u8; 4] = [7, 0, 201, 33];
pub(crate) const HEARTBEAT: &[u8] = br#"{"type":"heartbeat"}"#;
/// What no frame of the protocol is: it is answered.
pub(crate) const NONSENSE: &[u8] = "{\"type\":\"shout\",\"text\":\"喊\"}".as_bytes();

/// A connection after its handshake.
pub(crate) struct Wire {
    pub(crate) socket: TcpStream,
    /// What was agreed on about extensions.
    pub(crate) agreed: Option<String>,
}

/// A frame as it came: its opcode and payload, inflated if that was agreed on.
pub(crate) type Frame = (u8, Vec<u8>);

impl Wire {
    pub(crate) async fn open(server: &TestServer) -> Self {
        Self::open_as(server, &server.person("ines").await).await
    }

    pub(crate) async fn open_as(server: &TestServer, person: &Person) -> Self {
        Self::offering(server, person, "").await
    }

    /// With these further lines in the handshake.
    pub(crate) async fn offering(server: &TestServer, person: &Person, lines: &str) -> Self {
        let token = person.api.token.as_ref().unwrap();
        let mut socket = within(TcpStream::connect(server.address)).await.unwrap();
        let request = format!(
            "GET /api/v1/ws HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             connection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\
             {lines}sec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            server.address,
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within(socket.read_u8()).await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        let agreed = head.lines().find_map(|line| line.strip_prefix("sec-websocket-extensions: "));
        let mut wire = Self { socket, agreed: agreed.map(str::to_owned) };
        assert_eq!(wire.frame().await.unwrap().0, TEXT);
        wire
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        within(self.socket.write_all(bytes)).await.unwrap();
    }

    pub(crate) async fn send(&mut self, first: u8, payload: &[u8]) {
        self.bytes(&frame(first, payload)).await;
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        let (first, payload) = self.raw_frame().await?;
        match first & 0x70 {
            0 => Some((first & 15, payload)),
            0x40 if self.agreed.is_some() => {
                Some((first & 15, backend::deflate::inflate(&payload, usize::MAX - 1).unwrap()))
            }
            _ => panic!("no extension was agreed on"),
        }
    }

    /// The next frame as it came, and its first byte.
    pub(crate) async fn raw_frame(&mut self) -> Option<Frame> {
        let socket = &mut self.socket;
        let first = within(socket.read_u8()).await.ok()?;
        let length = match within(socket.read_u8()).await.ok()? {
            126 => usize::from(within(socket.read_u16()).await.ok()?),
            127 => usize::try_from(within(socket.read_u64()).await.ok()?).unwrap(),
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        within(socket.read_exact(&mut payload)).await.ok()?;
        Some((first, payload))
    }

    /// The next frame of this kind that is no heartbeat: one may come at any time.
    pub(crate) async fn next(&mut self, opcode: u8) -> Vec<u8> {
        loop {
            let (found, payload) = self.frame().await.unwrap();
            if found == opcode && !payload.starts_with(br#"{"type":"heartbeat""#) {
                return payload;
            }
        }
    }

    /// That the connection lives, and has understood everything so far.
    pub(crate) async fn answers(&mut self) {
        self.send(FINAL | TEXT, NONSENSE).await;
        let answer = self.next(TEXT).await;
        assert_eq!(answer, br#"{"type":"error","error":{"code":"bad_frame"}}"#);
    }

    /// The code it ends with, and that it does end.
    pub(crate) async fn end(mut self) -> u16 {
        let payload = self.next(CLOSE).await;
        // As clients do: else the other end would wait.
        let _ = self.socket.write_all(&frame(FINAL | CLOSE, &payload[..2])).await;
        assert_eq!(self.frame().await, None);
        u16::from_be_bytes([payload[0], payload[1]])
    }
}

pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            bytes.push(0x80 | 0x7e);
            bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 0x7f);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

#[tokio::test]
async fn a_message_may_come_in_fragments_with_pings_between_them_and_byte_by_byte() {
    let server = TestServer::start().await;
    let mut wire = Wire::open(&server).await;
    // Cut within a letter of three bytes.
    let cut = NONSENSE.len() - 3;
    wire.send(TEXT, &NONSENSE[..2]).await;
    wire.send(FINAL | PING, b"still there?").await;
    assert_eq!(wire.next(PONG).await, b"still there?");
    wire.send(CONTINUATION, &NONSENSE[2..cut]).await;
    wire.send(FINAL | CONTINUATION, &NONSENSE[cut..]).await;
    assert!(wire.next(TEXT).await.starts_with(br#"{"type":"error""#));
    for byte in frame(FINAL | TEXT, NONSENSE) {
        wire.bytes(&[byte]).await;
    }
    assert!(wire.next(TEXT).await.starts_with(br#"{"type":"error""#));
    // Many in one write, and half of one after them.
    let many: Vec<u8> = (0..50).flat_map(|_| frame(FINAL | TEXT, HEARTBEAT)).collect();
    let whole = frame(FINAL | TEXT, NONSENSE);
    wire.bytes(&[&many[..], &whole[..9]].concat()).await;
    wire.bytes(&whole[9..]).await;
    assert!(wire.next(TEXT).await.starts_with(br#"{"type":"error""#));
    wire.answers().await;
}

#[tokio::test]
async fn the_longest_message_is_taken_in_one_frame_and_in_many() {
    let server = TestServer::start().await;
    let mut wire = Wire::open(&server).await;
    let longest = vec![b' '; limit::FRAME_BYTES];
    wire.send(FINAL | TEXT, &longest).await;
    assert!(wire.next(TEXT).await.starts_with(br#"{"type":"error""#));
    let mut parts = longest.chunks(10_000);
    wire.send(TEXT, parts.next().unwrap()).await;
    for part in parts {
        wire.send(CONTINUATION, part).await;
    }
    wire.send(FINAL | CONTINUATION, b"").await;
    assert!(wire.next(TEXT).await.starts_with(br#"{"type":"error""#));
    wire.answers().await;
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_held_and_a_pong_with_nothing() {
    let server = TestServer::start().await;
    let mut wire = Wire::open(&server).await;
    wire.send(FINAL | PONG, b"unasked").await;
    wire.send(FINAL | PING, b"").await;
    assert_eq!(wire.next(PONG).await, b"");
    wire.send(FINAL | PING, &[b'x'; 125]).await;
    assert_eq!(wire.next(PONG).await, [b'x'; 125]);
    wire.answers().await;
}

#[tokio::test]
async fn a_close_is_answered_and_then_the_server_ends_the_connection() {
    let server = TestServer::start().await;
    let mut wire = Wire::open(&server).await;
    wire.send(FINAL | CLOSE, &1000_u16.to_be_bytes()).await;
    assert_eq!(wire.next(CLOSE).await, 1000_u16.to_be_bytes());
    assert_eq!(wire.frame().await, None);
}

#[tokio::test]
async fn whoever_breaks_the_rules_of_frames_is_told_which_kind_of_rule() {
    let server = TestServer::start().await;
    let unmasked = [&[FINAL | TEXT, 20][..], HEARTBEAT].concat();
    let too_long = [&[FINAL | TEXT, 0x80 | 0x7f][..], &(1_u64 << 62).to_be_bytes(), &MASK].concat();
    let too_much = {
        let half = vec![b' '; limit::FRAME_BYTES / 2 + 1];
        [frame(TEXT, &half), frame(FINAL | CONTINUATION, &half)].concat()
    };
    let cases: [(&str, Vec<u8>, u16); 17] = [
        ("not masked", unmasked, 1002),
        ("a reserved bit", frame(FINAL | 0x40 | TEXT, HEARTBEAT), 1002),
        ("a reserved opcode", frame(FINAL | 3, b""), 1002),
        ("a reserved control opcode", frame(FINAL | 0x0b, b""), 1002),
        ("a reserved opcode with a payload", frame(FINAL | 3, b"hello"), 1002),
        ("a goodbye of one byte", frame(FINAL | CLOSE, b"x"), 1002),
        ("a goodbye that is not UTF-8", frame(FINAL | CLOSE, b"\x03\xe8\xff"), 1007),
        ("a ping in fragments", frame(PING, b""), 1002),
        ("a ping that is too long", frame(FINAL | PING, &[b'x'; 126]), 1002),
        ("going on with nothing", frame(FINAL | CONTINUATION, b"x"), 1002),
        ("not UTF-8", frame(FINAL | TEXT, b"\xff\xfe"), 1007),
        (
            "not UTF-8, and there would be more",
            frame(FINAL | TEXT, b"caf\xff\xfe ...")[..11].to_vec(),
            1007,
        ),
        ("half a surrogate pair", frame(FINAL | TEXT, b"\xed\xa0\x80"), 1007),
        ("binary", frame(FINAL | BINARY, b"x"), 1003),
        ("a byte too many", frame(FINAL | TEXT, &vec![b' '; limit::FRAME_BYTES + 1]), 1009),
        ("a length of 2^62", too_long, 1009),
        ("too much in fragments", too_much, 1009),
    ];
    let ines = server.person("ines").await;
    for (what, bytes, code) in cases {
        let mut wire = Wire::open_as(&server, &ines).await;
        wire.bytes(&bytes).await;
        assert_eq!(wire.end().await, code, "{what}");
    }
}

#[tokio::test]
async fn nothing_is_said_after_goodbye_however_long_the_answer_to_it_takes() {
    let often = |pace: &mut Pace| pace.heartbeat = Duration::from_millis(20);
    let server = TestServer::builder().pace(often).start().await;
    let ines = server.person("ines").await;
    for bytes in [frame(FINAL | 3, b"hello"), frame(FINAL | BINARY, b"x")] {
        let mut wire = Wire::open_as(&server, &ines).await;
        wire.bytes(&bytes).await;
        wire.next(CLOSE).await;
        // It is not answered: the server waits for that as long as for fifty heartbeats.
        assert_eq!(wire.frame().await, None);
    }
}

#[tokio::test]
async fn a_handshake_that_lacks_something_is_no_handshake() {
    let server = TestServer::start().await;
    let token = format!("Bearer {}", server.person("ines").await.api.token.unwrap());
    let all = [
        ("authorization", token.as_str()),
        ("connection", "Upgrade, close"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for lacking in 1..all.len() {
        let headers: Vec<_> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != lacking)
            .map(|(_, line)| *line)
            .collect();
        let answer = raw::request(server.address, "GET /api/v1/ws", &headers, "").await;
        assert_eq!(answer.status(), 426, "without {}", all[lacking].0);
    }
    let older = [all[0], all[1], all[2], ("sec-websocket-version", "8"), all[4]];
    assert_eq!(raw::request(server.address, "GET /api/v1/ws", &older, "").await.status(), 426);
}
