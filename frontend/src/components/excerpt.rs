//! A part of a message's text with what was sought marked in it. The places come from the server
//! as numbers; everything here is text, never markup.

use leptos::prelude::*;

/// Characters before the first place, and in all.
const BEFORE: usize = 60;
const LENGTH: usize = 280;

/// A run of text, sought or not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Run {
    Plain(String),
    Sought(String),
}

/// The part around the first of `ranges`, with all of them marked.
pub fn excerpt(text: &str, ranges: &[(u32, u32)]) -> AnyView {
    runs(text, ranges)
        .into_iter()
        .map(|run| match run {
            Run::Plain(text) => text.into_any(),
            Run::Sought(text) => view! { <mark>{text}</mark> }.into_any(),
        })
        .collect::<Vec<_>>()
        .into_any()
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
