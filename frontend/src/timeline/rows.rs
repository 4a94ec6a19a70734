//! History and what waits to be sent, as the rows a person reads.

use super::window::{Entry, Timeline, amend};
use shared::api::HistoryEntry;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, Seq, UserId};
use shared::message::{Emoji, Message, MessageBody};
use shared::room::RoomKind;
use shared::time::Timestamp;
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
    /// In a thread, the line below its root.
    Replies,
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
    /// In a thread, how many replies its root has.
    Replies(u32),
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
    /// What of it is in the outbox: the message, or a new text of it.
    pub waiting: Option<ClientMessageId>,
    pub quote: Option<Quote>,
    /// Opens its run: avatar, name, time.
    pub first: bool,
    /// Ends its run.
    pub last: bool,
    /// The latest message of one's own: shows how far it has come.
    pub newest_own: bool,
    /// Those of the others who have read as far as this and no further.
    pub seen: Vec<UserId>,
}

impl Said {
    const fn new(author: UserId, at: Timestamp, text: Text) -> Self {
        Self {
            author,
            at,
            text,
            seq: None,
            delivery: Delivery::Stored,
            waiting: None,
            quote: None,
            first: false,
            last: false,
            newest_own: false,
            seen: Vec::new(),
        }
    }

    /// As it is stored, with what waits to be done to it.
    pub fn message(&self) -> Option<&Message> {
        match &self.text {
            Text::Stored(entry) => entry.message(),
            Text::Pending(_) => None,
        }
    }

    /// It was deleted: only its place is left.
    pub fn is_removed(&self) -> bool {
        self.message().is_some_and(|message| message.body.is_none())
    }
}

/// What a message refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    pub as_what: Reference,
    pub seq: Seq,
    /// The message itself; `None` until it is known.
    pub of: Option<Arc<Entry>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// It answers this message.
    Answered,
    /// It was said in this message's thread, and in the room as well.
    Thread,
}

/// A message's text without a copy for every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Stored(Arc<Entry>),
    Pending(Arc<str>),
}

impl Text {
    /// Nothing, once it is deleted.
    pub fn words(&self) -> &str {
        match self {
            Self::Stored(entry) => words(entry),
            Self::Pending(text) => text,
        }
    }

    /// Whom the text mentions, as the server resolved it.
    pub fn mentions(&self) -> &[UserId] {
        match self {
            Self::Stored(entry) => entry.message().map_or(&[], |message| &message.mentions),
            Self::Pending(_) => &[],
        }
    }
}

impl Text {
    /// Whether the two look the same, whatever else is known of their messages.
    pub fn reads_as(&self, other: &Self) -> bool {
        let looks = |text: &Self| match text {
            Self::Stored(entry) => {
                entry.message().map(|message| (message.edited_at, message.deleted))
            }
            Self::Pending(_) => None,
        };
        self.words() == other.words()
            && self.mentions() == other.mentions()
            && looks(self).unwrap_or_default() == looks(other).unwrap_or_default()
    }
}

/// What a stored message says now.
pub fn words(entry: &Entry) -> &str {
    let body = entry.message().and_then(|message| message.body.as_ref());
    body.map_or("", MessageBody::as_str)
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
    pub reply_to: Option<Seq>,
    /// By this device's clock: only ever shown.
    pub made_at: Timestamp,
    pub day: i64,
    pub delivery: Delivery,
}

/// What is done to messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Edit(MessageBody),
    Delete,
    React(Emoji),
    TakeBack(Emoji),
    Pin,
    Unpin,
}

/// A deed that is not durable yet, as the outbox has it: shown as if it were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingDeed {
    pub id: ClientMessageId,
    pub message: Seq,
    pub deed: Deed,
    pub made_at: Timestamp,
    pub delivery: Delivery,
}

/// All that is not durable yet, of one conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    pub messages: Vec<PendingMessage>,
    pub deeds: Vec<PendingDeed>,
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
    pending: &Pending,
    divider: Option<Divider>,
    reader: Reader,
) -> Vec<Row> {
    let me = reader.me;
    let mut creator = None;
    let mut rows = Rows {
        done: Vec::with_capacity(timeline.len() + pending.messages.len() + 8),
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
    for entry in timeline.entries() {
        let (seq, at) = (entry.seq(), entry.at());
        if goes_without_saying(entry, reader.room, &mut creator) {
            read = Some(at);
            continue;
        }
        rows.begin_day(entry.day, at, seq);
        let others_message = entry.actor() != me && entry.message().is_some();
        if let Some(line) = divider
            && seq > line.after
            && others_message
        {
            rows.interrupt(Row {
                key: RowKey::New,
                content: RowContent::New(Divider { since: read, ..line }),
            });
            divider = None;
        }
        read = Some(at);
        match &entry.what {
            HistoryEntry::Message(message) => {
                let key = if message.author == me {
                    stored_own.push(message.client_message_id);
                    RowKey::Own(message.client_message_id)
                } else {
                    RowKey::Event(seq)
                };
                let (shown, edit) = done_to(entry, &pending.deeds, me);
                let (waiting, delivery) = edit.map_or((None, Delivery::Stored), |edit| {
                    (Some(edit.id), edit.delivery.clone())
                });
                rows.say(
                    key,
                    Said {
                        seq: Some(seq),
                        delivery,
                        waiting,
                        quote: quote(timeline, message.reply_to, message.thread),
                        ..Said::new(message.author, at, Text::Stored(shown))
                    },
                );
                if timeline.thread() == Some(seq) {
                    let count = message.replies.as_ref().map_or(0, |replies| replies.count);
                    rows.interrupt(Row {
                        key: RowKey::Replies,
                        content: RowContent::Replies(count),
                    });
                }
            }
            HistoryEntry::Event(_) => rows.interrupt(Row {
                key: RowKey::Event(seq),
                content: RowContent::System(Arc::clone(entry)),
            }),
        }
    }
    let after_window = timeline.last().unwrap_or(Seq::ZERO).next();
    for message in &pending.messages {
        if stored_own.contains(&message.id) {
            continue;
        }
        // This device's clock may be wrong: it opens a day only after a day it knows of.
        if rows.day.is_none_or(|day| day < message.day) {
            rows.begin_day(message.day, message.made_at, after_window);
        }
        let text = Text::Pending(Arc::clone(&message.text));
        rows.say(
            RowKey::Own(message.id),
            Said {
                delivery: message.delivery.clone(),
                waiting: Some(message.id),
                quote: quote(timeline, message.reply_to, timeline.thread()),
                ..Said::new(me, message.made_at, text)
            },
        );
    }
    rows.finish()
}

/// The message with what waits to be done to it, and the edit among that.
fn done_to<'a>(
    entry: &Arc<Entry>,
    deeds: &'a [PendingDeed],
    me: UserId,
) -> (Arc<Entry>, Option<&'a PendingDeed>) {
    let mut shown = Arc::clone(entry);
    let mut edit = None;
    let Some(message) = entry.message() else { return (shown, edit) };
    let concerned = deeds.iter().filter(|pending| pending.message == message.seq);
    for (pending, number) in concerned.zip(1..) {
        let target = pending.message;
        let event = match &pending.deed {
            Deed::Edit(body) => {
                edit = Some(pending);
                let (body, mentions) = (Some(body.clone()), message.mentions.clone());
                let rooms = message.rooms.clone();
                ServerEvent::MessageEdited { message: target, body, mentions, rooms }
            }
            Deed::Delete => ServerEvent::MessageDeleted { message: target },
            Deed::React(emoji) => {
                ServerEvent::ReactionAdded { message: target, emoji: emoji.clone() }
            }
            Deed::TakeBack(emoji) => {
                ServerEvent::ReactionRemoved { message: target, emoji: emoji.clone() }
            }
            Deed::Pin => ServerEvent::MessagePinned { message: target },
            Deed::Unpin => ServerEvent::MessageUnpinned { message: target },
        };
        // After everything that has happened.
        let seq = Seq(u64::MAX / 2 + number);
        let (room, at) = (message.room, pending.made_at);
        amend(&mut shown, &RoomEvent { room, seq, at, actor: me, event });
    }
    (shown, edit)
}

/// What the message refers to: the one it answers; in a room, else the thread it was said in.
fn quote(timeline: &Timeline, reply_to: Option<Seq>, thread: Option<Seq>) -> Option<Quote> {
    let (as_what, seq) = match (reply_to, thread) {
        (Some(seq), _) => (Reference::Answered, seq),
        (None, Some(root)) if timeline.thread().is_none() => (Reference::Thread, root),
        (None, _) => return None,
    };
    Some(Quote { as_what, seq, of: timeline.quoted(seq).cloned() })
}

/// Who is in a direct room is what it is called: that they came needs no line. Nor does it need one
/// that somebody is in the room that they have just made; `creator` is who that is.
fn goes_without_saying(entry: &Entry, room: RoomKind, creator: &mut Option<UserId>) -> bool {
    let made_by = creator.take();
    let HistoryEntry::Event(event) = &entry.what else { return false };
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

    fn say(&mut self, key: RowKey, said: Said) {
        let same_run = said.quote.is_none()
            && self.run.is_some_and(|(speaker, last)| {
                speaker == said.author && said.at.millis_since(last) <= RUN_MILLIS
            });
        if !same_run {
            self.end_run();
        }
        self.run = Some((said.author, said.at));
        let said = Said { first: !same_run, ..said };
        self.done.push(Row { key, content: RowContent::Message(said) });
    }

    fn finish(mut self) -> Vec<Row> {
        self.end_run();
        let me = self.me;
        let newest = self.done.iter_mut().rev().find_map(|row| match &mut row.content {
            RowContent::Message(said) if said.author == me && said.seq.is_some() => Some(said),
            RowContent::Message(_)
            | RowContent::Day(_)
            | RowContent::New(_)
            | RowContent::Replies(_)
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
            RowContent::New(_) | RowContent::Replies(_) => 38.0,
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
                let extra = |there: bool, height: f64| if there { height } else { 0.0 };
                let message = said.message();
                frame
                    + 23.0 * lines
                    + extra(said.quote.is_some(), 36.0)
                    + extra(message.is_some_and(|message| !message.reactions.is_empty()), 32.0)
                    + extra(message.is_some_and(|message| message.replies.is_some()), 40.0)
            }
        }
    }

    /// The place in the log, for rows that have one.
    pub fn seq(&self) -> Option<Seq> {
        match &self.content {
            RowContent::System(entry) => Some(entry.seq()),
            RowContent::Message(said) => said.seq,
            RowContent::Day(_) | RowContent::New(_) | RowContent::Replies(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::{happened, posted, said, timeline};
    use super::*;
    use proptest::prelude::*;
    use shared::room::Role;

    fn person(number: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn reads(me: UserId) -> Reader {
        Reader { me, room: RoomKind::Open }
    }

    /// One character a row: `D`ay, `N`ew, `s`ystem, `F`irst, `m`iddle, `l`ast, `o`nly.
    fn shape(rows: &[Row]) -> String {
        rows.iter()
            .map(|row| match &row.content {
                RowContent::Day(_) => 'D',
                RowContent::New(_) => 'N',
                RowContent::Replies(_) => 'R',
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
            reply_to: None,
            made_at: Timestamp(minute * 60_000),
            day: minute.div_euclid(24 * 60),
            delivery: Delivery::Sending,
        }
    }

    fn waits(message: PendingMessage) -> Pending {
        Pending { messages: vec![message], deeds: Vec::new() }
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
        assert_eq!(shape(&rows(&history, &Pending::default(), None, reads(ines))), "DFmlooo");
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
        assert_eq!(shape(&rows(&history, &Pending::default(), None, reads(ines))), "DoDosFml");
        let divider = Some(Divider { after: Seq(4), count: 2, since: None });
        let with_divider = rows(&history, &Pending::default(), divider, reads(ines));
        assert_eq!(shape(&with_divider), "DoDosoNFl");
        let RowContent::New(line) = &with_divider[6].content else { panic!("no divider") };
        assert_eq!(line.since, Some(Timestamp(24 * 60 * 60_000)), "since the last one read");
    }

    #[test]
    fn the_unread_line_stands_above_others_words_and_never_above_what_is_not_loaded() {
        let (ines, wen) = (person(1), person(2));
        let history = timeline(vec![said(5, wen, 0), said(6, ines, 1), said(7, wen, 2)]);
        let at = |after| Some(Divider { after: Seq(after), count: 1, since: None });
        assert_eq!(shape(&rows(&history, &Pending::default(), at(5), reads(ines))), "DooNo");
        assert_eq!(
            shape(&rows(&history, &Pending::default(), at(7), reads(ines))),
            "Dooo",
            "nothing unread"
        );
        assert_eq!(
            shape(&rows(&history, &Pending::default(), at(3), reads(ines))),
            "Dooo",
            "the window begins later"
        );
    }

    #[test]
    fn a_pending_message_keeps_its_key_and_place_when_it_is_stored() {
        let ines = person(1);
        let entry = said(2, ines, 1);
        let id = entry.message().unwrap().client_message_id;
        let before =
            rows(&timeline(vec![said(1, ines, 0)]), &waits(pending(id, 1)), None, reads(ines));
        let both = timeline(vec![said(1, ines, 0), entry]);
        let during = rows(&both, &waits(pending(id, 1)), None, reads(ines));
        let after = rows(&both, &Pending::default(), None, reads(ines));
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
        assert_eq!(
            shape(&rows(&log(), &Pending::default(), None, reads(wen))),
            "Dsssso",
            "all but the creator's"
        );
        let direct = Reader { me: wen, room: RoomKind::Direct };
        assert_eq!(shape(&rows(&log(), &Pending::default(), None, direct)), "Dso");
    }

    #[test]
    fn only_the_newest_stored_message_of_ones_own_carries_the_tick() {
        let (ines, wen) = (person(1), person(2));
        let history = timeline(vec![said(1, ines, 0), said(2, ines, 0), said(3, wen, 0)]);
        let ticks: Vec<bool> =
            rows(&history, &waits(pending(ClientMessageId::new(), 0)), None, reads(ines))
                .iter()
                .filter_map(|row| match &row.content {
                    RowContent::Message(said) => Some(said.newest_own),
                    RowContent::Day(_)
                    | RowContent::New(_)
                    | RowContent::Replies(_)
                    | RowContent::System(_) => None,
                })
                .collect();
        assert_eq!(ticks, [false, true, false, false]);
    }

    #[test]
    fn what_is_done_to_a_message_shows_before_it_is_durable() {
        let (ines, wen) = (person(1), person(2));
        let history = timeline(vec![said(1, wen, 0), said(2, ines, 1)]);
        let deed = |message, deed| PendingDeed {
            id: ClientMessageId::new(),
            message: Seq(message),
            deed,
            made_at: Timestamp(0),
            delivery: Delivery::Sending,
        };
        let like = Emoji::known("👍");
        let pending = Pending {
            messages: Vec::new(),
            deeds: vec![
                deed(1, Deed::React(like.clone())),
                deed(1, Deed::Pin),
                deed(2, Deed::Edit(MessageBody::new("other words").unwrap())),
            ],
        };
        let rows = rows(&history, &pending, None, reads(ines));
        let shown = |place: usize| match &rows[place].content {
            RowContent::Message(said) => said.clone(),
            other => panic!("{other:?}"),
        };
        let first = shown(1);
        let message = first.message().unwrap();
        assert_eq!(
            (&message.reactions[0].emoji, &*message.reactions[0].users),
            (&like, &[ines][..])
        );
        assert!(message.pinned.is_some());
        assert_eq!(first.delivery, Delivery::Stored);
        let second = shown(2);
        assert_eq!(second.text.words(), "other words");
        assert_eq!(second.waiting, Some(pending.deeds[2].id));
        assert_eq!(second.delivery, Delivery::Sending);
    }

    #[test]
    fn an_answer_begins_a_run_and_shows_what_it_answers() {
        let (ines, wen) = (person(1), person(2));
        let answer = shared::message::Posted { reply_to: Some(Seq(1)), ..posted() };
        let answer = happened(3, ines, 0, ServerEvent::MessagePosted(answer));
        let history = timeline(vec![said(1, wen, 0), said(2, ines, 0), answer]);
        let rows = rows(&history, &Pending::default(), None, reads(ines));
        assert_eq!(shape(&rows), "Dooo");
        let RowContent::Message(said) = &rows[3].content else { panic!("no message") };
        let quote = said.quote.as_ref().unwrap();
        assert_eq!(quote.as_what, Reference::Answered);
        assert_eq!(words(quote.of.as_ref().unwrap()), "words");
    }

    #[test]
    fn a_thread_is_its_root_the_number_of_replies_and_the_replies() {
        let (ines, wen) = (person(1), person(2));
        let reply = shared::message::Posted { thread: Some(Seq(1)), ..posted() };
        let mut thread = Timeline::of_thread(Seq(1));
        thread.load(super::super::window::Page {
            entries: vec![said(1, wen, 0)],
            from: Seq(1),
            to: Seq(1),
            head: Seq(1),
        });
        for (seq, event) in
            [(2, ServerEvent::MessagePosted(posted())), (3, ServerEvent::MessagePosted(reply))]
        {
            thread.take(&super::super::window::tests::event_at(seq, ines, 0, event), 0);
        }
        let rows = rows(&thread, &Pending::default(), None, reads(wen));
        assert_eq!(shape(&rows), "DoRo");
        assert_eq!(rows[2].content, RowContent::Replies(1));
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
            let waiting = Pending {
                messages: (0..pending_count)
                    .map(|_| pending(ClientMessageId::new(), minute))
                    .collect(),
                deeds: Vec::new(),
            };
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
                    RowContent::Day(_)
                    | RowContent::New(_)
                    | RowContent::Replies(_)
                    | RowContent::System(_) => {
                        prop_assert!(open.is_none(), "a line inside a run");
                    }
                }
            }
            prop_assert!(open.is_none());
        }
    }
}
