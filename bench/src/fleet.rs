//! Many connections on one thread: one wait for all of them, one read for whatever has come.

use crate::connection::{Connection, Ground};
use crate::seed::Person;
use crate::tally::Tally;
use crate::wire::{Offer, Reader};
use anyhow::{Result, bail, ensure};
use core::net::{Ipv4Addr, SocketAddrV4};
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags};
use rustix::io::Errno;
use shared::id::RoomId;
use std::time::{Duration, Instant};

/// One read takes at most so much.
const SCRATCH_BYTES: usize = 256 * 1024;
/// Connections looked after in one turn: what is due to be sent waits that long at most.
const EVENTS: usize = 64;
/// Connections on the way at once when nobody hurries.
const OPENING: usize = 256;
/// Connections from one address: ports are finite.
const PER_ADDRESS: usize = 2_000;
const OPENING_TIME: Duration = Duration::from_mins(1);

pub(crate) struct Fleet {
    pub(crate) connections: Vec<Connection>,
    pub(crate) ground: Ground,
    scratch: Vec<u8>,
    events: Vec<epoll::Event>,
}

impl Fleet {
    pub(crate) fn new(server: SocketAddrV4, as_page: bool, offer: Offer) -> Result<Self> {
        Ok(Self {
            connections: Vec::new(),
            ground: Ground {
                epoll: epoll::create(CreateFlags::CLOEXEC)?,
                origin: Instant::now(),
                server,
                as_page,
                offer,
                tally: Tally::new()?,
                reader: Reader::new(),
                live: 0,
                opening: 0,
                lost: Vec::new(),
            },
            scratch: vec![0; SCRATCH_BYTES],
            events: Vec::with_capacity(EVENTS),
        })
    }

    /// One more connection, closed as yet; of `room` the messages are counted.
    pub(crate) fn add(&mut self, person: &Person, room: Option<RoomId>) -> usize {
        let index = self.connections.len();
        let address = Ipv4Addr::new(127, 0, (index / PER_ADDRESS) as u8, 1);
        self.connections.push(Connection::new(index, person.token.clone(), address, room));
        index
    }

    pub(crate) fn now(&self) -> u64 {
        self.ground.now()
    }

    pub(crate) fn send(&mut self, connection: usize, bytes: &[u8]) -> Result<()> {
        self.connections[connection].send(bytes, &mut self.ground)
    }

    pub(crate) fn open(&mut self, connection: usize, receive_buffer: Option<usize>) -> Result<()> {
        self.connections[connection].open(&mut self.ground, receive_buffer)
    }

    /// Opens all that are closed, a few at a time, and returns when all are live.
    pub(crate) fn open_all(&mut self) -> Result<()> {
        let goal = self.connections.len();
        let closed: Vec<usize> =
            (0..goal).filter(|index| self.connections[*index].is_closed()).collect();
        let mut closed = closed.into_iter();
        let deadline = Instant::now() + OPENING_TIME;
        while self.ground.live < goal {
            while self.ground.opening < OPENING
                && let Some(index) = closed.next()
            {
                self.open(index, None)?;
            }
            self.turn(Duration::from_millis(100))?;
            if !self.ground.lost.is_empty() || Instant::now() > deadline {
                bail!(
                    "{} of {goal} connections are live, {} on the way; {}",
                    self.ground.live,
                    self.ground.opening,
                    self.ground.tally.troubles().join(", ")
                );
            }
        }
        Ok(())
    }

    /// Resets all, opens all at once, and says how long it took until the last one was live.
    pub(crate) fn return_all(&mut self) -> Result<Duration> {
        for connection in &mut self.connections {
            connection.reset(&mut self.ground)?;
        }
        let begin = Instant::now();
        for connection in &mut self.connections {
            connection.open(&mut self.ground, None)?;
        }
        while self.ground.live < self.connections.len() {
            self.turn(Duration::from_millis(100))?;
            // The server may refuse while it is overrun: come back, as clients do.
            for lost in core::mem::take(&mut self.ground.lost) {
                self.open(lost, None)?;
            }
            ensure!(begin.elapsed() < OPENING_TIME, "only {} came back", self.ground.live);
        }
        Ok(begin.elapsed())
    }

    /// Opens again those the server ended.
    pub(crate) fn return_lost(&mut self) -> Result<()> {
        for lost in core::mem::take(&mut self.ground.lost) {
            self.open(lost, None)?;
        }
        Ok(())
    }

    /// Looks after connections until `end`.
    pub(crate) fn idle(&mut self, duration: Duration) -> Result<()> {
        let end = Instant::now() + duration;
        while let Some(rest) = end.checked_duration_since(Instant::now()) {
            self.turn(rest)?;
        }
        Ok(())
    }

    /// Waits for `patience` at most until something happens, and deals with it.
    pub(crate) fn turn(&mut self, patience: Duration) -> Result<()> {
        let timeout = Timespec::try_from(patience)?;
        self.events.clear();
        match epoll::wait(&self.ground.epoll, spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &self.events {
            let (data, flags) = (event.data, event.flags);
            if let Some(connection) = self.connections.get_mut(data.u64() as usize) {
                connection.ready(flags, &mut self.scratch, &mut self.ground)?;
            }
        }
        Ok(())
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.ground.tally
    }

    /// Forgets what was counted.
    pub(crate) fn clear_tally(&mut self) -> Result<()> {
        self.ground.tally = Tally::new()?;
        Ok(())
    }
}
