//! Messages sent but not yet acknowledged: in order, one at a time a room, under ids that make a
//! resend harmless. Pure: `database` keeps the items, `connection` carries them.

use serde::{Deserialize, Serialize};
use shared::error::ErrorCode;
use shared::id::{ClientMessageId, RoomId, Seq};
use shared::message::Acknowledgement;
use shared::time::Timestamp;

/// The first pause after a refusal that may pass; it doubles up to [`PAUSE_MAX_MILLIS`].
const PAUSE_MILLIS: u64 = 1_000;
const PAUSE_MAX_MILLIS: u64 = 30_000;

/// A message on its way, as it is kept in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: ClientMessageId,
    pub room: RoomId,
    pub body: String,
    /// By this device's clock: only ever shown.
    pub made_at: Timestamp,
    /// Why the server refused it, for good; it waits for its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<ErrorCode>,
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

    /// Messages found in the browser, from before a reload or from a closed tab.
    pub fn restore(&mut self, items: impl IntoIterator<Item = Item>) {
        for item in items {
            let status = match item.refused {
                Some(_) => Status::Refused,
                None => Status::Waiting { not_before: 0 },
            };
            self.insert(item, status);
        }
    }

    fn insert(&mut self, item: Item, status: Status) {
        if self.slots.iter().any(|slot| slot.item.id == item.id) {
            return;
        }
        // Ids are UUIDv7: their order is the order of writing, whoever restores them when.
        let place = self.slots.partition_point(|slot| slot.item.id < item.id);
        self.slots.insert(place, Slot { item, status, attempts: 0 });
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

    /// The message was seen in its room's log. True when it was here.
    pub fn arrived(&mut self, id: ClientMessageId) -> bool {
        self.remove(id).is_some()
    }

    /// The server said no. True when it was for good and the refusal is to be kept.
    pub fn refused(&mut self, id: ClientMessageId, error: ErrorCode, now: u64) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        let pause = if let ErrorCode::RateLimited { retry_after_ms } = error {
            Some(retry_after_ms)
        } else if error.is_retryable() {
            Some((PAUSE_MILLIS << slot.attempts.min(5)).min(PAUSE_MAX_MILLIS))
        } else {
            // Without a session the page leads to sign-in, and the words wait.
            (error == ErrorCode::Unauthorized).then_some(PAUSE_MILLIS)
        };
        if let Some(pause) = pause {
            slot.attempts = slot.attempts.saturating_add(1);
            slot.status = Status::Waiting { not_before: now.saturating_add(pause) };
            return false;
        }
        slot.status = Status::Refused;
        slot.item.refused = Some(error);
        true
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
        RoomId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn item(number: u128, room: RoomId) -> Item {
        Item {
            id: ClientMessageId::from_uuid(uuid::Uuid::from_u128(number)),
            room,
            body: number.to_string(),
            made_at: Timestamp(0),
            refused: None,
        }
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

    fn bodies(items: &[Item]) -> Vec<&str> {
        items.iter().map(|item| item.body.as_str()).collect()
    }

    fn kept(items: &[Item]) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.restore(items.iter().cloned());
        outbox
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
        assert!(outbox.refused(first.id, ErrorCode::Archived, 0));
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
        assert!(!outbox.refused(first.id, error, 1_000));
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
        assert!(outbox.arrived(first.id));
        outbox.acknowledged(&acknowledgement(&first, 3), Seq(3));
        assert_eq!(outbox, Outbox::default());
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
