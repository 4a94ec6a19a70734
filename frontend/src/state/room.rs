//! One room the viewer is in.

use crate::locales::Day;
use crate::timeline::{Arrivals, Entry, Heights, Loaded, Page, RowKey, Timeline};
use leptos::prelude::*;
use shared::api::{History as HistoryPage, HistoryEntry, HistoryQuery};
use shared::event::{RoomEvent, ServerEvent};
use shared::id::{RoomId, Seq, UserId};
use shared::message::Message;
use shared::reduce::RoomState;
use shared::room::{Counts, Membership, RoomSnapshot};
use shared::time::Timestamp;

/// A room that is looked at keeps at most this much history while the end is in view.
const LIVE_WINDOW: usize = 2_000;
const LIVE_WINDOW_TRIMMED: usize = 1_000;
/// Threads whose history is kept, the last opened ones.
const THREADS_KEPT: usize = 12;

/// A room's state, its loaded history and what came out of order. A handle: clones are the same.
///
/// Of a thread it is the same room with the thread's own history.
#[derive(Clone, Debug)]
pub struct RoomEntry {
    pub id: RoomId,
    /// The root of the thread whose conversation this is.
    pub thread: Option<Seq>,
    pub view: ArcRwSignal<RoomState>,
    /// Empty until the room is opened.
    pub timeline: ArcRwSignal<Timeline>,
    arrivals: ArcStoredValue<Arrivals>,
    /// How the room was left, for when it is entered again.
    pub left: ArcStoredValue<Left>,
    /// What is pinned; `None` when that is to be asked, anew if it was.
    pub pins: ArcRwSignal<Option<Vec<Message>>>,
    threads: ArcStoredValue<Vec<Opened>>,
}

/// A thread that was opened, the last one last.
#[derive(Clone, Debug)]
struct Opened {
    root: Seq,
    timeline: ArcRwSignal<Timeline>,
    left: ArcStoredValue<Left>,
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

fn entry_of(what: HistoryEntry) -> Entry {
    let mut entry = Entry { what, day: 0 };
    entry.day = day_of(entry.at());
    entry
}

impl RoomEntry {
    pub(super) fn new(snapshot: RoomSnapshot) -> Self {
        Self {
            id: snapshot.room.id,
            thread: None,
            threads: ArcStoredValue::new(Vec::new()),
            pins: ArcRwSignal::new(None),
            view: ArcRwSignal::new(RoomState::new(snapshot)),
            timeline: ArcRwSignal::new(Timeline::default()),
            arrivals: ArcStoredValue::new(Arrivals::default()),
            left: ArcStoredValue::new(Left::default()),
        }
    }

    /// The conversation of one of its threads.
    #[must_use]
    pub fn thread(&self, root: Seq) -> Self {
        let mut opened = self.threads.get_value();
        let known = opened.iter().position(|opened| opened.root == root);
        let fresh = || Opened {
            root,
            timeline: ArcRwSignal::new(Timeline::of_thread(root)),
            left: ArcStoredValue::new(Left::default()),
        };
        let thread = known.map_or_else(fresh, |place| opened.remove(place));
        let Opened { timeline, left, .. } = thread.clone();
        opened.push(thread);
        let surplus = opened.len().saturating_sub(THREADS_KEPT);
        opened.drain(..surplus);
        self.threads.set_value(opened);
        Self { thread: Some(root), timeline, left, ..self.clone() }
    }

    /// The read marker of this conversation, and what stands above it. A thread that is not
    /// followed has neither.
    pub fn counts(&self) -> Counts {
        self.view.with(|view| {
            let Some(root) = self.thread else { return view.counts() };
            let followed = view.threads().into_iter().find(|thread| thread.root == root);
            followed.map_or(Counts { read: view.head, at: view.head, ..Counts::default() }, |of| {
                Counts { read: of.read, unread: of.unread, at: of.at, ..Counts::default() }
            })
        })
    }

    /// How much of what others said in a thread is new; nothing where it is not followed.
    pub fn thread_unread(&self, root: Seq) -> u32 {
        self.view.with(|view| {
            let thread = view.threads().into_iter().find(|thread| thread.root == root);
            thread.map_or(0, |thread| thread.unread)
        })
    }

    /// A fresh snapshot takes the state's place. Loaded history stays where it may, to be read
    /// again: what has changed in it was missed.
    pub(super) fn replace(&self, snapshot: RoomSnapshot, history: History) {
        self.arrivals.update_value(Arrivals::clear);
        self.pins.set(None);
        let head = snapshot.head;
        for timeline in self.timelines() {
            timeline.update(|timeline| match history {
                History::Dropped => timeline.clear(),
                History::Kept => timeline.miss(head),
            });
        }
        self.view.set(RoomState::new(snapshot));
    }

    /// The room's own and those of its threads.
    fn timelines(&self) -> Vec<ArcRwSignal<Timeline>> {
        let mut timelines = vec![self.timeline.clone()];
        self.threads.with_value(|opened| {
            timelines.extend(opened.iter().map(|opened| opened.timeline.clone()));
        });
        timelines
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
        if applied.iter().any(|event| self.concerns_pins(event)) {
            self.pins.set(None);
        }
        if !applied.is_empty() {
            for timeline in self.timelines() {
                timeline.maybe_update(|timeline| {
                    let mut changed = false;
                    for event in &applied {
                        changed |= timeline.take(event, day_of(event.at));
                    }
                    changed
                });
            }
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

    /// Whether something else is pinned after the event, or what is pinned says something else.
    fn concerns_pins(&self, event: &RoomEvent) -> bool {
        let Some(changed) = event.amends() else { return false };
        let pinned = self.pins.with_untracked(|pins| {
            let of = |message: &Message| message.seq == changed;
            pins.as_ref().is_some_and(|pins| pins.iter().any(of))
        });
        pinned || matches!(event.event, ServerEvent::MessagePinned { .. })
    }

    /// What changes from now on concerns a page that is about to be asked for.
    pub fn listen(&self) {
        let head = self.view.with_untracked(|view| view.head);
        self.timeline.maybe_update(|timeline| {
            timeline.listen(head);
            false
        });
    }

    /// Takes a page of history over, which was asked for by `query`.
    pub fn load(&self, query: HistoryQuery, page: HistoryPage) -> Loaded {
        let entries = page.entries.into_iter().map(entry_of).collect();
        let page = Page::new(query, entries, (page.before, page.after), page.head);
        let mut loaded = Loaded::Unchanged;
        self.timeline.maybe_update(|timeline| {
            loaded = timeline.load(page);
            !matches!(loaded, Loaded::Unchanged | Loaded::TooOld)
        });
        loaded
    }

    /// Keeps a message that others refer to.
    pub fn quote(&self, message: Message) {
        self.timeline.update(|timeline| {
            timeline.quote(entry_of(HistoryEntry::Message(Box::new(message))));
        });
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
