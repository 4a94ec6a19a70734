//! Whom one may mean by what is typed after an `@`: a list above the box.

use super::find;
use super::options::Chooser;
use crate::locales::{Locale, use_locale};
use crate::state::{State, use_state};
use crate::text;
use leptos::prelude::*;
use shared::limit;
use shared::user::User;
use std::sync::Arc;

/// Further letters narrow it down.
const SHOWN: usize = 8;
pub const LIST_ID: &str = "mention-list";
const LIST: &str = "mention";

/// A nick that is being typed: where its `@` stands and where the caret does, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    start: usize,
    end: usize,
    pub text: String,
}

/// The nick being typed at `caret`, which counts UTF-16 units.
pub fn query(text: &str, caret: u32) -> Option<Query> {
    let end = byte_at(text, caret);
    let before = text.get(..end)?;
    let start = before.rfind('@')?;
    let typed = before.get(start + 1..)?;
    let inside_a_word = before.get(..start)?.chars().next_back().is_some_and(char::is_alphanumeric);
    let is_nick = typed.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && typed.chars().count() <= limit::NICK_CHARS_MAX;
    (is_nick && !inside_a_word).then(|| Query { start, end, text: typed.to_owned() })
}

/// The text with the nick in place of what was typed of it, and the caret behind it.
pub fn complete(text: &str, query: &Query, nick: &str) -> (String, u32) {
    let before = text.get(..query.start).unwrap_or_default();
    let after = text.get(query.end..).unwrap_or_default();
    let space = if after.starts_with(char::is_whitespace) { "" } else { " " };
    let head = format!("{before}@{nick}{space}");
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

/// Best first; nobody when what is typed is somebody's nick already.
pub fn find(state: State, locale: Locale, query: &str) -> Vec<Arc<User>> {
    let found = find::people(state, locale, query);
    if found.iter().any(|(_, user)| user.nick.to_lowercase() == query.to_lowercase()) {
        return Vec::new();
    }
    found.into_iter().map(|(_, user)| user).take(SHOWN).collect()
}

/// The focus stays in the box, which names the chosen one as its active descendant.
#[component]
pub fn MentionList(found: Memo<Vec<Arc<User>>>, chooser: Chooser) -> impl IntoView {
    let state = use_state();
    let locale = use_locale();
    let options = move || {
        let person = |(place, user): (usize, Arc<User>)| chooser.person(LIST, place, state, &user);
        found.get().into_iter().enumerate().map(person).collect_view()
    };
    view! {
        <div
            class="pop opts complete"
            id=LIST_ID
            role="listbox"
            aria-label=text!(locale, conversation.mention_people)
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
    fn the_nick_takes_the_place_of_what_was_typed_of_it() {
        let text = "😀 ask @we, please";
        let query = query(text, caret_after("😀 ask @we")).unwrap();
        let (completed, caret) = complete(text, &query, "wen");
        assert_eq!(completed, "😀 ask @wen , please");
        assert_eq!(caret, caret_after("😀 ask @wen "));
        let text = "@we is here";
        let query = super::query(text, 3).unwrap();
        assert_eq!(complete(text, &query, "wen"), ("@wen is here".to_owned(), 4));
    }
}
