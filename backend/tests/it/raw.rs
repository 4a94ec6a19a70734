//! Requests as bytes, for what no well-behaved client sends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::within;
use std::fmt::Write as _;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back on one connection, until it was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    /// The first line's number; 0 when nothing came.
    pub(crate) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head()
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(header, value)| header.eq_ignore_ascii_case(name).then_some(value))
    }

    pub(crate) fn head(&self) -> &str {
        self.0.split("\r\n\r\n").next().unwrap_or_default()
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// How many answers there were.
    pub(crate) fn count(&self) -> usize {
        self.0.matches("HTTP/1.1 ").count()
    }
}

/// Opens a connection, sends the text, and reads until the other end closes.
pub(crate) async fn talk(address: SocketAddr, text: &str) -> Answer {
    let mut socket = within(TcpStream::connect(address)).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    hear(&mut socket).await
}

/// Reads until the other end closes.
pub(crate) async fn hear(socket: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A reset ends an answer too: what came before it counts.
    let _ = within(socket.read_to_end(&mut bytes)).await;
    Answer(String::from_utf8_lossy(&bytes).into_owned())
}

/// One request with these header lines and nothing else, on a connection of its own.
pub(crate) async fn request(
    address: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut text = format!("{line} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        write!(text, "host: {address}\r\n").unwrap();
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        text.push_str("connection: close\r\n");
    }
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() {
        write!(text, "content-length: {}\r\n", body.len()).unwrap();
    }
    text.push_str("\r\n");
    text.push_str(body);
    talk(address, &text).await
}

/// A WebSocket handshake with these further headers: its answer's head, however it ends.
pub(crate) async fn handshake(address: SocketAddr, headers: &[(&str, &str)]) -> Answer {
    let mut text = String::from("GET /api/v1/ws HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        write!(text, "host: {address}\r\n").unwrap();
    }
    text.push_str(
        "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    );
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    let mut socket = within(TcpStream::connect(address)).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = within(socket.read(&mut buffer)).await.unwrap();
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
    Answer(String::from_utf8_lossy(&bytes).into_owned())
}
