//! One room the viewer is in.

use crate::locales::Day;
use crate::timeline::{Arrivals, Entry, Heights, Loaded, RowKey, Timeline};
use leptos::prelude::*;
use shared::event::RoomEvent;
use shared::id::{RoomId, Seq, UserId};
use shared::reduce::RoomState;
use shared::room::{Membership, RoomSnapshot};
use shared::time::Timestamp;

/// A room that is looked at keeps at most this much history while the end is in view.
const LIVE_WINDOW: usize = 2_000;
const LIVE_WINDOW_TRIMMED: usize = 1_000;

/// A room's state, its loaded history and what came out of order. A handle: clones are the same.
#[derive(Clone, Debug)]
pub struct RoomEntry {
    pub id: RoomId,
    pub view: ArcRwSignal<RoomState>,
    /// Empty until the room is opened.
    pub timeline: ArcRwSignal<Timeline>,
    arrivals: ArcStoredValue<Arrivals>,
    /// How the room was left, for when it is entered again.
    pub left: ArcStoredValue<Left>,
}

/// How a room was left.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The row that stood still, how far below the upper edge, and when that was on
    /// [`super::now_millis`]' clock. `None` at the end of the room.
    pub position: Option<(RowKey, f64, u64)>,
    pub heights: Heights,
}

/// Whether loaded history still belongs to the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    Kept,
    /// The log is another one.
    Dropped,
}

/// Days since 1970-01-01 where the viewer is.
pub(super) fn day_of(at: Timestamp) -> i64 {
    Day::of(at).days_since(Day::from_calendar(1970, 1, 1))
}

impl RoomEntry {
    pub(super) fn new(snapshot: RoomSnapshot) -> Self {
        Self {
            id: snapshot.room.id,
            view: ArcRwSignal::new(RoomState::new(snapshot)),
            timeline: ArcRwSignal::new(Timeline::default()),
            arrivals: ArcStoredValue::new(Arrivals::default()),
            left: ArcStoredValue::new(Left::default()),
        }
    }

    /// A fresh snapshot takes the state's place. Loaded history stays, as a window that may end
    /// before the head.
    pub(super) fn replace(&self, snapshot: RoomSnapshot, history: History) {
        self.arrivals.update_value(Arrivals::clear);
        if history == History::Dropped {
            self.timeline.update(Timeline::clear);
        }
        self.view.set(RoomState::new(snapshot));
    }

    /// What the server says of the viewer's place, where the state is otherwise known.
    pub(super) fn recover(&self, membership: &Membership) {
        self.view.update(|view| view.set_membership(membership));
    }

    /// Applies what can be applied, in order, and returns it.
    pub(super) fn take(
        &self,
        events: impl IntoIterator<Item = RoomEvent>,
        me: UserId,
    ) -> Vec<RoomEvent> {
        let mut applied = Vec::new();
        let Some(mut arrivals) = self.arrivals.try_get_value() else { return applied };
        self.view.maybe_update(|view| {
            applied = arrivals.take(events, view, me);
            !applied.is_empty()
        });
        self.arrivals.set_value(arrivals);
        if !applied.is_empty() && self.timeline.with_untracked(|timeline| !timeline.is_empty()) {
            self.timeline.maybe_update(|timeline| {
                let mut grew = false;
                for event in &applied {
                    let entry = Entry { day: day_of(event.at), event: event.clone() };
                    grew |= timeline.append(entry);
                }
                grew
            });
        }
        applied
    }

    /// Whether later events wait for ones that are missing.
    pub fn has_gap(&self) -> bool {
        self.arrivals.with_value(Arrivals::has_gap)
    }

    pub(super) fn gap_after(&self) -> Option<Seq> {
        self.has_gap().then(|| self.view.with_untracked(|view| view.head))
    }

    /// Takes a page of history over.
    pub fn load(&self, events: Vec<RoomEvent>) -> Loaded {
        let page = events.into_iter().map(|event| Entry { day: day_of(event.at), event }).collect();
        let mut loaded = Loaded::Unchanged;
        self.timeline.maybe_update(|timeline| {
            loaded = timeline.load(page);
            loaded != Loaded::Unchanged
        });
        loaded
    }

    /// Whether the loaded window ends where the room does.
    pub fn at_head(&self) -> bool {
        let head = self.view.with(|view| view.head);
        self.timeline.with(|timeline| timeline.reaches(head))
    }

    /// Lets go of what is far below while one reads backwards; it is loaded again on the way down.
    pub fn trim_end(&self, at_most: usize) {
        if self.timeline.with_untracked(Timeline::len) > at_most {
            self.timeline.update(|timeline| timeline.trim_end(at_most));
        }
    }

    /// Lets go of history far above, so that a room left open for days stays small.
    pub fn trim(&self) {
        if self.timeline.with_untracked(Timeline::len) > LIVE_WINDOW {
            self.timeline.update(|timeline| timeline.trim_start(LIVE_WINDOW_TRIMMED));
        }
    }
}
