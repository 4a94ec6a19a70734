//! The keyboard in the list: between messages, into one and out again.

use super::document::{focus_inside, html_element, is_article};
use super::machine::{Goal, Machine};
use crate::components::desk::{Talk, now};
use crate::components::message::{Act, Acting};
use crate::timeline::{Row, RowContent};
use leptos::ev;
use std::rc::Rc;

impl Machine {
    pub(super) fn key(self: &Rc<Self>, event: &ev::KeyboardEvent, talk: Talk, acting: Acting) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let at = self.focused_row();
        let key = event.key();
        if at.is_some() && !is_article(event.target()) {
            if let ("Escape", Some(at)) = (key.as_str(), at) {
                event.prevent_default();
                event.stop_propagation();
                self.aim_at(at);
            }
            return;
        }
        let to = {
            let rows = self.rows.borrow();
            let focusable = |place: &usize| rows.get(*place).is_some_and(is_focusable);
            match (key.as_str(), at) {
                ("ArrowDown", Some(at)) => Some((at + 1..rows.len()).find(focusable)),
                ("ArrowDown", None) => Some(self.first_visible(&rows)),
                ("ArrowUp", Some(at)) => Some((0..at).rev().find(focusable)),
                ("ArrowUp", None) => Some(self.last_visible(&rows)),
                ("Home", _) => Some((0..rows.len()).find(focusable)),
                ("End", _) => Some((0..rows.len()).rev().find(focusable)),
                _ => None,
            }
        };
        match (to, key.as_str(), at) {
            (Some(to), ..) => {
                event.prevent_default();
                match to {
                    Some(to) => self.aim_at(to),
                    // Beyond the last message is where one writes.
                    None if key == "ArrowDown" => now(talk.focus_composer),
                    None => {}
                }
            }
            (None, "Enter", _) => {
                if focus_inside(event.target()) {
                    event.prevent_default();
                }
            }
            (None, "Escape", Some(_)) => {
                event.prevent_default();
                event.stop_propagation();
                now(talk.focus_composer);
            }
            (None, key, Some(at)) => {
                if self.act(at, key, event, acting) {
                    event.prevent_default();
                }
            }
            (None, _, None) => {}
        }
    }

    /// What the key does to the message; whether it does anything.
    fn act(&self, at: usize, key: &str, event: &ev::KeyboardEvent, acting: Acting) -> bool {
        let content = self.rows.borrow().get(at).map(|row| row.content.clone());
        let Some(RowContent::Message(said)) = content else { return false };
        if key == "+" {
            let (Some(seq), Some(article)) = (said.seq, html_element(event.target())) else {
                return false;
            };
            if acting.may_react(&said) {
                acting.choose_reaction(seq, article);
            }
            return true;
        }
        let act = Act::by_key(key, &said).filter(|act| Act::all(&said, acting).contains(act));
        if let Some(act) = act {
            acting.perform(act, &said);
        }
        act.is_some()
    }

    fn aim_at(self: &Rc<Self>, place: usize) {
        let key = self.rows.borrow().get(place).map(|row| row.key);
        if let Some(key) = key {
            self.aim_now(Goal::Focus(key));
        }
    }

    pub(super) fn focus_last(self: &Rc<Self>) {
        let last = self.rows.borrow().iter().rev().find(|row| is_focusable(row)).map(|row| row.key);
        if let Some(key) = last {
            self.aim(Goal::Focus(key));
        }
    }

    /// The row that has the focus, or holds what has it.
    fn focused_row(&self) -> Option<usize> {
        Some(self.viewport.borrow().drawn().start + self.document.focused_row()?)
    }

    fn last_visible(&self, rows: &[Row]) -> Option<usize> {
        let last = self.viewport.borrow().ends_shown().next_back()?;
        let at = rows.iter().rposition(|row| row.key == last)?;
        (0..=at).rev().find(|place| rows.get(*place).is_some_and(is_focusable))
    }

    fn first_visible(&self, rows: &[Row]) -> Option<usize> {
        let first = self.viewport.borrow().ends_shown().next()?;
        let at = rows.iter().position(|row| row.key == first)?;
        (at..rows.len()).find(|place| rows.get(*place).is_some_and(is_focusable))
    }
}

fn is_focusable(row: &Row) -> bool {
    matches!(row.content, RowContent::Message(_))
}
