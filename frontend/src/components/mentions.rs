//! What is being typed that something could be offered for: people after an `@`, rooms after a `#`,
//! emoji after a `:`, commands after a `/`. What is offered is found by [`super::completion`].

use leptos::prelude::*;
use shared::limit;

/// The list of what is offered, and the beginning of its options' ids.
pub const LIST_ID: &str = "mention-list";
pub const LIST: &str = "mention";

/// A name that is being typed: where its sign stands and where the caret does, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub of: Kind,
    start: usize,
    end: usize,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// After an `@`.
    Person,
    /// After a `:`.
    Emoji,
    /// After a `#`.
    Room,
    /// After a `/` at the very beginning.
    Slash,
}

/// What the box and the list above it tell each other.
#[derive(Clone, Copy, Debug)]
pub struct Completing {
    /// What is being typed.
    pub asked: RwSignal<Option<Query>>,
    /// How many are offered for it, and which of them one is at.
    pub offered: RwSignal<usize>,
    pub at: RwSignal<usize>,
    /// The box takes the one that one is at.
    pub accepted: RwSignal<u32>,
    /// What takes the place of what was typed.
    pub on_complete: Callback<String>,
}

/// What is being typed at `caret`, which counts UTF-16 units.
pub fn query(text: &str, caret: u32) -> Option<Query> {
    slash(text, caret)
        .or_else(|| person(text, caret))
        .or_else(|| room(text, caret))
        .or_else(|| emoji(text, caret))
}

/// The name of a command, at the very beginning.
fn slash(text: &str, caret: u32) -> Option<Query> {
    let end = byte_at(text, caret);
    let typed = text.get(..end)?.strip_prefix('/')?;
    typed.chars().all(char::is_alphanumeric).then(|| Query {
        of: Kind::Slash,
        start: 0,
        end,
        text: typed.to_owned(),
    })
}

/// The name of a room.
fn room(text: &str, caret: u32) -> Option<Query> {
    let end = byte_at(text, caret);
    let before = text.get(..end)?;
    let start = before.rfind('#')?;
    let typed = before.get(start + 1..)?;
    let begins_a_word =
        before.get(..start)?.chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    let is_name = typed.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
        && typed.chars().count() <= limit::ROOM_NAME_CHARS;
    (is_name && begins_a_word).then(|| Query { of: Kind::Room, start, end, text: typed.to_owned() })
}

/// The name of an emoji: from two letters on.
fn emoji(text: &str, caret: u32) -> Option<Query> {
    let end = byte_at(text, caret);
    let before = text.get(..end)?;
    let start = before.rfind(':')?;
    let typed = before.get(start + 1..)?;
    let begins_a_word =
        before.get(..start)?.chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    let is_name = typed.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '+' | '-'));
    let letters = typed.chars().count();
    let letter = typed.chars().next()?;
    // A time of day is none.
    let asks = is_name && begins_a_word && !letter.is_numeric();
    (asks && (letters >= 2 || !letter.is_ascii())).then(|| Query {
        of: Kind::Emoji,
        start,
        end,
        text: typed.to_owned(),
    })
}

fn person(text: &str, caret: u32) -> Option<Query> {
    let end = byte_at(text, caret);
    let before = text.get(..end)?;
    let start = before.rfind('@')?;
    let typed = before.get(start + 1..)?;
    let inside_a_word = before.get(..start)?.chars().next_back().is_some_and(char::is_alphanumeric);
    let is_nick = typed.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && typed.chars().count() <= limit::NICK_CHARS_MAX;
    (is_nick && !inside_a_word).then(|| Query {
        of: Kind::Person,
        start,
        end,
        text: typed.to_owned(),
    })
}

/// The text with these words in place of what was typed of them, and the caret behind them.
pub fn complete(text: &str, query: &Query, words: &str) -> (String, u32) {
    let before = text.get(..query.start).unwrap_or_default();
    let after = text.get(query.end..).unwrap_or_default();
    let space = if after.starts_with(char::is_whitespace) { "" } else { " " };
    let head = format!("{before}{words}{space}");
    let caret = head.encode_utf16().count();
    (format!("{head}{after}"), u32::try_from(caret).unwrap_or(u32::MAX))
}

/// The place in bytes of a caret that counts UTF-16 units.
pub fn byte_at(text: &str, caret: u32) -> usize {
    let mut units = 0_usize;
    for (at, c) in text.char_indices() {
        if units >= caret as usize {
            return at;
        }
        units += c.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caret_after(text: &str) -> u32 {
        u32::try_from(text.encode_utf16().count()).unwrap()
    }

    fn typed(text: &str) -> Option<String> {
        query(text, caret_after(text)).map(|query| query.text)
    }

    #[test]
    fn a_nick_is_asked_for_after_an_at_sign_that_begins_a_word() {
        assert_eq!(typed("hello @we"), Some("we".to_owned()));
        assert_eq!(typed("@"), Some(String::new()));
        assert_eq!(typed("😀 @小"), Some("小".to_owned()));
        assert_eq!(typed("somebody@example"), None);
        assert_eq!(typed("@wen hello"), None);
        assert_eq!(typed("nobody"), None);
    }

    #[test]
    fn a_command_is_asked_for_at_the_beginning_and_a_room_anywhere() {
        let of = |text: &str| query(text, caret_after(text)).map(|query| (query.of, query.text));
        assert_eq!(of("/re"), Some((Kind::Slash, "re".to_owned())));
        assert_eq!(of("/"), Some((Kind::Slash, String::new())));
        assert_eq!(of("//"), None);
        assert_eq!(of("/remind me"), None);
        assert_eq!(of("see #la"), Some((Kind::Room, "la".to_owned())));
        assert_eq!(of("a#b"), None);
    }

    #[test]
    fn an_emoji_is_asked_for_by_two_letters_after_a_colon_that_begins_a_word() {
        assert_eq!(typed("well done :ta"), Some("ta".to_owned()));
        assert_eq!(typed(":茶"), Some("茶".to_owned()));
        for nothing in [":t", "at 10:30", "see:this", ":30", "a: b", ":tada:"] {
            assert_eq!(typed(nothing), None, "{nothing}");
        }
        let query = query("so :tad", 7).unwrap();
        assert_eq!(complete("so :tad", &query, "🎉"), ("so 🎉 ".to_owned(), 6));
    }

    #[test]
    fn the_nick_takes_the_place_of_what_was_typed_of_it() {
        let text = "😀 ask @we, please";
        let query = query(text, caret_after("😀 ask @we")).unwrap();
        let (completed, caret) = complete(text, &query, "@wen");
        assert_eq!(completed, "😀 ask @wen , please");
        assert_eq!(caret, caret_after("😀 ask @wen "));
        let text = "@we is here";
        let query = super::query(text, 3).unwrap();
        assert_eq!(complete(text, &query, "@wen"), ("@wen is here".to_owned(), 4));
    }
}
