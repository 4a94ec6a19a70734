//! What was sent a moment ago, until the database has it, which takes its time: a page that is
//! closed meanwhile would have neither the draft nor the message. The browser's storage is written
//! at once.

use crate::drafts::{Keeping, keys, storage};
use crate::outbox::Item;
use shared::id::{ClientMessageId, UserId};
use shared::json;

fn prefix(user: UserId) -> String {
    format!("hubbub.held/{user}/")
}

fn key(user: UserId, id: ClientMessageId) -> String {
    format!("{}{id}", prefix(user))
}

pub fn hold(user: UserId, item: &Item) -> Keeping {
    let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(item)) else {
        return Keeping::Refuses;
    };
    Keeping::of(&storage.set_item(&key(user, item.id), &text))
}

pub fn release(user: UserId, id: ClientMessageId) {
    if let Some(storage) = storage() {
        // What stays is sent again under the same id, which changes nothing.
        let _ = storage.remove_item(&key(user, id));
    }
}

pub fn items(user: UserId) -> Vec<Item> {
    let Some(storage) = storage() else { return Vec::new() };
    let prefix = prefix(user);
    keys()
        .iter()
        .filter(|key| key.starts_with(&prefix))
        .filter_map(|key| json::read(&storage.get_item(key).ok()??).ok())
        .collect()
}
