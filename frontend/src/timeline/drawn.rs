//! Which rows are in the document: those in view at once, those beside it a few at a time, so that
//! no frame has more to do than it has time for.

use std::ops::Range;

/// How much of a frame may go into rows that are not in view yet.
const FRAME_MILLIS: f64 = 4.0;
/// Until the first rows have been made, they are thought to take so long each.
const FIRST_GUESS_MILLIS: f64 = 1.0;
const FEWEST_A_FRAME: usize = 3;
const MOST_A_FRAME: usize = 12;

/// What is to be in the document, by the places of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// In view: drawn before the next paint.
    pub(super) needed: Range<usize>,
    /// Around it: drawn when there is time.
    pub(super) wanted: Range<usize>,
    /// Not taken out yet, for one who turns round.
    pub(super) kept: Range<usize>,
}

/// The rows in the document: one run of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Drawn(Range<usize>);

impl Drawn {
    pub(super) fn range(&self) -> Range<usize> {
        self.0.clone()
    }

    /// The same rows after their places have changed; `None` for what is not there any more.
    pub(super) fn moved_to(&mut self, first: Option<usize>, last: Option<usize>) {
        self.0 = match (first, last) {
            (Some(first), Some(last)) if first <= last => first..last + 1,
            (Some(at), _) | (None, Some(at)) => at..at + 1,
            (None, None) => 0..0,
        };
    }

    /// Brings in what is needed and takes out what is too far away.
    pub(super) fn cover(&mut self, reach: &Reach) {
        let Reach { needed, kept, .. } = reach;
        let apart = self.0.is_empty() || self.0.end < needed.start || needed.end < self.0.start;
        self.0 = if apart {
            needed.clone()
        } else {
            let start = self.0.start.min(needed.start).max(kept.start);
            let end = self.0.end.max(needed.end).min(kept.end);
            start..end.max(start)
        };
    }

    /// Brings in up to so many more of what is wanted.
    pub(super) fn grow(&mut self, reach: &Reach, at_most: usize) {
        let before = self.0.start.saturating_sub(reach.wanted.start);
        let after = reach.wanted.end.saturating_sub(self.0.end);
        let after_now = after.min(at_most.saturating_sub(before.min(at_most / 2)));
        let before_now = before.min(at_most - after_now);
        self.0 = self.0.start - before_now..self.0.end + after_now;
    }

    pub(super) fn is_complete(&self, reach: &Reach) -> bool {
        self.0.start <= reach.wanted.start && self.0.end >= reach.wanted.end
    }
}

/// How long it takes to make a row, here and now.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    row_millis: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { row_millis: FIRST_GUESS_MILLIS }
    }
}

impl Pace {
    /// How many rows there is time for in a frame that has made `made` already.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small positive number"
    )]
    pub fn rows(&self, made: usize) -> usize {
        let fit = (FRAME_MILLIS / self.row_millis) as usize;
        let fit = fit.clamp(FEWEST_A_FRAME, MOST_A_FRAME);
        fit.saturating_sub(made)
    }

    /// Learns from a frame in which so many rows took so long.
    pub fn took(&mut self, rows: usize, millis: f64) {
        let Ok(rows) = u32::try_from(rows) else { return };
        if rows > 0 {
            let now = (millis / f64::from(rows)).clamp(0.02, 20.0);
            self.row_millis = 0.7 * self.row_millis + 0.3 * now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reach(needed: Range<usize>, wanted: Range<usize>, kept: Range<usize>) -> Reach {
        Reach { needed, wanted, kept }
    }

    #[test]
    fn what_is_in_view_comes_at_once_and_the_rest_by_and_by() {
        let mut drawn = Drawn::default();
        let around = reach(40..60, 20..80, 0..100);
        drawn.cover(&around);
        assert_eq!(drawn.range(), 40..60);
        drawn.grow(&around, 10);
        assert_eq!(drawn.range(), 35..65);
        for _ in 0..4 {
            drawn.grow(&around, 10);
        }
        assert_eq!(drawn.range(), 20..80);
        assert!(drawn.is_complete(&around));
    }

    #[test]
    fn somewhere_else_begins_anew() {
        let mut drawn = Drawn(40..60);
        drawn.cover(&reach(400..420, 380..440, 360..460));
        assert_eq!(drawn.range(), 400..420);
    }

    #[test]
    fn a_slower_machine_makes_fewer_rows_a_frame() {
        let (mut fast, mut slow) = (Pace::default(), Pace::default());
        for _ in 0..20 {
            fast.took(10, 2.0);
            slow.took(10, 30.0);
        }
        assert_eq!(fast.rows(0), MOST_A_FRAME);
        assert_eq!(slow.rows(0), FEWEST_A_FRAME);
        assert_eq!(slow.rows(10), 0);
    }

    proptest! {
        #[test]
        fn what_is_needed_is_always_there_and_nothing_that_is_not_kept(
            steps in proptest::collection::vec((0_usize..500, 1_usize..40, 0_usize..60, 0_usize..30), 1..40),
        ) {
            let mut drawn = Drawn::default();
            for (at, length, beside, batch) in steps {
                let needed = at..at + length;
                let wanted = at.saturating_sub(beside)..at + length + beside;
                let kept = at.saturating_sub(2 * beside)..at + length + 2 * beside;
                let around = reach(needed.clone(), wanted, kept.clone());
                drawn.cover(&around);
                let before = drawn.range().len();
                drawn.grow(&around, batch);
                let range = drawn.range();
                prop_assert!(range.start <= needed.start && range.end >= needed.end);
                prop_assert!(range.start >= kept.start && range.end <= kept.end);
                prop_assert!(range.len() - before <= batch);
            }
        }
    }
}
