//! Where the scroller stands, so that nothing anybody reads moves.
//!
//! Rows that are not drawn are two spacers of the height they had, or are estimated to have. While
//! the person scrolls, what turns out to be higher or lower than estimated is taken off the upper
//! spacer: moving the scroller would break off the movement of the wheel. The list draws
//! [`Viewport::drawn`], reports the heights with [`Viewport::measure`] and puts the scroller to
//! [`Viewport::scroll_top`], again until nothing changes, all before the next paint. In later frames
//! it calls [`Viewport::advance`] until everything around the view is drawn as well.

use super::column::{Column, Heights};
use super::drawn::{Drawn, Reach};
use super::rows::RowKey;
use std::ops::Range;

/// Closer to the end than this, the list stays at the end.
const PINNED_WITHIN: f64 = 96.0;
/// So many rows are all drawn in the end, wherever the view is.
const ALL_UP_TO: usize = 150;
/// Never more rows than this are in the document.
const AT_MOST: usize = 300;
/// Rows so many screens beyond the view are drawn with it: an estimate may be wrong by so much.
const NEEDED_BEYOND: f64 = 0.2;
const WANTED_BEYOND: f64 = 1.0;
const KEPT_BEYOND: f64 = 2.0;

#[derive(Clone, Debug, Default)]
pub struct Viewport {
    column: Column,
    /// What stands above the first row: padding, and the skeleton of an older page.
    lead: f64,
    /// What stands below the last row.
    tail: f64,
    height: f64,
    scroll_top: f64,
    pinned: bool,
    /// The person is scrolling.
    moving: bool,
    /// What the upper spacer is short of, until the movement ends.
    slack: f64,
    drawn: Drawn,
    /// The fully visible rows and how far below the upper edge each stands, topmost first: the
    /// first that still exists is the anchor.
    held: Vec<(RowKey, f64)>,
}

/// Where a row that is jumped to is put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Align {
    /// Its upper edge at this part of the height.
    At(f64),
    Centre,
    /// Its upper edge so many pixels below the view's.
    Offset(f64),
    /// As little as possible: not at all when it is visible.
    Nearest,
}

impl Viewport {
    /// For a list that was drawn before, with rows of these heights.
    pub fn with_heights(heights: Heights) -> Self {
        Self { column: Column::with_heights(heights), ..Self::default() }
    }

    pub fn heights(&self) -> Heights {
        self.column.heights()
    }

    pub fn scroll_top(&self) -> f64 {
        self.scroll_top
    }

    /// At the end, and staying there whatever is appended or grows.
    pub fn pinned(&self) -> bool {
        self.pinned
    }

    pub fn drawn(&self) -> Range<usize> {
        self.drawn.range()
    }

    /// The heights of what is not drawn before and after.
    pub fn spacers(&self) -> (f64, f64) {
        let drawn = self.drawn.range();
        let before = self.column.top(drawn.start) - self.slack;
        (before, self.column.height() - self.column.top(drawn.end))
    }

    /// The row that stands still, and its distance from the upper edge.
    pub fn anchor(&self) -> Option<(RowKey, f64)> {
        self.held.iter().find(|(key, _)| self.column.place(*key).is_some()).copied()
    }

    /// Pixels of content above and below what is visible.
    pub fn beyond(&self) -> (f64, f64) {
        (self.origin() - self.lead, self.max_scroll() - self.scroll_top)
    }

    /// Whether the row stands above the upper edge; `None` when it is not loaded.
    pub fn is_above(&self, key: RowKey) -> Option<bool> {
        self.column.place(key).map(|place| self.bounds(place).0 < -0.5)
    }

    /// The rows of which the end has been in view: fully visible, or taller than the view with
    /// their end in it.
    pub fn ends_shown(&self) -> impl DoubleEndedIterator<Item = RowKey> + '_ {
        self.in_view().filter_map(|place| {
            let (top, bottom) = self.bounds(place);
            let fits = top >= -0.5 || bottom - top > self.height;
            let shown = bottom > 0.0 && bottom <= self.height + 0.5 && fits;
            self.column.key(place).filter(|_| shown)
        })
    }

    pub fn is_moving(&self) -> bool {
        self.moving
    }

    /// Takes over a new list of rows, each with an estimate for as long as it is not measured. What
    /// is visible stays where it is, or the end stays the end.
    pub fn set_rows<E: FnOnce() -> f64>(&mut self, rows: impl IntoIterator<Item = (RowKey, E)>) {
        let drawn = self.drawn.range();
        let edges = self.column.keys().get(drawn).map(<[RowKey]>::to_vec).unwrap_or_default();
        self.column.set(rows);
        let first = edges.iter().find_map(|key| self.column.place(*key));
        let last = edges.iter().rev().find_map(|key| self.column.place(*key));
        self.drawn.moved_to(first, last);
        self.settle();
    }

    /// Takes over true heights, in the order of the rows. True when one differed, so that the list
    /// must be drawn again.
    pub fn measure(&mut self, heights: impl IntoIterator<Item = (RowKey, f64)>) -> bool {
        let differed = self.column.measure(heights);
        if differed {
            self.settle();
        }
        differed
    }

    /// Draws up to so many more of the rows around the view.
    pub fn advance(&mut self, at_most: usize) {
        self.drawn.grow(&self.reach(), at_most);
    }

    /// Whether everything is drawn that is to be.
    pub fn is_complete(&self) -> bool {
        self.drawn.is_complete(&self.reach())
    }

    /// The room around the rows. True when something differed.
    pub fn resize(&mut self, height: f64, lead: f64, tail: f64) -> bool {
        let differs = |a: f64, b: f64| (a - b).abs() > 0.01;
        if !differs(self.height, height) && !differs(self.lead, lead) && !differs(self.tail, tail) {
            return false;
        }
        (self.height, self.lead, self.tail) = (height, lead, tail);
        self.settle();
        true
    }

    /// The person scrolled: what is visible now is what holds from here on.
    pub fn scrolled(&mut self, scroll_top: f64) {
        self.scroll_top = scroll_top;
        self.pinned = self.max_scroll() - scroll_top <= PINNED_WITHIN;
        self.hold();
        if self.scroll_top < self.lead + self.height {
            // What the spacer is short of would be missing at the top.
            self.take_up_slack();
        }
        self.draw();
    }

    /// Whether the person is scrolling. True when that moves the scroller.
    pub fn set_moving(&mut self, moving: bool) -> bool {
        self.moving = moving;
        let slack = self.slack != 0.0;
        if !moving && slack {
            self.take_up_slack();
            self.draw();
            return true;
        }
        false
    }

    fn take_up_slack(&mut self) {
        let origin = self.origin();
        self.slack = 0.0;
        self.scroll_top = origin.clamp(0.0, self.max_scroll());
    }

    pub fn jump_to_end(&mut self) {
        self.pinned = true;
        self.settle();
    }

    /// False when the row is not loaded.
    pub fn jump_to(&mut self, key: RowKey, align: Align) -> bool {
        let Some(place) = self.column.place(key) else { return false };
        let (top, bottom) = self.bounds(place);
        let offset = match align {
            Align::At(part) => self.height * part,
            Align::Offset(offset) => offset,
            Align::Centre => ((self.height - (bottom - top)) / 2.0).max(0.0),
            Align::Nearest if top < 0.0 || bottom - top > self.height => 0.0,
            Align::Nearest if bottom > self.height => self.height - (bottom - top),
            Align::Nearest => top,
        };
        self.pinned = false;
        self.moving = false;
        self.held = vec![(key, offset)];
        self.settle();
        true
    }

    /// Whether the document is as high as this makes it: then no row has changed its height.
    pub fn fits(&self, height: f64, lead: f64, tail: f64, content: f64) -> bool {
        let same = |a: f64, b: f64| (a - b).abs() < 0.05;
        same(self.height, height)
            && same(self.lead, lead)
            && same(self.tail, tail)
            && same(self.column.height() - self.slack, content)
    }

    pub fn height(&self) -> f64 {
        self.height
    }

    /// Nothing is under way any more: a view that came to rest near the end stays at the end.
    pub fn rest(&mut self) {
        self.pinned = self.max_scroll() - self.scroll_top <= PINNED_WITHIN;
    }

    /// Forgets the anchor, for a list that has nothing to do with the one before.
    pub fn reset(&mut self) {
        self.held.clear();
        self.pinned = false;
        self.slack = 0.0;
        self.scroll_top = 0.0;
    }

    /// The list must not take an end that is not the room's for the end.
    pub fn unpin(&mut self) {
        self.pinned = false;
    }

    /// A row's upper and lower edge, from the upper edge of the view.
    fn bounds(&self, place: usize) -> (f64, f64) {
        let origin = self.lead - self.origin();
        (origin + self.column.top(place), origin + self.column.top(place + 1))
    }

    /// Where the view's upper edge is in the content as it would be without slack.
    fn origin(&self) -> f64 {
        self.scroll_top + self.slack
    }

    fn max_scroll(&self) -> f64 {
        let content = self.lead + self.column.height() - self.slack + self.tail;
        (content - self.height).max(0.0)
    }

    fn settle(&mut self) {
        if self.pinned {
            self.slack = 0.0;
            self.scroll_top = self.max_scroll();
            self.hold();
        } else if let Some((key, offset)) = self.anchor()
            && let Some(place) = self.column.place(key)
        {
            let origin = self.lead + self.column.top(place) - offset;
            if self.moving && self.take_off_spacer(origin) {
                return;
            }
            // The offset is kept even where the edge of the content clamps it: what is yet to be
            // measured or loaded may make room for it.
            self.slack = 0.0;
            self.scroll_top = origin.clamp(0.0, self.max_scroll());
        } else {
            self.take_up_slack();
            self.hold();
        }
        self.draw();
    }

    /// Brings `origin` about by the upper spacer alone. False when there is not enough of it.
    fn take_off_spacer(&mut self, origin: f64) -> bool {
        self.slack = origin - self.scroll_top;
        self.draw();
        self.spacers().0 >= 0.0 && self.scroll_top <= self.max_scroll()
    }

    fn hold(&mut self) {
        let first = self.row_at(0.0);
        let held: Vec<_> = (first..self.column.len())
            .map(|place| (place, self.bounds(place)))
            .take_while(|(_, (top, _))| *top < self.height)
            .filter(|(_, (top, bottom))| *top >= 0.0 && *bottom <= self.height)
            .filter_map(|(place, (top, _))| Some((self.column.key(place)?, top)))
            .collect();
        // A day or the unread line may go, and the window's first message loses its head when an
        // older one by the same author is put above it: what people look at is the text below.
        let is_message = |key: &RowKey| matches!(key, RowKey::Event(_) | RowKey::Own(_));
        let unsure = self.column.keys().iter().find(|key| is_message(key)).copied();
        let (lines, mut held): (Vec<_>, Vec<_>) =
            held.into_iter().partition(|(key, _)| !is_message(key) || Some(*key) == unsure);
        held.extend(lines);
        if let (true, Some(key)) = (held.is_empty(), self.column.key(first)) {
            held.push((key, self.bounds(first).0));
        }
        self.held = held;
    }

    /// The row that stands `distance` below the upper edge, or the nearest.
    fn row_at(&self, distance: f64) -> usize {
        self.column.at(self.origin() + distance - self.lead)
    }

    /// The rows of which some part is in view, and perhaps one beside them.
    fn in_view(&self) -> Range<usize> {
        let end = self.column.len().min(self.row_at(self.height) + 1);
        self.row_at(0.0).min(end)..end
    }

    fn reach(&self) -> Reach {
        let count = self.column.len();
        let screen = self.height.max(1.0);
        let within = |beyond: f64| {
            let end = self.row_at(screen * (1.0 + beyond)) + 1;
            self.row_at(-screen * beyond).min(count)..end.min(count)
        };
        let needed = within(NEEDED_BEYOND);
        if count <= ALL_UP_TO {
            return Reach { needed, wanted: 0..count, kept: 0..count };
        }
        let spare = AT_MOST.saturating_sub(needed.len());
        let kept = within(KEPT_BEYOND);
        let start = kept.start.max(needed.start.saturating_sub(spare / 2));
        let end = kept.end.min(start + AT_MOST);
        let wanted = within(WANTED_BEYOND);
        let wanted = wanted.start.max(start)..wanted.end.min(end);
        Reach { needed, wanted, kept: start..end }
    }

    fn draw(&mut self) {
        self.drawn.cover(&self.reach());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::id::Seq;

    const LEAD: f64 = 24.0;
    const TAIL: f64 = 8.0;

    /// A document: rows with true heights that the viewport learns only by drawing them.
    struct Document {
        rows: Vec<(RowKey, f64)>,
        estimate: f64,
        viewport: Viewport,
    }

    impl Document {
        fn new(heights: &[f64], estimate: f64) -> Self {
            let rows =
                heights.iter().zip(1000..).map(|(h, n)| (RowKey::Event(Seq(n)), *h)).collect();
            let mut document = Self { rows, estimate, viewport: Viewport::default() };
            document.viewport.resize(600.0, LEAD, TAIL);
            document.viewport.jump_to_end();
            document.show();
            document
        }

        /// What the list does before each paint. The number of passes is bounded there too.
        fn show(&mut self) {
            let estimate = self.estimate;
            self.viewport.set_rows(self.rows.iter().map(|(key, _)| (*key, || estimate)));
            self.measure();
            self.frame();
        }

        fn measure(&mut self) {
            for _ in 0..6 {
                let drawn = self.viewport.drawn();
                assert!(drawn.len() <= AT_MOST);
                let heights = self.rows[drawn].to_vec();
                if !self.viewport.measure(heights) {
                    break;
                }
            }
        }

        /// Another frame, with time for some of what is not in view.
        fn frame(&mut self) {
            self.viewport.advance(7);
            self.measure();
        }

        fn rest(&mut self) {
            while !self.viewport.is_complete() {
                self.frame();
            }
        }

        /// Where a drawn row truly stands: spacer, then true heights.
        fn true_offset(&self, key: RowKey) -> Option<f64> {
            let drawn = self.viewport.drawn();
            let mut top = LEAD + self.viewport.spacers().0 - self.viewport.scroll_top();
            for (row, height) in &self.rows[drawn] {
                if *row == key {
                    return Some(top);
                }
                top += height;
            }
            None
        }

        fn scroll_by(&mut self, pixels: f64) {
            let max = self.viewport.max_scroll();
            let to = (self.viewport.scroll_top() + pixels).clamp(0.0, max);
            self.viewport.scrolled(to);
            self.measure();
            self.frame();
        }
    }

    fn heights(count: usize) -> Vec<f64> {
        (0..count).map(|n| [31.0, 69.5, 54.0, 250.25][n % 4]).collect()
    }

    #[test]
    fn a_short_room_is_drawn_whole_and_a_long_one_in_part() {
        let mut document = Document::new(&heights(150), 50.0);
        assert!(document.viewport.drawn().len() < 50, "at first what is in view");
        document.rest();
        assert_eq!(document.viewport.drawn(), 0..150);
        let mut document = Document::new(&heights(50_000), 50.0);
        document.rest();
        assert!(document.viewport.drawn().len() < 150);
        assert_eq!(document.viewport.drawn().end, 50_000);
        assert!(document.viewport.pinned());
    }

    #[test]
    fn a_jump_puts_the_row_where_it_was_asked_to_be() {
        let mut document = Document::new(&heights(1_000), 120.0);
        let key = document.rows[400].0;
        assert!(document.viewport.jump_to(key, Align::At(0.25)));
        document.measure();
        assert!((document.true_offset(key).unwrap() - 150.0).abs() < 1.0);
        assert!(!document.viewport.pinned());
        assert!(!document.viewport.jump_to(RowKey::New, Align::Centre));
        document.viewport.rest();
        assert!(!document.viewport.pinned());
    }

    #[test]
    fn a_jump_that_ends_at_the_end_stays_there() {
        let mut document = Document::new(&heights(10), 120.0);
        let key = document.rows[8].0;
        assert!(document.viewport.jump_to(key, Align::At(0.25)));
        document.measure();
        document.viewport.rest();
        assert!(document.viewport.pinned());
    }

    #[test]
    fn pinned_follows_what_is_appended_and_what_grows() {
        let mut document = Document::new(&heights(200), 50.0);
        for n in 0..20 {
            document.rows.push((RowKey::Event(Seq(5_000 + n)), 300.0));
            document.show();
            let (_, below) = document.viewport.beyond();
            assert!(below.abs() < 0.01, "{below}");
        }
        document.viewport.resize(200.0, LEAD, TAIL);
        document.measure();
        assert!(document.viewport.beyond().1.abs() < 0.01);
    }

    #[test]
    fn within_96_pixels_is_pinned_and_beyond_is_not() {
        let mut document = Document::new(&heights(200), 50.0);
        document.scroll_by(-96.0);
        assert!(document.viewport.pinned());
        document.scroll_by(-1.0);
        assert!(!document.viewport.pinned());
    }

    #[test]
    fn the_windows_first_message_is_not_what_holds_the_view() {
        let mut document = Document::new(&heights(200), 50.0);
        document.scroll_by(-100_000.0);
        let (anchor, at) = document.viewport.anchor().unwrap();
        assert_eq!(anchor, document.rows[1].0);
        // An older page comes, and the message that opened its run is in the middle of one.
        document.rows[0].1 -= 9.0;
        document.rows.splice(0..0, (0..50).map(|n| (RowKey::Event(Seq(n)), 40.0)));
        document.show();
        assert!((document.true_offset(anchor).unwrap() - at).abs() < 0.01);
    }

    #[test]
    fn the_scroller_is_left_alone_while_the_wheel_turns() {
        let mut document = Document::new(&heights(2_000), 50.0);
        document.viewport.set_moving(true);
        for _ in 0..40 {
            let before = document.viewport.scroll_top();
            document.scroll_by(-300.0);
            assert!((document.viewport.scroll_top() - (before - 300.0)).abs() < 0.01);
        }
        let (key, offset) = document.viewport.anchor().unwrap();
        assert!(document.viewport.set_moving(false));
        document.measure();
        assert!((document.true_offset(key).unwrap() - offset).abs() < 0.01);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Prepend(Vec<f64>),
        Append(Vec<f64>),
        Grow(usize, f64),
        Resize(f64),
        Frame,
        Scroll(f64),
        /// The hand is on the wheel, or off it.
        Moving(bool),
        /// The anchor itself goes: the next visible row takes over.
        Remove(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let some_heights = || proptest::collection::vec(20.0_f64..400.0, 1..60);
        prop_oneof![
            some_heights().prop_map(Step::Prepend),
            some_heights().prop_map(Step::Append),
            (any::<usize>(), 20.0_f64..600.0).prop_map(|(row, height)| Step::Grow(row, height)),
            (200.0_f64..1200.0).prop_map(Step::Resize),
            (-3000.0_f64..3000.0).prop_map(Step::Scroll),
            Just(Step::Frame),
            any::<bool>().prop_map(Step::Moving),
            any::<usize>().prop_map(Step::Remove),
        ]
    }

    proptest! {
        #[test]
        fn what_is_read_never_moves_when_anything_else_changes(
            start in proptest::collection::vec(20.0_f64..400.0, 200..500),
            estimate in 20.0_f64..300.0,
            steps in proptest::collection::vec(step(), 1..30),
        ) {
            let mut document = Document::new(&start, estimate);
            let mut fresh = 10_000;
            document.scroll_by(-9_000.0);
            for step in steps {
                let anchor = document.viewport.anchor().unwrap();
                let pinned = document.viewport.pinned();
                // An anchor the edge of the content has clamped is not where it wants to be.
                let settled = (document.true_offset(anchor.0).unwrap() - anchor.1).abs() < 0.01;
                let mut new_rows = |heights: Vec<f64>| -> Vec<_> {
                    heights.into_iter().map(|height| {
                        fresh += 1;
                        (RowKey::Event(Seq(fresh)), height)
                    }).collect()
                };
                let mut moved = false;
                match step {
                    Step::Prepend(heights) => {
                        let rows = new_rows(heights);
                        document.rows.splice(0..0, rows);
                        document.show();
                    }
                    Step::Append(heights) => {
                        let rows = new_rows(heights);
                        document.rows.extend(rows);
                        document.show();
                    }
                    Step::Grow(row, height) => {
                        let row = row % document.rows.len();
                        document.rows[row].1 = height;
                        document.show();
                    }
                    Step::Resize(height) => {
                        document.viewport.resize(height, LEAD, TAIL);
                        document.measure();
                    }
                    Step::Frame => document.frame(),
                    Step::Scroll(pixels) => {
                        document.scroll_by(pixels);
                        moved = true;
                    }
                    Step::Moving(moving) => {
                        document.viewport.set_moving(moving);
                        document.measure();
                    }
                    Step::Remove(row) => {
                        let row = row % document.rows.len();
                        moved = document.rows[row].0 == anchor.0;
                        if document.rows.len() > 1 {
                            document.rows.remove(row);
                        }
                        document.show();
                    }
                }
                let max = document.viewport.max_scroll();
                let top = document.viewport.scroll_top();
                prop_assert!((0.0..=max + 0.01).contains(&top));
                if pinned && !moved {
                    prop_assert!((max - top).abs() < 0.01, "pinned slipped: {top} of {max}");
                } else if !moved && settled && top > 0.01 && top < max - 0.01 {
                    let now = document.true_offset(anchor.0).unwrap();
                    prop_assert!((now - anchor.1).abs() < 0.01, "drift {}", now - anchor.1);
                }
                let drawn = document.viewport.drawn();
                prop_assert!(drawn.len() <= AT_MOST);
                let (before, after) = document.viewport.spacers();
                prop_assert!(before >= 0.0, "a negative spacer");
                prop_assert!(before - 0.01 <= (top - LEAD).max(0.0), "a hole above");
                let whole = document.viewport.column.height() - document.viewport.slack;
                let end = LEAD + whole - after;
                prop_assert!(end + TAIL + 0.01 >= (top + document.viewport.height).min(end + TAIL + after), "a hole below");
            }
        }
    }
}
