//! What came of a story, as it went: what each client was shown and promised, and what broke.

use backend::store::Change;
use core::hash::Hasher as _;
use shared::event::RoomEvent;
use shared::id::{ClientMessageId, Epoch, RoomId, Seq, UserId};
use shared::message::Acknowledgement;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use tokio::time::Instant;

/// What a client shows of a room from one snapshot on.
#[derive(Clone, Debug)]
pub struct Run {
    pub room: RoomId,
    pub epoch: Epoch,
    /// The head of the snapshot it began with.
    pub base: Seq,
    pub shown: Vec<RoomEvent>,
}

/// What happened to one client.
#[derive(Clone, Debug)]
pub struct Client {
    pub name: String,
    pub user: UserId,
    pub runs: Vec<Run>,
    pub acknowledged: Vec<Acknowledgement>,
    /// Every event that reached it, shown or not.
    pub reached: Vec<(RoomId, Seq, Instant)>,
    /// Messages it was given to send.
    pub given: Vec<(RoomId, ClientMessageId)>,
}

/// How much there was of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub events: u64,
    pub acknowledged: u64,
    pub resumes: u64,
    pub recovered: u64,
    pub fetched: u64,
    pub kills: u64,
    pub broken: u64,
    pub slow: u64,
}

#[derive(Debug)]
pub struct Record {
    pub clients: Vec<Client>,
    /// When this was told by the store.
    pub commits: BTreeMap<(RoomId, Seq), Instant>,
    /// The same of people's own streams, of the directory and of the place.
    pub personal: BTreeMap<(UserId, u64), Instant>,
    pub directory: BTreeMap<u64, Instant>,
    pub site: BTreeMap<u64, Instant>,
    /// When somebody last came into a room.
    pub came: BTreeMap<(RoomId, UserId), Instant>,
    pub counts: Counts,
    pub violations: Vec<String>,
    digest: DefaultHasher,
    begun: Instant,
    tells: Tells,
}

/// Whether all that happens is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    Everything,
    Nothing,
}

impl Record {
    pub fn new(tells: Tells) -> Self {
        Self {
            clients: Vec::new(),
            commits: BTreeMap::new(),
            personal: BTreeMap::new(),
            directory: BTreeMap::new(),
            site: BTreeMap::new(),
            came: BTreeMap::new(),
            counts: Counts::default(),
            violations: Vec::new(),
            digest: DefaultHasher::new(),
            begun: Instant::now(),
            tells,
        }
    }

    /// Notes that something has happened: two runs of one seed are the same if these are.
    #[expect(clippy::print_stdout, reason = "asked for by whoever looks into a seed")]
    pub fn happened(&mut self, whom: &str, what: &str) {
        let at = self.begun.elapsed().as_millis();
        self.digest.write_u128(at);
        self.digest.write(whom.as_bytes());
        self.digest.write(what.as_bytes());
        if self.tells == Tells::Everything {
            println!("{at:>8} {whom:<8} {what}");
        }
    }

    /// What all that happened comes to.
    pub fn digest(&self) -> u64 {
        self.digest.finish()
    }

    pub fn committed(&mut self, change: &Change) {
        let now = Instant::now();
        match change {
            Change::Room(event) => {
                self.commits.entry((event.room, event.seq)).or_insert(now);
                self.counts.events += 1;
                if let Some(user) = event.begins_membership_of() {
                    self.came.insert((event.room, user), now);
                }
            }
            Change::User { user, version, .. } => {
                self.personal.entry((*user, *version)).or_insert(now);
            }
            Change::Person { directory, .. } => {
                self.directory.entry(*directory).or_insert(now);
            }
            Change::Site(site) => {
                self.site.entry(site.version).or_insert(now);
            }
            Change::SessionsEnded(_) => {}
        }
    }

    /// Notes what must not be.
    pub fn broke(&mut self, promise: &str, how: &str) {
        self.happened("BROKEN", &format!("{promise}: {how}"));
        self.violations.push(format!("{promise}: {how}"));
    }
}
