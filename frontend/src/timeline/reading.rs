//! When what is in view counts as read.

use shared::id::Seq;
use std::collections::VecDeque;

/// A message counts as read when it was in view for so long.
const READ_MILLIS: u64 = 800;

/// How far the view has reached, and since when.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    edges: VecDeque<(u64, Seq)>,
    /// For the rest of the visit once something was marked as unread.
    suspended: bool,
}

impl Reading {
    /// `edge` is the last place in view above what is read; `None` when nobody looks, or nothing is
    /// new. Answers up to where it is read now.
    pub fn look(&mut self, now: u64, edge: Option<Seq>) -> Option<Seq> {
        let Some(edge) = edge.filter(|_| !self.suspended) else {
            self.edges.clear();
            return None;
        };
        self.edges.push_back((now, edge));
        let long_enough = |at: u64| now.saturating_sub(at) >= READ_MILLIS;
        while self.edges.get(1).is_some_and(|(at, _)| long_enough(*at)) {
            self.edges.pop_front();
        }
        self.edges.front().filter(|(at, _)| long_enough(*at))?;
        self.edges.iter().map(|(_, edge)| *edge).min()
    }

    pub fn suspend(&mut self) {
        self.suspended = true;
        self.edges.clear();
    }

    pub fn go_on(&mut self) {
        self.suspended = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_after_a_while_in_view_and_not_before() {
        let mut reading = Reading::default();
        assert_eq!(reading.look(0, Some(Seq(5))), None);
        assert_eq!(reading.look(400, Some(Seq(7))), None);
        assert_eq!(reading.look(800, Some(Seq(9))), Some(Seq(5)));
        assert_eq!(reading.look(1_200, Some(Seq(9))), Some(Seq(7)));
    }

    #[test]
    fn what_went_past_is_not_read_and_looking_away_begins_anew() {
        let mut reading = Reading::default();
        reading.look(0, Some(Seq(9)));
        assert_eq!(reading.look(800, Some(Seq(4))), Some(Seq(4)), "scrolled back up");
        assert_eq!(reading.look(1_000, None), None);
        assert_eq!(reading.look(1_600, Some(Seq(9))), None);
    }

    #[test]
    fn after_something_was_marked_unread_nothing_is_read_by_looking() {
        let mut reading = Reading::default();
        reading.look(0, Some(Seq(3)));
        reading.suspend();
        assert_eq!(reading.look(5_000, Some(Seq(3))), None);
        assert_eq!(reading.look(9_000, Some(Seq(3))), None);
        reading.go_on();
        reading.look(9_100, Some(Seq(3)));
        assert_eq!(reading.look(9_900, Some(Seq(3))), Some(Seq(3)));
    }
}
