//! What was typed and not sent, by user and place, in the browser's storage: written at once, even
//! while the page is being closed. And once more where a browser that is killed keeps it: [`durable`].

pub mod durable;

use crate::clock::server_time;
use leptos::prelude::window;
use serde::{Deserialize, Serialize};
use shared::id::{RoomId, Seq, UserId};
use shared::json;
use shared::time::Timestamp;
use std::cell::RefCell;
use std::collections::HashSet;
use web_sys::Storage;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub text: String,
    /// In UTF-16 units, as the text box counts.
    #[serde(default)]
    pub caret: u32,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// When it was typed: of two the later one stands.
    #[serde(default)]
    pub at: Timestamp,
}

/// Whether the browser keeps what it is given: one that is full, or is told to keep nothing, does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    Keeps,
    Refuses,
}

impl Keeping {
    pub const fn of<T, E>(kept: &Result<T, E>) -> Self {
        if kept.is_ok() { Self::Keeps } else { Self::Refuses }
    }
}

/// Where something is written: each place has a draft of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Room,
    /// By its root.
    Thread(Seq),
    /// The new text of a message.
    Edit(Seq),
}

pub fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn prefix(user: UserId) -> String {
    format!("hubbub.draft/{user}/")
}

fn key(user: UserId, room: RoomId, place: Place) -> String {
    let room = format!("{}{room}", prefix(user));
    match place {
        Place::Room => room,
        Place::Thread(thread) => format!("{room}/t{thread}"),
        Place::Edit(message) => format!("{room}/e{message}"),
    }
}

thread_local! {
    /// What the browser refused to keep: as long as the page is open, it is here.
    static REFUSED: RefCell<Vec<(String, Draft)>> = const { RefCell::new(Vec::new()) };
}

pub fn load(user: UserId, room: RoomId, place: Place) -> Option<Draft> {
    let key = key(user, room, place);
    let refused = REFUSED.with_borrow(|refused| {
        refused.iter().find(|(of, _)| *of == key).map(|(_, draft)| draft.clone())
    });
    refused.or_else(|| read(&key)).filter(|draft| !draft.text.is_empty())
}

fn read(key: &str) -> Option<Draft> {
    json::read(&storage()?.get_item(key).ok()??).ok()
}

/// What was typed here just now. An empty draft is none: it stays for a while, so that an older one
/// does not come back.
pub fn save(user: UserId, room: RoomId, place: Place, draft: Draft) -> Keeping {
    keep(user, key(user, room, place), Draft { at: server_time(), ..draft }, durable::keep)
}

/// What came from another device, and is at the server therefore.
pub fn take(user: UserId, room: RoomId, place: Place, draft: Draft) -> Keeping {
    keep(user, key(user, room, place), draft, |_, _, _| {})
}

fn keep(user: UserId, key: String, draft: Draft, also: fn(UserId, &str, &str)) -> Keeping {
    REFUSED.with_borrow_mut(|refused| refused.retain(|(of, _)| *of != key));
    let Ok(text) = serde_json::to_string(&draft) else { return Keeping::Keeps };
    also(user, &key, &text);
    let keeping =
        storage().map_or(Keeping::Refuses, |storage| Keeping::of(&storage.set_item(&key, &text)));
    if keeping == Keeping::Keeps {
        return keeping;
    }
    if draft.text.is_empty() {
        return storage()
            .map_or(Keeping::Refuses, |storage| Keeping::of(&storage.remove_item(&key)));
    }
    REFUSED.with_borrow_mut(|refused| refused.push((key, draft)));
    keeping
}

fn untold_prefix(user: UserId) -> String {
    format!("hubbub.untold/{user}/")
}

fn untold_key(user: UserId, room: RoomId, thread: Option<Seq>) -> String {
    let room = format!("{}{room}", untold_prefix(user));
    thread.map_or(room.clone(), |thread| format!("{room}/t{thread}"))
}

/// What was typed there at that time has not been told to the server: a page that is closed before
/// must not take the server's older draft for the newer one.
pub fn set_untold(user: UserId, room: RoomId, thread: Option<Seq>, at: Timestamp) {
    if let Some(storage) = storage() {
        // What cannot be noted is told a moment later.
        let _ = storage.set_item(&untold_key(user, room, thread), &at.0.to_string());
    }
}

pub fn set_told(user: UserId, room: RoomId, thread: Option<Seq>) {
    if let Some(storage) = storage() {
        // What stays is told again, which changes nothing.
        let _ = storage.remove_item(&untold_key(user, room, thread));
    }
}

/// Where something was typed that the server does not know, and when.
pub fn untold(user: UserId) -> Vec<(RoomId, Option<Seq>, Timestamp)> {
    let prefix = untold_prefix(user);
    let read = |key: &String| {
        let (room, thread) = conversation(key.strip_prefix(&prefix)?)?;
        let at = storage()?.get_item(key).ok()??.parse().ok()?;
        Some((room, thread, Timestamp(at)))
    };
    keys().iter().filter_map(read).collect()
}

/// A room or one of its threads; not a message that is edited.
fn conversation(place: &str) -> Option<(RoomId, Option<Seq>)> {
    let (room, thread) = match place.split_once("/t") {
        Some((room, thread)) => (room, Some(Seq(thread.parse().ok()?))),
        None => (place, None),
    };
    Some((room.parse().ok()?, thread))
}

/// The rooms with a draft.
pub fn rooms(user: UserId) -> HashSet<RoomId> {
    let prefix = prefix(user);
    let room = |key: &String| {
        let room = key.strip_prefix(&prefix)?.parse().ok()?;
        load(user, room, Place::Room).is_some().then_some(room)
    };
    keys().iter().filter_map(room).collect()
}

/// Where the person was last.
pub fn last_room(user: UserId) -> Option<RoomId> {
    storage()?.get_item(&last_room_key(user)).ok()??.parse().ok()
}

pub fn set_last_room(user: UserId, room: RoomId) {
    if let Some(storage) = storage() {
        // Only a convenience: without it the first room opens.
        let _ = storage.set_item(&last_room_key(user), &room.to_string());
    }
}

fn last_room_key(user: UserId) -> String {
    format!("hubbub.last/{user}/room")
}

/// Searches that are offered again.
const SEARCHES: usize = 8;

fn searches_key(user: UserId) -> String {
    format!("hubbub.searches/{user}/recent")
}

/// What the person looked for, the latest first.
pub fn searches(user: UserId) -> Vec<String> {
    let kept = storage().and_then(|storage| storage.get_item(&searches_key(user)).ok().flatten());
    kept.and_then(|text| json::read(&text).ok()).unwrap_or_default()
}

/// Puts a search before the others, and answers all.
pub fn add_search(user: UserId, words: String) -> Vec<String> {
    let mut searches = searches(user);
    searches.retain(|known| *known != words);
    searches.insert(0, words);
    searches.truncate(SEARCHES);
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&searches)) {
        // Only a convenience: without it there is nothing to offer.
        let _ = storage.set_item(&searches_key(user), &text);
    }
    searches
}

pub fn forget_searches(user: UserId) {
    if let Some(storage) = storage() {
        // What cannot be removed cannot have been kept.
        let _ = storage.remove_item(&searches_key(user));
    }
}

/// Removes all that is kept of a person.
pub fn forget(user: UserId) {
    REFUSED.take();
    let Some(storage) = storage() else { return };
    let own = format!("/{user}/");
    for key in keys().iter().filter(|key| key.starts_with("hubbub.") && key.contains(&own)) {
        // What cannot be removed cannot have been kept.
        let _ = storage.remove_item(key);
    }
}

pub fn keys() -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let count = storage.length().unwrap_or(0);
    (0..count).filter_map(|place| storage.key(place).ok().flatten()).collect()
}
