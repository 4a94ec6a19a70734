//! What a room opens with, and which page comes next.

use super::window::Timeline;
use shared::api::HistoryQuery;
use shared::id::Seq;
use shared::limit;
use shared::room::Counts;

const PAGE: u32 = 100;
/// More unread messages than this open the room in its middle.
const UNREAD_FROM_THE_END: u64 = 120;
/// History above the unread line, for those who want to know what it was about.
const BEFORE_UNREAD: u64 = 40;

/// The latest.
pub const LATEST: HistoryQuery =
    HistoryQuery { before: None, after: None, around: None, limit: Some(PAGE) };

/// The page that a room opens with; `None` when what is loaded does.
pub fn first_page(timeline: &Timeline, head: Seq, counts: Counts) -> Option<HistoryQuery> {
    let Counts { read, unread, .. } = counts;
    let there = !timeline.is_stale()
        && if unread > 0 {
            timeline.contains(read) || timeline.reaches_start()
        } else {
            timeline.reaches(head)
        };
    if there {
        return None;
    }
    let missed = head.0.saturating_sub(read.0);
    Some(if unread > 0 && missed > UNREAD_FROM_THE_END {
        let after = Seq(read.0.saturating_sub(BEFORE_UNREAD));
        HistoryQuery { after: Some(after), ..LATEST }
    } else {
        let limit = u64::from(PAGE).max(missed + BEFORE_UNREAD).min(limit::PAGE_MAX.into());
        HistoryQuery { limit: u32::try_from(limit).ok(), ..LATEST }
    })
}

/// The page around this place; `None` when it is loaded.
pub fn page_around(timeline: &Timeline, seq: Seq) -> Option<HistoryQuery> {
    (!timeline.contains(seq)).then_some(HistoryQuery { around: Some(seq), ..LATEST })
}

/// The same again: what is loaded may have changed unheard.
pub const fn renewed(around: Seq) -> HistoryQuery {
    HistoryQuery { around: Some(around), ..LATEST }
}

/// Where the window is to grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Older(HistoryQuery),
    Newer(HistoryQuery),
}

/// What is missing within `near` pixels of what is in view; `above` and `below` are how much is
/// loaded there.
pub fn next_page(
    timeline: &Timeline,
    head: Seq,
    (above, below): (f64, f64),
    near: f64,
) -> Option<Next> {
    let (first, last) = (timeline.first()?, timeline.last()?);
    if above < near && !timeline.reaches_start() {
        let page = HistoryQuery { before: Some(first), ..LATEST };
        Some(Next::Older(page))
    } else if below < near && !timeline.reaches(head) {
        let page = HistoryQuery { after: Some(last), ..LATEST };
        Some(Next::Newer(page))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::page;
    use super::*;

    fn loaded(from: u64, to: u64) -> Timeline {
        let mut timeline = Timeline::default();
        timeline.load(page(from, to));
        timeline
    }

    fn counts(read: u64, unread: u32) -> Counts {
        Counts { read: Seq(read), unread, ..Counts::default() }
    }

    #[test]
    fn a_room_that_was_read_opens_with_its_end_and_asks_for_nothing_twice() {
        let nothing = Timeline::default();
        assert_eq!(first_page(&nothing, Seq(900), counts(900, 0)), Some(LATEST));
        assert_eq!(first_page(&loaded(801, 900), Seq(900), counts(900, 0)), None);
        assert_eq!(first_page(&loaded(701, 800), Seq(900), counts(900, 0)), Some(LATEST));
    }

    #[test]
    fn a_room_opens_around_the_first_unread_message() {
        let nothing = Timeline::default();
        let few = first_page(&nothing, Seq(900), counts(800, 90)).unwrap();
        assert_eq!((few.after, few.limit), (None, Some(140)), "from the end, with some before");
        let many = first_page(&nothing, Seq(900), counts(300, 600)).unwrap();
        assert_eq!((many.after, many.limit), (Some(Seq(260)), Some(PAGE)));
        assert_eq!(first_page(&loaded(250, 349), Seq(900), counts(300, 600)), None);
        assert!(first_page(&loaded(801, 900), Seq(900), counts(300, 600)).is_some());
    }

    #[test]
    fn the_window_grows_where_its_edge_comes_near_and_nowhere_else() {
        let middle = loaded(400, 500);
        let next = |beyond| next_page(&middle, Seq(900), beyond, 1_000.0);
        assert!(
            matches!(next((900.0, 5_000.0)), Some(Next::Older(page)) if page.before == Some(Seq(400)))
        );
        assert!(
            matches!(next((5_000.0, 900.0)), Some(Next::Newer(page)) if page.after == Some(Seq(500)))
        );
        assert_eq!(next((5_000.0, 5_000.0)), None);
        assert_eq!(next_page(&loaded(1, 900), Seq(900), (0.0, 0.0), 1_000.0), None, "all of it");
        assert_eq!(next_page(&Timeline::default(), Seq(900), (0.0, 0.0), 1_000.0), None);
    }

    #[test]
    fn a_jump_loads_what_is_around_its_target_unless_it_is_there() {
        let around = page_around(&loaded(801, 900), Seq(300)).unwrap();
        assert_eq!(around.around, Some(Seq(300)));
        assert_eq!(page_around(&loaded(801, 900), Seq(820)), None);
    }
}
