//! Messages sent, and what is done to messages, but not yet acknowledged: in order, one at a time a room, under ids that make a
//! resend harmless. Pure: `database` keeps the items, `connection` carries them.

use serde::{Deserialize, Serialize};
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{ClientMessageId, RoomId, Seq};
use shared::message::{Acknowledgement, Emoji};
use shared::time::Timestamp;
use uuid::Uuid;

/// The first pause after a refusal that may pass; it doubles up to [`PAUSE_MAX_MILLIS`].
const PAUSE_MILLIS: u64 = 1_000;
const PAUSE_MAX_MILLIS: u64 = 30_000;

/// How long to wait after the refusal that follows so many others, in milliseconds; `None` where
/// waiting does not help.
pub fn pause(error: &ErrorCode, refusals: u32) -> Option<u64> {
    if let ErrorCode::RateLimited { retry_after_ms } = error {
        return Some(*retry_after_ms);
    }
    error.is_retryable().then(|| (PAUSE_MILLIS << refusals.min(5)).min(PAUSE_MAX_MILLIS))
}

/// What is on its way, as it is kept in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: ClientMessageId,
    pub room: RoomId,
    /// What is said; a message's new text; the emoji of a reaction.
    pub body: String,
    #[serde(default)]
    pub what: What,
    /// Of a message: the one that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Of a message: the root of the thread it is said in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Seq>,
    /// Of a message in a thread: it is said in the room as well.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub in_room: bool,
    /// Only ever shown.
    pub made_at: Timestamp,
    /// Why the server refused it, for good; it waits for its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<ErrorCode>,
}

/// What is asked: to say something, or to do something to a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    #[default]
    Say,
    Edit(Seq),
    Delete(Seq),
    React(Seq),
    TakeBack(Seq),
    Pin(Seq),
    Unpin(Seq),
    /// In no outbox, but kept like what is: [`Item::read`].
    Read(Seq),
}

impl Item {
    /// Something new to say in the room.
    pub const fn say(id: ClientMessageId, room: RoomId, body: String, made_at: Timestamp) -> Self {
        let (what, reply_to, thread, in_room) = (What::Say, None, None, false);
        Self { id, room, body, what, reply_to, thread, in_room, made_at, refused: None }
    }

    /// That somebody has read so far in a room, or in the thread with this root. Those of one
    /// conversation have one id: the one kept last takes the place of the others.
    pub fn read(room: RoomId, thread: Option<Seq>, seq: Seq) -> Self {
        let of_thread = thread.map_or(0, |root| u128::from(root.0));
        let id = Uuid::from_u128(room.as_uuid().as_u128() ^ of_thread);
        let id = ClientMessageId::from_uuid(id);
        let what = What::Read(seq);
        Self { what, thread, ..Self::say(id, room, String::new(), Timestamp(0)) }
    }

    /// Of what [`Item::read`] makes, how far was read.
    pub fn read_up_to(&self) -> Option<Seq> {
        if let What::Read(seq) = self.what { Some(seq) } else { None }
    }

    /// What to ask the server. Asking it twice comes to the same.
    pub fn command(self) -> ClientCommand {
        let Self { id, room, body, what, reply_to, thread, in_room, .. } = self;
        match what {
            What::Say => ClientCommand::SendMessage {
                room,
                client_message_id: id,
                body,
                reply_to,
                thread,
                in_room,
            },
            What::Edit(message) => ClientCommand::EditMessage { room, message, body },
            What::Delete(message) => ClientCommand::DeleteMessage { room, message },
            What::React(message) => ClientCommand::AddReaction { room, message, emoji: body },
            What::TakeBack(message) => ClientCommand::RemoveReaction { room, message, emoji: body },
            What::Pin(message) => ClientCommand::PinMessage { room, message },
            What::Unpin(message) => ClientCommand::UnpinMessage { room, message },
            What::Read(seq) => match thread {
                Some(root) => ClientCommand::MarkThreadRead { room, root, seq },
                None => ClientCommand::MarkRead { room, seq, age_ms: 0 },
            },
        }
    }

    /// Whether the event, of the item's author, is what the item asked for.
    fn is(&self, event: &RoomEvent) -> bool {
        if event.room != self.room {
            return false;
        }
        let emoji_is = |emoji: &Emoji| emoji.as_str() == self.body;
        let done = &event.event;
        match self.what {
            What::Say => event.posted().is_some_and(|posted| posted.client_message_id == self.id),
            What::Edit(of) => {
                matches!(done, ServerEvent::MessageEdited { message, body: Some(body), .. }
                if *message == of && body.as_str() == self.body)
            }
            What::Delete(of) => {
                matches!(done, ServerEvent::MessageDeleted { message } if *message == of)
            }
            What::React(of) => matches!(done, ServerEvent::ReactionAdded { message, emoji }
                if *message == of && emoji_is(emoji)),
            What::TakeBack(of) => matches!(done, ServerEvent::ReactionRemoved { message, emoji }
                if *message == of && emoji_is(emoji)),
            What::Pin(of) => {
                matches!(done, ServerEvent::MessagePinned { message } if *message == of)
            }
            What::Unpin(of) => {
                matches!(done, ServerEvent::MessageUnpinned { message } if *message == of)
            }
            What::Read(_) => false,
        }
    }

    /// Words that somebody typed: what is refused of them waits for its author. Anything else that
    /// is refused is undone.
    const fn has_words(&self) -> bool {
        matches!(self.what, What::Say | What::Edit(_))
    }
}

/// What became of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It may pass: it is tried again.
    Passing,
    /// It is kept with its reason, and waits for its author.
    Kept(Item),
    /// It is undone; its author is told.
    Undone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not to be sent before it is kept: a closed tab must not lose it.
    Unkept,
    /// For its turn, for a connection, or until `not_before` on the caller's monotonic clock.
    Waiting {
        not_before: u64,
    },
    Sending,
    /// Durable on the server; shown from here until the room's log has come so far.
    Acknowledged(Seq),
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    item: Item,
    status: Status,
    /// Refusals in a row that may pass.
    attempts: u32,
}

/// Items in the order they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    slots: Vec<Slot>,
}

impl Outbox {
    /// A new message. It is sent once [`Outbox::kept`] says that it survives.
    pub fn add(&mut self, item: Item) {
        self.insert(item, Status::Unkept);
    }

    /// Messages found in the browser, from before a reload or from a closed tab. True if one of
    /// them was new here.
    pub fn restore(&mut self, items: impl IntoIterator<Item = Item>) -> bool {
        let mut any = false;
        for item in items {
            let status = match item.refused {
                Some(_) => Status::Refused,
                None => Status::Waiting { not_before: 0 },
            };
            any |= self.insert(item, status);
        }
        any
    }

    /// The id of what is written next: `made`, unless this device's clock was set back since what
    /// waits was written. Ids are `UUIDv7`: their order is the order of writing, whoever restores
    /// them when.
    pub fn next(&self, made: ClientMessageId) -> ClientMessageId {
        let last = self.slots.last().map(|slot| slot.item.id);
        last.filter(|last| *last >= made).map_or(made, |last| {
            ClientMessageId::from_uuid(Uuid::from_u128(last.as_uuid().as_u128().wrapping_add(1)))
        })
    }

    /// True if it was not there.
    fn insert(&mut self, item: Item, status: Status) -> bool {
        if self.slots.iter().any(|slot| slot.item.id == item.id) {
            return false;
        }
        let place = self.slots.partition_point(|slot| slot.item.id < item.id);
        self.slots.insert(place, Slot { item, status, attempts: 0 });
        true
    }

    pub fn kept(&mut self, id: ClientMessageId) {
        if let Some(slot) = self.slot(id)
            && slot.status == Status::Unkept
        {
            slot.status = Status::Waiting { not_before: 0 };
        }
    }

    /// What may be sent at `now`, each room's first in its turn; marked as being sent.
    pub fn take_ready(&mut self, now: u64) -> Vec<Item> {
        let mut busy: Vec<RoomId> = Vec::new();
        let mut ready = Vec::new();
        for slot in &mut self.slots {
            match slot.status {
                Status::Acknowledged(_) | Status::Refused => continue,
                Status::Waiting { not_before }
                    if not_before <= now && !busy.contains(&slot.item.room) =>
                {
                    slot.status = Status::Sending;
                    ready.push(slot.item.clone());
                }
                // Whatever stands before it in its room goes first.
                Status::Waiting { .. } | Status::Unkept | Status::Sending => {}
            }
            busy.push(slot.item.room);
        }
        ready
    }

    /// When [`Outbox::take_ready`] will have more to give without anything else happening.
    pub fn wakes_at(&self) -> Option<u64> {
        let pauses = self.slots.iter().filter_map(|slot| match slot.status {
            Status::Waiting { not_before } if not_before > 0 => Some(not_before),
            Status::Waiting { .. }
            | Status::Unkept
            | Status::Sending
            | Status::Acknowledged(_)
            | Status::Refused => None,
        });
        pauses.min()
    }

    pub fn acknowledged(&mut self, acknowledgement: &Acknowledgement, head: Seq) {
        if let Some(slot) = self.slot(acknowledgement.client_message_id) {
            slot.status = Status::Acknowledged(acknowledgement.seq);
        }
        self.log_reached(acknowledgement.room, head);
    }

    /// The room's log has been applied up to `head`: what it holds needs no other row.
    pub fn log_reached(&mut self, room: RoomId, head: Seq) {
        self.slots.retain(|slot| match slot.status {
            Status::Acknowledged(seq) => slot.item.room != room || seq > head,
            Status::Unkept | Status::Waiting { .. } | Status::Sending | Status::Refused => true,
        });
    }

    /// The server has done what was asked; shown from here until the room's log goes on.
    pub fn done(&mut self, id: ClientMessageId, head: Seq) {
        if let Some(slot) = self.slot(id) {
            slot.status = Status::Acknowledged(head.next());
        }
    }

    /// An event of the author's own was seen in a room's log. True when it had been asked for here.
    pub fn arrived(&mut self, event: &RoomEvent) -> bool {
        let place = self.slots.iter().position(|slot| slot.item.is(event));
        place.map(|place| self.slots.remove(place)).is_some()
    }

    /// The server said no.
    pub fn refused(&mut self, id: ClientMessageId, error: ErrorCode, now: u64) -> Refusal {
        let Some(slot) = self.slot(id) else { return Refusal::Passing };
        // Without a session the page leads to sign-in, and the words wait.
        let waits = (error == ErrorCode::Unauthorized).then_some(PAUSE_MILLIS);
        if let Some(pause) = pause(&error, slot.attempts).or(waits) {
            slot.attempts = slot.attempts.saturating_add(1);
            slot.status = Status::Waiting { not_before: now.saturating_add(pause) };
            return Refusal::Passing;
        }
        if !slot.item.has_words() {
            self.remove(id);
            return Refusal::Undone;
        }
        slot.status = Status::Refused;
        slot.item.refused = Some(error);
        Refusal::Kept(slot.item.clone())
    }

    /// The connection is gone: what was being sent has an unknown outcome and is sent again under
    /// the same id.
    pub fn disconnected(&mut self) {
        for slot in &mut self.slots {
            if slot.status == Status::Sending {
                slot.status = Status::Waiting { not_before: 0 };
            }
        }
    }

    /// Its author wants it sent after all.
    pub fn retry(&mut self, id: ClientMessageId) {
        if let Some(slot) = self.slot(id)
            && slot.status == Status::Refused
        {
            slot.status = Status::Waiting { not_before: 0 };
            slot.item.refused = None;
            slot.attempts = 0;
        }
    }

    /// Its author takes it back: to edit it, or for good.
    pub fn remove(&mut self, id: ClientMessageId) -> Option<Item> {
        let place = self.slots.iter().position(|slot| slot.item.id == id)?;
        Some(self.slots.remove(place).item)
    }

    pub fn clear(&mut self) {
        self.slots.clear();
    }

    /// One room's items in order.
    pub fn of_room(&self, room: RoomId) -> impl Iterator<Item = (&Item, Status)> {
        self.slots
            .iter()
            .filter(move |slot| slot.item.room == room)
            .map(|slot| (&slot.item, slot.status))
    }

    /// Messages that the server is not known to have, refused ones included.
    pub fn unacknowledged(&self) -> impl Iterator<Item = &Item> {
        self.slots
            .iter()
            .filter(|slot| !matches!(slot.status, Status::Acknowledged(_)))
            .map(|slot| &slot.item)
    }

    pub fn unsent(&self) -> usize {
        self.unacknowledged().count()
    }

    pub fn get(&self, id: ClientMessageId) -> Option<&Item> {
        self.slots.iter().find(|slot| slot.item.id == id).map(|slot| &slot.item)
    }

    fn slot(&mut self, id: ClientMessageId) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.item.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::id::MessageId;
    use std::collections::BTreeMap;

    fn room(number: u128) -> RoomId {
        RoomId::from_uuid(Uuid::from_u128(number))
    }

    fn item(number: u128, room: RoomId) -> Item {
        let id = ClientMessageId::from_uuid(Uuid::from_u128(number));
        Item::say(id, room, number.to_string(), Timestamp(0))
    }

    fn acknowledgement(item: &Item, seq: u64) -> Acknowledgement {
        Acknowledgement {
            client_message_id: item.id,
            id: MessageId::new(),
            room: item.room,
            seq: Seq(seq),
            at: Timestamp(0),
        }
    }

    fn event(room: RoomId, event: ServerEvent) -> RoomEvent {
        let actor = shared::id::UserId::from_uuid(Uuid::nil());
        RoomEvent { room, seq: Seq(9), at: Timestamp(0), actor, event }
    }

    fn posted(item: &Item) -> RoomEvent {
        let body = shared::message::MessageBody::new(&item.body).unwrap();
        let posted = shared::message::Posted::new(MessageId::new(), item.id, body);
        event(item.room, ServerEvent::MessagePosted(posted))
    }

    fn bodies(items: &[Item]) -> Vec<&str> {
        items.iter().map(|item| item.body.as_str()).collect()
    }

    fn kept(items: &[Item]) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.restore(items.iter().cloned());
        outbox
    }

    #[test]
    fn what_is_written_after_the_clock_was_set_back_goes_out_after_what_was_written_before() {
        let mut outbox = Outbox::default();
        let room = room(1);
        let made = |number| ClientMessageId::from_uuid(Uuid::from_u128(number));
        for at in [500, 600, 100, 101, 700] {
            let id = outbox.next(made(at));
            outbox.add(Item::say(id, room, at.to_string(), Timestamp(0)));
        }
        let said: Vec<_> = outbox.unacknowledged().map(|item| item.body.as_str()).collect();
        assert_eq!(said, ["500", "600", "100", "101", "700"]);
        // Also when they are found again.
        let mut found = Outbox::default();
        assert!(found.restore(outbox.unacknowledged().cloned()));
        assert_eq!(found, {
            for slot in &mut outbox.slots {
                slot.status = Status::Waiting { not_before: 0 };
            }
            outbox
        });
    }

    #[test]
    fn nothing_is_sent_before_it_is_kept_and_nothing_overtakes_it() {
        let (first, second) = (item(1, room(1)), item(2, room(1)));
        let mut outbox = Outbox::default();
        outbox.add(first.clone());
        outbox.add(second.clone());
        outbox.kept(second.id);
        assert!(outbox.take_ready(0).is_empty());
        outbox.kept(first.id);
        assert_eq!(bodies(&outbox.take_ready(0)), ["1"]);
    }

    #[test]
    fn a_room_has_one_send_in_the_air_and_rooms_do_not_wait_for_each_other() {
        let mut outbox = kept(&[item(1, room(1)), item(2, room(1)), item(3, room(2))]);
        let sent = outbox.take_ready(0);
        assert_eq!(bodies(&sent), ["1", "3"]);
        assert!(outbox.take_ready(0).is_empty());
        outbox.acknowledged(&acknowledgement(&sent[0], 7), Seq(6));
        assert_eq!(bodies(&outbox.take_ready(0)), ["2"]);
        assert_eq!(outbox.of_room(room(1)).count(), 2, "shown until the log has it");
        outbox.log_reached(room(1), Seq(7));
        assert_eq!(outbox.of_room(room(1)).count(), 1);
    }

    #[test]
    fn a_refused_message_stays_with_its_reason_and_blocks_nothing() {
        let mut outbox = kept(&[item(1, room(1)), item(2, room(1))]);
        let first = outbox.take_ready(0).remove(0);
        assert!(matches!(outbox.refused(first.id, ErrorCode::Archived, 0), Refusal::Kept(_)));
        assert_eq!(bodies(&outbox.take_ready(0)), ["2"]);
        assert_eq!(outbox.get(first.id).unwrap().refused, Some(ErrorCode::Archived));
        let mut after_reload = kept(&[outbox.get(first.id).unwrap().clone()]);
        assert!(after_reload.take_ready(0).is_empty(), "it waits for its author");
        after_reload.retry(first.id);
        assert_eq!(after_reload.take_ready(0)[0].id, first.id, "under the same id");
    }

    #[test]
    fn a_refusal_that_may_pass_is_repeated_later_by_itself() {
        let mut outbox = kept(&[item(1, room(1)), item(2, room(1))]);
        let first = outbox.take_ready(0).remove(0);
        let error = ErrorCode::RateLimited { retry_after_ms: 400 };
        assert_eq!(outbox.refused(first.id, error, 1_000), Refusal::Passing);
        assert!(outbox.take_ready(1_399).is_empty(), "and the next does not overtake it");
        assert_eq!(outbox.wakes_at(), Some(1_400));
        assert_eq!(bodies(&outbox.take_ready(1_400)), ["1"]);
    }

    #[test]
    fn a_lost_connection_sends_again_and_an_arrival_settles_it() {
        let mut outbox = kept(&[item(1, room(1))]);
        let first = outbox.take_ready(0).remove(0);
        outbox.disconnected();
        assert_eq!(bodies(&outbox.take_ready(0)), ["1"]);
        assert!(outbox.arrived(&posted(&first)));
        outbox.acknowledged(&acknowledgement(&first, 3), Seq(3));
        assert_eq!(outbox, Outbox::default());
    }

    #[test]
    fn what_is_done_to_a_message_waits_its_turn_and_is_settled_by_its_event() {
        let like = Item { what: What::React(Seq(4)), body: "👍".into(), ..item(2, room(1)) };
        let mut outbox = kept(&[item(1, room(1)), like.clone()]);
        let said = outbox.take_ready(0).remove(0);
        outbox.acknowledged(&acknowledgement(&said, 7), Seq(7));
        assert_eq!(outbox.take_ready(0), core::slice::from_ref(&like));
        let emoji = Emoji::known("👍");
        let added =
            |message| event(room(1), ServerEvent::ReactionAdded { message, emoji: emoji.clone() });
        assert!(!outbox.arrived(&added(Seq(5))));
        assert!(outbox.arrived(&added(Seq(4))));
        outbox.done(like.id, Seq(9));
        assert_eq!(outbox, Outbox::default());
    }

    #[test]
    fn a_refused_reaction_is_undone_and_a_refused_edit_keeps_its_words() {
        let like = Item { what: What::React(Seq(4)), ..item(1, room(1)) };
        let edit = Item { what: What::Edit(Seq(4)), ..item(2, room(1)) };
        let mut outbox = kept(&[like.clone(), edit.clone()]);
        outbox.take_ready(0);
        assert_eq!(outbox.refused(like.id, ErrorCode::NotFound, 0), Refusal::Undone);
        outbox.take_ready(0);
        assert!(matches!(outbox.refused(edit.id, ErrorCode::NotFound, 0), Refusal::Kept(_)));
        assert_eq!(outbox.unsent(), 1);
    }

    #[test]
    fn what_an_earlier_page_kept_is_still_read() {
        let kept = r#"{"id":"00000000-0000-0000-0000-000000000001","room":"00000000-0000-0000-0000-000000000001","body":"1","made_at":0}"#;
        assert_eq!(serde_json::from_str::<Item>(kept).unwrap(), item(1, room(1)));
    }

    /// The server of D3, and a network that loses whatever it likes.
    #[derive(Default)]
    struct Server {
        logs: BTreeMap<RoomId, Vec<ClientMessageId>>,
    }

    impl Server {
        fn take(&mut self, item: &Item) -> Seq {
            let log = self.logs.entry(item.room).or_default();
            let place = log.iter().position(|id| *id == item.id).unwrap_or_else(|| {
                log.push(item.id);
                log.len() - 1
            });
            Seq(place as u64 + 1)
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Write(u128),
        Send,
        /// The send is lost, or its answer is; then the connection is.
        LoseRequest,
        LoseAnswer,
        Disconnect,
        /// The tab is closed and opened again: only what was kept remains.
        Reload,
        RateLimit,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0_u128..3).prop_map(Step::Write),
            3 => Just(Step::Send),
            1 => Just(Step::LoseRequest),
            1 => Just(Step::LoseAnswer),
            1 => Just(Step::Disconnect),
            1 => Just(Step::Reload),
            1 => Just(Step::RateLimit),
        ]
    }

    proptest! {
        #[test]
        fn nothing_is_lost_doubled_or_reordered_whatever_the_network_does(
            steps in proptest::collection::vec(step(), 0..80),
        ) {
            let mut server = Server::default();
            let mut outbox = Outbox::default();
            let mut disk: BTreeMap<ClientMessageId, Item> = BTreeMap::new();
            let mut written: BTreeMap<RoomId, Vec<ClientMessageId>> = BTreeMap::new();
            let mut number = 0;
            let mut now = 0;
            let drain = |outbox: &mut Outbox, server: &mut Server, disk: &mut BTreeMap<_, _>, now| {
                for item in outbox.take_ready(now) {
                    let seq = server.take(&item);
                    outbox.acknowledged(&acknowledgement(&item, seq.0), seq);
                    disk.remove(&item.id);
                }
            };
            for step in steps {
                now += 10;
                match step {
                    Step::Write(to) => {
                        number += 1;
                        let item = item(number, room(to));
                        written.entry(item.room).or_default().push(item.id);
                        outbox.add(item.clone());
                        disk.insert(item.id, item.clone());
                        outbox.kept(item.id);
                    }
                    Step::Send => drain(&mut outbox, &mut server, &mut disk, now),
                    Step::LoseRequest => {
                        outbox.take_ready(now);
                        outbox.disconnected();
                    }
                    Step::LoseAnswer => {
                        for item in outbox.take_ready(now) {
                            server.take(&item);
                        }
                        outbox.disconnected();
                    }
                    Step::Disconnect => outbox.disconnected(),
                    Step::Reload => {
                        outbox = Outbox::default();
                        outbox.restore(disk.values().cloned());
                    }
                    Step::RateLimit => {
                        for item in outbox.take_ready(now) {
                            let error = ErrorCode::RateLimited { retry_after_ms: 50 };
                            outbox.refused(item.id, error, now);
                        }
                    }
                }
            }
            outbox.disconnected();
            for _ in 0..=number {
                drain(&mut outbox, &mut server, &mut disk, u64::MAX);
            }
            prop_assert_eq!(outbox.unsent(), 0);
            prop_assert_eq!(server.logs, written);
        }
    }
}
