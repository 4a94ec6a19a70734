//! What people and rooms are called.

use crate::locales::Locale;
use crate::state::{RoomEntry, State};
use leptos::prelude::*;
use shared::id::UserId;
use shared::message::Emoji;
use shared::room::RoomKind;
use shared::user::{Language, User};

pub fn person_name(state: State, locale: Locale, user: UserId) -> String {
    state
        .person(user)
        .map_or_else(|| locale.texts().common.someone.to_owned(), |user| user.name.clone())
}

/// A direct room is called by its other people.
pub fn room_name(state: State, locale: Locale, entry: &RoomEntry) -> String {
    if !is_direct(entry) {
        return entry.view.with(|view| view.room.name.clone());
    }
    let names: Vec<_> =
        state.others(entry).into_iter().map(|user| person_name(state, locale, user)).collect();
    names.join(match locale.language() {
        Language::English => ", ",
        Language::SimplifiedChinese => "、",
    })
}

pub fn is_direct(entry: &RoomEntry) -> bool {
    entry.view.with(|view| view.room.kind == RoomKind::Direct)
}

/// The one other person of a direct room of two.
pub fn only_other(state: State, entry: &RoomEntry) -> Option<UserId> {
    match state.others(entry).as_slice() {
        [other] if is_direct(entry) => Some(*other),
        _ => None,
    }
}

/// What somebody says of themselves: a sign, words, or both.
pub fn status_words(user: &User) -> String {
    let sign = user.status_emoji.as_ref().map_or("", Emoji::as_str);
    let space = if sign.is_empty() || user.status.is_empty() { "" } else { " " };
    format!("{sign}{space}{}", user.status)
}
