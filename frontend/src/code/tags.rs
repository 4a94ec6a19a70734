//! HTML, XML and their like: tags with attributes, and text between them.

use super::{Kind, Runs};

pub(super) fn read(text: &str, runs: &mut Runs) {
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let bytes = match next {
            '<' if rest.starts_with("<!--") => {
                let bytes = rest.find("-->").map_or(rest.len(), |end| end + 3);
                runs.push(Some(Kind::Comment), bytes);
                bytes
            }
            '<' if begins_tag(rest) => tag(rest, runs),
            '&' => entity(rest, runs),
            _ => {
                let first = next.len_utf8();
                let bytes = rest[first..].find(['<', '&']).map_or(rest.len(), |end| end + first);
                runs.push(None, bytes);
                bytes
            }
        };
        at += bytes;
    }
}

/// `a < b` is none.
fn begins_tag(text: &str) -> bool {
    text[1..].starts_with(|char: char| char.is_alphabetic() || matches!(char, '/' | '!' | '?'))
}

fn tag(text: &str, runs: &mut Runs) -> usize {
    let is_name =
        |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | ':' | '.' | '@');
    let mut at = 0;
    let mut name = Kind::Keyword;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, bytes) = if matches!(next, '"' | '\'') {
            let end = rest[1..].find(next).map_or(rest.len(), |end| end + 2);
            (Some(Kind::Text), end)
        } else if is_name(next) {
            let end = rest.find(|char| !is_name(char)).unwrap_or(rest.len());
            (Some(core::mem::replace(&mut name, Kind::Name)), end)
        } else {
            (None, next.len_utf8())
        };
        runs.push(kind, bytes);
        at += bytes;
        if next == '>' {
            break;
        }
    }
    at
}

fn entity(text: &str, runs: &mut Runs) -> usize {
    let inside = |char: char| char.is_ascii_alphanumeric() || char == '#';
    let end = text[1..].find(|char| !inside(char)).map_or(text.len(), |end| end + 1);
    let is_entity = end > 1 && text[end..].starts_with(';');
    let bytes = if is_entity { end + 1 } else { 1 };
    runs.push(is_entity.then_some(Kind::Number), bytes);
    bytes
}
