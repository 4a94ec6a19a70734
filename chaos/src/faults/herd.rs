//! F13: the server is restarted, or killed, with thousands of clients, who all come back.

use super::{Ground, Row};
use crate::chance::Chance;
use crate::finding::Finding;
use crate::talk::{Cast, People, Scene, Talk, UNTIL_TOLD};
use crate::wire::{Live, Person, Way};
use crate::writer::Manner;
use anyhow::{Result, ensure};
use core::net::Ipv4Addr;
use shared::frame::{Resume, ServerFrame};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub(super) const ROW: Row = Row {
    name: "F13",
    fault: "restart with 10,000 clients",
    expected: "all back within 30 s; p99 of what is said meanwhile below 1 s; at most 250 MB",
};

/// Accounts whose connections they are.
const PEOPLE: usize = 20;
/// From one address: ports are finite.
const PER_ADDRESS: usize = 2_000;
/// Opening at once, when nobody hurries.
const AT_ONCE: usize = 200;
const PATIENCE: Duration = Duration::from_mins(3);
/// Between tries, as the contract has it: from the one to the other, each time twice as long, and
/// of that a part by chance.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let (folder, place) = ground.place()?;
    let clients = ground.form.of(200, 10_000);
    let cast = Cast {
        rooms: 1,
        writers: vec![Manner::Every(Duration::from_millis(50)); 2],
        readers: vec![Way::WebSocket; 4],
        messages: u64::MAX,
        patience: UNTIL_TOLD,
    };
    let mut scene = Scene::set(place, &cast).await?;
    let crowd =
        Cast { rooms: 0, writers: Vec::new(), readers: vec![Way::WebSocket; PEOPLE], ..cast };
    let crowd = People::arrive_as("crowd", &scene.place, &crowd).await?;
    let herd = Herd::gather(&crowd.readers, clients, ground.seed).await?;
    let talk = Talk::begin(&scene.people, &cast).await?;
    talk.reach(100).await?;

    let (before, begin) = (herd.arrived(), Instant::now());
    scene.server.stop().await?;
    scene.server = scene.place.start().await?;
    let restarted = herd.all_here(before, begin).await?;
    let after_restart = scene.server.peak()?;
    talk.reach(talk.budget.acknowledged() + 200).await?;

    let (before, begin) = (herd.arrived(), Instant::now());
    scene.server.kill().await?;
    scene.server = scene.place.start().await?;
    let killed = herd.all_here(before, begin).await?;
    let peak = scene.server.peak()?.max(after_restart);
    talk.reach(talk.budget.acknowledged() + 200).await?;

    talk.budget.end();
    let verdict = talk.conclude().await?;
    drop(herd);
    scene.server.stop().await?;
    folder.close()?;
    let limit = |limit| ground.form.limit(limit);
    // The promise is in millions of bytes.
    let megabytes = peak * 1.048_576;
    Ok(Finding::new()
        .with(format!("{clients} WebSockets of {PEOPLE} people"))
        .at_most("all back from a restart after", restarted.as_secs_f64(), limit(30.0), "s")
        .at_most("from a kill -9 after", killed.as_secs_f64(), limit(30.0), "s")
        .at_most("most memory", megabytes, limit(250.0), "MB")
        .at_most("p99 of messages", verdict.percentile(99.0), limit(1.0), "s")
        .with(&verdict)
        .without(verdict.violations))
}

/// Clients that are there, and come back.
struct Herd {
    live: Arc<AtomicUsize>,
    /// How often one of them became live.
    arrivals: Arc<AtomicUsize>,
    clients: usize,
    /// Ended with the herd.
    tasks: JoinSet<()>,
}

impl Herd {
    async fn gather(people: &[Person], clients: usize, seed: u64) -> Result<Self> {
        let mut herd =
            Self { live: Arc::default(), arrivals: Arc::default(), clients, tasks: JoinSet::new() };
        let gate = Arc::new(Semaphore::new(AT_ONCE));
        for (number, person) in people.iter().cycle().take(clients).enumerate() {
            let last = u8::try_from(1 + number / PER_ADDRESS)?;
            let mut person = person.clone();
            person.source = Some(Ipv4Addr::new(127, 0, 2, last));
            let sheep = Sheep {
                person,
                live: Arc::clone(&herd.live),
                arrivals: Arc::clone(&herd.arrivals),
                chance: Chance::new(seed + number as u64),
            };
            herd.tasks.spawn(sheep.stay(Arc::clone(&gate)));
        }
        herd.all_here(0, Instant::now()).await?;
        Ok(herd)
    }

    fn arrived(&self) -> usize {
        self.arrivals.load(Ordering::SeqCst)
    }

    /// Waits until all are live who were not there before, when so many had arrived.
    async fn all_here(&self, before: usize, since: Instant) -> Result<Duration> {
        loop {
            let live = self.live.load(Ordering::SeqCst);
            if live == self.clients && self.arrived() >= before + self.clients {
                return Ok(since.elapsed());
            }
            ensure!(since.elapsed() < PATIENCE, "{live} of {} are here", self.clients);
            sleep(Duration::from_millis(10)).await;
        }
    }
}

struct Sheep {
    person: Person,
    live: Arc<AtomicUsize>,
    arrivals: Arc<AtomicUsize>,
    chance: Chance,
}

impl Sheep {
    async fn stay(mut self, gate: Arc<Semaphore>) {
        // Only the first time in a queue: coming back, nobody knows of the others.
        let mut pass = gate.acquire().await.ok();
        let mut pause = FIRST;
        loop {
            let mut wait = None;
            if let Ok(mut live) = Live::open(&self.person, Way::WebSocket, Resume::default()).await
            {
                let mut is_live = false;
                while let Ok(frame) = live.next().await {
                    if let ServerFrame::Resumed(_) = frame {
                        is_live = true;
                        self.live.fetch_add(1, Ordering::SeqCst);
                        self.arrivals.fetch_add(1, Ordering::SeqCst);
                        drop(pass.take());
                        pause = FIRST;
                    } else if let ServerFrame::Heartbeat { .. } = frame {
                        if live.beat().await.is_err() {
                            break;
                        }
                    } else if let ServerFrame::GoingAway { reconnect_in } = frame {
                        wait = Some(Duration::from_millis(reconnect_in));
                    }
                }
                if is_live {
                    self.live.fetch_sub(1, Ordering::SeqCst);
                }
            }
            sleep(wait.unwrap_or_else(|| self.chance.up_to(pause))).await;
            pause = (pause * 2).min(LONGEST);
        }
    }
}
