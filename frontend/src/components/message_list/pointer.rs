//! The pointer over the list: which row offers what can be done with it, and the long press of a
//! finger that opens the same.

use super::document::{ROW, element};
use super::machine::Machine;
use crate::timeline::{RowContent, RowKey, Said};
use gloo_timers::callback::Timeout;
use leptos::ev::{self, PointerEvent};
use leptos::prelude::*;
use std::rc::Rc;
use web_sys::Element;

/// A finger that rests for so long asks what can be done.
const LONG_PRESS_MILLIS: u32 = 500;
/// One that moves further than this scrolls.
const STILL_WITHIN: i32 = 10;

/// A finger on a message.
pub(super) struct Press {
    at: (i32, i32),
    /// Dropped, it opens nothing.
    _opening: Timeout,
}

impl Machine {
    pub(super) fn pointer_over(&self, event: &PointerEvent) {
        if event.pointer_type() != "touch" {
            self.pointer.set(Some((event.client_x(), event.client_y())));
            self.point_to(element(event.target()));
        }
    }

    pub(super) fn pointer_left(&self) {
        self.pointer.set(None);
        self.point_to(None);
    }

    /// After a movement under a pointer that stood still.
    pub(super) fn point(&self) {
        #[expect(clippy::cast_precision_loss, reason = "a place in the window")]
        let under =
            self.pointer.get().and_then(|(x, y)| document().element_from_point(x as f32, y as f32));
        self.point_to(under);
    }

    fn point_to(&self, under: Option<Element>) {
        // Rows that fly past offer nothing: it would be made for nobody.
        if self.viewport.borrow().is_moving() {
            return;
        }
        let row = under.and_then(|element| element.closest(ROW).ok().flatten());
        if *self.pointed.borrow() == row {
            return;
        }
        self.slots.point_at(row.as_ref().and_then(|row| self.key_of(row)));
        *self.pointed.borrow_mut() = row;
    }

    /// The keyboard's focus came into the list, moved within it, or left it.
    pub(super) fn focus_moved(&self, to: Option<&ev::FocusEvent>) {
        let to = to.and_then(|event| element(event.target()));
        self.slots.focus_at(to.and_then(|element| self.key_of(&element)));
    }

    pub(super) fn focus_left(&self, event: &ev::FocusEvent) {
        if element(event.related_target()).and_then(|to| self.key_of(&to)).is_none() {
            self.focus_moved(None);
        }
    }

    fn key_of(&self, element: &Element) -> Option<RowKey> {
        let place = self.document.row_of(element)?;
        self.slots.keys().get(place).copied()
    }

    // --- a finger

    pub(super) fn pressed(self: &Rc<Self>, event: &PointerEvent) {
        self.spent.set(false);
        let Some(target) = element(event.target()) else { return };
        // What can be pressed itself has its own meaning, and the browser its own menu for it.
        let own = target.closest("a, button").ok().flatten().is_some();
        if event.pointer_type() != "touch" || own {
            return;
        }
        let Some(said) = self.key_of(&target).and_then(|key| self.said(key)) else { return };
        let weak = Rc::downgrade(self);
        let opening = Timeout::new(LONG_PRESS_MILLIS, move || {
            if let Some(machine) = weak.upgrade().filter(|machine| !machine.gone.get()) {
                machine.spent.set(true);
                machine.view.menu.set(Some(said));
            }
        });
        let at = (event.client_x(), event.client_y());
        *self.press.borrow_mut() = Some(Press { at, _opening: opening });
    }

    pub(super) fn press_moved(&self, event: &PointerEvent) {
        let far = self.press.borrow().as_ref().is_some_and(|press| {
            let (x, y) = press.at;
            (event.client_x() - x).abs().max((event.client_y() - y).abs()) > STILL_WITHIN
        });
        if far {
            self.press_ended();
        }
    }

    pub(super) fn press_ended(&self) {
        self.press.borrow_mut().take();
    }

    /// What was opened under the finger is not pressed by lifting it.
    pub(super) fn lifted(&self, event: &ev::TouchEvent) {
        if self.spent.take() {
            event.prevent_default();
        }
    }

    /// The browser's own menu would cover ours.
    pub(super) fn context_menu(&self, event: &ev::MouseEvent) {
        if self.press.borrow().is_some() || self.spent.get() {
            event.prevent_default();
        }
    }

    fn said(&self, key: RowKey) -> Option<Said> {
        let rows = self.rows.borrow();
        match &rows.iter().find(|row| row.key == key)?.content {
            RowContent::Message(said) => Some(said.clone()),
            RowContent::Day(_)
            | RowContent::New(_)
            | RowContent::Replies(_)
            | RowContent::System(_) => None,
        }
    }
}
