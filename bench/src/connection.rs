//! One connection: it opens, resumes, counts what comes and answers heartbeats.

use crate::tally::Tally;
use crate::wire::{self, Frame, Offer, Reader, Seen};
use anyhow::{Result, anyhow};
use core::net::{Ipv4Addr, SocketAddrV4};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use shared::frame::{Resume, ResumedRoom, RoomCursor, ServerFrame};
use shared::id::{RoomId, Seq};
use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No answer to a resume is longer.
const LARGEST_FRAME: usize = 64 * 1024 * 1024;

/// What all connections have in common.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) epoll: OwnedFd,
    pub(crate) origin: Instant,
    pub(crate) server: SocketAddrV4,
    pub(crate) as_page: bool,
    pub(crate) offer: Offer,
    pub(crate) tally: Tally,
    pub(crate) reader: Reader,
    /// Connections that get everything.
    pub(crate) live: usize,
    /// Connections on the way there.
    pub(crate) opening: usize,
    /// Connections the server ended, by their index.
    pub(crate) lost: Vec<usize>,
}

impl Ground {
    /// Nanoseconds since the fleet was made.
    pub(crate) fn now(&self) -> u64 {
        self.origin.elapsed().as_nanos() as u64
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Closed,
    Connecting,
    Upgrading,
    Resuming,
    Live,
}

#[derive(Debug)]
pub(crate) struct Connection {
    index: usize,
    token: Arc<str>,
    source: Ipv4Addr,
    socket: Option<TcpStream>,
    stage: Stage,
    /// The beginning of a frame that has not all arrived.
    partial: Vec<u8>,
    unsent: Vec<u8>,
    /// The room whose messages are counted.
    room: Option<RoomId>,
    cursors: HashMap<RoomId, RoomCursor>,
    user_version: Option<u64>,
    /// Messages that have arrived.
    pub(crate) delivered: u64,
    is_deaf: bool,
}

impl Connection {
    pub(crate) fn new(
        index: usize,
        token: Arc<str>,
        source: Ipv4Addr,
        room: Option<RoomId>,
    ) -> Self {
        Self {
            index,
            token,
            source,
            socket: None,
            stage: Stage::Closed,
            partial: Vec::new(),
            unsent: Vec::new(),
            room,
            cursors: HashMap::new(),
            user_version: None,
            delivered: 0,
            is_deaf: false,
        }
    }

    pub(crate) const fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Begins to open; `receive_buffer` bytes at most wait in the kernel, if it is given.
    pub(crate) fn open(
        &mut self,
        ground: &mut Ground,
        receive_buffer: Option<usize>,
    ) -> Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket =
            rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        if let Some(bytes) = receive_buffer {
            sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
        }
        sockopt::set_tcp_nodelay(&socket, true)?;
        rustix::net::bind(&socket, &SocketAddrV4::new(self.source, 0))?;
        match rustix::net::connect(&socket, &ground.server) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        epoll::add(&ground.epoll, &socket, self.data(), EventFlags::IN | EventFlags::OUT)?;
        self.socket = Some(TcpStream::from(socket));
        self.stage = Stage::Connecting;
        self.partial = Vec::new();
        self.unsent = Vec::new();
        self.is_deaf = false;
        ground.opening += 1;
        Ok(())
    }

    const fn data(&self) -> EventData {
        EventData::new_u64(self.index as u64)
    }

    /// Ends at once, as when the machine is gone: what is on the way is lost.
    pub(crate) fn reset(&mut self, ground: &mut Ground) -> Result<()> {
        if let Some(socket) = self.socket.take() {
            sockopt::set_socket_linger(&socket, Some(Duration::ZERO))?;
        }
        self.leave_stage(ground);
        Ok(())
    }

    fn leave_stage(&mut self, ground: &mut Ground) {
        match self.stage {
            Stage::Closed => {}
            Stage::Live => ground.live -= 1,
            Stage::Connecting | Stage::Upgrading | Stage::Resuming => ground.opening -= 1,
        }
        self.stage = Stage::Closed;
        self.socket = None;
    }

    fn end(&mut self, why: String, ground: &mut Ground) {
        *ground.tally.ended.entry(why).or_default() += 1;
        self.leave_stage(ground);
        ground.lost.push(self.index);
    }

    /// From now on reads nothing, or reads again.
    pub(crate) fn set_deaf(&mut self, is_deaf: bool, ground: &Ground) -> Result<()> {
        self.is_deaf = is_deaf;
        self.arm(ground)
    }

    fn arm(&self, ground: &Ground) -> Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN, !self.is_deaf);
        flags.set(EventFlags::OUT, !self.unsent.is_empty());
        Ok(epoll::modify(&ground.epoll, socket, self.data(), flags)?)
    }

    /// Sends, now or as soon as the socket takes it.
    pub(crate) fn send(&mut self, bytes: &[u8], ground: &mut Ground) -> Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        match socket.write(bytes) {
            Ok(written) if written == bytes.len() => return Ok(()),
            Ok(written) => self.unsent.extend_from_slice(&bytes[written..]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.unsent.extend_from_slice(bytes);
            }
            Err(error) => {
                self.end(format!("write: {}", error.kind()), ground);
                return Ok(());
            }
        }
        self.arm(ground)
    }

    pub(crate) fn ready(
        &mut self,
        flags: EventFlags,
        scratch: &mut [u8],
        ground: &mut Ground,
    ) -> Result<()> {
        if self.stage == Stage::Connecting {
            return self.connected(ground);
        }
        if flags.contains(EventFlags::OUT) {
            self.flush(ground)?;
        }
        let readable = EventFlags::IN | EventFlags::HUP | EventFlags::ERR;
        if flags.intersects(readable) && (!self.is_deaf || !flags.contains(EventFlags::IN)) {
            self.receive(scratch, ground)?;
        }
        Ok(())
    }

    fn connected(&mut self, ground: &mut Ground) -> Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        if let Err(error) = sockopt::socket_error(socket)? {
            self.end(format!("connect: {error}"), ground);
            return Ok(());
        }
        self.stage = Stage::Upgrading;
        let request = wire::upgrade(ground.server, &self.token, ground.offer);
        self.send(request.as_bytes(), ground)?;
        self.arm(ground)
    }

    fn flush(&mut self, ground: &mut Ground) -> Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        match socket.write(&self.unsent) {
            Ok(written) => {
                self.unsent.drain(..written);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => {
                self.end(format!("write: {}", error.kind()), ground);
                return Ok(());
            }
        }
        if self.unsent.is_empty() {
            self.unsent = Vec::new();
            self.arm(ground)?;
        }
        Ok(())
    }

    fn receive(&mut self, scratch: &mut [u8], ground: &mut Ground) -> Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        let bytes = match socket.read(scratch) {
            Ok(0) => {
                self.end("end of stream".to_owned(), ground);
                return Ok(());
            }
            Ok(length) => &scratch[..length],
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => {
                self.end(format!("read: {}", error.kind()), ground);
                return Ok(());
            }
        };
        ground.tally.bytes += bytes.len() as u64;
        if self.partial.is_empty() {
            let taken = self.take_in(bytes, ground)?;
            self.partial.extend_from_slice(&bytes[taken..]);
        } else {
            let mut buffer = core::mem::take(&mut self.partial);
            buffer.extend_from_slice(bytes);
            let taken = self.take_in(&buffer, ground)?;
            if taken < buffer.len() {
                buffer.drain(..taken);
                self.partial = buffer;
            }
        }
        Ok(())
    }

    /// Understands what is whole, and says how much that was.
    fn take_in(&mut self, bytes: &[u8], ground: &mut Ground) -> Result<usize> {
        let mut taken = 0;
        if self.stage == Stage::Upgrading {
            let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            let status = wire::status(bytes)?;
            if status != 101 {
                self.end(format!("upgrade: status {status}"), ground);
                return Ok(bytes.len());
            }
            taken = end + 4;
            self.resume(ground)?;
        }
        let now = ground.now();
        while let Some(Frame { opcode, is_deflated, start, end }) = wire::parse(&bytes[taken..]) {
            let payload = &bytes[taken + start..taken + end];
            taken += end;
            if is_deflated {
                let inflated = backend::deflate::inflate(payload, LARGEST_FRAME);
                let inflated = inflated.map_err(|fault| anyhow!("not inflated: {fault:?}"))?;
                self.frame(&inflated, now, ground)?;
                continue;
            }
            match opcode {
                wire::TEXT => self.frame(payload, now, ground)?,
                wire::PING => {
                    let mut pong = Vec::new();
                    wire::push_pong(&mut pong, payload);
                    self.send(&pong, ground)?;
                }
                wire::CLOSE => {
                    self.end(wire::close_reason(payload), ground);
                    return Ok(bytes.len());
                }
                _ => {}
            }
        }
        Ok(taken)
    }

    fn resume(&mut self, ground: &mut Ground) -> Result<()> {
        self.stage = Stage::Resuming;
        let resume = Resume {
            user: self.user_version,
            rooms: self.cursors.clone(),
            directory: ground.as_page.then_some(0),
            presence: ground.as_page,
        };
        let mut out = Vec::new();
        wire::push_resume(&mut out, resume)?;
        self.send(&out, ground)
    }

    fn frame(&mut self, payload: &[u8], now: u64, ground: &mut Ground) -> Result<()> {
        match ground.reader.read(payload) {
            Seen::Message { due, seq } => self.message(due, seq, now, ground),
            Seen::Reply { id } => {
                let tally = &mut ground.tally;
                tally.acknowledged += 1;
                if tally.window.contains(&id) {
                    tally.acknowledgement.record(now.saturating_sub(id));
                }
            }
            Seen::Heartbeat => {
                let mut out = Vec::new();
                wire::push_frame(&mut out, &shared::frame::ClientFrame::Heartbeat)?;
                self.send(&out, ground)?;
            }
            Seen::Resumed => self.resumed(payload, ground)?,
            Seen::Refused => {
                if let Ok(ServerFrame::Refused { error, .. }) = serde_json::from_slice(payload) {
                    *ground.tally.refused.entry(format!("{error:?}")).or_default() += 1;
                }
            }
            Seen::Other => {}
        }
        Ok(())
    }

    fn message(&mut self, due: u64, seq: u64, now: u64, ground: &mut Ground) {
        let tally = &mut ground.tally;
        if let Some(cursor) = self.room.and_then(|room| self.cursors.get_mut(&room)) {
            if seq != cursor.last.0 + 1 {
                tally.out_of_order += 1;
            }
            cursor.last = Seq(seq);
        }
        self.delivered += 1;
        tally.delivered += 1;
        if tally.window.contains(&due) {
            tally.delivery.record(now.saturating_sub(due));
        }
    }

    fn resumed(&mut self, payload: &[u8], ground: &mut Ground) -> Result<()> {
        let ServerFrame::Resumed(resumed) = serde_json::from_slice(payload)? else {
            return Ok(());
        };
        if let Some(user) = &resumed.user {
            self.user_version = Some(user.version);
        }
        for room in resumed.rooms {
            match room {
                // The events up to the head follow.
                ResumedRoom::Recovered { .. } => {}
                ResumedRoom::Snapshot { snapshot }
                | ResumedRoom::Truncated { snapshot }
                | ResumedRoom::Reset { snapshot } => {
                    let cursor = RoomCursor { epoch: snapshot.epoch, last: snapshot.head };
                    self.cursors.insert(snapshot.room.id, cursor);
                }
            }
        }
        ground.tally.resumed += 1;
        if self.stage == Stage::Resuming {
            self.stage = Stage::Live;
            ground.opening -= 1;
            ground.live += 1;
        }
        Ok(())
    }
}
