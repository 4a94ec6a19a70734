//! The loaded part of a conversation: what its page shows of a contiguous run of the room's log,
//! each message in its present state. It grows at both ends, and events are folded into it.

use shared::api::{HistoryEntry, HistoryQuery};
use shared::event::RoomEvent;
use shared::id::{Seq, UserId};
use shared::message::Message;
use shared::reduce::Amended;
use shared::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;

/// Changes of messages that are remembered, for pages that were read before they happened. A page
/// older than all of them is asked for again.
const REMEMBERED: usize = 256;

/// One entry and the calendar day on which the viewer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub what: HistoryEntry,
    /// Days since 1970-01-01 where the viewer is.
    pub day: i64,
}

impl Entry {
    pub const fn seq(&self) -> Seq {
        self.what.seq()
    }

    pub const fn at(&self) -> Timestamp {
        match &self.what {
            HistoryEntry::Message(message) => message.at,
            HistoryEntry::Event(event) => event.at,
        }
    }

    /// Who said or did it.
    pub const fn actor(&self) -> UserId {
        match &self.what {
            HistoryEntry::Message(message) => message.author,
            HistoryEntry::Event(event) => event.actor,
        }
    }

    pub fn message(&self) -> Option<&Message> {
        match &self.what {
            HistoryEntry::Message(message) => Some(message),
            HistoryEntry::Event(_) => None,
        }
    }

    /// What the event adds to the history in which it stands.
    fn of(event: &RoomEvent, day: i64) -> Self {
        let message = event.message().map(|message| HistoryEntry::Message(Box::new(message)));
        Self { what: message.unwrap_or_else(|| HistoryEntry::Event(event.clone())), day }
    }
}

/// Entries, and the part of the log of which they are all there is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub from: Seq,
    pub to: Seq,
    /// The room's head when it was read.
    pub head: Seq,
}

impl Page {
    /// What was answered to `query`: `before` and `after` are where further pages begin, if there
    /// are any.
    pub fn new(
        query: HistoryQuery,
        entries: Vec<Entry>,
        (before, after): (Option<Seq>, Option<Seq>),
        head: Seq,
    ) -> Self {
        let from = match (query.after, before) {
            (Some(after), _) => after.next(),
            (None, Some(first)) => first,
            (None, None) => Seq::FIRST,
        };
        let to = match (query.before, after) {
            (Some(before), _) => before.previous(),
            (None, Some(last)) => last,
            (None, None) => head,
        };
        Self { entries, from, to, head }
    }
}

/// A contiguous run of a conversation. Empty until a first page is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The root of the thread whose conversation this is; `None`: the room's.
    thread: Option<Seq>,
    entries: VecDeque<Arc<Entry>>,
    /// The part of the log that is loaded.
    covered: Option<(Seq, Seq)>,
    /// Messages outside the window that ones inside refer to, in no order.
    quoted: Vec<Arc<Entry>>,
    /// The latest changes of messages: all after `remembered_from`, once somebody listens.
    remembered: VecDeque<RoomEvent>,
    remembered_from: Option<Seq>,
    /// Changes were missed: what is here may have become something else.
    stale: bool,
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
    /// More has changed since it was read than is remembered: it is to be read again.
    TooOld,
}

impl Timeline {
    pub fn of_thread(root: Seq) -> Self {
        Self { thread: Some(root), ..Self::default() }
    }

    /// The root of the thread whose conversation this is.
    pub const fn thread(&self) -> Option<Seq> {
        self.thread
    }

    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> + ExactSizeIterator {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.covered.is_none()
    }

    /// The first place of the log that is loaded.
    pub fn first(&self) -> Option<Seq> {
        self.covered.map(|(first, _)| first)
    }

    /// The last place of the log that is loaded.
    pub fn last(&self) -> Option<Seq> {
        self.covered.map(|(_, last)| last)
    }

    /// Whether nothing is missing at the beginning.
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

    pub const fn is_stale(&self) -> bool {
        self.stale
    }

    pub fn entry(&self, seq: Seq) -> Option<&Arc<Entry>> {
        let place = self.entries.partition_point(|entry| entry.seq() < seq);
        self.entries.get(place).filter(|entry| entry.seq() == seq)
    }

    /// A message of the window, or one that is referred to in it.
    pub fn quoted(&self, seq: Seq) -> Option<&Arc<Entry>> {
        self.entry(seq).or_else(|| self.quoted.iter().find(|entry| entry.seq() == seq))
    }

    /// Keeps a message that is referred to.
    pub fn quote(&mut self, entry: Entry) {
        if self.quoted(entry.seq()).is_none() {
            let mut entry = Arc::new(entry);
            for event in &self.remembered {
                amend(&mut entry, event);
            }
            self.quoted.push(entry);
        }
    }

    /// From now on remembers what changes, for the page that is being asked for: nothing up to
    /// `head` will be offered any more.
    pub fn listen(&mut self, head: Seq) {
        self.remembered_from.get_or_insert(head);
    }

    /// Folds in the next event of the room. True when something that is shown has changed.
    pub fn take(&mut self, event: &RoomEvent, day: i64) -> bool {
        let mut changed = false;
        if let Some(target) = event.amends() {
            self.remember(event);
            let place = self.entries.partition_point(|entry| entry.seq() < target);
            if let Some(entry) = self.entries.get_mut(place) {
                changed |= amend(entry, event);
            }
            for entry in &mut self.quoted {
                changed |= amend(entry, event);
            }
        }
        if let Some((_, last)) = &mut self.covered
            && event.seq == last.next()
        {
            *last = event.seq;
            if self.shows(event) {
                self.entries.push_back(Arc::new(Entry::of(event, day)));
                changed = true;
            }
        }
        changed
    }

    /// Whether the event is an entry of this conversation.
    fn shows(&self, event: &RoomEvent) -> bool {
        match self.thread {
            Some(_) => event.posted().is_some_and(|posted| posted.thread == self.thread),
            None => event.place() == shared::event::Place::Entry,
        }
    }

    fn remember(&mut self, event: &RoomEvent) {
        if self.remembered_from.is_none() {
            return;
        }
        self.remembered.push_back(event.clone());
        if self.remembered.len() > REMEMBERED
            && let Some(forgotten) = self.remembered.pop_front()
        {
            self.remembered_from = Some(forgotten.seq);
        }
    }

    /// Takes a page over: joined on where it overlaps or adjoins, else in place of what was there.
    /// What has happened since it was read is applied to it.
    pub fn load(&mut self, page: Page) -> Loaded {
        if self.remembered_from.is_some_and(|from| page.head < from) {
            return Loaded::TooOld;
        }
        let Page { entries, from, to, head: _ } = page;
        let stale = core::mem::take(&mut self.stale);
        let mut page: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        for event in &self.remembered {
            for entry in &mut page {
                amend(entry, event);
            }
        }
        let joins = |(first, last): (Seq, Seq)| to.next() >= first && from <= last.next();
        let Some((first, last)) = self.covered.filter(|covered| joins(*covered) && !stale) else {
            let renewed = stale && self.covered.is_some_and(joins);
            self.entries = page.into();
            self.covered = Some((from, to));
            return if renewed { Loaded::Extended } else { Loaded::Replaced };
        };
        if from >= first && to <= last {
            return Loaded::Unchanged;
        }
        let mut older = Vec::new();
        for entry in page {
            if entry.seq() < first {
                older.push(entry);
            } else if entry.seq() > last {
                self.entries.push_back(entry);
            }
        }
        for entry in older.into_iter().rev() {
            self.entries.push_front(entry);
        }
        self.covered = Some((first.min(from), last.max(to)));
        Loaded::Extended
    }

    /// Events were missed that may have changed what is here: the next page takes its place.
    pub fn miss(&mut self, head: Seq) {
        self.remembered.clear();
        self.quoted.clear();
        if self.remembered_from.is_some() {
            self.remembered_from = Some(head);
        }
        self.stale = !self.is_empty();
    }

    /// Drops the oldest, so that at most `keep` remain.
    pub fn trim_start(&mut self, keep: usize) {
        let excess = self.entries.len().saturating_sub(keep);
        if excess > 0 {
            self.entries.drain(..excess);
            let (first, last) = (self.entries.front().map(|entry| entry.seq()), self.last());
            self.covered = first.zip(last);
        }
    }

    /// Drops the newest, so that at most `keep` remain.
    pub fn trim_end(&mut self, keep: usize) {
        if self.entries.len() > keep {
            self.entries.truncate(keep);
            let (first, last) = (self.first(), self.entries.back().map(|entry| entry.seq()));
            self.covered = first.zip(last);
        }
    }

    /// Drops everything: the log is another one now.
    pub fn clear(&mut self) {
        *self = Self { thread: self.thread, ..Self::default() };
    }
}

/// Brings the entry to its state after `event`; whether that is another one.
pub(super) fn amend(entry: &mut Arc<Entry>, event: &RoomEvent) -> bool {
    let concerned = entry
        .message()
        .is_some_and(|message| event.amends() == Some(message.seq) && event.seq > message.revised);
    if !concerned {
        return false;
    }
    match &mut Arc::make_mut(entry).what {
        HistoryEntry::Message(message) => message.apply(event) == Amended::Changed,
        HistoryEntry::Event(_) => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::event::ServerEvent;
    use shared::id::{ClientMessageId, MessageId, RoomId};
    use shared::message::{Emoji, MessageBody, Posted};

    pub(in crate::timeline) fn posted() -> Posted {
        Posted::new(MessageId::new(), ClientMessageId::new(), MessageBody::new("words").unwrap())
    }

    pub(in crate::timeline) fn said(seq: u64, author: UserId, minute: i64) -> Entry {
        happened(seq, author, minute, ServerEvent::MessagePosted(posted()))
    }

    pub(in crate::timeline) fn happened(
        seq: u64,
        actor: UserId,
        minute: i64,
        event: ServerEvent,
    ) -> Entry {
        Entry::of(&event_at(seq, actor, minute, event), minute.div_euclid(24 * 60))
    }

    pub(in crate::timeline) fn event_at(
        seq: u64,
        actor: UserId,
        minute: i64,
        event: ServerEvent,
    ) -> RoomEvent {
        let room = RoomId::from_uuid(uuid::Uuid::nil());
        RoomEvent { room, seq: Seq(seq), at: Timestamp(minute * 60_000), actor, event }
    }

    /// All of the log from `from` to `to`, in which there is nothing but messages.
    pub(in crate::timeline) fn page(from: u64, to: u64) -> Page {
        let author = UserId::from_uuid(uuid::Uuid::nil());
        let entries = (from..=to).map(|seq| said(seq, author, 0)).collect();
        Page { entries, from: Seq(from), to: Seq(to), head: Seq(to) }
    }

    pub(in crate::timeline) fn timeline(entries: Vec<Entry>) -> Timeline {
        let ends = entries.first().map(Entry::seq).zip(entries.last().map(Entry::seq));
        let mut timeline = Timeline::default();
        if let Some((from, to)) = ends {
            timeline.load(Page { entries, from, to, head: to });
        }
        timeline
    }

    fn seqs(timeline: &Timeline) -> Vec<u64> {
        timeline.entries().map(|entry| entry.seq().0).collect()
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
        assert_eq!(timeline.entry(Seq(31)).unwrap().seq(), Seq(31));
        assert!(timeline.entry(Seq(29)).is_none());
    }

    #[test]
    fn a_page_says_what_it_covers() {
        let ask = |before: Option<u64>, after: Option<u64>| HistoryQuery {
            before: before.map(Seq),
            after: after.map(Seq),
            ..HistoryQuery::default()
        };
        let covers = |query, ends: (Option<u64>, Option<u64>)| {
            let page = Page::new(query, Vec::new(), (ends.0.map(Seq), ends.1.map(Seq)), Seq(90));
            (page.from.0, page.to.0)
        };
        assert_eq!(covers(ask(None, None), (Some(40), None)), (40, 90), "the latest");
        assert_eq!(covers(ask(Some(40), None), (None, Some(39))), (1, 39), "up to the beginning");
        assert_eq!(covers(ask(None, Some(40)), (Some(43), Some(70))), (41, 70));
        assert_eq!(covers(ask(None, Some(70)), (None, None)), (71, 90), "nothing but changes");
    }

    #[test]
    fn only_the_next_event_is_taken_in() {
        let author = UserId::from_uuid(uuid::Uuid::nil());
        let event = |seq| event_at(seq, author, 0, ServerEvent::MessagePosted(posted()));
        let mut timeline = Timeline::default();
        assert!(!timeline.take(&event(1), 0), "an empty window has no next");
        timeline.load(page(1, 2));
        assert!(!timeline.take(&event(2), 0));
        assert!(!timeline.take(&event(4), 0));
        assert!(timeline.take(&event(3), 0));
        assert_eq!(seqs(&timeline), [1, 2, 3]);
    }

    #[test]
    fn a_page_older_than_what_is_remembered_is_read_again() {
        let author = UserId::from_uuid(uuid::Uuid::nil());
        let mut timeline = Timeline::default();
        timeline.listen(Seq(10));
        for seq in 11..=10 + 2 * REMEMBERED as u64 {
            let emoji = Emoji::known("👍");
            let event = ServerEvent::ReactionAdded { message: Seq(3), emoji };
            timeline.take(&event_at(seq, author, 0, event), 0);
        }
        assert_eq!(timeline.load(page(1, 10)), Loaded::TooOld);
    }

    /// A log of everything that concerns messages, and what is shown of it at each head.
    fn log(steps: &[(u8, u64)]) -> Vec<RoomEvent> {
        let (ines, wen) = (
            UserId::from_uuid(uuid::Uuid::from_u128(1)),
            UserId::from_uuid(uuid::Uuid::from_u128(2)),
        );
        let mut events = vec![event_at(1, ines, 0, ServerEvent::MessagePosted(posted()))];
        for ((what, of), seq) in steps.iter().zip(2..) {
            let message = Seq(of % (seq - 1) + 1);
            let emoji = Emoji::known("👍");
            let body = MessageBody::new(&format!("edited at {seq}")).ok();
            let event = match what {
                0 | 1 => ServerEvent::MessagePosted(posted()),
                2 => ServerEvent::MessagePosted(Posted { thread: Some(message), ..posted() }),
                3 => ServerEvent::MessagePosted(Posted {
                    thread: Some(message),
                    in_room: true,
                    ..posted()
                }),
                4 => ServerEvent::MessageEdited {
                    message,
                    body,
                    mentions: Vec::new(),
                    rooms: Vec::new(),
                },
                5 => ServerEvent::MessageDeleted { message },
                6 => ServerEvent::ReactionAdded { message, emoji },
                7 => ServerEvent::ReactionRemoved { message, emoji },
                8 => ServerEvent::MessagePinned { message },
                _ => ServerEvent::TopicChanged { topic: seq.to_string() },
            };
            events.push(event_at(seq, if seq % 3 == 0 { wen } else { ines }, 0, event));
        }
        events
    }

    /// What the server would show of `log` up to `head`.
    fn fresh(log: &[RoomEvent], head: u64, thread: Option<Seq>) -> Vec<Arc<Entry>> {
        let log = &log[..usize::try_from(head).unwrap()];
        let shows = Timeline { thread, ..Timeline::default() };
        let mut entries: Vec<Arc<Entry>> = log
            .iter()
            .filter(|event| shows.shows(event))
            .map(|event| Arc::new(Entry::of(event, 0)))
            .collect();
        for event in log {
            for entry in &mut entries {
                amend(entry, event);
            }
        }
        entries
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_the_server_would_show_whatever_arrives_when(
            log_steps in proptest::collection::vec((0_u8..10, 0_u64..200), 1..120),
            steps in proptest::collection::vec((0_u8..6, 0_u64..120, 0_u64..40), 0..60),
            in_thread: bool,
        ) {
            let log = log(&log_steps);
            let thread = in_thread.then_some(Seq(1));
            let mut timeline = Timeline { thread, ..Timeline::default() };
            let mut head = 1;
            timeline.listen(Seq(head));
            for (what, place, length) in steps {
                match what {
                    // Live events.
                    0 | 1 => for _ in 0..=length {
                        if let Some(event) = log.get(usize::try_from(head).unwrap()) {
                            timeline.take(event, 0);
                            head += 1;
                        }
                    },
                    2 => timeline.trim_start(usize::try_from(length).unwrap()),
                    3 => timeline.trim_end(usize::try_from(length).unwrap()),
                    // A page, read a while ago or a while ahead of what has been delivered.
                    _ => {
                        let read_at = if what == 4 {
                            head.saturating_sub(place / 8).max(1)
                        } else {
                            (head + place / 8).min(log.len() as u64)
                        };
                        let from = place % read_at + 1;
                        let to = (from + length).min(read_at);
                        let entries = fresh(&log, read_at, thread)
                            .iter()
                            .filter(|entry| (from..=to).contains(&entry.seq().0))
                            .map(|entry| Entry::clone(entry))
                            .collect();
                        let page = Page { entries, from: Seq(from), to: Seq(to), head: Seq(read_at) };
                        timeline.load(page);
                    }
                }
                // What was read ahead may know more; let what it knows arrive.
                let ahead = timeline.entries().filter_map(|entry| entry.message()).map(|message| message.revised.0);
                let ahead = ahead.max().unwrap_or(0).max(timeline.last().map_or(0, |last| last.0));
                while head < ahead {
                    timeline.take(&log[usize::try_from(head).unwrap()], 0);
                    head += 1;
                }
                let Some((first, last)) = timeline.covered else { continue };
                let expected: Vec<_> = fresh(&log, head, thread)
                    .into_iter()
                    .filter(|entry| (first..=last).contains(&entry.seq()))
                    .collect();
                let shown: Vec<_> = timeline.entries().cloned().collect();
                prop_assert_eq!(shown, expected);
            }
        }
    }
}
