//! Addresses: where they end, and which may be followed.

use super::Inline;

/// The address at the beginning of `rest`, as typed.
pub(super) fn autolink(rest: &str) -> Option<(Inline, usize)> {
    scheme(rest)?;
    let end =
        rest.char_indices().find(|(_, char)| ends_link(*char)).map_or(rest.len(), |(at, _)| at);
    // In a label it ends where the label does.
    let end = rest[..end].find("](").unwrap_or(end);
    let text = trim_link(&rest[..end]);
    let label = vec![Inline::Text(text.to_owned())];
    Some((Inline::Link { href: href(text)?, label }, text.len()))
}

/// The target of a labelled link: `rest` begins after the opening bracket. With the length up to
/// and with the closing one.
pub(super) fn target(rest: &str) -> Option<(String, usize)> {
    let mut open = 0_usize;
    let end = rest.char_indices().take(crate::limit::LINK_CHARS).find_map(
        |(at, char)| match char {
            '(' => {
                open += 1;
                None
            }
            ')' if open > 0 => {
                open -= 1;
                None
            }
            ')' => Some(Some(at)),
            _ if char.is_whitespace()
                || char.is_control()
                || matches!(char, '<' | '>' | '"' | '`') =>
            {
                Some(None)
            }
            _ => None,
        },
    )??;
    Some((href(&rest[..end])?, end + 1))
}

fn scheme(text: &str) -> Option<&'static str> {
    ["https://", "http://", "mailto:"].into_iter().find(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// What `text` leads to, if it is an address that may be followed.
fn href(text: &str) -> Option<String> {
    let scheme = scheme(text)?;
    let address = text.get(scheme.len()..)?;
    let plausible = if scheme == "mailto:" {
        address.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty())
    } else {
        address.starts_with(|char: char| char.is_alphanumeric() || char == '[')
    };
    let hidden = |char: char| {
        char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    (plausible && !address.contains(hidden)).then(|| [scheme, address].concat())
}

/// White space, quotes and brackets of markup, and everything of scripts that run on without
/// spaces: browsers copy those percent-encoded.
fn ends_link(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || matches!(char, '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '{' | '}')
        || matches!(char,
            '\u{2018}'..='\u{201f}' | '\u{2026}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Punctuation at the end belongs to the sentence, a closing bracket without its opening too.
fn trim_link(mut text: &str) -> &str {
    let count = |wanted: char| text.chars().filter(|char| *char == wanted).count();
    let (round, square) = (count('('), count('['));
    let (mut closed_round, mut closed_square) = (count(')'), count(']'));
    while let Some(last) = text.chars().next_back() {
        match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => {}
            ')' if closed_round > round => closed_round -= 1,
            ']' if closed_square > square => closed_square -= 1,
            _ => break,
        }
        text = &text[..text.len() - last.len_utf8()];
    }
    text
}
