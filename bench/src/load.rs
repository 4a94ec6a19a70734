//! Two ways of loading a server: messages that are due at fixed moments whatever the server does,
//! and senders that wait.

use crate::fleet::Fleet;
use crate::report::Row;
use crate::server::{Server, own_cpu};
use crate::wire;
use anyhow::{Context as _, Result, ensure};
use shared::id::RoomId;
use std::time::{Duration, Instant};

/// Messages sent before looking at what has come, when many are overdue.
const OVERDUE: usize = 16;
/// How long the last deliveries are waited for.
const DRAIN: Duration = Duration::from_secs(20);

/// A room, the connections that send to it, and how many hear what is sent.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) senders: Vec<usize>,
    pub(crate) listeners: u64,
}

/// Messages at a fixed rate, the rooms taking turns and their members too.
#[derive(Debug)]
pub(crate) struct OpenLoop {
    pub(crate) rooms: Vec<Room>,
    pub(crate) per_second: f64,
    pub(crate) bytes: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What a load did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) deliveries: u64,
    /// Deliveries there should have been.
    pub(crate) expected: u64,
    /// From the first message that counts to the last delivery.
    pub(crate) took: Duration,
    pub(crate) server_cpu: Duration,
    pub(crate) own_cpu: Duration,
}

impl OpenLoop {
    /// Latencies are in the fleet's tally afterwards.
    pub(crate) fn run(&self, fleet: &mut Fleet, server: &Server) -> Result<Outcome> {
        fleet.clear_tally()?;
        let interval = 1e9 / self.per_second;
        let start = fleet.now() + 10_000_000;
        let from = start + self.warm_up.as_nanos() as u64;
        let to = from + self.measured.as_nanos() as u64;
        fleet.ground.tally.window = from..to;
        let mut begun = None;
        let mut expected = 0;
        let mut out = Vec::new();
        let mut number = 0_usize;
        let mut overdue = 0;
        loop {
            let due = start + (number as f64 * interval) as u64;
            if due >= to {
                break;
            }
            let now = fleet.now();
            if begun.is_none() && now >= from {
                begun = Some((Instant::now(), server.cpu()?, own_cpu()?));
            }
            if now >= due && overdue < OVERDUE {
                let room = &self.rooms[number % self.rooms.len()];
                let sender = room.senders[number / self.rooms.len() % room.senders.len()];
                out.clear();
                wire::push_message(&mut out, room.id, due, self.bytes)?;
                fleet.send(sender, &out)?;
                if due >= from {
                    expected += room.listeners;
                }
                number += 1;
                overdue += 1;
                continue;
            }
            overdue = 0;
            let next = if begun.is_none() { due.min(from) } else { due };
            fleet.turn(Duration::from_nanos(next.saturating_sub(now)))?;
            fleet.return_lost()?;
        }
        let (first, server_before, own_before) =
            begun.context("nothing was due while it was measured")?;
        let patience = Instant::now() + DRAIN;
        while fleet.tally().delivery.count() < expected && Instant::now() < patience {
            fleet.turn(Duration::from_millis(20))?;
            fleet.return_lost()?;
        }
        Ok(Outcome {
            deliveries: fleet.tally().delivery.count(),
            expected,
            took: first.elapsed(),
            server_cpu: server.cpu()?.saturating_sub(server_before),
            own_cpu: own_cpu()?.saturating_sub(own_before),
        })
    }
}

impl Outcome {
    pub(crate) fn cpu_per_million(&self) -> f64 {
        self.server_cpu.as_secs_f64() * 1e6 / self.deliveries.max(1) as f64
    }

    fn share(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 100.0 / self.took.as_secs_f64()
    }

    /// The figures that all loads have.
    pub(crate) fn row(&self, workload: impl Into<String>, fleet: &Fleet) -> Row {
        let tally = fleet.tally();
        let mut row = Row::new(workload)
            .with("deliveries/s", self.deliveries as f64 / self.took.as_secs_f64())
            .with("p50 ms", tally.delivery.millis(0.5))
            .with("p99 ms", tally.delivery.millis(0.99))
            .with("p99.9 ms", tally.delivery.millis(0.999))
            .with("ack p50 ms", tally.acknowledgement.millis(0.5))
            .with("ack p99 ms", tally.acknowledgement.millis(0.99))
            .with("CPU s/M", self.cpu_per_million())
            .with("B/delivery", tally.bytes as f64 / tally.delivered.max(1) as f64)
            .with("CPU %", self.share(self.server_cpu))
            .with("generator %", self.share(self.own_cpu));
        row.troubles = tally.troubles();
        if self.deliveries < self.expected {
            row.troubles.push(format!("{} deliveries missing", self.expected - self.deliveries));
        }
        row
    }
}

/// Each sender posts `messages`, waits until its share of everybody's has reached it, and posts
/// again.
#[derive(Debug)]
pub(crate) struct Rounds {
    pub(crate) rooms: Vec<Room>,
    /// A sender's messages in a round.
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// A sender, and how many messages must have reached it before it posts again.
#[derive(Debug)]
struct Player {
    connection: usize,
    room: RoomId,
    round: u64,
    goal: u64,
}

impl Rounds {
    /// The outcome, and how many messages were acknowledged meanwhile.
    pub(crate) fn run(&self, fleet: &mut Fleet, server: &Server) -> Result<(Outcome, u64)> {
        let mut players = self.players(fleet);
        self.play(&mut players, fleet, self.warm_up)?;
        fleet.clear_tally()?;
        let (server_before, own_before) = (server.cpu()?, own_cpu()?);
        let begin = Instant::now();
        self.play(&mut players, fleet, self.measured)?;
        let deliveries = fleet.tally().delivered;
        let acknowledged = fleet.tally().acknowledged;
        let outcome = Outcome {
            deliveries,
            expected: deliveries,
            took: begin.elapsed(),
            server_cpu: server.cpu()?.saturating_sub(server_before),
            own_cpu: own_cpu()?.saturating_sub(own_before),
        };
        Ok((outcome, acknowledged))
    }

    fn players(&self, fleet: &Fleet) -> Vec<Player> {
        let player = |room: &Room, connection: usize| Player {
            connection,
            room: room.id,
            round: (self.messages * room.senders.len()) as u64,
            goal: fleet.connections[connection].delivered,
        };
        self.rooms
            .iter()
            .flat_map(|room| room.senders.iter().map(move |sender| player(room, *sender)))
            .collect()
    }

    fn play(&self, players: &mut [Player], fleet: &mut Fleet, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        let mut out = Vec::new();
        let mut progress = (fleet.tally().delivered, Instant::now());
        while Instant::now() < end {
            for player in &mut *players {
                if fleet.connections[player.connection].delivered < player.goal {
                    continue;
                }
                player.goal += player.round;
                out.clear();
                for _ in 0..self.messages {
                    wire::push_message(&mut out, player.room, fleet.now(), self.bytes)?;
                }
                fleet.send(player.connection, &out)?;
            }
            fleet.turn(Duration::from_millis(20))?;
            fleet.return_lost()?;
            if fleet.tally().delivered > progress.0 {
                progress = (fleet.tally().delivered, Instant::now());
            }
            ensure!(
                progress.1.elapsed() < DRAIN,
                "nothing has arrived for {DRAIN:?}; {}",
                fleet.tally().troubles().join(", ")
            );
        }
        Ok(())
    }
}
