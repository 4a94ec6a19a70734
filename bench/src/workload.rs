//! What is measured, one function each.

use crate::disk;
use crate::fleet::Fleet;
use crate::load::{OpenLoop, Outcome, Room, Rounds};
use crate::machine::net_counter;
use crate::report::Row;
use crate::search::search;
use crate::seed::{self, Place};
use crate::server::Server;
use crate::signin::{self, Refusals};
use crate::transports::transports;
use crate::wire::Offer;
use anyhow::{Result, ensure};
use clap::ValueEnum;
use launch::raise_open_files;
use shared::limit;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Bytes of an ordinary message's text.
const TEXT: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Start to ready; memory of an idle server, and of 2,000 idle connections
    Idle,
    /// 32 in one room, each posts 1,600 and waits for all, again and again
    W1,
    /// One room of 1,000, 20 messages a second
    W2,
    /// 200 rooms of 20, 500 messages a second in all
    W3,
    /// 10,000 idle connections with heartbeats
    W4,
    /// 2,000 are reset and come back at once
    W5,
    /// One room of 1,000, 100, 200 and 400 messages a second
    Hot,
    /// 200 senders: acknowledgements at 500 a second, and as many as can be had
    Ingest,
    /// One room of 1,000, one of whom stops reading
    Slow,
    /// Wrong passwords for nicks there are and nicks there are not: whether the time tells
    Login,
    /// The first page of searches in 1,000,000 messages
    Search,
    /// One room of 20 by each transport: bytes, delay and CPU of a delivery
    Transports,
}

/// How to measure.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    /// Where data folders are made.
    pub(crate) folder: PathBuf,
    pub(crate) short: bool,
    pub(crate) as_page: bool,
    pub(crate) offer: Offer,
    /// Where the messages of `search` stay from one run to the next.
    pub(crate) keep: Option<PathBuf>,
}

impl Plan {
    fn warm_up(&self) -> Duration {
        Duration::from_secs(if self.short { 1 } else { 3 })
    }

    fn measured(&self) -> Duration {
        Duration::from_secs(if self.short { 4 } else { 20 })
    }

    const fn flushes(&self) -> u64 {
        if self.short { 300 } else { 1000 }
    }
}

/// A server with people in rooms, and a connection for each.
struct Scene {
    server: Server,
    fleet: Fleet,
    rooms: Vec<Room>,
    /// Removed with the scene, after the server.
    folder: TempDir,
}

impl Scene {
    /// `rooms` rooms of `members`, nobody in two of them.
    fn set(plan: &Plan, rooms: usize, members: usize) -> Result<Self> {
        let mut scene = Self::closed(plan, rooms, members)?;
        scene.fleet.open_all()?;
        Ok(scene)
    }

    /// The same, with no connection open yet.
    fn closed(plan: &Plan, rooms: usize, members: usize) -> Result<Self> {
        let open_files = raise_open_files()?;
        ensure!(
            open_files as usize > rooms * members + 100,
            "the system allows {open_files} open files, too few for {} connections: see ulimit -n",
            rooms * members
        );
        let folder = TempDir::with_prefix_in("data-", &plan.folder)?;
        let numbers: Vec<Vec<usize>> =
            (0..rooms).map(|room| (room * members..(room + 1) * members).collect()).collect();
        let data = folder.path().join("data");
        let Place { people, rooms } = seed::place(&data, rooms * members, &numbers)?;
        let server = Server::start(&plan.binary, &data)?;
        let mut fleet = Fleet::new(server.address, plan.as_page, plan.offer)?;
        let rooms = rooms
            .into_iter()
            .zip(numbers)
            .map(|(id, members)| {
                let senders: Vec<usize> =
                    members.into_iter().map(|at| fleet.add(&people[at], Some(id))).collect();
                Room { id, listeners: senders.len() as u64, senders }
            })
            .collect();
        Ok(Self { server, fleet, rooms, folder })
    }

    fn open_loop(&mut self, plan: &Plan, per_second: f64, bytes: usize) -> Result<Outcome> {
        let load = OpenLoop {
            rooms: self.rooms.clone(),
            per_second,
            bytes,
            warm_up: plan.warm_up(),
            measured: plan.measured(),
        };
        load.run(&mut self.fleet, &self.server)
    }

    fn end(self) -> Result<()> {
        drop(self.fleet);
        self.server.stop()?;
        Ok(self.folder.close()?)
    }
}

impl Workload {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Idle => "Idle",
            Self::W1 => "W1",
            Self::W2 => "W2",
            Self::W3 => "W3",
            Self::W4 => "W4",
            Self::W5 => "W5",
            Self::Hot => "Hot",
            Self::Ingest => "Ingest",
            Self::Slow => "Slow",
            Self::Login => "Login",
            Self::Search => "Search",
            Self::Transports => "Transports",
        }
    }

    pub(crate) fn measure(self, plan: &Plan) -> Result<Vec<Row>> {
        match self {
            Self::Idle => idle(plan),
            Self::W1 => w1(plan),
            Self::W2 => fan_out(plan, "W2", 1, 1_000, 20.0),
            Self::W3 => fan_out(plan, "W3", 200, 20, 500.0),
            Self::W4 => w4(plan),
            Self::W5 => w5(plan),
            Self::Hot => hot(plan),
            Self::Ingest => ingest(plan),
            Self::Slow => slow(plan),
            Self::Login => login(plan),
            Self::Search => search(plan),
            Self::Transports => transports(plan),
        }
    }
}

/// Memory settles within this time after connections have come.
const SETTLING: Duration = Duration::from_secs(5);
/// In this time every connection has had a heartbeat.
const HEARTBEATS: Duration = Duration::from_secs(30);

fn idle(plan: &Plan) -> Result<Vec<Row>> {
    const CONNECTIONS: usize = 2_000;
    let long = TempDir::with_prefix_in("data-", &plan.folder)?;
    let data = long.path().join("data");
    seed::long_room(&data, if plan.short { 5_000 } else { 50_000 })?;
    let long_ready = median_start(&plan.binary, &data)?;
    long.close()?;
    let empty = TempDir::with_prefix_in("data-", &plan.folder)?;
    let data = empty.path().join("data");
    seed::place(&data, 1, &[])?;
    let ready = median_start(&plan.binary, &data)?;
    let server = Server::start(&plan.binary, &data)?;
    let mut nobody = Fleet::new(server.address, false, Offer::Nothing)?;
    nobody.idle(SETTLING)?;
    let resident = server.resident_kib()?;
    server.stop()?;
    empty.close()?;
    let mut scene = Scene::closed(plan, 1, CONNECTIONS)?;
    scene.fleet.idle(SETTLING)?;
    let before = scene.server.resident_kib()?;
    scene.fleet.open_all()?;
    scene.fleet.idle(if plan.short { SETTLING } else { HEARTBEATS })?;
    let after = scene.server.resident_kib()?;
    let troubles = scene.fleet.tally().troubles();
    scene.end()?;
    let mib = |kib: u64| kib as f64 / 1024.0;
    let mut row = Row::new("Idle")
        .with_limit("ready ms", ready.as_secs_f64() * 1e3, 1_000.0)
        .with_limit("ready ms, long room", long_ready.as_secs_f64() * 1e3, 1_000.0)
        .with_limit("resident MiB", mib(resident), 40.0)
        .with_limit("2,000 connections: + MiB", mib(after.saturating_sub(before)), 24.0);
    row.troubles = troubles;
    Ok(vec![row])
}

/// The middle one of five starts.
fn median_start(binary: &Path, data: &Path) -> Result<Duration> {
    let mut starts = Vec::new();
    for _ in 0..5 {
        let server = Server::start(binary, data)?;
        starts.push(server.ready_after);
        server.stop()?;
    }
    starts.sort();
    Ok(starts[starts.len() / 2])
}

fn w1(plan: &Plan) -> Result<Vec<Row>> {
    let mut scene = Scene::set(plan, 1, 32)?;
    let rounds = Rounds {
        rooms: scene.rooms.clone(),
        messages: 1_600,
        bytes: 32,
        warm_up: plan.warm_up(),
        measured: plan.measured(),
    };
    let (outcome, _) = rounds.run(&mut scene.fleet, &scene.server)?;
    let row = outcome.row("W1", &scene.fleet);
    scene.end()?;
    Ok(vec![row])
}

fn fan_out(
    plan: &Plan,
    title: &str,
    rooms: usize,
    members: usize,
    per_second: f64,
) -> Result<Vec<Row>> {
    let mut scene = Scene::set(plan, rooms, members)?;
    let outcome = scene.open_loop(plan, per_second, TEXT)?;
    let row = outcome.row(title, &scene.fleet);
    scene.end()?;
    Ok(vec![row])
}

fn hot(plan: &Plan) -> Result<Vec<Row>> {
    let mut scene = Scene::set(plan, 1, 1_000)?;
    let mut rows = Vec::new();
    for per_second in [100.0, 200.0, 400.0] {
        let outcome = scene.open_loop(plan, per_second, TEXT)?;
        rows.push(outcome.row(format!("Hot {per_second}/s"), &scene.fleet));
        // What is left over would be the next one's.
        scene.fleet.idle(Duration::from_secs(1))?;
    }
    scene.end()?;
    Ok(rows)
}

fn w4(plan: &Plan) -> Result<Vec<Row>> {
    let connections = if plan.short { 2_000 } else { 10_000 };
    let mut scene = Scene::closed(plan, 1, connections)?;
    scene.fleet.idle(SETTLING)?;
    let before = scene.server.resident_kib()?;
    scene.fleet.open_all()?;
    scene.fleet.idle(SETTLING)?;
    let cpu_before = scene.server.cpu()?;
    let idle = if plan.short { SETTLING } else { HEARTBEATS };
    scene.fleet.idle(idle)?;
    let cpu = scene.server.cpu()?.saturating_sub(cpu_before);
    let after = scene.server.resident_kib()?;
    let each = after.saturating_sub(before) as f64 / connections as f64;
    let mut row = Row::new(format!("W4 {connections}"))
        .with_limit("KiB/connection", each, 6.0)
        .with("resident MiB", after as f64 / 1024.0)
        .with("peak MiB", scene.server.peak_kib()? as f64 / 1024.0)
        .with("CPU % idle", cpu.as_secs_f64() * 100.0 / idle.as_secs_f64());
    row.troubles = scene.fleet.tally().troubles();
    scene.end()?;
    Ok(vec![row])
}

/// Counters of the kernel that grow when it loses a SYN, and what they count.
const LOST_SYNS: [&str; 3] = ["ListenOverflows", "ListenDrops", "TCPSynRetrans"];

fn w5(plan: &Plan) -> Result<Vec<Row>> {
    let lost = || -> Result<u64> {
        LOST_SYNS.iter().try_fold(0, |sum, name| Ok(sum + net_counter("/proc/net/netstat", name)?))
    };
    let mut scene = Scene::set(plan, 1, 2_000)?;
    scene.fleet.clear_tally()?;
    let lost_before = lost()?;
    let cpu_before = scene.server.cpu()?;
    let took = scene.fleet.return_all()?;
    let cpu = scene.server.cpu()?.saturating_sub(cpu_before);
    let mut row = Row::new("W5")
        .with("last is live s", took.as_secs_f64())
        .with("CPU µs each", cpu.as_secs_f64() * 1e6 / 2_000.0)
        .with("B to client", scene.fleet.tally().bytes as f64 / 2_000.0)
        .with("SYNs lost", lost()?.saturating_sub(lost_before) as f64);
    row.troubles = scene.fleet.tally().troubles();
    scene.end()?;
    Ok(vec![row])
}

fn ingest(plan: &Plan) -> Result<Vec<Row>> {
    let mut scene = Scene::set(plan, 200, 1)?;
    let mut flush = disk::flushes(scene.folder.path(), plan.flushes())?;
    let outcome = scene.open_loop(plan, 500.0, TEXT)?;
    flush.add(&disk::flushes(scene.folder.path(), plan.flushes())?)?;
    let acknowledgement = &scene.fleet.tally().acknowledgement;
    let mut paced = Row::new("Ingest 500/s")
        .with("ack p50 ms", acknowledgement.millis(0.5))
        .with("ack p99 ms", acknowledgement.millis(0.99))
        .with("fdatasync p50 ms", flush.millis(0.5))
        .with("fdatasync p99 ms", flush.millis(0.99))
        .with("p99 / fdatasync p99", acknowledgement.millis(0.99) / flush.millis(0.99))
        .with("CPU µs/message", outcome.cpu_per_million());
    paced.troubles = outcome.row("", &scene.fleet).troubles;
    let rounds = Rounds {
        rooms: scene.rooms.clone(),
        messages: limit::UNACKNOWLEDGED_SENDS,
        bytes: TEXT,
        warm_up: plan.warm_up(),
        measured: plan.measured(),
    };
    let (outcome, acknowledged) = rounds.run(&mut scene.fleet, &scene.server)?;
    let mut flat_out = Row::new("Ingest, as fast as it goes")
        .with("acknowledged/s", acknowledged as f64 / outcome.took.as_secs_f64())
        .with("CPU µs/message", outcome.cpu_per_million());
    flat_out.troubles = scene.fleet.tally().troubles();
    scene.end()?;
    Ok(vec![paced, flat_out])
}

fn slow(plan: &Plan) -> Result<Vec<Row>> {
    /// Large enough to fill the kernel's buffers within the time.
    const BYTES: usize = 12_000;
    const SMALLEST: usize = 4096;
    let mut scene = Scene::closed(plan, 1, 1_000)?;
    let deaf = scene.rooms[0].senders[999];
    // The kernel keeps less for it than for the others.
    scene.fleet.open(deaf, Some(SMALLEST))?;
    scene.fleet.open_all()?;
    let outcome = scene.open_loop(plan, 20.0, BYTES)?;
    let before = scene.server.peak_kib()?;
    let all = scene.fleet.tally().delivery.millis(0.99);
    let mut rows = vec![outcome.row("Slow: all read", &scene.fleet)];
    scene.fleet.connections[deaf].set_deaf(true, &scene.fleet.ground)?;
    for room in &mut scene.rooms {
        room.senders.retain(|sender| *sender != deaf);
        room.listeners = room.senders.len() as u64;
    }
    let outcome = scene.open_loop(plan, 20.0, BYTES)?;
    let grown = scene.server.peak_kib()?.saturating_sub(before);
    let others = scene.fleet.tally().delivery.millis(0.99);
    rows.push(outcome.row("Slow: one does not", &scene.fleet));
    // It finds what the kernel has kept for it, and then the end.
    scene.fleet.connections[deaf].set_deaf(false, &scene.fleet.ground)?;
    scene.fleet.idle(Duration::from_secs(2))?;
    let is_closed = scene.fleet.ground.lost.contains(&deaf);
    rows.push(
        Row::new("Slow")
            .with_limit("others' p99 + %", (others / all - 1.0) * 100.0, 10.0)
            .with_limit("memory + MiB", grown as f64 / 1024.0, 16.0)
            .with("closed as slow", f64::from(u8::from(is_closed))),
    );
    scene.end()?;
    Ok(rows)
}

fn login(plan: &Plan) -> Result<Vec<Row>> {
    let folder = TempDir::with_prefix_in("data-", &plan.folder)?;
    let server = Server::start(&plan.binary, &folder.path().join("data"))?;
    let Refusals { known, unknown } = signin::guess(&server, if plan.short { 6 } else { 25 })?;
    server.stop()?;
    folder.close()?;
    let (known, unknown) = (median(known), median(unknown));
    let row = Row::new("Login")
        .with("known nick ms", known)
        .with("unknown nick ms", unknown)
        .with_limit("apart %", (known / unknown - 1.0).abs() * 100.0, 5.0);
    Ok(vec![row])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
