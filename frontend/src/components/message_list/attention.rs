//! What follows from somebody looking at the list: reading, and what is said aloud.

use super::machine::Machine;
use crate::components::names::person_name;
use crate::state::{RoomEntry, now_millis};
use crate::timeline::{Row, RowContent};
use leptos::prelude::*;
use shared::event::{RoomEvent, ServerEvent};
use shared::id::Seq;

impl Machine {
    /// Marks as read what has been in view long enough, in a window that has the focus.
    pub(super) fn look(&self) {
        let looking = document().has_focus().unwrap_or(false) && self.view.shown.get_untracked();
        let read = untrack(|| self.entry.counts()).read;
        let edge = if looking { self.seen_up_to().filter(|edge| *edge > read) } else { None };
        let seen = self.reading.borrow_mut().look(now_millis(), edge);
        if let Some(seen) = seen {
            self.tell_read(seen);
        }
    }

    fn tell_read(&self, seq: Seq) {
        let RoomEntry { id, thread, .. } = self.entry;
        if thread.is_none() || self.told_read.replace(seq) < seq {
            self.actions.read(id, thread, seq);
        }
    }

    /// The last place whose end is in view, or has passed it.
    fn seen_up_to(&self) -> Option<Seq> {
        let last = self.viewport.borrow().ends_shown().next_back()?;
        let rows = self.rows.borrow();
        let at = rows.iter().rposition(|row| row.key == last)?;
        rows.get(..=at)?.iter().rev().find_map(Row::seq)
    }

    /// Nothing is read by looking any more: something is being marked as unread.
    pub(super) fn stop_reading(&self) {
        self.reading.borrow_mut().suspend();
    }

    pub(super) fn mark_all_read(&self) {
        self.divider.set(None);
        self.reading.borrow_mut().go_on();
        let head = self.entry.view.with_untracked(|view| view.head);
        self.tell_read(head);
    }

    /// Says that somebody reacted to one's own message.
    pub(super) fn announce_reaction(&self, event: &RoomEvent) {
        let ServerEvent::ReactionAdded { message, emoji } = &event.event else { return };
        let mine = self.entry.timeline.with_untracked(|timeline| {
            timeline.entry(*message).is_some_and(|entry| entry.actor() == self.reader.me)
        });
        if mine && document().has_focus().unwrap_or(false) {
            let name = untrack(|| person_name(self.state, self.locale, event.actor));
            let texts = untrack(|| self.locale.texts());
            self.announcer.say(texts.conversation.reacted_to_you.fill([&name, emoji.as_str()]));
        }
    }

    /// Says what others write, while one looks at the end.
    pub(super) fn announce(&self) {
        let pinned = self.viewport.borrow().pinned();
        let after = self.announced.get();
        let head = self.entry.view.with_untracked(|view| view.head);
        if head <= after {
            return;
        }
        self.announced.set(head);
        if !pinned || !document().has_focus().unwrap_or(false) {
            return;
        }
        for row in self.rows.borrow().iter().rev() {
            if row.seq().is_some_and(|seq| seq <= after) {
                break;
            }
            if let RowContent::Message(said) = &row.content
                && said.author != self.reader.me
                && untrack(|| !self.state.is_blocked(said.author))
            {
                let name = untrack(|| person_name(self.state, self.locale, said.author));
                let texts = untrack(|| self.locale.texts());
                let words = [name.as_str(), said.text.words()];
                self.announcer.say_message(&texts.conversation.announcement.fill(words));
            }
        }
    }
}
