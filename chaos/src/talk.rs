//! A server with people who write and read, until a fault is over and everything is held against
//! the log.

use crate::checker::{Evidence, Violation};
use crate::reader::{Goal, Reader};
use crate::server::{Place, Server};
use crate::wire::{Person, Way};
use crate::writer::{Budget, Manner, Writer};
use anyhow::{Context as _, Result, ensure};
use core::fmt;
use core::net::SocketAddr;
use shared::id::RoomId;
use shared::room::RoomKind;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Far longer than anything takes that comes to an end.
const PATIENCE: Duration = Duration::from_mins(2);

/// Longer than a heartbeat takes to tell somebody of what they miss.
pub(crate) const UNTIL_TOLD: Duration = Duration::from_mins(1);

/// Who takes part.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) rooms: usize,
    /// Each writes in one of the rooms, by turns.
    pub(crate) writers: Vec<Manner>,
    /// Each reads all the rooms.
    pub(crate) readers: Vec<Way>,
    /// Messages, at most.
    pub(crate) messages: u64,
    /// How long readers wait at the end to be brought there.
    pub(crate) patience: Duration,
}

impl Cast {
    /// A few who write by socket and over HTTP, and readers by every way.
    pub(crate) fn few(messages: u64) -> Self {
        let writers = vec![Manner::Ahead(16), Manner::OneByOne, Manner::Ahead(1), Manner::OneByOne];
        Self { rooms: 2, writers, readers: Way::ALL.to_vec(), messages, patience: UNTIL_TOLD }
    }

    /// A crowd, most of whom write far ahead.
    pub(crate) fn crowd(messages: u64) -> Self {
        let writers = [vec![Manner::Ahead(64); 16], vec![Manner::OneByOne; 4]].concat();
        Self { rooms: 8, writers, ..Self::few(messages) }
    }
}

/// The people of a server, who stay when it goes.
#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) owner: Person,
    pub(crate) rooms: Vec<RoomId>,
    pub(crate) writers: Vec<Person>,
    pub(crate) readers: Vec<Person>,
}

impl People {
    /// Registers all of a cast, and brings them into the rooms.
    pub(crate) async fn arrive(place: &Place, cast: &Cast) -> Result<Self> {
        Self::arrive_as("", place, cast).await
    }

    /// The same, with nicks that begin so.
    pub(crate) async fn arrive_as(begin: &str, place: &Place, cast: &Cast) -> Result<Self> {
        let address = place.launch.address;
        let mut numbers = 1..;
        let mut person = async |role: &str| {
            let number = numbers.next().unwrap_or_default();
            Person::register(address, &format!("{begin}{role}{number}"), number).await
        };
        let owner = person("owner").await?;
        let (mut rooms, mut writers, mut readers) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..cast.rooms {
            rooms.push(owner.create_room(&format!("Room {number}"), RoomKind::Open).await?);
        }
        for _ in &cast.writers {
            writers.push(person("writer").await?);
        }
        for _ in &cast.readers {
            readers.push(person("reader").await?);
        }
        for person in writers.iter().chain(&readers) {
            for room in &rooms {
                person.must(shared::command::ClientCommand::JoinRoom { room: *room }).await?;
            }
        }
        Ok(Self { owner, rooms, writers, readers })
    }

    /// The same people, reaching the server another way.
    pub(crate) fn by(&self, address: SocketAddr) -> Self {
        Self {
            owner: self.owner.clone(),
            rooms: self.rooms.clone(),
            writers: self.writers.iter().map(|person| person.by(address)).collect(),
            readers: self.readers.iter().map(|person| person.by(address)).collect(),
        }
    }
}

/// Writing and reading that goes on.
pub(crate) struct Talk {
    people: People,
    pub(crate) budget: Arc<Budget>,
    writing: Vec<JoinHandle<Result<crate::checker::Written>>>,
    reading: Vec<JoinHandle<Reader>>,
    goal: watch::Sender<Goal>,
}

impl Talk {
    /// Returns once all who read know where they stand.
    pub(crate) async fn begin(people: &People, cast: &Cast) -> Result<Self> {
        let goal = watch::Sender::new(None);
        let mut reading = Vec::new();
        for (person, way) in people.readers.iter().zip(&cast.readers) {
            let reader = Reader::new(person.clone(), *way, cast.patience);
            let mut ready = reader.ready();
            reading.push(tokio::spawn(reader.read(goal.subscribe())));
            timeout(PATIENCE, ready.wait_for(|ready| *ready))
                .await
                .with_context(|| format!("{} does not begin", person.nick))??;
        }
        let budget = Budget::new(cast.messages);
        let rooms = people.rooms.iter().cycle();
        let writing = people
            .writers
            .iter()
            .zip(&cast.writers)
            .zip(rooms)
            .map(|((person, manner), room)| {
                let writer = Writer::new(person.clone(), *room, Arc::clone(&budget));
                tokio::spawn(writer.write(*manner))
            })
            .collect();
        Ok(Self { people: people.clone(), budget, writing, reading, goal })
    }

    /// Waits until so many are acknowledged, or nobody writes any more.
    pub(crate) async fn reach(&self, acknowledged: u64) -> Result<()> {
        let mut last = (self.budget.acknowledged(), tokio::time::Instant::now());
        while self.budget.acknowledged() < acknowledged
            && !self.writing.iter().all(JoinHandle::is_finished)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let now = self.budget.acknowledged();
            if now != last.0 {
                last = (now, tokio::time::Instant::now());
            }
            ensure!(last.1.elapsed() < PATIENCE, "nothing is acknowledged any more");
        }
        Ok(())
    }

    /// Lets everybody come to their end, and looks at what they were told.
    pub(crate) async fn conclude(self) -> Result<Verdict> {
        let mut evidence = Evidence::default();
        for writing in self.writing {
            let written = timeout(PATIENCE, writing).await.context("a writer does not end")??;
            evidence.written.push(written?);
        }
        let mut heads = HashMap::new();
        for room in &self.people.rooms {
            heads.insert(*room, self.people.owner.head(*room).await?);
        }
        self.goal.send_replace(Some(heads));
        let mut verdict = Verdict::default();
        for reading in self.reading {
            let reader = timeout(PATIENCE, reading).await.context("a reader does not end")??;
            verdict.connections += reader.connections;
            verdict.repeats += reader.repeats;
            verdict.found_late += reader.found_late;
            verdict.took.extend(&reader.took);
            let mine = self.people.rooms.iter();
            let mine: Vec<RoomId> = mine.copied().collect();
            let readings = reader.readings();
            // Everybody is in the first room and the announcements, too.
            evidence.readings.extend(readings.into_iter().filter(|of| mine.contains(&of.room)));
        }
        for room in &self.people.rooms {
            evidence.logs.push(self.people.owner.whole_log(*room).await?);
        }
        verdict.acknowledged = evidence.acknowledged();
        verdict.sent = evidence.written.iter().map(|written| written.sent.len()).sum();
        verdict.rendered = evidence.rendered();
        verdict.violations = evidence.violations();
        Ok(verdict)
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) sent: usize,
    pub(crate) acknowledged: usize,
    /// Events that readers rendered, all together.
    pub(crate) rendered: usize,
    pub(crate) connections: u32,
    pub(crate) repeats: u64,
    /// Times that a heartbeat told of an event first.
    pub(crate) found_late: u64,
    /// How long messages took to readers, in microseconds.
    pub(crate) took: Vec<u64>,
    pub(crate) violations: Vec<Violation>,
}

impl Verdict {
    /// In seconds, of so many messages in a hundred.
    pub(crate) fn percentile(&self, of_hundred: f64) -> f64 {
        percentile(&self.took, of_hundred) / 1e6
    }

    fn count(&self, of: impl Fn(&Violation) -> bool) -> usize {
        self.violations.iter().filter(|violation| of(violation)).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = self.count(|found| matches!(found, Violation::Lost { .. }));
        let doubled = self.count(|found| matches!(found, Violation::Doubled { .. }));
        let reordered = self.count(|found| matches!(found, Violation::Overtook { .. }));
        let others = self.violations.len() - lost - doubled - reordered;
        write!(
            f,
            "{} acknowledged: {lost} lost, {doubled} doubled, {reordered} reordered, \
             {others} other violations; {} rendered on {} connections",
            self.acknowledged, self.rendered, self.connections
        )
    }
}

/// The value that so many of a hundred do not exceed; none of nothing.
pub(crate) fn percentile(values: &[u64], of_hundred: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() as f64 * of_hundred / 100.0).ceil() as usize;
    sorted.get(at.clamp(1, sorted.len().max(1)) - 1).map_or(f64::NAN, |value| *value as f64)
}

/// A server in a folder of its own, and its people.
pub(crate) struct Scene {
    pub(crate) place: Place,
    pub(crate) server: Server,
    pub(crate) people: People,
}

impl Scene {
    pub(crate) async fn set(place: Place, cast: &Cast) -> Result<Self> {
        // Nobody gets through the door of a server that has every bug.
        let sound = Place { bugs: String::new(), ..place.clone() };
        let server = sound.start().await?;
        let people = People::arrive(&place, cast).await?;
        if place.bugs.is_empty() {
            return Ok(Self { place, server, people });
        }
        server.stop().await?;
        Ok(Self { server: place.start().await?, place, people })
    }
}
