//! What one may mean by what is typed: people after an `@`, emoji after a `:`. A list above the box.

use super::find;
use super::icon::{Icon, IconName};
use super::options::Chooser;
use crate::emoji::{self, Emoji, Table, Tone};
use crate::locales::{Locale, slashes, use_locale};
use crate::order::sorted_by;
use crate::state::{RoomEntry, State, use_state};
use leptos::prelude::*;
use shared::limit;
use shared::markup::{self, Everybody};
use shared::slash::Slash;
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
    /// After a `#`.
    Room,
    /// After a `/` at the very beginning.
    Slash,
}

/// What may be meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant {
    Person(Arc<User>),
    Emoji {
        emoji: String,
        code: String,
        name: String,
    },
    /// Everybody in the room, or everybody who is here.
    Everybody(Everybody),
    Room {
        key: String,
        name: String,
    },
    Slash(Slash),
}

impl Meant {
    /// What takes the place of what was typed.
    pub fn words(&self) -> String {
        match self {
            Self::Person(user) => format!("@{}", user.nick),
            Self::Emoji { emoji, .. } => emoji.clone(),
            Self::Everybody(Everybody::Room) => "@room".to_owned(),
            Self::Everybody(Everybody::Here) => "@here".to_owned(),
            Self::Room { key, .. } => format!("#{key}"),
            Self::Slash(slash) => format!("/{}", slash.word()),
        }
    }
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

/// Best first. Emoji are found once their table is there.
pub fn find(state: State, locale: Locale, query: &Query, table: Option<&Table>) -> Vec<Meant> {
    match query.of {
        // Complete as it is; no name is to take its place.
        Kind::Person if markup::everybody(&query.text).is_some_and(|(_, rest)| rest.is_empty()) => {
            Vec::new()
        }
        Kind::Person => {
            let people = people(state, locale, &query.text).into_iter().map(Meant::Person);
            people.chain(everybody(locale, &query.text)).take(SHOWN).collect()
        }
        Kind::Room => rooms(state, locale, &query.text),
        Kind::Slash => slashes(locale, &query.text),
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

/// Those who are called by a word that begins as what is typed.
fn everybody(locale: Locale, query: &str) -> Vec<Meant> {
    let texts = &locale.texts().conversation;
    let query = query.to_lowercase();
    let begins = |word: &str, name: &str| {
        !query.is_empty() && word != query && (word.starts_with(&query) || name.starts_with(&query))
    };
    let all = [
        ("room", texts.everybody, Everybody::Room),
        ("here", texts.everybody_here, Everybody::Here),
    ];
    let found = all.into_iter().filter(|(word, name, _)| begins(word, name));
    found.map(|(.., everybody)| Meant::Everybody(everybody)).collect()
}

fn rooms(state: State, locale: Locale, query: &str) -> Vec<Meant> {
    let found: Vec<(u32, String)> = state.rooms.with(|rooms| {
        let named = |entry: &RoomEntry| {
            let name = entry.view.with_untracked(|view| view.room.name.clone());
            let points = find::points(state, query, &name).filter(|_| !name.is_empty())?;
            (markup::room_key(&name) != query.to_lowercase()).then_some((points, name))
        };
        rooms.values().filter_map(named).collect()
    });
    let best = sorted_by(found, |a, b| a.0.cmp(&b.0).then_with(|| locale.compare(&a.1, &b.1)));
    let named =
        best.into_iter().map(|(_, name)| Meant::Room { key: markup::room_key(&name), name });
    named.take(SHOWN).collect()
}

fn slashes(locale: Locale, query: &str) -> Vec<Meant> {
    let query = query.to_lowercase();
    let begins = |slash: &Slash| {
        let (_, does) = hint(locale, *slash);
        slash.word().starts_with(&query)
            || slash.chinese().starts_with(&query)
            || does.starts_with(&query)
    };
    if Slash::ALL.iter().any(|slash| slash.word() == query || slash.chinese() == query) {
        return Vec::new();
    }
    Slash::ALL.into_iter().filter(begins).map(Meant::Slash).collect()
}

/// How a command goes on, and what it does.
pub fn hint(locale: Locale, slash: Slash) -> (&'static str, &'static str) {
    match locale.language() {
        Language::English => slashes::english(slash),
        Language::SimplifiedChinese => slashes::chinese(slash),
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
        let option = |(place, meant): (usize, Meant)| match meant.clone() {
            Meant::Person(user) => chooser.person(LIST, place, state, &user),
            Meant::Emoji { emoji, code, name } => {
                let face = view! { <span class="emoji" aria-hidden="true">{emoji}</span> };
                chooser.option(LIST, place, face.into_any(), name, code)
            }
            Meant::Everybody(everybody) => {
                let texts = &locale.texts().conversation;
                let name = match everybody {
                    Everybody::Room => texts.everybody,
                    Everybody::Here => texts.everybody_here,
                };
                let face = view! { <Icon name=IconName::Users/> }.into_any();
                chooser.option(LIST, place, face, name.to_owned(), meant.words())
            }
            Meant::Room { ref name, .. } => {
                let face = view! { <Icon name=IconName::Talk/> }.into_any();
                chooser.option(LIST, place, face, name.clone(), meant.words())
            }
            Meant::Slash(slash) => {
                let (goes_on, does) = hint(locale, slash);
                let face = view! { <Icon name=IconName::Bolt/> }.into_any();
                let typed = format!("{} {goes_on}", meant.words());
                chooser.option(LIST, place, face, does.to_owned(), typed)
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
                found.with(|found| match found.first() {
                    Some(Meant::Person(_) | Meant::Everybody(_)) | None => texts.mention_people,
                    Some(Meant::Emoji { .. }) => texts.emoji,
                    Some(Meant::Room { .. }) => locale.texts().navigation.rooms,
                    Some(Meant::Slash(_)) => texts.commands,
                })
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
