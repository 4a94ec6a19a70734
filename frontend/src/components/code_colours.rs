//! The inside of a block of code, once its language is known to the page: the same letters, some of
//! them in colours.

use crate::code::{self, Kind};
use crate::erased::redrawn;
use leptos::prelude::*;
use std::sync::Arc;

/// Further words are in no colour: each is an element.
const COLOURED: usize = 4_000;

/// Draws the first `lines` of the text while it is folded, else all of it, and says by `plain` that
/// nobody else need draw it. Draws nothing of a language that is not known.
#[component]
pub fn CodeColours(
    language: String,
    text: Arc<str>,
    lines: usize,
    folded: RwSignal<bool>,
    plain: RwSignal<bool>,
) -> impl IntoView {
    let known = code::is_known(&language);
    plain.set(!known);
    let shown = move || {
        let end = if folded.get() { end_of(&text, lines) } else { text.len() };
        coloured(&language, text.get(..end).unwrap_or_default())
    };
    known.then(|| redrawn(shown))
}

/// Where the line ends, without its end.
fn end_of(text: &str, line: usize) -> usize {
    text.match_indices('\n').nth(line.saturating_sub(1)).map_or(text.len(), |(at, _)| at)
}

fn coloured(language: &str, text: &str) -> AnyView {
    let mut rest = text;
    let mut views = Vec::new();
    for run in code::runs(language, text).unwrap_or_default() {
        let class = match run.kind {
            _ if views.len() >= COLOURED => break,
            None => None,
            Some(Kind::Keyword) => Some("k"),
            Some(Kind::Text) => Some("s"),
            Some(Kind::Name) => Some("f"),
            Some(Kind::Number) => Some("n"),
            Some(Kind::Comment) => Some("c"),
        };
        let Some((words, after)) = rest.split_at_checked(run.bytes) else { break };
        let words = words.to_owned();
        views.push(match class {
            None => words.into_any(),
            Some(class) => view! { <span class=class>{words}</span> }.into_any(),
        });
        rest = after;
    }
    views.push(rest.to_owned().into_any());
    views.into_any()
}
