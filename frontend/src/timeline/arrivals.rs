//! Events as they come off the wire, into the order in which they are applied: each once, none
//! before the one it follows.

use shared::event::RoomEvent;
use shared::id::{Seq, UserId};
use shared::reduce::{Applied, RoomState};
use std::collections::BTreeMap;

/// More than this beyond a gap is fetched again with the gap.
const WAITING_AT_MOST: usize = 1_000;

/// Events beyond a gap, until it is filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    waiting: BTreeMap<Seq, RoomEvent>,
}

impl Arrivals {
    /// Applies what can be applied to `room` and returns it in order.
    pub fn take(
        &mut self,
        events: impl IntoIterator<Item = RoomEvent>,
        room: &mut RoomState,
        me: UserId,
    ) -> Vec<RoomEvent> {
        let mut applied = Vec::new();
        for event in events {
            self.offer(event, room, me, &mut applied);
        }
        while let Some((_, event)) = self.waiting.pop_first() {
            match room.apply(&event, me) {
                Applied::Advanced => applied.push(event),
                Applied::Duplicate => {}
                Applied::Gap { .. } => {
                    self.waiting.insert(event.seq, event);
                    break;
                }
            }
        }
        applied
    }

    fn offer(
        &mut self,
        event: RoomEvent,
        room: &mut RoomState,
        me: UserId,
        applied: &mut Vec<RoomEvent>,
    ) {
        match room.apply(&event, me) {
            Applied::Advanced => applied.push(event),
            Applied::Duplicate => {}
            Applied::Gap { .. } => {
                self.waiting.insert(event.seq, event);
                if self.waiting.len() > WAITING_AT_MOST {
                    self.waiting.pop_last();
                }
            }
        }
    }

    /// Whether something came that what precedes it is missing for.
    pub fn has_gap(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::{event_at, posted};
    use super::*;
    use proptest::prelude::*;
    use shared::event::ServerEvent;
    use shared::id::{Epoch, RoomId};
    use shared::room::{
        Counts, Involvement, Membership, Role, Room, RoomKind, RoomPurpose, RoomSnapshot,
    };
    use shared::time::Timestamp;

    fn person(number: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn room() -> RoomState {
        RoomState::new(RoomSnapshot {
            room: Room {
                id: RoomId::from_uuid(uuid::Uuid::nil()),
                kind: RoomKind::Open,
                purpose: RoomPurpose::Talk,
                name: "Launch week".into(),
                topic: String::new(),
                archived: false,
                members: 2,
                created_at: Timestamp(0),
            },
            epoch: Epoch::from_uuid(uuid::Uuid::nil()),
            head: Seq::ZERO,
            membership: Membership {
                role: Role::Member,
                involvement: Involvement::Everything,
                counts: Counts::default(),
                threads: Vec::new(),
            },
            people: Vec::new(),
            seen: Vec::new(),
        })
    }

    #[test]
    fn nothing_beyond_a_gap_is_shown_until_it_is_filled() {
        let (me, other) = (person(1), person(2));
        let (mut arrivals, mut room) = (Arrivals::default(), room());
        let event = |seq| event_at(seq, other, 0, ServerEvent::MessagePosted(posted()));
        assert_eq!(arrivals.take([event(1)], &mut room, me).len(), 1);
        assert!(arrivals.take([event(3), event(4)], &mut room, me).is_empty());
        assert!(arrivals.has_gap());
        assert_eq!(room.counts().unread, 1);
        let filled = arrivals.take([event(2), event(3)], &mut room, me);
        assert_eq!(filled.iter().map(|event| event.seq.0).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(!arrivals.has_gap());
        assert_eq!(room.counts().unread, 4);
    }

    proptest! {
        #[test]
        fn each_event_is_applied_exactly_once_and_in_order_however_it_comes(
            count in 1_u64..60,
            mut arrivals_order in proptest::collection::vec(0_u64..60, 0..200),
        ) {
            let (me, other) = (person(1), person(2));
            let log: Vec<RoomEvent> = (1..=count)
                .map(|seq| event_at(seq, other, 0, ServerEvent::MessagePosted(posted())))
                .collect();
            let (mut arrivals, mut room) = (Arrivals::default(), room());
            let mut shown = Vec::new();
            // In the end a fetch of the log fills every gap.
            arrivals_order.extend(0..count);
            for place in arrivals_order {
                let Some(event) = log.get(usize::try_from(place).unwrap()) else { continue };
                shown.extend(arrivals.take([event.clone()], &mut room, me));
            }
            prop_assert_eq!(&shown, &log);
            prop_assert!(!arrivals.has_gap());
            prop_assert_eq!(u64::from(room.counts().unread), count);
        }
    }
}
