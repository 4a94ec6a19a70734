//! What one may mean by what is typed: people after an `@`, emoji after a `:`. A list above the box.

use super::find;
use super::options::Chooser;
use crate::emoji::{self, Emoji, Table, Tone};
use crate::locales::{Locale, use_locale};
use crate::state::{State, use_state};
use leptos::prelude::*;
use shared::limit;
use shared::user::{Language, User};
use std::sync::Arc;

/// Further letters narrow it down.
const SHOWN: usize = 8;
pub const LIST_ID: &str = "mention-list";
const LIST: &str = "mention";

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
}

/// What may be meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant {
    Person(Arc<User>),
    Emoji { emoji: String, code: String, name: String },
}

impl Meant {
    /// What takes the place of what was typed.
    pub fn words(&self) -> String {
        match self {
            Self::Person(user) => format!("@{}", user.nick),
            Self::Emoji { emoji, .. } => emoji.clone(),
        }
    }
}

/// What is being typed at `caret`, which counts UTF-16 units.
pub fn query(text: &str, caret: u32) -> Option<Query> {
    person(text, caret).or_else(|| emoji(text, caret))
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

/// Best first. Emoji are found once their table is there.
pub fn find(state: State, locale: Locale, query: &Query, table: Option<&Table>) -> Vec<Meant> {
    match query.of {
        Kind::Person => people(state, locale, &query.text).into_iter().map(Meant::Person).collect(),
        Kind::Emoji => table.map_or_else(Vec::new, |table| {
            let found = table.search(&query.text, SHOWN);
            let tone = state.me_untracked().map(emoji::tone).unwrap_or_default();
            found.into_iter().map(|emoji| meant(emoji, tone, locale)).collect()
        }),
    }
}

fn meant(emoji: &Emoji, tone: Tone, locale: Locale) -> Meant {
    let name = match locale.language() {
        Language::English => emoji.english(),
        Language::SimplifiedChinese => emoji.chinese(),
    };
    Meant::Emoji {
        emoji: emoji.toned(tone),
        code: format!(":{}:", emoji.code()),
        name: name.to_owned(),
    }
}

/// Nobody when what is typed is somebody's nick already.
fn people(state: State, locale: Locale, query: &str) -> Vec<Arc<User>> {
    let found = find::people(state, locale, query);
    if found.iter().any(|(_, user)| user.nick.to_lowercase() == query.to_lowercase()) {
        return Vec::new();
    }
    found.into_iter().map(|(_, user)| user).take(SHOWN).collect()
}

/// The focus stays in the box, which names the chosen one as its active descendant.
#[component]
pub fn MentionList(found: Memo<Vec<Meant>>, chooser: Chooser) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let options = move || {
        let option = |(place, meant): (usize, Meant)| match meant {
            Meant::Person(user) => chooser.person(LIST, place, state, &user),
            Meant::Emoji { emoji, code, name } => {
                let face = view! { <span class="emoji" aria-hidden="true">{emoji}</span> };
                chooser.option(LIST, place, face.into_any(), name, code)
            }
        };
        found.get().into_iter().enumerate().map(option).collect_view()
    };
    view! {
        <div
            class="pop opts complete"
            id=LIST_ID
            role="listbox"
            aria-label=move || {
                let texts = &locale.texts().conversation;
                let people = found.with(|found| matches!(found.first(), Some(Meant::Person(_))));
                if people { texts.mention_people } else { texts.emoji }
            }
        >
            {options}
        </div>
    }
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
