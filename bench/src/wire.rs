//! WebSocket frames as cheaply as they can be made and read, so that what is measured is the
//! server. Fragments don't occur: the server sends each frame whole.

use anyhow::{Context as _, Result};
use core::fmt::Write as _;
use memchr::memmem::Finder;
use shared::command::ClientCommand;
use shared::frame::{ClientFrame, Resume};
use shared::id::{ClientMessageId, RoomId};

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
const PONG: u8 = 10;

const FINAL: u8 = 0x80;
const DEFLATED: u8 = 0x40;
const MASKED: u8 = 0x80;
/// In place of a short length: how many bytes of length follow.
const TWO_BYTES: u8 = 0x7e;
const EIGHT_BYTES: u8 = 0x7f;

/// Begins the body of a message that was due at the moment, in nanoseconds, that follows it as
/// [`DUE_DIGITS`] hexadecimal digits.
const DUE_MARK: char = '~';
const DUE_DIGITS: usize = 16;
/// What people might say: a text that is all of one letter would be deflated to nothing.
const PROSE: &str = "Could somebody look at the crane on quay four before lunch? It stopped twice \
    this morning, and the Marlin is due at half past two with thirty pallets of tiles for Osei. If \
    we move her to berth six, who tells customs? Wen has the forms; the numbers changed on Tuesday, \
    so please take the new ones from the board. Thanks, that helps a lot! I have put photographs of \
    the broken winch into the log, the third one shows best what happened. By the way: overtime for \
    Saturday is still open, two people would do, write to Noor until five. ";

/// Whether a connection offers to take deflated frames, as browsers do and most programs don't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Deflate,
    Nothing,
}

impl Offer {
    pub(crate) const fn line(self) -> &'static str {
        match self {
            Self::Deflate => {
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
            }
            Self::Nothing => "",
        }
    }
}

/// A frame of the server's inside a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) opcode: u8,
    pub(crate) is_deflated: bool,
    /// Where the payload begins and ends.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The first whole frame, unless it has not all arrived.
pub(crate) fn parse(buffer: &[u8]) -> Option<Frame> {
    let first = buffer.first()?;
    let (opcode, is_deflated) = (first & 15, first & DEFLATED != 0);
    let (start, length) = match buffer.get(1)? & !MASKED {
        TWO_BYTES => (4, usize::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?))),
        EIGHT_BYTES => {
            let length = u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?);
            (10, usize::try_from(length).ok()?)
        }
        length => (2, usize::from(length)),
    };
    let end = start + length;
    (buffer.len() >= end).then_some(Frame { opcode, is_deflated, start, end })
}

/// Masked with zeros, which costs nobody anything.
fn push(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(FINAL | opcode);
    match payload.len() {
        length @ 0..126 => out.push(MASKED | length as u8),
        length @ 126..=0xffff => {
            out.push(MASKED | TWO_BYTES);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | EIGHT_BYTES);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

pub(crate) fn push_frame(out: &mut Vec<u8>, frame: &ClientFrame) -> Result<()> {
    push(out, TEXT, &serde_json::to_vec(frame)?);
    Ok(())
}

pub(crate) fn push_resume(out: &mut Vec<u8>, resume: Resume) -> Result<()> {
    push_frame(out, &ClientFrame::Resume(resume))
}

/// A message of `length` bytes that was due at `due`; its command's id says so too, since no
/// connection has two due in the same nanosecond.
pub(crate) fn push_message(out: &mut Vec<u8>, room: RoomId, due: u64, length: usize) -> Result<()> {
    let mut body = String::with_capacity(length);
    write!(body, "{DUE_MARK}{due:0DUE_DIGITS$x}")?;
    body.extend(prose(due, length.saturating_sub(body.len())));
    let client_message_id = ClientMessageId::new();
    let command = ClientCommand::say(room, client_message_id, body);
    push_frame(out, &ClientFrame::Command { id: due, command })
}

/// So many letters of what people might say, from somewhere in it.
pub(crate) fn prose(somewhere: u64, length: usize) -> impl Iterator<Item = char> {
    PROSE.chars().cycle().skip(somewhere as usize % PROSE.len()).take(length)
}

pub(crate) fn push_pong(out: &mut Vec<u8>, payload: &[u8]) {
    push(out, PONG, payload);
}

/// What the upgrade asks for; the answer's key is not looked at.
pub(crate) fn upgrade(host: core::net::SocketAddrV4, token: &str, offer: Offer) -> String {
    let offer = offer.line();
    format!(
        "GET {} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         {offer}Authorization: Bearer {token}\r\n\r\n",
        shared::api::WEBSOCKET
    )
}

/// Reads what is counted out of a frame without parsing it whole.
#[derive(Debug)]
pub(crate) struct Reader {
    body: Finder<'static>,
    seq: Finder<'static>,
    id: Finder<'static>,
}

/// What is counted. Only these are told apart; the order of fields in the frame is not relied on,
/// but for the tag, which serde writes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A message of ours: when it was due, and its place.
    Message {
        due: u64,
        seq: u64,
    },
    Reply {
        id: u64,
    },
    Refused,
    Resumed,
    Heartbeat,
    Other,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            body: Finder::new("\"body\":\"~"),
            seq: Finder::new("\"seq\":"),
            id: Finder::new("\"id\":"),
        }
    }

    pub(crate) fn read(&self, payload: &[u8]) -> Seen {
        let Some(rest) = payload.strip_prefix(b"{\"type\":\"") else { return Seen::Other };
        if rest.starts_with(b"event\"") {
            self.message(rest).unwrap_or(Seen::Other)
        } else if rest.starts_with(b"reply\"") {
            number_after(&self.id, rest).map_or(Seen::Other, |id| Seen::Reply { id })
        } else if rest.starts_with(b"heartbeat\"") {
            Seen::Heartbeat
        } else if rest.starts_with(b"resumed\"") {
            Seen::Resumed
        } else if rest.starts_with(b"refused\"") {
            Seen::Refused
        } else {
            Seen::Other
        }
    }

    fn message(&self, rest: &[u8]) -> Option<Seen> {
        let at = self.body.find(rest)? + self.body.needle().len();
        let digits = rest.get(at..at + DUE_DIGITS)?;
        let due = digits.iter().try_fold(0_u64, |due, digit| {
            Some(due << 4 | u64::from(char::from(*digit).to_digit(16)?))
        })?;
        Some(Seen::Message { due, seq: number_after(&self.seq, rest)? })
    }
}

fn number_after(name: &Finder<'_>, text: &[u8]) -> Option<u64> {
    let at = name.find(text)? + name.needle().len();
    let digits = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number: u64, digit| number * 10 + u64::from(digit - b'0')))
}

/// The number and the reason of a close.
pub(crate) fn close_reason(payload: &[u8]) -> String {
    let Some((number, reason)) = payload.split_first_chunk::<2>() else {
        return "closed without a code".to_owned();
    };
    format!("{} {}", u16::from_be_bytes(*number), String::from_utf8_lossy(reason))
}

/// The status of an HTTP answer's first line.
pub(crate) fn status(head: &[u8]) -> Result<u16> {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = core::str::from_utf8(line)?;
    line.split(' ').nth(1).and_then(|code| code.parse().ok()).context("not HTTP")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::event::{RoomEvent, ServerEvent};
    use shared::frame::ServerFrame;
    use shared::id::{MessageId, Seq, UserId};
    use shared::message::{Acknowledgement, MessageBody, Posted};
    use shared::time::Timestamp;

    #[test]
    fn a_message_says_when_it_was_due_and_its_place() {
        let mut out = Vec::new();
        push_message(&mut out, RoomId::new(), 0x1234_5678_9abc, 100).unwrap();
        let sent: ClientFrame = serde_json::from_slice(&out[8..]).unwrap();
        let ClientFrame::Command { id, command } = sent else { panic!("not a command") };
        assert_eq!(id, 0x1234_5678_9abc);
        let ClientCommand::SendMessage { room, client_message_id, body, .. } = command else {
            panic!("not a message")
        };
        assert_eq!(body.len(), 100);
        let event = RoomEvent {
            room,
            seq: Seq(42),
            at: Timestamp(1),
            actor: UserId::new(),
            event: ServerEvent::MessagePosted(Posted::new(
                MessageId::new(),
                client_message_id,
                MessageBody::new(&body).unwrap(),
            )),
        };
        let text = serde_json::to_vec(&ServerFrame::Event { event }).unwrap();
        let seen = Reader::new().read(&text);
        assert_eq!(seen, Seen::Message { due: 0x1234_5678_9abc, seq: 42 });
    }

    #[test]
    fn a_reply_names_its_command() {
        let acknowledgement = Acknowledgement {
            client_message_id: ClientMessageId::new(),
            id: MessageId::new(),
            room: RoomId::new(),
            seq: Seq(3),
            at: Timestamp(1),
        };
        let reply = shared::command::CommandReply::Sent(acknowledgement);
        let text = serde_json::to_vec(&ServerFrame::Reply { id: 77, reply }).unwrap();
        assert_eq!(Reader::new().read(&text), Seen::Reply { id: 77 });
    }

    #[test]
    fn a_frame_is_read_once_it_is_whole() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let mut out = Vec::new();
            push(&mut out, TEXT, &vec![b'a'; length]);
            // The server's frames have no mask.
            let mask = out.len() - length - 4;
            out.drain(mask..mask + 4);
            out[1] &= !MASKED;
            let frame = parse(&out).unwrap();
            assert_eq!((frame.opcode, frame.end - frame.start), (TEXT, length));
            assert!(parse(&out[..out.len() - 1]).is_none());
        }
    }
}
