//! Rows one below another: how high each is, or is thought to be until it has been measured.

use super::rows::RowKey;
use std::collections::HashMap;

/// Heights beyond this number belong to rows of long ago.
const REMEMBERED_AT_MOST: usize = 10_000;

/// What rows were measured to be high, for a list that is drawn again.
#[derive(Clone, Debug, Default)]
pub struct Heights(HashMap<RowKey, f64>);

#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    keys: Vec<RowKey>,
    /// The distance of each row's beginning from the first row's; one more than there are rows.
    tops: Vec<f64>,
    measured: Heights,
}

impl Column {
    pub(super) fn with_heights(heights: Heights) -> Self {
        Self { measured: heights, ..Self::default() }
    }

    pub(super) fn heights(&self) -> Heights {
        self.measured.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn key(&self, place: usize) -> Option<RowKey> {
        self.keys.get(place).copied()
    }

    pub(super) fn keys(&self) -> &[RowKey] {
        &self.keys
    }

    pub(super) fn place(&self, key: RowKey) -> Option<usize> {
        self.keys.iter().position(|known| *known == key)
    }

    /// Where the row begins; beyond the last one, where that ends.
    pub(super) fn top(&self, place: usize) -> f64 {
        self.tops.get(place).or(self.tops.last()).copied().unwrap_or(0.0)
    }

    pub(super) fn height(&self) -> f64 {
        self.top(self.keys.len())
    }

    /// The row at this distance from the beginning, or the nearest.
    pub(super) fn at(&self, distance: f64) -> usize {
        let last = self.keys.len().saturating_sub(1);
        self.tops.partition_point(|top| *top <= distance).saturating_sub(1).min(last)
    }

    /// Takes over a new list of rows. A row that was never measured is as high as it is estimated.
    pub(super) fn set<E: FnOnce() -> f64>(&mut self, rows: impl IntoIterator<Item = (RowKey, E)>) {
        self.keys.clear();
        self.tops.clear();
        let mut top = 0.0;
        for (key, estimate) in rows {
            self.keys.push(key);
            self.tops.push(top);
            top += self.measured.0.get(&key).copied().unwrap_or_else(estimate);
        }
        self.tops.push(top);
        if self.measured.0.len() > REMEMBERED_AT_MOST.max(2 * self.keys.len()) {
            let Self { keys, measured, .. } = self;
            let present: std::collections::HashSet<_> = keys.iter().collect();
            measured.0.retain(|key, _| present.contains(key));
        }
    }

    /// Takes over true heights, in the order of the rows. True when one differed.
    pub(super) fn measure(&mut self, heights: impl IntoIterator<Item = (RowKey, f64)>) -> bool {
        let mut changed = Vec::new();
        let mut next = 0;
        for (key, height) in heights {
            // They mostly follow each other.
            let place = if self.key(next) == Some(key) { Some(next) } else { self.place(key) };
            let Some(place) = place else { continue };
            next = place + 1;
            let known = self.top(place + 1) - self.top(place);
            if (known - height).abs() > 0.01 {
                changed.push((place, height - known));
            }
            self.measured.0.insert(key, height);
        }
        if changed.is_empty() {
            return false;
        }
        let mut differences = changed.into_iter().peekable();
        let mut shift = 0.0;
        for (place, top) in self.tops.iter_mut().enumerate() {
            while let Some((_, by)) = differences.next_if(|(row, _)| *row < place) {
                shift += by;
            }
            *top += shift;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::id::Seq;

    fn row(number: u64) -> RowKey {
        RowKey::Event(Seq(number))
    }

    #[test]
    fn a_measured_height_outlives_the_rows_that_are_put_before_it() {
        let mut column = Column::default();
        column.set([2, 3].map(|number| (row(number), || 10.0)));
        assert!(column.measure([(row(3), 25.0)]));
        assert!(!column.measure([(row(3), 25.0)]), "nothing new");
        column.set([1, 2, 3].map(|number| (row(number), || 10.0)));
        assert!((column.height() - 45.0).abs() < 0.01);
        let mut again = Column::with_heights(column.heights());
        again.set([(row(3), || 10.0)]);
        assert!((again.height() - 25.0).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn each_row_begins_where_the_one_before_it_ends(
            estimates in proptest::collection::vec(1.0_f64..400.0, 1..60),
            mut measured in proptest::collection::vec((0_usize..60, 1.0_f64..400.0), 0..60),
        ) {
            let mut column = Column::default();
            column.set(estimates.iter().zip(0..).map(|(high, at)| (row(at), move || *high)));
            let mut heights = estimates;
            measured.sort_by_key(|(place, _)| *place);
            measured.dedup_by_key(|(place, _)| *place);
            measured.retain(|(place, _)| *place < heights.len());
            column.measure(measured.iter().map(|(place, high)| (row(*place as u64), *high)));
            for (place, high) in measured {
                heights[place] = high;
            }
            let mut top = 0.0;
            for (place, high) in heights.iter().enumerate() {
                prop_assert!((column.top(place) - top).abs() < 0.01);
                prop_assert_eq!(column.at(top + high / 2.0), place);
                top += high;
            }
            prop_assert!((column.height() - top).abs() < 0.01);
        }
    }
}
