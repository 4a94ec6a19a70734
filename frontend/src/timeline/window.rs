//! The loaded part of a room's log: contiguous, growing at both ends.

use shared::event::RoomEvent;
use shared::id::Seq;
use std::collections::VecDeque;
use std::sync::Arc;

/// An event and the calendar day on which the viewer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub event: RoomEvent,
    /// Days since 1970-01-01 where the viewer is.
    pub day: i64,
}

/// A contiguous run of a room's log. Empty until a first page is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    entries: VecDeque<Arc<Entry>>,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// It continued what was there.
    Extended,
    /// It did not touch what was there, which is gone.
    Replaced,
    /// There was nothing new in it.
    Unchanged,
}

impl Timeline {
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> + ExactSizeIterator {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn first(&self) -> Option<Seq> {
        self.entries.front().map(|entry| entry.event.seq)
    }

    pub fn last(&self) -> Option<Seq> {
        self.entries.back().map(|entry| entry.event.seq)
    }

    /// Whether the room's first event is here.
    pub fn reaches_start(&self) -> bool {
        self.first() == Some(Seq::FIRST)
    }

    /// Whether nothing up to `head` is missing at the end.
    pub fn reaches(&self, head: Seq) -> bool {
        self.last().is_some_and(|last| last >= head)
    }

    pub fn contains(&self, seq: Seq) -> bool {
        self.first().is_some_and(|first| first <= seq) && self.reaches(seq)
    }

    pub fn entry(&self, seq: Seq) -> Option<&Arc<Entry>> {
        let place = seq.0.checked_sub(self.first()?.0)?;
        self.entries.get(usize::try_from(place).ok()?)
    }

    /// Takes the event over if it is the one after the last; else leaves everything as it is.
    pub fn append(&mut self, entry: Entry) -> bool {
        let next = self.last().is_some_and(|last| entry.event.seq == last.next());
        if next {
            self.entries.push_back(Arc::new(entry));
        }
        next
    }

    /// Begins with the room's first event, seen live.
    pub fn begin(&mut self, entry: Entry) {
        if self.entries.is_empty() {
            self.entries.push_back(Arc::new(entry));
        }
    }

    /// Takes a page over: joined on where it overlaps or adjoins, else in place of what was there.
    /// `page` is contiguous and in rising order.
    pub fn load(&mut self, page: Vec<Entry>) -> Loaded {
        let (Some(from), Some(to)) =
            (page.first().map(|entry| entry.event.seq), page.last().map(|entry| entry.event.seq))
        else {
            return Loaded::Unchanged;
        };
        let (Some(first), Some(last)) = (self.first(), self.last()) else {
            self.entries = page.into_iter().map(Arc::new).collect();
            return Loaded::Replaced;
        };
        if to.next() < first || from > last.next() {
            self.entries = page.into_iter().map(Arc::new).collect();
            return Loaded::Replaced;
        }
        if from >= first && to <= last {
            return Loaded::Unchanged;
        }
        let mut older = Vec::new();
        for entry in page {
            if entry.event.seq < first {
                older.push(Arc::new(entry));
            } else if entry.event.seq > last {
                self.entries.push_back(Arc::new(entry));
            }
        }
        for entry in older.into_iter().rev() {
            self.entries.push_front(entry);
        }
        Loaded::Extended
    }

    /// Drops the oldest, so that at most `keep` remain.
    pub fn trim_start(&mut self, keep: usize) {
        let excess = self.entries.len().saturating_sub(keep);
        self.entries.drain(..excess);
    }

    /// Drops the newest, so that at most `keep` remain.
    pub fn trim_end(&mut self, keep: usize) {
        self.entries.truncate(keep);
    }

    /// Drops everything: the log is another one now.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::event::ServerEvent;
    use shared::id::{ClientMessageId, MessageId, RoomId, UserId};
    use shared::message::{MessageBody, Posted};
    use shared::time::Timestamp;

    pub(in crate::timeline) fn said(seq: u64, author: UserId, minute: i64) -> Entry {
        let event = ServerEvent::MessagePosted(Posted::new(
            MessageId::new(),
            ClientMessageId::new(),
            MessageBody::new("words").unwrap(),
        ));
        happened(seq, author, minute, event)
    }

    pub(in crate::timeline) fn happened(
        seq: u64,
        actor: UserId,
        minute: i64,
        event: ServerEvent,
    ) -> Entry {
        let room = RoomId::from_uuid(uuid::Uuid::nil());
        let at = Timestamp(minute * 60_000);
        let event = RoomEvent { room, seq: Seq(seq), at, actor, event };
        Entry { event, day: minute.div_euclid(24 * 60) }
    }

    pub(in crate::timeline) fn page(from: u64, to: u64) -> Vec<Entry> {
        let author = UserId::from_uuid(uuid::Uuid::nil());
        (from..=to).map(|seq| said(seq, author, 0)).collect()
    }

    fn seqs(timeline: &Timeline) -> Vec<u64> {
        timeline.entries().map(|entry| entry.event.seq.0).collect()
    }

    #[test]
    fn a_page_that_adjoins_extends_and_one_that_does_not_replaces() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.load(page(10, 12)), Loaded::Replaced);
        assert_eq!(timeline.load(page(7, 10)), Loaded::Extended);
        assert_eq!(timeline.load(page(13, 14)), Loaded::Extended);
        assert_eq!(timeline.load(page(8, 9)), Loaded::Unchanged);
        assert_eq!(seqs(&timeline), [7, 8, 9, 10, 11, 12, 13, 14]);
        assert_eq!(timeline.load(page(30, 31)), Loaded::Replaced);
        assert_eq!(seqs(&timeline), [30, 31]);
        assert_eq!(timeline.entry(Seq(31)).unwrap().event.seq, Seq(31));
        assert!(timeline.entry(Seq(29)).is_none());
    }

    #[test]
    fn only_the_next_event_is_appended() {
        let mut timeline = Timeline::default();
        let author = UserId::from_uuid(uuid::Uuid::nil());
        assert!(!timeline.append(said(1, author, 0)), "an empty window has no next");
        timeline.load(page(1, 2));
        assert!(!timeline.append(said(2, author, 0)));
        assert!(!timeline.append(said(4, author, 0)));
        assert!(timeline.append(said(3, author, 0)));
        assert_eq!(seqs(&timeline), [1, 2, 3]);
    }

    proptest! {
        #[test]
        fn the_window_is_contiguous_whatever_arrives(
            steps in proptest::collection::vec((1_u64..60, 0_u64..20, 0_u8..4), 0..40),
        ) {
            let mut timeline = Timeline::default();
            let author = UserId::from_uuid(uuid::Uuid::nil());
            for (from, length, what) in steps {
                match what {
                    0 => { timeline.append(said(from, author, 0)); }
                    1 => timeline.trim_start(usize::try_from(length).unwrap()),
                    2 => timeline.trim_end(usize::try_from(length).unwrap()),
                    _ => { timeline.load(page(from, from + length)); }
                }
                let seqs = seqs(&timeline);
                for pair in seqs.windows(2) {
                    prop_assert_eq!(pair[0] + 1, pair[1]);
                }
                for seq in seqs {
                    prop_assert_eq!(timeline.entry(Seq(seq)).unwrap().event.seq, Seq(seq));
                }
            }
        }
    }
}
