//! What must hold after any fault: pure, from what writers were told, what readers rendered, and
//! the log as somebody reads it who was not there.

use core::fmt;
use shared::id::{ClientMessageId, RoomId, Seq, UserId};
use std::collections::{HashMap, HashSet};

/// Stands for a text or an event: equal ones have equal fingerprints.
pub(crate) type Fingerprint = u64;

/// A message as its writer knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) id: ClientMessageId,
    pub(crate) room: RoomId,
    pub(crate) body: Fingerprint,
    /// Its place, if the server said that it has one.
    pub(crate) acknowledged: Option<Seq>,
}

/// All that one writer sent, in order.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) author: UserId,
    pub(crate) sent: Vec<Sent>,
}

/// What one reader rendered of a room.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// For reports.
    pub(crate) reader: String,
    pub(crate) user: UserId,
    pub(crate) room: RoomId,
    /// One for each time they came into the room.
    pub(crate) parts: Vec<Part>,
    /// The server left events out on a connection, between these two.
    pub(crate) skips: Vec<(Seq, Seq)>,
    /// After the one up to and with the other was told because the reader asked, as a member.
    pub(crate) asked: Vec<(Seq, Seq)>,
    /// The server said that the log is another one than the reader had been shown.
    pub(crate) resets: u32,
}

impl Reading {
    /// Whoever comes back may read what was said while they were away.
    fn was_asked_for(&self, seq: Seq, stays: &Stays) -> bool {
        self.asked
            .iter()
            .any(|(after, until)| *after < seq && seq <= *until && stays.covers(*until))
    }
}

/// Events without a gap, beginning after `from`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) from: Seq,
    pub(crate) events: Vec<Fingerprint>,
}

impl Part {
    pub(crate) const fn last(&self) -> Seq {
        Seq(self.from.0 + self.events.len() as u64)
    }
}

/// A room's log, from its beginning.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) room: RoomId,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) seq: Seq,
    pub(crate) event: Fingerprint,
    pub(crate) what: What,
}

/// What an event is to the checker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Message { author: UserId, id: ClientMessageId, body: Fingerprint },
    Came(UserId),
    Went(UserId),
    Other,
}

/// What must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    /// It was acknowledged, and is not in the log.
    Lost { id: ClientMessageId, acknowledged: Seq },
    /// It is in the log twice.
    Doubled { id: ClientMessageId, again: Seq },
    /// It was acknowledged at another place than it has.
    Moved { id: ClientMessageId, acknowledged: Seq, stands: Seq },
    /// It says something else than its writer wrote.
    Altered { id: ClientMessageId },
    /// It stands before what its writer had sent before it.
    Overtook { id: ClientMessageId, stands: Seq },
    /// Nobody sent it.
    Invented { seq: Seq },
    /// The log does not go on by one.
    Hole { after: Seq, next: Seq },
    /// A reader was shown an event before the one that comes first.
    Skipped { reader: String, last: Seq, next: Seq },
    /// A reader rendered what the log does not have there.
    Strange { reader: String, seq: Seq },
    /// A reader was not brought to the end, however long they waited.
    Behind { reader: String, last: Seq, head: Seq },
    /// A reader was told of what happened in a room that they were not in.
    Overheard { reader: String, seq: Seq },
    /// What a reader had been shown was taken back.
    TakenBack { reader: String, times: u32 },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { id, acknowledged } => {
                write!(f, "lost: {id}, acknowledged at {acknowledged}")
            }
            Self::Doubled { id, again } => write!(f, "doubled: {id}, again at {again}"),
            Self::Moved { id, acknowledged, stands } => {
                write!(f, "moved: {id}, acknowledged at {acknowledged}, stands at {stands}")
            }
            Self::Altered { id } => write!(f, "altered: {id}"),
            Self::Overtook { id, stands } => write!(f, "reordered: {id}, at {stands}"),
            Self::Invented { seq } => write!(f, "invented: nobody sent {seq}"),
            Self::Hole { after, next } => write!(f, "hole: {next} follows {after}"),
            Self::Skipped { reader, last, next } => {
                write!(f, "skipped: {reader} was shown {next} after {last}")
            }
            Self::Strange { reader, seq } => {
                write!(f, "strange: {reader} rendered what is not at {seq}")
            }
            Self::Behind { reader, last, head } => {
                write!(f, "behind: {reader} has {last} of {head}")
            }
            Self::Overheard { reader, seq } => {
                write!(f, "overheard: {reader} was told of {seq} while not in the room")
            }
            Self::TakenBack { reader, times } => {
                write!(f, "taken back: {reader} had been shown more than is there, {times} times")
            }
        }
    }
}

/// Everything that is known once all is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) written: Vec<Written>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) logs: Vec<Log>,
}

impl Evidence {
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let stored = self.stored(&mut found);
        for written in &self.written {
            of_writer(written, &stored, &mut found);
        }
        let logs: HashMap<RoomId, &Log> = self.logs.iter().map(|log| (log.room, log)).collect();
        for reading in &self.readings {
            if let Some(log) = logs.get(&reading.room) {
                of_reader(reading, log, &mut found);
            }
        }
        found
    }

    pub(crate) fn acknowledged(&self) -> usize {
        let sent = self.written.iter().flat_map(|written| &written.sent);
        sent.filter(|sent| sent.acknowledged.is_some()).count()
    }

    pub(crate) fn rendered(&self) -> usize {
        let parts = self.readings.iter().flat_map(|reading| &reading.parts);
        parts.map(|part| part.events.len()).sum()
    }

    /// The messages by their ids; on the way, whether the logs themselves are whole.
    fn stored(&self, found: &mut Vec<Violation>) -> HashMap<(UserId, ClientMessageId), Stored> {
        let asked: HashSet<_> = self
            .written
            .iter()
            .flat_map(|written| written.sent.iter().map(|sent| (written.author, sent.id)))
            .collect();
        let mut stored = HashMap::new();
        for log in &self.logs {
            let mut last = Seq::ZERO;
            for entry in &log.entries {
                if entry.seq != last.next() {
                    found.push(Violation::Hole { after: last, next: entry.seq });
                }
                last = entry.seq;
                let What::Message { author, id, body } = entry.what else { continue };
                let here = Stored { room: log.room, seq: entry.seq, body };
                if !asked.contains(&(author, id)) {
                    found.push(Violation::Invented { seq: entry.seq });
                } else if stored.insert((author, id), here).is_some() {
                    found.push(Violation::Doubled { id, again: entry.seq });
                }
            }
        }
        stored
    }
}

struct Stored {
    room: RoomId,
    seq: Seq,
    body: Fingerprint,
}

fn of_writer(
    written: &Written,
    stored: &HashMap<(UserId, ClientMessageId), Stored>,
    found: &mut Vec<Violation>,
) {
    let mut last: HashMap<RoomId, Seq> = HashMap::new();
    for sent in &written.sent {
        let id = sent.id;
        let Some(here) = stored.get(&(written.author, id)) else {
            // Never acknowledged, it may as well not be there.
            if let Some(acknowledged) = sent.acknowledged {
                found.push(Violation::Lost { id, acknowledged });
            }
            continue;
        };
        let stands = here.seq;
        if let Some(acknowledged) = sent.acknowledged
            && acknowledged != stands
        {
            found.push(Violation::Moved { id, acknowledged, stands });
        }
        if (here.room, here.body) != (sent.room, sent.body) {
            found.push(Violation::Altered { id });
        }
        let last = last.entry(here.room).or_default();
        if stands < *last {
            found.push(Violation::Overtook { id, stands });
        }
        *last = stands.max(*last);
    }
}

fn of_reader(reading: &Reading, log: &Log, found: &mut Vec<Violation>) {
    let reader = || reading.reader.clone();
    for (last, next) in &reading.skips {
        found.push(Violation::Skipped { reader: reader(), last: *last, next: *next });
    }
    if reading.resets > 0 {
        found.push(Violation::TakenBack { reader: reader(), times: reading.resets });
    }
    let stays = Stays::of(reading.user, log);
    for part in &reading.parts {
        let mut seq = part.from;
        for event in &part.events {
            seq = seq.next();
            // A log with a hole is told of by itself.
            let entry = usize::try_from(seq.0 - 1).ok().and_then(|at| log.entries.get(at));
            if entry.is_none_or(|entry| entry.seq == seq && entry.event != *event) {
                found.push(Violation::Strange { reader: reader(), seq });
            } else if !stays.covers(seq) && !reading.was_asked_for(seq, &stays) {
                found.push(Violation::Overheard { reader: reader(), seq });
            }
        }
    }
    let head = log.entries.last().map_or(Seq::ZERO, |entry| entry.seq);
    let last = reading.parts.last().map_or(Seq::ZERO, Part::last);
    if stays.is_in && last < head {
        found.push(Violation::Behind { reader: reader(), last, head });
    }
}

/// When somebody was not in a room.
struct Stays {
    /// After the one up to and with the other.
    away: Vec<(Seq, Seq)>,
    is_in: bool,
}

impl Stays {
    fn of(user: UserId, log: &Log) -> Self {
        let mut stays = Self { away: Vec::new(), is_in: true };
        for entry in &log.entries {
            if entry.what == What::Went(user) {
                stays.away.push((entry.seq, Seq(u64::MAX)));
                stays.is_in = false;
            } else if entry.what == What::Came(user)
                && let Some((_, until)) = stays.away.last_mut()
                && !stays.is_in
            {
                // Coming back is the first thing one is told of.
                *until = entry.seq.previous();
                stays.is_in = true;
            }
        }
        stays
    }

    fn covers(&self, seq: Seq) -> bool {
        let after = self.away.partition_point(|(went, _)| *went < seq);
        after.checked_sub(1).and_then(|at| self.away.get(at)).is_none_or(|(_, until)| seq > *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two writers, one reader, five events; nothing wrong with it.
    fn sound() -> Evidence {
        let (room, reader) = (RoomId::new(), UserId::new());
        let authors = [UserId::new(), UserId::new()];
        let mut written: Vec<Written> =
            authors.iter().map(|author| Written { author: *author, sent: Vec::new() }).collect();
        let mut entries = vec![Entry { seq: Seq(1), event: 100, what: What::Came(reader) }];
        for number in 2..=5 {
            let (id, seq) = (ClientMessageId::new(), Seq(number));
            let writer = &mut written[number as usize % 2];
            let body = number * 10;
            writer.sent.push(Sent { id, room, body, acknowledged: Some(seq) });
            let what = What::Message { author: writer.author, id, body };
            entries.push(Entry { seq, event: number, what });
        }
        // Never acknowledged: one that arrived, and one that did not.
        written[1].sent.last_mut().unwrap().acknowledged = None;
        let id = ClientMessageId::new();
        written[0].sent.push(Sent { id, room, body: 7, acknowledged: None });
        let part = Part { from: Seq(1), events: vec![2, 3, 4, 5] };
        let reading = Reading {
            reader: "reader".to_owned(),
            user: reader,
            room,
            parts: vec![part],
            skips: Vec::new(),
            asked: Vec::new(),
            resets: 0,
        };
        Evidence { written, readings: vec![reading], logs: vec![Log { room, entries }] }
    }

    #[track_caller]
    fn check(spoil: impl FnOnce(&mut Evidence), expected: impl Fn(&Violation) -> bool) {
        let mut evidence = sound();
        spoil(&mut evidence);
        let found = evidence.violations();
        assert!(found.iter().any(expected), "{found:?}");
    }

    fn renumber(evidence: &mut Evidence) {
        for (seq, entry) in (1..).zip(&mut evidence.logs[0].entries) {
            entry.seq = Seq(seq);
        }
    }

    #[test]
    fn what_is_sound_has_no_violation() {
        assert_eq!(sound().violations(), []);
        assert_eq!(sound().acknowledged(), 3);
    }

    #[test]
    fn an_acknowledged_message_that_is_gone_is_lost() {
        check(
            |all| {
                all.logs[0].entries.remove(1);
                renumber(all);
            },
            |found| matches!(found, Violation::Lost { acknowledged: Seq(2), .. }),
        );
    }

    #[test]
    fn a_message_that_is_there_twice_is_doubled() {
        check(
            |all| {
                let again = Entry { seq: Seq(6), ..all.logs[0].entries[1].clone() };
                all.logs[0].entries.push(again);
            },
            |found| matches!(found, Violation::Doubled { again: Seq(6), .. }),
        );
    }

    #[test]
    fn an_acknowledgement_of_another_place_is_found() {
        check(
            |all| all.written[0].sent[0].acknowledged = Some(Seq(9)),
            |found| matches!(found, Violation::Moved { acknowledged: Seq(9), .. }),
        );
    }

    #[test]
    fn other_words_and_another_room_are_found() {
        let altered = |found: &Violation| matches!(found, Violation::Altered { .. });
        check(|all| all.written[0].sent[0].body += 1, altered);
        check(|all| all.written[0].sent[0].room = RoomId::new(), altered);
    }

    #[test]
    fn a_message_before_an_earlier_one_of_its_writer_is_found() {
        check(
            |all| {
                let mut sent = core::mem::take(&mut all.written[0].sent);
                sent.swap(0, 1);
                all.written[0].sent = sent;
            },
            |found| matches!(found, Violation::Overtook { .. }),
        );
    }

    #[test]
    fn a_message_that_nobody_sent_is_found() {
        check(
            |all| {
                all.written[0].sent.remove(0);
            },
            |found| matches!(found, Violation::Invented { seq: Seq(2) }),
        );
    }

    #[test]
    fn a_number_that_is_missing_or_given_twice_is_found() {
        let hole = |found: &Violation| matches!(found, Violation::Hole { .. });
        check(|all| all.logs[0].entries[4].seq = Seq(6), hole);
        check(|all| all.logs[0].entries[4].seq = Seq(4), hole);
    }

    #[test]
    fn a_reader_that_was_shown_something_else_is_found() {
        check(
            |all| all.readings[0].parts[0].events.swap(1, 2),
            |found| matches!(found, Violation::Strange { seq: Seq(3), .. }),
        );
        check(
            |all| all.readings[0].parts[0].events.push(6),
            |found| matches!(found, Violation::Strange { seq: Seq(6), .. }),
        );
    }

    #[test]
    fn a_reader_that_was_not_brought_to_the_end_is_found() {
        check(
            |all| {
                all.readings[0].parts[0].events.pop();
            },
            |found| matches!(found, Violation::Behind { last: Seq(4), head: Seq(5), .. }),
        );
    }

    #[test]
    fn a_skip_and_a_reset_are_found() {
        check(
            |all| all.readings[0].skips.push((Seq(2), Seq(4))),
            |found| matches!(found, Violation::Skipped { .. }),
        );
        check(
            |all| all.readings[0].resets = 1,
            |found| matches!(found, Violation::TakenBack { times: 1, .. }),
        );
    }

    #[test]
    fn who_was_removed_may_know_of_that_and_of_nothing_after_it() {
        let remove = |all: &mut Evidence, at: u64| {
            let user = all.readings[0].user;
            all.logs[0].entries.push(Entry { seq: Seq(6), event: 6, what: What::Went(user) });
            all.logs[0].entries.push(Entry { seq: Seq(7), event: 7, what: What::Other });
            all.logs[0].entries.push(Entry { seq: Seq(8), event: 8, what: What::Came(user) });
            all.logs[0].entries.push(Entry { seq: Seq(9), event: 9, what: What::Other });
            all.readings[0].parts[0].events.extend(6..=at);
            all.readings[0].parts.push(Part { from: Seq(8), events: vec![9] });
        };
        let mut sound = sound();
        remove(&mut sound, 6);
        assert_eq!(sound.violations(), []);
        check(
            |all| remove(all, 7),
            |found| matches!(found, Violation::Overheard { seq: Seq(7), .. }),
        );
        // Asked for by a member, and by somebody who was none.
        let ask = |all: &mut Evidence, until: u64| {
            remove(all, 7);
            all.readings[0].asked.push((Seq(5), Seq(until)));
        };
        sound.readings[0].parts[0].events.push(7);
        sound.readings[0].asked.push((Seq(5), Seq(8)));
        assert_eq!(sound.violations(), []);
        check(|all| ask(all, 7), |found| matches!(found, Violation::Overheard { seq: Seq(7), .. }));
    }
}
