//! The pointer over the list: which row offers what can be done with it, the long press of a finger
//! that opens the same, and the message that a finger draws aside to answer it.

use super::document::{ROW, element};
use super::machine::Machine;
use crate::components::message::{Act, Acting};
use crate::timeline::{RowContent, RowKey, Said};
use gloo_timers::callback::Timeout;
use leptos::ev::{self, PointerEvent};
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A finger that rests for so long asks what can be done.
const LONG_PRESS_MILLIS: u32 = 500;
/// One that moves further than this scrolls.
const STILL_WITHIN: i32 = 10;
/// From the window's edge on a finger leads back in the browser's history.
const EDGE: i32 = 24;
/// How far a message can be drawn aside, and from where on letting it go answers it.
const ASIDE: i32 = 72;
const ANSWERS_FROM: i32 = 56;

/// A finger on a message.
pub(super) struct Press {
    at: (i32, i32),
    said: Said,
    /// What is drawn aside, unless it scrolls that way itself.
    row: Option<HtmlElement>,
    /// Dropped, it opens nothing.
    opening: Option<Timeout>,
    /// How far the message is drawn aside; `None`, while the finger may still mean something else.
    aside: Option<i32>,
}

impl Press {
    fn draw(&self) {
        let (Some(row), Some(aside)) = (&self.row, self.aside) else { return };
        // Without the movement it can still be answered.
        let _ = row.style().set_property("--aside", &format!("{aside}px"));
        let answers = if aside < ANSWERS_FROM { "" } else { "answers" };
        let _ = row.set_attribute("data-aside", answers);
    }
}

impl Drop for Press {
    fn drop(&mut self) {
        if let (Some(row), Some(_)) = (&self.row, self.aside) {
            // The row may have gone.
            let _ = row.style().remove_property("--aside");
            let _ = row.remove_attribute("data-aside");
        }
    }
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
        let scrolls = target.closest("pre").ok().flatten().is_some();
        let row = target.closest(".msg").ok().flatten().filter(|_| !scrolls);
        let row = row.and_then(|row| row.dyn_into().ok());
        let weak = Rc::downgrade(self);
        let about = said.clone();
        let opening = Timeout::new(LONG_PRESS_MILLIS, move || {
            if let Some(machine) = weak.upgrade().filter(|machine| !machine.gone.get()) {
                machine.spent.set(true);
                machine.view.menu.set(Some(about));
            }
        });
        let at = (event.client_x(), event.client_y());
        let press = Press { at, said, row, opening: Some(opening), aside: None };
        *self.press.borrow_mut() = Some(press);
    }

    pub(super) fn press_moved(&self, event: &PointerEvent, acting: Acting) {
        let mut held = self.press.borrow_mut();
        let Some(press) = held.as_mut() else { return };
        let (along, across) =
            (event.client_x() - press.at.0, (event.client_y() - press.at.1).abs());
        if press.aside.is_none() {
            if along.abs().max(across) <= STILL_WITHIN {
                return;
            }
            let draws = along > 2 * across
                && press.at.0 > EDGE
                && press.row.is_some()
                && Act::all(&press.said, acting).contains(&Act::Reply);
            if !draws {
                *held = None;
                return;
            }
            press.opening = None;
        }
        press.aside = Some(along.clamp(0, ASIDE));
        press.draw();
    }

    pub(super) fn let_go(&self, acting: Acting) {
        let press = self.press.borrow_mut().take();
        if let Some(press) = press.filter(|press| press.aside >= Some(ANSWERS_FROM)) {
            acting.perform(Act::Reply, &press.said);
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
