//! Pages of history: the one a room opens with, those one scrolls into, the one around a jump's target.

use super::machine::{Goal, Machine};
use crate::state::now_millis;
use crate::timeline::{
    Align, LATEST, Loaded, Next, Quote, Row, RowContent, RowKey, Said, Timeline, first_page,
    next_page, page_around, renewed,
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::HistoryQuery;
use shared::id::Seq;
use std::rc::Rc;

/// Screens from an edge of what is loaded at which the next page is asked for.
const LOAD_WITHIN_SCREENS: f64 = 1.5;
/// More than this is let go of at the far end while one reads backwards.
const WINDOW_AT_MOST: usize = 3_000;
/// Loading is not worth a sign before this.
const SILENT_MILLIS: u32 = 300;
/// A page that did not come is asked for again after this, or when one scrolls.
const AGAIN_MILLIS: u32 = 2_000;
/// A room that was left for longer than this opens at its end again.
const REMEMBERED_MILLIS: u64 = 10 * 60 * 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loading {
    Idle,
    Older,
    Newer,
}

impl Machine {
    /// Loads what the room opens with, unless it is there already.
    pub(super) fn open(self: &Rc<Self>) {
        self.view.failed.set(None);
        if let Some(Goal::Jump(seq)) = self.goal() {
            return self.jump(seq);
        }
        let head = self.entry.view.with_untracked(|view| view.head);
        let counts = untrack(|| self.entry.counts());
        let page = self.entry.timeline.with_untracked(|known| first_page(known, head, counts));
        self.aim(self.first_goal(counts.unread > 0));
        let Some(page) = page else { return };
        self.say_when_slow();
        self.load(page, Loading::Newer);
    }

    fn say_when_slow(self: &Rc<Self>) {
        let machine = Rc::clone(self);
        spawn_local(async move {
            TimeoutFuture::new(SILENT_MILLIS).await;
            if !machine.gone.get() {
                machine.view.slow.set(true);
            }
        });
    }

    fn first_goal(&self, unread: bool) -> Goal {
        if unread {
            return Goal::Row(RowKey::New, Align::At(0.25));
        }
        let position = self.entry.left.with_value(|left| left.position);
        match position {
            Some((key, offset, at)) if now_millis().saturating_sub(at) < REMEMBERED_MILLIS => {
                Goal::Row(key, Align::Offset(offset))
            }
            Some(_) | None => Goal::End,
        }
    }

    /// To something found, quoted or linked, wherever in history it is; beyond the end, to the end.
    pub(super) fn jump(self: &Rc<Self>, seq: Seq) {
        let head = self.entry.view.with_untracked(|view| view.head);
        let seq = seq.min(head);
        self.aim(Goal::Jump(seq));
        let page = self.entry.timeline.with_untracked(|timeline| page_around(timeline, seq));
        if let Some(page) = page {
            self.say_when_slow();
            self.load_instead(page);
        }
    }

    pub(super) fn go_to_end(self: &Rc<Self>) {
        self.aim(Goal::End);
        if untrack(|| !self.entry.at_head()) {
            self.load_instead(LATEST);
        }
    }

    /// What is on its way meanwhile comes too late to be of use.
    fn load_instead(self: &Rc<Self>, page: HistoryQuery) {
        self.loading.set(Loading::Idle);
        self.load(page, Loading::Newer);
    }

    fn load(self: &Rc<Self>, page: HistoryQuery, loading: Loading) {
        if self.loading.replace(loading) != Loading::Idle {
            return;
        }
        let number = self.asked.get().wrapping_add(1);
        self.asked.set(number);
        self.entry.listen();
        let machine = Rc::clone(self);
        spawn_local(async move {
            let entry = &machine.entry;
            let answer = machine.actions.history(entry.id, entry.thread, page).await;
            if machine.gone.get() || machine.asked.get() != number {
                return;
            }
            match answer {
                Ok(history) => {
                    machine.loading.set(Loading::Idle);
                    let loaded = machine.entry.load(page, history);
                    if loaded == Loaded::TooOld {
                        return machine.load(page, loading);
                    }
                    if loaded == Loaded::Replaced && machine.view.shown.get_untracked() {
                        machine.viewport.borrow_mut().reset();
                    }
                    if loading == Loading::Older {
                        machine.entry.trim_end(WINDOW_AT_MOST);
                    }
                    // Also when nothing changed: an empty room is something to show.
                    machine.schedule();
                }
                Err(error) => {
                    if machine.view.shown.get_untracked() {
                        // The skeleton stays where the page will be.
                        TimeoutFuture::new(AGAIN_MILLIS).await;
                    } else {
                        machine.view.failed.set(Some(error));
                    }
                    machine.loading.set(Loading::Idle);
                }
            }
        });
    }

    /// The place of what stands still.
    fn anchor_seq(&self) -> Option<Seq> {
        let (key, _) = self.viewport.borrow().anchor()?;
        self.rows.borrow().iter().find(|row| row.key == key).and_then(Row::seq)
    }

    /// Asks for the messages that rows refer to and that are not known, each once.
    pub(super) fn find_quoted(self: &Rc<Self>) {
        let mut wanted = Vec::new();
        for row in self.rows.borrow().iter() {
            if let RowContent::Message(Said { quote: Some(Quote { seq, of: None, .. }), .. }) =
                &row.content
                && !self.sought.borrow().contains(seq)
            {
                self.sought.borrow_mut().push(*seq);
                wanted.push(*seq);
            }
        }
        for seq in wanted {
            let machine = Rc::clone(self);
            self.entry.listen();
            spawn_local(async move {
                let answer = machine.actions.message(machine.entry.id, seq).await;
                match answer {
                    Ok(Some(message)) => machine.entry.quote(message),
                    // There is none at this place, and there will be none.
                    Ok(None) => {}
                    Err(_) => machine.sought.borrow_mut().retain(|sought| *sought != seq),
                }
            });
        }
    }

    pub(super) fn load_more(self: &Rc<Self>) {
        if self.loading.get() != Loading::Idle || !self.view.shown.get_untracked() {
            return;
        }
        if self.entry.timeline.with_untracked(Timeline::is_stale) {
            let last = self.entry.timeline.with_untracked(Timeline::last);
            let around = self.anchor_seq().or(last).unwrap_or(Seq::FIRST);
            self.sought.borrow_mut().clear();
            return self.load(renewed(around), Loading::Older);
        }
        let beyond = self.viewport.borrow().beyond();
        let near = self.viewport.borrow().height() * LOAD_WITHIN_SCREENS;
        let head = self.entry.view.with_untracked(|view| view.head);
        let next =
            self.entry.timeline.with_untracked(|timeline| next_page(timeline, head, beyond, near));
        match next {
            Some(Next::Older(page)) => self.load(page, Loading::Older),
            Some(Next::Newer(page)) => self.load(page, Loading::Newer),
            None => {}
        }
    }
}
