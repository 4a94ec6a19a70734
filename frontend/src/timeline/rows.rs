//! History and what waits to be sent, as the rows a person reads.

use super::window::{Entry, Timeline};
use shared::error::ErrorCode;
use shared::event::{Place, RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, Seq, UserId};
use shared::message::{MessageBody, Posted};
use shared::room::RoomKind;
use shared::time::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// Silence after which the same author begins a new run.
const RUN_MILLIS: i64 = 5 * 60 * 1000;

/// Names a row for as long as it is shown: a message keeps its key when it becomes durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    /// The day that begins with this event.
    Day(Seq),
    /// The line above the first unread message.
    New,
    /// A message of one's own, pending or stored.
    Own(ClientMessageId),
    /// Anything else that happened.
    Event(Seq),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: RowKey,
    pub content: RowContent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowContent {
    Day(Timestamp),
    New(Divider),
    /// Membership, names, the room itself: a line without a voice.
    System(Arc<Entry>),
    Message(Said),
}

/// A message in its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub author: UserId,
    pub at: Timestamp,
    pub text: Text,
    /// `None` until it is durable.
    pub seq: Option<Seq>,
    pub delivery: Delivery,
    /// Opens its run: avatar, name, time.
    pub first: bool,
    /// Ends its run.
    pub last: bool,
    /// The latest message of one's own: shows how far it has come.
    pub newest_own: bool,
}

/// A message's text without a copy for every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// As it was posted, or as the last edit made it.
    Stored(Arc<Entry>),
    Pending(Arc<str>),
    /// It was deleted: only its place is left.
    Removed,
}

impl Text {
    pub fn words(&self) -> &str {
        match self {
            Self::Stored(entry) => match &entry.event.event {
                ServerEvent::MessagePosted(Posted { body, .. })
                | ServerEvent::MessageEdited { body, .. } => {
                    body.as_ref().map_or("", MessageBody::as_str)
                }
                ServerEvent::RoomCreated { .. }
                | ServerEvent::MemberJoined { .. }
                | ServerEvent::MemberLeft { .. }
                | ServerEvent::MemberRemoved { .. }
                | ServerEvent::RoleChanged { .. }
                | ServerEvent::RoomRenamed { .. }
                | ServerEvent::TopicChanged { .. }
                | ServerEvent::RoomArchived
                | ServerEvent::RoomUnarchived
                | ServerEvent::MessageDeleted { .. }
                | ServerEvent::ReactionAdded { .. }
                | ServerEvent::ReactionRemoved { .. }
                | ServerEvent::MessagePinned { .. }
                | ServerEvent::MessageUnpinned { .. }
                | ServerEvent::PollVoted { .. }
                | ServerEvent::PollCounted { .. }
                | ServerEvent::PollClosed { .. } => "",
            },
            Self::Pending(text) => text,
            Self::Removed => "",
        }
    }

    /// Whom the text mentions, as the server resolved it.
    pub fn mentions(&self) -> &[UserId] {
        match self {
            Self::Stored(entry) => match &entry.event.event {
                ServerEvent::MessagePosted(Posted { mentions, .. })
                | ServerEvent::MessageEdited { mentions, .. } => mentions,
                ServerEvent::RoomCreated { .. }
                | ServerEvent::MemberJoined { .. }
                | ServerEvent::MemberLeft { .. }
                | ServerEvent::MemberRemoved { .. }
                | ServerEvent::RoleChanged { .. }
                | ServerEvent::RoomRenamed { .. }
                | ServerEvent::TopicChanged { .. }
                | ServerEvent::RoomArchived
                | ServerEvent::RoomUnarchived
                | ServerEvent::MessageDeleted { .. }
                | ServerEvent::ReactionAdded { .. }
                | ServerEvent::ReactionRemoved { .. }
                | ServerEvent::MessagePinned { .. }
                | ServerEvent::MessageUnpinned { .. }
                | ServerEvent::PollVoted { .. }
                | ServerEvent::PollCounted { .. }
                | ServerEvent::PollClosed { .. } => &[],
            },
            Self::Pending(_) | Self::Removed => &[],
        }
    }
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Stored,
    /// On its way.
    Sending,
    /// Kept until there is a connection.
    Waiting,
    /// Refused by the server.
    Failed(ErrorCode),
}

/// A message that is not durable yet, as the outbox has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMessage {
    pub id: ClientMessageId,
    pub text: Arc<str>,
    /// By this device's clock: only ever shown.
    pub made_at: Timestamp,
    pub day: i64,
    pub delivery: Delivery,
}

/// The line "n new since hh:mm", fixed when the room is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divider {
    /// Everything up to here was read on entry.
    pub after: Seq,
    pub count: u32,
    /// When the last thing that was read happened; filled in when it is loaded.
    pub since: Option<Timestamp>,
}

/// Who reads, and what kind of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    pub me: UserId,
    pub room: RoomKind,
}

/// All rows of the loaded window, oldest first; pending messages last. A pending message whose
/// stored form is in the window is shown once, as stored.
pub fn rows(
    timeline: &Timeline,
    pending: &[PendingMessage],
    divider: Option<Divider>,
    reader: Reader,
) -> Vec<Row> {
    let me = reader.me;
    let mut creator = None;
    let mut rows = Rows {
        done: Vec::with_capacity(timeline.len() + pending.len() + 8),
        me,
        run: None,
        day: None,
    };
    // A divider above the window's beginning would claim that what is not loaded was read.
    let mut divider = divider.filter(|divider| {
        timeline.reaches_start() || timeline.first().is_some_and(|first| first <= divider.after)
    });
    let mut read = None;
    let mut stored_own = Vec::new();
    let amended = amended(timeline);
    for entry in timeline.entries().filter(|entry| entry.event.place() == Place::Entry) {
        let event = &entry.event;
        if goes_without_saying(event, reader.room, &mut creator) {
            read = Some(event.at);
            continue;
        }
        rows.begin_day(entry.day, event.at, event.seq);
        let others_message =
            event.actor != me && matches!(event.event, ServerEvent::MessagePosted(_));
        if let Some(line) = divider
            && event.seq > line.after
            && others_message
        {
            rows.interrupt(Row {
                key: RowKey::New,
                content: RowContent::New(Divider { since: read, ..line }),
            });
            divider = None;
        }
        read = Some(event.at);
        match &event.event {
            ServerEvent::MessagePosted(Posted { client_message_id, body, .. }) => {
                let text = match (body, amended.get(&event.seq)) {
                    (None, _) | (_, Some(Text::Removed)) => Text::Removed,
                    (Some(_), Some(text)) => text.clone(),
                    (Some(_), None) => Text::Stored(Arc::clone(entry)),
                };
                let key = if event.actor == me {
                    stored_own.push(*client_message_id);
                    RowKey::Own(*client_message_id)
                } else {
                    RowKey::Event(event.seq)
                };
                rows.say(key, event.actor, event.at, text, Some(event.seq), Delivery::Stored);
            }
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberJoined { .. }
            | ServerEvent::MemberLeft { .. }
            | ServerEvent::MemberRemoved { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived => rows.interrupt(Row {
                key: RowKey::Event(event.seq),
                content: RowContent::System(Arc::clone(entry)),
            }),
            // Changes of messages have no row of their own.
            ServerEvent::MessageEdited { .. }
            | ServerEvent::MessageDeleted { .. }
            | ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. }
            | ServerEvent::PollVoted { .. }
            | ServerEvent::PollCounted { .. }
            | ServerEvent::PollClosed { .. } => {}
        }
    }
    let after_window = timeline.last().unwrap_or(Seq::ZERO).next();
    for message in pending {
        if stored_own.contains(&message.id) {
            continue;
        }
        // This device's clock may be wrong: it opens a day only after a day it knows of.
        if rows.day.is_none_or(|day| day < message.day) {
            rows.begin_day(message.day, message.made_at, after_window);
        }
        rows.say(
            RowKey::Own(message.id),
            me,
            message.made_at,
            Text::Pending(Arc::clone(&message.text)),
            None,
            message.delivery.clone(),
        );
    }
    rows.finish()
}

/// What has become of the words of messages, as far as the loaded window tells.
fn amended(timeline: &Timeline) -> HashMap<Seq, Text> {
    let mut amended = HashMap::new();
    for entry in timeline.entries() {
        match &entry.event.event {
            ServerEvent::MessageEdited { message, body: Some(_), .. } => {
                amended.insert(*message, Text::Stored(Arc::clone(entry)));
            }
            ServerEvent::MessageDeleted { message } => {
                amended.insert(*message, Text::Removed);
            }
            ServerEvent::RoomCreated { .. }
            | ServerEvent::MemberJoined { .. }
            | ServerEvent::MemberLeft { .. }
            | ServerEvent::MemberRemoved { .. }
            | ServerEvent::RoleChanged { .. }
            | ServerEvent::RoomRenamed { .. }
            | ServerEvent::TopicChanged { .. }
            | ServerEvent::RoomArchived
            | ServerEvent::RoomUnarchived
            | ServerEvent::MessagePosted(_)
            | ServerEvent::MessageEdited { body: None, .. }
            | ServerEvent::ReactionAdded { .. }
            | ServerEvent::ReactionRemoved { .. }
            | ServerEvent::MessagePinned { .. }
            | ServerEvent::MessageUnpinned { .. }
            | ServerEvent::PollVoted { .. }
            | ServerEvent::PollCounted { .. }
            | ServerEvent::PollClosed { .. } => {}
        }
    }
    amended
}

/// Who is in a direct room is what it is called: that they came needs no line. Nor does it need one
/// that somebody is in the room that they have just made; `creator` is who that is.
fn goes_without_saying(event: &RoomEvent, room: RoomKind, creator: &mut Option<UserId>) -> bool {
    let made_by = creator.take();
    match &event.event {
        ServerEvent::RoomCreated { .. } => {
            *creator = Some(event.actor);
            room == RoomKind::Direct
        }
        ServerEvent::MemberJoined { user, .. } => {
            room == RoomKind::Direct || (made_by == Some(*user) && event.actor == *user)
        }
        ServerEvent::MessagePosted(_)
        | ServerEvent::MessageEdited { .. }
        | ServerEvent::MessageDeleted { .. }
        | ServerEvent::ReactionAdded { .. }
        | ServerEvent::ReactionRemoved { .. }
        | ServerEvent::MessagePinned { .. }
        | ServerEvent::MessageUnpinned { .. }
        | ServerEvent::PollVoted { .. }
        | ServerEvent::PollCounted { .. }
        | ServerEvent::PollClosed { .. }
        | ServerEvent::MemberLeft { .. }
        | ServerEvent::MemberRemoved { .. }
        | ServerEvent::RoleChanged { .. }
        | ServerEvent::RoomRenamed { .. }
        | ServerEvent::TopicChanged { .. }
        | ServerEvent::RoomArchived
        | ServerEvent::RoomUnarchived => false,
    }
}

struct Rows {
    done: Vec<Row>,
    me: UserId,
    /// Who speaks, and when they last did.
    run: Option<(UserId, Timestamp)>,
    day: Option<i64>,
}

impl Rows {
    fn begin_day(&mut self, day: i64, at: Timestamp, seq: Seq) {
        if self.day != Some(day) {
            self.day = Some(day);
            self.interrupt(Row { key: RowKey::Day(seq), content: RowContent::Day(at) });
        }
    }

    /// A row between messages ends the run.
    fn interrupt(&mut self, row: Row) {
        self.end_run();
        self.done.push(row);
    }

    fn end_run(&mut self) {
        if self.run.take().is_some()
            && let Some(RowContent::Message(said)) =
                self.done.last_mut().map(|row| &mut row.content)
        {
            said.last = true;
        }
    }

    fn say(
        &mut self,
        key: RowKey,
        author: UserId,
        at: Timestamp,
        text: Text,
        seq: Option<Seq>,
        delivery: Delivery,
    ) {
        let same_run = self.run.is_some_and(|(speaker, last)| {
            speaker == author && at.millis_since(last) <= RUN_MILLIS
        });
        if !same_run {
            self.end_run();
        }
        self.run = Some((author, at));
        self.done.push(Row {
            key,
            content: RowContent::Message(Said {
                author,
                at,
                text,
                seq,
                delivery,
                first: !same_run,
                last: false,
                newest_own: false,
            }),
        });
    }

    fn finish(mut self) -> Vec<Row> {
        self.end_run();
        let me = self.me;
        let newest = self.done.iter_mut().rev().find_map(|row| match &mut row.content {
            RowContent::Message(said) if said.author == me && said.seq.is_some() => Some(said),
            RowContent::Message(_)
            | RowContent::Day(_)
            | RowContent::New(_)
            | RowContent::System(_) => None,
        });
        if let Some(said) = newest {
            said.newest_own = true;
        }
        self.done
    }
}

impl Row {
    /// Pixels this row will take in a column `width` wide, until it has been measured.
    pub fn estimate(&self, width: f64) -> f64 {
        match &self.content {
            RowContent::Day(_) => 58.0,
            RowContent::New(_) => 38.0,
            RowContent::System(_) => 32.0,
            RowContent::Message(said) => {
                let per_line = (width / 7.5).max(20.0);
                let lines: f64 = said
                    .text
                    .words()
                    .split('\n')
                    .map(|line| {
                        let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
                        (f64::from(length) / per_line).ceil().max(1.0)
                    })
                    .sum();
                let frame = if said.first { 46.0 } else { 8.0 };
                frame + 23.0 * lines
            }
        }
    }

    /// The place in the log, for rows that have one.
    pub fn seq(&self) -> Option<Seq> {
        match &self.content {
            RowContent::System(entry) => Some(entry.event.seq),
            RowContent::Message(said) => said.seq,
            RowContent::Day(_) | RowContent::New(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::{happened, said};
    use super::*;
    use proptest::prelude::*;
    use shared::room::Role;

    fn person(number: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn reads(me: UserId) -> Reader {
        Reader { me, room: RoomKind::Open }
    }

    fn timeline(entries: Vec<Entry>) -> Timeline {
        let mut timeline = Timeline::default();
        timeline.load(entries);
        timeline
    }

    /// One character a row: `D`ay, `N`ew, `s`ystem, `F`irst, `m`iddle, `l`ast, `o`nly.
    fn shape(rows: &[Row]) -> String {
        rows.iter()
            .map(|row| match &row.content {
                RowContent::Day(_) => 'D',
                RowContent::New(_) => 'N',
                RowContent::System(_) => 's',
                RowContent::Message(said) => match (said.first, said.last) {
                    (true, true) => 'o',
                    (true, false) => 'F',
                    (false, false) => 'm',
                    (false, true) => 'l',
                },
            })
            .collect()
    }

    fn pending(id: ClientMessageId, minute: i64) -> PendingMessage {
        PendingMessage {
            id,
            text: "words".into(),
            made_at: Timestamp(minute * 60_000),
            day: minute.div_euclid(24 * 60),
            delivery: Delivery::Sending,
        }
    }

    #[test]
    fn one_person_speaks_in_runs_of_at_most_five_silent_minutes() {
        let (ines, wen) = (person(1), person(2));
        let history = timeline(vec![
            said(1, ines, 0),
            said(2, ines, 4),
            said(3, ines, 9),
            said(4, ines, 15),
            said(5, wen, 15),
            said(6, ines, 16),
        ]);
        assert_eq!(shape(&rows(&history, &[], None, reads(ines))), "DFmlooo");
    }

    #[test]
    fn a_system_line_a_day_and_the_unread_line_end_a_run() {
        let (ines, wen) = (person(1), person(2));
        let joined = ServerEvent::MemberJoined { user: wen, role: Role::Member };
        let history = timeline(vec![
            said(1, wen, 24 * 60 - 2),
            said(2, wen, 24 * 60),
            happened(3, wen, 24 * 60, joined),
            said(4, wen, 24 * 60),
            said(5, wen, 24 * 60 + 1),
            said(6, wen, 24 * 60 + 2),
        ]);
        assert_eq!(shape(&rows(&history, &[], None, reads(ines))), "DoDosFml");
        let divider = Some(Divider { after: Seq(4), count: 2, since: None });
        let with_divider = rows(&history, &[], divider, reads(ines));
        assert_eq!(shape(&with_divider), "DoDosoNFl");
        let RowContent::New(line) = &with_divider[6].content else { panic!("no divider") };
        assert_eq!(line.since, Some(Timestamp(24 * 60 * 60_000)), "since the last one read");
    }

    #[test]
    fn the_unread_line_stands_above_others_words_and_never_above_what_is_not_loaded() {
        let (ines, wen) = (person(1), person(2));
        let history = timeline(vec![said(5, wen, 0), said(6, ines, 1), said(7, wen, 2)]);
        let at = |after| Some(Divider { after: Seq(after), count: 1, since: None });
        assert_eq!(shape(&rows(&history, &[], at(5), reads(ines))), "DooNo");
        assert_eq!(shape(&rows(&history, &[], at(7), reads(ines))), "Dooo", "nothing unread");
        assert_eq!(
            shape(&rows(&history, &[], at(3), reads(ines))),
            "Dooo",
            "the window begins later"
        );
    }

    #[test]
    fn a_pending_message_keeps_its_key_and_place_when_it_is_stored() {
        let ines = person(1);
        let entry = said(2, ines, 1);
        let id = match &entry.event.event {
            ServerEvent::MessagePosted(posted) => posted.client_message_id,
            other => panic!("{other:?}"),
        };
        let before = rows(&timeline(vec![said(1, ines, 0)]), &[pending(id, 1)], None, reads(ines));
        let both = timeline(vec![said(1, ines, 0), entry]);
        let during = rows(&both, &[pending(id, 1)], None, reads(ines));
        let after = rows(&both, &[], None, reads(ines));
        assert_eq!(during, after, "shown once");
        assert_eq!(shape(&before), shape(&after));
        assert_eq!(before[2].key, after[2].key);
        assert_eq!(before[2].key, RowKey::Own(id));
    }

    #[test]
    fn what_goes_without_saying_has_no_line() {
        let (ines, wen) = (person(1), person(2));
        let created = || ServerEvent::RoomCreated {
            kind: RoomKind::Open,
            purpose: shared::room::RoomPurpose::Talk,
            name: "Launch week".into(),
            topic: String::new(),
        };
        let joins = |user| ServerEvent::MemberJoined { user, role: Role::Member };
        let log = || {
            timeline(vec![
                happened(1, ines, 0, created()),
                happened(2, ines, 0, joins(ines)),
                happened(3, ines, 0, joins(wen)),
                happened(4, ines, 1, ServerEvent::MemberLeft { user: ines }),
                happened(5, ines, 2, joins(ines)),
                said(6, wen, 3),
            ])
        };
        assert_eq!(shape(&rows(&log(), &[], None, reads(wen))), "Dsssso", "all but the creator's");
        let direct = Reader { me: wen, room: RoomKind::Direct };
        assert_eq!(shape(&rows(&log(), &[], None, direct)), "Dso");
    }

    #[test]
    fn only_the_newest_stored_message_of_ones_own_carries_the_tick() {
        let (ines, wen) = (person(1), person(2));
        let history = timeline(vec![said(1, ines, 0), said(2, ines, 0), said(3, wen, 0)]);
        let ticks: Vec<bool> =
            rows(&history, &[pending(ClientMessageId::new(), 0)], None, reads(ines))
                .iter()
                .filter_map(|row| match &row.content {
                    RowContent::Message(said) => Some(said.newest_own),
                    RowContent::Day(_) | RowContent::New(_) | RowContent::System(_) => None,
                })
                .collect();
        assert_eq!(ticks, [false, true, false, false]);
    }

    proptest! {
        #[test]
        fn every_event_is_one_row_keys_are_unique_and_runs_are_closed(
            steps in proptest::collection::vec((0_u128..3, 0_i64..900, any::<bool>()), 0..60),
            pending_count in 0_usize..4,
            after in 0_u64..60,
        ) {
            let me = person(0);
            let mut minute = 0;
            let entries: Vec<Entry> = steps.iter().zip(1..).map(|((author, later, speaks), seq)| {
                minute += later;
                if *speaks {
                    said(seq, person(*author), minute)
                } else {
                    happened(seq, person(*author), minute, ServerEvent::RoomArchived)
                }
            }).collect();
            let waiting: Vec<_> =
                (0..pending_count).map(|_| pending(ClientMessageId::new(), minute)).collect();
            let count = entries.len();
            let divider = Some(Divider { after: Seq(after), count: 1, since: None });
            let rows = rows(&timeline(entries), &waiting, divider, reads(me));

            let shown = rows.iter().filter(|row| {
                !matches!(row.content, RowContent::Day(_) | RowContent::New(_))
            });
            prop_assert_eq!(shown.count(), count + pending_count);
            let mut keys: Vec<RowKey> = rows.iter().map(|row| row.key).collect();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), rows.len(), "a key twice");
            let seqs: Vec<_> = rows.iter().filter_map(Row::seq).collect();
            prop_assert!(seqs.is_sorted());

            let mut open: Option<UserId> = None;
            for row in &rows {
                match &row.content {
                    RowContent::Message(said) => {
                        prop_assert_eq!(said.first, open.is_none());
                        if let Some(speaker) = open {
                            prop_assert_eq!(speaker, said.author);
                        }
                        open = (!said.last).then_some(said.author);
                    }
                    RowContent::Day(_) | RowContent::New(_) | RowContent::System(_) => {
                        prop_assert!(open.is_none(), "a line inside a run");
                    }
                }
            }
            prop_assert!(open.is_none());
        }
    }
}
