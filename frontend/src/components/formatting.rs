//! Markup by a press: what surrounds the chosen words, or begins their lines.

use super::icon::IconName;
use super::mentions::byte_at;
use crate::locales::Locale;
use leptos::ev::KeyboardEvent;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Bold,
    Italic,
    Strike,
    Code,
    Quote,
    List,
    Link,
}

pub const FORMATS: [Format; 7] = [
    Format::Bold,
    Format::Italic,
    Format::Strike,
    Format::Code,
    Format::Quote,
    Format::List,
    Format::Link,
];

impl Format {
    /// Ctrl B, I, E and Ctrl Shift X.
    pub fn by_key(event: &KeyboardEvent) -> Option<Self> {
        let command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        match (event.key().to_lowercase().as_str(), event.shift_key()) {
            _ if !command => None,
            ("b", false) => Some(Self::Bold),
            ("i", false) => Some(Self::Italic),
            ("e", false) => Some(Self::Code),
            ("x", true) => Some(Self::Strike),
            _ => None,
        }
    }

    pub const fn keys(self) -> Option<&'static str> {
        match self {
            Self::Bold => Some("Control+B"),
            Self::Italic => Some("Control+I"),
            Self::Strike => Some("Control+Shift+X"),
            Self::Code => Some("Control+E"),
            Self::Quote | Self::List | Self::Link => None,
        }
    }

    pub const fn icon(self) -> IconName {
        match self {
            Self::Bold => IconName::Bold,
            Self::Italic => IconName::Italic,
            Self::Strike => IconName::Strike,
            Self::Code => IconName::Code,
            Self::Quote => IconName::Quote,
            Self::List => IconName::List,
            Self::Link => IconName::Link,
        }
    }

    pub fn words(self, locale: Locale) -> &'static str {
        let texts = &locale.texts().conversation;
        match self {
            Self::Bold => texts.bold,
            Self::Italic => texts.italic,
            Self::Strike => texts.strike,
            Self::Code => texts.code,
            Self::Quote => texts.quote,
            Self::List => texts.list,
            Self::Link => texts.link,
        }
    }

    /// The text and what is chosen in it afterwards; places count UTF-16 units. What is formatted
    /// already loses it.
    pub fn apply(self, text: &str, chosen: (u32, u32)) -> (String, (u32, u32)) {
        let (start, end) = (byte_at(text, chosen.0), byte_at(text, chosen.1));
        let parts = (text.get(..start), text.get(start..end), text.get(end..));
        let (Some(before), Some(inside), Some(after)) = parts else {
            return (text.to_owned(), chosen);
        };
        match self {
            Self::Bold => surround(before, inside, after, ("**", "**")),
            Self::Italic => surround(before, inside, after, ("_", "_")),
            Self::Strike => surround(before, inside, after, ("~~", "~~")),
            Self::Code if inside.contains('\n') => {
                surround(before, inside, after, ("```\n", "\n```"))
            }
            Self::Code => surround(before, inside, after, ("`", "`")),
            Self::Quote => begin_lines(before, inside, after, "> "),
            Self::List => begin_lines(before, inside, after, "- "),
            Self::Link => {
                let head = format!("{before}[{inside}](");
                let caret = units(&head);
                (format!("{head}){after}"), (caret, caret))
            }
        }
    }
}

fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

fn surround(
    before: &str,
    inside: &str,
    after: &str,
    (opens, closes): (&str, &str),
) -> (String, (u32, u32)) {
    if let (Some(before), Some(after)) = (before.strip_suffix(opens), after.strip_prefix(closes)) {
        let start = units(before);
        return (format!("{before}{inside}{after}"), (start, start + units(inside)));
    }
    let start = units(before) + units(opens);
    (format!("{before}{opens}{inside}{closes}{after}"), (start, start + units(inside)))
}

/// Of the lines in which something is chosen, from their beginnings on.
fn begin_lines(before: &str, inside: &str, after: &str, mark: &str) -> (String, (u32, u32)) {
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let (above, head) = before.split_at(line);
    let lines = format!("{head}{inside}");
    let marked = lines.split('\n').all(|line| line.starts_with(mark));
    let changed: Vec<String> = lines
        .split('\n')
        .map(|line| match line.strip_prefix(mark) {
            Some(rest) if marked => rest.to_owned(),
            Some(_) => line.to_owned(),
            None => format!("{mark}{line}"),
        })
        .collect();
    let changed = changed.join("\n");
    let end = units(above) + units(&changed);
    (format!("{above}{changed}{after}"), (end, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_words_are_surrounded_and_stay_chosen_and_a_second_press_takes_it_back() {
        let (bold, chosen) = Format::Bold.apply("so 😀 good", (3, 5));
        assert_eq!((bold.as_str(), chosen), ("so **😀** good", (5, 7)));
        assert_eq!(Format::Bold.apply(&bold, chosen), ("so 😀 good".to_owned(), (3, 5)));
        assert_eq!(Format::Italic.apply("", (0, 0)), ("__".to_owned(), (1, 1)));
        assert_eq!(Format::Code.apply("a\nb", (0, 3)).0, "```\na\nb\n```");
        assert_eq!(Format::Link.apply("see here", (4, 8)), ("see [here]()".to_owned(), (11, 11)));
    }

    #[test]
    fn lines_begin_with_their_mark_or_lose_it() {
        let (quoted, chosen) = Format::Quote.apply("one\ntwo\nthree", (5, 9));
        assert_eq!((quoted.as_str(), chosen), ("one\n> two\n> three", (13, 13)));
        assert_eq!(Format::Quote.apply("> two", (2, 5)).0, "two");
        assert_eq!(Format::List.apply("one", (0, 0)).0, "- one");
    }
}
