//! How far somebody has read, as far as the server does not know it yet. Pure: each is kept as an item
//! of the outbox is, but none waits for another, and of each conversation the furthest alone counts.

use crate::outbox::Item;
use shared::id::{ClientMessageId, RoomId};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadMarkers(Vec<Item>);

impl ReadMarkers {
    /// True if it goes further than what is here of its conversation, whose place it takes then.
    pub fn add(&mut self, marker: &Item) -> bool {
        match self.0.iter_mut().find(|known| known.id == marker.id) {
            Some(known) if known.read_up_to() >= marker.read_up_to() => return false,
            Some(known) => known.clone_from(marker),
            None => self.0.push(marker.clone()),
        }
        true
    }

    /// The server knows it. True unless a further one is on its way.
    pub fn told(&mut self, marker: &Item) -> bool {
        self.0.retain(|known| known != marker);
        !self.holds(marker.id)
    }

    /// Of the room itself, not of its threads.
    pub fn of_room(&self, room: RoomId) -> Option<&Item> {
        self.0.iter().find(|known| known.room == room && known.thread.is_none())
    }

    pub fn holds(&self, id: ClientMessageId) -> bool {
        self.0.iter().any(|known| known.id == id)
    }

    pub fn all(&self) -> &[Item] {
        &self.0
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::id::Seq;
    use uuid::Uuid;

    fn room(number: u128) -> RoomId {
        RoomId::from_uuid(Uuid::from_u128(number << 64))
    }

    fn marker(room_number: u128, seq: u64) -> Item {
        Item::read(room(room_number), None, Seq(seq))
    }

    fn reply_marker(root: u64, seq: u64) -> Item {
        Item::read(room(1), Some(Seq(root)), Seq(seq))
    }

    #[test]
    fn of_each_conversation_the_furthest_counts_in_whatever_order_they_come() {
        let mut markers = ReadMarkers::default();
        assert!(markers.add(&marker(1, 5)));
        assert!(markers.add(&marker(2, 3)));
        assert!(markers.add(&reply_marker(2, 4)));
        assert!(markers.add(&reply_marker(3, 4)));
        assert!(!markers.add(&marker(1, 4)), "it never goes back");
        assert!(!markers.add(&marker(1, 5)), "nor is it told twice");
        assert!(markers.add(&marker(1, 9)));
        let all = [marker(1, 9), marker(2, 3), reply_marker(2, 4), reply_marker(3, 4)];
        assert_eq!(markers.all(), all);
    }

    #[test]
    fn what_was_read_while_it_was_being_told_is_still_to_be_told() {
        let mut markers = ReadMarkers::default();
        markers.add(&marker(1, 5));
        markers.add(&marker(1, 6));
        assert!(!markers.told(&marker(1, 5)));
        assert!(markers.told(&marker(1, 6)));
        assert_eq!(markers.all(), []);
    }

    #[test]
    fn a_room_and_its_threads_are_read_apart() {
        let mut markers = ReadMarkers::default();
        markers.add(&reply_marker(2, 4));
        assert_eq!(markers.of_room(room(1)), None);
        markers.add(&marker(1, 5));
        assert_eq!(markers.of_room(room(1)), Some(&marker(1, 5)));
        assert!(markers.told(&marker(1, 5)));
        assert_eq!(markers.all(), [reply_marker(2, 4)]);
    }
}
