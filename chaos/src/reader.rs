//! Somebody who reads, as the contract tells a client to: the next event and no other, by whatever
//! way, from the cursor on after each break.

use crate::checker::{Part, Reading};
use crate::wire::{Failure, Live, Person, Way, fingerprint};
use crate::writer::moment;
use anyhow::{Context as _, Result, anyhow, bail};
use shared::event::RoomEvent;
use shared::frame::{Resume, Resumed, ResumedRoom, RoomCursor, ServerFrame};
use shared::id::{Epoch, RoomId, Seq};
use shared::room::RoomSnapshot;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

/// Before somebody tries again whom nobody answered.
const AGAIN: Duration = Duration::from_millis(20);
/// How long a page of the log is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// How far there is to read, once that is known.
pub(crate) type Goal = Option<HashMap<RoomId, Seq>>;

#[derive(Debug)]
pub(crate) struct Reader {
    person: Person,
    way: Way,
    rooms: HashMap<RoomId, Shown>,
    is_ready: watch::Sender<bool>,
    /// Times a connection was begun and answered.
    pub(crate) connections: u32,
    /// Events that came once more than needed, and were dropped.
    pub(crate) repeats: u64,
    /// Times that a heartbeat told of an event first.
    pub(crate) found_late: u64,
    /// How long messages took from their writer to here, in microseconds; those of them that came
    /// by themselves.
    pub(crate) took: Vec<u64>,
    patience: Duration,
}

#[derive(Debug)]
struct Shown {
    epoch: Epoch,
    parts: Vec<Part>,
    skips: Vec<(Seq, Seq)>,
    asked: Vec<(Seq, Seq)>,
    resets: u32,
    /// Not since the reader was told of their own leaving.
    is_in: bool,
}

impl Shown {
    fn from(snapshot: &RoomSnapshot) -> Self {
        let part = Part { from: snapshot.head, events: Vec::new() };
        let (epoch, parts) = (snapshot.epoch, vec![part]);
        Self { epoch, parts, skips: Vec::new(), asked: Vec::new(), resets: 0, is_in: true }
    }

    fn last(&self) -> Seq {
        self.parts.last().map_or(Seq::ZERO, Part::last)
    }

    fn begin_again(&mut self, snapshot: &RoomSnapshot) {
        self.epoch = snapshot.epoch;
        self.is_in = true;
        self.parts.push(Part { from: snapshot.head, events: Vec::new() });
    }

    fn render(&mut self, event: &RoomEvent) {
        if let Some(part) = self.parts.last_mut() {
            part.events.push(fingerprint(event));
        }
    }
}

impl Reader {
    pub(crate) fn new(person: Person, way: Way, patience: Duration) -> Self {
        Self {
            person,
            way,
            rooms: HashMap::new(),
            is_ready: watch::Sender::new(false),
            connections: 0,
            repeats: 0,
            found_late: 0,
            took: Vec::new(),
            patience,
        }
    }

    /// Becomes true once the reader knows where it stands for the first time.
    pub(crate) fn ready(&self) -> watch::Receiver<bool> {
        self.is_ready.subscribe()
    }

    /// Reads until it has come to the goal, or has waited for that too long.
    pub(crate) async fn read(mut self, goal: watch::Receiver<Goal>) -> Self {
        let mut watched = goal.clone();
        let patience = self.patience;
        tokio::select! {
            () = self.follow(&goal) => {}
            () = async {
                // An error means that nobody will say any more: the end, too.
                let _ = watched.wait_for(Option::is_some).await;
                sleep(patience).await;
            } => {}
        }
        self
    }

    pub(crate) fn readings(self) -> Vec<Reading> {
        let reader = format!("{} by {}", self.person.nick, self.way.name());
        let user = self.person.user;
        self.rooms
            .into_iter()
            .map(|(room, shown)| Reading {
                reader: reader.clone(),
                user,
                room,
                parts: shown.parts,
                skips: shown.skips,
                asked: shown.asked,
                resets: shown.resets,
            })
            .collect()
    }

    fn is_at(&self, goal: &Goal) -> bool {
        goal.as_ref().is_some_and(|heads| {
            heads.iter().all(|(room, head)| {
                // Of a room that they are not in, there is nothing to wait for.
                let shown = self.rooms.get(room);
                shown.is_none_or(|shown| !shown.is_in || shown.last() >= *head)
            })
        })
    }

    async fn follow(&mut self, goal: &watch::Receiver<Goal>) {
        let mut changed = goal.clone();
        while !self.is_at(&changed.borrow_and_update()) {
            let rooms = self
                .rooms
                .iter()
                .filter(|(_, shown)| shown.is_in)
                .map(|(room, shown)| (*room, RoomCursor { epoch: shown.epoch, last: shown.last() }))
                .collect();
            let resume = Resume { rooms, ..Resume::default() };
            if let Ok(mut live) = Live::open(&self.person, self.way, resume).await {
                while !self.is_at(&changed.borrow_and_update()) {
                    let frame = tokio::select! {
                        frame = live.next() => frame,
                        told = changed.changed() => match told {
                            Ok(()) => continue,
                            Err(_) => return,
                        },
                    };
                    let Ok(frame) = frame else { break };
                    // What the server does not answer now is asked again from the cursor on.
                    if self.take_in(frame, &mut live).await.is_err() {
                        break;
                    }
                }
            } else {
                sleep(AGAIN).await;
            }
        }
    }

    async fn take_in(&mut self, frame: ServerFrame, live: &mut Live) -> Result<()> {
        if let ServerFrame::Event { event } = frame {
            return self.event(&event).await;
        }
        if matches!(frame, ServerFrame::Hello { .. }) {
            // From here on the server may count on hearing of them.
            return live.beat().await;
        }
        if let ServerFrame::Heartbeat { heads, .. } = frame {
            live.beat().await?;
            for (room, head) in heads {
                let last = self.rooms.get(&room).map(Shown::last);
                if last.is_some_and(|last| last < head) {
                    self.fill(room, head).await?;
                    self.found_late += 1;
                }
            }
            return Ok(());
        }
        if let ServerFrame::Joined { snapshot } = frame {
            self.come_into(&snapshot);
            return Ok(());
        }
        if let ServerFrame::Resumed(resumed) = frame {
            return self.resumed(*resumed).await;
        }
        if let ServerFrame::GoingAway { .. } = frame {
            bail!("going away");
        }
        Ok(())
    }

    fn come_into(&mut self, snapshot: &RoomSnapshot) {
        match self.rooms.get_mut(&snapshot.room.id) {
            Some(shown) => shown.begin_again(snapshot),
            None => {
                self.rooms.insert(snapshot.room.id, Shown::from(snapshot));
            }
        }
    }

    async fn resumed(&mut self, resumed: Resumed) -> Result<()> {
        for room in resumed.not_found {
            if let Some(shown) = self.rooms.get_mut(&room) {
                shown.is_in = false;
            }
        }
        for room in resumed.rooms {
            match room {
                // The events up to the head follow.
                ResumedRoom::Recovered { room, head, .. } => {
                    if let Some(shown) = self.rooms.get_mut(&room) {
                        shown.asked.push((shown.last(), head));
                    }
                }
                ResumedRoom::Snapshot { snapshot } => self.come_into(&snapshot),
                ResumedRoom::Truncated { snapshot } => {
                    self.fill(snapshot.room.id, snapshot.head).await?;
                }
                ResumedRoom::Reset { snapshot } => {
                    if let Some(shown) = self.rooms.get_mut(&snapshot.room.id) {
                        shown.resets += 1;
                        shown.begin_again(&snapshot);
                    }
                }
            }
        }
        self.connections += 1;
        self.is_ready.send_replace(true);
        Ok(())
    }

    async fn event(&mut self, event: &RoomEvent) -> Result<()> {
        // Nothing is told of a room before its snapshot.
        let shown = self.rooms.get_mut(&event.room).context("an event of an unknown room")?;
        let last = shown.last();
        if event.seq <= last {
            self.repeats += 1;
            return Ok(());
        }
        if event.seq > last.next() {
            shown.skips.push((last, event.seq));
            return self.fill(event.room, event.seq).await;
        }
        shown.render(event);
        let sent =
            event.posted().and_then(|posted| posted.body.as_ref()?.as_str().rsplit(' ').next());
        if let Some(sent) = sent.and_then(|word| word.parse::<u64>().ok()) {
            self.took.push(moment().saturating_sub(sent));
        }
        if event.ends_membership_of() == Some(self.person.user) {
            shown.is_in = false;
        }
        Ok(())
    }

    /// Fetches what is missing up to `head`.
    async fn fill(&mut self, room: RoomId, head: Seq) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        let shown = self.rooms.get_mut(&room).context("an unknown room")?;
        let after = shown.last();
        while shown.last() < head {
            let page = timeout_at(until, self.person.log(room, shown.last())).await?;
            let page = page.map_err(|failure: Failure| anyhow!("{failure:?}"))?;
            if page.events.is_empty() {
                bail!("the log ends before {head}");
            }
            for event in &page.events {
                if event.seq != shown.last().next() {
                    shown.skips.push((shown.last(), event.seq));
                    bail!("a page that does not go on where it was asked to");
                }
                shown.render(event);
            }
            shown.asked.push((after, shown.last()));
        }
        Ok(())
    }
}
