//! A part of a message's words with what was sought marked in it. The places come from the server as
//! numbers; everything here is text: signs of markup are left out, and spoilers stay hidden.

use leptos::prelude::*;
use shared::markup::plain;

/// Characters before the first place, and in all.
const BEFORE: usize = 60;
const LENGTH: usize = 280;

/// A run of text, sought or not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Run {
    Plain(String),
    Sought(String),
}

/// Letters that mark places, unless the text has them.
const MARKS: core::ops::RangeInclusive<char> = '\u{a500}'..='\u{a60b}';

/// The part around the first of `ranges`, with all of them marked.
pub fn excerpt(text: &str, ranges: &[(u32, u32)]) -> AnyView {
    let (words, ranges) = in_words(text, ranges);
    runs(&words, &ranges)
        .into_iter()
        .map(|run| match run {
            Run::Plain(text) => text.into_any(),
            Run::Sought(text) => view! { <mark>{text}</mark> }.into_any(),
        })
        .collect::<Vec<_>>()
        .into_any()
}

/// The words of `text`, and where in them the places stand. Those that stand in no words, such as in a
/// spoiler or in what is behind a link's label, are left out.
fn in_words(text: &str, ranges: &[(u32, u32)]) -> (String, Vec<(u32, u32)>) {
    let words = plain(text);
    let mut unused = MARKS.filter(|mark| !text.contains(*mark));
    let (Some(open), Some(close)) = (unused.next(), unused.next()) else {
        return (words, Vec::new());
    };
    // Letters go wherever words go, and change nothing of what is read, or else they were no words.
    let found = |ranges: &[(u32, u32)]| {
        places(&plain(&marked(text, ranges, open, close)), &words, open, close)
    };
    let all = found(ranges).or_else(|| {
        let each = |range: &&(u32, u32)| found(&[**range]).is_some();
        found(&ranges.iter().filter(each).copied().collect::<Vec<_>>())
    });
    (words, all.unwrap_or_default())
}

fn marked(text: &str, ranges: &[(u32, u32)], open: char, close: char) -> String {
    let mut marked = String::with_capacity(text.len() + 6 * ranges.len());
    let mut ranges = ranges.iter();
    let mut range = ranges.next();
    for (place, char) in (0..).zip(text.chars()) {
        if range.is_some_and(|(_, end)| *end == place) {
            marked.push(close);
            range = ranges.next();
        }
        if range.is_some_and(|(start, end)| *start == place && end > start) {
            marked.push(open);
        }
        marked.push(char);
    }
    // One that ends beyond the text ends with it; one that has not begun is none.
    let is_open = marked.rfind(open) > marked.rfind(close);
    if is_open {
        marked.push(close);
    }
    marked
}

/// Where the marks are, if without them these are the `words`.
fn places(marked: &str, words: &str, open: char, close: char) -> Option<Vec<(u32, u32)>> {
    let mut places = Vec::new();
    let mut start = None;
    let mut at = 0;
    let mut rest = words.chars();
    for char in marked.chars() {
        if char == open {
            start = Some(at);
        } else if char == close {
            let start = start.take()?;
            // Of signs alone nothing is left.
            if start < at {
                places.push((start, at));
            }
        } else if rest.next() == Some(char) {
            at += 1;
        } else {
            return None;
        }
    }
    (start.is_none() && rest.next().is_none()).then_some(places)
}

/// Cuts a part of `text` out, around the first of `ranges` (in characters, rising), and that into
/// runs. Lines become one.
fn runs(text: &str, ranges: &[(u32, u32)]) -> Vec<Run> {
    let chars: Vec<char> =
        text.chars().map(|char| if char.is_whitespace() { ' ' } else { char }).collect();
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX).min(chars.len());
    let first = ranges.first().map_or(0, |(start, _)| place(*start));
    let begin = begin_of_word(&chars, first);
    let end = chars.len().min(begin + LENGTH);
    let mut runs = Vec::new();
    if begin > 0 {
        push(&mut runs, Run::Plain("…".to_owned()));
    }
    let mut at = begin;
    for (start, stop) in ranges {
        let start = place(*start).clamp(at, end);
        let stop = place(*stop).clamp(start, end);
        push(&mut runs, Run::Plain(chars[at..start].iter().collect()));
        push(&mut runs, Run::Sought(chars[start..stop].iter().collect()));
        at = stop;
    }
    push(&mut runs, Run::Plain(chars[at..end].iter().collect()));
    if end < chars.len() {
        push(&mut runs, Run::Plain("…".to_owned()));
    }
    runs
}

/// Not in the middle of a word, if there is a space near.
fn begin_of_word(chars: &[char], first: usize) -> usize {
    let earliest = first.saturating_sub(BEFORE);
    if earliest == 0 {
        return 0;
    }
    let near = chars[earliest..first].iter().take(BEFORE / 3).position(|char| *char == ' ');
    near.map_or(earliest, |space| earliest + space + 1)
}

fn push(runs: &mut Vec<Run>, run: Run) {
    let (Run::Plain(text) | Run::Sought(text)) = &run;
    if !text.is_empty() {
        runs.push(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, ranges: &[(u32, u32)]) -> String {
        runs(text, ranges)
            .into_iter()
            .map(|run| match run {
                Run::Plain(text) => text,
                Run::Sought(text) => format!("[{text}]"),
            })
            .collect()
    }

    fn worded(text: &str, sought: &str) -> String {
        let ranges: Vec<(u32, u32)> = text
            .match_indices(sought)
            .map(|(at, sought)| {
                let start = u32::try_from(text[..at].chars().count()).unwrap();
                (start, start + u32::try_from(sought.chars().count()).unwrap())
            })
            .collect();
        let (words, ranges) = in_words(text, &ranges);
        drawn(&words, &ranges)
    }

    #[test]
    fn words_are_marked_without_the_signs_around_them() {
        for (text, sought, expected) in [
            ("**bold** and _bold_ and bold", "bold", "[bold] and [bold] and [bold]"),
            ("> - ~~a bold~~ move", "bold", "a [bold] move"),
            ("**明天**开会", "明天", "[明天]开会"),
            ("snake_case_x and case", "case", "snake_[case]_x and [case]"),
            ("@wen and #wen: wen", "wen", "@[wen] and #[wen]: [wen]"),
            ("see [the plan](https://plan.example)", "plan", "see the [plan]"),
            ("https://example.org/a_b_c plan", "example", "https://[example].org/a_b_c plan"),
            ("```rust\nfn plan() {}\n```\nrust", "rust", "fn plan() {} [rust]"),
            (
                "`a plan` ||a plan||",
                "plan",
                "a [plan] \u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}",
            ),
            ("ꔀꔁ **plan**", "plan", "ꔀꔁ [plan]"),
            ("the plan", "plan", "the [plan]"),
            ("plan", "nothing", "plan"),
        ] {
            assert_eq!(worded(text, sought), expected, "{text}");
        }
    }

    #[test]
    fn places_that_cannot_be_mark_nothing() {
        for ranges in [&[(9, 12)][..], &[(2, 1)], &[(1, 1), (0, 2)], &[(u32::MAX, u32::MAX)]] {
            let (words, places) = in_words("**ab** c", ranges);
            assert_eq!(words, "ab c");
            assert!(places.iter().all(|(start, end)| start < end && *end <= 4), "{ranges:?}");
        }
    }

    #[test]
    fn places_are_marked_by_characters() {
        assert_eq!(drawn("Café und\ncafé", &[(0, 4), (9, 13)]), "[Café] und [café]");
        assert_eq!(drawn("明天👍🏽开会", &[(2, 4)]), "明天[👍🏽]开会");
        assert_eq!(drawn("plain", &[]), "plain");
    }

    #[test]
    fn places_that_cannot_be_are_cut_to_what_there_is() {
        assert_eq!(drawn("abc", &[(1, 99)]), "a[bc]");
        assert_eq!(drawn("abc", &[(7, 9)]), "abc");
        assert_eq!(drawn("abc", &[(2, 1), (0, 2)]), "abc");
    }

    #[test]
    fn of_a_long_text_the_part_around_the_first_place_is_shown() {
        let text = format!("{}needle {}", "word ".repeat(100), "more ".repeat(100));
        let shown = drawn(&text, &[(500, 506)]);
        assert!(shown.starts_with("…word "), "{shown}");
        assert!(shown.contains(" [needle] more ") && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= LENGTH + 4);
    }
}
