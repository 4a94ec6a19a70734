//! Pages of history: the one a room opens with, those one scrolls into, the one around a jump's target.

use super::machine::{Goal, Machine};
use crate::state::now_millis;
use crate::timeline::{Align, LATEST, Loaded, Next, RowKey, first_page, next_page, page_around};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::PageQuery;
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
        let (head, counts) = self.entry.view.with_untracked(|view| (view.head, view.counts()));
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
    fn load_instead(self: &Rc<Self>, page: PageQuery) {
        self.loading.set(Loading::Idle);
        self.load(page, Loading::Newer);
    }

    fn load(self: &Rc<Self>, page: PageQuery, loading: Loading) {
        if self.loading.replace(loading) != Loading::Idle {
            return;
        }
        let number = self.asked.get().wrapping_add(1);
        self.asked.set(number);
        let machine = Rc::clone(self);
        spawn_local(async move {
            let answer = machine.actions.log(machine.entry.id, page).await;
            if machine.gone.get() || machine.asked.get() != number {
                return;
            }
            match answer {
                Ok(log) => {
                    machine.loading.set(Loading::Idle);
                    let loaded = machine.entry.load(log.events);
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

    pub(super) fn load_more(self: &Rc<Self>) {
        if self.loading.get() != Loading::Idle || !self.view.shown.get_untracked() {
            return;
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
