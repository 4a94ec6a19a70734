//! Joins the timeline's model with the document: what is known becomes rows, rows are drawn,
//! measured and put where nothing that is read moves, all before the next paint.

use super::ListView;
use super::document::{Document, nothing_has_focus};
use super::history::Loading;
use super::pointer::Press;
use super::slots::Slots;
use crate::actions::Actions;
use crate::components::announcer::Announcer;
use crate::locales::Locale;
use crate::state::{Left, RoomEntry, State, now_millis};
use crate::timeline::{
    Align, Divider, Pace, Pending, Reader, Reading, Row, RowKey, Viewport, place_seen, rows,
};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use shared::id::{Seq, UserId};
use shared::limit;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use web_sys::Element;

/// A scroll without another one after it for so long is over.
const REST_MILLIS: u32 = 150;
/// How long the target of a jump stands out.
const FLASH_MILLIS: u32 = 1_600;
/// Drawing, measuring and placing settle in two or three passes; this is the end of any argument.
const PASSES: usize = 8;

/// What is asked of the next drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    End,
    Row(RowKey, Align),
    /// The row, with the keyboard's focus.
    Focus(RowKey),
    /// What happened there, in the middle, standing out and with the focus; waits until it is
    /// loaded.
    Jump(Seq),
}

pub(super) struct Machine {
    pub(super) entry: RoomEntry,
    pub(super) reader: Reader,
    pub(super) view: ListView,
    pub(super) document: Document,
    pub(super) divider: RwSignal<Option<Divider>>,
    pub(super) viewport: RefCell<Viewport>,
    pub(super) rows: RefCell<Vec<Row>>,
    pub(super) slots: Slots,
    pub(super) reading: RefCell<Reading>,
    /// What was said aloud, or needs no more to be.
    pub(super) announced: Cell<Seq>,
    pub(super) loading: Cell<Loading>,
    /// Counts what was asked for: an answer to anything but the latest is not wanted any more.
    pub(super) asked: Cell<u32>,
    pub(super) gone: Cell<bool>,
    /// Where the pointer is, in the window.
    pub(super) pointer: Cell<Option<(i32, i32)>>,
    /// The row that was found there last, to look no further while it is the same.
    pub(super) pointed: RefCell<Option<Element>>,
    pub(super) press: RefCell<Option<Press>>,
    /// The finger that is on the list has opened something: lifting it presses nothing.
    pub(super) spent: Cell<bool>,
    /// Messages that were asked for because others refer to them.
    pub(super) sought: RefCell<Vec<Seq>>,
    /// How far a thread was told to be read.
    pub(super) told_read: Cell<Seq>,
    pub(super) state: State,
    pub(super) actions: Actions,
    pub(super) announcer: Announcer,
    pub(super) locale: Locale,
    goal: Cell<Option<Goal>>,
    scheduled: Cell<bool>,
    /// The rows are to be made anew before the next drawing.
    stale: Cell<bool>,
    drawing: Cell<bool>,
    again: Cell<bool>,
    pace: Cell<Pace>,
    /// Rows made since there was time for more than what is in view.
    made: Cell<usize>,
    /// Where the scroller was last put from here: a scroll event that says so is an echo.
    placed_at: Cell<f64>,
    /// Ends a movement of the person's.
    resting: RefCell<Option<Timeout>>,
    flashing: RefCell<Option<Timeout>>,
}

impl Machine {
    #[expect(clippy::too_many_arguments, reason = "what the page provides, once")]
    pub(super) fn new(
        entry: RoomEntry,
        reader: Reader,
        view: ListView,
        document: Document,
        divider: RwSignal<Option<Divider>>,
        (state, actions): (State, Actions),
        announcer: Announcer,
        locale: Locale,
    ) -> Self {
        let heights = entry.left.with_value(|left| left.heights.clone());
        Self {
            announced: Cell::new(entry.view.with_untracked(|view| view.head)),
            entry,
            reader,
            view,
            document,
            divider,
            viewport: RefCell::new(Viewport::with_heights(heights)),
            rows: RefCell::new(Vec::new()),
            slots: Slots::new(view.drawn),
            reading: RefCell::new(Reading::default()),
            loading: Cell::new(Loading::Idle),
            asked: Cell::new(0),
            gone: Cell::new(false),
            pointer: Cell::new(None),
            pointed: RefCell::new(None),
            press: RefCell::new(None),
            spent: Cell::new(false),
            sought: RefCell::new(Vec::new()),
            told_read: Cell::new(Seq::ZERO),
            state,
            actions,
            announcer,
            locale,
            goal: Cell::new(None),
            scheduled: Cell::new(false),
            stale: Cell::new(false),
            drawing: Cell::new(false),
            again: Cell::new(false),
            pace: Cell::new(Pace::default()),
            made: Cell::new(0),
            placed_at: Cell::new(0.0),
            resting: RefCell::new(None),
            flashing: RefCell::new(None),
        }
    }

    /// The list goes; the room remembers how it was left.
    pub(super) fn leave(&self) {
        self.gone.set(true);
        let viewport = self.viewport.borrow();
        let position = (!viewport.pinned()).then(|| viewport.anchor()).flatten();
        let position = position.map(|(key, offset)| (key, offset, now_millis()));
        self.entry.left.set_value(Left { position, heights: viewport.heights() });
    }

    // --- what is asked for

    pub(super) fn aim(self: &Rc<Self>, goal: Goal) {
        self.goal.set(Some(goal));
        self.schedule();
    }

    /// What is asked and not done yet.
    pub(super) fn goal(&self) -> Option<Goal> {
        self.goal.get()
    }

    /// For rows that are there already.
    pub(super) fn aim_now(self: &Rc<Self>, goal: Goal) {
        self.goal.set(Some(goal));
        self.start_drawing();
    }

    /// Something is known that the rows do not show yet.
    pub(super) fn schedule(self: &Rc<Self>) {
        self.stale.set(true);
        self.next_frame();
    }

    /// Once a frame, however much arrives in it.
    fn next_frame(self: &Rc<Self>) {
        if self.scheduled.replace(true) {
            return;
        }
        let machine = Rc::clone(self);
        request_animation_frame(move || {
            machine.scheduled.set(false);
            if machine.gone.get() {
                return;
            }
            if machine.stale.replace(false) {
                machine.update_rows();
                machine.find_quoted();
            } else {
                let more = machine.pace.get().rows(machine.made.take());
                machine.viewport.borrow_mut().advance(more);
            }
            machine.start_drawing();
        });
    }

    // --- rows

    fn update_rows(&self) {
        let Some(width) = self.document.column_width() else { return };
        let head = self.entry.view.with_untracked(|view| view.head);
        let divider = self.divider.get_untracked();
        // What waits to be sent stands after the latest, which may not be loaded.
        let pending = untrack(|| self.state.pending(&self.entry));
        let (rows, loaded, at_start) = self.entry.timeline.with_untracked(|timeline| {
            let whole = timeline.reaches(head) || head == Seq::ZERO;
            let messages = if whole { pending.messages } else { Vec::new() };
            let pending = Pending { messages, deeds: pending.deeds };
            let mut rows = rows(timeline, &pending, divider, self.reader);
            // Beyond what is loaded they may have read on.
            let last = if whole { None } else { timeline.last() };
            place_seen(&mut rows, self.seen(last));
            (rows, !timeline.is_empty(), timeline.reaches_start())
        });
        let mut viewport = self.viewport.borrow_mut();
        if !untrack(|| self.entry.at_head()) {
            viewport.unpin();
        }
        viewport.set_rows(rows.iter().map(|row| (row.key, || row.estimate(width))));
        drop(viewport);
        *self.rows.borrow_mut() = rows;
        set_if_new(self.view.at_start, at_start);
        if loaded {
            set_if_new(self.view.shown, true);
        }
    }

    /// How far the others of a small room have read, but for those who have read `last`. Of two
    /// people it is said in words.
    fn seen(&self, last: Option<Seq>) -> Vec<(UserId, Seq)> {
        if self.entry.thread.is_some() || !untrack(|| self.state.shows_receipts()) {
            return Vec::new();
        }
        self.entry.view.with_untracked(|view| {
            let small = view.room.members <= limit::SEEN_PEOPLE && view.room.members > 2;
            let placed =
                |(_, read): &(&UserId, &Seq)| small && last.is_none_or(|last| **read < last);
            view.seen.iter().filter(placed).map(|(user, read)| (*user, *read)).collect()
        })
    }

    // --- drawing

    pub(super) fn start_drawing(self: &Rc<Self>) {
        if self.drawing.replace(true) {
            self.again.set(true);
            return;
        }
        let machine = Rc::clone(self);
        spawn_local(async move {
            loop {
                machine.draw().await;
                if !machine.again.replace(false) || machine.gone.get() {
                    break;
                }
            }
            machine.drawing.set(false);
            if !machine.gone.get() {
                machine.drawn();
            }
        });
    }

    /// Draws, measures and places until nothing changes; all within one turn, before the paint.
    async fn draw(self: &Rc<Self>) {
        self.absorb();
        let held = self.document.focused_article().and_then(|place| self.slots.key(place));
        let began = moment();
        let mut made = 0;
        let mut focus = None;
        for _ in 0..PASSES {
            if self.goal.get().is_some() {
                // A place in the view needs the view's height.
                self.measure();
            }
            focus = self.take_goal().or(focus);
            made += self.publish();
            // Effects run, rows are made.
            tick().await;
            tick().await;
            if self.gone.get() {
                return;
            }
            let before = self.viewport.borrow().drawn();
            if !self.measure() && self.viewport.borrow().drawn() == before {
                break;
            }
        }
        self.place();
        let mut pace = self.pace.get();
        pace.took(made, moment() - began);
        self.pace.set(pace);
        self.made.set(self.made.get() + made);
        // Rows that others are put before are taken out and in again, and lose the focus by it.
        let lost = held.filter(|_| nothing_has_focus());
        if let Some(place) = focus.or(lost).and_then(|key| self.slots.place(key)) {
            self.document.focus(place);
        }
    }

    /// Turns the view to where it is wanted; the row to focus, if one is.
    fn take_goal(self: &Rc<Self>) -> Option<RowKey> {
        if !self.view.shown.get_untracked() {
            return None;
        }
        let goal = self.goal.take()?;
        // The page is on its way that has the place in it.
        if self.loading.get() == Loading::Newer && !matches!(goal, Goal::Focus(_)) {
            self.goal.set(Some(goal));
            return None;
        }
        let mut viewport = self.viewport.borrow_mut();
        match goal {
            Goal::End => viewport.jump_to_end(),
            Goal::Row(key, align) => {
                if !viewport.jump_to(key, align) {
                    // The line above unread messages may have nothing to stand above.
                    viewport.jump_to_end();
                }
            }
            Goal::Focus(key) => {
                viewport.jump_to(key, Align::Nearest);
                return Some(key);
            }
            Goal::Jump(seq) => {
                if !self.entry.timeline.with_untracked(|timeline| timeline.contains(seq)) {
                    return None;
                }
                let rows = self.rows.borrow();
                let key = rows.iter().find(|row| row.seq() >= Some(seq)).map(|row| row.key)?;
                viewport.jump_to(key, Align::Centre);
                drop((rows, viewport));
                self.flash(key);
                return Some(key);
            }
        }
        None
    }

    fn flash(self: &Rc<Self>, key: RowKey) {
        self.slots.flash(Some(key));
        let weak = Rc::downgrade(self);
        let over = Timeout::new(FLASH_MILLIS, move || {
            if let Some(machine) = weak.upgrade().filter(|machine| !machine.gone.get()) {
                machine.slots.flash(None);
            }
        });
        *self.flashing.borrow_mut() = Some(over);
    }

    /// Answers how many rows are new in the document.
    fn publish(&self) -> usize {
        let (drawn, spacers) = {
            let viewport = self.viewport.borrow();
            (viewport.drawn(), viewport.spacers())
        };
        let made = self.slots.publish(self.rows.borrow().get(drawn).unwrap_or_default());
        if self.view.spacers.get_untracked() != spacers {
            self.view.spacers.set(spacers);
        }
        made
    }

    /// Reads the true heights out of the document. True when something differed.
    fn measure(&self) -> bool {
        let Some(frame) = self.document.frame() else { return false };
        let heights = self.slots.keys().into_iter().zip(self.document.heights());
        let mut viewport = self.viewport.borrow_mut();
        let resized = viewport.resize(frame.height, frame.lead, frame.tail);
        viewport.measure(heights) || resized
    }

    /// Puts the scroller where the model wants it.
    fn place(&self) {
        self.document.scroll_to(self.viewport.borrow().scroll_top());
        self.placed_at.set(self.document.scroll_top().unwrap_or(0.0));
    }

    /// After a drawing: what follows from where the view is now.
    fn drawn(self: &Rc<Self>) {
        let at_head = untrack(|| self.entry.at_head());
        let (pinned, above, complete) = {
            let mut viewport = self.viewport.borrow_mut();
            if at_head {
                viewport.rest();
            }
            let above = viewport.is_above(RowKey::New).unwrap_or(false);
            (viewport.pinned(), above, viewport.is_complete())
        };
        set_if_new(self.view.pinned, pinned && at_head);
        set_if_new(self.view.unread_above, above);
        if pinned {
            self.entry.trim();
        }
        self.announce();
        self.load_more();
        if !complete {
            self.next_frame();
        }
    }

    // --- what the person and the window do

    /// Takes over where the person has scrolled to. True when they have.
    fn absorb(self: &Rc<Self>) -> bool {
        let Some(top) = self.document.scroll_top() else { return false };
        if (top - self.placed_at.get()).abs() < 1.0 || !self.view.shown.get_untracked() {
            return false;
        }
        self.placed_at.set(top);
        let mut viewport = self.viewport.borrow_mut();
        viewport.set_moving(true);
        viewport.scrolled(top);
        drop(viewport);
        let machine = Rc::clone(self);
        let rest = Timeout::new(REST_MILLIS, move || machine.came_to_rest());
        *self.resting.borrow_mut() = Some(rest);
        true
    }

    fn came_to_rest(self: &Rc<Self>) {
        if self.gone.get() {
            return;
        }
        let moves = self.viewport.borrow_mut().set_moving(false);
        if moves {
            self.start_drawing();
        }
        self.point();
    }

    pub(super) fn scrolled(self: &Rc<Self>) {
        let before = self.viewport.borrow().spacers();
        if self.drawing.get() || !self.absorb() {
            return;
        }
        if self.viewport.borrow().spacers() == before {
            self.drawn();
        } else {
            // Scroll events come before the paint; so does what is drawn from here.
            self.start_drawing();
        }
    }

    /// A row or the room around the rows has another size.
    pub(super) fn resized(self: &Rc<Self>) {
        if self.gone.get() || self.drawing.get() || !self.view.shown.get_untracked() {
            return;
        }
        let before = self.viewport.borrow().spacers();
        if self.is_as_drawn() || !self.measure() {
            return;
        }
        if self.viewport.borrow().spacers() == before {
            self.place();
            self.drawn();
        } else {
            self.start_drawing();
        }
    }

    /// Drawing changes sizes too: then there is nothing to find out.
    fn is_as_drawn(&self) -> bool {
        self.document.frame().is_some_and(|frame| {
            self.viewport.borrow().fits(frame.height, frame.lead, frame.tail, frame.content)
        })
    }
}

fn set_if_new(signal: RwSignal<bool>, value: bool) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

/// Milliseconds, with their fraction.
fn moment() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
