//! The rows that are in the document, each with the signal that redraws it alone.

use crate::components::message::Shown;
use crate::timeline::{Row, RowKey};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) key: RowKey,
    pub(super) shown: ArcRwSignal<Shown>,
    pub(super) hot: ArcRwSignal<bool>,
}

#[derive(Debug)]
pub(super) struct Slots {
    drawn: RwSignal<Vec<Slot>>,
    /// Rows that offer what can be done with them: at the pointer, at the keyboard.
    pointed: Cell<Option<RowKey>>,
    focused: Cell<Option<RowKey>>,
    flashing: Cell<Option<RowKey>>,
    /// Kept from one drawing to the next for its room.
    spare: RefCell<Vec<Slot>>,
}

impl Slots {
    pub(super) fn new(drawn: RwSignal<Vec<Slot>>) -> Self {
        Self {
            drawn,
            pointed: Cell::new(None),
            focused: Cell::new(None),
            flashing: Cell::new(None),
            spare: RefCell::new(Vec::new()),
        }
    }

    /// Draws these rows: those that stay keep what they are drawn with, and are redrawn only when
    /// they differ. Answers how many are new.
    pub(super) fn publish(&self, rows: &[Row]) -> usize {
        let mut next = self.spare.take();
        let mut made = 0;
        let same = self.drawn.with_untracked(|known| {
            // Both are in the same order: what is not found by going on is not there.
            let mut at = 0;
            for row in rows {
                let found = (at..known.len())
                    .chain(0..at)
                    .find(|place| known.get(*place).is_some_and(|slot| slot.key == row.key));
                let slot = found.and_then(|place| known.get(place));
                if let (Some(slot), Some(place)) = (slot, found) {
                    at = place + 1;
                    if slot.shown.with_untracked(|shown| shown.row != *row) {
                        slot.shown.update(|shown| shown.row = row.clone());
                    }
                    next.push(slot.clone());
                } else {
                    made += 1;
                    next.push(Slot {
                        key: row.key,
                        shown: ArcRwSignal::new(self.show(row)),
                        hot: ArcRwSignal::new(self.is_hot(row.key)),
                    });
                }
            }
            known.len() == next.len()
                && known.iter().zip(&next).all(|(known, next)| known.key == next.key)
        });
        if same {
            next.clear();
            self.spare.replace(next);
        } else {
            self.drawn.set(next);
        }
        made
    }

    fn show(&self, row: &Row) -> Shown {
        Shown { row: row.clone(), flash: self.is_flashing(row.key) }
    }

    pub(super) fn place(&self, key: RowKey) -> Option<usize> {
        self.drawn.with_untracked(|drawn| drawn.iter().position(|slot| slot.key == key))
    }

    pub(super) fn key(&self, place: usize) -> Option<RowKey> {
        self.drawn.with_untracked(|drawn| drawn.get(place).map(|slot| slot.key))
    }

    pub(super) fn keys(&self) -> Vec<RowKey> {
        self.drawn.with_untracked(|drawn| drawn.iter().map(|slot| slot.key).collect())
    }

    pub(super) fn point_at(&self, key: Option<RowKey>) {
        let before = self.pointed.replace(key);
        self.refresh(&[before, key]);
    }

    pub(super) fn focus_at(&self, key: Option<RowKey>) {
        let before = self.focused.replace(key);
        self.refresh(&[before, key]);
    }

    pub(super) fn flash(&self, key: Option<RowKey>) {
        let before = self.flashing.replace(key);
        self.refresh(&[before, key]);
    }

    fn is_hot(&self, key: RowKey) -> bool {
        self.pointed.get() == Some(key) || self.focused.get() == Some(key)
    }

    fn is_flashing(&self, key: RowKey) -> bool {
        self.flashing.get() == Some(key)
    }

    fn refresh(&self, keys: &[Option<RowKey>]) {
        let concerned: Vec<Slot> = self.drawn.with_untracked(|drawn| {
            drawn.iter().filter(|slot| keys.contains(&Some(slot.key))).cloned().collect()
        });
        for slot in concerned {
            let (hot, flash) = (self.is_hot(slot.key), self.is_flashing(slot.key));
            if slot.hot.get_untracked() != hot {
                slot.hot.set(hot);
            }
            if slot.shown.with_untracked(|shown| shown.flash != flash) {
                slot.shown.update(|shown| shown.flash = flash);
            }
        }
    }
}
